# mailstop.sh: a mail server for tests written in shell; POSIX, to be sourced.
#
#	. mailstop.sh
#	mailstop_start
#	your-program --smtp "$SMTP_HOST:$SMTP_PORT"
#	mailstop_wait 'rcpt:alice subject:welcome' --timeout 5s
#	mailstop_stop
#
# The program is the one that MAILSTOP names, or else the one in PATH. Where the
# server is stands in SMTP_HOST, SMTP_PORT and MAILSTOP_URL, which all commands
# of mailstop read too: "mailstop show --code latest" needs no option.
# The server ends when the shell does, whichever way: it lives as long as
# descriptor 9 is open.

mailstop() {
	command "${MAILSTOP:-mailstop}" "$@"
}

# Options are those of "mailstop serve". 1 when it does not start.
mailstop_start() {
	mailstop_folder=$(mktemp -d) || return 1
	mkfifo "$mailstop_folder/in" "$mailstop_folder/out" || return 1
	mailstop run --quiet --memory "$@" -- sh -c \
		'echo "$SMTP_HOST $SMTP_PORT $MAILSTOP_URL"; exec cat' \
		<"$mailstop_folder/in" >"$mailstop_folder/out" &
	mailstop_pid=$!
	exec 9>"$mailstop_folder/in"
	read -r SMTP_HOST SMTP_PORT MAILSTOP_URL <"$mailstop_folder/out"
	set -- $?
	rm -r "$mailstop_folder"
	export SMTP_HOST SMTP_PORT MAILSTOP_URL
	return "$1"
}

mailstop_stop() {
	exec 9>&-
	wait "$mailstop_pid"
}

# QUERY, then options such as --count 2 and --timeout 5s: prints the messages, a
# JSON object a line; 1 when time is up, with the nearest misses on stderr.
mailstop_wait() {
	mailstop wait --json "$@"
}

# Prints and removes, at once: nobody else gets the same.
mailstop_take() {
	mailstop take --json "$@"
}

mailstop_messages() {
	mailstop list --json "$@"
}

mailstop_message() {
	mailstop show --json "$1"
}

mailstop_raw() {
	mailstop show --raw "$1"
}

# Everything, or what matches the query.
mailstop_clear() {
	mailstop rm "${1:-seq>0}" >/dev/null || [ $? -eq 1 ]
}

# Makes the server fail on purpose; prints the rule's id.
mailstop_add_fault() {
	mailstop fault add "$1"
}

mailstop_remove_fault() {
	mailstop fault rm "$1"
}

mailstop_clear_faults() {
	mailstop fault clear
}

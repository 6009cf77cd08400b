#!/bin/sh
# The functions against the real server; prints TAP.
cd "$(dirname "$0")" || exit 1
. ./mailstop.sh

count=0
failed=0
check() {
	count=$((count + 1))
	name=$1
	shift
	if "$@"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		failed=1
	fi
}

send() {
	printf 'Subject: %s\r\n\r\nHello.\r\n' "$2" |
		mailstop sendmail -f me@app.test "$1"
}

holds() {
	case $1 in *"$2"*) return 0 ;; esac
	printf '# %s\n' "$1"
	return 1
}

refuses() {
	! "$@" >/dev/null 2>&1
}

check "starts" mailstop_start
send alice@x.test Welcome
check "waits" holds "$(mailstop_wait 'rcpt:alice subject:welcome')" \
	'"mail_from":"me@app.test"'
check "reads" holds "$(mailstop_message latest)" Hello.
check "has the bytes" holds "$(mailstop_raw latest)" 'Subject: Welcome'
check "names near misses" holds \
	"$(mailstop_wait subject:invoice --timeout 0 2>&1)" subject:invoice
check "says no" refuses mailstop_wait subject:invoice --timeout 0
check "takes" holds "$(mailstop_take subject:welcome)" Welcome
check "takes once" refuses mailstop_take subject:welcome
send alice@x.test one
send alice@x.test two
check "clears what matches" mailstop_clear subject:one
check "leaves the rest" holds "$(mailstop_messages)" '"subject":"two"'
check "clears" mailstop_clear
check "is empty" [ -z "$(mailstop_messages)" ]
rule=$(mailstop_add_fault 'rcpt to=*@full.test reply=452:4.2.2:Full')
check "fails on purpose" refuses send x@full.test no
check "and no longer" mailstop_remove_fault "$rule"
check "so that it sends" send x@full.test yes
mailstop_add_fault 'mail reply=451:4.3.0:No' >/dev/null
check "forgets its rules" mailstop_clear_faults
check "so that it sends again" send x@full.test yes
check "stops" mailstop_stop
check "is gone" refuses mailstop_messages
check "says when it cannot start" refuses mailstop_start --no-such-option
echo "1..$count"
exit "$failed"

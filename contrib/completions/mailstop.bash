# bash completion of mailstop, made by "mailstop completion" from the tables of commands and options

_mailstop_value() {
	case $1 in
	--db)
		files=yes
		;;
	--durability)
		words='full normal none'
		;;
	--ready-file)
		files=yes
		;;
	--tls)
		words='off optional required'
		;;
	--tls-dir)
		files=yes
		;;
	--tls-cert)
		files=yes
		;;
	--tls-key)
		files=yes
		;;
	--auth)
		words='off any required'
		;;
	--auth-file)
		files=yes
		;;
	--bare-lf)
		words='refuse accept'
		;;
	--findings)
		words='report reject off'
		;;
	--fault-file)
		files=yes
		;;
	--http-auth-file)
		files=yes
		;;
	--log-level)
		words='error warn info debug'
		;;
	--log-format)
		words='text json'
		;;
	--ca)
		files=yes
		;;
	--format)
		words='auto mbox maildir eml text tap junit'
		;;
	--keep)
		files=yes
		;;
	--config)
		files=yes
		;;
	--smtp | --smtps | --lmtp | --http | --keep-count | --keep-age | --keep-size | --keep-inbox | --ready-fd | --max-message | --max-recipients | --max-connections | --max-errors | --memory-limit | --timeout | --hostname | --banner | --hide | --default-inbox | --inbox-from | --dns-server | --refused-max | --fault | --seed | --http-auth | --http-host | --api-cors | --webroot | --label | --url | --inbox | --limit | --after | --before | --count | --lines | --part | --query | --expect | --expect-none | -n)
		;;
	*)
		return 1
		;;
	esac
}

_mailstop_command() {
	case $1 in
	serve)
		words='--smtp --smtps --lmtp --http --db --memory --durability --keep-count --keep-age --keep-size --keep-inbox --ready-file --ready-fd --max-message --max-recipients --max-connections --max-errors --memory-limit --timeout --tls --tls-dir --tls-cert --tls-key --auth --auth-file --hostname --banner --hide --bare-lf --default-inbox --inbox-from --check-helo --check-sender-domain --dns-server --findings --refused-max --keep-secrets --fault --fault-file --seed --http-auth --http-auth-file --http-host --api-cors --webroot --label --enable-chaos --log-level --log-format --quiet --config --help --help-all --version '
		;;
	run)
		words='--smtp --smtps --lmtp --http --db --memory --durability --keep-count --keep-age --keep-size --keep-inbox --ready-file --max-message --max-recipients --max-connections --max-errors --memory-limit --timeout --tls --tls-dir --tls-cert --tls-key --auth --auth-file --hostname --banner --hide --bare-lf --default-inbox --inbox-from --check-helo --check-sender-domain --dns-server --findings --refused-max --keep-secrets --fault --fault-file --seed --http-auth --http-auth-file --http-host --api-cors --webroot --label --enable-chaos --log-level --log-format --expect --expect-none --keep --quiet --config --help --help-all --version '
		;;
	ui)
		words='--http --ready-file --ready-fd --http-auth --http-auth-file --http-host --api-cors --webroot --label --log-level --log-format --quiet --config --help --help-all --version '
		;;
	list)
		words='--db --url --ca --json --inbox --limit --after --before --config --help --help-all --version '
		;;
	show)
		words='--db --url --ca --json --raw --headers --text --html --tree --part --links --code --config --help --help-all --version '
		;;
	tail)
		words='--db --url --ca --json --inbox --after --lines --follow --config --help --help-all --version '
		;;
	wait)
		words='--db --url --ca --json --inbox --after --count --timeout --config --help --help-all --version '
		;;
	assert)
		words='--db --url --ca --inbox --timeout --format --config --help --help-all --version '
		;;
	take)
		words='--db --url --ca --json --inbox --count --config --help --help-all --version '
		;;
	rm)
		words='--db --url --ca --inbox --config --help --help-all --version '
		;;
	export)
		words='--db --url --ca --inbox --query --format --quiet --config --help --help-all --version '
		files=yes
		;;
	import)
		words='--db --default-inbox --inbox-from --format --quiet --config --help --help-all --version '
		files=yes
		;;
	sessions)
		words='--db --url --ca --json --inbox --limit --after --config --help --help-all --version '
		;;
	transcript)
		words='--db --url --ca --json --script --config --help --help-all --version '
		;;
	findings)
		words='--db --url --ca --json --limit --sarif --config --help --help-all --version '
		;;
	fault)
		words='--url --ca --json --config --help --help-all --version add list rm clear'
		;;
	stats)
		words='--db --url --ca --json --inbox --config --help --help-all --version '
		;;
	reindex)
		words='--db --quiet --config --help --help-all --version '
		;;
	ready)
		words='--url --ca --timeout --config --help --help-all --version '
		;;
	sendmail)
		words='--smtp --config --help --help-all --version '
		;;
	completion)
		words='--config --help --help-all --version bash zsh fish'
		;;
	esac
}

_mailstop() {
	local words='' files='' current=${COMP_WORDS[COMP_CWORD]}
	local before=${COMP_WORDS[COMP_CWORD-1]} command=serve

	COMPREPLY=()
	[[ ${COMP_WORDS[1]} == -* ]] || command=${COMP_WORDS[1]}
	if [[ $COMP_CWORD -eq 1 && $current != -* ]]; then
		words='serve run ui list show tail wait assert take rm export import sessions transcript findings fault stats reindex ready sendmail completion'
	elif ! _mailstop_value "$before"; then
		_mailstop_command "$command"
	fi
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
	if [[ $files ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$current")
	fi
}

complete -F _mailstop mailstop

. ./mailstop.sh
mailstop_start
swaks --to alice@x.test --server "$SMTP_HOST:$SMTP_PORT" >/dev/null
mailstop_wait 'rcpt:alice subject:test' --timeout 5s
mailstop_stop

<?php

require 'Mailstop.php';

$mailstop = Mailstop\Mailstop::start();
exec("swaks --to alice@x.test --server 127.0.0.1:{$mailstop->smtpPort}");
[$mail] = $mailstop->wait('rcpt:alice subject:test', timeout: 5);
echo $mail['subject'], "\n";

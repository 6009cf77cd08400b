<?php

/** The client against the real server: php test.php, which prints TAP. */

declare(strict_types=1);

namespace Mailstop;

require __DIR__ . '/UsesMailstop.php';

/** Just enough of SMTP; the reply that ended it. */
function send(Mailstop $mailstop, string $to, string $subject, string $user = ''): string
{
    $socket = fsockopen($mailstop->smtpHost, $mailstop->smtpPort);
    $reply = static function () use ($socket): string {
        do {
            $line = (string) fgets($socket);
        } while (($line[3] ?? '') === '-');
        return trim($line);
    };
    $said = $reply();
    $login = base64_encode("\0$user\0any");
    foreach (
        ['EHLO test', $user === '' ? 'NOOP' : "AUTH PLAIN $login", 'MAIL FROM:<me@app.test>', "RCPT TO:<$to>", 'DATA',
        "Subject: $subject\r\n\r\nHello.\r\n."] as $line
    ) {
        fwrite($socket, "$line\r\n");
        $said = $reply();
        if ($said[0] > '3') {
            break;
        }
    }
    fclose($socket);
    return $said;
}

function same(mixed $found, mixed $wanted): void
{
    if ($found !== $wanted) {
        throw new \Exception(var_export($found, true) . ' instead of ' . var_export($wanted, true));
    }
}

/** @param class-string<\Throwable> $class */
function throws(string $class, string $part, callable $what): void
{
    try {
        $what();
    } catch (\Throwable $error) {
        same($error::class, $class);
        same(str_contains($error->getMessage(), $part) ? '' : $error->getMessage(), '');
        return;
    }
    throw new \Exception("no $class");
}

/** A test case as PHPUnit would make one. */
final class Test
{
    use UsesMailstop;

    public function waitsAndReads(): void
    {
        same($this->mailstop->messages(), []);
        send($this->mailstop, 'alice@x.test', 'Welcome');
        [$mail] = $this->mailstop->wait('rcpt:alice subject:welcome');
        same($mail['mail_from'], 'me@app.test');
        same($this->mailstop->message($mail['id'])['text'], "Hello.\r\n");
        same(substr($this->mailstop->raw($mail['id']), -10), "\r\nHello.\r\n");
    }

    public function namesTheNearestMisses(): void
    {
        send($this->mailstop, 'alice@x.test', 'Welcome');
        $this->mailstop->wait();
        throws(MailTimeout::class, '0 of 1 messages', fn () => $this->mailstop->wait('subject:invoice', 1, 0.1));
        throws(MailTimeout::class, 'but not subject:invoice', fn () => $this->mailstop->wait('subject:invoice', 1, 0));
    }

    public function takesAndClears(): void
    {
        foreach ([0, 1, 2] as $n) {
            send($this->mailstop, 'alice@x.test', "mail $n");
        }
        $this->mailstop->wait('', 3);
        same(array_column($this->mailstop->take('subject:1'), 'subject'), ['mail 1']);
        same($this->mailstop->take('subject:1'), []);
        same($this->mailstop->clear('subject:2 OR subject:7'), 1);
        same($this->mailstop->clear(), 1);
    }

    public function failsOnPurpose(): void
    {
        $id = $this->mailstop->addFault('rcpt to=*@full.test reply=452:4.2.2:Full');
        same(send($this->mailstop, 'x@full.test', ''), '452 4.2.2 Full');
        $this->mailstop->removeFault($id);
        same(substr(send($this->mailstop, 'x@full.test', ''), 0, 3), '250');
        $this->mailstop->addFault('mail reply=451:4.3.0:No');
        $this->mailstop->clearFaults();
        same(substr(send($this->mailstop, 'x@full.test', ''), 0, 3), '250');
    }

    public function keepsInboxesApart(): void
    {
        send($this->mailstop, 'alice@x.test', 'one', 'one');
        send($this->mailstop, 'alice@x.test', 'other', 'two');
        $one = $this->mailstop->inbox('one');
        same(array_column($one->wait(), 'subject'), ['one']);
        same($one->clear(), 1);
        same(array_column($this->mailstop->messages(), 'subject'), ['other']);
    }

    public function saysWhatIsWrong(): void
    {
        throws(MailstopException::class, 'query', fn () => $this->mailstop->messages('('));
        throws(MailstopException::class, 'not found', fn () => $this->mailstop->message('nothing'));
        throws(MailstopException::class, 'did not start', fn () => Mailstop::start('--no-such-option'));
    }

    public function run(): int
    {
        $names = array_diff(get_class_methods($this), ['run', 'setUpMailstop', 'tearDownMailstop']);
        $failed = 0;
        foreach (array_values($names) as $i => $name) {
            try {
                $this->setUpMailstop();
                $this->$name();
                $this->tearDownMailstop();
                echo 'ok ', $i + 1, " - $name\n";
            } catch (\Throwable $error) {
                $failed++;
                echo 'not ok ', $i + 1, " - $name\n# ", str_replace("\n", "\n# ", (string) $error), "\n";
            }
        }
        echo '1..', count($names), "\n";
        return $failed > 0 ? 1 : 0;
    }
}

exit((new Test())->run());

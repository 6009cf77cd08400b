<?php

declare(strict_types=1);

namespace Mailstop;

/** What the server or the program said was wrong. */
class MailstopException extends \RuntimeException
{
}

/** The mail did not come in time. $messages came, $near came close. */
class MailTimeout extends \RuntimeException
{
    /**
     * @param list<array<string, mixed>> $messages
     * @param list<array<string, mixed>> $near
     */
    public function __construct(
        string $query,
        int $count,
        float $timeout,
        public readonly array $messages,
        public readonly array $near,
    ) {
        $text = sprintf('%d of %d messages for "%s" came within %g s', count($messages), $count, $query, $timeout);
        foreach ($near as $one) {
            $text .= sprintf(
                "\n  near: %s -> %s \"%s\", but not %s",
                $one['mail_from'],
                implode(', ', array_column($one['recipients'], 'address')),
                $one['subject'],
                implode(' ', $one['missed']),
            );
        }
        parent::__construct($text);
    }
}

/**
 * A mail server for tests, and what came to it; or a view of one.
 *
 *     $mailstop = Mailstop::start();
 *     signUp($mailstop->smtpHost, $mailstop->smtpPort, 'alice@x.test');
 *     [$mail] = $mailstop->wait('rcpt:alice subject:welcome');
 *
 * It needs PHP 8.1, and the program "mailstop": the one that the variable MAILSTOP names, or else
 * the one in PATH. Messages are arrays as the API has them: $mail['subject'].
 */
final class Mailstop
{
    // The server ends when this process does, however it does: its standard input is the only
    // thing that keeps the command beside the server running.
    private const SAY_AND_STAY = 'echo "$SMTP_HOST $SMTP_PORT $MAILSTOP_URL"; exec cat';

    /** @var resource|null */
    private $process = null;

    /** @var array<int, resource> */
    private array $pipes = [];

    public function __construct(
        public readonly string $url,
        public readonly string $smtpHost = '127.0.0.1',
        public readonly int $smtpPort = 1025,
        private readonly int $after = 0,
        private readonly string $inbox = '',
    ) {
    }

    /** A private server on free ports. Options are those of "mailstop serve". */
    public static function start(string ...$options): self
    {
        $program = getenv('MAILSTOP') ?: 'mailstop';
        $words = [$program, 'run', '--quiet', '--memory', ...$options, '--', 'sh', '-c', self::SAY_AND_STAY];
        $process = proc_open($words, [['pipe', 'r'], ['pipe', 'w']], $pipes);
        $line = $process ? fgets($pipes[1]) : false;
        if ($line === false) {
            throw new MailstopException($program . ' did not start');
        }
        [$host, $port, $url] = explode(' ', trim($line));
        $server = new self($url, $host, (int) $port);
        $server->process = $process;
        $server->pipes = $pipes;
        return $server;
    }

    public function stop(): void
    {
        if ($this->process === null) {
            return;
        }
        array_map('fclose', $this->pipes);
        proc_close($this->process);
        $this->process = null;
    }

    public function __destruct()
    {
        $this->stop();
    }

    /** Whoever logs in with this name is heard by this view. */
    public function user(): string
    {
        return $this->inbox === '' ? 'default' : $this->inbox;
    }

    /** The same from now on. */
    public function fresh(): self
    {
        $now = $this->ask('GET', 'now')['seq'];
        return new self($this->url, $this->smtpHost, $this->smtpPort, $now, $this->inbox);
    }

    /** What came under that name, which an application logs in with. */
    public function inbox(string $name): self
    {
        return new self($this->url, $this->smtpHost, $this->smtpPort, $this->after, $name);
    }

    /**
     * Returns when so many are there, oldest first; MailTimeout otherwise.
     *
     * @return list<array<string, mixed>>
     */
    public function wait(string $query = '', int $count = 1, float $timeout = 10): array
    {
        $answer = $this->ask('GET', 'wait', $this->scope() + [
            'query' => $query, 'count' => $count, 'timeout' => sprintf('%.3F', $timeout),
        ], null, $timeout + 30);
        if (isset($answer['near'])) {
            throw new MailTimeout($query, $count, $timeout, $answer['messages'], $answer['near']);
        }
        return $answer['messages'];
    }

    /**
     * Reads and removes up to so many at once: nobody else gets them.
     *
     * @return list<array<string, mixed>>
     */
    public function take(string $query = '', int $count = 1): array
    {
        return $this->ask('POST', 'take', $this->scope() + ['query' => $query, 'count' => $count])['messages'];
    }

    /**
     * Newest first.
     *
     * @return list<array<string, mixed>>
     */
    public function messages(string $query = '', int $limit = 50): array
    {
        return $this->ask('GET', 'messages', $this->scope() + ['query' => $query, 'limit' => $limit])['messages'];
    }

    /**
     * All that is known of one: also text, html, headers, parts.
     *
     * @return array<string, mixed>
     */
    public function message(string $id): array
    {
        return $this->ask('GET', 'message/' . rawurlencode($id));
    }

    /** The exact bytes. */
    public function raw(string $id): string
    {
        return $this->open('GET', 'message/' . rawurlencode($id) . '/raw', [], null, 30);
    }

    /** Removes what this view shows (or what of it matches); how many. */
    public function clear(string $query = ''): int
    {
        if ($this->after > 0) {
            $query = "seq>{$this->after}" . ($query === '' ? '' : " ($query)");
        }
        return $this->ask('DELETE', 'messages', ['inbox' => $this->inbox, 'query' => $query])['deleted'];
    }

    /** Makes the server fail on purpose; the rule's id. */
    public function addFault(string $rule): string
    {
        return $this->ask('POST', 'faults', [], ['rule' => $rule])['id'];
    }

    public function removeFault(string $id): void
    {
        $this->ask('DELETE', 'fault/' . rawurlencode($id));
    }

    public function clearFaults(): void
    {
        $this->ask('PUT', 'faults', [], ['faults' => []]);
    }

    /** @return array<string, int|string> */
    private function scope(): array
    {
        return ['after' => $this->after, 'inbox' => $this->inbox];
    }

    /**
     * @param array<string, int|string> $given
     * @param array<string, mixed>|null $body
     */
    private function open(string $method, string $path, array $given, ?array $body, float $patience): string
    {
        $given = array_filter($given, static fn ($value) => $value !== '');
        $place = "{$this->url}/api/mailstop/v1/$path" . ($given ? '?' . http_build_query($given) : '');
        $context = stream_context_create(['http' => [
            'method' => $method,
            'timeout' => $patience,
            'ignore_errors' => true,
            'content' => $body === null ? '' : json_encode($body, JSON_THROW_ON_ERROR),
        ]]);
        $text = @file_get_contents($place, false, $context);
        if ($text === false) {
            throw new MailstopException("$method $place: no answer");
        }
        $status = (int) explode(' ', $http_response_header[0])[1];
        if ($status >= 400 && $status !== 408) {
            throw new MailstopException(json_decode($text, true)['error'] ?? "$method $place: $status");
        }
        return $text;
    }

    /**
     * @param array<string, int|string> $given
     * @param array<string, mixed>|null $body
     * @return array<string, mixed>
     */
    private function ask(string $method, string $path, array $given = [], ?array $body = null, float $patience = 30): array
    {
        return json_decode($this->open($method, $path, $given, $body, $patience), true, 512, JSON_THROW_ON_ERROR);
    }
}

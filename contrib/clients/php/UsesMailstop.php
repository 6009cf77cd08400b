<?php

declare(strict_types=1);

namespace Mailstop;

require_once __DIR__ . '/Mailstop.php';

/**
 * For a PHPUnit test case: $this->mailstop is what comes from now on, of one server for all tests.
 *
 *     final class SignUpTest extends TestCase
 *     {
 *         use \Mailstop\UsesMailstop;
 *
 *         public function testWelcomes(): void
 *         {
 *             signUp($this->mailstop->smtpHost, $this->mailstop->smtpPort, 'alice@x.test');
 *             [$mail] = $this->mailstop->wait('rcpt:alice subject:welcome');
 *             self::assertSame('hello@app.test', $mail['mail_from']);
 *         }
 *     }
 */
trait UsesMailstop
{
    private static ?Mailstop $mailstopServer = null;

    private Mailstop $mailstop;

    /** @before */
    #[\PHPUnit\Framework\Attributes\Before]
    protected function setUpMailstop(): void
    {
        self::$mailstopServer ??= Mailstop::start();
        $this->mailstop = self::$mailstopServer->fresh();
    }

    /** @after */
    #[\PHPUnit\Framework\Attributes\After]
    protected function tearDownMailstop(): void
    {
        $this->mailstop->clearFaults();
    }
}

"""test_smtp_text: messages by DATA and BDAT, to the byte, and pipelining."""

import os
import random
import re

from mailstop_test import main, remark, test
from smtp_test import (Talk, accepted, close_shared, message, now, raw,
                       session, shared)

SEED = int(os.environ.get("SEED") or random.randrange(1 << 32))
remark("SEED=%d" % SEED)

ENVELOPE = b"MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\n"
EVIL = (b"MAIL FROM:<evil@b.test>\r\nRCPT TO:<evil@y.test>\r\nDATA\r\n"
        b"evil\r\n")
END = b".\r\n"


def unstuffed(octets):
    """RFC 5321 4.5.2: of a line (which CR LF ends) that has more than a dot
    the leading dot goes."""
    return re.sub(rb"(\A|\r\n)\.", rb"\1", octets)


def stuffed(octets):
    return re.sub(rb"(\A|\r\n)\.", rb"\1..", octets)


def send_split(client, octets, size):
    for start in range(0, len(octets), size):
        client.send(octets[start:start + size])


# ---- the end of DATA

SMUGGLED = [b"\n.\n", b"\n.\r\n", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r.\r",
            b"\n.\r", b"\r.\n", b"\n\n.\n\n", b"\n\r.\r\n", b"\n\r.\n\r",
            b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n\0.\0\r\n", b"\n\0.\n",
            b"\r\n .\r\n", b"\r\n. \r\n", b"\r\n . \r\n", b"\r\n\t.\r\n",
            b"\r\n.\t\r\n", b"\r\n.\r\r\n", b"\r\r.\r\r", b"\r\r\n.\r\r\n",
            b"\r\r.\r\n", b"\r\n\r.\r\n", b"\r\n.\n\r\n", b"\r\n\n.\r\n",
            b"\r\n.\r.\r\n", b"\x85.\x85", b"\xe2\x80\xa8.\xe2\x80\xa8",
            b"\x0b.\x0b", b"\x0c.\x0c", b"\r\n.\\r\\n", b"\r\n.;\r\n",
            b"\r\n.\x1a", b"\r\n.\b\r\n", b"\r\n..\r\n"]


@test
def only_crlf_dot_crlf_ends_the_text():
    server = shared()
    after = now(server)
    wanted = []
    with session() as client:
        for form in SMUGGLED:
            # The last begins the text, behind the CR LF of the DATA line.
            begun = form.lstrip(b"\r\n")
            for octets in (b"one" + form + EVIL, b"one" + form + b"\r\n",
                           begun + EVIL):
                if octets.startswith(END):
                    continue
                for size in (1 << 16, 1, 3):
                    client.envelope()
                    client.ask("DATA", 354)
                    if not octets.endswith(b"\r\n"):
                        octets += b"\r\n"
                    send_split(client, octets + END, size)
                    client.saved()
                    assert client.silent(), form
                    wanted.append(unstuffed(octets))
        client.in_sync()
    found = accepted(server, after)
    assert len(found) == len(wanted)
    for one, octets in zip(found, wanted):
        assert raw(server, one["id"]) == octets, octets
        assert one["mail_from"] == "a@b.test"


@test
def the_end_is_found_at_each_border():
    server = shared()
    octets = b"a\r\n..b\r\n.c\r\n\r\n.\r\nNOOP\r\n"
    with session() as client:
        for cut in range(1, len(octets)):
            client.envelope()
            client.ask("DATA", 354)
            client.send(octets[:cut])
            client.send(octets[cut:])
            id_ = client.saved()
            client.reply(250)
            assert raw(server, id_) == b"a\r\n.b\r\nc\r\n\r\n", cut
        client.envelope()
        # The CR LF of the DATA line counts for the first dot.
        for piece in (b"D", b"ATA\r", b"\n.", b"\r", b"\nNOOP", b"\r\n"):
            client.send(piece)
        client.reply(354)
        assert raw(server, client.saved()) == b""
        client.reply(250)


# ---- what stands in the text

def texts():
    dots = b"..\r\n..a\r\n...\r\n.b\r\na.\r\n .\r\n\r\n..\r\n"
    yield b"..first line\r\nx\r\n"
    yield dots
    yield b"\r\n\r\n\r\n"
    yield b" \t \r\n\t\r\n trailing  \r\n"
    yield bytes(range(256)).replace(b"\n", b"").replace(b"\r", b"") + b"\r\n"
    yield b"\xff\xfe8-bit not declared \xc3\xbc\r\n"
    yield b"a\rb\nc\r\rd\n\ne\r\n"
    yield b"\0\0\0\r\n\0"  b"\r\n"
    yield b"no header at all\r\n"
    yield b"x" * (1 << 20) + b"\r\n"
    yield b"".join(b"X-%d: y\r\n" % n for n in range(100000)) + b"\r\nz\r\n"
    yield b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" %
        (n, n) for n in range(1000))
    yield b"Subject: " + b"s" * 200000 + b"\r\n\r\n"
    yield b"QUIT\r\nRSET\r\n" + EVIL + b"NOOP\r\n"
    yield b"%s%n%x%p'); DROP TABLE message; --\r\n"


@test
def keeps_every_byte():
    server = shared()
    with session() as client:
        for octets in texts():
            client.envelope()
            id_ = client.text(octets + END)
            assert raw(server, id_) == unstuffed(octets), octets[:100]
            client.in_sync()
        client.envelope("<a@b.test> BODY=8BITMIME")
        id_ = client.text(b"declared \xc3\xbc\r\n" + END)
        assert raw(server, id_) == b"declared \xc3\xbc\r\n"


@test
def an_empty_message_is_fine():
    with session() as client:
        client.envelope()
        assert raw(client.server, client.text(END)) == b""


@test
def keeps_random_octets():
    """Stuffed as clients do it; cut at random."""
    server = shared()
    chance = random.Random(SEED)
    alphabets = (b"\r\n.", b"\r\n. \0ab", bytes(range(256)))
    with session() as client:
        for _ in range(60):
            octets = bytes(chance.choices(chance.choice(alphabets),
                                          k=chance.randrange(2000)))
            octets += b"\r\n"
            wire = stuffed(octets) + END
            client.envelope()
            client.ask("DATA", 354)
            places = sorted(chance.choices(range(len(wire)), k=6))
            for start, end in zip([0] + places, places + [len(wire)]):
                client.send(wire[start:end])
            assert raw(server, client.saved()) == octets


# ---- the limit

@test
def over_the_limit_is_read_to_the_end():
    words = ("--max-message", "1000")
    server = shared(*words)
    after = now(server)
    with session(*words) as client:
        for size in (1001, 5000, 1 << 20):
            client.envelope()
            client.ask("DATA", 354)
            client.send(b"x" * (size - 2) + b"\r\n" + END + b"NOOP\r\n")
            assert client.reply().startswith("552 5.3.4 ")
            client.reply(250)
            client.in_sync()
            client.ask("RCPT TO:<x@y.test>", 503)
        assert accepted(server, after) == []
        # Neither the doubled dots nor the last one count.
        exact = b".\r\n" * 300 + b"x" * 98 + b"\r\n"
        assert len(exact) == 1000
        client.envelope("<a@b.test> SIZE=1000")
        assert raw(server, client.text(stuffed(exact) + END)) == exact
        client.envelope()
        client.ask("DATA", 354)
        client.send(stuffed(b"." + exact) + END)
        assert client.reply().startswith("552 5.3.4 ")


@test
def text_after_a_refused_data_is_commands():
    server = shared()
    after = now(server)
    with session() as client:
        client.ask("DATA", 503)
        client.send(b"Subject: x\r\n\r\nbody\r\n.\r\n")
        for _ in range(4):
            client.reply("5")
        client.in_sync()
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.send(b"DATA\r\nSubject: x\r\n.\r\n")
        client.reply(503)
        client.reply("5")
        client.reply("5")
        client.in_sync()
    assert accepted(server, after) == []


@test
def text_before_the_354_works():
    with session() as client:
        client.send(ENVELOPE + b"DATA\r\nearly\r\n.\r\nNOOP\r\n")
        client.reply(250)
        client.reply(250)
        client.reply(354)
        assert raw(client.server, client.saved()) == b"early\r\n"
        client.reply(250)


@test
def the_end_clears_the_transaction():
    with session() as client:
        client.envelope()
        client.text(b"x\r\n" + END)
        client.ask("RCPT TO:<x@y.test>", 503)
        client.ask("DATA", 503)
        client.ask("BDAT 0 LAST", "(503|554)")
        client.envelope()
        client.text(b"y\r\n" + END)


# ---- pipelining

def transaction(number):
    return (b"MAIL FROM:<a%d@b.test>\r\nRCPT TO:<x@y.test>\r\nDATA\r\n"
            b"text %d\r\n.\r\n" % (number, number))


@test
def answers_a_pipeline_in_order():
    server = shared()
    after = now(server)
    chance = random.Random(SEED)
    with session() as client:
        wire = b"".join(transaction(n) for n in range(300))
        for piece in range(0, len(wire), 4000):
            client.send(wire[piece:piece + 4000])
        for number in range(300):
            assert "<a%d@" % number in client.reply(250)
            client.reply(250)
            client.reply(354)
            client.saved()
        client.send(b"NOOP\r\n" * 1000)
        for _ in range(1000):
            client.reply(250)
        wire = b"".join(transaction(n) for n in range(20))
        while wire:
            size = chance.randrange(1, 60)
            client.send(wire[:size])
            wire = wire[size:]
        for _ in range(20):
            client.reply(250)
            client.reply(250)
            client.reply(354)
            client.saved()
        client.in_sync()
    found = accepted(server, after)
    assert [raw(server, m["id"]) for m in found[:300]] == [
        b"text %d\r\n" % n for n in range(300)]
    assert len(found) == 320


@test
def sends_replies_together():
    with session() as client:
        client.send(b"NOOP\r\n" * 500)
        packets = 0
        octets = b""
        while octets.count(b"\r\n") < 500:
            octets += client.socket.recv(1 << 20)
            packets += 1
        assert packets < 50, packets


@test
def a_refused_command_in_a_pipeline_fails_the_rest():
    with session() as client:
        client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bad\r\n"
                    b"RCPT TO:<x@y.test>\r\nDATA\r\nx\r\n.\r\n")
        for code in (250, 501, 250, 354, 250):
            client.reply(code)
        client.send(b"MAIL FROM:<a@b.test>\r\nRCPT TO:<bad\r\nDATA\r\n")
        for code in (250, 501, "(503|554)"):
            client.reply(code)
        client.send(b"RSET\r\nMAIL FROM:<bad\r\nRCPT TO:<x@y.test>\r\n"
                    b"DATA\r\nNOOP\r\n")
        for code in (250, 501, 503, "(503|554)", 250):
            client.reply(code)
        client.in_sync()


# ---- BDAT

@test
def joins_chunks():
    with session() as client:
        for chunks in ([b"one\r\n"], [b"o", b"n", b"e"], [b""],
                       [b".\r\n", b"..\r\n", b".", b"\r\n.\r\n"],
                       [b"no line end"], [b"x" * 100000, b"", b"y" * 70000],
                       [bytes(range(256))] * 3):
            client.envelope()
            for chunk in chunks[:-1]:
                client.send(b"BDAT %d\r\n" % len(chunk) + chunk)
                client.reply(250)
            client.send(b"BDAT %d LAST\r\n" % len(chunks[-1]) + chunks[-1])
            assert raw(client.server, client.saved()) == b"".join(chunks)
        client.envelope()
        client.send(b"bdat 3\r\none")
        client.reply(250)
        client.send(b"BDAT 0 last\r\n")
        assert raw(client.server, client.saved()) == b"one"


@test
def takes_chunks_at_any_border():
    chance = random.Random(SEED)
    wire = ENVELOPE + (b"BDAT 5\r\na\r\n.b" b"BDAT 0\r\n" b"BDAT 7\r\nQUIT\r\n."
                       b"BDAT 4 LAST\r\n\r\n\xff\0" b"NOOP\r\n")
    with session() as client:
        for _ in range(30):
            places = sorted(chance.sample(range(1, len(wire)), 8))
            for start, end in zip([0] + places, places + [len(wire)]):
                client.send(wire[start:end])
            for _ in range(5):
                client.reply(250)
            assert raw(client.server, client.saved()) == (
                b"a\r\n.bQUIT\r\n.\r\n\xff\0")
            client.reply(250)


@test
def consumes_chunks_that_it_refuses():
    with session() as client:
        client.send(b"BDAT 6\r\nNOOP\r\n")
        client.reply("(503|554)")
        client.in_sync()
        client.ask("MAIL FROM:<a@b.test>", 250)
        client.send(b"BDAT 6 LAST\r\nNOOP\r\n")
        client.reply("(503|554)")
        client.in_sync()
        # A failed one makes those behind it fail.
        client.send(b"RSET\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<bad\r\n"
                    b"BDAT 6\r\nNOOP\r\nBDAT 6\r\nRSET\r\nBDAT 6 LAST\r\n"
                    b"QUIT\r\nNOOP\r\n")
        for code in (250, 250, 501, "5", "5", "5", 250):
            client.reply(code)
        client.in_sync()


@test
def keeps_order_between_chunks():
    server = shared()
    after = now(server)
    with session() as client:
        client.envelope()
        client.send(b"BDAT 3\r\none")
        client.reply(250)
        client.ask("DATA", 503)
        client.ask("MAIL FROM:<c@d.test>", 503)
        client.ask("NOOP", 250)
        client.send(b"BDAT 3 LAST\r\ntwo")
        assert raw(server, client.saved()) == b"onetwo"
        for reset in (b"RSET", b"EHLO c.test"):
            client.envelope()
            client.send(b"BDAT 3\r\none")
            client.reply(250)
            client.send(reset + b"\r\n")
            client.reply(250, plain=None if reset == b"RSET" else True)
            client.send(b"BDAT 3 LAST\r\ntwo")
            client.reply("(503|554)")
        client.envelope()
        client.send(b"BDAT 5 LA")
        client.send(b"ST\r\nthree")
        assert raw(server, client.saved()) == b"three"
    assert len(accepted(server, after)) == 2


@test
def limits_chunks():
    words = ("--max-message", "1000")
    server = shared(*words)
    with session(*words) as client:
        client.envelope()
        client.send(b"BDAT 1001 LAST\r\n" + b"x" * 1001)
        assert client.reply().startswith("552 5.3.4 ")
        client.in_sync()
        client.ask("RSET", 250)
        client.envelope()
        client.send(b"BDAT 600\r\n" + b"x" * 600)
        client.reply(250)
        client.send(b"BDAT 600 LAST\r\n" + b"x" * 600)
        client.reply(552)
        client.in_sync()
        client.ask("RSET", 250)
        client.envelope()
        client.send(b"BDAT 600\r\n" + b"x" * 600)
        client.reply(250)
        client.send(b"BDAT 400 LAST\r\n" + b"x" * 400)
        assert raw(server, client.saved()) == b"x" * 1000


@test
def reads_counts_strictly():
    with session() as client:
        client.envelope()
        for count in ("-1", "+1", "", "x", "1x", "0x10", "1.0", "LAST"):
            client.ask("BDAT " + count, 501)
            client.in_sync()
        client.ask("BDAT", 501)
        client.send(b"BDAT 3 LAST\r\none")
        assert raw(client.server, client.saved()) == b"one"
        # Here it is known how many octets follow; a chunk has failed.
        for words in (b"4 FIRST", b"4 LAST x"):
            client.envelope()
            client.send(b"BDAT %s\r\nNOOP" % words)
            client.reply(501)
            client.in_sync()
            client.ask("RSET", 250)
    for count in (b"4294967297", b"18446744073709551617", b"9" * 20):
        with session() as client:
            client.envelope()
            client.send(b"BDAT %s LAST\r\nxNOOP\r\nNOOP\r\n" % count)
            line = client.reply("(552|421)")
            if line.startswith("421"):
                assert client.closed()
            else:
                assert client.silent()


@test
def binary_needs_chunks():
    octets = bytes(range(256)) * 4
    with session() as client:
        client.ask("MAIL FROM:<a@b.test> BODY=BINARYMIME", 250)
        client.ask("RCPT TO:<x@y.test>", 250)
        client.ask("DATA", 503)
        client.send(b"BDAT %d LAST\r\n" % len(octets) + octets)
        id_ = client.saved()
        assert raw(client.server, id_) == octets
        found = message(client.server, id_)
        assert "BODY=BINARYMIME" in found["mail_params"]


@test
def without_last_there_is_no_message():
    server = shared()
    after = now(server)
    with session() as client:
        client.envelope()
        client.send(b"BDAT 3\r\none")
        client.reply(250)
        client.ask("QUIT", 221)
    with Talk(server.smtp) as client:
        client.hello()
    assert accepted(server, after) == []


try:
    main()
finally:
    close_shared()

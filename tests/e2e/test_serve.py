"""test_serve: starting, stopping, and what is promised in between."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sqlite3
import stat
import subprocess
import sys

from mailstop_test import (DEADLINE, MAILSTOP, Client, Deadline, Server,
                           environment, mailstop, main, read_until, scratch,
                           test)

BODY = b"Subject: x\r\n\r\n.dot\r\nbare\nNUL\0 8-bit \xff\r\n\r\n"


def stored(path):
    """(state, sender, bytes) of what is in a database, oldest first."""
    with sqlite3.connect("file:%s?mode=ro" % path, uri=True) as db:
        return db.execute("SELECT state, mail_from, bytes FROM message"
                          " JOIN raw ON raw.message = seq"
                          " ORDER BY seq").fetchall()


@test
def keeps_what_it_acknowledged():
    with Server() as server:
        with server.client() as client:
            client.send_mail(BODY)
            assert stored(server.db) == [(0, "sender@from.test", BODY)]
        assert server.stop() == 0
        assert stored(server.db) == [(0, "sender@from.test", BODY)]


@test
def survives_being_killed():
    with Server() as server:
        with server.client() as client:
            client.hello()
            for number in range(20):
                client.send_mail(b"%d\r\n" % number, greet=False)
            server.process.kill()
            server.finish()
        server.restart()
        assert [row[2] for row in stored(server.db)] == [
            b"%d\r\n" % number for number in range(20)]


@test
def ready_file_names_all_listeners():
    with scratch() as folder:
        path = os.path.join(folder, "ready.json")
        unix = "unix:%s/lmtp" % folder
        with open(path, "w", encoding="ascii") as file:
            file.write("of an earlier run")
        with Server("--ready-file", path, "--lmtp", unix,
                    "--smtps", "127.0.0.1:0", "--smtp", "127.0.0.1:0",
                    folder=folder) as server:
            with open(path, encoding="utf-8") as file:
                text = file.read()
            ready = json.loads(text)
            assert ready == server.ready
            assert list(ready) == ["pid", "db", "ca", "smtp", "smtps",
                                   "lmtp", "pop3", "http"]
            assert ready["pid"] == server.process.pid
            assert ready["db"] == server.db
            assert os.path.isfile(ready["ca"]), ready["ca"]
            assert ready["lmtp"] == [unix] and ready["pop3"] == []
            assert len(ready["smtp"]) == 2 and len(ready["smtps"]) == 1
            assert stat.S_IMODE(os.stat(path).st_mode) == 0o644
            for protocol in ("smtp", "lmtp"):
                for index in range(len(ready[protocol])):
                    with server.client(protocol, index) as client:
                        client.reply(220)


@test
def is_ready_a_moment_after_its_start():
    """The port of the ready file accepts at once, each time."""
    with scratch() as folder:
        for _ in range(10):
            with Server(folder=folder, memory=True) as server:
                with server.client() as client:
                    client.reply(220)
                assert server.ready["db"] is None


@test
def default_ports_move_with_the_others():
    with Server(http=None) as one, Server(http=None) as other:
        assert one.ready["http"] != other.ready["http"]


@test
def leaves_within_a_second():
    for number in (signal.SIGTERM, signal.SIGINT):
        with Server() as server:
            with server.client() as idle, server.client() as busy:
                idle.reply(220)
                busy.hello()
                busy.ask("MAIL FROM:<a@b.test>", 250)
                deadline = Deadline()
                assert server.stop(number) == 0
                assert DEADLINE - deadline.left() < 5
                busy.reply(421)
                assert busy.line() == b""


@test
def second_signal_ends_it_at_once():
    with Server() as server:
        with server.client() as client:
            client.reply(220)
            server.process.send_signal(signal.SIGTERM)
            server.wait_log("stopping")
            server.process.send_signal(signal.SIGTERM)
            assert server.finish() in (0, -signal.SIGTERM)


@test
def hangup_reads_users_again():
    with scratch() as folder:
        path = os.path.join(folder, "users")
        with open(path, "w", encoding="ascii") as file:
            file.write("u:old\n")
        with Server("--auth-file", path, "--log-level", "info",
                    folder=folder) as server:
            with server.client() as client:
                client.hello()
                client.ask("AUTH PLAIN AHUAb2xk", 235)
            with open(path, "w", encoding="ascii") as file:
                file.write("u:new\n")
            server.process.send_signal(signal.SIGHUP)
            server.wait_log("read again")
            with server.client() as client:
                client.hello()
                client.ask("AUTH PLAIN AHUAb2xk", 535)
                client.ask("AUTH PLAIN AHUAbmV3", 235)


@test
def says_which_port_is_busy():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with scratch() as folder:
            path = os.path.join(folder, "ready")
            ran = mailstop("serve", "--memory", "--smtp", "127.0.0.1:%d" % port,
                           "--ready-file", path, folder=folder, status=None)
            assert ran.returncode in (69, 73), ran.returncode
            assert b"--smtp 127.0.0.1:%d" % port in ran.stderr, ran.stderr
            assert not os.path.exists(path)


@test
def makes_the_state_folder():
    with scratch() as folder:
        reading, writing = os.pipe()
        with subprocess.Popen(
                [MAILSTOP, "--smtp=127.0.0.1:0", "--quiet",
                 "--ready-fd=%d" % writing],
                env=environment(folder), pass_fds=[writing],
                stdin=subprocess.DEVNULL) as process:
            os.close(writing)
            ready = json.loads(read_until(
                reading, lambda text: text.endswith(b"\n"), Deadline()))
            os.close(reading)
            process.terminate()
            assert process.wait(DEADLINE) == 0
        path = os.path.join(folder, "state", "mailstop", "mailstop.db")
        assert ready["db"] == path
        assert stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode) == 0o700
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


@test
def takes_options_from_variables_and_files():
    with scratch() as folder:
        config = os.path.join(folder, "config")
        with open(config, "w", encoding="ascii") as file:
            file.write("banner = From the file\nhostname=file.test\n")
        with Server("--config", config, folder=folder,
                    env={"MAILSTOP_HOSTNAME": "variable.test"}) as server:
            with server.client() as client:
                greeting = client.reply(220)
                assert "variable.test" in greeting, greeting
                assert "From the file" in greeting, greeting


@test
def refuses_what_it_does_not_understand():
    for words, says in (
            (["--smtp", "nonsense:x"], b"--smtp nonsense:x"),
            (["serve", "--max-message", "many"], b"--max-message many"),
            (["--no-such-option"], b"--no-such-option"),
            (["no-such-command"], b"no-such-command"),
            (["serve", "word"], b"word"),
            (["--fault", "nonsense"], b"--fault nonsense"),
            (["--auth-file", "/nonexistent/x"], b"/nonexistent/x")):
        with scratch() as folder:
            ran = mailstop(*words, folder=folder, status=None)
            assert ran.returncode in (64, 66), (words, ran.returncode)
            assert says in ran.stderr, (words, ran.stderr)
            assert ran.stdout == b""


@test
def cannot_make_is_73():
    """What is missing on the way to what would be made is no missing input."""
    with scratch() as folder:
        none = os.path.join(folder, "none", "x")
        for words in (["--db", none], ["--ready-file", none],
                      ["--smtps", "127.0.0.1:0", "--tls-dir",
                       "/proc/none/x"],
                      ["--smtp", "unix:" + none]):
            words += [] if "--smtp" in words else ["--smtp", "127.0.0.1:0"]
            words += [] if "--db" in words else ["--memory"]
            ran = mailstop("serve", "--http", "127.0.0.1:0", *words,
                           folder=folder, status=73)
            assert words[-2].encode() in ran.stderr or b"none" in ran.stderr
        # That which is read is missing.
        ran = mailstop("serve", "--http", "off", "--smtp", "127.0.0.1:0",
                       "--memory", "--tls-cert", none, "--tls-key", none,
                       folder=folder, status=66)
        assert none.encode() + b": No such file" in ran.stderr, ran.stderr


@test
def helps():
    for words in (["--help"], ["serve", "--help"], ["-h"], ["help"]):
        text = mailstop(*words).stdout.decode()
        lines = text.splitlines()
        assert len(lines) <= 24 and max(map(len, lines)) < 80
        assert "--smtp" in text
    assert mailstop("help", "list").stdout == mailstop(
        "list", "--help").stdout
    mailstop("help", "me", status=64)
    everything = mailstop("--help-all").stdout
    assert b"--bare-lf" in everything and b"--json" in everything
    assert mailstop("--version").stdout.startswith(b"mailstop ")


@test
def needs_no_home_for_tls_that_nobody_asked_for():
    with scratch() as folder:
        blocked = os.path.join(folder, "file")
        with open(blocked, "w", encoding="ascii"):
            pass
        # The usual folder cannot be made below a file.
        server = Server(folder=folder, env={"XDG_STATE_HOME": blocked})
        at = server.words.index("--tls-dir")
        del server.words[at:at + 2]
        with server:
            assert server.ready["ca"] is None
            with server.client() as client:
                assert "STARTTLS" not in client.hello()


@test
def logs_a_line_for_each_message_when_asked():
    with Server("--log-level", "info") as server:
        with server.client() as client:
            client.send_mail(b"Subject: =?utf-8?q?h=C3=A9?= \x1b[2J\r\n\r\n",
                             recipients=("a@to.test", "b@to.test"))
        line = server.wait_log(".*1: from sender@from.test.*").group()
        assert "a@to.test, b@to.test" in line and "h\u00e9" in line, line
        assert "\x1b" not in line and "findings" in line, line
    with Server() as server:
        with server.client() as client:
            client.send_mail(b"Subject: quiet\r\n\r\n")
        assert server.stop() == 0
        assert b"sender@from.test" not in server.log, server.log
        assert b"[http] accessible via http://127.0.0.1:" in server.log
    with Server("--quiet") as server:
        assert server.stop() == 0
        assert server.log == b"", server.log


@test
def ends_while_nobody_wants_to_know_that_it_is_ready():
    with scratch() as folder:
        ready = os.path.join(folder, "ready")
        os.mkfifo(ready)
        process = subprocess.Popen(
            [MAILSTOP, "serve", "--memory", "--http", "off", "--smtp",
             "unix:" + os.path.join(folder, "s"), "--ready-file", ready],
            env=environment(folder))
        # The kernel takes connections for it.
        deadline = Deadline()
        while True:
            with contextlib.suppress(OSError):
                Client(os.path.join(folder, "s")).close()
                break
            deadline.left()
        process.terminate()
        # Nothing was promised to anybody yet.
        assert process.wait(DEADLINE) in (0, -signal.SIGTERM)


@test
def a_log_that_nobody_reads_stops_nothing():
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4 * 4096)
    with scratch() as folder:
        ready = os.path.join(folder, "ready")
        os.mkfifo(ready)
        process = subprocess.Popen(
            [MAILSTOP, "serve", "--memory", "--smtp", "127.0.0.1:0",
             "--http", "off", "--ready-file", ready, "--log-level", "info"],
            env=environment(folder), stderr=writing,
            stdin=subprocess.DEVNULL)
        os.close(writing)
        with open(ready, encoding="ascii") as file:
            host, port = json.load(file)["smtp"][0].split(":")
        with Client((host, int(port))) as client:
            client.hello()
            for _ in range(300):
                client.send_mail(b"Subject: x\r\n\r\n", greet=False)
        process.terminate()
        assert process.wait(DEADLINE) == 0
    os.close(reading)


@test
def names_only_who_got_it():
    """Lines for people name no recipient that was refused, unless the whole
    message was."""
    with Server("--log-level", "info",
                "--fault", "rcpt to=full@* reply=452") as server:
        with server.client() as client:
            client.hello()
            for recipients in (["full@x.test", "ok@x.test"], ["full@y.test"]):
                client.ask("MAIL FROM:<>", 250)
                for recipient in recipients:
                    client.ask("RCPT TO:<%s>" % recipient)
                if client.ask("DATA").startswith("354"):
                    client.data(b"Subject: x\r\n\r\n")
                    client.reply(250)
                client.ask("RSET", 250)
        for line in (r"1: from <> to ok@x\.test: ",
                     r"2: from <> to full@y\.test: .* refused"):
            server.wait_log(line)
        for query, to in (("state:accepted", b"ok@x.test"),
                          ("state:refused", b"full@y.test")):
            line = server.run("list", query).stdout
            assert line.split(b"\t")[5] == to, line
        ran = server.run("assert", "none rcpt:ok", status=1)
        assert b" from <> to <ok@x.test>: " in ran.stderr, ran.stderr
        # All that was said is in the record.
        found = server.messages("state:accepted")[0]["recipients"]
        assert [one["reply"][:3] for one in found] == ["452", "250"], found


@test
def keeps_apart_what_it_refused():
    with Server("--fault", "body reply=552:5.3.4:\"Too odd\"") as server:
        with server.client() as client:
            client.hello()
            client.ask("MAIL FROM:<a@b.test>", 250)
            client.ask("RCPT TO:<c@d.test>", 250)
            client.ask("DATA", 354)
            client.data(b"Subject: odd\r\n\r\n")
            client.reply(552)
            client.ask("QUIT", 221)
            assert client.line() == b""
        assert server.messages() == []
        message, = server.messages("state:refused")
        assert message["state"] == "refused", message
        assert "Too odd" in message["reason"], message
        assert message["subject"] == "odd"


@test
def takes_sockets_of_systemd():
    """As sd_listen_fds(3) has it: descriptors from 3 on, with names."""
    with socket.socket() as smtp, socket.socket() as web, scratch() as folder:
        for one in (smtp, web):
            one.bind(("127.0.0.1", 0))
            one.listen()
        reading, writing = os.pipe()
        # The number of the process must be named, and stays over an exec.
        script = ("import fcntl, os, sys\n"
                  "a, b, c = (fcntl.fcntl(int(n), fcntl.F_DUPFD, 10)"
                  " for n in sys.argv[2:])\n"
                  "os.dup2(a, 3), os.dup2(b, 4), os.dup2(c, 5)\n"
                  "os.environ.update(LISTEN_PID=str(os.getpid()),"
                  " LISTEN_FDS='2',"
                  " LISTEN_FDNAMES='smtp:mailstop-http.socket')\n"
                  "os.execv(sys.argv[1], [sys.argv[1], 'serve', '--memory',"
                  " '--quiet', '--ready-fd=5'])\n")
        fds = [smtp.fileno(), web.fileno(), writing]
        with subprocess.Popen(
                [sys.executable, "-c", script, MAILSTOP, *map(str, fds)],
                env=environment(folder), stdin=subprocess.DEVNULL,
                pass_fds=fds) as process:
            os.close(writing)
            ready = json.loads(read_until(
                reading, lambda text: text.endswith(b"\n"), Deadline()))
            os.close(reading)
            assert ready["smtp"] == ["127.0.0.1:%d" % smtp.getsockname()[1]]
            assert ready["http"] == ["127.0.0.1:%d" % web.getsockname()[1]]
            with Client(smtp.getsockname()) as client:
                client.reply(220)
            process.terminate()
            assert process.wait(DEADLINE) == 0


@test
def serves_many_connections():
    """More than the usual soft limit of descriptors lets one have."""
    with Server(memory=True) as server:
        clients = []
        try:
            for _ in range(1100):
                clients.append(server.client())
        except OSError:
            pass  # this process may have no more itself
        for client in clients:
            client.reply(220)
        for client in clients:
            client.close()
        with server.client() as client:
            client.send_mail(b"x\r\n")


@test
def listens_on_a_unix_socket():
    with scratch() as folder:
        with Server(smtp="unix:%s/s" % folder, folder=folder) as server:
            with Client(folder + "/s") as client:
                client.send_mail(b"x\r\n")
            assert server.stop() == 0
            assert not os.path.exists(folder + "/s")


main()

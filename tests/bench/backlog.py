"""backlog: how long it takes until all that was accepted can be found.

Sends messages to a server of its own as fast as it takes them, then asks for
the newest page, which waits until the index has all of them. Says how fast
they were accepted and how fast they could be found, what memory and processor
time that took, and with --against how much longer a second program (one that
has no indexer, say) took to accept the same: pairs, since machines vary.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))


class Server:
    def __init__(self, program, folder):
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [program, "serve", "-q", "--smtp", "127.0.0.1:0", "--http",
             "127.0.0.1:0", "--db", os.path.join(folder, "mail.db"),
             "--ready-fd", str(writing)], pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading, encoding="utf-8") as pipe:
            text = pipe.read()
        self.smtp = re.search(r'smtp[^}]*?(127\.0\.0\.1:\d+)', text).group(1)
        self.http = re.search(r'http[^}]*?(127\.0\.0\.1:\d+)', text).group(1)

    def newest(self):
        url = "http://%s/api/v1/messages?limit=1" % self.http
        with urllib.request.urlopen(url, timeout=600) as answer:
            return json.load(answer)

    def memory(self):
        path = "/proc/%d/status" % self.process.pid
        with open(path, encoding="utf-8") as file:
            return int(re.search(r"VmHWM:\s*(\d+)", file.read()).group(1))

    def cpu_s(self):
        path = "/proc/%d/stat" % self.process.pid
        with open(path, encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        ticks = os.sysconf("SC_CLK_TCK")
        return (int(fields[11]) + int(fields[12])) / ticks

    def stop(self):
        self.process.terminate()
        self.process.wait()


def load(args, server):
    command = [os.path.join(args.build, "tests/bench/load"), "-s",
               str(args.sessions), "-m", str(args.messages)]
    if args.file:
        command += ["-f", args.file]
    start = time.monotonic()
    subprocess.run(command + [server.smtp], check=True,
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - start


def measure(args, program):
    with tempfile.TemporaryDirectory(dir=args.db) as folder:
        server = Server(program, folder)
        accepted = load(args, server)
        cpu = server.cpu_s()
        start = time.monotonic()
        total = server.newest()["total"]
        found = time.monotonic() - start
        print("accepted %7.0f/s, %5.1f s more until all are found: "
              "%.0f/s of all, %.0f us of CPU each; %.1f MiB" % (
                  args.messages / accepted, found,
                  args.messages / (accepted + found),
                  server.cpu_s() * 1e6 / args.messages,
                  server.memory() / 1024), flush=True)
        print("    of that %.0f us each while they were accepted" % (
            cpu * 1e6 / args.messages))
        assert total == args.messages, total
        server.stop()
        return accepted


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--messages", type=int, default=50000)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--file", help="the message, with CR LF")
    parser.add_argument("--db", help="a folder for the database")
    parser.add_argument("--against", help="another program, to compare")
    parser.add_argument("build")
    args = parser.parse_args()
    ratios = []
    for _ in range(args.pairs):
        took = measure(args, os.path.join(args.build, "mailstop"))
        if args.against:
            ratios.append(took / load_only(args, args.against))
    if ratios:
        print("accepted in %.2f of the other's time (median of %d)" % (
            statistics.median(ratios), len(ratios)))


def load_only(args, program):
    with tempfile.TemporaryDirectory(dir=args.db) as folder:
        server = Server(program, folder)
        took = load(args, server)
        server.stop()
        print("the other: accepted %7.0f/s" % (args.messages / took))
        return took


if __name__ == "__main__":
    main()

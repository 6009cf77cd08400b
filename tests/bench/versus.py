#!/usr/bin/env python3
"""versus: mailstop, synced to disk, against smtp-sink, which keeps nothing.

usage: versus.py [--pairs N] [--messages N] [--size OCTETS] [--sessions N]
                 [--db FOLDER] BUILD

BUILD is the folder that holds mailstop and tests/bench/load. smtp-sink and
smtp-source come out of Debian's package postfix, unpacked into a scratch
folder, not installed. Each pair sends the same load to both, one right after
the other, and the medians of the ratios are what counts: 1.0 is as fast.
"""

import argparse
import glob
import json
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time

DEADLINE = 20


def unpack_postfix(scratch):
    """The folder of the package's files, and an environment to run them in."""
    subprocess.run(["apt-get", "download", "-qq", "postfix"], cwd=scratch,
                   check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    package = glob.glob(os.path.join(scratch, "postfix_*.deb"))[0]
    root = os.path.join(scratch, "postfix")
    subprocess.run(["dpkg", "-x", package, root], check=True)
    libraries = os.path.join(root, "usr/lib/postfix")
    return root, dict(os.environ, LD_LIBRARY_PATH=libraries)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(ready, what):
    deadline = time.monotonic() + DEADLINE
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit(f"versus: {what} did not start")
        os.sched_yield()


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Sink:
    """smtp-sink: the reference, which throws everything away."""

    name = "smtp-sink"

    def __init__(self, bench):
        self.port = free_port()
        program = os.path.join(bench.postfix, "usr/sbin/smtp-sink")
        self.process = subprocess.Popen(
            [program, "-u", "root", f"127.0.0.1:{self.port}", "1000"],
            env=bench.environment, stderr=subprocess.DEVNULL)
        wait_until(lambda: answers(self.port), self.name)

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Mailstop:
    """mailstop with its defaults: 250 means synced."""

    name = "mailstop"

    def __init__(self, bench):
        self.folder = tempfile.TemporaryDirectory(dir=bench.arguments.db)
        ready = os.path.join(self.folder.name, "ready.json")
        self.process = subprocess.Popen(
            [os.path.join(bench.arguments.build, "mailstop"), "serve",
             "--smtp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--quiet",
             "--db", os.path.join(self.folder.name, "mail.db"),
             "--ready-file", ready],
            stderr=subprocess.DEVNULL)
        wait_until(lambda: os.path.exists(ready), self.name)
        with open(ready, encoding="utf-8") as file:
            self.port = int(json.load(file)["smtp"][0].rsplit(":", 1)[1])

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class Bench:
    """The loads, and how fast each of them went."""

    def __init__(self, arguments, scratch):
        self.arguments = arguments
        self.postfix, self.environment = unpack_postfix(scratch)
        self.loads = {
            "smtp-source, one connection": self.source("-d"),
            "smtp-source, one a message": self.source(),
            "load, one connection": self.load(),
            "load, one a message": self.load("-c"),
            "load, pipelined": self.load("-p"),
        }

    def source(self, *options):
        a = self.arguments
        return [os.path.join(self.postfix, "usr/sbin/smtp-source"), *options,
                "-s", str(a.sessions), "-m", str(a.messages),
                "-l", str(a.size)]

    def load(self, *options):
        a = self.arguments
        return [os.path.join(a.build, "tests/bench/load"), *options,
                "-s", str(a.sessions), "-m", str(a.messages),
                "-l", str(a.size)]

    def rate(self, server, command):
        """Messages a second of one run against a server of its own."""
        sink = server(self)
        try:
            start = time.monotonic()
            done = subprocess.run(
                [*command, f"127.0.0.1:{sink.port}"], env=self.environment,
                check=True, capture_output=True, text=True, timeout=300)
            seconds = time.monotonic() - start
        finally:
            sink.stop()
        told = re.search(r"messages_per_second=(\d+)", done.stdout)
        return float(told[1]) if told else self.arguments.messages / seconds

    def run(self):
        print(f"{'load':30} {'smtp-sink/s':>12} {'mailstop/s':>12} "
              f"{'ratio':>6}", flush=True)
        for name, command in self.loads.items():
            rates = [(self.rate(Sink, command), self.rate(Mailstop, command))
                     for _ in range(self.arguments.pairs)]
            sink = statistics.median(pair[0] for pair in rates)
            ours = statistics.median(pair[1] for pair in rates)
            ratio = statistics.median(pair[1] / pair[0] for pair in rates)
            print(f"{name:30} {sink:12.0f} {ours:12.0f} {ratio:6.2f}",
                  flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--messages", type=int, default=20000)
    parser.add_argument("--size", type=int, default=4096)
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--db", help="folder of the database (a real disk)")
    parser.add_argument("build")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        Bench(arguments, scratch).run()


if __name__ == "__main__":
    main()

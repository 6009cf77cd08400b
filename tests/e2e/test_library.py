#!/usr/bin/env python3
"""test_library: libmailstop as others use it: installed, from C, from C++, and
from Python in this process."""

import atexit
import contextlib
import ctypes
import functools
import os
import re
import shutil
import smtplib
import subprocess
import sys
import threading

from mailstop_test import (DEADLINE, MAILSTOP, TOP_SRCDIR, Deadline, Skip,
                           main, read_until, require, scratch, test)

BUILD = os.environ.get("TOP_BUILDDIR") or os.path.dirname(MAILSTOP)
BUILT = os.path.join(BUILD, ".libs", "libmailstop.so")
MAIL = "From: me@x.test\r\nTo: %s\r\nSubject: %s\r\n\r\nHello.\r\n"


# ---- the library as it is installed

def run(*words, **rest):
    ran = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=300,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         check=False, text=True, **rest)
    assert ran.returncode == 0, "%s: %s" % (" ".join(words), ran.stdout)
    return ran.stdout


def sanitizers(path=None):
    """The sanitizers that it was built with: "address", "thread" and so on,
    with the libraries that bring them."""
    found = re.findall(r"(lib(\w+?)san\.so\S*) => (\S+)",
                       run("ldd", path or BUILT))
    names = {"a": "address", "ub": "undefined", "t": "thread"}
    return {names[short]: path for _, short, path in found if short in names}


STACK = contextlib.ExitStack()
atexit.register(STACK.close)


@functools.lru_cache(maxsize=None)
def installed():
    """`make install` into a folder, once."""
    folder = STACK.enter_context(scratch())
    # It is a make of its own, and not a part of the one that runs this.
    env = {name: value for name, value in os.environ.items()
           if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    run("make", "-s", "-C", BUILD, "install", "DESTDIR=" + folder, env=env)
    return Installed(folder)


def find(folder, name):
    for path, _, names in os.walk(folder):
        if name in names:
            return os.path.join(path, name)
    raise AssertionError(name + " is not installed")


class Installed:
    """What a compiler needs to know of it."""

    def __init__(self, folder):
        self.folder = folder
        self.library = find(folder, "libmailstop.so")
        config = find(folder, "mailstop.pc")
        env = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(config),
                   PKG_CONFIG_SYSROOT_DIR=folder)
        self.flags = run("pkg-config", "--cflags", "--libs", "mailstop",
                         env=env).split()
        self.flags += ["-fsanitize=" + name
                       for name in sanitizers(self.library)]
        self.env = dict(os.environ,
                        LD_LIBRARY_PATH=os.path.dirname(self.library))

    def compile(self, compiler, text, ending, *flags):
        """Of a program's text; gives the path of the program."""
        source = os.path.join(self.folder, "program" + ending)
        program = os.path.join(self.folder, "program")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        run(compiler, *flags, "-Wall", "-Wextra", "-Werror", "-g", source, "-o",
            program, *self.flags)
        return program

    @contextlib.contextmanager
    def start(self, program, ports):
        """Runs it, gives the process and the ports that it prints."""
        with subprocess.Popen([program], env=self.env, text=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            try:
                text = read_until(process.stdout.fileno(),
                                  lambda t: t.count(b"\n") == ports,
                                  Deadline())
                yield process, [int(n) for n in re.findall(rb"\d+", text)]
            finally:
                process.kill()


def send(port, to, subject, fails=None):
    with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as client:
        try:
            client.sendmail("me@x.test", [to], MAIL % (to, subject))
            assert fails is None, "nothing failed"
        except smtplib.SMTPRecipientsRefused as refused:
            assert refused.recipients[to][0] == fails, refused


def finish(process):
    """What it printed after the ports; it printed no error, and ended well."""
    out, err = process.communicate(timeout=DEADLINE)
    assert (process.returncode, err) == (0, b""), (process.returncode, err)
    return out.decode()


def read(path):
    with open(os.path.join(TOP_SRCDIR, path), encoding="utf-8") as file:
        return file.read()


def manual():
    return read("src/app/mailstop.3")


def examples():
    return [text.replace("\\e", "\\") for text in re.findall(
        r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", manual(), re.M | re.S)]


@test
def serves_programs_of_the_manual():
    require("pkg-config")
    waits, shows, calls_back = examples()
    library = installed()
    program = library.compile("cc", waits, ".c", "-std=c99", "-pedantic")
    with library.start(program, 1) as (process, ports):
        send(ports[0], "bob@x.test", "Not this")
        send(ports[0], "alice@x.test", "Welcome")
        assert finish(process) == "Welcome\n"
    program = library.compile("cc", shows, ".c", "-std=c99", "-pedantic")
    with library.start(program, 1) as (process, ports):
        send(ports[0], "bob@x.test", "Hi")
        text = finish(process)
        assert text.startswith("from me@x.test\nHello."), text
        assert "part 1: text/plain" in text or "part 0: " in text, text
        assert "rcpt TO:<bob@x.test>" in text, text
    program = library.compile("cc", calls_back, ".c", "-std=c99",
                              "-pedantic")
    with library.start(program, 2) as (process, ports):
        send(ports[1], "full@x.test", "Lost", fails=452)
        send(ports[1], "full@x.test", "Found")
        send(ports[0], "bob@x.test", "Last")
        lines = sorted(finish(process).splitlines())
        assert lines == ["one: Last", "two: Found"], lines


@test
def serves_the_program_of_the_readme():
    require("pkg-config")
    # A block with the include, without the four blanks in front.
    block = re.search(r"(?:^    .*\n)*^    #include <mailstop.h>\n(?:^    .*\n)*",
                      read("README"), re.M).group(0)
    text = re.sub(r"^    ", "", block, flags=re.M)
    assert text.count("\n") <= 10, text
    library = installed()
    program = library.compile("cc", text, ".c")
    with library.start(program, 1) as (process, ports):
        send(ports[0], "alice@x.test", "Welcome")
        assert finish(process) == "Welcome\n"


@test
def serves_a_program_in_cplusplus():
    require("pkg-config")
    require("g++")
    library = installed()
    program = library.compile("g++", read("tests/e2e/library.cc"), ".cc",
                              "-std=c++11", "-pedantic", "-pthread")
    with library.start(program, 2) as (process, ports):
        send(ports[0], "bob@x.test", "To the first")
        send(ports[1], "alice@x.test", "To the second")
        assert finish(process) == "To the second, To the second\n"


@test
def exports_what_the_manual_names():
    require("nm")
    header = re.sub(r"/\*.*?\*/", "", read("include/mailstop.h"), flags=re.S)
    declared = set(re.findall(r"\b(mailstop_\w+)\s*\(", header))
    callbacks = {name for name in declared if name.endswith("_callback")}
    exported = set(re.findall(
        r" [A-Z] (\S+)", run("nm", "-D", "--defined-only", BUILT)))
    assert exported == declared - callbacks, exported ^ declared
    named = set(re.findall(r"^\.F[no] (mailstop_\w+)", manual(), re.M))
    assert declared <= named, declared - named
    statuses = set(re.findall(r"\b(MAILSTOP_[A-Z_]+) = ", header))
    listed = set(re.findall(r"^\.It Dv (MAILSTOP_\w+)", manual(), re.M))
    assert statuses == listed, statuses ^ listed
    packaged = set(re.findall(r"^ (\w+)@",
                              read("contrib/debian/libmailstop0.symbols"),
                              re.M))
    assert exported == packaged, exported ^ packaged


# ---- from Python, in one process

def load():
    library = ctypes.CDLL(BUILT)
    for name in ("error", "text", "address", "version"):
        getattr(library, "mailstop_" + name).restype = ctypes.c_char_p
    for name in ("new", "get", "at"):
        getattr(library, "mailstop_" + name).restype = ctypes.c_void_p
    library.mailstop_number.restype = ctypes.c_int64
    library.mailstop_size.restype = ctypes.c_size_t
    library.mailstop_json.restype = ctypes.c_void_p
    return library


CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p,
                            ctypes.c_void_p)


class Tenant:
    """A server of the library, as a class of Python would have it."""

    def __init__(self, library, *options):
        self.library = library
        self.server = ctypes.c_void_p(library.mailstop_new())
        for name, value in options:
            self.call("set", name.encode(), value.encode())

    def call(self, name, *arguments, status=0):
        found = getattr(self.library, "mailstop_" + name)(self.server,
                                                          *arguments)
        assert found == status, (name, found, self.error())
        return found

    def error(self):
        return self.library.mailstop_error(self.server).decode()

    def port(self):
        return self.library.mailstop_port(self.server, b"smtp")

    def wait(self, query, count=1, status=0):
        """The subjects of what came."""
        record = ctypes.c_void_p()
        self.call("wait", query.encode(), ctypes.c_size_t(count),
                  DEADLINE * 1000 if status != 17 else 0, ctypes.byref(record),
                  status=status)
        subjects = [self.library.mailstop_text(record, b"%d.subject" % i)
                    for i in range(self.library.mailstop_size(record, None))]
        self.library.mailstop_record_free(record)
        return [subject.decode() for subject in subjects]

    def raw(self, ident):
        data, size = ctypes.c_void_p(), ctypes.c_size_t()
        self.call("raw", ident.encode(), ctypes.byref(data),
                  ctypes.byref(size))
        found = ctypes.string_at(data, size.value)
        self.library.mailstop_bytes_free(data)
        return found

    def free(self):
        self.library.mailstop_free(self.server)


def in_a_process_of_its_own(function):
    """Runs it in a Python that has the sanitizers' libraries, where there are
    any: they must come first."""
    found = sanitizers()
    if "thread" in found:
        raise Skip("Python is not built with the thread sanitizer")
    env = dict(os.environ, IN_PROCESS=function.__name__)
    if found:
        # The leaks of Python are not ours.
        env.update(LD_PRELOAD=" ".join(found.values()),
                   ASAN_OPTIONS="detect_leaks=0")
    output = run(sys.executable, __file__, env=env)
    assert output == "", output


def serves_python():
    library = load()
    one = Tenant(library, ("keep-count", "100"))
    two = Tenant(library, ("fault", "rcpt to=no@* reply=550"))
    told = []

    def on_message(_, message, context):
        assert context == 7
        told.append(library.mailstop_text(ctypes.c_void_p(message),
                                          b"subject").decode())

    callback = CALLBACK(on_message)
    one.call("on_message", b"rcpt:alice", callback, ctypes.c_void_p(7))
    one.call("start")
    two.call("start")
    send(one.port(), "alice@x.test", "First")
    send(two.port(), "alice@x.test", "Second")
    send(two.port(), "no@x.test", "Never", fails=550)
    send(one.port(), "no@x.test", "Third")
    assert one.wait("rcpt:*@x.test", 2) == ["First", "Third"]
    assert two.wait("") == ["Second"]
    assert two.wait("rcpt:no", status=17) == []
    assert one.raw("latest").decode() == MAIL % ("no@x.test", "Third")
    one.call("set", b"memory", None, status=11)
    assert "while the server runs" in one.error()
    # Waits in several threads, each for its own; one is left waiting.
    results = {}

    def wait_for(name, status=0):
        results[name] = one.wait("rcpt:" + name, status=status)

    threads = [threading.Thread(target=wait_for, args=("w%d" % i,))
               for i in range(10)]
    left = threading.Thread(target=wait_for, args=("nobody", 16))
    for thread in [*threads, left]:
        thread.start()
    for i in range(10):
        send(one.port(), "w%d@x.test" % i, "To %d" % i)
    for thread in threads:
        thread.join()
    one.call("stop")
    left.join()
    assert results == {"nobody": [], **{
        "w%d" % i: ["To %d" % i] for i in range(10)}}, results
    assert told == ["First"], told
    one.free()
    two.free()


@test
def serves_two_servers_in_one_python():
    in_a_process_of_its_own(serves_python)


if os.environ.get("IN_PROCESS"):
    globals()[os.environ["IN_PROCESS"]]()
elif not os.path.exists(BUILT):
    print("1..0 # SKIP there is no " + BUILT)
elif not shutil.which("cc"):
    print("1..0 # SKIP cc is not installed")
else:
    main()

#!/usr/bin/env python3
"""test_contrib: the clients of contrib/, each with its own test against the
real server, and the examples of the README, run as they are printed there."""

import json
import os
import re
import shutil
import subprocess
import sys

from fetched_test import node_modules
from mailstop_test import (MAILSTOP, TOP_SRCDIR, Skip, environment, main,
                           require, scratch, test)

CLIENTS = os.path.join(TOP_SRCDIR, "contrib", "clients")
BUILD = os.path.dirname(MAILSTOP)
# Compilers and package managers take their time on a busy machine.
PATIENCE = 500
NOT_REACHED = re.compile(
    r"Could not (resolve|transfer)|offline mode|Network is unreachable")


def run(*words, folder, status=0, **changes):
    """Runs a client's test to its end; what it said."""
    changes = {"HOME": os.environ.get("HOME", folder), "MAILSTOP": MAILSTOP,
               "PYTHONDONTWRITEBYTECODE": "1", "GOTOOLCHAIN": "local",
               **changes}
    ran = subprocess.run(words, cwd=folder, timeout=PATIENCE, check=False,
                         env=environment(folder, changes),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT)
    text = ran.stdout.decode(errors="replace")
    if ran.returncode != status:
        raise AssertionError("%s: %d\n%s" % (" ".join(words), ran.returncode,
                                             text))
    return text


class Copy:
    """A client's folder where its tools may leave what they make."""

    def __init__(self, name):
        self.name = name
        self.stack = scratch()

    def __enter__(self):
        path = os.path.join(self.stack.__enter__(), self.name)
        shutil.copytree(os.path.join(CLIENTS, self.name), path)
        for folder, _, names in os.walk(path):
            for each in [folder, *(os.path.join(folder, n) for n in names)]:
                os.chmod(each, os.stat(each).st_mode | 0o200)
        return path

    def __exit__(self, *what):
        return self.stack.__exit__(*what)


def printed(*path):
    """The example's lines, which stand in the README, indented."""
    with open(os.path.join(CLIENTS, *path), encoding="utf-8") as file:
        lines = file.read().rstrip("\n").split("\n")
    with open(os.path.join(TOP_SRCDIR, "README"), encoding="utf-8") as file:
        readme = file.read()
    text = "\n".join("    " + line if line else "" for line in lines)
    assert "\n%s\n" % text in readme, "not in README as it is:\n" + text
    told = [line for line in lines if re.search(r"\w", line)]
    assert len(told) <= 10, "%d lines" % len(told)


# ---- Python

def pytest(folder, *words):
    for python in (sys.executable, "/usr/bin/python3"):
        if os.access(python, os.X_OK) and not subprocess.run(
                [python, "-c", "import pytest"], check=False,
                stderr=subprocess.DEVNULL).returncode:
            return run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider",
                       *words, folder=folder, PYTHONPATH=folder)
    raise Skip("pytest is not installed")


@test
def python_client():
    with Copy("python") as folder:
        said = pytest(folder, "tests")
        assert re.search(r"^9 passed", said, re.MULTILINE), said


@test
def python_example():
    printed("python", "example_test.py")
    with Copy("python") as folder:
        said = pytest(folder, "-p", "mailstop.pytest_plugin",
                      "example_test.py")
        assert "1 passed" in said, said


# ---- Node

@test
def node_client():
    require("node")
    with Copy("node") as folder:
        said = run("node", "--test", "mailstop.test.js", folder=folder)
        assert re.search(r"^# pass 7$", said, re.MULTILINE), said
        assert re.search(r"^# fail 0$", said, re.MULTILINE), said


@test
def node_example():
    printed("node", "example.js")
    require("node")
    nodemailer = os.path.join(node_modules(), "node_modules", "nodemailer")
    with Copy("node") as folder:
        modules = os.path.join(folder, "node_modules")
        os.mkdir(modules)
        os.symlink(folder, os.path.join(modules, "mailstop"))
        os.symlink(nodemailer, os.path.join(modules, "nodemailer"))
        assert run("node", "example.js",
                   folder=folder) == "app@x.test Hi!\n"


@test
def node_examples_parse():
    require("node")
    folder = os.path.join(CLIENTS, "node", "examples")
    names = os.listdir(folder)
    assert len(names) == 4, names
    with scratch() as place:
        for name in names + ["../../containers/testcontainers.js"]:
            copy = os.path.join(place, os.path.basename(name) + ".mjs")
            shutil.copyfile(os.path.join(folder, name), copy)
            run("node", "--check", copy, folder=place)


# ---- Go

@test
def go_client_and_example():
    printed("go", "example", "welcome_test.go")
    require("go")
    with Copy("go") as folder:
        said = run("go", "test", "-v", "./...", folder=folder)
        assert said.count("--- PASS") == 7, said
        assert "app@x.test" in said, said
        run("go", "vet", "./...", folder=folder)


# ---- Java

@test
def java_client_and_example():
    printed("java", "src", "test", "java", "WelcomeTest.java")
    require("mvn")
    require("javac")
    require("swaks")
    with Copy("java") as folder:
        try:
            run("mvn", "-q", "-B", "-o", "test", folder=folder)
        except AssertionError as error:
            if not NOT_REACHED.search(str(error)):
                raise
            try:
                run("mvn", "-q", "-B", "test", folder=folder)
            except AssertionError as again:
                if not NOT_REACHED.search(str(again)):
                    raise
                raise Skip("Maven cannot fetch JUnit") from again
        reports = os.path.join(folder, "target", "surefire-reports")
        tests = 0
        for name in os.listdir(reports):
            if name.endswith(".txt"):
                with open(os.path.join(reports, name),
                          encoding="utf-8") as file:
                    tests += int(re.search(r"Tests run: (\d+)",
                                           file.read()).group(1))
        assert tests == 7, tests


# ---- PHP

@test
def php_client():
    require("php")
    with Copy("php") as folder:
        said = run("php", "test.php", folder=folder)
        assert said.count("\nok ") + said.startswith("ok ") == 6, said


@test
def php_example():
    printed("php", "example.php")
    require("php")
    require("swaks")
    with Copy("php") as folder:
        assert run("php", "example.php", folder=folder).startswith("test ")


# ---- shell

@test
def shell_client():
    with Copy("shell") as folder:
        for shell in ("sh", "dash", "bash", "busybox"):
            if shutil.which(shell):
                words = ["busybox", "sh"] if shell == "busybox" else [shell]
                said = run(*words, "test.sh", folder=folder)
                assert said.count("ok ") == 20, said


@test
def shell_example():
    printed("shell", "example.sh")
    require("swaks")
    with Copy("shell") as folder:
        said = run("sh", "-eu", "example.sh", folder=folder)
        mail = json.loads(said)
        assert mail["recipients"][0]["address"] == "alice@x.test", said


# ---- C

def pkg_config(folder):
    """The library as it would be installed, from the build's folder."""
    library = os.path.join(BUILD, ".libs")
    if not os.path.exists(os.path.join(library, "libmailstop.so")):
        raise Skip("libmailstop is not built")
    needs = run("ldd", os.path.join(library, "libmailstop.so"), folder=folder)
    if re.search(r"lib\w+san\.so", needs):
        raise Skip("libmailstop needs a sanitizer, which test_library brings")
    with open(os.path.join(folder, "mailstop.pc"), "w",
              encoding="utf-8") as file:
        file.write("Name: mailstop\nDescription: x\nVersion: 0\n"
                   "Libs: -L%s -lmailstop\nCflags: -I%s\n" % (
                       library, os.path.join(TOP_SRCDIR, "include")))
    return {"PKG_CONFIG_PATH": folder, "LD_LIBRARY_PATH": library}


@test
def c_example():
    printed("c", "example.c")
    for program in ("cc", "pkg-config", "swaks"):
        require(program)
    with Copy("c") as folder:
        changes = pkg_config(folder)
        run("sh", "-c", "cc -o example example.c "
            "$(pkg-config --cflags --libs mailstop)", folder=folder, **changes)
        said = run("./example", folder=folder, **changes)
        assert "250 2.0.0" in said, said


@test
def c_example_by_cmake():
    for program in ("cmake", "pkg-config", "swaks"):
        require(program)
    with Copy("c") as folder:
        changes = pkg_config(folder)
        run("cmake", "-S", ".", "-B", "made", folder=folder, **changes)
        run("cmake", "--build", "made", folder=folder, **changes)
        run("ctest", "--test-dir", "made", "--output-on-failure",
            folder=folder, **changes)


# ---- containers and the Action

@test
def container_samples_are_whole():
    folder = os.path.join(CLIENTS, "containers")
    with open(os.path.join(folder, "testcontainers.py"),
              encoding="utf-8") as file:
        compile(file.read(), "testcontainers.py", "exec")
    with open(os.path.join(folder, "compose.yaml"), encoding="utf-8") as file:
        text = file.read()
    # What it sets is an option, and what it builds is there.
    option = re.search(r"^ *MAILSTOP_([A-Z_]+): mailstop$", text,
                       re.MULTILINE).group(1)
    said = run(MAILSTOP, "serve", "--help-all", folder=folder)
    assert "--" + option.lower().replace("_", "-") in said, said
    context = os.path.join(folder, re.search(r"context: (\S+)",
                                             text).group(1))
    assert os.path.exists(os.path.join(context, re.search(
        r"dockerfile: (\S+)", text).group(1)))


@test
def action_starts_a_server():
    action = os.path.join(TOP_SRCDIR, "contrib", "action")
    require("bash")
    require("setsid")
    with open(os.path.join(action, "action.yml"), encoding="utf-8") as file:
        text = file.read()
    for name in ("../quickstart", "start"):
        assert "$GITHUB_ACTION_PATH/%s\"" % name in text, name
        assert os.access(os.path.join(action, name), os.X_OK), name
    with scratch() as folder:
        os.symlink(MAILSTOP, os.path.join(folder, "mailstop"))
        files = {name: os.path.join(folder, name) for name in (
            "GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH")}
        run(os.path.join(action, "start"), folder, folder=folder, **files,
            MAILSTOP_OPTIONS="--hostname action.test --label job")
        found = {}
        for name in ("GITHUB_ENV", "GITHUB_OUTPUT"):
            with open(files[name], encoding="utf-8") as file:
                found.update(line.rstrip("\n").split("=", 1) for line in file)
        try:
            assert found["url"] == found["MAILSTOP_URL"]
            assert found["smtp-port"] == found["SMTP_PORT"]
            run(MAILSTOP, "ready", "--url", found["url"], "--timeout", "20s",
                folder=folder)
        finally:
            run("sh", "-c", "kill $(cat mailstop.pid)", folder=folder)
        run(MAILSTOP, "ready", "--url", found["url"], "--timeout", "0",
            folder=folder, status=1)
    with scratch() as folder:
        os.symlink(MAILSTOP, os.path.join(folder, "mailstop"))
        said = run(os.path.join(action, "start"), folder, folder=folder,
                   MAILSTOP_OPTIONS="--no-such-option", status=1)
        assert "no such option" in said, said


main()

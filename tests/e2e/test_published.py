#!/usr/bin/env python3
"""test_published: clients that others have made for Mailpit and MailHog, as
they come from their registries, against this server."""

import os
import re
import subprocess
import sys

from api_test import plain, send
from fetched_test import node_modules, python_packages
from mailstop_test import DEADLINE, TOP_SRCDIR, Server, environment, main, test


PACKAGES = ("pytest==9.2.0", "pytest-mailpit==0.4.1", "mailhog==0.1.1")
HOG = """
import os, urllib.parse
import mailhog
place = urllib.parse.urlsplit(os.environ["API_URL"])
client = mailhog.Mailhog(host=place.hostname, port=place.port)
found = client.messages()
assert found.total == 2, found
assert client.search("bob@to.test", "to").total == 1
assert client.search("letter").total == 1
client.delete(client.search("bob@to.test", "to").items[0])
assert client.messages().total == 1
client.delete_all()
assert client.messages().total == 0
"""


def run(*words, server, folder, **changes):
    ran = subprocess.run(
        words, cwd=folder, timeout=DEADLINE * 4, check=False,
        env=environment(server.folder, {
            "API_URL": "http://%s:%d" % server.address("http"),
            "SMTP_PORT": str(server.smtp[1]), "NODE_NO_WARNINGS": "1",
            **changes}),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    text = ran.stdout.decode(errors="replace")
    assert ran.returncode == 0, "%s: %d\n%s" % (" ".join(words),
                                                ran.returncode, text)
    return text


def with_node(client):
    folder = node_modules()
    with Server("--enable-chaos") as server:
        said = run("node", "published.mjs", client, server=server,
                   folder=folder)
        assert "%s is content" % client in said, said


@test
def mailpit_api():
    with_node("mailpit-api")


@test
def mailhog():
    with_node("mailhog")


@test
def cypress_mailpit():
    with_node("cypress-mailpit")


@test
def cypress_mailhog():
    with_node("cypress-mailhog")


@test
def pytest_mailpit():
    packages = python_packages(*PACKAGES)
    here = os.path.join(TOP_SRCDIR, "tests", "e2e")
    with Server("--enable-chaos") as server:
        said = run(sys.executable, "-m", "pytest", "-q", "-p",
                   "no:cacheprovider", "--rootdir", server.folder,
                   os.path.join(here, "published_pytest.py"),
                   server=server, folder=server.folder, PYTHONPATH=packages,
                   PYTHONDONTWRITEBYTECODE="1",
                   MAILPIT_URL="http://%s:%d" % server.address("http"),
                   MAILPIT_SMTP="%s:%d" % server.smtp)
        assert re.search(r"^11 passed", said, re.MULTILINE), said


@test
def mailhog_of_python():
    packages = python_packages(*PACKAGES)
    with Server() as server:
        send(server, plain("one letter"), recipients=("bob@to.test",))
        send(server, plain("two"))
        run(sys.executable, "-c", HOG, server=server, folder=server.folder,
            PYTHONPATH=packages)


main()

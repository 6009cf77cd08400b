"""fetched_test: what tests get from package registries, once, below the build
folder. Where one is not reached, the test that needs it is skipped and says so.
"""

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys

from mailstop_test import MAILSTOP, TOP_SRCDIR, Skip, require

FETCHED = os.path.join(os.path.dirname(MAILSTOP), "tests", "e2e", "clients")
PATIENCE = 180
# What is wrong with the lists of versions themselves is no reason to skip.
OURS = re.compile(r"ResolutionImpossible|ERESOLVE|EUSAGE|EINTEGRITY")


def fetch(what, *words, folder):
    ran = subprocess.run(words, cwd=folder, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                         timeout=PATIENCE, check=False)
    if ran.returncode:
        text = ran.stdout.decode(errors="replace").strip()
        if OURS.search(text):
            raise AssertionError(text)
        print("# " + text.replace("\n", "\n# "))
        raise Skip("%s cannot fetch %s" % (os.path.basename(words[0]), what))


@contextlib.contextmanager
def alone():
    """Test programs run side by side: one fetches, the others wait for it."""
    os.makedirs(FETCHED, exist_ok=True)
    with open(os.path.join(FETCHED, "lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_up_to_date(copy, original):
    if not os.path.exists(copy):
        return False
    with open(copy, "rb") as one, open(original, "rb") as other:
        return one.read() == other.read()


def fetch_node_modules(source, folder):
    lock = os.path.join(folder, "package-lock.json")
    os.makedirs(folder, exist_ok=True)
    if not is_up_to_date(lock, os.path.join(source, "package-lock.json")):
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(os.path.join(source, name),
                            os.path.join(folder, name))
        try:
            # Cypress itself is wanted by its plug-ins, not by us.
            fetch("clients", "npm", "ci", "--ignore-scripts",
                  "--legacy-peer-deps", "--no-audit", "--no-fund",
                  "--prefer-offline", "--fetch-retries=0",
                  "--fetch-timeout=20000", folder=folder)
        except BaseException:
            os.remove(lock)
            raise
    for name in ("send.js", "published.mjs"):
        shutil.copyfile(os.path.join(source, name),
                        os.path.join(folder, name))


def node_modules():
    """A folder with the clients in JavaScript, and with the scripts that use
    them; the versions stand in package-lock.json."""
    require("node")
    require("npm")
    source = os.path.join(TOP_SRCDIR, "tests", "e2e", "node")
    folder = os.path.join(FETCHED, "node")
    with alone():
        fetch_node_modules(source, folder)
    return folder


def has_text(path, wanted):
    if not os.path.exists(path):
        return False
    with open(path, encoding="utf-8") as file:
        return file.read() == wanted


def fetch_python_packages(folder, packages):
    if subprocess.run([sys.executable, "-m", "pip", "--version"], check=False,
                      stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL).returncode:
        raise Skip("pip is not installed")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    fetch(" ".join(packages), sys.executable, "-m", "pip", "install",
          "--quiet", "--target", folder, "--retries", "0", *packages,
          folder=folder)


def python_packages(*packages):
    """A folder for PYTHONPATH; each package is named with its version."""
    folder = os.path.join(FETCHED, "python")
    mark = os.path.join(folder, "packages.txt")
    wanted = "\n".join(packages) + "\n"
    with alone():
        if not has_text(mark, wanted):
            fetch_python_packages(folder, packages)
            with open(mark, "w", encoding="utf-8") as file:
                file.write(wanted)
    return folder

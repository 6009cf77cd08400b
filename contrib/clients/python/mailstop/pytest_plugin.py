"""The fixtures of pytest-mailstop."""

import os
import uuid
from collections.abc import Iterator

import pytest

from . import Mailstop


@pytest.fixture(scope="session")
def mailstop_options() -> list[str]:
    """Options of "mailstop serve"; a conftest.py may say others."""
    return []


@pytest.fixture(scope="session")
def mailstop_server(mailstop_options: list[str]) -> Iterator[Mailstop]:
    """One server for the session (with xdist: for each worker)."""
    url = os.environ.get("MAILSTOP_URL")
    if url:
        host, _, port = os.environ.get("MAILSTOP_SMTP",
                                       "127.0.0.1:1025").rpartition(":")
        yield Mailstop(url, host, int(port))
        return
    with Mailstop.start(*mailstop_options) as server:
        yield server


@pytest.fixture
def mailstop(mailstop_server: Mailstop) -> Iterator[Mailstop]:
    """What comes from now on; on a shared server, to this test's inbox."""
    view = mailstop_server.fresh()
    if not os.environ.get("MAILSTOP_URL"):
        yield view
        mailstop_server.clear_faults()
        return
    view = view.inbox("test-" + uuid.uuid4().hex)
    yield view
    view.clear()

# SPDX-License-Identifier: BSD-2-Clause
"""What every end-to-end test is given: a machine of its own, and a mail server shared by all."""

import os
import pathlib
import signal
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import host  # noqa: E402
import mail  # noqa: E402

BUILD = pathlib.Path(os.environ.get("OTPCODE_BUILD", HERE.parent.parent / "build"))


def pytest_configure():
    """Ended from outside, the tests still stop what they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


class Mailbox:
    """What a shared Exim took since this test began."""

    def __init__(self, exim):
        self.exim = exim
        self.before = len(exim.messages())

    def messages(self):
        return self.exim.messages()[self.before:]

    def wait(self, count=1, timeout=10):
        """The count'th message of this test."""
        return self.exim.wait_for_message(timeout, self.before + count)


@pytest.fixture(scope="session")
def session_exim():
    if host.exim_missing():
        pytest.skip(host.exim_missing())
    with mail.Exim() as exim:
        yield exim


@pytest.fixture
def mailbox(session_exim):
    return Mailbox(session_exim)


@pytest.fixture
def bare_machine():
    """A machine with the product's files staged, and nothing set up."""
    why = host.missing()
    if why:
        pytest.skip(why)
    with host.Host(BUILD) as machine:
        yield machine


@pytest.fixture
def machine(bare_machine, session_exim):
    """A machine with a configured store and two enrolled users, alice and bob."""
    bare_machine.configure(session_exim)
    bare_machine.otpcode("init")
    for user in ("alice", "bob"):
        bare_machine.add_user(user)
        bare_machine.otpcode("enroll", user, "--email", f"{user}@example.org")
    return bare_machine

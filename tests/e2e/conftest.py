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
import session  # noqa: E402
import table  # noqa: E402

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


@pytest.fixture
def row(request, machine, mailbox):
    """row(program, run, login): what this test saw of a host program, which README's table says too. login is a session, or
    what the person read; let_in and asked where they cannot be seen there, more is what else is worth telling."""
    def saw(program, run, login, let_in=None, asked=None, more=""):
        shown = login if isinstance(login, str) else login.text
        if let_in is None:
            let_in = login.child.exitstatus == 0 if login.child.closed else login.ended()
        asked = shown.count(session.PROMPT) if asked is None else asked
        sent = len(machine.events("sent"))
        host.poll(lambda: len(mailbox.messages()) >= sent, 10, "every message that the log says was sent")
        line = table.row(program, run, len(mailbox.messages()), asked, ("let in" if let_in else "refused") + more, request.node.name)
        (BUILD / "test-logs").mkdir(exist_ok=True)
        with open(BUILD / "test-logs/host-programs.md", "a", encoding="utf-8") as out:
            out.write(line + "\n")
        assert table.in_readme().get(request.node.name) == line, "README's table of host programs: see host-programs.md of test-logs"
    return saw

# SPDX-License-Identifier: BSD-2-Clause
"""Login windows: one field that hides what is typed, no line of text above it; a real xrdp, and hosts whose answers are none."""

import contextlib
import json
import re
import shutil
import socket
import subprocess

import pytest

import host
from test_login import other_than

PASSWORD = "correct horse battery"
GREETER, XRDP = "greeter, password and code", "xrdp, code alone"


class Window:
    """tests/e2e/greeter.c, a program that is a login window and nothing else."""

    def __init__(self, machine, service, user, how="typed"):
        self.child = machine.popen([machine.greeter, service, user, how], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.text = ""

    def field(self):
        """Waits until it shows a field; gives what stands beside it."""
        line = self.child.stdout.readline()
        self.text += line
        assert line.startswith("field: "), line + self.child.stdout.read()
        return line.removeprefix("field: ").strip()

    def answer(self, text):
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()

    def ended(self):
        self.text += self.child.communicate(timeout=60)[0]
        return self.child.returncode == 0

    def asked(self):
        return self.text.count("field: Verification code")


@pytest.fixture
def hall(machine):
    """A machine with login windows, and carol, who has a password and mail."""
    machine.greeter = machine.stage / "bin/greeter"
    shutil.copy(machine.build / "tests/e2e/greeter", machine.greeter)
    machine.use_stack(GREETER)
    machine.add_user("carol", password=PASSWORD)
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    return machine


def pass_password(window):
    assert window.field() == "Password:"
    window.answer(PASSWORD)


def test_greeter(hall, mailbox, row):
    window = Window(hall, "lightdm", "carol")
    pass_password(window)
    assert window.field() == "Verification code:"
    window.answer(mailbox.wait().code)
    assert window.ended(), window.text
    row(GREETER, "password, code", window.text, let_in=True, asked=window.asked())


def test_greeter_wrong_code_then_anew(hall, mailbox, row):
    wrong = Window(hall, "lightdm", "carol")
    pass_password(wrong)
    wrong.field()
    code = mailbox.wait().code
    wrong.answer(other_than(code))
    assert not wrong.ended() and "refused: Authentication failure" in wrong.text
    window = Window(hall, "lightdm", "carol")
    pass_password(window)
    window.field()
    window.answer(code)
    assert window.ended(), window.text
    row(GREETER, "a wrong code; then password and code again", window.text, let_in=True, asked=wrong.asked() + window.asked())


def test_greeter_wrong_password(hall, mailbox, row):
    window = Window(hall, "lightdm", "carol")
    window.field()
    window.answer("not it")
    assert not window.ended()
    row(GREETER, "a wrong password", window.text, let_in=False, asked=window.asked())


def test_greeter_that_cannot_show_what_is_typed_needs_echo_no(hall, mailbox, row):
    """What the arguments in the shipped stack are for."""
    hall.use_stack(GREETER, lambda lines: [line.replace("prompt.echo=no", "prompt.echo=yes") for line in lines])
    window = Window(hall, "lightdm", "carol")
    pass_password(window)
    let_in = window.ended()
    assert not let_in and "it wanted a field that shows what is typed" in window.text
    row(GREETER, "password, code, but `prompt.echo=yes`", window.text, let_in=let_in, asked=window.asked())


def test_C58_guesses_at_a_window_do_not_lock_the_owner_out(hall, mailbox):
    """A window is root's program: who has passed no password there may be anybody."""
    def guess(*before):
        window = Window(hall, "lightdm", "carol")
        for text in before:
            assert window.field() == "Password:"
            window.answer(text)
        window.field()
        window.answer(other_than(mailbox.wait().code))
        assert not window.ended(), window.text
        lanes = json.loads(hall.otpcode("show", "carol", "--json").stdout)["lanes"]
        return lanes["stranger"]["failures"], lanes["known"]["failures"]

    assert guess(PASSWORD) == (0, 1)
    hall.use_stack(GREETER, lambda lines: [line for line in lines if "pam_unix.so" not in line])
    assert guess() == (1, 1)


HOWS = {"null": "answers NULL", "no-array": "answers with no reply at all", "fails": "fails", "empty": "answers with an empty string",
        "long": "answers with 100,000 characters"}


@pytest.mark.parametrize("how", HOWS)
def test_C35_host_that_gives_no_answer(hall, mailbox, row, how):
    """The code alone is asked for, so this answer is all that there is."""
    hall.use_stack(XRDP)
    window = Window(hall, "xrdp-sesman", "carol", how)
    let_in = window.ended()
    assert not let_in, window.text
    if how in ("null", "no-array", "fails"):
        assert "refused: Conversation error" in window.text
    assert not hall.events("verified") and not hall.events("wrong")
    row("a greeter, code alone", f"its conversation {HOWS[how]}", window.text, let_in=let_in, asked=window.asked(), more=", no try charged")
    again = Window(hall, "xrdp-sesman", "carol")
    again.field()
    again.answer(mailbox.wait().code)
    assert again.ended(), again.text


def cancel(window):
    window.answer("\x03")


def end_input(window):
    window.child.stdin.close()
    window.child.stdin = None


# su lets root in, which this window is, without a question; see test_local.py.
CANCELLED = [title for title in host.shipped_stacks() if not title.startswith("su,")]


@pytest.mark.parametrize("title", CANCELLED)
def test_C46_cancelled_prompt_of_a_shipped_stack_is_no_way_in(hall, mailbox, title):
    hall.use_stack(title, lambda lines: [
        line.split(" prompt.")[0] + " prompt.echo=no" if "pam_otpcode.so" in line else line for line in lines])
    for wrong, stop in ((0, cancel), (0, end_input), (1, cancel), (1, end_input)):
        window = Window(hall, host.shipped_stacks()[title][0], "carol")
        if "password" in title:
            pass_password(window)
        window.field()
        for _ in range(wrong):
            window.answer(other_than(mailbox.wait().code))
            window.field()
        stop(window)
        assert not window.ended()
        assert "refused: Conversation error" in window.text
    assert not hall.events("verified") and len(hall.events("wrong")) == 2


# xrdp's session manager, and the client that comes with it.

class Xrdp:
    def __init__(self, machine):
        self.machine, self.port = machine, host.free_port()
        self.ini = machine.etc / "xrdp/sesman.ini"
        text = self.ini.read_text()
        for key, value in (("ListenPort", self.port), ("EnableSyslog", "false"), ("LogFile", "/run/sesman.log")):
            text = re.sub(rf"^{key}=.*$", f"{key}={value}", text, count=1, flags=re.MULTILINE)
        # What it starts for who is in: no window system is needed to see that it does.
        text = re.sub(r"^\[Xvnc\]\nparam=.*$", "[Xvnc]\nparam=/bin/true", text, flags=re.MULTILINE)
        self.ini.write_text(text)
        self.daemon = machine.popen(["xrdp-sesman", "-n", "-c", "/etc/xrdp/sesman.ini"], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        # It listens on ::1 where there is one, whatever its configuration says; its client looks for localhost.
        address = host.poll(self.address, 20, self.log)
        (machine.etc / "hosts").write_text(f"{address} localhost\n")

    def address(self):
        for address in ("::1", "127.0.0.1"):
            with contextlib.suppress(OSError):
                socket.create_connection((address, self.port)).close()
                return address
        return None

    def log(self):
        path = self.machine.view / "run/sesman.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def login(self, user, typed):
        """What is typed goes into the only field. True if it was let in."""
        shown = self.machine.run(["xrdp-sesrun", "-c", "/etc/xrdp/sesman.ini", "-t", "Xvnc", "-F", "0", user], check=False, input=typed + "\n")
        self.text = shown.stdout + shown.stderr
        return "ok data=1" in self.text


@pytest.fixture
def xrdp(hall):
    if not shutil.which("xrdp-sesman", path="/usr/sbin:/usr/bin"):
        pytest.skip("xrdp is not installed: packaging/deps test installs it")
    hall.use_stack(XRDP)
    return Xrdp(hall)


def test_xrdp(xrdp, mailbox, row):
    assert not xrdp.login("carol", "")
    let_in = xrdp.login("carol", mailbox.wait().code)
    assert let_in, xrdp.text + xrdp.log()
    row(XRDP, "`xrdp-sesrun`: the field empty; then the code", "", let_in=let_in, asked=2)


def test_xrdp_wrong_code(xrdp, mailbox, row):
    assert not xrdp.login("carol", "")
    let_in = xrdp.login("carol", other_than(mailbox.wait().code))
    assert not let_in and "access granted" not in xrdp.log()
    assert xrdp.machine.events("wrong")
    row(XRDP, "`xrdp-sesrun`: the field empty; then a wrong code", "", let_in=let_in, asked=2)


def test_xrdp_needs_echo_no(xrdp, mailbox, row):
    """It answers a prompt that echoes with the user's name."""
    xrdp.machine.use_stack(XRDP, lambda lines: [line.replace("prompt.echo=no", "prompt.echo=yes") for line in lines])
    assert not xrdp.login("carol", "")
    let_in = xrdp.login("carol", mailbox.wait().code)
    assert not let_in and not xrdp.machine.events("wrong")
    row(XRDP, "the same with the right code, but `prompt.echo=yes`", "", let_in=let_in, asked=2, more=", no try charged")

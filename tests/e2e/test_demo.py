# SPDX-License-Identifier: BSD-2-Clause
"""make demo shows what it says, and leaves the machine as it was."""

import os
import pathlib
import signal
import subprocess
import sys

import pexpect
import pytest

import host
import surroundings
from test_login import other_than

BUILD = os.environ.get("OTPCODE_BUILD", str(host.TOP / "build"))
COMMAND = [sys.executable, "-B", str(host.TOP / "tests/demo/demo.py"), "--build", BUILD]


@pytest.fixture
def own_stages(tmp_path_factory):
    """Where this test's stages stand, so that leftovers can be told from those of other tests."""
    why = host.missing()
    if why:
        pytest.skip(why)
    folder = pathlib.Path(host.tempfile.mkdtemp(prefix="otpcode-demo.", dir=host.STAGES))
    yield folder
    folder.rmdir()


def test_demo_alone_logs_in_and_leaves_the_machine_as_it_was(own_stages):
    before = surroundings.look()
    with surroundings.adopting() as leftovers:
        done = subprocess.run(COMMAND, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=120, env={**os.environ, "OTPCODE_TEST_STAGES": str(own_stages)})
        assert done.returncode == 0, done.stdout
        for shown in ("ssh -p", "A 6-digit code was emailed to a***@e***.org", "Subject: ", "uid=", "(alice)", "event=verified user=alice"):
            assert shown in done.stdout, done.stdout
        assert leftovers() == []
    assert surroundings.differences(before, surroundings.look()) == []
    assert list(own_stages.iterdir()) == []


def test_demo_on_a_terminal_lets_the_person_type(own_stages):
    demo = pexpect.spawn(COMMAND[0], COMMAND[1:], encoding="utf-8", timeout=60, dimensions=(60, 200),
                         env={**os.environ, "OTPCODE_TEST_STAGES": str(own_stages)})
    demo.expect("reached the mailbox.*?Subject.*?([0-9]{6})\r\n")
    code = demo.match.group(1)
    demo.expect("Now it is your turn.*Verification code: ")
    demo.send("000\r")
    demo.expect("you typed 3. Not counted.*Verification code: ")
    demo.send(f"{other_than(code)}\r")
    demo.expect("Wrong code. Use the one in message .*Verification code: ")
    demo.send(f"{code}\r")
    demo.expect("[|] 1 wrong code since your last login, latest from 127.0.0.1.")
    demo.expect("event=verified")
    demo.expect(pexpect.EOF)
    demo.close()
    assert demo.exitstatus == 0
    assert list(own_stages.iterdir()) == []


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_demo_given_up_leaves_nothing(own_stages, how):
    with surroundings.adopting() as leftovers:
        demo = pexpect.spawn(COMMAND[0], COMMAND[1:], encoding="utf-8", timeout=60,
                             env={**os.environ, "OTPCODE_TEST_STAGES": str(own_stages)})
        demo.expect("Now it is your turn.*Verification code: ")
        demo.kill(how)
        demo.expect(pexpect.EOF)
        demo.close()
        assert demo.exitstatus == 1
        host.poll(lambda: not leftovers(), 20, lambda: f"the end of what the demo started: {leftovers()}")
    assert list(own_stages.iterdir()) == []

# SPDX-License-Identifier: BSD-2-Clause
"""enroll --prove and contact add --prove: nothing is stored before the code that was sent came back."""

import json
import subprocess

import pytest


@pytest.fixture
def new(bare_machine, session_exim):
    """A machine with a user who is not enrolled."""
    bare_machine.configure(session_exim)
    bare_machine.otpcode("init")
    bare_machine.add_user("alice")
    return bare_machine


def users_of(machine):
    return sorted(path.name for path in (machine.view / "var/lib/otpcode/users").iterdir())


def record_of(machine, user):
    return (machine.view / "var/lib/otpcode/users" / user).read_bytes()


def contacts_of(machine, user):
    return [contact["address"] for contact in json.loads(machine.otpcode("show", user, "--json").stdout)["contacts"]]


def another(code):
    return ("1" if code[0] != "1" else "2") + code[1:]


def test_user_is_enrolled_once_the_code_came_back(new, mailbox):
    session = new.spawn([new.command, "enroll", "alice", "--email", "alice@example.org", "--prove"])
    assert "emailed to a***@e***.org" in session.prompt()
    assert users_of(new) == []
    message = mailbox.wait()
    session.answer(message.code)
    assert session.ended(), session.text
    assert "alice is enrolled: codes go to a***@e***.org" in session.text
    assert contacts_of(new, "alice") == ["alice@example.org"]
    assert json.loads(new.otpcode("show", "alice", "--json").stdout)["challenges"] == []


def test_each_of_several_addresses_is_asked_for(new, mailbox):
    session = new.spawn([new.command, "enroll", "alice", "--email", "alice@example.org", "--email", "second@example.net", "--prove"])
    for count, to in ((1, "alice@example.org"), (2, "second@example.net")):
        session.prompt()
        message = mailbox.wait(count)
        assert users_of(new) == []
        assert to in str(message.to)
        session.answer(message.code)
    assert session.ended(), session.text
    assert contacts_of(new, "alice") == ["alice@example.org", "second@example.net"]


def test_wrong_codes_and_the_end_of_input_leave_nobody_enrolled(new, mailbox):
    session = new.spawn([new.command, "enroll", "alice", "--email", "alice@example.org", "--prove"])
    session.prompt()
    wrong = another(mailbox.wait().code)
    session.answer(wrong)
    assert "Wrong code." in session.prompt()
    for _ in range(4):
        session.answer(wrong)
    assert not session.ended()
    assert "a***@e***.org is not proved: nothing was changed" in session.text
    assert users_of(new) == []
    ended = new.otpcode("enroll", "alice", "--email", "other@example.org", "--prove", check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 1 and "o***@e***.org is not proved: nothing was changed" in ended.stderr
    assert (ended.stdout, users_of(new)) == ("", [])


def test_code_may_come_by_a_pipe(new, mailbox):
    child = new.popen([new.command, "enroll", "alice", "--email", "alice@example.org", "--prove"], text=True,
                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = child.communicate(mailbox.wait().code + "\n", timeout=30)
    assert (child.returncode, out) == (0, "alice is enrolled: codes go to a***@e***.org\n"), err
    assert "\x1b" not in err


def test_added_contact_is_stored_once_proved_and_a_wrong_code_leaves_the_record_as_it_was(new, mailbox):
    new.otpcode("enroll", "alice", "--email", "alice@example.org")
    before = record_of(new, "alice")
    words = [new.command, "contact", "add", "alice", "--email", "second@example.net", "--prove"]
    session = new.spawn(words)
    session.prompt()
    message = mailbox.wait()
    assert "second@example.net" in str(message.to)
    for _ in range(5):
        session.answer(another(message.code))
    assert not session.ended()
    assert record_of(new, "alice") == before
    session = new.spawn(words)
    session.prompt()
    session.answer(mailbox.wait(2).code)
    assert session.ended(), session.text
    assert contacts_of(new, "alice") == ["alice@example.org", "second@example.net"]


def test_what_could_not_be_stored_is_refused_before_anything_is_sent(new, mailbox):
    new.otpcode("enroll", "alice", "--email", "alice@example.org")
    for words, complaint in ((["enroll", "alice", "--email", "other@example.org"], "alice is enrolled already"),
                             (["contact", "add", "alice", "--email", "alice@example.org"], "is contact 1 already"),
                             (["contact", "add", "nobody", "--email", "alice@example.org"], "not enrolled")):
        ended = new.otpcode(*words, "--prove", check=False, stdin=subprocess.DEVNULL)
        assert ended.returncode == 1 and complaint in ended.stderr, ended
    assert mailbox.messages() == []


def test_code_of_a_login_under_way_proves_nothing(new, mailbox):
    new.otpcode("enroll", "alice", "--email", "alice@example.org")
    new.start_sshd()
    login = new.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    session = new.spawn([new.command, "contact", "add", "alice", "--email", "second@example.net", "--prove"])
    session.prompt()
    session.answer(code)
    assert "Wrong code." in session.prompt()
    session.answer(mailbox.wait(2).code)
    assert session.ended(), session.text
    login.answer(code)
    assert login.ended(), "an added contact ends no login"


def test_limit_of_an_address_holds_over_proofs(new, mailbox):
    new.configure(limits__sends_per_user="2/h")
    words = ["enroll", "alice", "--email", "alice@example.org", "--prove"]
    for _ in range(2):
        new.otpcode(*words, check=False, stdin=subprocess.DEVNULL)
    ended = new.otpcode(*words, check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 1 and "No more codes for" in ended.stderr, ended
    assert len(mailbox.messages()) == 2


def test_locked_user_proves_nothing(new, mailbox):
    new.otpcode("enroll", "alice", "--email", "alice@example.org")
    new.otpcode("lock", "alice")
    ended = new.otpcode("contact", "add", "alice", "--email", "second@example.net", "--prove", check=False, stdin=subprocess.DEVNULL)
    assert ended.returncode == 1 and "Locked" in ended.stderr
    assert mailbox.messages() == []

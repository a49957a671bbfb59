# SPDX-License-Identifier: BSD-2-Clause
"""Contacts that live in a file or with a command, and several people on one account; through a real sshd."""

import re
import subprocess

import pytest

import host
from test_login import SENT, other_than

ELSEWHERE = re.compile(r"contacts come from (file|command):\S+.* \(\[users\] contacts\): change them there")


def fingerprint(key):
    shown = subprocess.run(["ssh-keygen", "-l", "-f", f"{key}.pub"], check=True, capture_output=True, text=True).stdout
    return shown.split()[1]


def write(machine, name, text):
    (machine.etc / "otpcode" / name).write_text(text)


@pytest.fixture
def from_file(bare_machine, mailbox):
    """alice has contacts in a file; nobody was enrolled."""
    machine = bare_machine
    machine.configure(mailbox.exim, users__contacts="file:/etc/otpcode/contacts")
    write(machine, "contacts", "# who gets codes where\nalice email:alice@example.org\n")
    machine.otpcode("init")
    for user in ("alice", "bob"):
        machine.add_user(user)
    machine.start_sshd()
    return machine


def log_in(machine, mailbox, user="alice", count=1, **more):
    login = machine.ssh(user, **more)
    line = login.prompt()
    message = mailbox.wait(count)
    login.answer(message.code)
    assert login.ended(), login.text
    return line, message


def test_who_has_a_line_logs_in_without_being_enrolled(from_file, mailbox):
    assert not from_file.state_path("alice").exists()
    line, message = log_in(from_file, mailbox)
    assert SENT.match(line) and message.to == "alice@example.org"
    record = from_file.record("alice")
    assert "contact channel=email address=alice@example.org\n" in record and "event kind=enrolled " in record


def test_who_has_no_line_is_not_enrolled(from_file, mailbox):
    login = from_file.ssh("bob")
    assert not login.ended()
    assert "No address is registered for you. Help: helpdesk@example.org" in login.text
    assert 'user=bob rhost=127.0.0.1 why="not enrolled"' in from_file.wait_for_event("denied")
    assert not from_file.state_path("bob").exists()
    assert not mailbox.messages()


def test_a_changed_line_is_followed_and_ends_what_was_on_its_way(from_file, mailbox):
    waiting = from_file.ssh("alice")
    waiting.prompt()
    code = mailbox.wait().code
    waiting.hang_up()
    write(from_file, "contacts", "alice email:alice@example.net\n")
    login = from_file.ssh("alice")
    assert login.prompt().startswith("A 6-digit code was emailed")
    message = mailbox.wait(2)
    assert message.to == "alice@example.net"
    login.answer(code)
    assert login.prompt().startswith("Wrong code.")
    login.answer(message.code)
    assert login.ended(), login.text
    assert "event kind=contacts-followed " in from_file.record("alice")


def test_a_line_that_is_gone_leaves_no_contact_and_never_means_not_enrolled(from_file, mailbox):
    log_in(from_file, mailbox)
    from_file.configure(users__unenrolled="ignore")
    write(from_file, "contacts", "bob email:bob@example.org\n")
    login = from_file.ssh("alice")
    assert not login.ended()
    assert "No address is registered for you." in login.text
    assert 'why="no contact"' in from_file.wait_for_event("denied")
    assert not from_file.events("ignored")
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize("text, why", [
    ("alice alice@example.org\n", "/etc/otpcode/contacts:1: contact 1 must be email:ADDRESS or sms:NUMBER"),
    ("alice email:a@example.org\nalice email:b@example.org\n", "/etc/otpcode/contacts:2: alice has a line already: 1"),
    ("alice email:alice@example.org", "/etc/otpcode/contacts: its last line has no end"),
    (None, "/etc/otpcode/contacts: No such file or directory"),
])
def test_what_cannot_be_read_denies_also_where_the_unenrolled_are_ignored(from_file, mailbox, text, why):
    from_file.configure(users__unenrolled="ignore")
    if text is None:
        (from_file.etc / "otpcode/contacts").unlink()
    else:
        write(from_file, "contacts", text)
    login = from_file.ssh("alice")
    assert not login.ended()
    assert f'event=error user=alice rhost=127.0.0.1 why="{why}' in from_file.wait_for_event("error")
    assert not from_file.events("ignored") and not mailbox.messages()
    checked = from_file.otpcode("config", "check", check=False)
    assert checked.returncode == 78 and why in checked.stderr


def test_a_file_that_others_may_write_denies(from_file, mailbox):
    (from_file.etc / "otpcode/contacts").chmod(0o666)
    assert not from_file.ssh("alice").ended()
    assert "/etc/otpcode/contacts" in from_file.wait_for_event("error")
    assert not mailbox.messages()


def test_a_device_is_forgotten_when_the_line_changes(from_file, mailbox):
    from_file.configure(devices__remember_for="1h")
    log_in(from_file, mailbox)
    assert from_file.ssh("alice").ended()
    assert len(mailbox.messages()) == 1
    write(from_file, "contacts", "alice email:alice@example.net\n")
    login = from_file.ssh("alice")
    login.prompt()
    assert mailbox.wait(2).to == "alice@example.net"
    login.hang_up()


def test_the_command_says_where_contacts_come_from_and_enters_none(from_file):
    for words in (["enroll", "bob", "--email", "bob@example.org"], ["contact", "add", "alice", "--email", "a@example.net"],
                  ["contact", "remove", "alice", "1"], ["contact", "order", "alice", "1"]):
        refused = from_file.otpcode(*words, check=False)
        assert refused.returncode == 1 and ELSEWHERE.search(refused.stderr), (words, refused)
    assert not from_file.state_path("bob").exists() and not from_file.state_path("alice").exists()


def test_the_command_shows_and_tests_what_the_file_has(from_file, mailbox):
    shown = from_file.otpcode("show", "alice").stdout
    assert "alice@example.org" in shown and "Contacts come from file:/etc/otpcode/contacts." in shown
    assert "bob is not enrolled: there is no contact for bob in file:/etc/otpcode/contacts" in \
        from_file.otpcode("show", "bob", check=False).stderr
    from_file.otpcode("test", "alice")
    assert mailbox.wait().to == "alice@example.org"
    unenrolled = from_file.otpcode("list", "--unenrolled").stdout
    assert "bob" in unenrolled and "alice" not in unenrolled
    log_in(from_file, mailbox, count=2)
    write(from_file, "contacts", "alice email:q@example.net\n")
    assert "q***@e***.net" in from_file.otpcode("list").stdout
    from_file.otpcode("config", "check")


def test_who_is_unenrolled_has_a_new_record_after_the_next_login(from_file, mailbox):
    log_in(from_file, mailbox)
    said = from_file.otpcode("unenroll", "alice", "--yes").stdout
    assert "alice has a new record after the next login" in said
    assert not from_file.state_path("alice").exists()
    log_in(from_file, mailbox, count=2)
    assert from_file.state_path("alice").exists()


def test_who_has_no_record_yet_cannot_be_locked_and_is_told_why(from_file):
    refused = from_file.otpcode("lock", "alice", check=False)
    assert refused.returncode == 1
    assert "alice has no record yet: the first login makes it" in refused.stderr


# A command.

SCRIPT = """#!/bin/sh
[ "$(id -un)" = nobody ] || exit 1
grep -q . /etc/otpcode/host.key 2>/dev/null && exit 1
echo "$1" >>/tmp/asked
case "$1" in
alice) echo email:alice@example.org ;;
broken) echo email:broken@example.org; exit 0 ;;
slow) sleep 30 ;;
esac
echo end
"""


@pytest.fixture
def from_command(bare_machine, mailbox):
    machine = bare_machine
    script = machine.stage / "bin/contacts"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    machine.configure(mailbox.exim, users__contacts=f"command:{script}", users__contacts_user="nobody", users__unenrolled="ignore")
    machine.otpcode("init")
    for user in ("alice", "bob", "broken", "slow"):
        machine.add_user(user)
    machine.start_sshd()
    return machine


def test_a_command_says_the_contacts(from_command, mailbox):
    _, message = log_in(from_command, mailbox)
    assert message.to == "alice@example.org"
    assert (from_command.view / "tmp/asked").read_text() == "alice\n"
    assert "event kind=enrolled " in from_command.record("alice")


def test_a_command_that_has_none_means_not_enrolled(from_command, mailbox):
    login = from_command.ssh("bob")
    assert login.ended(), login.text  # users.unenrolled=ignore, and the key was right
    assert 'user=bob rhost=127.0.0.1 why="not enrolled"' in from_command.wait_for_event("ignored")


@pytest.mark.parametrize("user, why", [("broken", "ended without the word end: it failed"), ("slow", "did not end in time")])
def test_a_command_that_fails_or_is_too_slow_denies(from_command, mailbox, user, why):
    from_command.configure(users__contacts_wait="1s")
    login = from_command.ssh(user)
    assert not login.ended()
    line = from_command.wait_for_event("error")
    assert why in line and f"event=error user={user} rhost=127.0.0.1 " in line
    assert not from_command.events("ignored") and not mailbox.messages()


# Several people on one account.

@pytest.fixture
def shared(machine):
    """deploy is used by alice and bob, each with their own key, and by whoever has its own."""
    machine.add_user("deploy")
    machine.otpcode("enroll", "deploy", "--email", "deploy@example.org")
    lines = ""
    for person in ("alice", "bob"):
        machine.authorize("deploy", host.client_key(person))
        lines += f"deploy {fingerprint(host.client_key(person))} {person}\n"
    write(machine, "people", lines)
    machine.configure(users__people="/etc/otpcode/people")
    machine.start_sshd()
    return machine


def as_person(machine, person, **more):
    return machine.ssh("deploy", key=host.client_key(person), **more)


def test_C55_two_people_on_one_account_each_get_their_own_code(shared, mailbox):
    alice = as_person(shared, "alice")
    assert alice.prompt().startswith("A 6-digit code was emailed to a***@e***.org")
    hers = mailbox.wait()
    bob = as_person(shared, "bob")
    assert bob.prompt().startswith("A 6-digit code was emailed to b***@e***.org")
    his = mailbox.wait(2)
    assert (hers.to, his.to) == ("alice@example.org", "bob@example.org") and hers.code != his.code
    bob.answer(hers.code)
    assert bob.prompt().startswith("Wrong code.")
    bob.answer(his.code)
    assert bob.ended() and "in as deploy" in bob.text
    alice.answer(hers.code)
    assert alice.ended() and "in as deploy" in alice.text
    for person, message in (("alice", hers), ("bob", his)):
        assert f"the verification code for {person} on login.example.org, to log in as" in message.text.replace("\n", " ")
        assert "Account:  deploy" in message.text
        assert any(f"user={person} account=deploy rhost=127.0.0.1" in line for line in shared.events("verified"))
    assert " wrong=0 " in shared.record("alice")
    assert "contact channel=email address=deploy@example.org" in shared.record("deploy")
    assert "challenge " not in shared.record("deploy") and "event kind=issued" not in shared.record("deploy")


def test_C55_each_person_has_their_own_budget_and_lock(shared, mailbox):
    shared.configure(limits__lock_after="3")
    alice = as_person(shared, "alice")
    alice.prompt()
    code = mailbox.wait().code
    for _ in range(2):
        alice.answer(other_than(code))
        alice.prompt()
    alice.answer(other_than(code))
    assert not alice.ended()
    assert "too many wrong codes" in alice.text.lower()
    assert "user=alice account=deploy" in shared.wait_for_event("wrong", count=3)
    bob = as_person(shared, "bob")
    bob.prompt()
    bob.answer(mailbox.wait(2).code)
    assert bob.ended(), bob.text
    assert not as_person(shared, "alice").ended()
    # Her lock is hers, on her own account too.
    own = shared.ssh("alice")
    assert not own.ended()
    assert "too many wrong codes" in own.text.lower()


def test_a_code_for_the_shared_account_is_worth_nothing_on_ones_own(shared, mailbox):
    alice = as_person(shared, "alice")
    alice.prompt()
    code = mailbox.wait().code
    own = shared.ssh("alice")
    assert SENT.match(own.prompt())
    mailbox.wait(2)
    own.answer(code)
    assert own.prompt().startswith("Wrong code.")
    own.hang_up()
    alice.hang_up()


def test_a_key_that_is_not_listed_falls_to_the_accounts_own_record(shared, mailbox):
    login = shared.ssh("deploy")
    login.prompt()
    message = mailbox.wait()
    assert message.to == "deploy@example.org" and "Account:" not in message.text
    login.answer(message.code)
    assert login.ended(), login.text
    assert "user=deploy rhost=127.0.0.1" in shared.wait_for_event("verified")


def test_a_person_whom_the_system_does_not_know_is_denied(shared, mailbox):
    write(shared, "people", f"deploy {fingerprint(host.client_key('alice'))} mallory\n")
    login = as_person(shared, "alice")
    assert not login.ended()
    line = shared.wait_for_event("error")
    assert "mallory, who shares deploy, is no user of this host" in line and "user=deploy rhost=127.0.0.1 " in line
    assert not mailbox.messages()


def test_a_line_of_the_account_that_cannot_be_read_denies_everybody_on_it(shared, mailbox):
    write(shared, "people", "deploy alice\n")
    for person in ("alice", "deploy"):
        assert not as_person(shared, person).ended()
    assert "/etc/otpcode/people:1: a line is: ACCOUNT SHA256:FINGERPRINT USER" in shared.wait_for_event("error")
    checked = shared.otpcode("config", "check", check=False)
    assert checked.returncode == 78 and "/etc/otpcode/people:1: a line is" in checked.stderr
    own = shared.ssh("alice")
    assert SENT.match(own.prompt())
    own.hang_up()


def test_a_device_on_the_shared_account_is_no_device_on_ones_own(shared, mailbox):
    shared.configure(devices__remember_for="1h")
    login = as_person(shared, "alice")
    login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert as_person(shared, "alice").ended()
    assert "user=alice account=deploy" in shared.wait_for_event("remembered")
    own = shared.ssh("alice")
    assert SENT.match(own.prompt())
    own.hang_up()
    bob = as_person(shared, "bob")
    assert bob.prompt().startswith("A 6-digit code was emailed to b***@e***.org")
    bob.hang_up()


def test_a_person_who_is_not_enrolled_is_not_let_in_by_the_accounts_record(shared, mailbox):
    shared.otpcode("unenroll", "alice", "--yes")
    login = as_person(shared, "alice")
    assert not login.ended()
    assert "No address is registered for you." in login.text
    assert "user=alice account=deploy" in shared.wait_for_event("denied")
    assert not mailbox.messages()


def test_an_admins_lock_of_a_person_holds_on_the_shared_account(shared, mailbox):
    shared.otpcode("lock", "alice")
    assert not as_person(shared, "alice").ended()
    assert "user=alice account=deploy" in shared.wait_for_event("denied")
    bob = as_person(shared, "bob")
    assert bob.prompt().startswith("A 6-digit code was emailed to b***@e***.org")
    bob.hang_up()
    assert len(mailbox.messages()) == 1


def test_each_person_has_their_own_sends(shared, mailbox):
    shared.own_clock()
    shared.configure(limits__sends_per_user="2/h")
    alice = as_person(shared, "alice")
    alice.prompt()
    mailbox.wait()
    shared.move_clock(31)
    alice.answer("")
    assert alice.prompt().startswith("A new code was emailed to a***@e***.org")
    mailbox.wait(2)
    shared.move_clock(100)
    alice.answer("")
    assert alice.prompt().startswith("No more codes for ")
    bob = as_person(shared, "bob")
    bob.prompt()
    assert mailbox.wait(3).to == "bob@example.org"
    bob.hang_up()
    alice.hang_up()

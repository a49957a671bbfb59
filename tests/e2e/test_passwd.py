# SPDX-License-Identifier: BSD-2-Clause
"""otpcode passwd: a forgotten password, with the real pam_unix on a throw-away user of the test's own machine."""

import json
import os
import re
import subprocess
import time

import pytest

import host
from test_login import other_than

OLD, NEW = "correct horse battery", "plum Tower 9 sails"
SERVICE = "otpcode-passwd"


def password_stack():
    """The password lines that pam.d-example has for otpcode passwd."""
    text = (host.TOP / "pam.d-example").read_text()
    part = text[text.index("/etc/pam.d/otpcode-passwd"):].split("\n###")[0]
    return [line for line in part.splitlines() if line.startswith("password")]


@pytest.fixture
def desk(machine):
    """A machine on which carol forgot her password, and may have a new one."""
    machine.add_user("carol", password=OLD)
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    (machine.etc / "pam.d" / SERVICE).write_text("\n".join(password_stack()) + "\n")
    machine.pam("su", ["auth required pam_unix.so"])
    machine.configure(passwd__forgotten="yes")
    return machine


def shadow(machine):
    lines = (machine.etc / "shadow").read_text().splitlines()
    return {line.split(":")[0]: line.split(":")[1] for line in lines}


def passwd(machine, *words):
    return machine.spawn([machine.command, "passwd", *words])


def opens(machine, password):
    """Whether su takes it for carol's."""
    login = machine.spawn(["su", "carol", "-c", "echo in as $(id -un)"], user="bob")
    login.wait_for("assword")
    login.answer(password)
    return login.ended()


def give_new_password(login, *typed):
    for text in typed or (NEW, NEW):
        login.wait_for("password: ")
        login.answer(text)


def code_for(mailbox, line):
    """The code of the message whose ref the line above the prompt has."""
    ref = re.search(r"ref ([A-Z]{3})", line)[1]
    return host.poll(lambda: [mail.code for mail in mailbox.messages() if f"Ref:      {ref}" in mail.text], 10, f"message {ref}")[0]


def with_app(machine):
    """carol gets an app; gives its codes, this many seconds from now."""
    child = subprocess.Popen(machine.inside([machine.command, "totp", "carol", "--uri"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True, cwd="/", env=host.plain_environment())
    secret = re.search(r"secret=([A-Z2-7]+)", child.stdout.readline())[1]

    def code(ahead=0):
        words = ["oathtool", "--totp", "-b", "-N", f"@{int(time.time()) + ahead}", "-"]
        return subprocess.run(words, input=secret, capture_output=True, text=True, check=True).stdout.strip()

    child.communicate(f"{code()}\n", timeout=20)
    assert child.returncode == 0
    return code


def test_every_contact_is_told(desk, mailbox):
    desk.otpcode("contact", "add", "carol", "--email", "other@example.net")
    desk.otpcode("contact", "add", "carol", "--email", "third@example.net")
    login = passwd(desk, "carol")
    login.prompt()
    login.answer(mailbox.wait().code)
    give_new_password(login)
    assert login.ended(), login.text
    mailbox.wait(4)
    assert sorted(mail.to for mail in mailbox.messages()[1:]) == ["carol@example.org", "other@example.net", "third@example.net"]


def test_it_is_off_unless_configured(desk):
    desk.configure(passwd__forgotten=None)
    before = shadow(desk)
    login = passwd(desk, "carol")
    assert not login.ended()
    assert "passwd: a forgotten password is not renewed here: [passwd] forgotten is no in /etc/otpcode/otpcode.conf" in login.text
    assert shadow(desk) == before


def test_mailed_code_opens_the_way_to_a_new_password(desk, mailbox):
    before = shadow(desk)
    login = passwd(desk, "carol")
    assert "A 6-digit code was emailed to c***@e***.org (ref " in login.prompt()
    message = mailbox.wait()
    assert SERVICE in message.text
    login.answer(message.code)
    give_new_password(login)
    assert login.ended(), login.text
    assert "The password of carol is replaced." in login.text and NEW not in login.text
    notice = mailbox.wait(2)
    assert notice.subject == "New password for carol on login.example.org" and message.code not in notice.text
    assert "If it was not you, others read your messages: tell" in notice.text
    assert 'to=c***@e***.org provider=relay' in desk.events("notice", source="otpcode[")[0]
    after = shadow(desk)
    assert after.pop("carol") != before.pop("carol") and after == before
    assert opens(desk, NEW) and not opens(desk, OLD)
    events = json.loads(desk.otpcode("show", "carol", "--json").stdout)["events"]
    assert events[-1]["event"] == "password" and events[-1]["service"] == SERVICE
    line, = desk.events("password", source="otpcode[")
    assert "user=carol" in line and "by=root" in line
    assert not any(NEW in line or message.code in line for line in desk.log.lines())


def test_wrong_code_changes_nothing(desk, mailbox):
    before = shadow(desk)
    login = passwd(desk, "carol")
    for _ in range(5):
        login.prompt()
        login.answer(other_than(mailbox.wait().code))
    assert not login.ended()
    assert "Too many wrong codes" in login.text and "password" not in login.text
    assert shadow(desk) == before


@pytest.mark.parametrize("ending", ["\x04", "\x03"])
def test_C46_who_breaks_off_changes_nothing(desk, mailbox, ending):
    before = shadow(desk)
    login = passwd(desk, "carol")
    login.prompt()
    login.child.send(ending)
    assert not login.ended()
    login = passwd(desk, "carol")
    login.answer(code_for(mailbox, login.prompt()))
    login.wait_for("password: ")
    login.child.send(ending)
    assert not login.ended()
    assert "the password is as it was" in login.text
    assert shadow(desk) == before


def test_who_has_an_app_needs_it_too(desk, mailbox):
    code = with_app(desk)
    before = shadow(desk)
    login = passwd(desk, "carol")
    login.prompt()
    login.answer(code(30))
    login.prompt()
    assert "Wrong code" in login.text or "Not counted" in login.text
    login.answer(mailbox.wait().code)
    login.wait_for("And now a code that needs no message.")
    assert "emailed" not in login.prompt()
    for answer in (mailbox.wait().code, "", "e"):
        login.answer(answer)
        assert "emailed" not in login.prompt()
    assert "assword" not in login.text and len(mailbox.messages()) == 1
    login.hang_up()
    assert shadow(desk) == before
    login = passwd(desk, "carol")
    login.answer(code_for(mailbox, login.prompt()))
    login.wait_for("And now")
    login.prompt()
    login.answer(code(30))
    give_new_password(login)
    assert login.ended(), login.text
    assert opens(desk, NEW)


def test_app_that_was_there_at_the_beginning_is_asked_for(desk, mailbox):
    """As where a record is damaged meanwhile and loses what was kept: a mailbox alone is still not enough."""
    with_app(desk)
    login = passwd(desk, "carol")
    login.prompt()
    desk.otpcode("totp", "carol", "--remove", "--yes")
    login.answer(mailbox.wait().code)
    login.wait_for("And now")
    assert not login.ended()
    assert "New password" not in login.text


def test_backup_code_does_in_place_of_the_app(desk, mailbox):
    codes = re.findall(r"^  ([A-Z2-7-]{19})$", desk.otpcode("backup-codes", "carol").stdout, re.MULTILINE)
    login = passwd(desk, "carol")
    login.prompt()
    login.answer(mailbox.wait().code)
    login.wait_for("And now")
    login.prompt()
    login.answer(codes[3].lower())
    give_new_password(login)
    assert login.ended(), login.text
    assert "9 backup codes left" in desk.otpcode("show", "carol").stdout


def test_new_password_mistyped_is_asked_again(desk, mailbox):
    login = passwd(desk, "carol")
    login.prompt()
    login.answer(mailbox.wait().code)
    give_new_password(login, NEW, NEW + "x", NEW, NEW)
    assert login.ended(), login.text
    assert opens(desk, NEW)


def test_root_and_nobody_are_answered_alike_and_sent_nothing(desk, mailbox):
    desk.otpcode("enroll", "root", "--email", "root@example.org")
    before = shadow(desk)
    said = []
    for user in ("root", "no-such-user", "hunter2-typed-as-a-name"):
        login = passwd(desk, user)
        assert not login.ended()
        said.append(login.text)
    assert said[0] == said[1] == said[2] and "No address is registered for you." in said[0]
    assert mailbox.messages() == [] and shadow(desk) == before
    lines = desk.events("denied", source="otpcode[")
    assert ['why="unknown user"' in line for line in lines] == [False, True, True] and 'why="uid 0"' in lines[0]
    assert not any("hunter2" in line or "no-such-user" in line for line in desk.log.lines())


def test_C33_with_reveal_none_known_and_unknown_read_the_same(desk, mailbox):
    desk.configure(prompt__reveal="none", prompt__max_prompts="1")
    said = []
    for user in ("carol", "root", "no-such-user"):
        login = passwd(desk, user)
        login.prompt()
        login.answer("0000000000")
        assert not login.ended()
        said.append(login.text)
    assert said[0] == said[1] == said[2]
    assert len(mailbox.messages()) <= 1
    assert not any("no-such-user" in line for line in desk.log.lines())


def test_with_reveal_none_a_right_code_opens_the_way_all_the_same(desk, mailbox):
    desk.configure(prompt__reveal="none")
    login = passwd(desk, "carol")
    assert login.prompt() == "If this account can sign in, a code is on its way."
    login.answer(mailbox.wait().code)
    give_new_password(login)
    assert login.ended(), login.text


def test_without_a_terminal_it_is_refused(desk):
    done = desk.otpcode("passwd", "carol", check=False)
    assert done.returncode == 1 and "there is no terminal to ask on (over ssh: ssh -t)" in done.stderr


# How a person gets there: an ssh account that can do nothing else.

@pytest.fixture
def door(desk):
    desk.add_user("forgot")
    sudoers = desk.etc / "sudoers.d/otpcode-passwd"
    sudoers.write_text(f'Defaults!{desk.command} env_keep += "SSH_CONNECTION"\n'
                       f"forgot ALL=(root) NOPASSWD: {desk.command} passwd\n")
    sudoers.chmod(0o440)
    desk.start_sshd(AuthenticationMethods="publickey", ForceCommand=f"sudo -n {desk.command} passwd")
    return desk


def test_ssh_account_leads_to_a_new_password_and_nowhere_else(door, mailbox):
    login = door.ssh("forgot", options=["-tt"], command="id; cat /etc/passwd")
    login.wait_for("User: ")
    login.answer("carol")
    assert "emailed to c***@e***.org" in login.prompt()
    message = mailbox.wait()
    assert "127.0.0.1" in message.text
    login.answer(message.code)
    give_new_password(login)
    assert login.ended(), login.text
    assert "root:" not in login.text and opens(door, NEW)
    line, = door.events("password", source="otpcode[")
    assert "rhost=127.0.0.1" in line and "by=root(forgot)" in line


@pytest.mark.parametrize("way", ["ssh", "console"])
def test_C58_guesses_at_the_door_do_not_lock_the_owner_out(door, mailbox, way):
    if way == "ssh":
        login = door.ssh("forgot", options=["-tt"])
    else:
        login = door.spawn(["sudo", "-n", door.command, "passwd"], user="forgot")
    login.wait_for("User: ")
    login.answer("carol")
    login.prompt()
    login.answer(other_than(mailbox.wait().code))
    login.prompt()
    login.hang_up()
    lanes = json.loads(door.otpcode("show", "carol", "--json").stdout)["lanes"]
    assert (lanes["stranger"]["failures"], lanes["known"]["failures"]) == (1, 0)


def test_C53_the_door_takes_no_option(door):
    for words in (["passwd", "--config", "/tmp/x"], ["passwd", "carol"], ["show", "carol"]):
        done = door.run(["sudo", "-n", door.command, *words], user="forgot", check=False)
        assert done.returncode != 0 and "a password is required" in done.stderr, (words, done)
    assert os.path.exists(door.command)

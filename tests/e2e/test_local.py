# SPDX-License-Identifier: BSD-2-Clause
"""su, sudo and login on a terminal, and password plus code over ssh, each in the stack that is shipped for it."""

import os
import pwd
import subprocess

import pytest

import host
from session import PROMPT
from test_login import other_than

PASSWORD = "correct horse battery"


@pytest.fixture
def desk(machine):
    """A machine with the shipped stacks, and carol, who has a password and mail."""
    for title in ("su, password and code", "sudo, password and code", "login, password and code"):
        machine.use_stack(title)
    machine.add_user("carol", password=PASSWORD)
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    sudoers = machine.etc / "sudoers.d/carol"
    sudoers.write_text("Defaults lecture=never, passwd_tries=1\ncarol ALL=(ALL) ALL\n")
    sudoers.chmod(0o440)
    return machine


def su(machine, to="carol", by="bob"):
    """by, who is nobody special, runs su on a terminal."""
    return machine.spawn(["su", to, "-c", "echo in as $(id -un)"], user=by)


def sudo(machine):
    return machine.spawn(["sudo", "-u", "bob", "sh", "-c", "echo in as $(id -un)"], user="carol")


def console(machine):
    login = machine.spawn(["login"])
    login.wait_for("login: ")
    login.answer("carol")
    return login


DOORS = {"su": su, "sudo": sudo, "login": console}
RUN = {"su": "`su carol`", "sudo": "`sudo command`", "login": "`login` on a terminal"}


def pass_password(login):
    login.wait_for("assword")
    login.answer(PASSWORD)


def assert_in(door, login):
    if door != "login":
        assert login.ended(), login.text
        assert "in as " + ("bob" if door == "sudo" else "carol") in login.text
        return
    login.wait_for("$ ")
    login.answer("echo in as $(id -un)")
    login.wait_for("in as carol")
    login.answer("exit")
    login.ended()


@pytest.mark.parametrize("door", DOORS)
def test_password_and_code_open_the_door(desk, mailbox, row, door):
    login = DOORS[door](desk)
    pass_password(login)
    line = login.prompt()
    assert "A 6-digit code was emailed to c***@e***.org (ref " in line
    message = mailbox.wait()
    assert door in message.text
    login.answer(message.code)
    assert_in(door, login)
    assert f"pam_otpcode({door}:auth): event=verified user=carol" in desk.wait_for_event("verified")
    row(f"{door}, password and code", RUN[door], login, let_in=True)


@pytest.mark.parametrize("door", DOORS)
def test_wrong_password_sends_nothing(desk, mailbox, row, door):
    login = DOORS[door](desk)
    login.wait_for("assword")
    login.answer("not it")
    if door == "login":
        login.wait_for("incorrect")
        login.hang_up()
    else:
        assert not login.ended()
    assert not mailbox.messages()
    assert not desk.events()
    row(f"{door}, password and code", f"{RUN[door]}, a wrong password", login, let_in=False)


@pytest.mark.parametrize("door", DOORS)
def test_wrong_codes_close_the_door(desk, mailbox, row, door):
    login = DOORS[door](desk)
    pass_password(login)
    login.prompt()
    code = mailbox.wait().code
    for _ in range(4):
        login.answer(other_than(code))
        assert "Wrong code. Use the one in message " in login.prompt()
    login.answer(other_than(code))
    if door == "login":
        login.wait_for("Too many wrong codes.")
        login.hang_up()
    else:
        assert not login.ended()
        # sudo asks for silence (PAM_SILENT), and there is no prompt any more to hold the line.
        assert ("Too many wrong codes." in login.text) == (door != "sudo")
    assert "in as" not in login.text
    assert len(desk.events("wrong")) == 5
    row(f"{door}, password and code", f"{RUN[door]}, wrong codes only", login, let_in=False)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("prompts", [0, 1])
def test_C46_ctrl_c_at_a_prompt_is_no_way_in(desk, mailbox, door, prompts):
    login = DOORS[door](desk)
    pass_password(login)
    login.prompt()
    for _ in range(prompts):
        login.answer(other_than(mailbox.wait().code))
        login.prompt()
    login.child.sendcontrol("c")
    assert not login.ended(), login.text
    assert "in as" not in login.text
    assert not desk.events("verified")


@pytest.mark.parametrize("door", ["su", "sudo"])
def test_C46_end_of_input_at_a_prompt_is_no_way_in(desk, mailbox, door):
    login = DOORS[door](desk)
    pass_password(login)
    login.prompt()
    mailbox.wait()
    for _ in range(5):
        if not login.child.isalive():
            break
        login.child.sendeof()
        if login.child.expect(["Verification code: ", "denied", "incorrect|failure", "rror", "sudo:", "su:"]) > 0:
            break
    assert not login.ended(), login.text
    assert "in as" not in login.text
    assert not desk.events("verified")
    assert not desk.events("wrong")


def test_su_by_root_asks_nothing(desk, mailbox, row):
    login = desk.spawn(["su", "carol", "-c", "echo in as $(id -un)"])
    assert login.ended(), login.text
    assert "in as carol" in login.text
    assert not mailbox.messages()
    row("su, password and code", "`su carol`, by root", login)


def test_password_given_again_is_not_compared(desk, mailbox):
    login = su(desk)
    pass_password(login)
    login.prompt()
    login.answer(PASSWORD)
    assert login.prompt().startswith("That is your password.")
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert not desk.events("wrong")


def test_C55_two_callers_of_su_do_not_share_a_challenge(desk, mailbox):
    by_bob, by_alice = su(desk, by="bob"), su(desk, by="alice")
    pass_password(by_bob)
    by_bob.prompt()
    bobs = mailbox.wait().code
    pass_password(by_alice)
    by_alice.prompt()
    mailbox.wait(2)
    by_alice.answer(bobs)
    assert by_alice.prompt().startswith("Wrong code.")
    by_alice.hang_up()
    by_bob.answer(bobs)
    assert by_bob.ended(), by_bob.text


def test_C55_next_caller_on_a_recycled_terminal_has_a_challenge_of_their_own(desk, mailbox):
    def su_by(name):
        return f"setpriv --reuid={desk.uid(name)} --regid={desk.uid(name)} --clear-groups su carol -c 'echo in as $(id -un)'"

    login = desk.spawn(["sh", "-c", f"{su_by('bob')}; echo next please; {su_by('alice')}"])
    pass_password(login)
    login.prompt()
    bobs = mailbox.wait().code
    for _ in range(4):
        login.answer("")
        login.prompt()
    login.answer("")
    login.wait_for("next please")
    pass_password(login)
    assert "A 6-digit code was emailed to c***@e***.org" in login.prompt()
    assert len({line.split(" rhost=")[1].split()[0] for line in desk.events("sent")}) == 1
    login.answer(bobs)
    assert login.prompt().startswith("Wrong code.")
    login.answer(mailbox.wait(2).code)
    assert login.ended() and "in as carol" in login.text, login.text


def test_sshd_password_and_code_of_one_stack(desk, mailbox, row):
    desk.use_stack("sshd, password and code")
    desk.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = desk.ssh("carol", key=False)
    pass_password(login)
    assert "A 6-digit code was emailed to c***@e***.org" in login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    row("sshd, password and code", "`ssh carol@host command`", login)


def test_sshd_wrong_password_sends_nothing(desk, mailbox, row):
    desk.use_stack("sshd, password and code")
    desk.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = desk.ssh("carol", key=False, options=["-o", "NumberOfPasswordPrompts=1"])
    login.wait_for("assword")
    login.answer("not it")
    assert not login.ended()
    assert not mailbox.messages()
    assert not desk.events()
    row("sshd, password and code", "the same, a wrong password", login)


def test_setuid_su_leaves_nothing_running_and_hook_ran_as_nobody(desk, mailbox):
    login = su(desk)
    pass_password(login)
    login.prompt()
    mailbox.wait()
    assert pwd.getpwnam("nobody").pw_uid not in [
        os.stat(f"/proc/{pid}").st_uid for pid in host.descendants_of(login.child.pid)]
    login.hang_up()


# The same programs, otherwise than on a terminal.

def test_su_login_shell(desk, mailbox, row):
    login = desk.spawn(["su", "-", "carol", "-c", "echo in as $(id -un) at $PWD"], user="bob")
    pass_password(login)
    login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended() and f"in as carol at {desk.stage}/home/carol" in login.text, login.text
    row("su, password and code", "`su - carol`", login)


class Piped:
    """A program that has no terminal and reads its answers from a pipe."""

    def __init__(self, machine, command, user, env=()):
        self.child = subprocess.Popen(machine.inside(["env", *env, *command], user), cwd="/", env=host.plain_environment(),
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                      start_new_session=True)

    def answer(self, text):
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()

    def ended(self):
        self.text = self.child.communicate(timeout=60)[0]
        return self.child.returncode == 0


@pytest.mark.parametrize("program", ["su", "sudo -S"])
def test_answers_by_pipe(desk, mailbox, row, program):
    words = ["su", "carol", "-c"] if program == "su" else ["sudo", "-S", "sh", "-c"]
    login = Piped(desk, [*words, "echo in as $(id -un)"], "bob" if program == "su" else "carol")
    login.answer(PASSWORD)
    login.answer(mailbox.wait().code)
    let_in = login.ended()
    assert let_in and "in as " + ("carol" if program == "su" else "root") in login.text, login.text
    assert "A 6-digit code was emailed to c***@e***.org (ref " in login.text
    row(f"{program.split()[0]}, password and code", f"`{program}`, answers by a pipe", login.text, let_in=let_in)


@pytest.mark.parametrize("program", ["su", "sudo", "sudo -n"])
def test_nobody_to_ask(desk, mailbox, row, program):
    words = ["su", "carol", "-c", "id"] if program == "su" else [*program.split(), "id"]
    login = Piped(desk, words, "bob" if program == "su" else "carol")
    let_in = login.ended()
    assert not let_in and "uid=" not in login.text
    assert not desk.events()
    row(f"{program.split()[0]}, password and code", f"`{program}` without a terminal, nothing on standard input", login.text, let_in=let_in)


@pytest.mark.parametrize("program", ["su", "sudo -S"])
def test_input_ends_at_the_code(desk, mailbox, row, program):
    words = ["su", "carol", "-c", "id"] if program == "su" else ["sudo", "-S", "id"]
    login = Piped(desk, words, "bob" if program == "su" else "carol")
    login.answer(PASSWORD)
    mailbox.wait()
    let_in = login.ended()
    assert not let_in and "uid=" not in login.text
    assert not desk.events("wrong")
    row(f"{program.split()[0]}, password and code", f"`{program}`, the pipe ends after the password", login.text, let_in=let_in)


def test_sudo_askpass(desk, mailbox, row):
    given, asked = desk.view / "run/code", desk.view / "run/asked"
    asked.touch()
    asked.chmod(0o666)
    program = desk.stage / "bin/askpass"
    program.write_text('#!/bin/sh\necho "$1" >>/run/asked\ncase $1 in\n*"Verification code"*) '
                       f"until [ -s /run/code ]; do sleep 0.05; done; cat /run/code ;;\n*) echo '{PASSWORD}' ;;\nesac\n")
    program.chmod(0o755)
    login = Piped(desk, ["sudo", "-A", "sh", "-c", "echo in as $(id -un)"], "carol", env=[f"SUDO_ASKPASS={program}"])
    code = mailbox.wait().code
    given.with_name("code.new").write_text(code + "\n")
    given.with_name("code.new").rename(given)
    let_in = login.ended()
    assert let_in and "in as root" in login.text, login.text
    assert "A 6-digit code was emailed to c***@e***.org (ref " in asked.read_text()
    row("sudo, password and code", "`sudo -A`, no terminal", login.text, let_in=let_in, asked=asked.read_text().count(PROMPT.strip()))


def test_sudo_remembers_by_itself(desk, mailbox, row):
    login = desk.spawn(["sh", "-c", "sudo true && echo first is done && sudo sh -c 'echo in as $(id -un)'"], user="carol")
    pass_password(login)
    login.prompt()
    login.answer(mailbox.wait().code)
    login.wait_for("first is done")
    login.wait_for("in as root")
    row("sudo, password and code", "`sudo command` twice on one terminal", login)


def test_sudo_nopasswd_asks_nothing(desk, mailbox, row):
    """sudo then leaves out the whole auth phase: no stack can bring the code back."""
    (desk.etc / "sudoers.d/carol").write_text("carol ALL=(ALL) NOPASSWD: ALL\n")
    login = desk.spawn(["sudo", "sh", "-c", "echo in as $(id -un)"], user="carol")
    assert login.ended() and "in as root" in login.text, login.text
    assert not desk.events()
    row("sudo, password and code", "`sudo command` under `NOPASSWD`", login)

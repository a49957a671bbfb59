# SPDX-License-Identifier: BSD-2-Clause
"""Logins that are cut: the line drops, the window is closed, a process is killed. No try and no lock is lost by it."""

import os
import signal

import pytest

import host
from test_login import other_than


def tries_used(machine, user="alice"):
    """Over all the challenges of the record."""
    return sum(int(word.split("=")[1]) for line in machine.record(user).splitlines() for word in line.split()
               if word.startswith("tries="))


def close_the_window(machine, login):
    login.hang_up()


def kill_the_client(machine, login):
    os.kill(login.child.pid, signal.SIGKILL)
    login.child.wait()


def kill_the_pam_process(machine, login):
    """The youngest of this login's sshds: it holds the PAM conversation."""
    os.kill(max(machine.children_of_sshd()), signal.SIGKILL)
    login.hang_up()


def kill_the_whole_login(machine, login):
    for pid in machine.children_of_sshd():
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    login.hang_up()


def stop_by_ctrl_c(machine, login):
    login.child.sendcontrol("c")
    assert not login.ended()


CUTS = [close_the_window, kill_the_client, kill_the_pam_process, kill_the_whole_login, stop_by_ctrl_c]


@pytest.mark.parametrize("cut", CUTS)
def test_C14_cut_at_each_prompt_loses_no_try(machine, mailbox, cut):
    machine.start_sshd()
    used = 0
    for wrong in (0, 1, 2, 1):
        login = machine.ssh("alice", options=["-o", "NumberOfPasswordPrompts=1"])
        login.prompt()
        code = mailbox.wait().code
        for _ in range(wrong):
            login.answer(other_than(code))
            used += 1
            assert f" {5 - used} {'try' if used == 4 else 'tries'} left." in login.prompt()
        cut(machine, login)
        host.poll(lambda: not machine.children_of_sshd(), 20, "the end of the cut login")
        assert tries_used(machine) == used
    last = machine.ssh("alice")
    last.prompt()
    last.answer(other_than(mailbox.wait().code))
    assert not last.ended()
    assert "Too many wrong codes." in last.text
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize("cut", CUTS)
def test_C14_cut_login_loses_no_lock(machine, mailbox, cut):
    machine.configure(limits__lock_after=3)
    machine.start_sshd()
    waiting = machine.ssh("alice", options=["-o", "NumberOfPasswordPrompts=1"])
    waiting.prompt()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    for _ in range(2):
        login.answer(other_than(code))
        login.prompt()
    login.answer(other_than(code))
    assert not login.ended()
    cut(machine, waiting)
    again = machine.ssh("alice")
    assert not again.ended()
    assert "Locked" in again.text


@pytest.mark.parametrize("cut", CUTS)
def test_right_code_still_works_after_the_login_that_asked_for_it_was_cut(machine, mailbox, cut):
    machine.start_sshd()
    login = machine.ssh("alice", options=["-o", "NumberOfPasswordPrompts=1"])
    login.prompt()
    code = mailbox.wait().code
    cut(machine, login)
    again = machine.ssh("alice")
    again.prompt()
    again.answer(code)
    assert again.ended(), again.text
    assert len(mailbox.messages()) == 1


def test_C46_ctrl_c_at_each_prompt_of_the_shipped_ssh_stacks_is_no_way_in(machine, mailbox):
    machine.add_user("carol", password="pw of carol")
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    machine.start_sshd()
    for title in (title for title in host.shipped_stacks() if title.startswith("sshd, key")):
        machine.use_stack(title)
        login = machine.ssh("carol")
        login.prompt()
        login.child.sendcontrol("c")
        assert not login.ended()
        assert "in as" not in login.text
    assert not machine.events("verified")


def test_login_cut_while_the_hook_waits_leaves_one_message_and_a_code_that_works(machine):
    import mail
    with mail.ScriptedServer(hang={"BODY"}) as server:
        machine.replace_relays({"relay": {"url": f"smtp://127.0.0.1:{server.port}"}})
        machine.start_sshd()
        login = machine.ssh("alice")
        server.wait_for("BODY")
        login.hang_up()
        server.release()
        code = mail.poll(server.messages, 10, "the message")[0].code
        again = machine.ssh("alice")
        again.prompt()
        again.answer(code)
        assert again.ended(), again.text
        assert len(server.messages()) == 1

# SPDX-License-Identifier: BSD-2-Clause
"""What else logs in by ssh than a person at a terminal: sftp, scp, rsync, a shared connection, scripts, clients without a terminal."""

import shlex
import shutil
import subprocess

import pytest

import host
from session import PROMPT, Session
from test_login import SENT

KEY, ALONE = "sshd, key and code", "sshd, code alone"


@pytest.fixture
def sshd(machine):
    machine.start_sshd(Subsystem="sftp internal-sftp")
    return machine


def put_file(machine):
    source = machine.stage / "bin/letter"
    source.write_text("dear bob\n")
    return source, machine.stage / "home/alice/letter"


def over_ssh(machine, program, *words):
    """A program that runs ssh itself, on a terminal; the words of its command behind ssh's options."""
    options = machine.ssh_command("alice", command="")[1:-1]
    port = options.index("-p")
    del options[port:port + 2]
    return Session([program, *options, "-o", f"Port={machine.port}", *map(str, words)], env=host.plain_environment())


def answer_mailed(login, mailbox):
    assert SENT.match(login.prompt())
    login.answer(mailbox.wait().code)


def test_shell(sshd, mailbox, row):
    login = sshd.ssh("alice", command="", options=["-tt"])
    answer_mailed(login, mailbox)
    login.wait_for("$ ")
    login.answer("id -un; exit")
    login.wait_for("alice")
    row(KEY, "`ssh alice@host`", login)


def test_sftp(sshd, mailbox, row):
    source, target = put_file(sshd)
    login = over_ssh(sshd, "sftp", "alice@127.0.0.1")
    answer_mailed(login, mailbox)
    login.wait_for("sftp> ")
    login.answer(f"put {source} letter")
    login.wait_for("sftp> ")
    login.answer("bye")
    assert login.ended(), login.text
    assert target.read_text() == "dear bob\n"
    row(KEY, "`sftp`, a file put", login)


@pytest.mark.parametrize("protocol", ["-s", "-O"])
def test_scp(sshd, mailbox, row, protocol):
    source, target = put_file(sshd)
    login = over_ssh(sshd, "scp", protocol, source, "alice@127.0.0.1:letter")
    answer_mailed(login, mailbox)
    assert login.ended(), login.text
    assert target.read_text() == "dear bob\n"
    row(KEY, f"`scp {protocol}`, a file put", login)


def test_rsync(sshd, mailbox, row):
    if not shutil.which("rsync"):
        pytest.skip("rsync is not installed: packaging/deps test installs it")
    source, target = put_file(sshd)
    shell = shlex.join(sshd.ssh_command("alice", command="")[:-1])
    login = Session(["rsync", "-e", shell, str(source), "alice@127.0.0.1:letter"], env=host.plain_environment())
    answer_mailed(login, mailbox)
    assert login.ended(), login.text
    assert target.read_text() == "dear bob\n"
    row(KEY, "`rsync -e ssh`, a file put", login)


def test_code_alone(machine, mailbox, row):
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = machine.ssh("alice", key=False)
    answer_mailed(login, mailbox)
    assert login.ended(), login.text
    assert "lane=stranger" in machine.wait_for_event("verified")
    row(ALONE, "`ssh alice@host command`", login)


def test_shared_connection(sshd, mailbox, row):
    """ControlMaster: what goes over a connection that is open is not another login."""
    share = ["-o", f"ControlPath={sshd.view}/run/share"]
    first = sshd.ssh("alice", options=[*share, "-o", "ControlMaster=yes"], command="echo open; cat")
    answer_mailed(first, mailbox)
    first.wait_for("open")
    before = len(sshd.events())
    second = sshd.ssh("alice", options=share)
    assert second.ended() and "in as alice" in second.text, second.text
    assert len(sshd.events()) == before
    row(KEY, "`ssh` with `ControlMaster`, second session", second)
    first.child.sendeof()
    assert first.ended()


# Without anybody at a terminal.

def run_alone(machine, *options, env=None, user="alice"):
    """ssh in a session without a terminal, nothing on its standard input."""
    command = machine.ssh_command(user, options=options)
    return subprocess.Popen(command, cwd="/", env={**host.plain_environment(), **(env or {})}, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)


def keys_proved(machine):
    """Logins that the key alone did not open."""
    return len([line for line in machine.log.lines() if "Partial publickey for alice" in line])


def finish(client):
    shown = client.communicate(timeout=60)[0]
    return client.returncode == 0 and "in as " in shown, shown


def test_batch_mode(sshd, mailbox, row):
    """The client passes the key and then gives up by itself: the module is never asked."""
    shown = [finish(run_alone(sshd, "-o", "BatchMode=yes")) for _ in range(5)]
    assert not any(let_in for let_in, _ in shown), shown
    assert keys_proved(sshd) == 5
    assert not sshd.events()
    row(KEY, "`ssh -o BatchMode=yes`, 5 times", shown[-1][1], let_in=False)


def test_no_terminal(sshd, mailbox, row):
    """A job that nobody taught about codes, over and over: it answers each prompt with nothing."""
    sshd.configure(limits__resend_after="5min")
    shown = [finish(run_alone(sshd)) for _ in range(5)]
    assert not any(let_in for let_in, _ in shown), shown
    assert keys_proved(sshd) == 5
    assert not sshd.events("wrong")
    row(KEY, "`ssh` from a job without a terminal, 5 times", shown[-1][1], let_in=False, asked=len(sshd.events("too-soon")),
        more=", no try charged")
    code = mailbox.wait().code
    person = sshd.ssh("alice")
    assert person.prompt().startswith("Use the code emailed to")
    person.answer(code)
    assert person.ended(), person.text


def askpass(machine, script):
    """A program that ssh asks instead of the terminal; what it was asked stands in ASKED."""
    path = machine.stage / "bin/askpass"
    path.write_text(f'#!/bin/sh\necho "$1" >>{machine.view}/run/asked\n{script}\n')
    path.chmod(0o755)
    return {"SSH_ASKPASS": str(path), "SSH_ASKPASS_REQUIRE": "force"}


def asked_of_askpass(machine):
    path = machine.view / "run/asked"
    return path.read_text().count(PROMPT.strip()) if path.exists() else 0


def test_askpass(sshd, mailbox, row):
    given = sshd.view / "run/code"
    client = run_alone(sshd, env=askpass(sshd, f"until [ -s {given} ]; do sleep 0.05; done; cat {given}"))
    code = mailbox.wait().code
    given.with_name("code.new").write_text(code + "\n")
    given.with_name("code.new").rename(given)
    let_in, shown = finish(client)
    assert let_in, shown
    asked = (sshd.view / "run/asked").read_text()
    assert "A 6-digit code was emailed to a***@e***.org (ref " in asked or "A 6-digit code was emailed" in shown
    row(KEY, "`ssh` with `SSH_ASKPASS`, no terminal", shown, let_in=let_in, asked=asked_of_askpass(sshd))


def test_askpass_cancelled(sshd, mailbox, row):
    sshd.configure(limits__resend_after="5min")
    let_in, shown = finish(run_alone(sshd, "-o", "NumberOfPasswordPrompts=1", env=askpass(sshd, "exit 1")))
    assert not let_in
    assert not sshd.events("wrong")
    row(KEY, "`ssh` with `SSH_ASKPASS`, cancelled each time", shown, let_in=let_in, asked=asked_of_askpass(sshd))


def test_sftp_batch(sshd, mailbox, row):
    batch = sshd.stage / "bin/batch"
    batch.write_text("ls\n")
    login = over_ssh(sshd, "sftp", "-b", batch, "alice@127.0.0.1")
    assert not login.ended()
    assert keys_proved(sshd) == 1
    assert not sshd.events()
    row(KEY, "`sftp -b`, as a job runs it", login)

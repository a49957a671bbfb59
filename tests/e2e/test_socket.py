# SPDX-License-Identifier: BSD-2-Clause
"""Logins whose codes are delivered by a hook behind a socket, as systemd runs it: systemd-socket-activate in place of the unit."""

import os
import pwd
import subprocess

import pytest

import host
import mail
from test_login import SENT
from test_relay import assert_not_sent, plain, use_relays

ACTIVATE = "/usr/bin/systemd-socket-activate"
SOCKET = "/run/otpcode/deliver.sock"
# None of these may be obeyed: C22, C23.
TRAPS = {"SSLKEYLOGFILE": "/var/tmp/keys", "all_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9",
         "OPENSSL_CONF": "/nonexistent", "CURL_CA_BUNDLE": "/nonexistent", "BASH_ENV": "/var/tmp/trap"}

pytestmark = pytest.mark.skipif(not os.path.exists(ACTIVATE), reason=f"{ACTIVATE} is not installed: make deps")


@pytest.fixture
def socket_machine(machine):
    """Its sshd reaches the hook by the socket."""
    entry = pwd.getpwnam(host.HOOK_USER)
    (machine.view / "run/otpcode").mkdir(mode=0o755)
    traps = [f"-E{name}={value}" for name, value in TRAPS.items()]
    machine.activator = machine.popen(
        [ACTIVATE, f"--listen={SOCKET}", "--inetd", "--accept", *traps, "setpriv",
         f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", "--", machine.hook, "--config",
         "/etc/otpcode/otpcode.conf"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    path = machine.view / SOCKET[1:]
    host.poll(lambda: path.exists() and path.stat().st_mode & 0o022 == 0, 10, "the socket")
    machine.configure(delivery__hook=f"unix:{SOCKET}")
    machine.start_sshd()
    yield machine
    machine.activator.kill()
    machine.activator.wait(10)


def test_C22_C23_C38_mailed_code_opens_the_login(socket_machine, mailbox):
    machine = socket_machine
    login = machine.ssh("alice")
    line = login.prompt()
    assert SENT.match(line), line
    code = mailbox.wait().code
    login.answer(code)
    assert login.ended(), login.text
    assert "provider=relay" in machine.wait_for_event("sent")
    assert not (machine.view / "var/tmp/keys").exists()
    said = "\n".join(machine.log.lines())
    assert code not in said and "alice@example.org" not in said
    assert len(mailbox.messages()) == 1


def test_test_message_of_the_command_goes_by_the_socket_too(socket_machine, mailbox):
    assert "relay" in socket_machine.otpcode("test", "--to", "you@example.org").stdout
    assert mailbox.wait().to == "you@example.org"


def test_slow_relay_gives_the_prompt_within_the_wait_and_the_late_mail_works(socket_machine):
    machine = socket_machine
    with mail.ScriptedServer(hang={"BODY"}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.configure(delivery__wait="1s")
        login = machine.ssh("alice")
        line = login.prompt()
        assert line.startswith("Mail to a***@e***.org is slow (ref "), line
        server.release()
        login.answer(mail.poll(server.messages, 10, "the late message")[0].code)
        assert login.ended(), login.text
        machine.wait_for_event("sent", source="otpcode-deliver")


def test_C50_refusal_is_never_called_sent(socket_machine):
    with mail.ScriptedServer(replies={"RCPT": "550 5.1.1 no such user"}) as server:
        use_relays(socket_machine, relay=plain(server.port))
        assert_not_sent(socket_machine.ssh("alice"))
    assert "550 5.1.1 no such user" in socket_machine.wait_for_event("refused")


def test_C03_nobody_listening_denies_and_names_the_mend(socket_machine, mailbox):
    machine = socket_machine
    (machine.view / SOCKET[1:]).unlink()
    assert_not_sent(machine.ssh("alice"))
    assert any(f"delivery.hook=unix:{SOCKET} (see systemctl status otpcode-deliver.socket): nobody listens" in line
               for line in machine.log.lines()), machine.log.lines()
    assert not mailbox.messages()


def test_asker_who_is_not_root_is_refused_by_the_hook(socket_machine, mailbox):
    machine = socket_machine
    (machine.view / SOCKET[1:]).chmod(0o666)
    ask = ("import socket; s = socket.socket(socket.AF_UNIX); s.connect('%s'); print(s.recv(4096).decode(), end='')"
           % SOCKET)
    done = subprocess.run(machine.inside(["/usr/bin/python3", "-c", ask], user="alice"), cwd="/", text=True, timeout=30,
                          stdout=subprocess.PIPE, check=True)
    assert done.stdout == f"config uid {machine.uid('alice')} asked for a message: only root may\n"
    assert "only root may" in machine.wait_for_event("error", source="otpcode-deliver")
    assert not mailbox.messages()


def test_hook_of_the_protocol_document_delivers(machine):
    """As it stands there, but for the mailer, which a file is here."""
    document = (host.TOP / "docs/deliver-protocol.md").read_text()
    script = document.split("```sh\n")[1].split("```")[0]
    assert "\nmailer=/usr/bin/msmtp;" in script
    machine.hook.unlink()
    (machine.stage / "bin/mailer").write_text("#!/bin/sh\ncat >/var/tmp/mail\n")
    (machine.stage / "bin/mailer").chmod(0o755)
    machine.hook.write_text(script.replace("/usr/bin/msmtp", str(machine.stage / "bin/mailer")))
    machine.hook.chmod(0o755)
    machine.start_sshd()
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    said = (machine.view / "var/tmp/mail").read_text()
    assert said.startswith("From: login@example.org\nTo: alice@example.org\nSubject: Login on ")
    login.answer(said.splitlines()[4])
    assert login.ended(), login.text

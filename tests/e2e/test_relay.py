# SPDX-License-Identifier: BSD-2-Clause
"""What a login says, and what leaves the machine, when mail does not go its usual way."""

import shutil

import pytest

import host
import mail
from test_login import SENT


def plain(port):
    return {"url": f"smtp://127.0.0.1:{port}"}


def use_relays(machine, **relays):
    """Relays by name, in their order, each the keys of its section."""
    machine.configure(email__providers=",".join(relays))
    machine.replace_relays(relays)


def assert_not_sent(login):
    assert not login.ended()
    assert "Your code could not be sent. Try later. Help: helpdesk@example.org" in login.text
    assert "emailed" not in login.text and "Verification code" not in login.text


def test_first_relay_down_and_the_second_one_sends(machine, session_exim, mailbox):
    use_relays(machine, down=plain(host.free_port()), relay=machine.relay(session_exim))
    machine.start_sshd()
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert "provider=relay" in machine.wait_for_event("sent")


def test_C03_all_relays_down_denies_and_a_reconnect_sends_nothing(machine):
    with mail.ScriptedServer(replies={"RCPT": "451 try later"}) as server:
        use_relays(machine, down=plain(host.free_port()), busy=plain(server.port))
        machine.configure(delivery__wait="2s")
        machine.start_sshd()
        assert_not_sent(machine.ssh("alice"))
        assert "why=" in machine.wait_for_event("refused")
        before = server.connections
        assert_not_sent(machine.ssh("alice"))
        assert server.connections == before


@pytest.mark.parametrize("step, reply", [("MAIL", "550 5.7.1 sender refused"), ("RCPT", "550 5.1.1 no such user"),
                                         ("DATA", "554 5.3.4 no mail here"), ("BODY", "554 5.6.0 not this text")])
def test_C50_refusal_is_never_called_sent(machine, step, reply):
    with mail.ScriptedServer(replies={step: reply}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.start_sshd()
        assert_not_sent(machine.ssh("alice"))
    assert reply in machine.wait_for_event("refused")


def test_refused_by_the_first_address_and_sent_to_the_second(machine):
    machine.otpcode("contact", "add", "alice", "--email", "a.second@example.net")
    with mail.ScriptedServer(replies={"RCPT": ["550 5.1.1 no such user", "250 recipient ok"]}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.start_sshd()
        login = machine.ssh("alice")
        assert "failed" in (line := login.prompt()) and "a***@e***.net" in line
        message = mail.poll(server.messages, 10, "a message")[0]
        assert message.to == "a.second@example.net"
        login.answer(message.code)
        assert login.ended(), login.text


def assert_no_code_left(server):
    for command in (b"MAIL", b"RCPT", b"DATA"):
        assert command not in server.received


def test_C36_certificate_that_is_not_trusted_gets_no_code(machine, session_exim, mailbox, tmp_path):
    use_relays(machine, relay=machine.relay(session_exim))
    shutil.copyfile(mail.Authority(tmp_path, "other").ca_file, machine.etc / "otpcode/relay.pem")
    machine.start_sshd()
    assert_not_sent(machine.ssh("alice"))
    assert not mailbox.messages()


@pytest.mark.parametrize("fault", ["expired", "another host", "self-signed", "STARTTLS not offered"])
def test_C36_nothing_is_said_to_a_server_that_is_not_proved(machine, tmp_path, fault):
    authority = mail.Authority(tmp_path)
    certificate = {"expired": lambda: authority.issue(days=-1), "another host": lambda: authority.issue("mail.example.net"),
                   "self-signed": authority.self_signed, "STARTTLS not offered": lambda: None}[fault]()
    with mail.ScriptedServer(tls=certificate) as server:
        machine.configure()
        shutil.copyfile(authority.ca_file, machine.etc / "otpcode/relay.pem")
        use_relays(machine, relay={"url": f"smtp://localhost:{server.port}", "tls": "required",
                                   "ca_file": "/etc/otpcode/relay.pem"})
        machine.start_sshd()
        assert_not_sent(machine.ssh("alice"))
    assert server.connections >= 1
    assert_no_code_left(server)


def test_wrong_relay_password_is_named_in_the_log_and_nothing_is_sent(machine, session_exim, mailbox):
    use_relays(machine, relay=machine.relay(session_exim))
    machine.write_password(machine.etc / "otpcode/relay.password", "not the password")
    machine.start_sshd()
    assert_not_sent(machine.ssh("alice"))
    assert "535" in machine.wait_for_event("refused")
    assert "not the password" not in "\n".join(machine.log.lines())
    assert not mailbox.messages()


def test_slow_relay_gives_the_prompt_within_the_wait_and_the_late_mail_works(machine):
    with mail.ScriptedServer(hang={"BODY"}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.configure(delivery__wait="1s")
        machine.start_sshd()
        login = machine.ssh("alice")
        line = login.prompt()
        assert line.startswith("Mail to a***@e***.org is slow (ref "), line
        assert line.endswith("Wait for the code, then type it here.")
        server.release()
        login.answer(mail.poll(server.messages, 10, "the late message")[0].code)
        assert login.ended(), login.text
        machine.wait_for_event("slow")
        # Whoever looks for it finds how it ended, though nobody waited for that any more.
        machine.wait_for_event("sent", source="otpcode-deliver")


def test_slow_relay_and_C46_a_login_given_up_meanwhile_leaves_a_code_that_works(machine):
    with mail.ScriptedServer(hang={"BODY"}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.configure(delivery__wait="1s")
        machine.start_sshd()
        login = machine.ssh("alice")
        login.prompt()
        login.hang_up()
        server.release()
        code = mail.poll(server.messages, 10, "the late message")[0].code
        again = machine.ssh("alice")
        again.prompt()
        again.answer(code)
        assert again.ended(), again.text
        assert len(server.messages()) == 1


def test_connection_lost_after_the_body_keeps_the_code(machine):
    with mail.ScriptedServer(replies={"BODY": None}) as server:
        use_relays(machine, relay=plain(server.port))
        machine.start_sshd()
        login = machine.ssh("alice")
        assert "is slow" in login.prompt()
        login.answer(server.messages()[0].code)
        assert login.ended(), login.text


def test_hook_user_that_is_not_there_is_named_in_the_log(machine, mailbox):
    machine.configure(delivery__hook_user="nobodyatall")
    machine.start_sshd()
    assert_not_sent(machine.ssh("alice"))
    assert "nobodyatall" in machine.wait_for_event("refused")
    assert not mailbox.messages()


def test_hook_that_is_not_roots_alone_is_not_run(machine, mailbox):
    machine.hook.chmod(0o775)
    machine.start_sshd()
    assert_not_sent(machine.ssh("alice"))
    assert not mailbox.messages()

# SPDX-License-Identifier: BSD-2-Clause
"""Logins over ssh: a real client, a real sshd, a real mail server."""


def wrong(code):
    """Another code of the same form."""
    return f"{(int(code) + 1) % 10 ** len(code):0{len(code)}d}"


def test_mailed_code_opens_the_login(machine, mailbox):
    machine.start_sshd()
    login = machine.ssh("alice")
    line = login.prompt()
    message = mailbox.wait()
    assert line.startswith("A 6-digit code was emailed to a***@e***.org (ref ")
    login.answer(message.code)
    assert login.ended(), login.text
    assert "in as alice" in login.text
    assert len(mailbox.messages()) == 1
    assert "user=alice" in machine.wait_for_event("verified")


def test_wrong_code_is_told_and_the_right_one_then_opens(machine, mailbox):
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    login.answer(wrong(code))
    assert "Wrong code. Use the one in message" in login.prompt()
    login.answer(code)
    assert login.ended(), login.text
    assert len(mailbox.messages()) == 1

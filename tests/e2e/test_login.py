# SPDX-License-Identifier: BSD-2-Clause
"""What a person meets who logs in by ssh: a real client, a real sshd, a real mail server with STARTTLS and a password."""

import re

import pytest

SENT = re.compile(r"^A 6-digit code was emailed to a\*\*\*@e\*\*\*\.org \(ref ([B-DF-HJ-NP-TV-Z]{3})\)\. Nothing\? Press Enter\.$")
SENT_AGAIN = re.compile(r"^A new code was emailed to a\*\*\*@e\*\*\*\.org \(ref ([B-DF-HJ-NP-TV-Z]{3})\)\. Nothing\? Press Enter\.$")


def other_than(*codes):
    """A code of the same form that is none of these."""
    length = len(codes[0])
    return next(c for c in (f"{(int(codes[0]) + n) % 10 ** length:0{length}d}" for n in range(1, 9)) if c not in codes)


@pytest.fixture
def sshd(machine):
    machine.start_sshd()
    return machine


def test_mailed_code_opens_the_login(sshd, mailbox, row):
    login = sshd.ssh("alice")
    line = login.prompt()
    message = mailbox.wait()
    assert SENT.match(line), line
    assert SENT.match(line).group(1) in message.text
    login.answer(message.code)
    assert login.ended(), login.text
    assert "in as alice" in login.text
    assert len(mailbox.messages()) == 1
    assert "user=alice rhost=127.0.0.1" in sshd.wait_for_event("verified")
    assert "provider=relay" in sshd.wait_for_event("sent")
    row("sshd, key and code", "`ssh alice@host command`", login)


def test_code_is_in_no_log_line_and_not_in_the_state_folder(sshd, mailbox):
    login = sshd.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    login.answer(other_than(code))
    login.prompt()
    waiting = sshd.state_path("alice").read_bytes()
    login.answer(code)
    assert login.ended(), login.text
    assert code not in "\n".join(sshd.log.lines())
    assert "alice@example.org" not in "\n".join(sshd.log.lines())
    for stored in (waiting, sshd.state_path("alice").read_bytes()):
        assert code.encode() not in stored


def test_used_code_is_not_taken_again(sshd, mailbox):
    login = sshd.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    login.answer(code)
    assert login.ended(), login.text
    again = sshd.ssh("alice")
    assert SENT.match(again.prompt())
    mailbox.wait(2)
    again.answer(code)
    assert again.prompt().startswith("Wrong code.")
    again.hang_up()


def test_wrong_code_is_told_and_the_right_one_then_opens(sshd, mailbox, row):
    login = sshd.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    code = mailbox.wait().code
    login.answer(other_than(code))
    assert login.prompt() == f"Wrong code. Use the one in message {ref}. 4 tries left."
    login.answer(code)
    assert login.ended(), login.text
    assert len(mailbox.messages()) == 1
    row("sshd, key and code", "the same, a wrong code before the right one", login)


def test_wrong_codes_since_the_last_login_are_told_above_the_shell(sshd, mailbox):
    login = sshd.ssh("alice", command="", options=["-tt"])
    login.prompt()
    code = mailbox.wait().code
    login.answer(other_than(code))
    login.prompt()
    login.answer(code)
    login.wait_for("1 wrong code since your last login, latest from 127.0.0.1.")
    login.wait_for("$ ")
    login.answer("exit")
    assert login.ended(), login.text


def test_answer_that_cannot_be_a_code_costs_no_try(sshd, mailbox):
    login = sshd.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    code = mailbox.wait().code
    login.answer("12345")
    assert login.prompt() == "The code has 6 digits; you typed 5. Not counted."
    login.answer(ref.lower())
    assert login.prompt() == f"{ref} is the message's ref. Type the 6 digits. Not counted."
    login.answer("hunter2!")
    assert login.prompt().endswith("Not counted.")
    login.answer(f"{code[:3]}-{code[3:]} ")
    assert login.ended(), login.text
    assert not sshd.events("wrong")
    assert " wrong=0 " in sshd.record("alice")


def test_expired_code_is_told_and_the_new_one_opens(machine, mailbox):
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    machine.move_clock(301)
    login.answer(code)
    assert re.match(r"The code expired\. A new one was emailed to a\*\*\*@e\*\*\*\.org \(ref [A-Z]{3}\)\.$", login.prompt())
    login.answer(mailbox.wait(2).code)
    assert login.ended(), login.text
    assert not machine.events("wrong")


def test_code_works_until_the_end_of_its_lifetime(machine, mailbox):
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    machine.move_clock(285)
    login.answer(code)
    assert login.ended(), login.text


def test_enter_sends_again_after_the_cooldown_and_C48_the_first_code_still_works(machine, mailbox):
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    first = mailbox.wait().code
    login.answer("")
    assert re.match(rf"You can ask again in (2[5-9]|30) s\. The code already sent \(ref {ref}\) still works\.$", login.prompt())
    machine.move_clock(31)
    login.answer("")
    assert SENT_AGAIN.match(login.prompt()).group(1) == ref
    second = mailbox.wait(2).code
    assert second != first
    login.answer(first)
    assert login.ended(), login.text
    assert len(mailbox.messages()) == 2


def test_reconnect_sends_nothing_and_the_waiting_code_works(sshd, mailbox, row):
    login = sshd.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    code = mailbox.wait().code
    login.hang_up()
    again = sshd.ssh("alice")
    assert re.match(rf"Use the code emailed to a\*\*\*@e\*\*\*\.org \d+ s ago \(ref {ref}\)\. None\? Press Enter\.$", again.prompt())
    again.answer(code)
    assert again.ended(), again.text
    assert len(mailbox.messages()) == 1
    row("sshd, key and code", "the same, cut off at the prompt and logged in again", again)


def test_sshds_reruns_send_once(machine, mailbox):
    machine.configure(prompt__max_prompts=1)
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    login.answer(other_than(code))
    assert login.prompt().startswith("Use the code emailed to")
    login.answer(other_than(code))
    assert login.prompt().startswith("Use the code emailed to")
    login.answer(code)
    assert login.ended(), login.text
    assert len(mailbox.messages()) == 1


def test_C49_three_wrong_connections_in_a_row_make_one_message(sshd, mailbox):
    for _ in range(3):
        login = sshd.ssh("alice")
        login.prompt()
        login.answer(other_than(mailbox.wait().code))
        login.prompt()
        login.hang_up()
    assert len(mailbox.messages()) == 1
    assert len(sshd.events("wrong")) == 3


def test_tries_are_used_up_over_reconnects_and_nothing_more_is_sent(sshd, mailbox):
    login = sshd.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    for left in (4, 3):
        login.answer(other_than(code))
        assert f"{left} tries left." in login.prompt()
    login.hang_up()
    again = sshd.ssh("alice")
    again.prompt()
    for left in ("2 tries", "1 try"):
        again.answer(other_than(code))
        assert f"{left} left." in again.prompt()
    again.answer(other_than(code))
    assert not again.ended()
    assert "Too many wrong codes. Log in again later for a new code." in again.text
    late = sshd.ssh("alice")
    assert not late.ended()
    assert "Too many wrong codes." in late.text and "Verification code" not in late.text
    assert len(mailbox.messages()) == 1
    assert len(sshd.events("wrong")) == 5


def test_C55_two_keys_from_one_address_do_not_share_a_challenge(sshd, mailbox):
    import host
    sshd.authorize("alice", host.client_key("laptop"))
    desk = sshd.ssh("alice")
    desk_ref = SENT.match(desk.prompt()).group(1)
    desk_code = mailbox.wait().code
    laptop = sshd.ssh("alice", key=host.client_key("laptop"))
    laptop_ref = SENT.match(laptop.prompt()).group(1)
    laptop_code = mailbox.wait(2).code
    assert desk_ref != laptop_ref
    laptop.answer(desk_code)
    assert laptop.prompt().startswith(f"Wrong code. Use the one in message {laptop_ref}.")
    desk.answer(desk_code)
    assert desk.ended(), desk.text
    laptop.answer(laptop_code)
    assert laptop.ended(), laptop.text


def test_C55_two_users_behind_one_address_each_have_their_own_mask_and_code(sshd, mailbox):
    alice, bob = sshd.ssh("alice"), sshd.ssh("bob")
    alice_line, bob_line = alice.prompt(), bob.prompt()
    assert "to a***@e***.org (ref " in alice_line and "to b***@e***.org (ref " in bob_line
    mailbox.wait(2)
    codes = {message.to: message.code for message in mailbox.messages()}
    alices, bobs = codes["alice@example.org"], codes["bob@example.org"]
    bob.answer(alices if alices != bobs else other_than(bobs))
    assert bob.prompt().startswith("Wrong code.")
    alice.answer(alices)
    bob.answer(bobs)
    assert alice.ended() and bob.ended()
    assert "in as alice" in alice.text and "in as bob" in bob.text


def test_message_says_what_it_is_for(sshd, mailbox):
    login = sshd.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    message = mailbox.wait()
    login.hang_up()
    assert message.to == "alice@example.org" and message.sender == "login@example.org"
    for fact in ("login.example.org", "sshd", "127.0.0.1", ref, "UTC"):
        assert fact in message.text, message.text
    assert message.code not in message.subject

# SPDX-License-Identifier: BSD-2-Clause
"""Locks and lanes, as a person at a real sshd meets them."""

import re

from test_login import SENT, SENT_AGAIN, other_than

EITHER = "publickey,keyboard-interactive:pam keyboard-interactive:pam"  # with a proved key, or without


def type_wrong(login, mailbox, times, nth=1):
    """Types wrong codes; the last one is to end the login."""
    login.prompt()
    code = mailbox.wait(nth).code
    for _ in range(times - 1):
        login.answer(other_than(code))
        login.prompt()
    login.answer(other_than(code))
    assert not login.ended()
    return code


def test_locked_then_waited_out(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    type_wrong(login, mailbox, 3)
    assert "Locked" in login.text and "15 min" in login.text
    assert "why=locked" in machine.wait_for_event("denied")

    machine.move_clock(14 * 60)
    early = machine.ssh("alice")
    assert not early.ended()
    assert "Locked" in early.text and "Verification code" not in early.text

    machine.move_clock(15 * 60 + 1)
    late = machine.ssh("alice")
    assert SENT.match(late.prompt())
    late.answer(mailbox.wait(2).code)
    assert late.ended(), late.text


def test_locked_and_C09_the_right_code_is_not_compared(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.start_sshd()
    waiting = machine.ssh("alice")
    waiting.prompt()
    code = type_wrong(machine.ssh("alice"), mailbox, 3)
    waiting.answer(code)
    assert not waiting.ended()
    assert "Locked" in waiting.text


def test_unlock_opens_at_once(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.start_sshd()
    type_wrong(machine.ssh("alice"), mailbox, 3)
    machine.otpcode("unlock", "alice")
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    login.answer(mailbox.wait(2).code)
    assert login.ended(), login.text


def test_admin_lock_holds_until_unlocked(machine, mailbox):
    machine.start_sshd()
    machine.otpcode("lock", "alice")
    login = machine.ssh("alice")
    assert not login.ended()
    assert "Locked until an administrator unlocks you." in login.text
    assert not mailbox.messages()
    machine.otpcode("unlock", "alice")
    login = machine.ssh("alice")
    login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text


def test_C58_strangers_locked_and_a_proved_key_still_opens(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.start_sshd(AuthenticationMethods=EITHER)
    stranger = machine.ssh("alice", key=False, source="127.0.9.1")
    type_wrong(stranger, mailbox, 3)
    assert "Locked" in stranger.text
    owner = machine.ssh("alice", source="127.0.9.1")
    assert SENT.match(owner.prompt())
    owner.answer(mailbox.wait(2).code)
    assert owner.ended(), owner.text


def test_C58_strangers_locked_and_a_known_network_still_opens(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.start_sshd(AuthenticationMethods=EITHER)
    first = machine.ssh("alice", source="127.0.7.1")
    first.prompt()
    first.answer(mailbox.wait().code)
    assert first.ended(), first.text

    type_wrong(machine.ssh("alice", key=False, source="127.0.9.1"), mailbox, 3, nth=2)
    home = machine.ssh("alice", key=False, source="127.0.7.200")
    assert SENT.match(home.prompt())
    home.answer(mailbox.wait(3).code)
    assert home.ended(), home.text
    elsewhere = machine.ssh("alice", key=False, source="127.0.9.2")
    assert not elsewhere.ended()
    assert "Locked" in elsewhere.text


def test_sends_of_a_user_are_limited_and_the_code_already_sent_still_works(machine, mailbox):
    machine.configure(limits__sends_per_user="2/h", limits__resend_after="1s")
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    machine.move_clock(2)
    login.answer("")
    login.prompt()
    machine.move_clock(60)
    login.answer("")
    assert re.match(r"No more codes for \d+ min\. The code already sent \(ref [A-Z]{3}\) still works\.$", login.prompt())
    login.answer(mailbox.messages()[0].code)
    assert login.ended(), login.text
    assert len(mailbox.messages()) == 2


def test_C10_resend_and_wrong_guess_in_turn_meet_the_cap(machine, mailbox):
    machine.configure(limits__resend_after="1s", prompt__max_prompts=10)
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    codes, clock = [mailbox.wait().code], 0
    for left in (4, 3, 2, 1):
        login.answer(other_than(*codes))
        assert f" {left} tr" in login.prompt()
        clock += 2 ** len(codes)
        machine.move_clock(clock)
        login.answer("")
        assert SENT_AGAIN.match(login.prompt())
        codes.append(mailbox.wait(len(codes) + 1).code)
    login.answer(other_than(*codes))
    assert not login.ended()
    assert "Too many wrong codes." in login.text
    late = machine.ssh("alice")
    assert not late.ended()
    assert "Too many wrong codes." in late.text
    assert len(machine.events("wrong")) == 5
    assert len(mailbox.messages()) == 5


def reboot(machine):
    """As far as programs can tell: another boot id, nothing running, nothing in what does not outlive a boot."""
    machine.stop_sshd()
    boot_id = machine.stage / "bin/boot_id"
    boot_id.write_text("1d0c6f0e-0000-4000-8000-000000000000\n")
    machine.run(["mount", "--bind", boot_id, "/proc/sys/kernel/random/boot_id"])
    machine.run(["sh", "-c", "rm -rf /tmp/* /run/lock/* /dev/shm/*; find /run -type f ! -name utmp ! -name test-clock -delete"])
    machine.start_sshd()


def test_C12_lock_and_spent_tries_outlive_a_reboot(machine, mailbox):
    machine.configure(limits__lock_after=3)
    machine.start_sshd()
    bob = machine.ssh("bob")
    bob.prompt()
    bob.answer(other_than(mailbox.wait().code))
    assert "4 tries left." in bob.prompt()
    bob.hang_up()
    type_wrong(machine.ssh("alice"), mailbox, 3, nth=2)
    reboot(machine)
    alice = machine.ssh("alice")
    assert not alice.ended()
    assert "Locked" in alice.text and "Verification code" not in alice.text
    bob = machine.ssh("bob")
    assert bob.prompt().startswith("Use the code emailed to b***@e***.org")
    bob.answer(other_than(mailbox.wait().code))
    assert "3 tries left." in bob.prompt()
    bob.hang_up()


def test_C56_slow_guessing_between_the_owners_logins_ends_at_the_count_of_30_days(machine, mailbox):
    machine.configure(limits__wrong_per_30d=10, limits__lock_after=10)
    machine.start_sshd()
    for nth in (1, 2):
        login = machine.ssh("alice")
        login.prompt()
        code = mailbox.wait(nth).code
        for _ in range(4):
            login.answer(other_than(code))
            login.prompt()
        login.answer(code)
        assert login.ended(), login.text
    type_wrong(machine.ssh("alice"), mailbox, 2, nth=3)
    later = machine.ssh("alice")
    assert not later.ended()
    assert "Locked until an administrator unlocks you." in later.text
    assert len(machine.events("wrong")) == 10


def test_C13_keyboard_interactive_devices_named_a_thousand_times_give_no_more_tries(machine, mailbox):
    machine.start_sshd(MaxAuthTries="100")
    login = machine.ssh("alice", options=["-o", "KbdInteractiveDevices=" + ",".join(["pam"] * 1000),
                                          "-o", "NumberOfPasswordPrompts=100"])
    type_wrong(login, mailbox, 5)
    assert len(machine.events("wrong")) == 5
    assert len(mailbox.messages()) == 1


def test_C13_sshds_tries_over_reruns_and_reconnects_stay_within_the_budget(machine, mailbox):
    machine.configure(prompt__max_prompts=1)
    machine.start_sshd(MaxAuthTries="100")
    for _ in range(4):
        login = machine.ssh("alice", options=["-o", "NumberOfPasswordPrompts=100"])
        while login.asked_again():
            login.answer(other_than(mailbox.wait().code))
    assert "Too many wrong codes." in login.text
    assert len(machine.events("wrong")) == 5
    assert len(mailbox.messages()) == 1

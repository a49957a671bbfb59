# SPDX-License-Identifier: BSD-2-Clause
"""Limits that protect the bill, as the real module keeps them: nobody makes this host send without end."""

import collections
import re
import shutil

import pytest

import host

PAM_AUTHINFO_UNAVAIL, PAM_MAXTRIES, PAM_CONV_ERR = "9", "11", "19"
TABLE = "var/lib/otpcode/shared/limits"
SHARED_NUMBER = "+15550010000"
CALLER = ["auth [success=ok default=die] pam_otpcode.so", "auth required pam_permit.so"]


@pytest.fixture
def crowd(machine):
    """50 enrolled users, of whom the first ten have one address, a hook that only notes, and a program that logs in as them."""
    (machine.stage / "bin/many_logins").unlink(missing_ok=True)
    shutil.copyfile(machine.build / "tests/e2e/many_logins", machine.stage / "bin/many_logins")
    (machine.stage / "bin/many_logins").chmod(0o755)
    shutil.copyfile(host.TOP / "tests/hooks/tally.sh", machine.stage / "bin/tally.sh")
    (machine.stage / "bin/tally.sh").chmod(0o755)
    (machine.stage / "mailbox").mkdir(mode=0o777)
    (machine.stage / "mailbox").chmod(0o777)
    machine.configure(delivery__hook=machine.stage / "bin/tally.sh")
    machine.pam("crowd", CALLER)
    for n in range(50):
        machine.add_user(f"u{n}", key=False)
        machine.otpcode("enroll", f"u{n}", "--email", f"{'shared' if n < 10 else f'u{n}'}@example.org")
    return machine


def storm(machine, count, users=50, sources=10):
    """How often each PAM code came."""
    ended = machine.run([machine.stage / "bin/many_logins", "crowd", count, users, sources])
    return {code: int(times) for code, times in (line.split() for line in ended.stdout.splitlines())}


def sent(machine):
    path = machine.stage / "mailbox/sent"
    return [line.split() for line in path.read_text().splitlines()] if path.exists() else []


def most(sends, field):
    return max(collections.Counter(send[field] for send in sends).values(), default=0)


def give_phones(machine, users):
    """In place of their addresses; the first ten of these users have one number."""
    machine.configure(sms__providers="gateway", sms__from="OTP", sms__allow_prefixes="+1555",
                      provider__gateway__url="http://localhost:1/", provider__gateway__form="to={to}&text={text}")
    for place, n in enumerate(users):
        machine.otpcode("contact", "add", f"u{n}", "--sms", SHARED_NUMBER if place < 10 else f"+1555001{n:04}")
        machine.otpcode("contact", "remove", f"u{n}", "1")


def test_C41_1000_logins_at_once_send_no_more_than_every_limit_allows(crowd, record_property):
    give_phones(crowd, range(25, 50))
    crowd.configure(limits__sends_per_source="9/h", limits__sends_email="40/h", limits__sends_sms="35/h",
                    limits__sends_sms_daily="30/d")
    codes = storm(crowd, 1000)
    sends = sent(crowd)
    why = collections.Counter(re.search(r" why=(\S+)", line).group(1) for line in crowd.events("limited"))
    record_property("numbers", f"1000 logins at once of 50 users from 10 sources: {len(sends)} sends, PAM codes {codes}, "
                    f"stopped by {dict(why)}")
    for limit, allowed, found in most_of_each(sends):
        record_property("numbers", f"  {limit:34} {found:3} of {allowed:3} allowed")
        assert found <= allowed, limit
    assert sum(codes.values()) == 1000 and codes["other"] == 0 and "0" not in codes
    assert len(sends) == len(crowd.events("sent")) > 0
    assert {"email", "sms"} == {send[0] for send in sends}

    # A second storm finds what the first one left: what one limit had left over is all that there is.
    storm(crowd, 1000)
    record_property("numbers", f"  after 1000 more: {len(sent(crowd))} sends")
    for limit, allowed, found in most_of_each(sent(crowd)):
        assert found <= allowed, limit
    assert not [line for line in crowd.log.lines() if re.search(r" code=|\b\d{6}\b", line)]


def most_of_each(sends):
    """(limit, what it allows in the test of 1000 logins, the most that was sent)."""
    channels = collections.Counter(send[0] for send in sends)
    addresses = collections.Counter(send[1] for send in sends)
    return [("sends_per_user, of strangers", 3, most(sends, 2)),
            ("sends_per_user, of a shared address", 5, addresses["shared@example.org"]),
            ("sends_per_user, of a shared number", 5, addresses[SHARED_NUMBER]),
            ("sends_per_source", 9, most(sends, 3)), ("sends_email", 40, channels["email"]),
            ("sends_sms", 35, channels["sms"]), ("sends_sms_daily", 30, channels["sms"])]


def test_C41_a_source_that_used_up_its_sends_does_not_keep_others_out(crowd):
    crowd.configure(limits__sends_per_source="4/h")
    storm(crowd, 40, users=50, sources=1)
    assert len(sent(crowd)) == 4
    storm(crowd, 8, users=8, sources=2)
    assert len({send[3] for send in sent(crowd)}) == 2


def test_trusted_sources_have_no_limit_of_their_own(crowd):
    crowd.configure(limits__sends_per_source="1/h", limits__trusted_sources="10.9.0.1/32")
    storm(crowd, 40, users=50, sources=1)
    assert len(sent(crowd)) == 30 + 5  # users 0 to 9 share an address
    assert most([send for send in sent(crowd) if send[1] == "shared@example.org"], 1) == 5


@pytest.mark.parametrize("fault", ["missing", "damaged", "cut"])
def test_without_the_table_of_limits_nothing_is_sent_and_init_mends_it(machine, mailbox, fault):
    machine.own_clock()
    machine.start_sshd()
    waiting = machine.ssh("alice")
    waiting.prompt()
    code = mailbox.wait().code
    table = machine.view / TABLE
    if fault == "missing":
        table.unlink()
    elif fault == "cut":
        with open(table, "r+b") as out:
            out.truncate(5000)
    else:
        with open(table, "r+b") as out:
            out.write(b"?" * 5000)
    login = machine.ssh("bob")
    assert not login.ended()
    assert "Your code could not be sent. Try later. Help: helpdesk@example.org" in login.text
    line = machine.wait_for_event("error")
    assert "user=bob" in line and "/var/lib/otpcode/shared/limits: " in line and "'otpcode init'" in line
    waiting.answer(code)
    assert waiting.ended(), waiting.text

    assert "made table of limits /var/lib/otpcode/shared/limits" in machine.otpcode("init").stdout
    assert "already there: table of limits" in machine.otpcode("init").stdout
    machine.move_clock(31)  # the cooldown of the send that failed
    login = machine.ssh("bob")
    login.prompt()
    login.answer(mailbox.wait(2).code)
    assert login.ended(), login.text


def test_a_limit_is_said_at_the_prompt_and_named_in_the_log(machine, mailbox):
    machine.configure(limits__sends_per_source="1/h", limits__resend_after="1s")
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    machine.move_clock(5)
    login.answer("")
    assert re.match(r"No more codes for 6\d min\. The code already sent \(ref [A-Z]{3}\) still works\.$", login.prompt())
    assert "user=alice" in (line := machine.wait_for_event("limited")) and "why=sends_per_source until=" in line
    other = machine.ssh("bob")
    assert not other.ended()
    assert re.search(r"No more codes for 6\d min\. Log in again after that\. Help: helpdesk@example\.org", other.text)
    assert "why=sends_per_source" in machine.wait_for_event("denied")
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text

    # The success gave both back; bob's cooldown is over.
    machine.move_clock(10)
    other = machine.ssh("bob")
    other.prompt()
    other.answer(mailbox.wait(2).code)
    assert other.ended(), other.text


def test_init_adds_the_table_to_a_state_folder_without_it(machine):
    shutil.rmtree((machine.view / TABLE).parent)
    told = machine.otpcode("init").stdout
    assert "already there: state folder /var/lib/otpcode\nmade table of limits /var/lib/otpcode/shared/limits\n" in told
    table = machine.view / TABLE
    assert (table.stat().st_mode & 0o7777, table.stat().st_uid) == (0o600, 0)

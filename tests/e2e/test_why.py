# SPDX-License-Identifier: BSD-2-Clause
"""otpcode why, after each thing that keeps a code from working has happened at a real sshd."""

import json
import re

import pytest

import mail
from test_limits import type_wrong
from test_login import other_than
from test_refusals import newest_slot

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"


def without_spans(text):
    return re.sub(r", (just now|in \d+ \w+|\d+ \w+ ago)", "", text)


def why(machine, user="alice", status=0):
    """What is told, with blanks for line ends, and the same as facts."""
    told = machine.otpcode("why", user, check=False)
    facts = machine.otpcode("why", user, "--json", check=False)
    assert (told.returncode, facts.returncode) == (status, status), (told, facts)
    assert all(len(line) <= 78 for line in told.stdout.splitlines()), told.stdout
    assert f"{user}@example.org" not in told.stdout + facts.stdout
    text, facts = " ".join(told.stdout.split()), json.loads(facts.stdout)
    for paragraph in facts["story"]:
        # A second may have passed between the two.
        assert without_spans(" ".join(paragraph["text"].split())) in without_spans(text) and (paragraph["advice"] or "") in text
    return text, facts


def about(facts, word):
    """The latest paragraph about this."""
    found = [paragraph for paragraph in facts["story"] if paragraph["about"] == word]
    assert found, (word, facts)
    return found[-1]


def ref_in(line):
    return re.search(r"\(ref ([A-Z]{3})\)", line).group(1)


@pytest.fixture
def sshd(machine):
    machine.own_clock()
    machine.start_sshd()
    return machine


def waiting_login(machine, mailbox, nth=1, **more):
    """A login at its prompt, its ref and its code."""
    login = machine.ssh("alice", **more)
    ref = ref_in(login.prompt())
    return login, ref, mailbox.wait(nth).code


def test_who_has_just_been_enrolled_reads_that_nothing_stands_in_the_way(machine):
    text, facts = why(machine)
    assert facts["state"] == "enrolled" and about(facts, "open")["now"]
    assert re.search(rf"{TIME}, .*: enrolled: a\*\*\*@e\*\*\*.org\.", text), text
    assert "codes go to a***@e***.org." in text


def test_code_that_waits_and_one_that_nobody_typed(sshd, mailbox):
    login, ref, _ = waiting_login(sshd, mailbox)
    text, facts = why(sshd)
    assert about(facts, "no-verdict")["ref"] == ref
    assert re.search(rf"sshd from 127.0.0.1, ref {ref}: A code was made for a\*\*\*@e\*\*\*.org", text), text
    assert re.search(rf"It works until {TIME}, in [45] min; 5 tries are left", text), text
    login.hang_up()
    sshd.move_clock(400)
    told = about(why(sshd)[1], "unused")
    assert "Nothing that could be a code was typed before it expired" in told["text"] and "otpcode test alice" in told["advice"]


def test_wrong_codes_and_then_the_right_one(sshd, mailbox):
    login, ref, code = waiting_login(sshd, mailbox)
    for _ in range(2):
        login.answer(other_than(code))
        login.prompt()
    told = about(why(sshd)[1], "wrong")
    assert "A code for a***@e***.org was taken by provider relay. A wrong code was typed 2 times" in told["text"]
    assert "3 tries are left" in told["text"] and "whose ref stands at the prompt" in told["advice"]
    login.answer(code)
    assert login.ended()
    told = about(why(sshd)[1], "verified")
    assert told["ref"] == ref and told["advice"] is None and "The right code was typed at " in told["text"]


def test_used_up_tries(sshd, mailbox):
    type_wrong(sshd.ssh("alice"), mailbox, 5)
    told = about(why(sshd)[1], "spent")
    assert "All tries of this login are used up until" in told["text"] and "otpcode unlock alice" in told["advice"]


def test_ref_typed_in_place_of_the_code_and_nothing_else(sshd, mailbox):
    login, ref, _ = waiting_login(sshd, mailbox)
    login.answer(ref)
    assert "Not counted" in login.prompt()
    login.hang_up()
    told = about(why(sshd)[1], "ref-typed")
    assert f"The ref {ref} was typed in place of the code" in told["text"] and "taken by provider relay" in told["text"]
    assert "type the 6 digits" in told["advice"] and "5 tries are left" in told["text"]


def test_older_code_of_the_same_login(sshd, mailbox):
    login, ref, code = waiting_login(sshd, mailbox)
    sshd.move_clock(200)
    login.answer("")
    login.prompt()
    mailbox.wait(2)
    sshd.move_clock(350)
    login.answer(code)
    login.prompt()
    told = about(why(sshd)[1], "older-code")
    assert told["ref"] == ref and "An older code of this login, expired by then, was typed" in told["text"]
    assert "use the latest" in told["advice"]


def test_code_of_another_login(sshd, mailbox):
    login, ref, _ = waiting_login(sshd, mailbox)
    _, other_ref, other_code = waiting_login(sshd, mailbox, 2, source="127.0.0.2")
    assert ref != other_ref
    login.answer(other_code)
    assert "Wrong code" in login.prompt()
    told = about(why(sshd)[1], "other-login")
    assert told["ref"] == ref and f"The code of message {other_ref}, which belongs to another login, was typed" in told["text"]
    assert f"here {ref}, not {other_ref}" in told["advice"]


def test_locked_lane_with_its_end_and_the_addresses(sshd, mailbox):
    sshd.configure(limits__lock_after=3)
    type_wrong(sshd.ssh("alice", source="127.0.0.2"), mailbox, 3)
    text, facts = why(sshd)
    assert "That locked the known lane." in text, text
    told = about(facts, "lane-locked")
    assert re.search(rf"\(the known lane\), are locked since {TIME}, .*, until {TIME}, in 1[45] min; the wrong codes came from "
                     r"127.0.0.2 \(3\)\.", told["text"]), told
    assert "otpcode unlock alice" in told["advice"] and told["now"]
    sshd.otpcode("lock", "alice")
    assert "An admin locked alice" in about(why(sshd)[1], "admin-locked")["text"]


def test_device_that_is_known_was_not_asked(sshd, mailbox):
    sshd.configure(devices__remember_for="10h")
    login, _, code = waiting_login(sshd, mailbox)
    login.answer(code)
    assert login.ended() and sshd.ssh("alice").ended()
    told = about(why(sshd)[1], "remembered")
    assert "sshd from 127.0.0.1: the device is known, so nobody was asked" in told["text"] and "devices alice" in told["advice"]


def test_refusal_in_the_relays_own_words_and_a_relay_without_a_verdict(machine):
    machine.start_sshd()
    with mail.ScriptedServer(replies={"RCPT": "550 5.1.1 no such user here"}) as server:
        machine.configure(provider__relay__url=f"smtp://localhost:{server.port}", provider__relay__tls="none",
                          provider__relay__username=None, provider__relay__password_file=None, provider__relay__ca_file=None)
        assert not machine.ssh("alice").ended()
    told = about(why(machine)[1], "refused")
    assert re.search(r'The code for a\*\*\*@e\*\*\*.org was refused: ".*550 5.1.1 no such user here', told["text"]), told
    assert "otpcode test alice --verbose" in told["advice"]
    with mail.ScriptedServer(hang=("BODY",)) as server:
        machine.configure(provider__relay__url=f"smtp://localhost:{server.port}", delivery__wait="2s")
        machine.otpcode("unlock", "alice")
        login = machine.ssh("alice", source="127.0.0.3")
        assert "is slow" in login.prompt()
        told = about(why(machine)[1], "slow")
        assert "no verdict within the wait" in told["text"] and "It works until" in told["text"] and "spam" in told["advice"]
        login.hang_up()


def test_limits_that_stop_codes(sshd, mailbox):
    sshd.configure(limits__sends_per_user="1/h")
    waiting_login(sshd, mailbox)
    told = about(why(sshd)[1], "send-limit")
    assert "get no new code until" in told["text"] and "limits.sends_per_user" in told["text"]
    sshd.configure(limits__sends_per_user="5/h", limits__sends_email="1/h")
    told = about(why(sshd)[1], "shared-limit")
    assert "the limit sends_email of [limits] is reached" in told["text"] and "stops everybody" in told["advice"]
    assert not sshd.ssh("alice", source="127.0.0.2").ended()
    assert "the limit sends_email of [limits] was reached" in about(why(sshd)[1], "limit")["text"]
    (sshd.view / "var/lib/otpcode/shared/limits").unlink()
    assert "otpcode init" in about(why(sshd)[1], "limits-fault")["advice"]


def test_state_that_cannot_be_read(machine):
    path = machine.state_path("alice")
    data = bytearray(path.read_bytes())
    data[newest_slot(path) + 300] ^= 1
    path.write_bytes(data)
    assert "Log in again" in about(why(machine)[1], "damaged")["advice"]
    path.write_bytes(b"x" * len(data))
    text, facts = why(machine, status=1)
    assert facts["state"] == "unreadable" and "so every login is denied" in text and "otpcode unenroll alice --yes" in text


def test_who_is_not_enrolled_and_who_is_nobody(machine):
    machine.add_user("carol")
    text, facts = why(machine, "carol")
    assert facts["state"] == "not-enrolled" and "carol is not enrolled: logins are denied." in text and "otpcode enroll carol" in text
    machine.configure(users__unenrolled="ignore")
    assert "ask for no code" in why(machine, "carol")[0]
    nobody = machine.otpcode("why", "nobodyatall", check=False)
    assert nobody.returncode == 1 and "there is no user 'nobodyatall'" in nobody.stderr


def test_addresses_that_live_elsewhere(machine):
    machine.add_user("carol")
    (machine.etc / "otpcode/contacts").write_text("carol email:carol@example.org\n")
    machine.configure(users__contacts="file:/etc/otpcode/contacts")
    assert "the first login makes it, and sends to c***@e***.org" in why(machine, "carol")[0]
    assert "Add one in file:/etc/otpcode/contacts." in about(why(machine)[1], "no-contact")["advice"]
    (machine.etc / "otpcode/contacts").write_text("carol\n")
    assert "logins are denied: " in about(why(machine, "carol")[1], "contacts-fault")["text"]


def test_app_and_backup_codes(sshd, mailbox):
    codes = re.findall(r"[a-z2-9]{4}(?:-[a-z2-9]{4})+|[A-Z2-7]{4}(?:-[A-Z2-7]{4})+", sshd.otpcode("backup-codes", "alice").stdout)
    login, _, _ = waiting_login(sshd, mailbox)
    login.answer(codes[0])
    assert login.ended(), login.text
    text, facts = why(sshd)
    assert "A backup code was typed at " in about(facts, "verified")["text"]
    assert "There is also: 9 backup codes." in text

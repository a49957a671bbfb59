# SPDX-License-Identifier: BSD-2-Clause
"""Codes by SMS: a real sshd, a real Kannel with the settings that are shipped for it, a simulated operator."""

import pathlib
import re

import pytest

import host
import sms
from test_login import SENT, SENT_AGAIN

PRESET = pathlib.Path(__file__).resolve().parent.parent.parent / "conf/providers/kannel.conf"
NUMBER = "+15551234567"
TEXTED = re.compile(r"^A 6-digit code was texted to the phone ending 67 \(ref ([B-DF-HJ-NP-TV-Z]{3})\)\. None\? Press Enter\.$")
TEXTED_AGAIN = re.compile(r"^A new code was texted to the phone ending 67 \(ref ([B-DF-HJ-NP-TV-Z]{3})\)\. Nothing\? Press Enter\.$")


class Phone:
    """What reached the operator since this test began."""

    def __init__(self, kannel):
        self.kannel = kannel
        self.before = len(kannel.messages())

    def messages(self):
        return self.kannel.messages()[self.before:]

    def wait(self, count=1):
        return self.kannel.wait_for_message(count=self.before + count)


@pytest.fixture(scope="module")
def kannel():
    why = sms.missing()
    if why:
        pytest.skip(why)
    with sms.Kannel() as running:
        yield running


@pytest.fixture
def phone(kannel):
    return Phone(kannel)


def preset(port):
    """The keys of the shipped settings, with this port."""
    lines = [line for line in PRESET.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "[provider kannel]"
    keys = dict(line.split("=", 1) for line in lines[1:])
    assert ":13013/" in keys["url"]
    return {**keys, "url": keys["url"].replace(":13013/", f":{port}/")}


def use_kannel(machine, kannel, **changes):
    machine.write_password(machine.etc / "otpcode/kannel.password", kannel.password)
    keys = {f"provider__kannel__{key}": value for key, value in preset(kannel.port).items()}
    machine.configure(**{"sms__providers": "kannel", "sms__from": "OTP", "sms__allow_prefixes": "+1555", **keys, **changes})


@pytest.fixture
def sshd(machine, kannel):
    """alice has an email address, then a phone; bob has both the other way round."""
    use_kannel(machine, kannel)
    machine.otpcode("contact", "add", "alice", "--sms", NUMBER)
    machine.otpcode("contact", "add", "bob", "--sms", NUMBER)
    machine.otpcode("contact", "order", "bob", "2", "1")
    machine.start_sshd()
    return machine


def assert_not_sent(login):
    assert not login.ended()
    assert "Your code could not be sent. Try later. Help: helpdesk@example.org" in login.text
    assert "texted" not in login.text and "Verification code" not in login.text


def test_texted_code_opens_the_login(sshd, phone, mailbox):
    login = sshd.ssh("bob")
    line = login.prompt()
    message = phone.wait()
    assert TEXTED.match(line), line
    assert (message.to, message.sender) == (NUMBER, "OTP")
    assert re.fullmatch(rf"Code \d{{6}} for login\.example\.org, ref {TEXTED.match(line).group(1)}, until \d\d:\d\d UTC\. "
                        r"Never share it\. Ref differs\? Do not enter it\.", message.text), message.text
    login.answer(message.code)
    assert login.ended(), login.text
    assert len(phone.messages()) == 1 and not mailbox.messages()
    assert "channel=sms provider=kannel" in sshd.wait_for_event("sent")
    log = "\n".join(sshd.log.lines())
    assert message.code not in log and NUMBER[1:] not in log


def test_a_waiting_login_is_told_of_the_text_and_its_code_works(sshd, phone):
    first = sshd.ssh("bob")
    ref = TEXTED.match(first.prompt()).group(1)
    first.hang_up()
    again = sshd.ssh("bob")
    assert re.match(rf"Use the code texted to the phone ending 67 \d+ s ago \(ref {ref}\)\. None\? (Press )?Enter\.", again.prompt())
    again.answer(phone.wait().code)
    assert again.ended(), again.text
    assert len(phone.messages()) == 1


def test_email_down_and_the_text_is_sent_and_the_prompt_says_so(sshd, phone):
    sshd.configure(provider__relay__url=f"smtp://127.0.0.1:{host.free_port()}", provider__relay__tls="none",
                   provider__relay__ca_file=None, provider__relay__username=None, provider__relay__password_file=None)
    login = sshd.ssh("alice")
    line = login.prompt()
    assert re.fullmatch(r"Email failed, so the code was texted to the phone ending 67 \(ref [A-Z]{3}\)\.", line), line
    login.answer(phone.wait().code)
    assert login.ended(), login.text
    assert "channel=email provider=relay" in sshd.wait_for_event("refused")
    assert "channel=sms provider=kannel" in sshd.wait_for_event("sent")


def test_gateway_down_and_the_mail_is_sent_and_the_prompt_says_so(sshd, mailbox):
    sshd.configure(provider__kannel__url=preset(host.free_port())["url"])
    login = sshd.ssh("bob")
    line = login.prompt()
    assert re.fullmatch(r"Texting failed, so the code was emailed to b\*\*\*@e\*\*\*\.org \(ref [A-Z]{3}\)\.", line), line
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text


def test_C03_both_channels_down_is_told_and_denied_and_the_cooldown_runs(sshd, phone, mailbox):
    sshd.configure(delivery__wait="2s", provider__kannel__url=preset(host.free_port())["url"],
                   provider__relay__url=f"smtp://127.0.0.1:{host.free_port()}", provider__relay__tls="none",
                   provider__relay__ca_file=None, provider__relay__username=None, provider__relay__password_file=None)
    assert_not_sent(sshd.ssh("alice"))
    refused = sshd.wait_for_event("refused", count=2)
    assert "channel=sms" in refused
    assert_not_sent(sshd.ssh("alice"))
    assert len(sshd.events("refused")) == 2
    assert not phone.messages() and not mailbox.messages()


def test_a_letter_alone_switches_the_channel_after_the_cooldown(machine, kannel, phone, mailbox):
    use_kannel(machine, kannel)
    machine.otpcode("contact", "add", "alice", "--sms", NUMBER)
    machine.own_clock()
    machine.start_sshd()
    login = machine.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    first = mailbox.wait().code
    login.answer("s")
    assert login.prompt().startswith("You can ask again in ")
    machine.move_clock(31)
    login.answer("S")
    line = login.prompt()
    assert TEXTED_AGAIN.match(line) and TEXTED_AGAIN.match(line).group(1) == ref, line
    second = phone.wait()
    assert ref in second.text and second.code != first
    login.answer("e")
    assert login.prompt().startswith("You can ask again in ")
    machine.move_clock(31 + 61)
    login.answer("e")
    assert SENT_AGAIN.match(login.prompt()).group(1) == ref
    mailbox.wait(2)
    login.answer(first)
    assert login.ended(), login.text
    assert len(phone.messages()) == 1


def test_a_switch_to_where_nothing_is_registered_says_so_and_sends_nothing(sshd, phone, mailbox):
    sshd.otpcode("contact", "remove", "alice", "2")
    login = sshd.ssh("alice")
    ref = SENT.match(login.prompt()).group(1)
    code = mailbox.wait().code
    login.answer("s")
    assert login.prompt() == f"No code can be texted to you. The code already sent (ref {ref}) still works."
    login.answer(code)
    assert login.ended(), login.text
    assert not phone.messages() and len(mailbox.messages()) == 1


def test_C50_wrong_password_for_the_gateway_is_a_refusal_in_its_own_words(sshd, phone, mailbox):
    sshd.write_password(sshd.etc / "otpcode/kannel.password", "not-the-password")
    sshd.configure(email__providers=None, email__from=None)
    assert_not_sent(sshd.ssh("bob"))
    refused = sshd.wait_for_event("refused")
    assert "403" in refused and "Authorization failed for sendsms" in refused, refused
    assert "not-the-password" not in "\n".join(sshd.log.lines())
    assert not phone.messages() and not mailbox.messages()


def test_C41_a_number_outside_the_allowed_countries_is_never_sent_to(sshd, phone):
    sshd.configure(email__providers=None, email__from=None, sms__allow_prefixes="+44,+49")
    assert_not_sent(sshd.ssh("bob"))
    refused = sshd.wait_for_event("refused")
    assert "[sms] allow_prefixes is +44,+49" in refused and NUMBER[1:] not in refused
    assert not phone.messages()
    refused = sshd.otpcode("contact", "add", "alice", "--sms", "+15550000000", check=False)
    assert refused.returncode == 1 and "[sms] allow_prefixes is +44,+49" in refused.stderr


def test_a_template_of_ones_own_is_texted_in_one_piece(sshd, phone):
    template = sshd.etc / "otpcode/sms.txt"
    template.write_text("Code {code} for “{host}” – {ref} [{user}] ~ 1 € …\n")
    sshd.configure(sms__template="/etc/otpcode/sms.txt")
    login = sshd.ssh("bob")
    ref = TEXTED.match(login.prompt()).group(1)
    message = phone.wait()
    assert message.text == f'Code {message.code} for "login.example.org" - {ref} [bob] ~ 1 € ...'
    login.answer(message.code)
    assert login.ended(), login.text
    template.write_text("Code {code}\n{cod}\n")
    login = sshd.ssh("bob")
    assert "Texting failed, so the code was emailed to " in login.prompt()
    assert "/etc/otpcode/sms.txt:2: unknown placeholder {cod}; there are {code} {ref}" in sshd.wait_for_event("refused")
    login.hang_up()

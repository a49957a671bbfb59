# SPDX-License-Identifier: BSD-2-Clause
"""What a login over a real sshd says, and which way the code goes, when a relay or a gateway hangs, drops, floods or leads away."""

import re
import shutil
import time

import pytest

import mail
from gateways import reply
from test_gateway_login import JSON, NUMBER, SECRET, assert_not_sent, code_of, gateway  # noqa: F401
from test_gateways import GIB, answering, flood
from test_relay import plain

TEXTED = re.compile(r"A 6-digit code was texted to the phone ending 67 \(ref [A-Z]{3}\)\. None\? Press Enter\.")
TEXTED_INSTEAD = re.compile(r"Email failed, so the code was texted to the phone ending 67 \(ref [A-Z]{3}\)\.")
MAILED_INSTEAD = re.compile(r"Texting failed, so the code was emailed to b\*\*\*@e\*\*\*\.org \(ref [A-Z]{3}\)\.")
WAIT_S = 6


@pytest.fixture
def authority(tmp_path):
    return mail.Authority(tmp_path)


@pytest.fixture
def both(machine, authority):
    """alice has an email address, then a phone; bob has both the other way round. both(relay, gateway) are keys of their sections."""
    def use(relay=None, gateway=None):
        shutil.copyfile(authority.ca_file, machine.etc / "otpcode/test.pem")
        if relay:
            machine.replace_relays({"relay": relay})
        machine.write_password(machine.etc / "otpcode/gateway.password", SECRET)
        keys = {"json": JSON, "password_file": "/etc/otpcode/gateway.password", **gateway}
        machine.configure(delivery__wait=f"{WAIT_S}s", sms__providers="gateway", sms__from="OTP", sms__allow_prefixes="+1555",
                          **{f"provider__gateway__{key}": value for key, value in keys.items()})
        for user in ("alice", "bob"):
            machine.otpcode("contact", "add", user, "--sms", NUMBER)
        machine.otpcode("contact", "order", "bob", "2", "1")
        machine.start_sshd()
        return machine
    return use


@pytest.fixture
def relay(request):
    def start(**how):
        begun = mail.ScriptedServer(**how).start()
        request.addfinalizer(begun.stop)
        return begun
    return start


def http(port):
    return {"url": f"http://localhost:{port}/"}


def secured(scheme, port):
    return {"url": f"{scheme}://localhost:{port}", "tls": "required", "ca_file": "/etc/otpcode/test.pem"}


def taken(*_):
    return reply(200, {"ok": True})


# A relay.


RELAYS = {
    "accepts and hangs": (lambda _: {"hang": {"BANNER"}}, lambda port: plain(port), "no answer in time from "),
    "hangs at the hello": (lambda _: {"hang": {"EHLO"}}, lambda port: plain(port), "no answer in time from "),
    "accepts and drops": (lambda _: {"replies": {"BANNER": None}}, lambda port: plain(port), "connection lost to "),
    "drops before the body": (lambda _: {"replies": {"DATA": None}}, lambda port: plain(port), "connection lost to "),
    "half-open TLS": (lambda _: {"hang": {"BANNER"}}, lambda port: secured("smtps", port), "no answer in time from "),
    "half-open TLS after STARTTLS": (lambda ca: {"hang": {"HANDSHAKE"}, "tls": ca.issue()}, lambda port: secured("smtp", port),
                                     "no answer in time from "),
}


@pytest.mark.parametrize("fault", RELAYS)
def test_relay_that_fails_and_the_text_is_sent_within_the_wait(both, relay, gateway, authority, fault):  # noqa: F811
    how, keys, why = RELAYS[fault]
    bad, good = relay(**how(authority)), gateway(taken)
    machine = both(keys(bad.port), http(good.port))
    login = machine.ssh("alice")
    line = login.prompt()
    assert TEXTED_INSTEAD.fullmatch(line), line
    sent = machine.wait_for_event("sent")
    assert "channel=sms" in sent and not machine.events("slow")
    assert why in machine.wait_for_event("refused")
    login.answer(code_of(good.requests[0]))
    assert login.ended(), login.text
    assert bad.connections >= 1 and not bad.messages() and len(good.requests) == 1


@pytest.mark.parametrize("fault", RELAYS)
def test_C03_relay_that_fails_and_nothing_else_is_told_and_denied(machine, relay, authority, fault):
    how, keys, _ = RELAYS[fault]
    bad = relay(**how(authority))
    shutil.copyfile(authority.ca_file, machine.etc / "otpcode/test.pem")
    machine.replace_relays({"relay": keys(bad.port)})
    machine.configure(delivery__wait="2s")
    machine.start_sshd()
    assert_not_sent(machine.ssh("alice"))
    assert not bad.messages() and not machine.events("verified")


@pytest.mark.parametrize("how", [{"replies": {"BODY": None}}, {"hang": {"BODY"}}], ids=["drops", "hangs"])
def test_relay_that_is_lost_after_the_body_and_nothing_is_texted_on_top(both, relay, gateway, how):  # noqa: F811
    bad, good = relay(**how), gateway(taken)
    machine = both(plain(bad.port), http(good.port))
    login = machine.ssh("alice")
    assert login.prompt().startswith("Mail to a***@e***.org is slow (ref ")
    login.answer(mail.poll(bad.messages, 10, "the message")[0].code)
    assert login.ended(), login.text
    assert len(bad.messages()) == 1 and not good.connections


def test_relay_that_hangs_at_the_receiver_is_slow_and_its_mail_works_when_it_goes_on(both, relay, gateway):  # noqa: F811
    bad, good = relay(hang={"RCPT"}), gateway(taken)
    machine = both(plain(bad.port), http(good.port))
    login = machine.ssh("alice")
    assert login.prompt().startswith("Mail to a***@e***.org is slow (ref ")
    assert not bad.messages()
    bad.release()
    login.answer(mail.poll(bad.messages, 10, "the message")[0].code)
    assert login.ended(), login.text
    assert len(bad.messages()) == 1 and not good.connections


# A gateway.


def test_gateway_of_half_open_tls_and_the_mail_is_sent_within_the_wait(both, relay, mailbox):
    silent = relay(hang={"BANNER"})
    machine = both(gateway={"url": f"https://localhost:{silent.port}/", "ca_file": "/etc/otpcode/test.pem"})
    login = machine.ssh("bob")
    line = login.prompt()
    assert MAILED_INSTEAD.fullmatch(line), line
    assert f"no answer in time from localhost:{silent.port}" in machine.wait_for_event("refused")
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert silent.connections >= 1


def endless(status):
    return flood(f"HTTP/1.1 {status} x\r\nContent-Length: {GIB}\r\n\r\n".encode(), b"a" * 65536, GIB // 65536)


def test_C40_gateway_that_takes_it_with_1_gib_of_words_is_cut_off_and_the_code_works(both, gateway):  # noqa: F811
    begun = gateway(endless(200))
    machine = both(gateway=http(begun.port))
    login = machine.ssh("bob")
    line = login.prompt()
    assert TEXTED.fullmatch(line), line
    login.answer(code_of(begun.requests[0]))
    assert login.ended(), login.text
    assert begun.flooded < GIB // 16 and begun.connections == 1


def test_C40_gateway_that_refuses_with_1_gib_of_words_is_cut_off_and_the_mail_is_sent(both, gateway, mailbox):  # noqa: F811
    begun = gateway(endless(400))
    machine = both(gateway=http(begun.port))
    login = machine.ssh("bob")
    line = login.prompt()
    assert MAILED_INSTEAD.fullmatch(line), line
    assert len(machine.wait_for_event("refused")) < 1000
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert begun.flooded < GIB // 16 and begun.connections == 1


@pytest.mark.parametrize("status", [302, 307])
def test_C40_gateway_that_leads_elsewhere_is_not_followed_and_the_mail_is_sent(both, gateway, mailbox, status):  # noqa: F811
    elsewhere = gateway(taken)
    begun = gateway(answering(reply(status, "", Location=f"http://localhost:{elsewhere.port}/")))
    machine = both(gateway=http(begun.port))
    login = machine.ssh("bob")
    line = login.prompt()
    assert MAILED_INSTEAD.fullmatch(line), line
    assert "a redirect, which is not followed" in machine.wait_for_event("refused")
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert begun.connections == 1 and elsewhere.connections == 0


def test_gateway_with_a_retry_after_within_the_wait_is_asked_again_and_the_text_is_sent(both, gateway, mailbox):  # noqa: F811
    asked = []

    def slowly(*_):
        asked.append(time.monotonic())
        return reply(429, "slowly", "text/plain", Retry_After="2") if len(asked) == 1 else reply(200)
    begun = gateway(slowly)
    machine = both(gateway=http(begun.port))
    login = machine.ssh("bob")
    line = login.prompt()
    assert TEXTED.fullmatch(line), line
    login.answer(code_of(begun.requests[1]))
    assert login.ended(), login.text
    assert len(asked) == 2 and asked[1] - asked[0] >= 2 and not mailbox.messages()


def test_gateway_with_a_retry_after_beyond_the_wait_is_left_and_the_mail_is_sent(both, gateway, mailbox):  # noqa: F811
    begun = gateway(answering(reply(429, "quota", "text/plain", Retry_After="3600")))
    machine = both(gateway=http(begun.port))
    login = machine.ssh("bob")
    line = login.prompt()
    assert MAILED_INSTEAD.fullmatch(line), line
    assert "HTTP 429: quota" in machine.wait_for_event("refused")
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    assert len(begun.requests) == 1

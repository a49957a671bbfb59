# SPDX-License-Identifier: BSD-2-Clause
"""What a login over a real sshd says, and what leaves the machine, when codes go by an HTTP gateway."""

import re
import time

import pytest

import gateways
import host
import mail
from gateways import reply

NUMBER, SECRET = "+15551234567", "a token"
TEXTED = re.compile(r"^A 6-digit code was texted to the phone ending 67 \(ref ([B-DF-HJ-NP-TV-Z]{3})\)\. None\? Press Enter\.$")
JSON = '{"to": "{to}", "from": "{from}", "text": "{text}", "ref": "{ref}", "host": "{host}", "user": "{user}"}'


@pytest.fixture
def gateway(request):
    def start(provider, **how):
        begun = gateways.Gateway(provider, **how).start()
        request.addfinalizer(begun.stop)
        return begun
    return start


@pytest.fixture
def texting(machine):
    """alice has a phone and nothing else; texting(name=port, ...) are the gateways in their order, all plain JSON."""
    def use(wait="10s", **ports):
        machine.write_password(machine.etc / "otpcode/gateway.password", SECRET)
        keys = {}
        for name, port in ports.items():
            keys |= {f"provider__{name}__url": f"http://localhost:{port}/", f"provider__{name}__json": JSON,
                     f"provider__{name}__password_file": "/etc/otpcode/gateway.password"}
        machine.configure(**{"sms__providers": ",".join(ports), "sms__from": "OTP", "sms__allow_prefixes": "+1555",
                             "delivery__wait": wait, **keys})
        machine.otpcode("contact", "add", "alice", "--sms", NUMBER)
        machine.otpcode("contact", "remove", "alice", "1")
        machine.start_sshd()
        return machine
    return use


def code_of(request):
    return re.search(r"\b[0-9]{6}\b", request.json["text"]).group(0)


def assert_not_sent(login):
    assert not login.ended()
    assert "Your code could not be sent. Try later. Help: helpdesk@example.org" in login.text
    assert "texted" not in login.text and "Verification code" not in login.text


def test_texted_code_opens_the_login(texting, gateway):
    begun = gateway(lambda *_: reply(200, {"ok": True}))
    machine = texting(gateway=begun.port)
    login = machine.ssh("alice")
    ref = TEXTED.match(login.prompt()).group(1)
    request, = begun.requests
    assert request.json["ref"] == ref and request.json["to"] == NUMBER and request.json["user"] == "alice"
    login.answer(code_of(request))
    assert login.ended(), login.text
    assert "channel=sms" in machine.wait_for_event("sent")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 302])
def test_C50_refusal_is_never_called_sent(texting, gateway, status):
    begun = gateway(lambda *_: reply(status, "these words", "text/plain", Location="http://localhost:1/"))
    machine = texting(gateway=begun.port)
    assert_not_sent(machine.ssh("alice"))
    assert ("these words" if status != 302 else "redirect") in machine.wait_for_event("refused")
    assert begun.connections == 1


def test_C50_answer_200_that_says_no_is_never_called_sent(texting, gateway):
    begun = gateway(lambda *_: reply(200, {"status": "4", "error": "no credit"}))
    machine = texting(gateway=begun.port)
    machine.configure(provider__gateway__success_json="status=0", provider__gateway__error_json="error")
    assert_not_sent(machine.ssh("alice"))
    assert "its status is 4: no credit" in machine.wait_for_event("refused")


@pytest.mark.parametrize("answer", [reply(500, "x", "text/plain"), reply(503, ""), reply(429, "quota", "text/plain", Retry_After="60")],
                         ids=["500", "503", "429"])
def test_C03_gateway_that_fails_denies(texting, gateway, answer):
    begun = gateway(lambda *_: answer)
    machine = texting(wait="2s", gateway=begun.port)
    assert_not_sent(machine.ssh("alice"))
    before = begun.connections
    assert_not_sent(machine.ssh("alice"))
    assert begun.connections == before, "a rerun sends nothing"


def test_C03_gateway_that_is_down_or_unknown_denies(texting):
    machine = texting(wait="2s", down=host.free_port(), unknown=1)
    machine.configure(provider__unknown__url="https://gateway.invalid/")
    assert_not_sent(machine.ssh("alice"))


def test_second_gateway_is_used_where_the_first_refuses(texting, gateway):
    first, second = gateway(lambda *_: reply(402, "no credit", "text/plain")), gateway(lambda *_: reply(200))
    machine = texting(first=first.port, second=second.port)
    login = machine.ssh("alice")
    assert TEXTED.match(login.prompt())
    login.answer(code_of(second.requests[0]))
    assert login.ended(), login.text
    assert "provider=second" in machine.wait_for_event("sent")


def test_gateway_that_accepts_after_20_s_gives_the_prompt_within_the_wait_and_its_code_works(texting, gateway):
    def late(begun, _):
        begun._stopping.wait(20)
        return reply(200)
    begun = gateway(late)
    machine = texting(wait="2s", gateway=begun.port)
    start = time.monotonic()
    login = machine.ssh("alice")
    assert " is slow (ref " in login.prompt()
    assert time.monotonic() - start < 10
    machine.wait_for_event("slow")
    # Whoever looks for it finds how it ended, though nobody waited for that any more.
    host.poll(lambda: machine.events("sent", source="otpcode-deliver"), 40, "the late verdict")
    login.answer(code_of(begun.requests[0]))
    assert login.ended(), login.text
    assert len(begun.requests) == 1


def test_C36_gateway_that_is_not_proved_gets_no_code(texting, gateway, tmp_path):
    begun = gateway(lambda *_: reply(200), tls=mail.Authority(tmp_path).issue())
    machine = texting(gateway=begun.port)
    machine.configure(provider__gateway__url=f"https://localhost:{begun.port}/")
    assert_not_sent(machine.ssh("alice"))
    assert "certificate not trusted" in machine.wait_for_event("refused")
    assert begun.connections >= 1 and not begun.received


def test_lost_after_the_request_keeps_the_code(texting, gateway):
    begun = gateway(lambda *_: None)
    machine = texting(gateway=begun.port)
    login = machine.ssh("alice")
    assert " is slow (ref " in login.prompt()
    login.answer(code_of(begun.requests[0]))
    assert login.ended(), login.text

# SPDX-License-Identifier: BSD-2-Clause
"""The hook and gateways that are asked by HTTP: the shipped settings against what each provider documents, and gateways that fail."""

import os
import re
import time

import gateways
import host
import mail
import pytest
from gateways import reply
from test_hook import CODE, REF, TEST, a_request, authority, hook, hook_machine, server  # noqa: F401

NUMBER, SENDER, SECRET = "+4915123456789", "OTPCODE", "s3cret/+& token"
PRESETS = host.TOP / "conf/providers"


@pytest.fixture
def gateway(request):
    """gateway(provider, ...) starts one, ended with the test."""
    def start(provider, **how):
        begun = gateways.Gateway(provider, **how).start()
        request.addfinalizer(begun.stop)
        return begun
    return start


def use_sms(hook, name):
    hook.sections["sms"] = {"providers": name, "from": SENDER, "allow_prefixes": "+49"}


def text_sms(hook, **changes):
    return hook.run(channel="sms", address=NUMBER, **changes)


# The shipped settings.


def install(hook, authority, name, port, **filled_in):
    """The preset as a drop-in, only its url's host and what is to be filled in replaced."""
    text = (PRESETS / f"{name}.conf").read_text()
    url = re.search(r"^url=(https?)://([^/]+)(.*)$", text, re.M)
    text = text.replace(url.group(0), f"url={url.group(1)}://localhost:{port}{url.group(3)}")
    for word, value in filled_in.items():
        assert word in text, f"{name}.conf has no {word} to fill in"
        text = text.replace(word, value)
    text = re.sub(r"^password_file=.*$", f"password_file={hook.password_file(SECRET)}", text, flags=re.M)
    if url.group(1) == "https":
        text += f"ca_file={hook.ca_file(authority.ca_file)}\n"
    (hook.machine.etc / hook.folder / "otpcode.conf.d").mkdir()
    hook.stage(f"otpcode.conf.d/{name}.conf", text)
    use_sms(hook, name)


CASES = {
    "twilio": (lambda: gateways.Twilio("AC1234", SECRET), {"ACCOUNT_SID": "AC1234"}),
    "vonage": (lambda: gateways.Vonage("a1b2c3", SECRET), {"API_KEY": "a1b2c3"}),
    "sns": (lambda: gateways.Sns("AKIA1234", SECRET, "eu-central-1"), {"REGION": "eu-central-1", "ACCESS_KEY_ID": "AKIA1234"}),
    "bird": (lambda: gateways.Bird("w-1", "c-2", SECRET), {"WORKSPACE_ID": "w-1", "CHANNEL_ID": "c-2"}),
    "plivo": (lambda: gateways.Plivo("MA12", SECRET), {"AUTH_ID": "MA12"}),
    "sinch": (lambda: gateways.Sinch("plan77", SECRET), {"SERVICE_PLAN_ID": "plan77"}),
    "kannel": (lambda: gateways.Kannel("otpcode", SECRET), {}),
    "webhook": (lambda: gateways.Webhook("/send", SECRET), {}),
}


def preset_gateway(hook, authority, gateway, name):
    make, filled_in = CASES[name]
    tls = None if name == "kannel" else authority.issue()
    begun = gateway(make(), tls=tls)
    install(hook, authority, name, begun.port, **filled_in)
    return begun


def test_every_preset_has_a_case_or_is_a_command():
    for path in PRESETS.glob("*.conf"):
        assert path.stem in CASES or re.search(r"^command=", path.read_text(), re.M), path


@pytest.mark.parametrize("name", CASES)
def test_preset_sends_what_the_provider_documents(hook, authority, gateway, name):
    begun = preset_gateway(hook, authority, gateway, name)
    verdict, status = text_sms(hook)
    assert not begun.refused, begun.refused
    assert verdict.startswith(f"sent {name} ") and status == os.EX_OK
    sms, = begun.sent
    assert sms.to == NUMBER and CODE in sms.text and REF in sms.text
    assert sms.sender in (SENDER, None) and (sms.ident is None or re.match(r"[0-9a-f]{32}$", sms.ident))


@pytest.mark.parametrize("name", CASES)
def test_C50_preset_tells_the_providers_own_words_of_a_refusal(hook, authority, gateway, name):
    begun = preset_gateway(hook, authority, gateway, name)
    hook.password_file("another secret")
    verdict, status = text_sms(hook)
    assert status == os.EX_UNAVAILABLE and not begun.sent
    words = begun.refused[0]
    assert re.match(rf"refused {name} HTTP 40[13]: .*{words}", verdict), verdict
    hook.wait_for_log(f"event=refused ref={REF} provider={name} ")


def test_preset_that_is_not_filled_in_sends_nothing(hook, authority, gateway):
    begun = gateway(gateways.Twilio("AC1234", SECRET), tls=authority.issue())
    install(hook, authority, "twilio", begun.port)
    assert text_sms(hook)[0].startswith("refused twilio HTTP 404: ") and not begun.sent


# What stands in a request.


def webhook(hook, port, authority=None, name="gateway", path="/", **keys):
    """A provider of the channel email; by TLS where there is an authority."""
    if not {"form", "json"} & set(keys) and "?" not in path and keys.get("method") != "GET":
        keys["json"] = '{"to": "{to}", "text": "{text}"}'
    if authority:
        keys["ca_file"] = hook.ca_file(authority.ca_file)
    hook.provider(name, f"{port}{path}", "https" if authority else "http", **keys)


def taken(gateway, request):
    return reply(200, {"ok": True})


EVIL = "a\"b\\c'd&e=f%g+h#i?j/k{l}{code}<m>;n,o:p"


def test_C39_value_cannot_leave_its_place(hook, gateway):
    begun = gateway(taken)
    webhook(hook, begun.port, path="/a?u={user}&c={code}&t={to}", json='{"u": "{user}", "l": ["{user}{code}"], "n": 1}')
    hook.sections["provider gateway"]["header.1"] = "X-User: {user}"
    assert hook.run(user=EVIL)[0].startswith("sent gateway ")
    request, = begun.requests
    assert request.fields(request.raw_query) == {"u": EVIL, "c": CODE, "t": "alice@example.org"} and request.path == "/a"
    assert request.json == {"u": EVIL, "l": [EVIL + CODE], "n": 1}
    assert request.header("x-user") == EVIL


def test_C39_value_cannot_leave_its_place_in_a_form(hook, gateway):
    begun = gateway(taken)
    webhook(hook, begun.port, form="u={user}&t={text}&c=%C3%A4{to}", method="PUT")
    hook.sections["provider gateway"]["header.2"] = "X-Text: {text}"
    assert hook.run(user=EVIL)[0].startswith("sent gateway ")
    request, = begun.requests
    form = request.form
    assert request.method == "PUT" and (form["u"], form["c"]) == (EVIL, "ä" + "alice@example.org") and CODE in form["t"]
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    # Lines became blanks: had one of them begun a header, the request would have more of them.
    assert CODE in request.header("x-text") and len(request.header("x-text")) > 200
    assert {name for name, _ in request.headers} == {"host", "user-agent", "accept", "x-text", "content-type", "content-length"}


def test_text_with_other_letters_arrives_whole_in_json(hook, gateway):
    begun = gateway(taken)
    template = "Subject: x\n\nКод {code} – \"bestätigen\" \\n 😀\n"
    webhook(hook, begun.port)
    hook.sections["email"]["template"] = hook.stage("template", template)
    assert hook.run()[0].startswith("sent gateway ")
    assert begun.requests[0].json["text"] == f"Код {CODE} – \"bestätigen\" \\n 😀\n"


def test_json_that_is_none_is_a_fault_of_the_configuration(hook, gateway):
    begun = gateway(taken)
    webhook(hook, begun.port, json='{"to": "{to}", "text": "{text}",}')
    verdict, status = hook.run()
    assert verdict.startswith("config [provider gateway] json is not JSON at character ") and status == os.EX_CONFIG
    assert not begun.requests


# What the answer means.


def answering(*answers):
    """Each answer once, the last one from then on."""
    left = list(answers)
    return lambda gateway, request: left.pop(0) if len(left) > 1 else left[0]


@pytest.mark.parametrize("answer, words", [
    (reply(400, {"error": {"detail": ["no such\tnumber"]}}), "HTTP 400: no such number"),
    (reply(401, "who are you?\nsecond line", "text/plain"), "HTTP 401: who are you?"),
    (reply(403, "", "text/plain"), "HTTP 403"),
    (reply(404, "<html><head><title>404 Not Found</title></head>\n<body>x</body></html>", "text/html"),
     "HTTP 404: 404 Not Found x"),
    (reply(422, {"error": 12, "why": "y"}), 'HTTP 422: {"error": 12, "why": "y"}'),
    (reply(400, b"\xff\xfe\x00\x1b[31mred\x07", "text/plain"), "HTTP 400: [31mred"),
    (reply(400, "x" * 3000, "text/plain"), "HTTP 400: " + "x" * 158),
    (reply(304, "", "text/plain"), "a redirect, which is not followed: url is not where localhost:PORT takes messages"),
])
def test_C50_refusal_is_told_in_the_gateways_words(hook, gateway, answer, words):
    begun = gateway(answering(answer))
    webhook(hook, begun.port, error_json="error.detail.0")
    verdict, status = hook.run()
    assert verdict == f"refused gateway {words.replace('PORT', str(begun.port))}" and status == os.EX_UNAVAILABLE
    assert begun.connections == 1, "a refusal is not tried again"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_C03_failure_for_now_is_told_as_such(hook, gateway, status):
    begun = gateway(answering(reply(status, {"error": "overloaded"})))
    webhook(hook, begun.port, error_json="error")
    verdict, code = hook.run(wait_ms=1000)
    assert verdict == f"later gateway HTTP {status}: overloaded" and code == os.EX_TEMPFAIL


def test_neither_code_nor_number_is_repeated(hook, gateway):
    begun = gateway(lambda _, request: reply(400, f"bad {request.json['to']} 4915123456789 %2B49 151 234 567 89: {CODE[:3]} {CODE[3:]}",
                                             "text/plain"))
    webhook(hook, begun.port)
    use_sms(hook, "gateway")
    verdict, _ = text_sms(hook)
    assert "15123" not in verdict and CODE[:3] not in verdict and verdict.startswith("refused gateway HTTP 400: bad ***"), verdict


def test_password_is_not_repeated(hook, gateway):
    begun = gateway(lambda _, request: reply(404, f"no {request.target}, no {SECRET}", "text/plain"))
    webhook(hook, begun.port, path="/x?p={password}&t={to}&c={code}", password_file=hook.password_file(SECRET))
    verdict, _ = hook.run()
    assert verdict.startswith("refused gateway HTTP 404: no /x?p=***") and verdict.endswith(", no " + "*" * len(SECRET))
    assert b"s3cret%2F" in begun.received and not [line for line in hook.log() if "s3cret" in line]


@pytest.mark.parametrize("before", [33, 36, 39, 149, 153, 156])
@pytest.mark.parametrize("rules", [{"error_json": "e"}, {"success_json": "s=0"}, {}])
def test_C38_half_a_code_is_not_repeated_where_an_answer_is_cut(hook, gateway, before, rules):
    words = "x" * before + CODE
    answer = {"s": words, "e": words} if rules else words
    begun = gateway(lambda _, request: reply(200 if "success_json" in rules else 400, answer))
    webhook(hook, begun.port, **rules)
    verdict, _ = hook.run()
    assert verdict.startswith("refused gateway HTTP ") and f"x{CODE[0]}" not in verdict, verdict


def test_email_address_in_a_url_is_not_repeated(hook, gateway):
    begun = gateway(lambda _, request: reply(404, f"no {request.target}", "text/plain"))
    webhook(hook, begun.port, path="/x?to={to}&c={code}")
    verdict, _ = hook.run()
    assert "alice" not in verdict and CODE not in verdict and "no /x?to=***" in verdict


@pytest.mark.parametrize("rules, body, verdict", [
    ({"success_json": "messages.0.status=0"}, {"messages": [{"status": "0"}]}, "sent gateway "),
    ({"success_json": "messages.0.status=0"}, {"messages": [{"status": 0}]}, "sent gateway "),
    ({"success_json": "ok=true"}, {"ok": True}, "sent gateway "),
    ({"success_json": "messages.0.status=0", "error_json": "messages.0.error"},
     {"messages": [{"status": "4", "error": "Bad Credentials"}]},
     "refused gateway HTTP 200, but its messages.0.status is 4: Bad Credentials"),
    ({"success_json": "ok=true"}, {"no": 1}, 'refused gateway HTTP 200, but its ok is missing: {"no": 1}'),
    ({"success_json": "ok=true"}, "not JSON", "refused gateway HTTP 200, but its ok is missing: not JSON"),
    ({"success_text": "OK"}, "ID: OK", "sent gateway "),
    ({"success_text": "OK"}, "ERR: 108", "refused gateway HTTP 200, but success_text is not in its answer: ERR: 108"),
    ({"success_text": "OK", "success_json": "ok=true"}, {"OK": 0, "ok": True}, "sent gateway "),
    ({"success_status": "201,202"}, "done", "refused gateway HTTP 200, which is not in success_status: done"),
    ({"success_status": "201,200"}, "done", "sent gateway "),
])
def test_success_is_what_the_rules_say(hook, gateway, rules, body, verdict):
    begun = gateway(answering(reply(200, body)))
    webhook(hook, begun.port, **rules)
    assert hook.run()[0].startswith(verdict)


def test_retry_after_is_honoured_within_the_wait(hook, gateway):
    begun = gateway(answering(reply(429, "slowly", "text/plain", Retry_After="3"), reply(200)))
    webhook(hook, begun.port)
    start = time.monotonic()
    assert hook.run(wait_ms=10000)[0].startswith("sent gateway ")
    assert time.monotonic() - start >= 3 and begun.connections == 2


def test_retry_after_beyond_the_wait_ends_it_and_the_next_provider_is_asked(hook, gateway):
    busy = gateway(answering(reply(429, "quota", "text/plain", Retry_After="3600")))
    webhook(hook, busy.port, name="busy")
    assert hook.run()[0] == "later busy HTTP 429: quota" and busy.connections == 1
    free = gateway(taken)
    webhook(hook, free.port, name="free")
    assert hook.run()[0].startswith("sent free ")


# Connections.


def test_C03_gateway_that_is_down_or_unknown(hook):
    port = host.free_port()
    webhook(hook, port)
    assert hook.run(wait_ms=1000)[0] == f"later gateway connection refused at localhost:{port}"
    hook.sections["provider gateway"]["url"] = "https://gateway.invalid/"
    assert hook.run(wait_ms=1000)[0] == "later gateway host name not found: gateway.invalid:443"


@pytest.mark.parametrize("fault", ["another authority", "expired", "another host", "self-signed"])
def test_C36_gateway_that_is_not_proved_gets_no_code(hook, gateway, authority, tmp_path, fault):
    certificate = {"another authority": lambda: mail.Authority(tmp_path, "other").issue(), "expired": lambda: authority.issue(days=-1),
                   "another host": lambda: authority.issue("gateway.example.net"), "self-signed": authority.self_signed}[fault]()
    begun = gateway(taken, tls=certificate)
    webhook(hook, begun.port, authority)
    verdict, _ = hook.run()
    assert verdict.startswith(f"refused gateway certificate not trusted: localhost:{begun.port}: ")
    assert begun.connections == 1 and not begun.requests and not begun.received


def test_C36_plain_gateway_behind_an_https_url_gets_no_code(hook, gateway, authority):
    begun = gateway(taken)
    webhook(hook, begun.port, authority)
    assert hook.run(wait_ms=1000)[0].startswith("later gateway ")
    assert CODE.encode() not in begun.received


def test_half_open_tls_is_given_up_and_the_next_provider_is_asked(hook, gateway, authority, server):
    silent = server(hang={"BANNER"})
    webhook(hook, silent.port, authority, name="silent")
    free = gateway(taken)
    webhook(hook, free.port, name="free")
    verdict, _ = hook.run(wait_ms=4000)
    assert verdict.startswith("sent free ") and int(verdict.split()[-1]) < 4000
    hook.wait_for_log(f'provider=silent why="no answer in time from localhost:{silent.port}"')


def test_client_certificate_is_shown(hook, gateway, authority, tmp_path):
    begun = gateway(taken, tls=authority.issue(), client_ca=authority.ca_file)
    webhook(hook, begun.port, authority)
    verdict, _ = hook.run()
    assert verdict.startswith(f"refused gateway localhost:{begun.port} does not accept client_cert, or asks for one: ")
    assert not begun.requests
    certificate, key = authority.issue("client.example.org")
    hook.sections["provider gateway"] |= {"client_cert": hook.stage("client.pem", open(certificate).read()),
                                         "client_key": hook.password_file(open(key).read(), name="client.key")}
    assert hook.run()[0].startswith("sent gateway ")
    hook.password_file(open(key).read(), mode=0o644, name="client.key")
    assert hook.run()[0].startswith("config ") and len(begun.requests) == 1


def test_proxy_is_used_only_where_it_is_configured(hook, gateway, authority):
    begun = gateway(taken, tls=authority.issue())
    webhook(hook, begun.port, authority)
    asked = []

    def proxy(_, request):
        asked.append((request.method, request.target, request.headers))
        return reply(403, "not here", "text/plain")
    between = gateway(proxy)
    env = {"https_proxy": f"http://localhost:{between.port}", "ALL_PROXY": f"http://localhost:{between.port}"}
    process = hook.start(a_request(), env=env)
    assert process.stdout.read().startswith(b"sent gateway ") and not asked
    hook.sections["provider gateway"]["proxy"] = f"http://localhost:{between.port}"
    assert hook.run(wait_ms=1000)[0].startswith("later gateway ") and len(begun.requests) == 1
    assert asked[0][:2] == ("CONNECT", f"localhost:{begun.port}")
    assert CODE.encode() not in between.received


def test_lost_after_the_request_is_unknown_and_not_sent_again(hook, gateway):
    begun = gateway(lambda *_: None)
    webhook(hook, begun.port)
    other = gateway(taken)
    webhook(hook, other.port, name="other")
    verdict, status = hook.run()
    assert verdict == f"unknown gateway no answer to the message from localhost:{begun.port}" and status == os.EX_IOERR
    assert begun.connections == 1 and other.connections == 0


def test_lost_after_the_request_is_tried_again_with_the_same_key_where_the_gateway_knows_it(hook, gateway):
    provider = gateways.Webhook("/", SECRET)
    lost = []

    def lose_the_first(begun, request):
        answer = begun.judge(provider, request)
        lost.append(request.header("idempotency-key"))
        return None if len(lost) == 1 else answer
    begun = gateway(lose_the_first)
    other = gateway(taken)
    webhook(hook, begun.port, json='{"to": "{to}", "from": "{from}", "text": "{text}", "ref": "{ref}", "host": "{host}", "user": "{user}"}',
            password_file=hook.password_file(SECRET))
    hook.sections["provider gateway"]["header.1"] = "Idempotency-Key: {id}"
    webhook(hook, other.port, name="other")
    assert hook.run()[0].startswith("sent gateway ")
    assert len(lost) == 2 and lost[0] == lost[1] and other.connections == 0
    assert len({sms.ident for sms in begun.sent}) == 1
    hook.run()
    assert lost[2] != lost[0], "another message has another key"


def test_lost_again_and_again_is_unknown_in_the_end(hook, gateway):
    begun = gateway(lambda *_: None)
    webhook(hook, begun.port)
    hook.sections["provider gateway"]["header.5"] = "X-Request-Id: {id}"
    assert hook.run(wait_ms=3000)[0] == f"unknown gateway no answer to the message from localhost:{begun.port}"
    assert begun.connections >= 2 and len({request.header("x-request-id") for request in begun.requests}) == 1


def test_gateway_that_accepts_late_is_heard_in_the_background(hook, gateway):
    def late(begun, _):
        begun._released.wait()
        return reply(200)
    begun = gateway(late)
    webhook(hook, begun.port)
    process = hook.start(a_request(wait_ms=1000))
    host.poll(lambda: begun.requests, 5, "the request")
    time.sleep(1.2)
    begun.release()
    assert process.stdout.read().startswith(b"sent gateway ")
    hook.wait_for_log(f"event=sent ref={REF} provider=gateway ms=")


# C40: nothing that a gateway answers leads elsewhere or holds the hook.


@pytest.mark.parametrize("where", ["file:///etc/passwd", "http://localhost:{other}/", "https://localhost:{other}/", "/again", "//localhost:{other}/x",
                                   "smtp://localhost:{other}/", "gopher://localhost:{other}/_x"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_C40_redirect_is_not_followed(hook, gateway, where, status):
    other = gateway(taken)
    begun = gateway(answering(reply(status, "", Location=where.format(other=other.port))))
    webhook(hook, begun.port, username="login", password_file=hook.password_file(SECRET))
    assert hook.run()[0].startswith("refused gateway a redirect, which is not followed: ")
    assert begun.connections == 1 and other.connections == 0


def flood(head, chunk, count, pause=0):
    """head, then count times chunk; how much was taken."""
    def answer(begun, _):
        begun.flooded = 0
        begun.client.sendall(head)
        for _ in range(count):
            if begun._stopping.wait(pause) if pause else False:
                break
            begun.client.sendall(chunk)
            begun.flooded += len(chunk)
        return None
    return answer


GIB = 1 << 30


@pytest.mark.parametrize("status, rules, verdict", [
    (200, {}, "sent gateway "), (200, {"success_json": "ok=true"}, "unknown gateway no answer to the message from "),
    (200, {"success_text": "aaa"}, "sent gateway "), (500, {}, "later gateway HTTP 500: aaa"), (400, {}, "refused gateway HTTP 400: aaa")])
def test_C40_answer_of_1_gib_is_cut_off(hook, gateway, status, rules, verdict):
    head = f"HTTP/1.1 {status} x\r\nContent-Length: {GIB}\r\n\r\n".encode()
    begun = gateway(flood(head, b"a" * 65536, GIB // 65536))
    webhook(hook, begun.port, **rules)
    assert hook.run(wait_ms=1000)[0].startswith(verdict)
    assert begun.flooded < GIB // 16


def test_C40_endless_headers_are_cut_off(hook, gateway):
    begun = gateway(flood(b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 1000 + b"\r\n", GIB // 1000))
    webhook(hook, begun.port)
    hook.run(wait_ms=1000)
    assert begun.flooded < GIB // 16


def test_C40_slow_drip_holds_nobody(hook, gateway):
    begun = gateway(flood(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b"a", 10000, pause=0.1))
    webhook(hook, begun.port)
    verdict, _ = hook.run()
    assert verdict.startswith("sent gateway ") and int(verdict.split()[-1]) < 4000


def test_C40_slow_drip_of_an_answer_that_matters_ends_with_the_code(hook, gateway):
    begun = gateway(flood(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n", b" ", 10000, pause=0.1))
    webhook(hook, begun.port, success_json="ok=true")
    start = time.monotonic()
    verdict, _ = hook.run(works_until="in 5", wait_ms=1000)
    assert verdict.startswith("unknown gateway ") and time.monotonic() - start < 12


@pytest.mark.parametrize("how, want", [
    ({"username": "login"}, "Basic bG9naW46czNjcmV0LysmIHRva2Vu"), ({}, f"Bearer {SECRET}")])
def test_login_is_sent_with_the_first_request(hook, gateway, how, want):
    begun = gateway(taken)
    webhook(hook, begun.port, password_file=hook.password_file(SECRET), **how)
    assert hook.run()[0].startswith("sent gateway ")
    assert begun.requests[0].header("authorization") == want and len(begun.requests) == 1


@pytest.mark.parametrize("mode", [0o644, 0o666])
def test_secret_that_everybody_may_read_is_refused(hook, gateway, mode):
    begun = gateway(taken)
    webhook(hook, begun.port, password_file=hook.password_file(SECRET, mode))
    assert hook.run()[0].startswith("config ") and not begun.requests


def test_C38_code_is_neither_in_arguments_nor_environment(hook, gateway):
    def wait(begun, _):
        begun._released.wait()
        return reply(200)
    begun = gateway(wait)
    webhook(hook, begun.port, path="/?c={code}&u={user}&p={password}", method="GET", password_file=hook.password_file(SECRET))
    process = hook.start(a_request())
    host.poll(lambda: begun.requests, 5, "the request")
    pid = hook.pid(process)
    for name in ("cmdline", "environ"):
        seen = open(f"/proc/{pid}/{name}", "rb").read()
        assert CODE.encode() not in seen and SECRET.encode() not in seen
    begun.release()
    assert process.stdout.read().startswith(b"sent gateway ")


def test_test_message_holds_no_code(hook, gateway):
    begun = gateway(taken)
    webhook(hook, begun.port, json='{"to": "{to}", "text": "{text}", "code": "{code}"}')
    assert hook.run(**TEST)[0].startswith("sent gateway ")
    assert begun.requests[0].json["code"] == "" and begun.requests[0].json["text"]


# The settings and the cookbook as documents.


def check(hook, name, text, sections=None):
    """What config check says to a drop-in beside a main file that uses it."""
    folder = hook.machine.etc / hook.folder / f"check-{name}"
    (folder / "otpcode.conf.d").mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "otpcode.conf").write_text(sections or f"[email]\nfrom=login@example.org\n[sms]\nallow_prefixes=any\nproviders={name}\n")
    (folder / "otpcode.conf.d/x.conf").write_text(text)
    return hook.machine.otpcode("config", "check", "--config", f"/etc/{hook.folder}/check-{name}/otpcode.conf", check=False)


@pytest.mark.parametrize("name", CASES)
def test_preset_as_it_is_installed_is_sound(hook, name):
    done = check(hook, name, (PRESETS / f"{name}.conf").read_text())
    assert done.returncode == 0 and done.stdout.endswith(" is sound\n"), done.stderr


def cookbook():
    return (host.TOP / "docs/providers.md").read_text()


def test_cookbook_names_every_preset_and_what_to_fill_in():
    rows = {row[0]: row[1] for row in re.findall(r"^\| `([a-z]+)\.conf` \| ([^|]*) \|", cookbook(), re.M)}
    for name in CASES:
        settings = "".join(line for line in (PRESETS / f"{name}.conf").open() if not line.startswith("#"))
        assert set(re.findall(r"`([A-Z_]+)`", rows[name])) == set(re.findall(r"\b[A-Z_]{6,}\b", settings)), name


def test_example_of_the_cookbook_is_sound_and_tells_what_its_gateway_says(hook, gateway):
    example = re.search(r"```ini\n(\[provider example\]\n.*?)```", cookbook(), re.S).group(1)
    assert check(hook, "example", example).returncode == 0
    begun = gateway(answering(reply(200, {"messages": [{"status": "4", "error-text": "Bad Credentials"}]}),
                              reply(200, {"messages": [{"status": "0"}]})))
    keys = dict(line.split("=", 1) for line in example.splitlines()[1:])
    keys |= {"url": f"http://localhost:{begun.port}/sms/json", "password_file": hook.password_file(SECRET)}
    hook.sections["provider example"] = keys
    use_sms(hook, "example")
    assert text_sms(hook)[0] == "refused example HTTP 200, but its messages.0.status is 4: Bad Credentials"
    assert text_sms(hook)[0].startswith("sent example ")
    form = begun.requests[1].form
    assert (form["to"], form["from"], form["api_secret"]) == (NUMBER[1:], SENDER, SECRET) and CODE in form["text"]

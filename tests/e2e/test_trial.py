# SPDX-License-Identifier: BSD-2-Clause
"""otpcode test: what it says of each thing that can be wrong, and the conversation that --verbose tells."""

import base64
import json
import os
import pwd
import re
import socket

import gateways
import mail
import pytest
import stage
from conftest import BUILD
from gateways import reply

TO, NUMBER, SECRET = "someone@example.com", "+4915123456789", "s3cret/+& token"


@pytest.fixture
def staged():
    why = stage.missing()
    if why:
        pytest.skip(why)
    with stage.Stage(BUILD) as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return mail.Authority(tmp_path_factory.mktemp("authority"))


def password(staged, text=SECRET):
    path = staged.folder / "password"
    path.write_text(text + "\n")
    path.chmod(0o640)
    os.chown(path, 0, pwd.getpwnam(stage.HOOK_USER).pw_gid)
    return path


def ca_file(staged, authority):
    path = staged.folder / "ca.pem"
    path.write_bytes(open(authority.ca_file, "rb").read())
    path.chmod(0o644)
    return path


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def trial(staged, *words, to=TO):
    """(cause, what is said for people)."""
    told = json.loads(staged.otpcode("test", "--to", to, "--json", *words).stdout)
    plain = staged.otpcode("test", "--to", to, *words).stdout
    assert told["reason"] is None or told["reason"] in plain
    assert told["mend"] is None or plain.endswith(f"\nwhat to do: {told['mend']}\n"), plain
    return told["cause"], plain


def provider(staged, wait="4s", **keys):
    staged.configure(delivery__wait=wait, email__providers="p", **{f"provider__p__{key}": value for key, value in keys.items()})


# What is wrong with a relay.


def test_relay_that_is_right_needs_no_mend(staged):
    with mail.ScriptedServer() as server:
        staged.configure(relay=server.port)
        cause, plain = trial(staged)
    assert cause is None and "what to do" not in plain


def test_dns(staged):
    provider(staged, wait="1s", url="smtp://no-such-name.invalid:25")
    assert trial(staged)[0] == "dns"


def test_port(staged):
    provider(staged, wait="1s", url=f"smtp://127.0.0.1:{closed_port()}")
    assert trial(staged)[0] == "refused"


def test_server_that_says_nothing(staged):
    with mail.ScriptedServer(hang={"BANNER"}) as server:
        provider(staged, wait="1s", url=f"smtp://127.0.0.1:{server.port}")
        assert trial(staged)[0] == "timeout"


def test_server_that_is_slow_with_the_message(staged):
    with mail.ScriptedServer(hang={"BODY"}) as server:
        provider(staged, wait="1s", url=f"smtp://127.0.0.1:{server.port}")
        assert trial(staged)[0] == "timeout"


@pytest.mark.parametrize("fault,cause", [("wrong name", "tls-name"), ("expired", "tls-expired"), ("self-signed", "tls-trust"),
                                         ("none", "tls-missing")])
def test_tls(staged, authority, fault, cause):
    tls = {"wrong name": lambda: authority.issue("elsewhere.example"), "expired": lambda: authority.issue(days=-1),
           "self-signed": authority.self_signed, "none": lambda: None}[fault]()
    with mail.ScriptedServer(tls=tls) as server:
        provider(staged, url=f"smtp://localhost:{server.port}", tls="required", ca_file=ca_file(staged, authority))
        assert trial(staged)[0] == cause


@pytest.mark.parametrize("at,words,cause", [
    ("AUTH", "535 5.7.8 no", "login"), ("MAIL", "550 5.7.1 not as this sender", "sender"), ("MAIL", "452 4.3.1 quota", "quota"), ("BANNER", "421 too many", "server"), ("RCPT", "550 5.1.1 no such user", "recipient"),
    ("RCPT", "550 relay not permitted", "relaying"), ("BODY", "554 5.7.1 spam", "content"), ("DATA", "554 no", "content")])
def test_refusal_of_a_relay(staged, at, words, cause):
    with mail.ScriptedServer(replies={at: words}, offer=["AUTH PLAIN LOGIN"]) as server:
        provider(staged, url=f"smtp://localhost:{server.port}", username="joe", password_file=password(staged))
        told, plain = trial(staged)
        assert told == cause and words in plain


# What is wrong with a gateway, and with a command.


def sms_by(staged, **keys):
    staged.configure(delivery__wait="1s", sms__providers="p", sms__allow_prefixes="+49",
                     **{f"provider__p__{key}": value for key, value in keys.items()})


@pytest.mark.parametrize("status,words,cause", [
    (401, "unknown key", "login"), (403, "forbidden", "login"), (402, "no money", "quota"), (429, "slow down", "quota"),
    (400, "The 'To' number is not a valid phone number", "number"), (400, "bad request", "request"), (500, "oops", "server"),
    (404, "nothing here", "url"), (302, "", "url")])
def test_refusal_of_a_gateway(staged, status, words, cause):
    with gateways.Gateway(lambda gateway, request: reply(status, {"message": words})) as server:
        sms_by(staged, url=f"http://localhost:{server.port}/send", form="to={to}&text={text}", error_json="message")
        told, plain = trial(staged, to=NUMBER)
        assert told == cause and words in plain and NUMBER not in plain


def test_number_of_another_country(staged):
    sms_by(staged, url="http://localhost:9/send", form="to={to}&text={text}")
    cause, plain = trial(staged, to="+15551234567")
    assert cause == "prefixes" and plain.startswith("refused: the message to the phone ending 67 goes to no provider: ")


def test_number_that_nobody_could_dial_is_told_how_one_is_written(staged):
    for number in ("0151 2345678", "4915123456789"):
        assert "a phone number is + and " in staged.refused("test", "--to", number, status=2)


def test_provider_of_the_other_channel_is_not_asked(staged):
    with gateways.Gateway(lambda gateway, request: reply(200, {})) as server:
        sms_by(staged, url=f"http://localhost:{server.port}/send", form="to={to}&text={text}")
        assert "p is not for email" in staged.refused("test", "--to", TO, "--provider", "p")
        assert "relay is not for sms" in staged.refused("test", "--to", NUMBER, "--provider", "relay")
        assert not server.requests


def program(staged, body, mode=0o755):
    path = staged.folder / "program"
    path.write_text(body)
    path.chmod(mode)
    return path


@pytest.mark.parametrize("body,mode,cause", [
    (None, 0, "command"), ("#!/bin/sh\nexit 0\n", 0o644, "command"), ("#!/no/interpreter\n", 0o755, "command"),
    ("#!/bin/sh\nno-such-program\n", 0o755, "command"), ("#!/bin/sh\nexit 0\n", 0o777, "trust"),
    ("#!/bin/sh\nexit 78\n", 0o755, "command"), ("#!/bin/sh\nexit 77\n", 0o755, "login"), ("#!/bin/sh\nexit 67\n", 0o755, "recipient"),
    ("#!/bin/sh\nexit 75\n", 0o755, "server"), ("#!/bin/sh\nexec sleep 100\n", 0o755, "timeout")])
def test_command(staged, body, mode, cause):
    path = program(staged, body, mode) if body else staged.folder / "nothing"
    provider(staged, wait="1s", command=f"{path} {{to}}")
    assert trial(staged)[0] == cause


# What is wrong with the hook.


def hook(staged, body):
    path = program(staged, body)
    staged.configure(delivery__hook=path, delivery__wait="2s")
    return path


@pytest.mark.parametrize("body,outcome,words,cause", [
    ("#!/bin/sh\nexit 0\n", "failed", "ended without a verdict", "hook"),
    ("#!/bin/sh\nprintf 'sent relay'\n", "failed", "ended in the middle of its verdict", "hook"),
    ("#!/bin/sh\necho hello\n", "failed", "not a verdict: ", "hook"),
    ("#!/no/interpreter\n", "failed", "execve: No such file", "command"),
    ("#!/bin/sh\necho config no such thing\n", "config", "no such thing", None)])
def test_every_end_of_a_hook_is_told_and_printed_as_json(staged, body, outcome, words, cause):
    path = hook(staged, body)
    ended = staged.otpcode("test", "--to", TO, "--json")
    told = json.loads(ended.stdout)
    assert (ended.returncode, ended.stderr) == (78 if outcome == "config" else 1, "")
    assert (told["outcome"], told["cause"], told["ms"]) == (outcome, cause, None) and words in told["reason"]
    assert trial(staged)[0] == cause
    path.unlink()
    ended = staged.otpcode("test", "--to", TO, "--json")
    assert ended.returncode == 1 and "No such file" in json.loads(ended.stdout)["reason"]


def test_user_of_the_hook_that_is_not_there_is_the_configurations_fault(staged):
    staged.configure(delivery__hook_user="no-such-user")
    ended = staged.otpcode("test", "--to", TO, "--json")
    told = json.loads(ended.stdout)
    assert (ended.returncode, told["outcome"], told["provider"]) == (78, "config", None) and "no such user" in told["reason"]


def test_every_end_is_told_to_syslog(bare_machine):
    bare_machine.configure(provider__relay__url="smtp://localhost:9", delivery__hook="/no/such/hook")
    bare_machine.otpcode("init")
    assert bare_machine.otpcode("test", "--to", TO, check=False).returncode == 1
    line, = [line for line in bare_machine.events(source="otpcode[") if "event=test" in line]
    assert re.search(r"event=test user=root to=s\*\*\*@e\*\*\*\.com outcome=failed "
                     r'why="delivery\.hook: .*No such file or directory" by=root$', line), line


# The conversation.


def talk(staged, *words, to=TO):
    ended = staged.otpcode("test", "--to", to, "--verbose", *words)
    lines = ended.stderr.splitlines()
    assert all(re.match(r"[*<>] ?", line) for line in lines), lines
    assert to not in ended.stderr and to.strip("+") not in ended.stderr and SECRET not in ended.stdout + ended.stderr
    return lines


@pytest.mark.parametrize("offer", ["AUTH PLAIN", "AUTH LOGIN"])
def test_conversation_with_a_relay_is_told_without_the_login(staged, offer):
    with mail.ScriptedServer(offer=[offer]) as server:
        provider(staged, url=f"smtp://localhost:{server.port}", username="joe", password_file=password(staged))
        lines = talk(staged)
        assert server.messages()
    text = "\n".join(lines)
    assert lines[0] == f"* provider p: smtp://localhost:{server.port}"
    for line in ("< 220 scripted ESMTP", "> EHLO login.example.org", "> MAIL FROM:<login@example.org>", "< 250 sender ok",
                 f"> RCPT TO:<{'*' * len(TO)}>", "> DATA", "< 354 go ahead", "> Auto-Submitted: auto-generated", "< 250 taken"):
        assert line in lines, text
    assert f"> {offer} ****" in lines
    for secret in (f"\0joe\0{SECRET}", SECRET, "joe"):
        assert base64.b64encode(secret.encode()).decode() not in text


def test_login_is_not_told_though_the_relay_babbles_in_the_middle_of_it(staged, monkeypatch):
    def babble(session, _):
        for challenge in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6"):
            session._say("well\r\n334 " + challenge)
            session._line()
        session._say("235 welcome")
        return True

    monkeypatch.setattr(mail._Session, "_auth", babble)
    with mail.ScriptedServer(offer=["AUTH LOGIN"]) as server:
        provider(staged, url=f"smtp://localhost:{server.port}", username="joe", password_file=password(staged))
        lines = talk(staged)
        assert server.messages()
    assert "< well" in lines and "> MAIL FROM:<login@example.org>" in lines and lines.count("> ****") == 2
    assert base64.b64encode(SECRET.encode()).decode() not in "\n".join(lines)


def test_password_of_every_provider_is_hidden(staged):
    names = [f"p{i}" for i in range(8)]
    with gateways.Gateway(lambda gateway, request: reply(400, "no")) as server:
        keys = {"email__providers": ",".join(names)}
        for name in names:
            secret = password(staged, f'se/"cret {name}').rename(staged.folder / name)
            keys |= {f"provider__{name}__url": f"http://localhost:{server.port}/?k={{password}}&u={{to}}&t={{text}}",
                     f"provider__{name}__method": "GET", f"provider__{name}__password_file": secret}
        staged.configure(**keys)
        told = staged.otpcode("test", "--to", TO, "--verbose").stderr
    assert told.count("> GET /?k=****") == 8 and "cret" not in told, told


@pytest.mark.parametrize("auth", [{"username": "joe"}, {"auth": "bearer"},
                                  {"header.1": "X-Key: {password}", "auth": "none"}])
@pytest.mark.parametrize("body", [{"form": "to={to}&text={text}&key={password}"}, {"json": '{"to": "{to}", "t": "{text}", "key": "{password}"}'}])
def test_conversation_with_a_gateway_is_told_without_its_secrets(staged, auth, body):
    with gateways.Gateway(lambda gateway, request: reply(200, {"echo": SECRET, "to": NUMBER})) as server:
        sms_by(staged, url=f"http://localhost:{server.port}/send?key={{password}}", password_file=password(staged), **auth, **body)
        lines = talk(staged, to=NUMBER)
        seen = server.received
    text = "\n".join(lines)
    assert any(line.startswith("> POST /send?key=*") for line in lines), text
    assert "< HTTP/1.1 200 OK" in lines and any(line.startswith("> Content-Type: ") for line in lines)
    for secret in (SECRET, f"joe:{SECRET}"):
        assert base64.b64encode(secret.encode()).decode() not in text
    for secret in ("s3cret", "s3cret%2F", "15123456789"):
        assert secret not in text and (secret != "s3cret%2F" or secret.encode() in seen)


def test_conversation_with_a_program_is_told(staged):
    path = program(staged, "#!/bin/sh\ncat >/dev/null\necho taken for $1\n")
    provider(staged, command=f"{path} {{to}}")
    lines = talk(staged)
    assert f"* argument 0: {path}" in lines and f"* argument 1: {'*' * len(TO)}" in lines
    assert "> Auto-Submitted: auto-generated" in lines and f"< taken for {'*' * len(TO)}" in lines


def test_conversation_with_a_server_that_hangs_is_told_as_far_as_it_went(staged):
    with mail.ScriptedServer(hang={"RCPT"}) as server:
        provider(staged, wait="1s", url=f"smtp://localhost:{server.port}")
        assert "> MAIL FROM:<login@example.org>" in talk(staged)


def test_hook_that_tells_no_conversation_is_said_to(staged):
    hook(staged, "#!/bin/sh\necho sent x 1\n")
    assert talk(staged) == ["* the hook told of no conversation with a provider"]


def test_long_answer_is_cut_and_holds_no_control_bytes(staged):
    with mail.ScriptedServer(replies={"RCPT": "550 \x1b[2J" + "x" * 5000}) as server:
        provider(staged, url=f"smtp://localhost:{server.port}")
        lines = talk(staged)
    assert max(map(len, lines)) <= 402 and "\x1b" not in "".join(lines)


def test_json_is_not_mixed_with_it_and_without_verbose_nothing_is_told(staged):
    with mail.ScriptedServer() as server:
        staged.configure(relay=server.port)
        assert json.loads(staged.otpcode("test", "--to", TO, "--verbose", "--json").stdout)["outcome"] == "sent"
        assert staged.otpcode("test", "--to", TO).stderr == ""

# SPDX-License-Identifier: BSD-2-Clause
"""The hook alone, against real and misbehaving mail servers."""

import contextlib
import os
import pathlib
import pwd
import re
import signal
import subprocess
import time

import host
import mail
import pytest

BUILD = pathlib.Path(os.environ.get("OTPCODE_BUILD", host.TOP / "build"))
CODE, REF, ADDRESS = "493817", "QFX", "alice@example.org"
FACTS = {"kind": "code", "channel": "email", "address": ADDRESS, "code": CODE, "ref": REF, "user": "alice",
         "host": "web1.example.org", "service": "sshd", "source": "203.0.113.9", "key-proved": "yes", "time": "now",
         "works-until": "in 300", "wait-ms": "10000", "support": "helpdesk@example.org", "provider": None}
TEST = {"kind": "test", "code": None, "ref": None, "works-until": None}


def a_request(**changes):
    """A request as the module writes it; changes as key=value with _ for -, None leaves a line out."""
    facts = FACTS | {key.replace("_", "-"): value for key, value in changes.items()}
    now = int(time.time())
    lines = ["otpcode-request 1"]
    for key, value in facts.items():
        if value is not None:
            value = str(value)
            value = str(now) if value == "now" else str(now + int(value[3:])) if value.startswith("in ") else value
            lines.append(f"{key} {value}")
    return ("\n".join(lines) + "\n\n").encode("latin-1")


class Hook:
    """Runs the built hook as nobody, on a machine of its own."""

    def __init__(self, machine, folder):
        self.machine = machine
        self.folder = folder
        self.seen_lines = len(machine.log.lines())
        self.running = []
        self.sections = {"email": {"from": "login@example.org"}, "delivery": {"hook": machine.hook, "hook_user": host.HOOK_USER}}

    def provider(self, name, port, scheme="smtp", server="localhost", **keys):
        """Adds a provider at the end of the order."""
        order = self.sections["email"].get("providers")
        self.sections["email"]["providers"] = f"{order},{name}" if order else name
        self.sections[f"provider {name}"] = {"url": f"{scheme}://{server}:{port}", **keys}

    def stage(self, name, content, mode=0o644, group=0):
        """A file of root's in the folder of the configuration; gives its path on the machine."""
        path = self.machine.etc / self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        os.chown(path, 0, group)
        return f"/etc/{self.folder}/{name}"

    def ca_file(self, path):
        return self.stage("ca.pem", pathlib.Path(path).read_bytes())

    def password_file(self, password, mode=0o640, name="password"):
        return self.stage(name, password + "\n", mode, pwd.getpwnam(host.HOOK_USER).pw_gid)

    def start(self, text, user=host.HOOK_USER, env=None):
        conf = "".join(f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
                       for section, keys in self.sections.items())
        command = [self.machine.hook, "--config", self.stage("otpcode.conf", conf)]
        if user != "root":
            command = ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups", "--", *command]
        if env:
            command = ["env", *(f"{name}={value}" for name, value in env.items()), *command]
        process = self.machine.popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.running.append(process)
        process.stdin.write(text)
        process.stdin.close()
        return process

    def run(self, text=None, **changes):
        """(verdict without its newline, exit status)."""
        process = self.start(text or a_request(**changes))
        said = process.stdout.read().decode()
        status = process.wait(60)
        assert process.stderr.read() == b""
        assert said.endswith("\n") and said.count("\n") == 1, f"not one line: {said!r}, exit {status}\n{self.log()}"
        return said[:-1], status

    def pid(self, process):
        """The hook's own pid, out here."""
        def found():
            return [pid for pid in host.descendants_of(process.pid) if pathlib.Path(f"/proc/{pid}/comm").read_text() ==
                    "otpcode-deliver\n"]
        return host.poll(found, 10, "the hook's process")[0]

    def log(self):
        return self.machine.log.lines()[self.seen_lines:]

    def wait_for_log(self, text, timeout=10):
        return host.poll(lambda: [line for line in self.log() if text in line], timeout, lambda: f"{text} in {self.log()}")[0]

    def end(self):
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait(10)
            process.stdout.close()
            process.stderr.close()


@pytest.fixture(scope="module")
def hook_machine():
    why = host.missing()
    if why:
        pytest.skip(why)
    with host.Host(BUILD) as machine:
        yield machine


@pytest.fixture
def hook(hook_machine, request):
    folder = f"otpcode-{len(list(hook_machine.etc.glob('otpcode-*')))}"
    (hook_machine.etc / folder).mkdir(mode=0o755)
    hook = Hook(hook_machine, folder)
    yield hook
    hook.end()
    for line in hook.log():
        assert CODE not in line and ADDRESS not in line, f"C38: {line}"


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return mail.Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def server():
    """server(replies=..., ...) starts a scripted server, ended with the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **how: stack.enter_context(mail.ScriptedServer(**how))


def closed_port():
    """A port at which nobody listens."""
    return host.free_port()


# What a real server takes.


def real_relay(hook, exim, port=None, scheme="smtp", password=None, **keys):
    hook.provider("relay", port or exim.port, scheme, tls="required", ca_file=hook.ca_file(exim.ca_file), username=exim.username,
                  password_file=hook.password_file(password or exim.password), **keys)


def test_real_server_takes_a_plain_message_on_loopback(hook, mailbox):
    hook.provider("relay", mailbox.exim.port)
    verdict, status = hook.run()
    assert verdict.startswith("sent relay ") and status == os.EX_OK
    message = mailbox.wait()
    assert (message.code, message.to, message.sender) == (CODE, ADDRESS, "login@example.org")


def test_real_server_takes_a_message_by_starttls_and_login(hook, mailbox):
    real_relay(hook, mailbox.exim)
    assert hook.run()[0].startswith("sent relay ")
    message = mailbox.wait()
    assert message.code == CODE
    assert "esmtpsa" in message.parsed["Received"], "with TLS and with a login"


def test_real_server_takes_a_message_by_smtps(hook, mailbox):
    hook.provider("relay", mailbox.exim.tls_port, "smtps", ca_file=hook.ca_file(mailbox.exim.ca_file))
    assert hook.run()[0].startswith("sent relay ")
    assert "esmtps" in mailbox.wait().parsed["Received"]


def test_C50_wrong_relay_password_is_refused_in_the_servers_words(hook, mailbox):
    real_relay(hook, mailbox.exim, password="wrong battery")
    verdict, status = hook.run()
    assert verdict == "refused relay login refused: 535 Incorrect authentication data" and status == os.EX_UNAVAILABLE
    assert not mailbox.messages()
    hook.wait_for_log(f'event=refused ref={REF} provider=relay why="login refused: 535 Incorrect authentication data"')


def test_message_is_what_the_design_says(hook, mailbox):
    hook.provider("relay", mailbox.exim.port)
    hook.run()
    message = mailbox.wait()
    headers = message.parsed
    assert headers["From"] == "login@example.org" and headers["To"] == ADDRESS
    assert headers["Subject"] == f"Verification code for alice on web1.example.org (ref {REF})"
    assert headers["Auto-Submitted"] == "auto-generated" and headers["MIME-Version"] == "1.0"
    assert headers["Message-ID"].endswith("@example.org>") and headers.get_content_type() == "text/plain"
    assert headers["Date"].datetime.utcoffset().total_seconds() == 0
    for fact in (REF, "web1.example.org", "sshd", "203.0.113.9", "UTC", "helpdesk@example.org", "SSH key"):
        assert fact in message.text
    assert all(len(line) <= 78 for line in message.text.splitlines())


def test_template_with_other_letters_arrives_whole(hook, mailbox):
    hook.provider("relay", mailbox.exim.port)
    hook.sections["email"]["template"] = hook.stage("template", "Subject: {code}: Anmeldung für {user} – bestätigen\n\n"
                                                    ".Код {code}, {ref}\n{host} {service} {source} {time} {until} {support}\n")
    assert hook.run()[0].startswith("sent ")
    message = mailbox.wait()
    assert message.subject == f"{CODE}: Anmeldung für alice – bestätigen"
    assert message.text.startswith(f".Код {CODE}, {REF}\nweb1.example.org sshd 203.0.113.9 20")


def test_message_lines_end_in_cr_lf_and_a_dot_is_doubled(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    hook.sections["email"]["template"] = hook.stage("template", "Subject: x\n\n.{code}\n.\n..\nend\n")
    hook.run()
    assert relay.messages()[0].raw.endswith(f"\r\n\r\n.{CODE}\r\n.\r\n..\r\nend\r\n".encode())
    assert b"\n" not in relay.received.replace(b"\r\n", b"")


def test_test_message_holds_no_code_and_goes_to_the_named_provider_alone(hook, server):
    first, second = server(), server()
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    assert hook.run(**TEST, provider="second")[0].startswith("sent second ")
    assert first.connections == 0
    assert second.messages()[0].text.startswith("This is a test message")
    assert hook.run(**TEST, provider="third") == (f"config /etc/{hook.folder}/otpcode.conf has no section [provider third]",
                                                  os.EX_CONFIG)


# C36: what is not verified gets nothing.


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
@pytest.mark.parametrize("fault", ["wrong name", "expired", "self-signed", "other authority"])
def test_C36_certificate_that_is_not_trusted_gets_no_code(hook, server, authority, tmp_path, scheme, fault):
    certificate = {
        "wrong name": lambda: authority.issue("relay.example.org"),
        "expired": lambda: authority.issue("localhost", days=-1),
        "self-signed": lambda: authority.self_signed("localhost"),
        "other authority": lambda: mail.Authority(tmp_path).issue("localhost"),
    }[fault]()
    relay = server(tls=certificate, implicit=scheme == "smtps", offer=["AUTH PLAIN"])
    hook.provider("relay", relay.port, scheme, tls="required", ca_file=hook.ca_file(authority.ca_file), username="otp",
                  password_file=hook.password_file("secret-word"))
    verdict, status = hook.run()
    assert verdict.startswith("refused relay certificate not trusted: ") and status == os.EX_UNAVAILABLE
    assert ("name" in verdict) == (fault == "wrong name") and ("expired" in verdict) == (fault == "expired")
    assert not relay.messages() and not {"AUTH", "MAIL"} & set(relay.commands)
    for secret in (CODE, ADDRESS, "secret-word"):
        assert secret.encode() not in relay.received
    hook.wait_for_log("event=refused")


def test_C36_right_certificate_gets_it(hook, server, authority):
    relay = server(tls=authority.issue("localhost"))
    hook.provider("relay", relay.port, tls="required", ca_file=hook.ca_file(authority.ca_file))
    assert hook.run()[0].startswith("sent relay ")
    assert relay.messages()[0].code == CODE


@pytest.mark.parametrize("how", [{}, {"replies": {"EHLO": "502 what"}}, {"replies": {"STARTTLS": "502 what"}, "offer": ["STARTTLS"]}])
def test_C36_server_without_starttls_gets_no_code(hook, server, authority, how):
    relay = server(**how)
    hook.provider("relay", relay.port, tls="required", ca_file=hook.ca_file(authority.ca_file))
    verdict, _ = hook.run()
    assert verdict.startswith("refused relay ")
    assert "STARTTLS" in verdict or "502 what" in verdict
    assert CODE.encode() not in relay.received and b"MAIL" not in relay.received


def test_C36_systems_authorities_are_not_trusted_beside_a_ca_file(hook, server, authority, tmp_path):
    """The server's certificate is signed by what the machine trusts, both ways that it can, and ca_file names another."""
    system = mail.Authority(tmp_path, "system")
    certificates = hook.machine.etc / "ssl/certs"
    certificates.mkdir(parents=True, exist_ok=True)
    digest = subprocess.run(["openssl", "x509", "-hash", "-noout", "-in", system.ca_file], check=True, capture_output=True, text=True)
    (certificates / f"{digest.stdout.strip()}.0").write_bytes(pathlib.Path(system.ca_file).read_bytes())
    with open(certificates / "ca-certificates.crt", "ab") as bundle:
        bundle.write(pathlib.Path(system.ca_file).read_bytes())
    relay = server(tls=system.issue("localhost"))
    hook.provider("relay", relay.port, tls="required")
    assert hook.run()[0].startswith("sent relay "), "the system's authorities are trusted where there is no ca_file"
    hook.sections["provider relay"]["ca_file"] = hook.ca_file(authority.ca_file)
    assert hook.run()[0].startswith("refused relay certificate not trusted: ")


# C50 and C03: the verdict is the server's.


REFUSALS = [("BANNER", "554 go away"), ("MAIL", "550 sender refused"), ("RCPT", "550 5.1.1 no such user"), ("DATA", "554 no data"),
            ("BODY", "554 5.7.1 looks like spam"), ("AUTH", "535 5.7.8 no")]
DELAYS = [("BANNER", "421 too busy"), ("MAIL", "451 try later"), ("RCPT", "450 4.2.1 greylisted"), ("DATA", "451 not now"),
          ("BODY", "452 4.3.1 disk full"), ("AUTH", "454 4.7.0 no login now")]


@pytest.mark.parametrize("at,reply", REFUSALS)
def test_C50_refusal_is_told_in_the_servers_words(hook, server, at, reply):
    relay = server(replies={at: reply}, offer=["AUTH PLAIN LOGIN"])
    hook.provider("relay", relay.port, username="otp", password_file=hook.password_file("x"))
    verdict, status = hook.run()
    assert verdict.startswith("refused relay ") and verdict.endswith(reply) and status == os.EX_UNAVAILABLE
    assert hook.wait_for_log("event=refused").endswith(f'{reply}"')
    assert relay.connections == 1


@pytest.mark.parametrize("at,reply", DELAYS)
def test_C03_failure_for_now_is_told_as_such(hook, server, at, reply):
    relay = server(replies={at: reply}, offer=["AUTH PLAIN LOGIN"])
    hook.provider("relay", relay.port, username="otp", password_file=hook.password_file("x"))
    verdict, status = hook.run(wait_ms=1000)
    assert verdict.startswith("later relay ") and verdict.endswith(reply) and status == os.EX_TEMPFAIL
    assert hook.wait_for_log("event=later").endswith(f'{reply}"')


def test_C03_relay_that_is_down(hook):
    port = closed_port()
    hook.provider("relay", port)
    assert hook.run(wait_ms=1000)[0] == f"later relay connection refused at localhost:{port}"


def test_C03_relay_whose_name_is_not_known(hook):
    hook.provider("relay", 25, server="relay.invalid")
    assert hook.run(wait_ms=1000)[0] == "later relay host name not found: relay.invalid:25"


def test_C03_relay_that_says_nothing(hook, server):
    relay = server(hang={"BANNER"})
    hook.provider("relay", relay.port)
    assert hook.run(wait_ms=2000)[0] == f"later relay no answer in time from localhost:{relay.port}"


def test_C03_relay_that_hangs_up(hook, server):
    relay = server(replies={"BANNER": None})
    hook.provider("relay", relay.port)
    assert hook.run(wait_ms=1000)[0] == f"later relay connection lost to localhost:{relay.port}"


def test_server_that_needs_another_login_is_refused(hook, server):
    relay = server(offer=["AUTH GSSAPI NTLM"])
    hook.provider("relay", relay.port, username="otp@example.org", password_file=hook.password_file("x"))
    assert hook.run()[0] == f"refused relay login refused: localhost:{relay.port} offers neither AUTH PLAIN nor AUTH LOGIN"
    assert b"AUTH" not in relay.received and b"MAIL" not in relay.received


def test_servers_words_are_joined_and_neither_code_nor_address_is_repeated(hook, server):
    relay = server(replies={"BODY": f"550-no {CODE}\r\n550-for {ADDRESS.upper()}\r\n550 \"here\"\t\x07"})
    hook.provider("relay", relay.port)
    verdict, _ = hook.run()
    assert verdict == f'refused relay message refused: 550 no {"*" * len(CODE)} for {"*" * len(ADDRESS)} "here"'
    assert hook.wait_for_log("event=refused").count('"') == 2


# Providers in order, in rounds.


def test_second_relay_is_used_where_the_first_is_down(hook, server):
    second = server()
    hook.provider("first", closed_port())
    hook.provider("second", second.port)
    assert hook.run()[0].startswith("sent second ")
    assert [message.code for message in second.messages()] == [CODE]
    assert "provider=first" in hook.wait_for_log("event=later")


def test_second_relay_is_used_within_the_wait_where_the_first_says_nothing(hook, server):
    first, second = server(hang={"BANNER"}), server()
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    assert hook.run(wait_ms=4000)[0].startswith("sent second ")
    assert hook.log() and not [line for line in hook.log() if "event=sent" in line], "within the wait: the asker logs it"


def test_relay_that_failed_for_now_is_asked_again(hook, server):
    relay = server(replies={"RCPT": ["451 later", "250 ok"]})
    hook.provider("relay", relay.port)
    assert hook.run()[0].startswith("sent relay ")
    assert relay.connections == 2 and len(relay.messages()) == 1


def test_relay_that_refused_is_not_asked_again(hook, server):
    first, second = server(replies={"RCPT": "550 no"}), server(replies={"RCPT": ["451 later", "250 ok"]})
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    assert hook.run()[0].startswith("sent second ")
    assert (first.connections, second.connections) == (1, 2)


def test_all_relays_refuse(hook, server):
    first, second = server(replies={"MAIL": "550 first says no"}), server(replies={"MAIL": "550 second says no"})
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    assert hook.run()[0] == "refused second sender refused: 550 second says no"
    hook.wait_for_log('provider=first why="sender refused: 550 first says no"')
    hook.wait_for_log('provider=second why="sender refused: 550 second says no"')


@pytest.mark.parametrize("end", ["drop", "hang"])
def test_message_whose_fate_is_unknown_is_not_sent_again(hook, server, end):
    first = server(replies={"BODY": None}) if end == "drop" else server(hang={"BODY"})
    second = server()
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    verdict, status = hook.run(wait_ms=1000, works_until="in 3")
    assert verdict == f"unknown first no answer to the message from localhost:{first.port}" and status == os.EX_IOERR
    assert len(first.messages()) == 1 and second.connections == 0
    hook.wait_for_log("event=unknown")


def test_code_that_has_ended_is_not_sent(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    assert hook.run(works_until="in -1")[0] == "later relay no time left: the code has ended, or the wait"
    assert relay.connections == 0


def test_goodbye_is_not_waited_for(hook, server):
    relay = server(hang={"QUIT"})
    hook.provider("relay", relay.port)
    assert hook.run()[0].startswith("sent relay ")
    assert not hook.log(), "within the wait: what is said later is logged"


# In the background.


def after_the_wait(process, wait_ms):
    """Until the asker no longer waits; the hook must have said nothing."""
    time.sleep(wait_ms / 1000)
    os.set_blocking(process.stdout.fileno(), False)
    assert process.stdout.read() is None


def test_slow_relay_gets_the_message_in_the_background_and_the_log_says_so(hook, server):
    relay = server(hang={"BODY"})
    hook.provider("relay", relay.port)
    process = hook.start(a_request(wait_ms=500))
    relay.wait_for("BODY")
    after_the_wait(process, 500)
    relay.release()
    line = hook.wait_for_log("event=sent")
    assert f"event=sent ref={REF} provider=relay ms=" in line and line.startswith("otpcode-deliver[")
    assert process.wait(10) == os.EX_OK and len(relay.messages()) == 1


def test_refusal_in_the_background_is_followed_by_the_next_relay(hook, server):
    first, second = server(hang={"RCPT"}, replies={"RCPT": "550 after long thought"}), server()
    hook.provider("first", first.port)
    hook.provider("second", second.port)
    process = hook.start(a_request(wait_ms=500))
    first.wait_for("RCPT")
    after_the_wait(process, 500)
    first.release()
    hook.wait_for_log("event=sent")
    hook.wait_for_log('event=refused ref=QFX provider=first why="recipient refused: 550 after long thought"')
    assert [message.code for message in second.messages()] == [CODE] and not first.messages()


def test_asker_that_has_gone_does_not_stop_it(hook, server):
    relay = server(hang={"BANNER"})
    hook.provider("relay", relay.port)
    process = hook.start(a_request())
    relay.wait_for("BANNER")
    process.stdout.close()
    relay.release()
    hook.wait_for_log("event=sent")
    assert len(relay.messages()) == 1 and process.wait(10) == os.EX_OK


# C38, C39, C40: what must not be seen, and what must not get in.


def test_C38_code_is_neither_in_arguments_nor_environment_nor_a_core(hook, server):
    relay = server(hang={"BODY"})
    hook.provider("relay", relay.port, username="otp", password_file=hook.password_file("x"))
    process = hook.start(a_request())
    relay.wait_for("BODY")
    proc = pathlib.Path(f"/proc/{hook.pid(process)}")
    for name in ("cmdline", "environ"):
        seen = (proc / name).read_bytes()
        assert CODE.encode() not in seen and ADDRESS.encode() not in seen
    assert (proc / "stat").stat().st_uid == 0, "not dumpable: neither traced nor dumped by its own user"
    assert re.search(r"Max core file size +0 +0", (proc / "limits").read_text())
    relay.release()
    assert process.wait(10) == 0
    assert CODE not in relay.messages()[0].subject


BAD_BYTES = [b"\r", b"\n", b"\0", b"\x7f", b"\xe9", b"\r\nRCPT TO:<mallory@example.org>\r\n"]


@pytest.mark.parametrize("key", ["address", "user", "host", "service", "source", "support", "ref", "code"])
@pytest.mark.parametrize("bad", BAD_BYTES)
def test_C39_bad_byte_in_a_request_is_refused_before_the_network(hook, server, key, bad):
    relay = server()
    hook.provider("relay", relay.port)
    good = a_request()
    start = good.index(f"\n{key} ".encode()) + len(key) + 2
    verdict, status = hook.run(good[:start + 2] + bad + good[start + 2:])
    assert verdict.startswith("config request") and status == os.EX_DATAERR
    assert relay.connections == 0


@pytest.mark.parametrize("address", ["a>b@example.org", "<a@example.org>", "a@example.org> SIZE=1", '"a b"@example.org', "a@[127.0.0.1]"])
def test_C39_address_that_is_none_is_refused_before_the_network(hook, server, address):
    relay = server()
    hook.provider("relay", relay.port)
    assert hook.run(address=address)[1] == os.EX_DATAERR
    hook.sections["email"]["from"] = address
    assert hook.run()[1] == os.EX_CONFIG
    assert relay.connections == 0


def test_C39_signs_of_the_envelope_in_a_users_name_stay_in_the_text(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    hook.run(user="a> SIZE=1 <b", host="web 1/../x?y")
    assert relay.received.count(b"SIZE=1") == 3, "in the subject and twice in the text"
    assert relay.messages()[0].subject == f"Verification code for a> SIZE=1 <b on web 1/../x?y (ref {REF})"
    assert b"EHLO web" not in relay.received


def test_C40_endless_greeting_is_cut_off(hook, server):
    relay = server(replies={"BANNER": "220-" + "x" * 70 + ("\r\n220-" + "y" * 70) * 20000})
    hook.provider("relay", relay.port)
    assert hook.run(wait_ms=1000)[0] == f"later relay too long an answer from localhost:{relay.port}"


def test_C40_environment_and_netrc_are_not_obeyed(hook, server, authority):
    relay, thief = server(tls=authority.issue("localhost"), offer=["AUTH PLAIN"]), server()
    hook.provider("relay", relay.port, tls="required", ca_file=hook.ca_file(authority.ca_file))
    folder = hook.machine.etc / hook.folder / "home"
    folder.mkdir()
    folder.chmod(0o1777)
    home = f"/etc/{hook.folder}/home"
    hook.stage("home/.netrc", "machine localhost login thief password thief\n")
    proxy = f"http://localhost:{thief.port}"
    env = {"SSLKEYLOGFILE": f"{home}/keys", "all_proxy": proxy, "ALL_PROXY": proxy, "smtp_proxy": proxy, "HOME": home}
    process = hook.start(a_request(), env=env)
    assert process.stdout.read().startswith(b"sent relay ")
    assert thief.connections == 0 and "AUTH" not in relay.commands
    assert not (folder / "keys").exists()


# Its own configuration and call.


@pytest.mark.parametrize("key,name,mode,words", [
    ("password_file", "password", 0o644, "everybody may read it"),
    ("password_file", "password", 0o660, "password"),
    ("ca_file", "ca.pem", 0o666, "ca.pem"),
    ("template", "template", 0o666, "template"),
])
def test_file_that_others_may_read_or_change_is_refused(hook, server, authority, key, name, mode, words):
    relay = server(tls=authority.issue("localhost"), offer=["AUTH PLAIN"])
    hook.provider("relay", relay.port, tls="required", ca_file=hook.ca_file(authority.ca_file), username="otp",
                  password_file=hook.password_file("x"))
    hook.sections["email"]["template"] = hook.stage("template", "Subject: x\n\n{code}\n")
    assert hook.run()[0].startswith("sent relay ")
    (hook.machine.etc / hook.folder / name).chmod(mode)
    verdict, status = hook.run()
    assert verdict.startswith("config ") and words in verdict and status == os.EX_CONFIG
    (hook.machine.etc / hook.folder / name).unlink()
    verdict, status = hook.run()
    assert verdict.startswith("config ") and verdict.endswith("No such file or directory") and status == os.EX_CONFIG
    assert len(relay.messages()) == 1


def test_relay_whose_settings_are_at_fault_is_passed_over(hook, server):
    first, second = server(), server()
    hook.provider("first", first.port, username="otp", password_file=f"/etc/{hook.folder}/nowhere")
    hook.provider("second", second.port)
    assert hook.run()[0].startswith("sent second ")
    assert "provider=first" in hook.wait_for_log("event=error")


def test_ca_file_without_a_certificate_is_a_fault_of_the_configuration(hook, server, authority):
    relay = server(tls=authority.issue("localhost"))
    hook.provider("relay", relay.port, tls="required", ca_file=hook.stage("ca.pem", "nothing\n"))
    assert hook.run() == (f"config ca_file for localhost:{relay.port} holds no certificate", os.EX_CONFIG)


def test_fault_in_a_template_is_told_with_its_line_and_nothing_is_sent(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    hook.sections["email"]["template"] = path = hook.stage("template", "Subject: x\n\n{code}\n{adress}\n")
    for changes in ({}, TEST):
        verdict, status = hook.run(**changes)
        assert verdict.startswith(f"config {path}:4: unknown placeholder {{adress}}; there are {{code}} ")
        assert status == os.EX_CONFIG
    assert relay.connections == 0


def test_fault_in_the_configuration_is_told(hook):
    hook.sections["email"]["form"] = "x"
    verdict, status = hook.run()
    assert verdict.startswith(f"config /etc/{hook.folder}/otpcode.conf:") and status == os.EX_CONFIG


def test_channel_without_providers_is_told(hook):
    hook.provider("relay", closed_port())
    assert hook.run(channel="sms", address="+4915112345678") == (
        f"config /etc/{hook.folder}/otpcode.conf: [sms] providers is empty", os.EX_CONFIG)


def test_root_is_refused(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    process = hook.start(a_request(), user="root")
    assert process.stdout.read() == b"config otpcode-deliver does not run as root: set hook_user, or User= of its unit\n"
    assert process.wait(10) == os.EX_NOPERM and relay.connections == 0


def manual():
    return (host.TOP / "man/otpcode-deliver.8").read_text()


def test_help_and_manual_name_the_same_options(hook):
    said = hook.machine.run([hook.machine.hook, "--help"]).stdout
    assert re.findall(r"^  --([a-z]+)", said, re.M) == re.findall(r"^\.It Fl -([a-z]+)", manual(), re.M) == ["config", "help"]


def test_manual_lists_the_placeholders_that_there_are(hook):
    hook.provider("relay", closed_port())
    hook.sections["email"]["template"] = hook.stage("template", "Subject: x\n\n{code}{x}\n")
    told = hook.run()[0].partition("there are ")[2].split()
    assert told == re.findall(r"^\.It Cm (\{[a-z]+\})", manual(), re.M) and len(told) == 10


def test_template_of_the_manual_works(hook, server):
    relay = server()
    hook.provider("relay", relay.port)
    template = re.search(r"^A template:\n\.Bd .*\n([^.]*(?:\n.*)*?)\n\.Ed", manual(), re.M).group(1)
    hook.sections["email"]["template"] = hook.stage("template", template + "\n")
    assert hook.run()[0].startswith("sent relay ")
    assert relay.messages()[0].subject == f"Login on web1.example.org (ref {REF})"
    assert relay.messages()[0].code == CODE and "{" not in relay.messages()[0].text


def test_manual_names_every_exit_status(hook):
    statuses = {"sent": os.EX_OK, "refused": os.EX_UNAVAILABLE, "unknown": os.EX_IOERR, "later": os.EX_TEMPFAIL}
    listed = re.findall(r"^\.It (\d+)\n\.Li (\w+)", manual(), re.M)
    assert {name: int(number) for number, name in listed if name != "config"} == statuses
    assert {int(number) for number, name in listed if name == "config"} == {os.EX_DATAERR, os.EX_NOPERM, os.EX_CONFIG}


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config"], ["extra"]])
def test_wrong_call_is_a_usage_error(hook, arguments):
    done = hook.machine.run([hook.machine.hook, *arguments], check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == os.EX_USAGE and done.stdout == "" and done.stderr

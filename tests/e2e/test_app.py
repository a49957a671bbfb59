# SPDX-License-Identifier: BSD-2-Clause
"""otpcode totp, backup-codes and devices, as an admin has them on a terminal."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.parse

import pexpect
import pytest

import qr
import stage
from conftest import BUILD

ASKS = "The code that the app shows now: "


@pytest.fixture
def ready():
    """A store with one enrolled user, nobody."""
    why = stage.missing()
    if why:
        pytest.skip(why)
    with stage.Stage(BUILD) as made:
        made.done("init")
        made.done("enroll", "nobody", "--email", "nina@example.org")
        yield made


class App:
    """An authenticator app: what it makes of a URI, and its codes, by oathtool."""

    def __init__(self, uri):
        if not shutil.which("oathtool"):
            pytest.skip("oathtool is not installed: make test installs it")
        parts = urllib.parse.urlsplit(uri)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        self.label = urllib.parse.unquote(parts.path[1:])
        self.facts = {name: value for name, (value,) in urllib.parse.parse_qs(parts.query).items()}
        self.period = int(self.facts.get("period", 30))

    def code(self, steps=0):
        """The code that it shows now, or so many steps later."""
        words = ["oathtool", f"--totp={self.facts.get('algorithm', 'SHA1')}", "-b", "-d", self.facts.get("digits", "6"),
                 "-s", f"{self.period}s", "-N", f"@{int(time.time()) + steps * self.period}", "-"]
        return subprocess.run(words, input=self.facts["secret"], capture_output=True, text=True, check=True).stdout.strip()

    def wrong(self):
        """A code that it does not show around now."""
        near = {self.code(steps) for steps in (-2, -1, 0, 1, 2)}
        return next(code for code in (f"{n:0{len(self.code())}d}" for n in range(9)) if code not in near)


def terminal(ready, *words, rows=60, columns=150, env=None):
    return pexpect.spawn(str(ready.folder / "otpcode"), [*words, "--config", str(ready.config)], encoding="utf-8", timeout=20,
                         env=env or stage.environment(TERM="xterm"), dimensions=(rows, columns))


def uri_on(child):
    child.expect_exact(ASKS)
    return re.search(r"^otpauth://\S+", child.before, re.MULTILINE)[0]


def end_of(child):
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def shown(ready, user="nobody"):
    return json.loads(ready.done("show", user, "--json"))


def enrol(ready, *words, user="nobody"):
    child = terminal(ready, "totp", user, *words)
    app = App(uri_on(child))
    child.sendline(app.code())
    assert end_of(child) == 0, child.before
    return app


# The app.

def test_app_is_enrolled_once_it_has_shown_a_right_code(ready):
    child = terminal(ready, "totp", "nobody")
    app = App(uri_on(child))
    assert app.label == "login.example.org:nobody"
    assert app.facts.keys() == {"secret", "issuer"} and app.facts["issuer"] == "login.example.org"
    assert len(app.facts["secret"]) == 32  # 160 bits
    assert shown(ready)["app"] is None
    step = int(time.time()) // 30
    child.sendline(app.code())
    assert end_of(child) == 0
    assert "nobody: the authenticator app is enrolled: 6 digits every 30 s, SHA1." in child.before
    app_facts = shown(ready)["app"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", app_facts.pop("since"))
    assert app_facts == {"algorithm": "SHA1", "digits": 6, "period_s": 30, "preferred": False}
    assert "Authenticator app since 20" in ready.done("show", "nobody")
    assert json.loads(ready.done("list", "--json"))["users"][0]["app"] is True
    assert re.search(r"nobody .* app ", ready.done("list"))
    # The code that proved it is used up.
    record = max(stage.read_slots(ready.state_path("nobody").read_bytes()))[2]
    assert step <= int(re.search(r"last_step=(\d+)", record)[1]) <= step + 2


@pytest.mark.parametrize("words, form, secret_len", [
    (["--algorithm", "sha256", "--digits", "8", "--period", "60s", "--prefer"], ("SHA256", 8, 60, True), 52),
    (["--algorithm", "sha512"], ("SHA512", 6, 30, False), 103),
])
def test_app_of_another_form(ready, words, form, secret_len):
    app = enrol(ready, *words)
    assert len(app.facts["secret"]) == secret_len
    facts = shown(ready)["app"]
    assert (facts["algorithm"], facts["digits"], facts["period_s"], facts["preferred"]) == form
    assert ("asked for first" in ready.done("show", "nobody")) == form[3]


def test_wrong_code_is_asked_for_three_times_more_and_nothing_is_stored(ready):
    before = ready.state_path("nobody").read_bytes()
    child = terminal(ready, "totp", "nobody")
    app = App(uri_on(child))
    for answer in (app.wrong(), "", "12345"):
        child.sendline(answer)
        child.expect_exact(ASKS)
        assert "That is not its code of 6 digits" in child.before
    child.sendline(app.wrong())
    assert end_of(child) == 1
    assert "no right code was given: nothing is stored" in child.before
    assert ready.state_path("nobody").read_bytes() == before


def test_right_code_after_a_wrong_one_counts(ready):
    child = terminal(ready, "totp", "nobody")
    app = App(uri_on(child))
    child.sendline(app.wrong())
    child.expect_exact(ASKS)
    code = app.code()
    child.sendline(f"{code[:3]} {code[3:]}")
    assert end_of(child) == 0 and shown(ready)["app"]


@pytest.mark.parametrize("ending", ["\x04", "\x03"])
def test_end_of_input_and_ctrl_c_store_nothing(ready, ending):
    before = ready.state_path("nobody").read_bytes()
    child = terminal(ready, "totp", "nobody")
    uri_on(child)
    child.send(ending)
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus != 0 and ready.state_path("nobody").read_bytes() == before


def test_secret_stands_nowhere_in_the_state(ready):
    app = enrol(ready)
    secret = subprocess.run(["base32", "-d"], input=app.facts["secret"].encode(), capture_output=True, check=True).stdout
    assert len(secret) == 20
    for path in ready.state.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for form in (secret, secret.hex().encode(), app.facts["secret"].encode()):
                assert form not in data and form.upper() not in data, path


def test_secret_stands_in_no_argument_and_no_environment(ready):
    child = terminal(ready, "totp", "nobody")
    secret = App(uri_on(child)).facts["secret"]
    for name in ("cmdline", "environ"):
        assert secret.encode() not in pathlib.Path(f"/proc/{child.pid}/{name}").read_bytes()
    child.close()


def quit_in(folder, *words, wait_for=None):
    """Whether a command dumps core that is sent SIGQUIT."""
    child = pexpect.spawn("/bin/sh", ["-c", 'ulimit -c unlimited && exec "$@"', "sh", *map(str, words)], encoding="utf-8", timeout=20,
                          cwd=str(folder), env=stage.environment(TERM="dumb"), dimensions=(60, 150))
    child.expect_exact(wait_for)
    child.kill(signal.SIGQUIT)
    child.wait()
    return os.WCOREDUMP(child.status)


def test_no_core_file_holds_the_secret(ready):
    if not quit_in(ready.folder, "sh", "-c", "echo ready; exec sleep 60", wait_for="ready"):
        pytest.skip("this machine dumps no core")
    assert not quit_in(ready.folder, ready.folder / "otpcode", "totp", "nobody", "--config", ready.config, wait_for=ASKS)


def test_two_enrolments_have_nothing_in_common(ready):
    first, second = enrol(ready), enrol(ready, "--yes")
    assert first.facts["secret"] != second.facts["secret"]


@pytest.mark.parametrize("environment", [
    {"TERM": "xterm"}, {"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"},
    {"TERM": "xterm", "LC_ALL": "C"}, {"TERM": "dumb", "LC_ALL": "C"}, {"TERM": "xterm", "LC_ALL": "C", "NO_COLOR": "1"},
])
@pytest.mark.parametrize("words", [[], ["--algorithm", "sha512", "--digits", "8", "--period", "60s"]])
def test_camera_reads_the_uri_from_the_terminal(ready, environment, words):
    if qr.missing():
        pytest.skip(qr.missing())
    child = terminal(ready, "totp", "nobody", *words, rows=80, columns=170, env=stage.environment(**environment))
    uri = uri_on(child)
    drawing = child.before[child.before.index(uri) + len(uri):]
    assert ("█" in drawing) == (environment.get("LC_ALL") != "C")
    assert ("\x1b[" in drawing) == (environment["TERM"] == "xterm" and "NO_COLOR" not in environment)
    modules = qr.find(drawing)
    assert all(all(row[:4]) and all(row[-4:]) for row in modules) and all(map(all, modules[:4])), "a light margin of 4"
    assert qr.read(modules) == uri
    child.close()


def test_small_terminal_gets_a_smaller_margin_and_a_smaller_one_only_the_uri(ready):
    if qr.missing():
        pytest.skip(qr.missing())
    child = terminal(ready, "totp", "nobody", rows=24, columns=80)
    uri = uri_on(child)
    assert qr.read(qr.find(child.before)) == uri
    child.close()
    child = terminal(ready, "totp", "nobody", rows=12, columns=40)
    app = App(uri_on(child))
    assert "this terminal is too small for the QR code: it needs " in child.before and "█" not in child.before
    child.sendline(app.code())
    assert end_of(child) == 0 and shown(ready)["app"]


def test_without_a_terminal_it_is_refused_before_a_secret_is_drawn(ready):
    complaint = ready.refused("totp", "nobody")
    assert complaint == ("otpcode: totp: there is no terminal to show the QR code on; --uri prints the otpauth URI and reads the code "
                         "through pipes\n")


def test_program_enrols_through_pipes_with_uri(ready):
    child = subprocess.Popen([ready.folder / "otpcode", "totp", "nobody", "--uri", "--config", ready.config], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=stage.environment())
    app = App(child.stdout.readline().strip())
    rest, complaints = child.communicate(f"{app.wrong()}\n{app.code()}\n", timeout=20)
    assert (child.returncode, rest) == (0, "") and ASKS in complaints
    assert shown(ready)["app"]


def test_new_app_takes_the_place_of_the_old_one_only_after_a_yes(ready):
    enrol(ready)
    before = ready.state_path("nobody").read_bytes()
    child = terminal(ready, "totp", "nobody")
    child.expect_exact("Go on? [y/N] ")
    assert "This replaces the authenticator app of nobody" in child.before
    child.sendline("n")
    assert end_of(child) == 1 and "otpauth" not in child.before
    assert ready.state_path("nobody").read_bytes() == before
    assert "--yes does it" in ready.refused("totp", "nobody", "--uri")
    enrol(ready, "--yes")


def test_app_is_removed_after_a_yes(ready):
    enrol(ready)
    assert "--yes does it" in ready.refused("totp", "nobody", "--remove")
    assert ready.done("totp", "nobody", "--remove", "--yes") == "nobody: the authenticator app is removed\n"
    assert shown(ready)["app"] is None and "No authenticator app is enrolled." in ready.done("show", "nobody")
    assert ready.refused("totp", "nobody", "--remove", "--yes").startswith("otpcode: ")


def test_who_has_no_record_gets_one_with_the_app_alone(ready):
    enrol(ready, user="daemon")
    record = shown(ready, "daemon")
    assert record["contacts"] == [] and record["app"]
    assert "No address is registered." in ready.done("show", "daemon")
    assert "daemon" in ready.done("list") and "no address" in ready.done("list")
    assert "the system has no user" in ready.refused("totp", "no-such-user", "--uri")


def test_record_of_another_uid_is_found_out_before_a_secret_is_shown(ready):
    ready.change_record("nobody", lambda text: text.replace("uid=65534", "uid=4242"))
    assert "belongs to another user" in ready.refused("totp", "nobody", "--uri")


@pytest.mark.parametrize("words, complaint", [
    (["totp", "nobody", "--digits", "7"], "--digits '7': 6 or 8"),
    (["totp", "nobody", "--algorithm", "md5"], "--algorithm 'md5': sha1, sha256 or sha512"),
    (["totp", "nobody", "--period", "30"], "--period '30': 30s or 60s"),
    (["totp", "nobody", "--remove", "--prefer"], "either --remove or --prefer, not both"),
    (["backup-codes", "nobody", "--count", "2"], "--count needs --expires"),
    (["backup-codes", "nobody", "--count", "0", "--expires", "1h"], "--count=0 is out of range: 1 to 10"),
    (["backup-codes", "nobody", "--expires", "15"], "--expires=15 needs a unit: 15min"),
    (["backup-codes", "nobody", "--expires", "8d"], "--expires=8d is out of range: 1min to 7d"),
    (["devices", "nobody", "--revoke", "some"], "--revoke 'some': a device's number, or all"),
    (["devices", "nobody", "--revoke", "0"], "--revoke '0': a device's number, or all"),
    (["devices", "nobody", "--revoke", "1", "--json"], "either --revoke or --json, not both"),
])
def test_what_cannot_be_right_is_named(ready, words, complaint):
    assert complaint in ready.refused(*words, status=2)


# Backup codes.

CODE = r"^  ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})$"


def printed_codes(text):
    return re.findall(CODE, text, re.MULTILINE)


def test_ten_backup_codes_are_printed_once(ready):
    said = ready.done("backup-codes", "nobody")
    assert said.startswith("nobody: 10 backup codes, each for one login:\n")
    assert len(set(printed_codes(said))) == 10
    assert shown(ready)["backup_codes"] == [{"until": None}] * 10
    assert "10 backup codes left." in ready.done("show", "nobody")
    assert json.loads(ready.done("list", "--json"))["users"][0]["backup_codes"] == 10
    data = ready.state_path("nobody").read_bytes()
    for code in printed_codes(said):
        assert code.encode() not in data and code.replace("-", "").encode() not in data


def test_new_backup_codes_replace_the_old_after_a_yes(ready):
    first = printed_codes(ready.done("backup-codes", "nobody"))
    before = ready.state_path("nobody").read_bytes()
    complaint = ready.refused("backup-codes", "nobody")
    assert "nobody has 10 backup codes: they will be worth nothing." in complaint and "--yes does it" in complaint
    assert ready.state_path("nobody").read_bytes() == before
    second = printed_codes(ready.done("backup-codes", "nobody", "--yes"))
    assert len(second) == 10 and not set(first) & set(second)
    assert len(shown(ready)["backup_codes"]) == 10


def test_help_desk_code_stands_beside_the_others_and_ends(ready):
    ready.done("backup-codes", "nobody")
    said = ready.done("backup-codes", "nobody", "--count", "1", "--expires", "15min")
    assert re.match(r"nobody: 1 backup code, each for one login, until 20.* UTC:\n", said)
    assert len(printed_codes(said)) == 1 and "nobody now has 11 backup codes." in said
    codes = shown(ready)["backup_codes"]
    assert len(codes) == 11 and len([code for code in codes if code["until"]]) == 1
    assert "one of them until 20" in ready.done("show", "nobody")
    assert ready.refused("backup-codes", "nobody", "--expires", "15min").startswith("otpcode: ")
    ready.change_record("nobody", lambda text: re.sub(r"until=(\d{9,})", lambda m: f"until={int(m[1]) - 901}", text))
    assert len(shown(ready)["backup_codes"]) == 10


# Devices.

def with_devices(text):
    now = int(time.time())
    line = f"device id={'44' * 16} service=sshd network=192.0.2.0/24 since={now - 60} until={now + 86400}\n"
    other = f"device id={'55' * 16} service=login network=2001:db8:1:2::/64 since={now - 30} until={now + 90000}\n"
    at = text.index("event ")
    return text[:at] + line + other + text[at:]


def test_devices_are_listed_and_revoked(ready):
    assert ready.done("devices", "nobody") == "no device is known\n"
    assert json.loads(ready.done("devices", "nobody", "--json")) == {"schema": "devices", "version": 1, "user": "nobody", "devices": []}
    ready.change_record("nobody", with_devices)
    table = ready.done("devices", "nobody")
    assert re.search(r"^ *1 +sshd +192\.0\.2\.0/24 +20.* UTC +20.* UTC$", table, re.MULTILINE)
    assert re.search(r"^ *2 +login +2001:db8:1:2::/64 ", table, re.MULTILINE)
    devices = json.loads(ready.done("devices", "nobody", "--json"))["devices"]
    assert [(device["number"], device["service"]) for device in devices] == [(1, "sshd"), (2, "login")]
    assert shown(ready)["devices"] == devices
    assert "2 known devices: otpcode devices nobody" in ready.done("show", "nobody")
    assert "4444" not in table and "5555" not in table
    ready.refused("devices", "nobody", "--revoke", "3")
    assert ready.done("devices", "nobody", "--revoke", "1") == \
        "nobody: 1 device forgotten: who logs in from there is asked again\n"
    assert [device["service"] for device in shown(ready)["devices"]] == ["login"]
    ready.change_record("nobody", with_devices)
    assert ready.done("devices", "nobody", "--revoke", "all").startswith("nobody: 3 devices forgotten")
    assert shown(ready)["devices"] == []

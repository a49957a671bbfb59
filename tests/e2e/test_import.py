# SPDX-License-Identifier: BSD-2-Clause
"""import, export and restored: many users at once, and what comes back exactly."""

import json
import os
import re
import stat
import time

import pytest

import stage
from conftest import BUILD
from session import Session
from test_command import enrolled, ready, staged  # noqa: F401

PRELOAD = stage.environment(LD_PRELOAD=str(BUILD / "tests/e2e/preload_users.so"))
SECRET = "3132333435363738393031323334353637383930"


def write(staged, text, name="users.csv"):
    path = staged.folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def counted(made=0, changed=0, same=0, refused=0):
    return f"{made} enrolled, {changed} changed, {same} passed over (enrolled with these facts), {refused} refused\n"


def newest(staged, user):
    """The text of a user's record."""
    return sorted(stage.read_slots(staged.state_path(user).read_bytes()))[-1][2]


def contacts(staged, user):
    return [(contact["channel"], contact["address"]) for contact in json.loads(staged.done("show", user, "--json"))["contacts"]]


# Files as people have them.

def test_contacts_of_a_csv_file_come_in_the_order_of_its_columns(ready):
    ready.configure(sms__providers="gate", sms__allow_prefixes="+1", provider__gate__url="http://127.0.0.1:9/?to={to}&text={text}")
    path = write(ready, 'sms,user,email,contact\r\n+1 555 123 4567,nobody,nina@example.org,email:nils@example.net\r\n'
                        '\r\n,"daemon","dora@example.org",""\r\n')
    assert ready.done("import", path) == counted(made=2)
    assert contacts(ready, "nobody") == [("sms", "+15551234567"), ("email", "nina@example.org"), ("email", "nils@example.net")]
    assert contacts(ready, "daemon") == [("email", "dora@example.org")]


def test_json_lines_are_known_by_their_first_character(ready):
    path = write(ready, '{"user": "nobody", "contacts": ["email:nina@example.org", "email:nils@example.net"], "locked": true}\n'
                        '\n{"user": "daemon", "email": "dora@example.org", "totp": null}\n', "users.txt")
    assert ready.done("import", path) == counted(made=2)
    assert contacts(ready, "nobody") == [("email", "nina@example.org"), ("email", "nils@example.net")]
    assert json.loads(ready.done("show", "nobody", "--json"))["admin_locked"]


def test_a_file_of_a_spreadsheet_with_its_byte_order_mark_is_read(ready):
    assert ready.done("import", write(ready, b"\xef\xbb\xbfuser,email\r\nnobody,nina@example.org")) == counted(made=1)


def test_standard_input_is_read(ready):
    ended = ready.otpcode("import", "-", stdin=None, input="user,email\nnobody,example.org\n")
    assert (ended.returncode, ended.stdout) == (1, counted(refused=1))
    assert ended.stderr.startswith("otpcode: standard input:2: contact 1: an email address is NAME@DOMAIN")


# What is wrong is told by line and field, and touches nobody else.

@pytest.mark.parametrize("line, complaint", [
    ("no-such-user,a@example.org,no", "user: the system has no user 'no-such-user'; only its users can be enrolled"),
    (",a@example.org,no", "user is missing"),
    ("bin,,no", "bin has no contact: email:ADDRESS or sms:NUMBER"),
    ("bin,example.org,no", "contact 1: an email address is NAME@DOMAIN"),
    ("bin,a@example.org", "2 columns, but the first line names 3"),
    ("bin,a@example.org,no,", "4 columns, but the first line names 3"),
    ("bin,a@example.org,maybe", "locked must be yes or no"),
    ('bin,"a@example.org,no', "column 2: its quote is not closed in this line"),
    ('bin,"a"@example.org,no', "column 2: something stands after its closing quote"),
    ('bin,a"@example.org,no', "column 2: it holds a quote and does not begin with one"),
    ("x" * 300 + ",a@example.org,no", "user has over 255 bytes"),
    ("bin," + "a" * 17000 + ",no", "the line has over 16384 bytes"),
    ("bin,a@example.org\0,no", "the line holds a NUL byte"),
    ("bi\bn,a@example.org,no", "user holds a control byte"),
    ("-bin,a@example.org,no", "user: the system has no user '-bin'"),
])
def test_wrong_line_of_csv_is_told_and_the_others_are_taken(ready, line, complaint):
    path = write(ready, f"user,email,locked\nnobody,nina@example.org,no\n{line}\ndaemon,dora@example.org,no\n")
    ended = ready.otpcode("import", path)
    assert (ended.returncode, ended.stdout) == (1, counted(made=2, refused=1))
    assert ended.stderr.startswith(f"otpcode: {path}:3: {complaint}"), ended.stderr
    assert ended.stderr.count("\n") == 1
    assert sorted(path.name for path in (ready.state / "users").iterdir()) == ["daemon", "nobody"]


@pytest.mark.parametrize("line, complaint", [
    ('{"user": "bin"', "column 14: not JSON; a line is an object"),
    ('["bin"]', "column 1: not JSON; a line is an object"),
    ('{"user": "bin", "user": "daemon", "email": "a@example.org"}', "not JSON"),
    ('{"user": "bin", "mail": "a@example.org"}', "there is a member that is not user, contacts, email"),
    ('{"user": 1, "email": "a@example.org"}', "user must be a string"),
    ('{"user": "bin", "contacts": "email:a@example.org"}', "contacts must be a list"),
    ('{"user": "bin", "contacts": ["email:a@example.org", "email:a@EXAMPLE.org"]}', "contact 2 is contact 1 again"),
    ('{"user": "bin", "contacts": ["a@example.org"]}', "contact 1 must be email:ADDRESS or sms:NUMBER"),
    ('{"user": "bin", "contacts": ["fax:1"]}', "contact 1 must be email:ADDRESS or sms:NUMBER"),
    ('{"user": "bin", "email": "a@example.org", "locked": "yes"}', "locked must be true or false"),
    ('{"user": "bin", "email": "a@example.org", "enrolled": "2026-02-30T00:00:00Z"}', "enrolled must be a time: 2026-01-01T03:47:00Z"),
    ('{"user": "bin", "totp": "secret=31"}', "totp must be secret=HEX of 16 to 64 bytes"),
    ('{"user": "bin", "totp": "digits=6"}', "totp must be secret=HEX"),
    ('{"user": "bin", "backup_codes": "00"}', "backup_codes must be as export --with-secrets writes them"),
    ('{"user": "b\\u0000in", "email": "a@example.org"}', "column"),
])
def test_wrong_line_of_json_is_told_and_the_others_are_taken(ready, line, complaint):
    path = write(ready, f'{{"user": "nobody", "email": "nina@example.org"}}\n{line}\n{{"user": "daemon", "email": "dora@example.org"}}\n')
    ended = ready.otpcode("import", path)
    assert (ended.returncode, ended.stdout) == (1, counted(made=2, refused=1)), ended
    assert ended.stderr.startswith(f"otpcode: {path}:2: ") and complaint in ended.stderr, ended.stderr
    assert "a@example" not in ended.stderr and "31" not in ended.stderr.partition(":2:")[2].replace("32", "")


@pytest.mark.parametrize("text, complaint", [
    ("", "is empty; the first line names the columns: user,email,sms"),
    ("nobody,nina@example.org\n", ":1: column 1 has another name than user, contact, email, sms, locked, enrolled, totp or backup_codes"),
    ("user,mail\n", ":1: column 2 has another name than user,"),
    ("email\n", ":1: there is no column user"),
    ("user,email,user\n", ":1: column 3 is user again"),
    ('user,"email\n', ":1: column 2: its quote is not closed"),
])
def test_file_whose_first_line_names_no_columns_is_refused(ready, text, complaint):
    assert complaint in ready.refused("import", write(ready, text))
    assert ready.done("list") == "no user is enrolled\n"


def test_file_that_is_not_there_or_a_folder_is_refused(ready):
    assert "No such file" in ready.refused("import", ready.folder / "users.csv")
    assert "Is a directory" in ready.refused("import", ready.folder)


def test_C41_number_that_may_not_be_texted_to_is_refused_with_its_place(ready):
    ended = ready.otpcode("import", write(ready, "user,email,sms\nnobody,nina@example.org,+15551234567\n"))
    assert ended.returncode == 1 and ":2: contact 2: " in ended.stderr and "allow_prefixes" in ended.stderr
    assert ready.done("list") == "no user is enrolled\n", "all of a user or nothing"


# Again.

def test_dry_run_says_the_same_and_changes_nothing(enrolled):
    path = write(enrolled, "user,email\nnobody,other@example.org\nbin,b@example.org\ndaemon,dora@example.org\nno-such-user,a@b.org\n")
    before = {name: enrolled.state_path(name).read_bytes() for name in ("nobody", "daemon")}
    for words, said in (([], counted(made=1, same=1, refused=2)), (["--update"], counted(made=1, changed=1, same=1, refused=1))):
        ended = enrolled.otpcode("import", path, "--dry-run", *words)
        assert (ended.returncode, ended.stdout) == (1, "nothing was changed; it would be: " + said)
        assert {path.name: path.read_bytes() for path in (enrolled.state / "users").iterdir()} == before
    ended = enrolled.otpcode("import", path, "--update")
    assert (ended.returncode, ended.stdout) == (1, counted(made=1, changed=1, same=1, refused=1))


def test_second_run_passes_over_who_is_enrolled_and_writes_nothing(ready):
    path = write(ready, "user,email\nnobody,nina@example.org\ndaemon,dora@example.org\n")
    ready.done("import", path)
    before = ready.state_path("nobody").read_bytes()
    assert ready.done("import", path) == counted(same=2)
    assert ready.state_path("nobody").read_bytes() == before
    write(ready, "user,email\nnobody,nina@example.org\ndaemon,dora@example.org\nbin,b@example.org\n")
    assert ready.done("import", path) == counted(made=1, same=2)


def test_other_facts_are_refused_but_with_update(enrolled):
    path = write(enrolled, "user,email,locked\nnobody,new@example.org,yes\n")
    complaint = enrolled.otpcode("import", path).stderr
    assert complaint == (f"otpcode: {path}:2: nobody is enrolled with other facts (contacts, locked); --update gives the record those of "
                         "the file\n")
    assert contacts(enrolled, "nobody")[0] == ("email", "nina@example.org")
    assert enrolled.done("import", path, "--update") == counted(changed=1)
    assert contacts(enrolled, "nobody") == [("email", "new@example.org")]
    assert enrolled.done("import", path, "--update") == counted(same=1)
    write(enrolled, "user,email,locked\nnobody,new@example.org,no\n")
    assert enrolled.done("import", path, "--update") == counted(same=1), "a file unlocks nobody"
    assert json.loads(enrolled.done("show", "nobody", "--json"))["admin_locked"]


def test_changed_contacts_forget_devices(enrolled):
    device = with_device(int(time.time()))
    enrolled.change_record("nobody", lambda text: text.replace("event ", device + "event ", 1))
    assert "device " in newest(enrolled, "nobody")
    enrolled.done("import", write(enrolled, "user,email\nnobody,new@example.org\n"), "--update")
    assert "device " not in newest(enrolled, "nobody")


def test_record_of_another_uid_is_told_and_left(enrolled):
    enrolled.change_record("nobody", lambda text: text.replace("uid=65534", "uid=4242"))
    ended = enrolled.otpcode("import", write(enrolled, "user,email\nnobody,nina@example.org\n"), "--update")
    assert ended.returncode == 1 and ":2: the record of nobody is another user's, who had uid 4242" in ended.stderr


# Out and in again.

def with_device(now):
    return f"device id={'44' * 16} service=sshd network=192.0.2.0/24 since={now - 10} until={now + 1000}\n"


def with_backups(text):
    """A record's text with backup codes and a device: no command is asked for them."""
    now = int(time.time())
    extra = f"backup seal={'55' * 16} until=0\nbackup seal={'66' * 16} until={now + 86400}\n" + with_device(now)
    at = text.index("event ")
    return text[:at] + extra + text[at:]


@pytest.fixture
def rich(ready):
    """Two users with all that a file can tell, and what none tells."""
    ready.done("import", write(ready, "user,contact,contact,locked,enrolled,totp\n"
                                      "nobody,email:nina@example.org,email:nils@example.net,no,2025-03-01T10:00:00Z,"
                                      f"secret={SECRET} algorithm=sha256 digits=8 period=60 since=2025-04-01T00:00:00Z preferred=yes\n"
                                      "daemon,email:dora@example.org,,yes,2025-03-02T10:00:00Z,\n"))
    ready.change_record("nobody", with_backups)
    return ready


def facts(text):
    """A record's text without what happened and what is no file's."""
    lines = [line for line in text.splitlines() if not line.startswith(("event", "device"))]
    return [re.sub(r"(secret|last_step)=\S+", r"\1=", line) for line in lines]


@pytest.mark.parametrize("form", [[], ["--json-lines"]])
def test_what_is_exported_with_secrets_comes_back_exactly(rich, form):
    before, first = {user: newest(rich, user) for user in ("nobody", "daemon")}, rich.folder / "first"
    rich.done("export", first, "--with-secrets", *form)
    for user in before:
        rich.done("unenroll", user, "--yes")
    assert rich.done("import", first) == counted(made=2)
    rich.done("export", rich.folder / "second", "--with-secrets", *form)
    assert (rich.folder / "second").read_text() == first.read_text()
    for user, text in before.items():
        assert facts(newest(rich, user)) == facts(text), user
        assert "device" not in newest(rich, user)
    assert rich.done("import", first) == counted(same=2)


def test_codes_that_an_app_has_shown_until_an_import_are_not_accepted(rich):
    rich.done("export", rich.folder / "out", "--with-secrets")
    rich.done("unenroll", "nobody", "--yes")
    rich.done("import", rich.folder / "out")
    step = int(re.search(r"last_step=(\d+)", newest(rich, "nobody")).group(1))
    assert step >= int(time.time()) // 60


def test_without_secrets_there_are_none_and_the_rest_comes_back(rich):
    plain = rich.done("export")
    assert plain.splitlines()[0] == "user,contact,contact,contact,contact,locked,enrolled"
    assert plain.splitlines()[1:] == ["daemon,email:dora@example.org,,,,yes,2025-03-02T10:00:00Z",
                                      "nobody,email:nina@example.org,email:nils@example.net,,,no,2025-03-01T10:00:00Z"]
    lines = [json.loads(line) for line in rich.done("export", "--json-lines").splitlines()]
    assert lines[0] == {"user": "daemon", "contacts": ["email:dora@example.org"], "locked": True, "enrolled": "2025-03-02T10:00:00Z"}
    assert all(line.keys() == lines[0].keys() for line in lines)
    assert rich.done("import", "-", stdin=None, input=plain) == counted(same=2), "the file's silence says nothing"


def test_secrets_are_written_to_a_new_file_of_mode_0600_alone(rich):
    assert "--with-secrets needs FILE" in rich.refused("export", "--with-secrets", status=2)
    out = rich.folder / "out.csv"
    said = rich.done("export", out, "--with-secrets")
    assert said == (f"{out}: 2 users\nIt holds secrets: of 1 authenticator app, and the seals of 2 backup codes. Its mode is 0600: guard "
                    "it as well as the host key\n")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = out.read_bytes()
    assert "is there already and is left as it is" in rich.refused("export", out)
    assert out.read_bytes() == before


def test_export_that_cannot_be_written_is_a_failure_and_leaves_no_half_file(rich):
    with open("/dev/full", "w", encoding="ascii") as full:
        ended = rich.otpcode("export", stdout=full)
    assert (ended.returncode, ended.stderr) == (1, "otpcode: the output could not be written: No space left on device\n")
    assert "No such file" in rich.refused("export", rich.folder / "nowhere/out.csv")


def test_backup_codes_of_another_host_key_or_user_are_refused_with_what_to_do(rich):
    out = rich.folder / "out.jsonl"
    rich.done("export", out, "--with-secrets", "--json-lines")
    line = json.loads(out.read_text().splitlines()[1])
    rich.done("unenroll", "nobody", "--yes")
    ended = rich.otpcode("import", write(rich, json.dumps({**line, "user": "bin"}) + "\n", "other.jsonl"))
    assert ended.returncode == 1 and "they would never match; take them out" in ended.stderr
    assert not rich.state_path("bin").exists()
    other = "0" if line["backup_codes"][4] != "0" else "1"
    line["backup_codes"] = f"for={other}{line['backup_codes'][5:]}"
    assert "another host's (host key)" in rich.otpcode("import", write(rich, json.dumps(line) + "\n", "other.jsonl")).stderr


def test_update_brings_no_used_backup_code_back(rich):
    rich.done("export", rich.folder / "out", "--with-secrets")
    rich.change_record("nobody", lambda text: text.replace(f"backup seal={'55' * 16} until=0\n", ""))
    assert rich.done("import", rich.folder / "out", "--update") == counted(same=2)
    rich.done("import", write(rich, (rich.folder / "out").read_text().replace("nina@", "new@"), "changed"), "--update")
    assert newest(rich, "nobody").count("backup ") == 1


def test_app_of_another_secret_is_another_fact(rich):
    rich.done("export", rich.folder / "out", "--with-secrets")
    path = write(rich, (rich.folder / "out").read_text().replace(SECRET, SECRET[::-1]))
    ended = rich.otpcode("import", path)
    assert (ended.returncode, "nobody is enrolled with other facts (totp)" in ended.stderr) == (1, True), ended
    assert SECRET not in ended.stderr and SECRET[::-1] not in ended.stderr
    assert rich.done("import", path, "--update") == counted(changed=1, same=1)
    assert rich.done("import", path) == counted(same=2)


# restored

def test_restored_drops_what_may_have_been_used_and_keeps_the_rest(rich):
    before = rich.state_path("nobody").read_bytes()
    step = int(re.search(r"last_step=(\d+)", newest(rich, "nobody")).group(1))
    rich.change_record("nobody", lambda text: text.replace(f"last_step={step}", "last_step=5"))
    for words in (["nobody"], ["--all"]):
        complaint = rich.refused("restored", *words)
        assert "there is no terminal to ask on" in complaint and "--yes does it" in complaint
    assert "device " in newest(rich, "nobody")
    said = rich.done("restored", "nobody", "--yes")
    assert said.startswith("1 user: waiting logins, devices and backup codes are gone")
    text = newest(rich, "nobody")
    assert "device " not in text and "backup " not in text and "event kind=restored " in text
    assert int(re.search(r"last_step=(\d+)", text).group(1)) >= step
    assert contacts(rich, "nobody") == [("email", "nina@example.org"), ("email", "nils@example.net")]
    assert "restored" not in newest(rich, "daemon")
    rich.state_path("nobody").write_bytes(before)
    assert rich.done("restored", "--all", "--yes").startswith("2 users: ")
    assert "restored from a backup" in rich.done("show", "daemon")


def test_restored_goes_on_past_a_record_that_cannot_be_read(rich):
    rich.state_path("daemon").write_bytes(b"x" * 16384)
    ended = rich.otpcode("restored", "--all", "--yes")
    assert (ended.returncode, ended.stdout[:7]) == (1, "1 user:")
    assert "the record of daemon cannot be read" in ended.stderr


def test_restored_wants_to_know_whose(ready):
    assert "USER is missing (or --all" in ready.refused("restored", status=2)
    assert "either USER or --all" in ready.refused("restored", "nobody", "--all", status=2)


# Many.

def many(first, count):
    return "user,email\n" + "".join(f"u{number:06d},u{number}@example.org\n" for number in range(first, first + count))


def test_a_bar_shows_how_far_it_is_on_a_terminal_alone(ready):
    path = write(ready, many(0, 200))
    ended = ready.otpcode("import", path, env=PRELOAD)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, counted(made=200), "")
    command = [str(ready.folder / "otpcode"), "import", str(path), "--dry-run", "--config", str(ready.config)]
    shown = Session(command, env={**PRELOAD, "TERM": "xterm"})
    assert shown.ended() and re.search(r"\[#{20,40}\.+\] +\d\d %", shown.text) and "100 %" in shown.text
    assert "\x1b" not in shown.text
    dumb = Session(command, env={**PRELOAD, "TERM": "dumb"})
    assert dumb.ended() and "%" not in dumb.text


def peak_kib(ready, *words):
    """The most memory that the command held at once."""
    peak = ready.folder / "peak"
    libraries = f"{PRELOAD['LD_PRELOAD']}:{BUILD / 'tests/e2e/preload_peak.so'}"
    with open(os.devnull, "wb") as sink:
        ended = ready.otpcode(*words, env={**PRELOAD, "LD_PRELOAD": libraries, "PEAK_FILE": str(peak)}, stdout=sink)
    assert ended.returncode == 0, words
    return int(peak.read_text())


def test_memory_does_not_grow_with_the_number_of_users(ready):
    commands = [["list"], ["list", "--json"], ["export"], ["export", "--json-lines"], ["list", "--locked"]]
    peaks = []
    for first, count in ((0, 1500), (1500, 4500)):
        path = write(ready, many(first, count))
        peaks.append([peak_kib(ready, "import", path), *(peak_kib(ready, *words) for words in commands)])
    for few, lots, words in zip(*peaks, [["import"], *commands]):
        assert lots - few < 2048, f"{words}: {few} KiB for 1500 users, {lots} KiB for 6000"

# SPDX-License-Identifier: BSD-2-Clause
"""The admin's command, as a new admin and as a clumsy one would use it."""

import grp
import json
import os
import pathlib
import pwd
import re
import time

import pexpect
import pytest

import mail
import stage
from conftest import BUILD

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
COMMAND = BUILD / "otpcode"
NOBODY_UID = 65534


@pytest.fixture
def staged():
    """A folder with a configuration, and nothing made yet."""
    why = stage.missing()
    if why:
        pytest.skip(why)
    with stage.Stage(BUILD) as made:
        yield made


@pytest.fixture
def ready(staged):
    """The same with the host key and the store made, and nobody enrolled."""
    staged.done("init")
    return staged


@pytest.fixture
def enrolled(ready):
    """The same with two enrolled users, nobody and daemon."""
    ready.done("enroll", "nobody", "--email", "nina@example.org", "--email", "nils@example.net")
    ready.done("enroll", "daemon", "--email", "dora@example.org")
    return ready


def usage(*arguments):
    """What a command line that makes no sense is answered with. Needs no root, and looks at no file."""
    ended = stage.run(COMMAND, *arguments)
    assert (ended.returncode, ended.stdout) == (2, ""), ended
    return ended.stderr


def commands():
    """{name: its --help} of every command that the overview lists."""
    overview = stage.run(COMMAND, "--help")
    assert (overview.returncode, overview.stderr) == (0, "")
    listed = overview.stdout.partition("\ncommands:\n")[2].partition("\n\n")[0]
    names = [line[2:17].strip() for line in listed.splitlines()]
    return {name: stage.run(COMMAND, *name.split(), "--help").stdout for name in names}


def help_options(text):
    return set(re.findall(r"^  --([a-z-]+)", text, re.MULTILINE))


def json_keys(value):
    """Every member's name in it."""
    if isinstance(value, dict):
        return set(value).union(*map(json_keys, value.values()))
    return set().union(*map(json_keys, value)) if isinstance(value, list) else set()


# Its help, its man page and itself say the same.

def test_every_command_has_a_help_with_an_example():
    for name, text in commands().items():
        assert text.startswith(f"usage: otpcode {name}"), name
        assert f"\nexample:\n  otpcode {name}" in text, name
        assert {"config", "help"} <= help_options(text), name


def test_no_help_is_wider_than_a_terminal():
    texts = {"": stage.run(COMMAND, "--help").stdout, "contact": stage.run(COMMAND, "contact", "--help").stdout,
             "otpcode-deliver": stage.run(BUILD / "otpcode-deliver", "--help").stdout, **commands()}
    assert all(texts.values())
    assert [(name, line) for name, text in texts.items() for line in text.splitlines() if len(line) > 80] == []


def man_commands():
    """{name: options} as the man page's list of commands has them; the common ones under ''."""
    page = (TOP / "man/otpcode.8").read_text()
    before, _, listed = page.partition(".Sh COMMANDS\n")
    found = {"": set(re.findall(r"^\.It Fl -([a-z-]+)", before, re.MULTILINE))}
    for line in re.findall(r"^\.It Ic (.*)", listed.partition("\n.Sh ")[0], re.MULTILINE):
        name = " ".join(re.match(r"((?:[a-z-]+ ?)+)", line).group(1).split())
        found[name] = set(re.findall(r"Fl -([a-z-]+)", line))
    return found


def test_man_page_and_help_have_the_same_commands_and_options():
    page = man_commands()
    common = page.pop("")
    assert page.keys() == commands().keys()
    for name, text in commands().items():
        assert help_options(text) == page[name] | common, name
        assert set(re.findall(r"--([a-z-]+)", text.partition("\n\n")[0])) == page[name] | {"config"}, name


def test_man_page_names_every_member_of_the_json(enrolled):
    page = set(re.findall(r"^\.Cm ([a-z_0-9]+)", (TOP / "man/otpcode.8").read_text(), re.MULTILINE))
    enrolled.change_record("nobody", with_a_challenge)
    enrolled.done("backup-codes", "nobody")
    enrolled.change_record("nobody", with_app_and_device)
    for words in (["show", "nobody"], ["why", "nobody"], ["devices", "nobody"], ["list"], ["list", "--unenrolled"], ["config", "show"], ["init"]):
        printed = json.loads(enrolled.done(*words, "--json"))
        assert printed["version"] == 1
        assert json_keys(printed) <= page, words


def test_man_page_names_every_word_that_a_story_is_about():
    words = set()
    for source in TOP.glob("cli/story*.c"):
        words |= set(re.findall(r'(?:story_next\(out,|about =)\s+"([a-z-]+)"', source.read_text()))
    told = " ".join((TOP / "man/otpcode.8").read_text().partition("\n.Cm about\nis, of a login")[2].partition("\n.It")[0].split())
    assert len(words) > 20 and words - {"login"} <= set(re.findall(r"[a-z-]+", told))


# What makes no sense is answered with what would.

@pytest.mark.parametrize("words, complaint", [
    ([], "usage: otpcode COMMAND"),
    (["enrol", "alice"], "there is no command 'enrol'; did you mean 'enroll'?"),
    (["unlcok", "alice"], "did you mean 'unlock'?"),
    (["frobnicate"], "there is no command 'frobnicate'; 'otpcode --help' lists them"),
    (["contact"], "'contact' needs one word more"),
    (["contact", "remvoe", "alice", "1"], "there is no command 'contact remvoe'; did you mean 'contact remove'?"),
    (["config", "alice"], "there is no command 'config alice'"),
    (["enroll"], "enroll: USER is missing"),
    (["enroll", "alice", "--email"], "--email needs a value: --email ADDRESS"),
    (["enroll", "alice", "--email", "--json"], "--email needs a value: --email ADDRESS"),
    (["enroll", "alice", "--email="], "--email needs a value: --email ADDRESS"),
    (["enroll", "alice", "--emial", "a@example.org"], "there is no option '--emial'; did you mean '--email'?"),
    (["enroll", "alice", "-email", "a@example.org", "--smss", "+441234567890"], "there is no option '--smss'; did you mean '--sms'?"),
    (["enroll", "alice", "-e", "a@example.org"], "there is no option '-e'; did you mean '--email'?"),
    (["test", "-v", "alice"], "there is no option '-v'; did you mean '--verbose'?"),
    (["enroll", "alice", "--sms"], "--sms needs a value: --sms NUMBER"),
    (["enroll", "alice", "alice@example.org"], "'alice@example.org' is one argument too many"),
    (["enroll", "", "--email", "a@example.org"], "enroll: USER is empty"),
    (["enroll", "alice", *["--email", "a@example.org"] * 5], "--email may be given 4 times at most"),
    (["show"], "show: USER is missing"),
    (["show", "alice", "--json", "--json"], "--json is given twice"),
    (["show", "alice", "--json=1"], "--json takes no value"),
    (["show", "alice", "--yes"], "show: takes no --yes"),
    (["lock", *"abcdefghijklmnopqr"], "too many arguments"),
    (["list", "--locked", "x"], "'x' is one argument too many"),
])
def test_usage_error_says_what_would_be_right(words, complaint):
    assert complaint in usage(*words)


@pytest.mark.parametrize("words, complaint", [
    (["enroll", "nobody"], "enroll: an address is missing: --email ADDRESS or --sms NUMBER"),
    (["enroll", "nobody", "--sms", "0123456789"], "--sms '0123456789': a phone number is + and 7 to 15 digits"),
    (["enroll", "nobody", *["--email", "a@example.org", "--sms", "+1555123456"] * 3], "a user has at most 4 contacts"),
    (["enroll", "nobody", "--email", "example.org"], "--email 'example.org': an email address is NAME@DOMAIN"),
    (["enroll", "nobody", "--email", "a@example.org\nBcc: b@example.org"], "--email 'a@example.org?Bcc: b@example.org'"),
    (["contact", "add", "nobody", "--email", "a@example.org", "--email", "b@example.org"], "one address at a time"),
    (["contact", "remove", "nobody", "nina@example.org"], "'nina@example.org' is no contact's number; 'otpcode show nobody'"),
    (["contact", "remove", "nobody", "0"], "'0' is no contact's number"),
    (["contact", "order", "nobody", "1", "-1"], "there is no option '-1'"),
    (["contact", "order", "nobody", "1", "x"], "'x' is no contact's number"),
    (["list", "--locked", "--unenrolled"], "either --locked or --unenrolled, not both"),
    (["unlock"], "USER is missing (or --all"),
    (["unlock", "nobody", "--all"], "either USER or --all, not both"),
    (["test"], "USER is missing (or --to ADDRESS)"),
    (["test", "nobody", "--to", "a@example.org"], "either USER or --to ADDRESS, not both"),
    (["test", "--to", "nobody"], "--to 'nobody': an email address is NAME@DOMAIN"),
    (["config", "check", "x"], "either FILE or --config FILE, not both"),
])
def test_argument_that_cannot_be_right_is_named(staged, words, complaint):
    assert complaint in staged.refused(*words, status=2)


def test_option_may_stand_anywhere_and_the_value_after_an_equals_sign(ready):
    ended = stage.run(ready.folder / "otpcode", f"--config={ready.config}", "enroll", "--email=nina@example.org", "--", "nobody")
    assert (ended.returncode, ended.stdout) == (0, "nobody is enrolled: codes go to n***@e***.org\n")
    ended = stage.run(ready.folder / "otpcode", f"--config={ready.config}", "show", "--", "--json")
    assert (ended.returncode, ended.stderr) == (1, "otpcode: a user name must not begin with -\n")


def test_without_root_it_says_so():
    words = [COMMAND, "list"]
    if os.geteuid() == 0:
        words = ["setpriv", f"--reuid={NOBODY_UID}", f"--regid={NOBODY_UID}", "--clear-groups", *words]
    ended = stage.run(*words)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == "otpcode: list: must be root: sudo otpcode list ...\n"


# init

def test_init_makes_all_and_says_the_second_time_that_all_is_there(staged):
    first = staged.done("init").splitlines()
    limits = staged.state / "shared/limits"
    assert first == [f"made host key {staged.key}", f"made state folder {staged.state}", f"made table of limits {limits}",
                     f"made note of this machine {staged.state}/machine.id",
                     "already there: system user nobody",
                     "Now enrol a user: otpcode enroll USER --email ADDRESS (or --sms NUMBER)"]
    modes = [(path.stat().st_mode & 0o7777, path.stat().st_uid) for path in (staged.key.parent, staged.key, staged.state)]
    assert modes == [(0o755, 0), (0o600, 0), (0o700, 0)]
    key = staged.key.read_bytes()
    assert len(key) == 32
    assert staged.done("init").splitlines() == [
        f"already there: host key {staged.key}", f"already there: state folder {staged.state}",
        f"already there: table of limits {limits}", f"already there: note of this machine {staged.state}/machine.id",
        "already there: system user nobody"]
    assert staged.key.read_bytes() == key


def test_init_prints_json(staged):
    parts = json.loads(staged.done("init", "--json"))["parts"]
    assert [(part["part"], part["made"]) for part in parts] == [
        ("host key", True), ("state folder", True), ("table of limits", True), ("note of this machine", True),
        ("system user", False)]


# Contacts of both channels.

GATEWAY = {"sms__providers": "gate", "sms__allow_prefixes": "+1555,+44", "provider__gate__url": "http://127.0.0.1:9/?to={to}&text={text}"}


def test_contacts_keep_the_order_in_which_both_kinds_were_given(ready):
    ready.configure(**GATEWAY)
    said = ready.done("enroll", "nobody", "--sms", "+44 (1234) 567-890", "--email", "nina@example.org", "--sms=+15551234567")
    assert said == "nobody is enrolled: codes go to the phone ending 90, then n***@e***.org, then the phone ending 67\n"
    shown = json.loads(ready.done("show", "nobody", "--json"))["contacts"]
    assert [(contact["channel"], contact["address"]) for contact in shown] == [
        ("sms", "+441234567890"), ("email", "nina@example.org"), ("sms", "+15551234567")]
    assert "+441234567890" in ready.done("show", "nobody")
    for words in (["list"], ["list", "--json"]):
        assert "the phone ending 90" in ready.done(*words) and "1234567890" not in ready.done(*words)
    assert "is contact 3 already" in ready.refused("contact", "add", "nobody", "--sms", "+1 555 1234567")
    assert ready.done("contact", "add", "nobody", "--sms", "+15557654321").startswith("nobody: the phone ending 21 is added")


def test_C41_a_number_outside_the_allowed_countries_is_refused_with_the_list(ready):
    ready.configure(**GATEWAY)
    why = ("otpcode: the phone ending 78: no number with this country code may be texted to: "
           "[sms] allow_prefixes is +1555,+44\n")
    assert ready.refused("enroll", "nobody", "--email", "nina@example.org", "--sms", "+4912345678") == why
    assert "not enrolled" in ready.refused("show", "nobody")
    ready.done("enroll", "nobody", "--sms", "+441234567890")
    assert ready.refused("contact", "add", "nobody", "--sms", "+4912345678") == why
    ready.configure()
    assert "[sms] providers and allow_prefixes are not set" in ready.refused("contact", "add", "nobody", "--sms", "+15551234567")


def test_a_test_message_goes_where_codes_go_and_a_provider_gets_what_it_can_take(ready):
    ready.configure(**GATEWAY)
    ready.done("enroll", "nobody", "--email", "nina@example.org", "--sms", "+441234567890")
    ready.done("enroll", "daemon", "--email", "dora@example.org")
    to = lambda *words: json.loads(ready.otpcode("test", *words, "--json").stdout)["to"]
    assert to("nobody") == "n***@e***.org"
    assert to("nobody", "--provider", "gate") == to("--to", "+441234567890") == "the phone ending 90"
    assert ready.refused("test", "daemon", "--provider", "gate") == "otpcode: daemon has no contact that gate sends to\n"
    assert "[sms] allow_prefixes is +1555,+44" in ready.otpcode("test", "--to", "+4912345678").stdout
    ready.configure(**GATEWAY, delivery__channels="sms")
    assert to("nobody") == "the phone ending 90"


def test_a_contact_that_this_host_passes_over_is_named(ready):
    ready.configure(**GATEWAY, delivery__channels="sms")
    said = ready.done("enroll", "nobody", "--sms", "+441234567890", "--email", "nina@example.org")
    assert "n***@e***.org is passed over: this host sends no codes by email (see [delivery] channels)\n" in said


def test_C54_init_refuses_a_store_of_another_host_key(enrolled):
    before = (enrolled.state / "store.id").read_bytes()
    enrolled.key.write_bytes(os.urandom(32))
    ended = enrolled.otpcode("init")
    assert ended.returncode == 1
    assert "Was this machine cloned" in ended.stderr and str(enrolled.state) in ended.stderr
    assert (enrolled.state / "store.id").read_bytes() == before
    assert ended.stdout == f"already there: host key {enrolled.key}\n"


def test_C54_init_makes_no_new_key_beside_a_store_whose_key_is_lost(enrolled):
    enrolled.key.unlink()
    assert f"restore {enrolled.key}" in enrolled.refused("init")
    assert not enrolled.key.exists()


def test_before_init_every_command_says_to_run_it(staged):
    for words in (["list"], ["show", "nobody"], ["enroll", "nobody", "--email", "a@example.org"], ["unlock", "--all"]):
        assert "'otpcode init' makes" in staged.refused(*words), words


def test_C54_state_folder_that_is_not_there_is_no_empty_one(enrolled):
    enrolled.state.rename(enrolled.folder / "elsewhere")
    assert "not mounted" in enrolled.refused("list")
    assert not enrolled.state.exists()


# enroll, unenroll

def test_enrolled_user_is_told_masked_and_shown_in_full(ready):
    told = ready.done("enroll", "nobody", "--email", "nina@example.org", "--email", "nils@example.net")
    assert told == "nobody is enrolled: codes go to n***@e***.org, then n***@e***.net\n"
    shown = ready.done("show", "nobody")
    assert "nobody, uid 65534, enrolled 20" in shown
    assert re.search(r"1 +email +nina@example\.org\n +2 +email +nils@example\.net\n", shown)


def test_full_address_is_in_show_alone(enrolled):
    said = "".join([enrolled.done("list"), enrolled.done("list", "--json"), enrolled.done("lock", "nobody"),
                    enrolled.done("contact", "order", "nobody", "2", "1"), enrolled.done("contact", "remove", "nobody", "1"),
                    enrolled.done("unenroll", "nobody", "--yes")])
    assert "example" not in said


def test_enrolling_twice_is_refused_and_says_what_to_do(enrolled):
    complaint = enrolled.refused("enroll", "nobody", "--email", "other@example.org")
    assert complaint == ("otpcode: nobody is enrolled already; another address: otpcode contact add nobody --email ADDRESS (or --sms NUMBER)\n")
    assert "other@" not in enrolled.done("show", "nobody")


def test_user_whom_the_system_has_not_is_not_enrolled(ready):
    assert "the system has no user 'no-such-user'" in ready.refused("enroll", "no-such-user", "--email", "a@example.org")
    assert "no user 'x%s" in ready.refused("enroll", "x%s\n../../etc", "--email", "a@example.org")
    assert "at most 255 bytes" in ready.refused("enroll", "x" * 300, "--email", "a@example.org")
    assert list((ready.state / "users").iterdir()) == []


def test_address_given_twice_is_refused(ready):
    complaint = ready.refused("enroll", "nobody", "--email", "a@example.org", "--email", "a@EXAMPLE.org")
    assert complaint == "otpcode: a***@E***.org is contact 1 already\n"


def test_root_can_be_enrolled(ready):
    assert ready.done("enroll", "root", "--email", "a@example.org").startswith("root is enrolled")


def test_record_of_another_uid_is_explained_and_unenroll_makes_way(enrolled):
    enrolled.change_record("nobody", lambda text: text.replace("uid=65534", "uid=4242"))
    for words in (["enroll", "nobody", "--email", "a@example.org"], ["lock", "nobody"], ["unlock", "nobody"]):
        complaint = enrolled.refused(*words)
        assert "belongs to another user" in complaint and "otpcode unenroll nobody --yes" in complaint, words
    assert "who has uid 65534: every login is denied" in enrolled.done("show", "nobody")
    enrolled.done("unenroll", "nobody", "--yes")
    enrolled.done("enroll", "nobody", "--email", "a@example.org")


def test_unenroll_without_a_terminal_needs_yes(enrolled):
    complaint = enrolled.refused("unenroll", "nobody")
    assert "This removes the record of nobody (n***@e***.org, then n***@e***.net, locks, history)" in complaint
    assert "--yes does it without asking" in complaint
    assert enrolled.state_path("nobody").exists()
    assert enrolled.done("unenroll", "nobody", "--yes") == \
        "nobody is not enrolled any more: nobody cannot log in by a code from now on\n"
    assert not enrolled.state_path("nobody").exists()


@pytest.mark.parametrize("answer, removed", [("y", True), ("YES", True), ("n", False), ("", False), ("yesterday", False)])
def test_unenroll_asks_on_a_terminal(enrolled, answer, removed):
    terminal = pexpect.spawn(str(enrolled.folder / "otpcode"), ["unenroll", "nobody", "--config", str(enrolled.config)],
                             env=stage.environment(), encoding="utf-8", timeout=20)
    terminal.expect_exact("Go on? [y/N] ")
    assert "This removes the record of nobody" in terminal.before
    terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus == 0, not enrolled.state_path("nobody").exists()) == (removed, removed)
    assert ("otpcode: nothing was changed" in terminal.before) == (not removed)


def test_unenroll_says_where_no_code_is_asked_from_now_on(enrolled):
    enrolled.configure(users__unenrolled="ignore")
    assert "nobody logs in without a code from now on" in enrolled.done("unenroll", "nobody", "--yes")


def test_unenroll_of_one_who_is_not_enrolled_says_so(enrolled):
    assert enrolled.refused("unenroll", "bin", "--yes") == "otpcode: bin is not enrolled: there is nothing to remove\n"


# contact

def test_contacts_are_added_removed_and_ordered(enrolled):
    told = enrolled.done("contact", "add", "nobody", "--email", "third@example.com")
    assert told == "nobody: t***@e***.com is added: codes go to n***@e***.org, then n***@e***.net, then t***@e***.com\n"
    told = enrolled.done("contact", "order", "nobody", "3", "1", "2")
    assert told.endswith("codes go to t***@e***.com, then n***@e***.org, then n***@e***.net\n")
    told = enrolled.done("contact", "remove", "nobody", "2")
    assert told == "nobody: n***@e***.org is removed: codes go to t***@e***.com, then n***@e***.net\n"
    contacts = json.loads(enrolled.done("show", "nobody", "--json"))["contacts"]
    assert contacts == [{"number": 1, "channel": "email", "address": "third@example.com"},
                        {"number": 2, "channel": "email", "address": "nils@example.net"}]


@pytest.mark.parametrize("words", [
    ["add", "nobody", "--email", "nina@example.org"], ["remove", "nobody", "3"], ["remove", "daemon", "1"],
    ["order", "nobody", "1"], ["order", "nobody", "1", "1"], ["order", "nobody", "1", "3"], ["order", "nobody", "1", "2", "3"],
])
def test_contact_change_that_cannot_be_is_refused_and_changes_nothing(enrolled, words):
    before = [enrolled.done("show", user) for user in ("nobody", "daemon")]
    assert enrolled.refused("contact", *words).startswith("otpcode: ")
    assert [enrolled.done("show", user) for user in ("nobody", "daemon")] == before


def test_fifth_contact_is_refused(enrolled):
    for name in ("c", "d"):
        enrolled.done("contact", "add", "nobody", "--email", f"{name}@example.org")
    assert enrolled.refused("contact", "add", "nobody", "--email", "e@example.org").startswith("otpcode: ")


def with_a_challenge(text):
    """A record's text with a login that waits for a code, a lock of strangers, a known network and an event of each sort."""
    now = int(time.time())
    challenge = (f"challenge ref=QFX id={'11' * 16} origin={'22' * 16} service=sshd source=192.0.2.7 opened={now - 20} "
                 f"last_send={now - 20} sends=1 tries=2 failed=no known=no\n"
                 f"code seal={'33' * 16} issued={now - 20} expires={now + 280} delivery=sent channel=email to=n***@e***.org\n"
                 f"send at={now - 20} lane=stranger id=11111111\n"
                 f"network name=192.0.2.0/24 last_success={now - 100}\n")
    lane = f"stranger_lane failures=10 lock_since={now - 60} lock_for=900 days={now // 86400}:10\n"
    head, events = text[:text.index("event ")], text[text.index("event "):]
    head = "".join(line for line in head.splitlines(True) if not line.startswith("stranger_lane"))
    events += f"event kind=wrong first={now - 90} last={now - 60} count=10 service=sshd source=192.0.2.7 ref=QFX detail=\n"
    return head.replace("wrong=0 wrong_from=", "wrong=10 wrong_from=192.0.2.7") + lane + challenge + events


def with_app_and_device(text):
    """The same with an authenticator app, whose secret nobody could open, and a known device."""
    now = int(time.time())
    lines = (f"totp secret={'44' * 48} algorithm=sha1 digits=6 period=30 since={now} last_step={now // 30} preferred=no\n",
             f"device id={'55' * 16} service=sshd network=192.0.2.0/24 since={now} until={now + 86400}\n")
    at = text.index("backup "), text.index("event ")
    return text[:at[0]] + lines[0] + text[at[0]:at[1]] + lines[1] + text[at[1]:]


def test_contact_removed_ends_codes_on_their_way_and_says_so(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    assert "on their way" not in enrolled.done("contact", "add", "nobody", "--email", "third@example.com")
    assert "Codes that were on their way stopped working" in enrolled.done("contact", "remove", "nobody", "1")
    assert json.loads(enrolled.done("show", "nobody", "--json"))["challenges"] == []
    assert "on their way" not in enrolled.done("contact", "order", "nobody", "2", "1")


# show, list

def test_show_tells_everything_in_words(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    shown = enrolled.done("show", "nobody")
    for pattern in (r"Wrong codes since then: 10, latest from 192\.0\.2\.7\n",
                    r"known +open +0 +0 of 50 +4 of 5\n",
                    r"stranger +locked until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC \(1[34] min\) +10 +10 of 50 +2 of 3\n",
                    r"QFX +sshd +192\.0\.2\.7 +20.* UTC +3 of 5 +n\*\*\*@e\*\*\*\.org +20.* UTC\n",
                    r"192\.0\.2\.0/24 +20.* UTC\n",
                    r"20.* UTC +10 +wrong code +sshd +192\.0\.2\.7 +QFX"):
        assert re.search(pattern, shown), f"{pattern} in\n{shown}"
    assert "33333333" not in shown and "11111111" not in shown


def test_show_names_no_source_where_a_failure_has_none(enrolled):
    """As after a damaged slot, for which a failure is counted."""
    enrolled.change_record("nobody", lambda text: text.replace("wrong=0 wrong_from=", "wrong=1 wrong_from="))
    assert "Wrong codes since then: 1\n" in enrolled.done("show", "nobody")


def test_show_says_that_a_slot_is_damaged(enrolled):
    enrolled.done("contact", "add", "nobody", "--email", "new@example.org")
    path = enrolled.state_path("nobody")
    assert "damaged" not in enrolled.done("show", "nobody")
    assert json.loads(enrolled.done("show", "nobody", "--json"))["damaged"] is False
    newest = max(stage.read_slots(path.read_bytes()))[1]
    with open(path, "r+b") as out:
        out.seek(newest + 200)
        out.write(b"#")
    shown = enrolled.done("show", "nobody")
    assert "One of the two slots of the state file is damaged" in shown and "new@example.org" not in shown
    assert json.loads(enrolled.done("show", "nobody", "--json"))["damaged"] is True


def test_show_prints_everything_as_json(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    printed = enrolled.done("show", "nobody", "--json")
    shown = json.loads(printed)
    assert (shown["user"], shown["uid"], shown["system_uid"], shown["last_success"]) == ("nobody", 65534, 65534, None)
    assert shown["lanes"]["known"] == {"locked": False, "until": None, "failures": 0, "wrong_30d": 0, "sends_left": 4}
    stranger = shown["lanes"]["stranger"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", stranger.pop("until"))
    assert stranger == {"locked": True, "failures": 10, "wrong_30d": 10, "sends_left": 2}
    challenge, = shown["challenges"]
    assert (challenge["ref"], challenge["tries_left"], challenge["sent_to"]) == ("QFX", 3, "n***@e***.org")
    assert [event["event"] for event in shown["events"]] == ["enrolled", "wrong"]
    assert "33333333" not in printed and "11111111" not in printed


def test_ended_challenge_and_lock_are_not_shown(enrolled):
    now = int(time.time())
    enrolled.change_record("nobody", lambda text: re.sub(
        r"(opened|last_send|issued|expires|at|lock_since)=(\d+)", lambda m: f"{m[1]}={int(m[2]) - 7200}", with_a_challenge(text)))
    shown = json.loads(enrolled.done("show", "nobody", "--json"))
    assert shown["challenges"] == [] and not shown["lanes"]["stranger"]["locked"], now
    assert shown["lanes"]["stranger"]["sends_left"] == 3


def test_list_shows_every_user_once_in_order(enrolled):
    assert [line.split()[:2] for line in enrolled.done("list").splitlines()[1:]] == \
        [["daemon", "d***@e***.org"], ["nobody", "n***@e***.org,"]]
    users = json.loads(enrolled.done("list", "--json"))["users"]
    assert [user["user"] for user in users] == ["daemon", "nobody"]
    assert users[0]["contacts"] == [{"channel": "email", "masked": "d***@e***.org"}]


def test_list_is_in_the_order_of_names(enrolled):
    names = {"nobody", "daemon", *(entry.pw_name for entry in pwd.getpwall()[:12])}
    for name in names - {"nobody", "daemon"}:
        enrolled.done("enroll", name, "--email", "a@example.org")
    assert [user["user"] for user in json.loads(enrolled.done("list", "--json"))["users"]] == sorted(names)


def test_list_of_nobody_says_so(ready):
    assert ready.done("list") == "no user is enrolled\n"
    assert ready.done("list", "--locked") == "no user is locked\n"
    assert json.loads(ready.done("list", "--locked", "--json")) == {"schema": "list", "version": 1, "users": []}


def test_list_locked_shows_a_lock_of_either_lane(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    line, = enrolled.done("list", "--locked").splitlines()[1:]
    assert re.match(r"nobody .* strangers locked until 20", line)
    enrolled.done("lock", "daemon")
    locks = {user["user"]: user["locks"] for user in json.loads(enrolled.done("list", "--locked", "--json"))["users"]}
    assert locks["daemon"] == {"admin": True, "known": {"locked": True, "until": None}, "stranger": {"locked": True, "until": None}}
    assert locks["nobody"]["stranger"]["locked"] and not locks["nobody"]["known"]["locked"] and not locks["nobody"]["admin"]


def test_record_that_cannot_be_read_hides_no_other(enrolled):
    enrolled.state_path("daemon").write_bytes(b"x" * 16384)
    ended = enrolled.otpcode("list")
    assert ended.returncode == 1 and "the record of daemon cannot be read" in ended.stderr
    assert "nobody" in ended.stdout
    ended = enrolled.otpcode("list", "--json")
    assert ended.returncode == 1 and [user["user"] for user in json.loads(ended.stdout)["users"]] == ["nobody"]
    assert "otpcode unenroll daemon --yes" in enrolled.refused("show", "daemon")
    enrolled.done("unenroll", "daemon", "--yes")
    enrolled.done("list")


def test_user_who_is_not_enrolled_is_not_shown_but_told_how(enrolled):
    assert enrolled.refused("show", "bin") == "otpcode: bin is not enrolled; to enrol: otpcode enroll bin --email ADDRESS (or --sms NUMBER)\n"
    assert "there is no user 'no-such-user'" in enrolled.refused("show", "no-such-user")


# lock, unlock

def test_lock_closes_both_lanes_until_unlock(enrolled):
    assert enrolled.done("lock", "nobody") == "nobody is locked: no code is accepted until 'otpcode unlock nobody'\n"
    lanes = json.loads(enrolled.done("show", "nobody", "--json"))["lanes"]
    assert [(lane["locked"], lane["until"]) for lane in lanes.values()] == [(True, None)] * 2
    assert enrolled.done("unlock", "nobody") == "nobody is unlocked: locks, failures and 30-day counts are cleared\n"
    lanes = json.loads(enrolled.done("show", "nobody", "--json"))["lanes"]
    assert [lane["locked"] for lane in lanes.values()] == [False] * 2


def test_unlock_clears_failures_and_counts_too(enrolled):
    enrolled.change_record("nobody", with_a_challenge)
    enrolled.done("unlock", "nobody")
    stranger = json.loads(enrolled.done("show", "nobody", "--json"))["lanes"]["stranger"]
    assert (stranger["locked"], stranger["failures"], stranger["wrong_30d"]) == (False, 0, 0)


def test_unlock_all_unlocks_who_is_locked_and_touches_nobody_else(enrolled):
    enrolled.done("enroll", "bin", "--email", "b@example.org")
    enrolled.change_record("nobody", with_a_challenge)
    enrolled.done("lock", "daemon")
    before = enrolled.state_path("bin").read_bytes()
    told = enrolled.done("unlock", "--all").splitlines()
    assert [line.split()[0] for line in told] == ["daemon", "nobody"]
    assert enrolled.done("list", "--locked") == "no user is locked\n"
    assert enrolled.done("unlock", "--all") == "no user is locked\n"
    assert enrolled.state_path("bin").read_bytes() == before


def test_unlock_all_goes_on_past_a_record_that_cannot_be_read(enrolled):
    enrolled.done("lock", "nobody")
    enrolled.state_path("daemon").write_bytes(b"x" * 16384)
    ended = enrolled.otpcode("unlock", "--all")
    assert ended.returncode == 1 and ended.stdout.startswith("nobody is unlocked") and "daemon" in ended.stderr


# test

def test_test_message_is_sent_to_the_first_address(enrolled):
    with mail.ScriptedServer() as server:
        enrolled.configure(relay=server.port)
        told = enrolled.done("test", "nobody")
        assert re.fullmatch(r"sent: relay took the message to n\*\*\*@e\*\*\*\.org in \d+ ms\n", told)
        message, = server.messages()
        assert message.to == "nina@example.org"
        assert "login.example.org" in message.text


def test_test_message_to_an_address_needs_no_store(staged):
    with mail.ScriptedServer() as server:
        staged.configure(relay=server.port)
        printed = json.loads(staged.done("test", "--to", "someone@example.com", "--json"))
        assert isinstance(printed.pop("ms"), int)
        assert printed == {"schema": "test", "version": 1, "to": "s***@e***.com", "outcome": "sent", "provider": "relay", "reason": None,
                           "cause": None, "mend": None}
        assert server.messages()[0].to == "someone@example.com"


def test_refused_test_message_is_told_in_the_servers_own_words(staged):
    with mail.ScriptedServer(replies={"RCPT": "550 5.1.1 no such mailbox here"}) as server:
        staged.configure(relay=server.port)
        ended = staged.otpcode("test", "--to", "someone@example.com")
        assert ended.returncode == 1 and ended.stderr == ""
        assert ended.stdout == (
            "refused: relay will not take the message to s***@e***.com: recipient refused: 550 5.1.1 no such mailbox here\n"
            "what to do: check the address; if it is right, ask whoever runs the server\n")
        ended = staged.otpcode("test", "--to", "someone@example.com", "--json")
        assert ended.returncode == 1
        assert json.loads(ended.stdout)["outcome"] == "refused"
        assert json.loads(ended.stdout)["reason"] == "recipient refused: 550 5.1.1 no such mailbox here"


def test_relay_that_is_down_is_told(staged):
    with mail.ScriptedServer() as server:
        port = server.port
    staged.configure(relay=port)
    ended = staged.otpcode("test", "--to", "someone@example.com")
    assert ended.returncode == 1
    assert ended.stdout.startswith("not sent: relay cannot take the message to s***@e***.com now: ")


def test_slow_relay_is_told_as_that(staged):
    with mail.ScriptedServer(hang={"BODY"}) as server:
        staged.configure(relay=server.port, delivery__wait="1s")
        ended = staged.otpcode("test", "--to", "someone@example.com")
        assert ended.returncode == 1
        assert ended.stdout.startswith(
            "no verdict within 1 s on the message to s***@e***.com; the hook goes on and logs how it ended\nwhat to do: ")


def test_one_provider_alone_is_tried(staged):
    with mail.ScriptedServer() as first, mail.ScriptedServer() as second:
        staged.configure(relay=first.port, email__providers="relay,backup", provider__backup__url=f"smtp://127.0.0.1:{second.port}")
        assert "sent: backup took" in staged.done("test", "--to", "someone@example.com", "--provider", "backup")
        assert (len(first.messages()), len(second.messages())) == (0, 1)
        complaint = staged.refused("test", "--to", "someone@example.com", "--provider", "nope")
        assert "there is no [provider nope]" in complaint


def test_hook_that_is_not_there_is_told(staged):
    (staged.folder / "otpcode-deliver").unlink()
    ended = staged.otpcode("test", "--to", "someone@example.com")
    assert (ended.returncode, ended.stderr) == (1, "")
    assert f"{staged.folder}/otpcode-deliver: No such file" in ended.stdout


# config

def test_config_check_says_that_it_is_sound(staged):
    assert staged.done("config", "check") == f"{staged.config} is sound\n"
    ended = stage.run(COMMAND, "config", "check", "otpcode.conf", cwd=staged.folder)
    assert (ended.returncode, ended.stdout) == (0, f"{staged.config} is sound\n")


@pytest.mark.parametrize("text, complaint", [
    ("[limits]\nlock_for=15\n", ":2: lock_for=15 needs a unit: 15min"),
    ("[limits]\nlock_fro=15min\n", ":2: "),
    ("[limit]\n", ":1: "),
    ("lock_for=15min\n", ":1: "),
])
def test_config_check_names_file_and_line_and_exits_78(staged, text, complaint):
    staged.config.write_text(text)
    assert staged.refused("config", "check", status=78).startswith(f"otpcode: {staged.config}{complaint}")
    for words in (["config", "show"], ["list"], ["init"], ["test", "--to", "a@example.org"]):
        assert complaint in staged.refused(*words, status=78), words


def test_config_check_finds_a_json_that_is_none(staged):
    staged.configure(provider__web__url="https://h/", provider__web__json='{"to": "{to}", "text": "{text}",}')
    line = staged.config.read_text().split("\n").index('json = {"to": "{to}", "text": "{text}",}') + 1
    complaint = staged.refused("config", "check", status=78)
    assert complaint.startswith(f"otpcode: {staged.config}:{line}: [provider web] json is not JSON at character "), complaint
    staged.configure(provider__web__url="https://h/", provider__web__json='{"to": "{to}", "to": "{text}"}')
    assert "duplicate object key" in staged.refused("config", "check", status=78)
    staged.configure(provider__web__url="https://h/", provider__web__json='{"to": "{to}", "text": "{text}"}')
    assert staged.done("config", "check") == f"{staged.config} is sound\n"


def test_config_check_refuses_a_file_that_others_may_write_or_that_is_not_there(staged):
    staged.config.chmod(0o666)
    assert str(staged.config) in staged.refused("config", "check", status=78)
    staged.config.unlink()
    assert "No such file" in staged.refused("config", "check", status=78)


# config check reads the templates.

ALL = "{code} {ref} {user} {host} {service} {source} {time} {until} {support}"


def template(staged, channel, text, **keys):
    """Writes the template of a channel into the configuration and onto disk."""
    path = staged.folder / f"{channel}.txt"
    path.write_text(text)
    path.chmod(0o644)
    staged.configure(**GATEWAY, **{f"{channel}__template": path}, **keys)
    return path


@pytest.mark.parametrize("channel, text, fault", [
    ("email", "Subject: code\n\n{code}\n{nope}\n", ":4: unknown placeholder {nope}; there are "),
    ("email", "code {code}\n", ":1: the first line must be Subject: and the subject\n"),
    ("email", "", ": the file is empty: it must hold "),
    ("sms", "{code}\n{nope}\n", ":2: unknown placeholder {nope}; there are "),
    ("sms", "Subject: x\n{code}\n", ":1: a text message has no subject"),
    ("sms", "{code}" + "x" * 460, ":1: the text is too long for an SMS of 3 parts"),
])
def test_config_check_names_file_and_line_of_a_templates_fault(staged, channel, text, fault):
    path = template(staged, channel, text)
    complaint = staged.refused("config", "check", status=78)
    assert complaint.startswith(f"otpcode: {path}{fault}"), complaint
    assert "placeholder" not in fault or all(name in complaint for name in ALL.split()), complaint
    ended = stage.run(staged.folder / "otpcode", "config", "check", staged.config)
    assert (ended.returncode, ended.stdout, ended.stderr) == (78, "", complaint)


def test_templates_fault_is_the_hooks_and_not_a_logins(ready):
    """Every command reads the configuration as the module does, and the templates are not its."""
    template(ready, "email", "{nope}")
    assert ready.done("list") == "no user is enrolled\n"


def test_config_check_is_content_with_good_templates(staged):
    template(staged, "email", f"Subject: {ALL}\n\n{ALL}\n", email__from="login@example.org")
    assert staged.done("config", "check") == f"{staged.config} is sound\n"
    template(staged, "sms", "{code} for {host} (ref {ref})\n")
    assert staged.done("config", "check") == f"{staged.config} is sound\n"


def test_config_check_warns_of_an_sms_of_more_than_one_part(staged):
    path = template(staged, "sms", "{code} {host} " + "x" * 150)
    ended = staged.otpcode("config", "check")
    assert (ended.returncode, ended.stdout) == (0, f"{staged.config} is sound\n")
    assert ended.stderr == (f"warning: {path}: filled for alice from 203.0.113.9 it has 175 characters: an SMS of 2 parts, "
                            "for which gateways charge; one part has 160\n")


def test_config_check_opens_a_template_by_the_hooks_rules(staged):
    path = template(staged, "sms", "{code}\n")
    path.chmod(0o666)
    assert f"[sms] template: {path}: mode 0666 lets others" in staged.refused("config", "check", status=78)
    path.chmod(0o644)
    os.chown(path, NOBODY_UID, NOBODY_UID)
    assert f"[sms] template: {path}: owned by uid {NOBODY_UID}" in staged.refused("config", "check", status=78)
    path.unlink()
    assert f"[sms] template: {path}: No such file" in staged.refused("config", "check", status=78)


def test_command_that_reads_templates_needs_no_libcurl():
    needed = stage.run("/usr/bin/readelf", "-d", COMMAND).stdout
    assert "libcrypto" in needed and "libcurl" not in needed


# And what the hook's user can read, where it is not a draft.

def group_of_hook():
    return grp.getgrgid(pwd.getpwnam(stage.HOOK_USER).pw_gid).gr_name


def close_to_the_hook(path):
    """Root's alone; what the mend is to begin with."""
    path.chmod(0o700 if path.is_dir() else 0o600)
    verb, bits = ("enter and list", "g+rx") if path.is_dir() else ("read", "0640")
    group = group_of_hook()
    return f"{path}: delivery.hook_user={stage.HOOK_USER} must be able to {verb} it: chgrp {group} {path} && chmod {bits} {path}\n"


@pytest.mark.parametrize("what", ["otpcode.conf", "otpcode.conf.d", "otpcode.conf.d/10-site.conf", ".", "secret/deep/sms.txt", "secret/deep",
                                  "secret"])
def test_config_check_tells_root_what_the_hooks_user_cannot_read(staged, what):
    for folder in ("otpcode.conf.d", "secret", "secret/deep"):
        (staged.folder / folder).mkdir(mode=0o755)
    for file, text in (("otpcode.conf.d/10-site.conf", "[limits]\ntries=3\n"), ("secret/deep/sms.txt", "{code}\n")):
        (staged.folder / file).write_text(text)
    staged.configure(**GATEWAY, sms__template=staged.folder / "secret/deep/sms.txt")
    assert staged.done("config", "check") == f"{staged.config} is sound\n"
    mend = close_to_the_hook(staged.folder / what)
    complaint = staged.refused("config", "check", status=78)
    assert complaint == "otpcode: " + ("[sms] template: " if "secret" in what else "") + mend
    ended = stage.run(staged.folder / "otpcode", "config", "check", staged.config)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{staged.config} is sound\n", ""), ended
    stage.run("/bin/sh", "-c", mend.partition(" it: ")[2])
    assert staged.done("config", "check") == f"{staged.config} is sound\n"


def test_config_check_tells_of_each_password_file_of_a_listed_provider(staged):
    files = [staged.folder / f"{name}.password" for name in ("a", "b", "c")]
    keys = {}
    for name, path in zip("abc", files):
        path.write_text("s3cret\n")
        mend = close_to_the_hook(path)
        keys |= {f"provider__{name}__url": "smtp://localhost:9", f"provider__{name}__username": "joe",
                 f"provider__{name}__password_file": path}
    staged.configure(email__providers="a,b", **keys)
    complaint = staged.refused("config", "check", status=78).splitlines(True)
    assert [line.partition(" password_file: ")[0] for line in complaint] == ["otpcode: [provider a]", "otpcode: [provider b]"]
    assert complaint[1].endswith(mend.replace("c.password", "b.password"))
    files[0].unlink()
    assert f"[provider a] password_file: {files[0]}: No such file" in staged.refused("config", "check", status=78)


def test_config_check_only_warns_where_the_hook_is_behind_a_socket_or_its_user_is_not_made(staged):
    staged.configure(delivery__hook="unix:/run/otpcode/deliver.sock")
    mend = close_to_the_hook(staged.config)
    ended = staged.otpcode("config", "check")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, f"{staged.config} is sound\n", f"warning: {mend}")
    staged.configure(delivery__hook_user="no-such-user")
    ended = staged.otpcode("config", "check")
    assert (ended.returncode, ended.stdout) == (0, f"{staged.config} is sound\n")
    assert ended.stderr.startswith("warning: there is no user no-such-user (delivery.hook_user) yet: 'otpcode init' makes it")


def test_config_check_of_a_draft_needs_no_root(staged):
    words = ["setpriv", f"--reuid={NOBODY_UID}", f"--regid={NOBODY_UID}", "--clear-groups", staged.folder / "otpcode", "config", "check"]
    folder = staged.folder / "draft"
    folder.mkdir(mode=0o755)
    draft = folder / "otpcode.conf"
    draft.write_text(staged.config.read_text())
    for path in (folder, draft):
        os.chown(path, NOBODY_UID, NOBODY_UID)
    (folder / "mine.txt").write_text("{code}\n")
    os.chown(folder / "mine.txt", NOBODY_UID, NOBODY_UID)
    draft.write_text(draft.read_text() + f"[sms]\ntemplate={folder}/mine.txt\n")
    for path in (draft, staged.config):
        ended = stage.run(*words, path)
        assert (ended.returncode, ended.stdout) == (0, f"{path} is sound\n"), ended
    assert stage.run(staged.folder / "otpcode", "config", "check", draft).returncode == 78
    secret = template(staged, "sms", "{code}\n")
    secret.chmod(0o600)
    ended = stage.run(*words, staged.config)
    assert (ended.returncode, ended.stdout) == (0, f"{staged.config} is sound\n"), ended
    assert ended.stderr == f"warning: [sms] template was not checked: {secret}: Permission denied\n"


def test_config_show_says_where_each_value_comes_from(staged):
    drop_ins = staged.folder / "otpcode.conf.d"
    drop_ins.mkdir(mode=0o755)
    (drop_ins / "10-site.conf").write_text("[limits]\ntries=3\n")
    values = {(value["section"], value["key"]): (value["value"], value["from"])
              for value in json.loads(staged.done("config", "show", "--json"))["values"]}
    assert values["limits", "tries"] == ("3", f"{drop_ins}/10-site.conf:2")
    assert values["limits", "lock_for"] == ("15min", "default")
    assert values["delivery", "hook_user"] == ("nobody", f"{staged.config}:3")
    table = staged.done("config", "show")
    assert re.search(rf"limits +tries +3 +{drop_ins}/10-site\.conf:2\n", table)
    assert table.splitlines()[0].split() == ["SECTION", "KEY", "VALUE", "FROM"]


# Its descriptors.

@pytest.mark.parametrize("words", [["list"], ["list", "--json"], ["show", "nobody"], ["show", "nobody", "--json"],
                                   ["config", "show"], ["config", "check"], ["lock", "nobody"], ["--help"]])
def test_output_that_cannot_be_written_is_a_failure(enrolled, words):
    with open("/dev/full", "w", encoding="ascii") as full:
        ended = enrolled.otpcode(*words, stdout=full)
    assert ended.returncode == 1
    assert ended.stderr == "otpcode: the output could not be written: No space left on device\n"


def test_reader_that_went_away_is_a_failure(enrolled):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as out:
        ended = enrolled.otpcode("list", stdout=out)
    assert ended.returncode == 1 and "Broken pipe" in ended.stderr


@pytest.mark.parametrize("closed, status", [("<&-", 0), (">&-", 1), ("2>&-", 0), ("<&- >&- 2>&-", 1)])
def test_closed_standard_descriptors_end_up_in_no_file_of_ours(enrolled, closed, status):
    before = {path: path.stat().st_size for path in enrolled.folder.rglob("*") if path.is_file()}
    line = f"'{enrolled.folder}/otpcode' list --config '{enrolled.config}' {closed}"
    ended = stage.run("/bin/sh", "-c", line)
    assert ended.returncode == status
    assert ("nobody" in ended.stdout) == (status == 0)
    assert {path: path.stat().st_size for path in enrolled.folder.rglob("*") if path.is_file()} == before
    assert b"the output" not in enrolled.state_path("nobody").read_bytes()


# What it tells others: on a machine of its own.

def plain(machine, **changes):
    """A configuration whose relay is never asked for anything."""
    machine.configure(provider__relay__url="smtp://localhost:9", **changes)


def test_every_change_is_told_to_syslog_and_by_whom(bare_machine):
    bare_machine.add_user("alice")
    plain(bare_machine)
    bare_machine.otpcode("init")
    for words in (["enroll", "alice", "--email", "alice@example.org"], ["contact", "add", "alice", "--email", "anna@example.net"],
                  ["contact", "order", "alice", "2", "1"], ["contact", "remove", "alice", "2"], ["lock", "alice"]):
        bare_machine.otpcode(*words)
    bare_machine.run(["env", "SUDO_USER=carol", bare_machine.command, "unlock", "alice"])
    bare_machine.run(["env", "SUDO_USER=x by=root\nevent=forged", bare_machine.command, "lock", "alice"])
    bare_machine.otpcode("unenroll", "alice", "--yes")
    told = [re.sub(r"^otpcode\[\d+\]: ", "", line) for line in bare_machine.events(source="otpcode[")]
    assert told == [
        'event=init made="host key" name=/etc/otpcode/host.key by=root',
        'event=init made="state folder" name=/var/lib/otpcode by=root',
        'event=init made="table of limits" name=/var/lib/otpcode/shared/limits by=root',
        'event=init made="note of this machine" name=/var/lib/otpcode/machine.id by=root',
        'event=enroll user=alice contacts=a***@e***.org by=root',
        'event=contact-add user=alice contact=a***@e***.net contacts="a***@e***.org, then a***@e***.net" by=root',
        'event=contact-order user=alice contacts="a***@e***.net, then a***@e***.org" by=root',
        'event=contact-remove user=alice contact=a***@e***.org contacts=a***@e***.net by=root',
        'event=lock user=alice by=root',
        'event=unlock user=alice by=root(carol)',
        'event=lock user=alice by="root(x by=root?event=forged)"',
        'event=unenroll user=alice by=root',
    ]


def test_init_makes_the_system_user_of_the_hook(bare_machine):
    plain(bare_machine, delivery__hook_user="_otpcode")
    told = bare_machine.otpcode("init").stdout
    assert "made system user _otpcode\n" in told
    line, = (line for line in (bare_machine.etc / "passwd").read_text().splitlines() if line.startswith("_otpcode:"))
    name, _, uid, gid, _, home, shell = line.split(":")
    assert 0 < int(uid) < 1000 and gid != "0" and (home, shell) == ("/nonexistent", "/usr/sbin/nologin")
    assert "already there: system user _otpcode\n" in bare_machine.otpcode("init").stdout


def test_init_says_what_to_run_where_the_system_user_cannot_be_made(bare_machine):
    plain(bare_machine, delivery__hook_user="_otpcode")
    with open(bare_machine.etc / "group", "a", encoding="ascii") as groups:
        groups.write("_otpcode:x:63999:\n")
    ended = bare_machine.otpcode("init", check=False)
    assert ended.returncode == 1
    assert "useradd: group _otpcode exists" in ended.stderr
    assert "make the user yourself: useradd --system" in ended.stderr
    assert ended.stdout == (
        "made host key /etc/otpcode/host.key\nmade state folder /var/lib/otpcode\nmade table of limits /var/lib/otpcode/shared/limits\n"
        "made note of this machine /var/lib/otpcode/machine.id\n")


def test_root_is_not_taken_as_the_user_of_the_hook_under_any_name(bare_machine):
    with open(bare_machine.etc / "passwd", "a", encoding="ascii") as passwd:
        passwd.write("toor:x:0:0:toor:/root:/bin/sh\n")
    for name in ("root", "toor"):
        plain(bare_machine, delivery__hook_user=name)
        for words in (["init"], ["test", "--to", "someone@example.com"], ["config", "check"]):
            ended = bare_machine.otpcode(*words, check=False)
            assert (ended.returncode, "hook_user" in ended.stdout + ended.stderr) == (78, True), ended


def test_user_who_is_gone_from_the_system_can_be_shown_and_removed(bare_machine):
    bare_machine.add_user("alice")
    plain(bare_machine)
    bare_machine.otpcode("init")
    bare_machine.otpcode("enroll", "alice", "--email", "alice@example.org")
    passwd = bare_machine.etc / "passwd"
    passwd.write_text("".join(line for line in passwd.read_text().splitlines(True) if not line.startswith("alice:")))
    assert "The system has no such user any more" in bare_machine.otpcode("show", "alice").stdout
    assert json.loads(bare_machine.otpcode("show", "alice", "--json").stdout)["system_uid"] is None
    bare_machine.otpcode("lock", "alice")
    bare_machine.otpcode("unlock", "--all")
    bare_machine.otpcode("unenroll", "alice", "--yes")
    assert bare_machine.otpcode("list").stdout == "no user is enrolled\n"


def test_list_unenrolled_shows_people_with_a_login_shell(bare_machine):
    for name in ("alice", "bob", "carol", "dave"):
        bare_machine.add_user(name)
    passwd = bare_machine.etc / "passwd"
    text = passwd.read_text()
    text = re.sub(r"^(carol:.*):/bin/sh$", r"\1:/usr/sbin/nologin", text, flags=re.MULTILINE)
    text = re.sub(r"^(dave:x):\d+:", r"\1:999:", text, flags=re.MULTILINE)
    passwd.write_text(text)
    with open(bare_machine.etc / "shells", "a", encoding="ascii") as shells:
        shells.write("/usr/sbin/nologin\n")
    plain(bare_machine)
    bare_machine.otpcode("init")
    bare_machine.otpcode("enroll", "bob", "--email", "bob@example.org")
    listed = [line.split()[0] for line in bare_machine.otpcode("list", "--unenrolled").stdout.splitlines()[1:]]
    assert "alice" in listed and "root" in listed
    assert not {"bob", "carol", "dave", "nobody"} & set(listed)
    users = json.loads(bare_machine.otpcode("list", "--unenrolled", "--json").stdout)["users"]
    assert {"user": "alice", "uid": 64201, "shell": "/bin/sh"} in users

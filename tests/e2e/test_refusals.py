# SPDX-License-Identifier: BSD-2-Clause
"""Who is denied, and why: not enrolled, a store or a file that is not what it should be, a fault in the configuration."""

import os
import shutil

import pytest

from test_login import SENT

OUT_OF_ORDER = "Codes cannot be checked"
NO_ADDRESS = "No address is registered for you. Help: helpdesk@example.org"


def denied(machine, says=OUT_OF_ORDER, user="alice"):
    """A login that ends without a prompt, saying this."""
    login = machine.ssh(user)
    assert not login.ended(), login.text
    assert says in login.text, login.text
    assert "Verification code" not in login.text
    return login


@pytest.fixture
def ignoring(machine):
    """A machine on which those who are not enrolled need no code: where an error taken for "not enrolled" would let somebody in."""
    machine.configure(users__unenrolled="ignore")
    machine.start_sshd()
    return machine


# Not enrolled.

def test_unenrolled_user_is_denied_by_the_shipped_stack(machine, mailbox, row):
    machine.add_user("carol")
    machine.start_sshd()
    login = denied(machine, NO_ADDRESS, "carol")
    assert "user=carol" in machine.wait_for_event("denied")
    assert not mailbox.messages()
    row("sshd, key and code", "`ssh carol@host`, who has no address", login)


def test_unenrolled_user_is_let_in_by_the_shipped_stack_if_the_admin_chose_ignore(ignoring, mailbox):
    ignoring.add_user("carol")
    login = ignoring.ssh("carol")
    assert login.ended(), login.text
    assert "in as carol" in login.text and "No address" not in login.text
    assert "user=carol" in ignoring.wait_for_event("ignored")
    assert not mailbox.messages()


def test_enrolled_user_is_asked_though_the_unenrolled_are_let_in(ignoring, mailbox):
    login = ignoring.ssh("alice")
    assert SENT.match(login.prompt())
    login.hang_up()


# The store.

def damage_store_id(machine):
    (machine.view / "var/lib/otpcode/store.id").unlink()


def another_store_id(machine):
    path = machine.view / "var/lib/otpcode/store.id"
    path.write_bytes(path.read_bytes()[::-1])


def unmounted_store(machine):
    (machine.view / "var/lib/otpcode").rename(machine.view / "var/lib/elsewhere")
    (machine.view / "var/lib/otpcode").mkdir(mode=0o700)


def no_store(machine):
    (machine.view / "var/lib/otpcode").rename(machine.view / "var/lib/elsewhere")


def writable_store(machine):
    (machine.view / "var/lib/otpcode").chmod(0o777)


def missing_key(machine):
    (machine.etc / "otpcode/host.key").unlink()


def another_key(machine):
    (machine.etc / "otpcode/host.key").write_bytes(bytes(range(32)))


def short_key(machine):
    path = machine.etc / "otpcode/host.key"
    path.write_bytes(path.read_bytes()[:31])


def readable_key(machine):
    (machine.etc / "otpcode/host.key").chmod(0o644)


def key_of_a_user(machine):
    os.chown(machine.etc / "otpcode/host.key", 64201, 64201)


@pytest.mark.parametrize("fault", [damage_store_id, another_store_id, unmounted_store, no_store, writable_store, missing_key,
                                   another_key, short_key, readable_key, key_of_a_user])
def test_C54_store_that_is_not_this_hosts_denies_everybody(ignoring, mailbox, fault):
    ignoring.add_user("carol")
    fault(ignoring)
    for user in ("alice", "carol"):
        denied(ignoring, user=user)
    assert "why=" in ignoring.wait_for_event("error")
    assert not mailbox.messages()


# A user's file.

def newest_slot(path):
    data = path.read_bytes()
    revs = [int(data[start:].split(b"rev=")[1].split(b" ")[0]) for start in (0, 8192)]
    return 0 if revs[0] > revs[1] else 8192


def flip(path, *offsets):
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 0x20
    path.write_bytes(data)


def both_slots_damaged(path):
    flip(path, 200, 8192 + 200)


def slots_with_equal_revs(path):
    data = path.read_bytes()
    path.write_bytes(data[:8192] * 2)


def cut_in_half(path):
    os.truncate(path, 8192)


def empty(path):
    os.truncate(path, 0)


def unreadable(path):
    path.chmod(0)


def readable_by_others(path):
    path.chmod(0o644)


def owned_by_the_user(path):
    os.chown(path, 64201, 64201)


def symbolic_link(path):
    path.rename(path.with_name("moved"))
    path.symlink_to("moved")


def hard_link(path):
    os.link(path, path.with_name("second"))


def folder(path):
    path.unlink()
    path.mkdir(mode=0o700)


def pipe(path):
    path.unlink()
    os.mkfifo(path, 0o600)


def device(path):
    path.unlink()
    os.mknod(path, 0o600 | 0o020000, os.makedev(1, 3))


def look_at(path):
    found = path.lstat()
    return found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns, path.read_bytes() if path.is_file() else None


@pytest.mark.parametrize("fault", [both_slots_damaged, slots_with_equal_revs, cut_in_half, empty, unreadable, readable_by_others,
                                   owned_by_the_user, symbolic_link, hard_link, folder, pipe, device])
def test_C04_state_file_that_cannot_be_trusted_denies_its_user(ignoring, mailbox, fault):
    path = ignoring.state_path("alice")
    fault(path)
    before = look_at(path)
    denied(ignoring)
    assert look_at(path) == before
    assert "user=alice" in ignoring.wait_for_event("error")
    assert not mailbox.messages()
    other = ignoring.ssh("bob")
    other.prompt()
    other.hang_up()


def test_C59_newer_slot_damaged_uses_the_older_one_counts_a_failure_and_says_so(machine, mailbox):
    machine.start_sshd()
    waiting = machine.ssh("alice")
    waiting.prompt()
    code = mailbox.wait().code
    flip(machine.state_path("alice"), newest_slot(machine.state_path("alice")) + 150)
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    assert "user=alice" in machine.wait_for_event("damaged")
    login.answer(code)
    assert login.prompt().startswith("Wrong code.")
    # One for the damage, one for the code that was live before it.
    assert "known_lane failures=2 " in machine.record("alice")
    login.answer(mailbox.wait(2).code)
    assert login.ended(), login.text


def test_C59_newer_slot_damaged_does_not_bring_a_used_code_back(machine, mailbox):
    machine.start_sshd()
    login = machine.ssh("alice")
    login.prompt()
    code = mailbox.wait().code
    login.answer(code)
    assert login.ended(), login.text
    flip(machine.state_path("alice"), newest_slot(machine.state_path("alice")) + 150)
    again = machine.ssh("alice")
    again.prompt()
    again.answer(code)
    assert again.prompt().startswith("Wrong code.")
    again.hang_up()


def test_record_of_another_uid_under_the_same_name_is_not_that_users(ignoring):
    passwd = ignoring.etc / "passwd"
    passwd.write_text(passwd.read_text().replace("alice:x:64201:64201", "alice:x:64999:64201"))
    os.chown(ignoring.stage / "home/alice", 64999, 64201)
    denied(ignoring)
    assert "uid" in ignoring.wait_for_event("error")


# The configuration.

def adding(text):
    return lambda path: path.write_text(path.read_text() + text)


def replacing(old, new):
    return lambda path: path.write_text(path.read_text().replace(old, new))


def without_file(path):
    path.unlink()


def writable_file(path):
    path.chmod(0o666)


def file_of_a_user(path):
    os.chown(path, 64201, 64201)


def linked_file(path):
    shutil.move(path, path.with_name("real.conf"))
    path.symlink_to("real.conf")


def drop_in(text):
    def write(path):
        folder = path.with_name("otpcode.conf.d")
        folder.mkdir(exist_ok=True)
        (folder / "50-test.conf").write_text(text)
    return write


CONFIG_FAULTS = {
    "unknown section": adding("[limit]\ntries = 5\n"),
    "unknown key": adding("[limits]\ntry = 5\n"),
    "repeated key": adding("[limits]\ntries = 5\ntries = 5\n"),
    "no value": adding("[limits]\ntries =\n"),
    "no equals sign": adding("[limits]\ntries 5\n"),
    "not a number": adding("[limits]\ntries = five\n"),
    "out of range": adding("[limits]\ntries = 11\n"),
    "unit missing": adding("[limits]\nlock_for = 15\n"),
    "unknown unit": adding("[limits]\nlock_for = 15parsecs\n"),
    "unclosed section": adding("[limits\ntries = 5\n"),
    "key above the first section": lambda path: path.write_text("tries = 5\n" + path.read_text()),
    "control byte": adding("[limits]\ntries = 5\x01\n"),
    "NUL": adding("[limits]\ntries = 5\0\n"),
    "over 64 KiB": adding("# padding\n" * 7000),
    "unknown provider": replacing("providers = relay", "providers = other"),
    "no provider": replacing("providers = relay", "# none"),
    "no sender": replacing("from = login@example.org", ""),
    "bad sender": replacing("from = login@example.org", "from = login@example.org>"),
    "plain mail to a far host": replacing("tls = required", "tls = none\n#"),
    "relative path": replacing("path = /var/lib/otpcode", "path = var/lib/otpcode"),
    "drop-in with a fault": drop_in("[limits]\ntries = 0\n"),
    "no file": without_file,
    "writable by others": writable_file,
    "owned by a user": file_of_a_user,
    "symbolic link": linked_file,
}


@pytest.mark.parametrize("name", CONFIG_FAULTS)
def test_fault_in_the_configuration_denies_and_names_the_file(ignoring, mailbox, name):
    path = ignoring.etc / "otpcode/otpcode.conf"
    if name == "plain mail to a far host":
        path.write_text(path.read_text().replace("smtp://localhost", "smtp://mail.example.net"))
    CONFIG_FAULTS[name](path)
    denied(ignoring)
    why = ignoring.wait_for_event("error")
    assert "/etc/otpcode/otpcode.conf" in why, why
    assert not mailbox.messages()


@pytest.mark.parametrize("argument", ["limits.tries=0", "limits.try=5", "tries=5", "debug", "store.path=/tmp/x", "conf=otpcode.conf",
                                      "conf=/etc/otpcode/nowhere.conf", "users.unenrolled=ignore", "limits.resend_after=15", "limits.lock_after=3"])
def test_fault_in_a_module_argument_denies(machine, mailbox, argument):
    machine.use_stack("sshd, key and code", lambda lines: [
        line + " " + argument if "pam_otpcode.so" in line else line for line in lines])
    machine.start_sshd()
    denied(machine)
    machine.wait_for_event("error")
    assert not mailbox.messages()


def test_module_argument_changes_one_key_for_its_service(machine, mailbox):
    machine.use_stack("sshd, key and code", lambda lines: [
        line + " code.length=8" if "pam_otpcode.so" in line else line for line in lines])
    machine.start_sshd()
    login = machine.ssh("alice")
    assert login.prompt().startswith("An 8-digit code was emailed")
    assert len(mailbox.wait().code) == 8
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text


# What sshd itself has denied.

# What sshd puts in place of what they type, cut to its length.
DENIED = {"DenyUsers": ("alice", {"DenyUsers": "alice"}), "root": ("root", {"PermitRootLogin": "no"}),
          "root without a key": ("root", {"PermitRootLogin": "prohibit-password"})}


@pytest.mark.parametrize("answer", ["", "1", "123456", "12345678901234"])
@pytest.mark.parametrize("who", DENIED)
def test_C16_junk_for_a_denied_user_is_counted_as_nothing(machine, mailbox, who, answer):
    user, options = DENIED[who]
    if user == "root":
        machine.otpcode("enroll", "root", "--email", "root@example.org")
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam", **options)
    login = machine.ssh(user, key=False)
    login.prompt()
    for _ in range(4):
        login.answer(answer)
        login.prompt()
    login.hang_up()
    # An empty answer stays one: an ordinary Enter, too soon for another code.
    assert len(machine.events("ignored" if answer else "too-soon")) == 4
    assert not machine.events("wrong") and not machine.events("verified")
    assert " tries=0 " in machine.record(user) and " wrong=0 " in machine.record(user)
    assert len(mailbox.messages()) == 1


def test_C16_right_code_does_not_let_a_denied_user_in(machine, mailbox):
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam", DenyUsers="alice")
    login = machine.ssh("alice", key=False, options=["-o", "NumberOfPasswordPrompts=1"])
    login.prompt()
    for _ in range(4):
        login.answer(mailbox.wait().code)
        login.prompt()
    login.answer(mailbox.wait().code)
    assert not login.ended()
    assert not machine.events("verified")
    assert len(mailbox.messages()) == 1


@pytest.mark.parametrize("fault", ["none", "store", "key", "configuration", "hook"])
def test_C32_unknown_users_name_is_not_logged_whatever_else_is_wrong(machine, mailbox, fault):
    if fault == "store":
        no_store(machine)
    elif fault == "key":
        missing_key(machine)
    elif fault == "configuration":
        machine.configure(limits__tries="eleven")
    elif fault == "hook":
        machine.configure(delivery__hook="/nowhere/otpcode-deliver")
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = machine.ssh("MySecretPassword", key=False)
    assert not login.ended()
    assert machine.events()
    assert not [line for line in [*machine.events(), *machine.events(source="otpcode-deliver")] if "MySecretPassword" in line]


def test_blind_password_conversation_sends_nothing_and_is_refused(machine, mailbox, row):
    machine.use_stack("sshd, password and code")
    machine.add_user("dora", password="open sesame")
    machine.otpcode("enroll", "dora", "--email", "dora@example.org")
    machine.start_sshd(PasswordAuthentication="yes", AuthenticationMethods="password")
    login = machine.ssh("dora", options=["-o", "NumberOfPasswordPrompts=1", "-o", "PasswordAuthentication=yes"])
    login.wait_for("password: ")
    login.answer("open sesame")
    assert not login.ended()
    assert "PasswordAuthentication no" in machine.wait_for_event("error")
    assert not mailbox.messages()
    row("sshd, its own password method", "`ssh dora@host`, the right password", login, more="; the log says what to set")

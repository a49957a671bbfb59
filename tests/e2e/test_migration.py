# SPDX-License-Identifier: BSD-2-Clause
"""otpcode import: files that the real google-authenticator, pam_google_authenticator and pam_oath wrote, and hostile ones."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest

import stage
from conftest import BUILD

NOBODY = 65534
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY"
HEX = b"1234567890123456".hex()
FILE = f'{SECRET}\n" RATE_LIMIT 3 30\n" WINDOW_SIZE 17\n" DISALLOW_REUSE\n" TOTP_AUTH\n11223344\n87654321\n'


def needs(program, of):
    if not shutil.which(program):
        pytest.skip(f"{of} is not installed: make test installs it")


def needs_module(machine, name):
    if not (machine.view / "security" / name).exists():
        pytest.skip(f"{name} is not installed: make test installs it")


def oath_code(secret, at, *words):
    """The code of a secret in base32 at a time, as oathtool has it."""
    done = subprocess.run(["oathtool", "--totp", "-b", "-N", f"@{int(at)}", *words, "-"], input=secret, capture_output=True, text=True,
                          check=True)
    return done.stdout.strip()


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


def write(ready, text, name="home/.google_authenticator", owner=NOBODY, mode=0o600):
    path = ready.folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    os.chown(path.parent, owner, owner)
    os.chown(path, owner, owner)
    path.chmod(mode)
    return path


def shown(ready, user="nobody"):
    return json.loads(ready.done("show", user, "--json"))


# What is taken over, and what is said of it.

def test_app_and_scratch_codes_are_taken_over(ready):
    said = ready.done("import", "--google-authenticator", write(ready, FILE), "nobody")
    assert said.splitlines() == [
        "nobody: the authenticator app is taken over: 6 digits every 30 s, SHA1; 2 backup codes",
        "nobody: its window of 17 codes is now 3: the present one and one either side",
        "nobody: its RATE_LIMIT ends: the limits of otpcode.conf hold"]
    record = shown(ready)
    assert (record["app"]["algorithm"], record["app"]["digits"], record["app"]["period_s"]) == ("SHA1", 6, 30)
    assert record["backup_codes"] == [{"until": None}] * 2
    data = ready.state_path("nobody").read_bytes()
    for secret in (SECRET, "1234567890123456", "11223344", HEX):
        assert secret.encode() not in data


def test_file_without_a_list_of_used_codes_makes_all_codes_until_now_worthless(ready):
    said = ready.done("import", "--google-authenticator", write(ready, f'{SECRET}\n" TOTP_AUTH\n'), "nobody")
    assert "nobody: codes that were shown until now are not accepted: wait a minute" in said
    record = max(stage.read_slots(ready.state_path("nobody").read_bytes()))[2]
    assert int(re.search(r"last_step=(\d+)", record)[1]) > time.time() // 30


def test_list_of_used_codes_cannot_reach_into_the_future(ready):
    far = FILE.replace("DISALLOW_REUSE", "DISALLOW_REUSE 2000000000")
    ready.done("import", "--google-authenticator", write(ready, far), "nobody")
    record = max(stage.read_slots(ready.state_path("nobody").read_bytes()))[2]
    assert int(re.search(r"last_step=(\d+)", record)[1]) <= time.time() // 30 + 1


def test_what_there_is_is_replaced_after_a_yes_alone(ready):
    path = write(ready, FILE)
    ready.done("import", "--google-authenticator", path, "nobody")
    before = ready.state_path("nobody").read_bytes()
    complaint = ready.refused("import", "--google-authenticator", path, "nobody")
    assert "nobody has: app, 2 backup codes. The file's take the place of app and backup codes." in complaint
    assert ready.state_path("nobody").read_bytes() == before
    ready.done("import", "--google-authenticator", path, "nobody", "--yes")
    assert len(shown(ready)["backup_codes"]) == 2


@pytest.mark.parametrize("text, reason", [
    (FILE.replace(SECRET, SECRET[:16]), "line 1: the secret is weak: it has 80 bits, and 128 are the least"),
    (FILE.replace("TOTP_AUTH", "HOTP_COUNTER 1"), "line 5: it counts its codes (HOTP)"),
    (FILE.replace("WINDOW_SIZE 17", "STEP_SIZE 10"), "line 3: its time step is neither 30 nor 60 seconds"),
    (FILE + "hello\n", "line 8: it is neither an option nor a scratch code"),
    ("", "line 1: the secret is weak"),
])
def test_file_that_is_refused_changes_nothing_and_is_not_quoted(ready, text, reason):
    before = ready.state_path("nobody").read_bytes()
    complaint = ready.refused("import", "--google-authenticator", write(ready, text), "nobody")
    assert f"nobody is not taken over: {reason}" in complaint and "otpcode totp nobody" in complaint
    assert SECRET[:8] not in complaint and "11223344" not in complaint and "hello" not in complaint
    assert ready.state_path("nobody").read_bytes() == before


def test_root_keeps_the_files_of_all_users(ready):
    path = write(ready, FILE, name="files/nobody", owner=0, mode=0o400)
    ready.done("import", "--google-authenticator", path, "nobody")
    assert shown(ready)["app"]


# Whose file it is, and what the name leads to.

def refused_file(ready, path, option="--google-authenticator"):
    before = ready.state_path("nobody").read_bytes()
    complaint = ready.refused("import", option, path, "nobody")
    assert SECRET[:8] not in complaint and ready.state_path("nobody").read_bytes() == before
    return complaint


def test_C04_symbolic_link_in_place_of_the_file_is_not_followed(ready):
    real = write(ready, FILE, name="files/nobody", owner=0)
    link = ready.folder / "home/.google_authenticator"
    link.parent.mkdir()
    link.symlink_to(real)
    os.chown(link.parent, NOBODY, NOBODY)
    os.lchown(link, NOBODY, NOBODY)
    assert f"{link}: a symbolic link" in refused_file(ready, link)
    os.lchown(link, 0, 0)
    assert "owned by uid 65534, must be owned by uid 0" in refused_file(ready, link)


def test_C04_symbolic_link_in_the_path_is_not_followed(ready):
    write(ready, FILE)
    (ready.folder / "link").symlink_to(ready.folder / "home")
    assert "a symbolic link, or not a folder" in refused_file(ready, ready.folder / "link/.google_authenticator")
    assert "must not hold . or .." in refused_file(ready, ready.folder / "home/../home/.google_authenticator")


def test_C04_hard_link_is_refused(ready):
    path = write(ready, FILE)
    os.link(path, ready.folder / "home/other")
    assert "has 2 links" in refused_file(ready, path)


def test_C45_fifo_folder_and_device_are_refused_at_once(ready):
    home = write(ready, FILE).parent
    os.mkfifo(home / "fifo", 0o600)
    os.mknod(home / "device", 0o600 | 0o020000, os.makedev(1, 3))
    (home / "folder").mkdir(mode=0o600)
    for name in ("fifo", "device", "folder"):
        os.chown(home / name, NOBODY, NOBODY)
        assert "not a regular file" in refused_file(ready, home / name), name


def test_file_of_another_user_is_refused(ready):
    path = write(ready, FILE, name="other/.google_authenticator", owner=1)
    assert "owned by uid 1, must be owned by uid 65534" in refused_file(ready, path)
    os.chown(path.parent, 0, 0)
    path.parent.chmod(0o755)
    assert f"{path}: Permission denied" in refused_file(ready, path)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o666])
def test_file_that_others_could_read_or_write_is_refused(ready, mode):
    assert f"mode {mode:04o}, must be 0600" in refused_file(ready, write(ready, FILE, mode=mode))


def test_folder_that_others_could_write_to_is_refused(ready):
    path = write(ready, FILE)
    path.parent.chmod(0o777)
    assert "lets others than its owner write" in refused_file(ready, path)


def test_file_is_read_with_the_rights_of_its_owner_alone(ready):
    """What root could reach and its owner cannot is not read, though the file is the owner's: /root/x by a planted path."""
    path = write(ready, FILE, name="roots/file")
    os.chown(path.parent, 0, 0)
    path.parent.chmod(0o700)
    assert "Permission denied" in refused_file(ready, path)


def test_endless_file_is_refused(ready):
    assert "over 262143 bytes" in refused_file(ready, write(ready, FILE + "\n" * 262144))


def test_file_that_is_not_there_is_named(ready):
    assert f"{ready.folder}/none: No such file or directory" in refused_file(ready, ready.folder / "none")


def test_relative_path_is_one_below_the_present_folder(ready):
    path = write(ready, FILE)
    ready.done("import", "--google-authenticator", path.name, "nobody", cwd=str(path.parent))
    assert shown(ready)["app"]


@pytest.mark.parametrize("words, complaint", [
    ([], "FILE is missing (or --google-authenticator FILE USER, or --pam-oath FILE)"),
    (["--pam-oath", "x", "--dry-run"], "--dry-run and --update go with a users file alone"),
    (["users.csv", "--yes"], "a users file is not asked about: without --yes"),
    (["--google-authenticator", "/x"], "USER is missing: whose file it is"),
    (["--google-authenticator", "/x", "--pam-oath", "/y", "nobody"], "either --google-authenticator FILE or --pam-oath FILE"),
])
def test_what_cannot_be_right_is_named(ready, words, complaint):
    assert complaint in ready.refused("import", *words, status=2)


# Users files.

USERS = f"""# all users
HOTP/T30   nobody  -  {HEX}
HOTP/T60/8 daemon  -  {HEX}  0  12345678 2026-01-01T00:00:00L
HOTP       bin     -  {HEX}
HOTP/T30   sys     4711 {HEX}
HOTP/T30   mail    -  {HEX[:20]}
HOTP/T30   no-such-user - {HEX}
HOTP/T30   nobody  -  {HEX}
"""


def test_users_file_is_taken_over_user_by_user(ready):
    path = write(ready, USERS, name="oath/users.oath", owner=0)
    ended = ready.otpcode("import", "--pam-oath", path)
    assert ended.returncode == 1 and "2 taken over, 5 not" in ended.stdout
    for reason in ("line 4: bin is not taken over: it counts its codes (HOTP)", "line 5: sys is not taken over: it has a PIN",
                   "line 6: mail is not taken over: its secret is weak: it has 80 bits, and 128 are the least",
                   "the system has no user 'no-such-user'",
                   "line 8: nobody is not taken over: a user has one app, and it has one from a line above"):
        assert reason in ended.stderr, ended.stderr
    assert HEX[:16] not in ended.stdout + ended.stderr and "4711" not in ended.stderr
    assert shown(ready)["app"]["digits"] == 6 and shown(ready)["contacts"]
    assert (shown(ready, "daemon")["app"]["digits"], shown(ready, "daemon")["app"]["period_s"]) == (8, 60)
    assert sorted(entry.name for entry in (ready.state / "users").iterdir()) == ["daemon", "nobody"]


def test_one_user_of_a_users_file(ready):
    path = write(ready, USERS, name="oath/users.oath", owner=0)
    ready.done("import", "--pam-oath", path, "daemon")
    assert shown(ready)["app"] is None and shown(ready, "daemon")["app"]
    assert "the file has no line of games" in ready.refused("import", "--pam-oath", path, "games")
    assert "it has a PIN" in ready.refused("import", "--pam-oath", path, "sys")


def test_what_is_no_users_file_is_not_quoted(ready):
    path = write(ready, "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk= c2VjcmV0\nroot:$6$salt$hash one two three\n", name="oath/key", owner=0)
    ended = ready.otpcode("import", "--pam-oath", path)
    assert ended.returncode == 1 and "line 1: it is not taken over: it is no token" in ended.stderr
    assert not any(word in ended.stderr for word in ("OPENSSH", "c2Vj", "salt", "one"))


def test_users_file_of_no_root_is_not_read_for_all(ready):
    path = write(ready, USERS, name="oath/users.oath")
    assert "must be owned by uid 0" in ready.refused("import", "--pam-oath", path)
    ready.done("import", "--pam-oath", write(ready, f"HOTP/T30 nobody - {HEX}\n", name="oath/users.oath"), "nobody")


# Files that the real programs made, and the code at the real prompt.

def su(machine, to):
    return machine.spawn(["su", to, "-c", "echo in as $(id -un)"], user="bob")


def our_stack(machine):
    machine.pam("su", ["auth [success=ok ignore=ignore default=die] pam_otpcode.so", "auth required pam_permit.so"])


@pytest.fixture
def moved(machine):
    """A machine with carol, who is not enrolled, on a clock of its own."""
    needs("oathtool", "oathtool")
    machine.own_clock()
    machine.carol = machine.add_user("carol")
    return machine


def google_file(machine, *words):
    needs("google-authenticator", "google-authenticator")
    path = machine.carol / ".google_authenticator"
    machine.run(["google-authenticator", "-t", "-f", "-C", "-Q", "NONE", "-s", path, *words], user="carol")
    return path


def test_app_of_google_authenticator_goes_on_at_our_prompt(moved):
    path = google_file(moved, "-d", "-w", "17", "-r", "3", "-R", "30")
    said = moved.otpcode("import", "--google-authenticator", path, "carol").stdout
    assert "carol: the authenticator app is taken over: 6 digits every 30 s, SHA1; 5 backup codes\n" in said
    assert "its window of 17 codes is now 3" in said and "its RATE_LIMIT ends" in said
    secret, *rest = path.read_text().splitlines()
    scratch = [line for line in rest if re.fullmatch(r"\d{8}", line)]
    assert len(scratch) == 5
    our_stack(moved)
    login = su(moved, "carol")
    login.prompt()
    login.answer(oath_code(secret, time.time()))
    assert login.ended(), login.text
    login = su(moved, "carol")
    login.prompt()
    login.answer(scratch[2])
    assert login.ended(), login.text
    assert not any(text in line for line in moved.log.lines() for text in (secret, *scratch))
    assert "4 backup codes left." in moved.otpcode("show", "carol").stdout
    login = su(moved, "carol")
    login.prompt()
    login.answer(scratch[2])
    assert "Wrong code" in login.prompt()
    login.hang_up()


def test_C07_code_that_pam_google_authenticator_took_is_not_taken_again(moved):
    needs_module(moved, "pam_google_authenticator.so")
    path = google_file(moved, "-d", "-W", "-u")
    secret = path.read_text().splitlines()[0]
    moved.pam("su", [f"auth required pam_google_authenticator.so secret={path}"])
    used = oath_code(secret, time.time())
    login = su(moved, "carol")
    login.prompt()
    login.answer(used)
    assert login.ended(), login.text
    assert re.search(r'^" DISALLOW_REUSE \d+', path.read_text(), re.MULTILINE)
    moved.otpcode("import", "--google-authenticator", path, "carol")
    our_stack(moved)
    login = su(moved, "carol")
    login.prompt()
    login.answer(used)
    assert "Wrong code" in login.prompt()
    moved.move_clock(60)
    login.answer(oath_code(secret, time.time() + 60))
    assert login.ended(), login.text


def test_counter_file_of_google_authenticator_is_refused(moved):
    needs("google-authenticator", "google-authenticator")
    path = moved.carol / ".google_authenticator"
    moved.run(["google-authenticator", "-c", "-f", "-C", "-Q", "NONE", "-u", "-w", "3", "-s", path], user="carol")
    done = moved.otpcode("import", "--google-authenticator", path, "carol", check=False)
    assert done.returncode == 1 and "it counts its codes (HOTP)" in done.stderr
    assert path.read_text().splitlines()[0] not in done.stderr


def test_token_that_pam_oath_used_goes_on_at_our_prompt(moved):
    needs_module(moved, "pam_oath.so")
    users = moved.etc / "users.oath"
    secret = os.urandom(20).hex()
    users.write_text(f"HOTP/T30 carol - {secret}\n")
    users.chmod(0o600)
    moved.pam("su", ["auth required pam_oath.so usersfile=/etc/users.oath window=5 digits=6"])
    base32 = subprocess.run(["base32"], input=bytes.fromhex(secret), capture_output=True, check=True).stdout.decode().strip()
    used = oath_code(base32, time.time())
    login = su(moved, "carol")
    login.wait_for("OATH")
    login.answer(used)
    assert login.ended(), login.text
    assert len(users.read_text().split()) > 4, "pam_oath wrote down what was used"
    said = moved.otpcode("import", "--pam-oath", "/etc/users.oath").stdout
    assert "carol: the authenticator app is taken over: 6 digits every 30 s, SHA1\n" in said and "1 taken over, 0 not" in said
    our_stack(moved)
    login = su(moved, "carol")
    login.prompt()
    login.answer(used)
    assert "Wrong code" in login.prompt()
    moved.move_clock(90)
    login.answer(oath_code(base32, time.time() + 90))
    assert login.ended(), login.text

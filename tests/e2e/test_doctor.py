# SPDX-License-Identifier: BSD-2-Clause
"""otpcode doctor finds each planted fault, names it and no other, and has nothing to say against a sound machine."""

import hashlib
import json
import pathlib
import re
import shutil

import pytest

import doctor
import host
from conftest import BUILD

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
found = []


@pytest.fixture(scope="module")
def patient():
    if host.missing():
        pytest.skip(host.missing())
    with doctor.Patient(BUILD) as made:
        yield made


@pytest.fixture
def sound(patient):
    with patient.planted(lambda _: None):
        yield patient


@pytest.mark.parametrize("name, check, words, plant", doctor.FAULTS, ids=[fault[0] for fault in doctor.FAULTS])
def test_fault_is_found(patient, name, check, words, plant):
    with patient.planted(plant):
        status, told = patient.findings()
        text = patient.doctor().stdout
    assert [one[0] for one in told] == [check], told
    _, grade, said, mend = told[0]
    assert words in said and mend and status == 1, told
    assert re.search(rf"(?m)^{grade.upper()} +{re.escape(check)} +{re.escape(said[:40])}", text), text
    assert f"-> {mend}" in text
    found.append(name)


def test_found_n_of_n(capsys):
    with capsys.disabled():
        print(f"\nfound {len(found)} of {len(doctor.FAULTS)}")
    if (BUILD / "test-logs").is_dir():
        (BUILD / "test-logs/doctor.txt").write_text("".join(f"found {name}\n" for name in found) +
                                                    f"found {len(found)} of {len(doctor.FAULTS)}\n")


def test_sound_machine_gets_no_complaint(sound):
    done = sound.doctor()
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert not re.search("^(FAULT|WARNING)", done.stdout, re.MULTILINE)
    assert re.search(r"\n\d+ checks: 0 faults, 0 warnings, \d+ not looked at\n$", done.stdout), done.stdout


@pytest.mark.parametrize("title", host.shipped_stacks())
def test_shipped_stacks_are_sound(sound, title):
    service, lines = host.shipped_stacks()[title]
    sound.write(f"etc/pam.d/{service}", "\n".join(lines) + "\n")
    if service == "sshd" and "key" not in title:
        sound.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    sound.arguments = ["--service", service]
    assert sound.findings() == (0, [])


def test_who_is_exempt_needs_no_address(sound):
    sound.write("etc/group", sound.path("etc/group").read_text() + "otp-exempt:x:64400:bob\n")
    sound.machine.add_user("bob")
    sound.undo.callback(sound.leaves, "bob")
    assert sound.findings() == (0, [])


def test_a_fault_in_the_stack_of_another_service_is_not_sshds(sound):
    sound.write("etc/pam.d/sudo", f"auth sufficient pam_unix.so\nauth requisite pam_deny.so\nauth {doctor.OURS}\nauth required pam_permit.so\n")
    assert sound.findings() == (0, [])
    sound.arguments = ["--service", "sudo"]
    assert [one[0] for one in sound.findings()[1]] == ["pam.sufficient"]


def test_vendors_folder_is_read_where_etc_has_no_file(sound):
    sound.move("etc/pam.d/sshd", "etc/pam.d/sshd.moved")
    assert [one[0] for one in sound.findings()[1]] == ["pam.line"]
    if not pathlib.Path("/usr/lib/pam.d").is_dir():
        pytest.skip("there is no /usr/lib/pam.d here to put a file over")
    sound.mount("tmpfs", "/usr/lib/pam.d")
    sound.inside("sh", "-c", f"echo 'auth {doctor.OURS}' >/usr/lib/pam.d/sshd")
    assert sound.findings() == (0, [])


def print_of(*folders):
    """Every file below, with its content, owner, mode and time of change."""
    seen = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            facts = path.lstat()
            data = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() and not path.is_symlink() else ""
            seen[str(path)] = (data, facts.st_mode, facts.st_uid, facts.st_mtime_ns, facts.st_ctime_ns)
    return seen


def test_it_changes_nothing_and_sends_nothing(sound):
    before, sent, logged = print_of(sound.path("etc"), sound.path("var")), len(sound.relay.messages()), len(sound.machine.log.lines())
    sound.doctor()
    assert print_of(sound.path("etc"), sound.path("var")) == before
    assert len(sound.relay.messages()) == sent and sound.relay.commands[-3:-1] != ["DATA", "BODY"]
    assert "RCPT" not in sound.relay.commands[-4:]
    assert [line for line in sound.machine.log.lines()[logged:] if "event=" in line] == []


def test_a_gateway_is_connected_to_and_asked_nothing(sound):
    gateway = sound.gateway()
    assert sound.findings() == (0, [])
    assert gateway.connections > 0 and gateway.received == b"" and not gateway.requests


def test_send_sends_one_message(sound):
    sent = len(sound.relay.messages())
    sound.arguments = ["--send", "admin@example.org"]
    assert sound.findings() == (0, [])
    assert [message.to for message in sound.relay.messages()[sent:]] == ["admin@example.org"]
    sound.arguments = ["--send", "nonsense"]
    assert [one[0] for one in sound.findings()[1]] == ["delivery.send"]


def test_without_sshd_that_is_no_fault(sound):
    sound.mount("tmpfs", "/usr/sbin")
    done = sound.doctor()
    assert done.returncode == 0 and re.search(r"^unknown +sshd\.settings +there is no sshd here", done.stdout, re.MULTILINE), done.stdout


def test_man_page_has_every_check_and_json_is_as_its_schema_says(sound):
    printed = json.loads(sound.doctor("--json").stdout)
    page = (TOP / "man/otpcode.8").read_text()
    listed = re.findall(r"^\.It Li ([a-z]+\.[a-z]+)$", page, re.MULTILINE)
    assert listed == [check["check"] for check in printed["checks"]]
    jsonschema = pytest.importorskip("jsonschema", reason="python3-jsonschema is not installed")
    schema = json.loads((TOP / "docs/schema/doctor-1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(printed)


def test_a_service_is_no_path(sound):
    done = sound.doctor("--service", "/etc/pam.d/sshd")
    assert (done.returncode, done.stdout) == (2, "") and "give the name of a PAM service" in done.stderr


def test_needs_root():
    assert shutil.which("setpriv")
    import stage
    done = stage.run("/usr/bin/setpriv", "--reuid=65534", "--clear-groups", BUILD / "otpcode", "doctor")
    assert done.returncode in (1, 126, 127) and done.stdout == ""

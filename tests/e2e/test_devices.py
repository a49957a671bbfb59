# SPDX-License-Identifier: BSD-2-Clause
"""Known devices: a new one is asked, a known one is not; by a real client and a real sshd."""

import pathlib
import shutil
import subprocess

import pytest

import host
from test_limits import reboot

HOUR = 3600


@pytest.fixture
def sshd(machine):
    machine.own_clock()
    machine.configure(devices__remember_for="10h")
    machine.start_sshd()
    return machine


def log_in(machine, mailbox, **more):
    """A login by the code that was mailed for it."""
    before = len(mailbox.messages())
    login = machine.ssh("alice", **more)
    login.prompt()
    login.answer(mailbox.wait(before + 1).code)
    assert login.ended(), login.text


def passes_unasked(machine, mailbox, **more):
    """True if nobody was asked, and nothing was sent."""
    before = len(mailbox.messages())
    login = machine.ssh("alice", **more)
    if login.asked_again():
        mailbox.wait(before + 1)
        login.hang_up()
        return False
    assert login.ended(), login.text
    assert len(mailbox.messages()) == before
    return True


def test_a_device_is_asked_once_and_the_log_says_why_nobody_was_asked(sshd, mailbox):
    log_in(sshd, mailbox)
    assert passes_unasked(sshd, mailbox)
    line = sshd.wait_for_event("remembered")
    assert " user=alice rhost=127.0.0.1 " in line and " until=20" in line
    assert "in as alice" in sshd.ssh("alice").wait_for("in as alice")
    assert "event kind=remembered " in sshd.record("alice")


def test_without_the_setting_every_login_is_asked(machine, mailbox):
    machine.start_sshd()
    log_in(machine, mailbox)
    assert not passes_unasked(machine, mailbox)
    assert not machine.events("remembered")


def test_another_key_is_asked(sshd, mailbox):
    sshd.authorize("alice", host.client_key("laptop"))
    log_in(sshd, mailbox)
    assert not passes_unasked(sshd, mailbox, key=host.client_key("laptop"))
    assert passes_unasked(sshd, mailbox)


def certify(machine, serial):
    """A new certificate for alice's key, by an authority that this machine's sshd trusts. Gives the file with it."""
    key = shutil.copyfile(host.client_key("alice"), machine.stage / "certified")
    key.chmod(0o600)
    shutil.copyfile(f"{host.client_key('alice')}.pub", f"{key}.pub")
    subprocess.run(["ssh-keygen", "-q", "-s", host.client_key("authority"), "-I", f"alice-{serial}", "-z", str(serial), "-n", "alice",
                    f"{key}.pub"], check=True)
    return pathlib.Path(f"{key}-cert.pub")


def test_of_a_certificate_it_is_the_certified_key_that_counts(machine, mailbox):
    """Certificates of a day's life would be a new device each day."""
    machine.configure(devices__remember_for="10h")
    authority = machine.stage / "authority.pub"
    shutil.copyfile(f"{host.client_key('authority')}.pub", authority)
    machine.start_sshd(TrustedUserCAKeys=authority, AuthorizedKeysFile="none")

    def options(serial):
        return {"options": ["-o", f"CertificateFile={certify(machine, serial)}"]}
    log_in(machine, mailbox, **options(1))
    assert passes_unasked(machine, mailbox, **options(2))
    # The key by itself is the same one.
    machine.stop_sshd()
    machine.start_sshd()
    assert passes_unasked(machine, mailbox)


def test_another_network_is_asked_and_another_address_of_the_same_is_not(sshd, mailbox):
    log_in(sshd, mailbox, source="127.0.7.1")
    assert passes_unasked(sshd, mailbox, source="127.0.7.9")
    assert not passes_unasked(sshd, mailbox, source="127.0.8.1")


def test_another_service_is_asked(sshd, mailbox):
    log_in(sshd, mailbox)
    # The same key, from the same network, through another PAM service: this sshd has another name.
    program = sshd.stage / "bin/sshd-second"
    program.symlink_to("/usr/sbin/sshd")
    (sshd.etc / "pam.d/sshd-second").write_text((sshd.etc / "pam.d/sshd").read_text())
    sshd.start_sshd(program=program)
    assert not passes_unasked(sshd, mailbox)
    assert "(sshd-second:auth)" in sshd.events()[-1]


def test_a_revoked_device_is_asked(sshd, mailbox):
    log_in(sshd, mailbox)
    assert passes_unasked(sshd, mailbox)
    listed = sshd.otpcode("devices", "alice").stdout
    assert "127.0.0.0/24" in listed and "sshd" in listed
    sshd.otpcode("devices", "alice", "--revoke", "all")
    assert not passes_unasked(sshd, mailbox)


def test_a_device_is_asked_once_its_time_is_over_whatever_its_use(sshd, mailbox):
    log_in(sshd, mailbox)
    for hour in (1, 5, 9):
        sshd.move_clock(hour * HOUR)
        assert passes_unasked(sshd, mailbox)
    sshd.move_clock(10 * HOUR)
    assert not passes_unasked(sshd, mailbox)


def test_a_change_of_contacts_forgets_the_device(sshd, mailbox):
    log_in(sshd, mailbox)
    sshd.otpcode("contact", "add", "alice", "--email", "alice@example.net")
    assert not passes_unasked(sshd, mailbox)


def test_an_admins_lock_holds_for_a_known_device_too(sshd, mailbox):
    log_in(sshd, mailbox)
    sshd.otpcode("lock", "alice")
    login = sshd.ssh("alice")
    assert not login.ended()
    assert "Verification code" not in login.text
    assert "why=locked" in sshd.wait_for_event("denied")
    sshd.otpcode("unlock", "alice")
    assert passes_unasked(sshd, mailbox)


def test_C12_a_device_and_a_lock_outlive_a_reboot(sshd, mailbox):
    log_in(sshd, mailbox)
    reboot(sshd)
    assert passes_unasked(sshd, mailbox)
    sshd.otpcode("lock", "alice")
    reboot(sshd)
    assert not sshd.ssh("alice").ended()
    assert "why=locked" in sshd.wait_for_event("denied")


def test_a_module_argument_remembers_for_one_service(machine, mailbox):
    machine.use_stack("sshd, key and code", lambda lines: [line + (" devices.remember_for=1h" if "pam_otpcode" in line else "")
                                                           for line in lines])
    machine.start_sshd()
    log_in(machine, mailbox)
    assert passes_unasked(machine, mailbox)


PASSWORD = "correct horse"


@pytest.fixture
def by_network(bare_machine, mailbox):
    """Password, then code; remembered by the network alone."""
    machine = bare_machine
    machine.own_clock()
    machine.configure(mailbox.exim, devices__remember_for="30d", devices__remember_by="network")
    machine.otpcode("init")
    machine.add_user("alice", password=PASSWORD)
    machine.otpcode("enroll", "alice", "--email", "alice@example.org")
    machine.use_stack("sshd, password and code")
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    return machine


def give_password(machine, password, **more):
    login = machine.ssh("alice", key=False, **more)
    login.prompt("Password: ")
    login.answer(password)
    return login


def test_by_network_the_password_is_still_asked_and_the_code_is_not(by_network, mailbox):
    login = give_password(by_network, PASSWORD)
    login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text
    again = give_password(by_network, PASSWORD)
    assert again.ended(), again.text
    assert "Verification code" not in again.text
    by_network.wait_for_event("remembered")
    wrong = give_password(by_network, "wrong horse")
    wrong.prompt("Password: ")
    wrong.hang_up()
    elsewhere = give_password(by_network, PASSWORD, source="127.0.7.1")
    elsewhere.prompt()
    elsewhere.hang_up()
    assert len(by_network.events("remembered")) == 1

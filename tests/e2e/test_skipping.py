# SPDX-License-Identifier: BSD-2-Clause
"""The stacks and the traps of docs/skipping.md: who is not asked, that nobody is let in whom a line above has denied, and what
goes wrong where a stack is written otherwise."""

import re
import shutil

import pytest

import host
from test_clients import finish, run_alone
from test_greeters import PASSWORD, Window
from test_login import SENT

KEY, PASSWORD_STACK = "sshd, key and code", "sshd, password and code, one group exempt"
TITLES = {"group": f"{KEY}, one group exempt", "network": f"{KEY}, trusted networks not asked",
          "service": f"{KEY}, service accounts not asked"}
OURS = re.compile(r"\spam_otpcode\.so")
DOC = (host.TOP / "docs/skipping.md").read_text()
TRUSTED_FILE = "security/otpcode-trusted.conf"


def join_group(machine, name, *members):
    with open(machine.etc / "group", "a", encoding="ascii") as out:
        out.write(f"{name}:x:64190:{','.join(members)}\n")


def trust(machine, text):
    """The access file of docs/skipping.md, with this machine's network in place of the one there."""
    (machine.etc / TRUSTED_FILE).write_text(text)


class Site:
    """A machine on which who logs in as exempt, from where, is not asked in any of the stacks; as alice from elsewhere, asked."""

    def __init__(self, machine):
        self.machine = machine
        machine.add_user("backup", password=PASSWORD)
        machine.otpcode("enroll", "backup", "--email", "backup@example.org")
        join_group(machine, "otp-exempt", "backup")
        shipped = re.search(r"^-:ALL:.*$", DOC, re.MULTILINE).group(0)
        assert "10.20.0.0/16" in shipped
        trust(machine, shipped.replace("10.20.0.0/16", "127.20.0.0/16") + "\n")

    def exempt(self, **more):
        return self.machine.ssh("backup", source="127.20.3.4", **more)

    def asked(self, **more):
        return self.machine.ssh("alice", source="127.30.3.4", **more)


@pytest.fixture
def site(machine):
    return Site(machine)


def run_of(which):
    return {"group": "`ssh`, by a member of an exempt group", "network": "`ssh`, from a trusted network",
            "service": "`ssh`, as an exempt service account"}[which]


@pytest.mark.parametrize("which", TITLES)
def test_skip(site, mailbox, row, which):
    site.machine.use_stack(TITLES[which])
    site.machine.start_sshd()
    login = site.exempt()
    assert login.ended() and "in as backup" in login.text, login.text
    assert not site.machine.events()
    row(f"{KEY}, skipping", run_of(which), login)
    other = site.asked()
    assert SENT.match(other.prompt())
    other.hang_up()


def test_skip_below_the_password(site, mailbox, row):
    site.machine.use_stack(PASSWORD_STACK)
    site.machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = site.exempt(key=False)
    login.wait_for("assword")
    login.answer(PASSWORD)
    assert login.ended() and "in as backup" in login.text, login.text
    row("sshd, password and code, skipping", "`ssh`, by a member of an exempt group", login)


def test_skip_below_a_wrong_password(site, mailbox, row):
    site.machine.use_stack(PASSWORD_STACK)
    site.machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = site.exempt(key=False, options=["-o", "NumberOfPasswordPrompts=1"])
    login.wait_for("assword")
    login.answer("not it")
    assert not login.ended()
    row("sshd, password and code, skipping", "the same, a wrong password", login)


def nologin(machine, title):
    machine.use_stack(title)
    (machine.etc / "nologin").write_text("closed for the night\n")


def required_denies(machine, title):
    machine.use_stack(title, lambda lines: ["auth required pam_deny.so", *lines])


def required_denies_right_above(machine, title):
    machine.use_stack(title, lambda lines: [*lines[:-3], "auth required pam_deny.so", *lines[-3:]])


@pytest.mark.parametrize("denial", [nologin, required_denies, required_denies_right_above])
@pytest.mark.parametrize("which", TITLES)
def test_skip_lets_nobody_in_whom_a_line_above_denied(site, mailbox, which, denial):
    denial(site.machine, TITLES[which])
    site.machine.start_sshd()
    login = site.exempt(options=["-o", "NumberOfPasswordPrompts=1"])
    assert not login.ended()
    assert "in as" not in login.text
    assert not site.machine.events() and not mailbox.messages()


def test_skip_jumps_over_our_line_alone():
    seen = set()
    for title, (_, lines) in host.shipped_stacks().items():
        jumps = [i for i, line in enumerate(lines) if re.search(r"\[[^]]*=[1-9]", line)]
        for i in jumps:
            assert "=1 " in lines[i] and OURS.search(lines[i + 1]), title
            assert re.match(r"auth\s+required\s+pam_permit\.so$", lines[i + 2]), title
            seen.add(title)
    assert seen == {*TITLES.values(), PASSWORD_STACK}
    control, module = re.search(r"Its skip is\n`(\[.*\]) (.*)`", DOC).groups()
    assert any(line.split(maxsplit=1)[1].split("]")[0] + "]" == control and line.endswith(" " + module)
               for line in host.shipped_stacks()[TITLES["group"]][1])


ACCESS_FAULTS = {"no file": None, "empty": "", "a comment": "# nobody yet\n", "no end of the line": "-:ALL:127.20.0.0/16",
                 "not a rule": "127.20.0.0/16\n", "two fields": "-:127.20.0.0/16\n"}


@pytest.mark.parametrize("fault", ACCESS_FAULTS)
def test_file_of_trusted_networks_with_a_mistake_leaves_everybody_asked(site, mailbox, fault):
    trust(site.machine, ACCESS_FAULTS[fault] or "")
    if ACCESS_FAULTS[fault] is None:
        (site.machine.etc / TRUSTED_FILE).unlink()
    site.machine.use_stack(TITLES["network"])
    site.machine.start_sshd()
    login = site.exempt()
    assert login.prompt().startswith("A 6-digit code was emailed to b***@e***.org")
    login.hang_up()


def test_service_account_exempt_by_sshd(site, mailbox, row):
    """What docs/skipping.md has for sshd_config; the client is one that could not answer anything."""
    lines = re.search(r"^Match User backup,monitor\n\t(.*)$", DOC, re.MULTILINE)
    name, value = lines.group(1).split()
    site.machine.start_sshd(**{"Match": f"User backup,monitor\n{name} {value}"})
    for _ in range(5):
        let_in, shown = finish(run_alone(site.machine, "-o", "BatchMode=yes", user="backup"))
        assert let_in, shown
    assert not site.machine.events()
    row(f"{KEY}, skipping", "`ssh -o BatchMode=yes`, 5 times, exempt by `Match User`", shown, let_in=let_in)
    other = site.asked()
    assert SENT.match(other.prompt())
    other.hang_up()


# Traps. Each of these shows somebody let in who should not be: that is why no shipped stack is written so.

@pytest.fixture
def careless(site):
    """change(lines) of the shipped greeter stack, with the window of tests/e2e/greeter.c in front."""
    machine = site.machine
    machine.greeter = machine.stage / "bin/greeter"
    shutil.copy(machine.build / "tests/e2e/greeter", machine.greeter)

    def window(change, how="typed", user="backup"):
        machine.use_stack("greeter, password and code", change)
        return Window(machine, "lightdm", user, how)
    return window


def ours_with(control):
    return lambda lines: [re.sub(r"\[.*\]", control, line) if OURS.search(line) else line for line in lines if "pam_unix" not in line]


@pytest.mark.parametrize("control", ["[success=ok default=ignore]", "optional", "sufficient"])
def test_trap_our_line_not_final_makes_a_cancelled_prompt_a_way_in(careless, control):
    assert not careless(ours_with("[success=ok ignore=ignore default=die]"), "fails").ended()
    assert careless(ours_with(control), "fails").ended()


def test_trap_sufficient_skip_above_the_password_lets_in_with_none(careless):
    skip = "pam_succeed_if.so quiet user ingroup otp-exempt"
    above = careless(lambda lines: [f"auth [success=1 default=ignore] {skip}", *lines[1:]], "fails")
    assert not above.ended()
    assert careless(lambda lines: [f"auth sufficient {skip}", *lines], "fails").ended()


def test_trap_pam_access_the_usual_way_round_fails_open(careless, site):
    usual = "auth [success=1 default=ignore] pam_access.so nodefgroup noaudit accessfile=/etc/" + TRUSTED_FILE

    def change(lines):
        return [usual, *[line for line in lines if OURS.search(line) or "pam_permit" in line]]

    trust(site.machine, "+:ALL:127.20.0.0/16\n-:ALL:ALL\n")
    assert not careless(change, "fails").ended()
    for mistake in ("", "+:ALL:127.20.0.0/16\n", "+:ALL:127.20.0.0/16\n-:ALL:ALL"):
        trust(site.machine, mistake)
        assert careless(change, "fails").ended(), mistake


def test_trap_notingroup_fails_open_where_the_group_is_not_found(careless, site):
    def change(lines):
        only_users = "auth [success=1 default=ignore] pam_succeed_if.so quiet user notingroup otp-users"
        return [only_users, *[line for line in lines if OURS.search(line) or "pam_permit" in line]]

    join_group(site.machine, "otp-users", "backup")
    assert not careless(change, "fails").ended()
    group = site.machine.etc / "group"
    group.write_text(group.read_text().replace("otp-users:", "otp-user:"))
    assert careless(change, "fails").ended()


def test_line_between_skip_and_ours_leaves_everybody_asked(careless):
    def change(lines):
        skip = "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup otp-exempt"
        return [skip, "auth optional pam_faildelay.so delay=1", *[line for line in lines if "pam_unix" not in line]]

    window = careless(change)
    assert window.field() == "Verification code:"
    window.child.kill()
    window.ended()

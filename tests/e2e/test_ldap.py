# SPDX-License-Identifier: BSD-2-Clause
"""otpcode-ldap-contacts: contacts from a real directory server, through a real sshd, and everything that must not let anybody in."""

import os
import shutil

import pytest

import directory
import host
from test_login import SENT


@pytest.fixture
def slapd():
    why = host.missing() or directory.missing()
    if why:
        pytest.skip(why)
    with directory.Slapd() as server:
        yield server


@pytest.fixture
def script(bare_machine):
    """The shipped script, installed."""
    path = bare_machine.stage / "bin/otpcode-ldap-contacts"
    shutil.copyfile(os.environ.get("OTPCODE_LDAP_CONTACTS", host.TOP / "contacts/otpcode-ldap-contacts"), path)
    path.chmod(0o755)
    bare_machine.add_user("asker", key=False)
    return path


@pytest.fixture
def asked(bare_machine, slapd, script):
    """asked(user, options...): what the script says, as the user that it runs as."""
    def run(user, *options, uri=f"ldap://localhost:{slapd.port}", base=directory.PEOPLE):
        return bare_machine.run([script, "-H", uri, "-b", base, *options, user], check=False, user="asker")
    return run


@pytest.fixture
def machine(bare_machine, slapd, script, mailbox):
    """alice has an entry, bob none; whom nobody enrolled is let in without a code, so that every fault would show."""
    machine = bare_machine
    machine.configure(mailbox.exim, users__contacts=f"command:{script} -H ldap://localhost:{slapd.port} -b {directory.PEOPLE} {{user}}",
                      users__contacts_user="asker", users__unenrolled="ignore")
    machine.otpcode("init")
    slapd.add("alice", mail="alice@example.org", mobile="+49 151 12345678")
    for user in ("alice", "bob"):
        machine.add_user(user)
    machine.start_sshd()
    return machine


def refused(machine, user="alice"):
    login = machine.ssh(user)
    let_in = login.ended()
    assert "Verification code" not in login.text
    return not let_in


def test_the_code_goes_where_the_directory_says(machine, slapd, mailbox):
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    message = mailbox.wait()
    assert message.to == "alice@example.org"
    login.answer(message.code)
    assert login.ended(), login.text
    record = machine.record("alice")
    assert "contact channel=email address=alice@example.org\ncontact channel=sms address=+4915112345678\n" in record
    slapd.remove("alice")
    slapd.add("alice", mail="alice@example.net")
    login = machine.ssh("alice")
    assert login.prompt().startswith("A 6-digit code was emailed to a***@e***.net")
    assert mailbox.wait(2).to == "alice@example.net"
    login.hang_up()
    assert "alice@example.net" in machine.otpcode("show", "alice").stdout


def test_who_has_no_entry_is_not_enrolled(machine, mailbox):
    assert machine.ssh("bob").ended()
    assert 'user=bob rhost=127.0.0.1 why="not enrolled"' in machine.wait_for_event("ignored")
    assert not mailbox.messages()


def test_a_directory_that_does_not_answer_lets_nobody_in(machine, slapd, mailbox):
    slapd.stop()
    for user in ("alice", "bob"):
        assert refused(machine, user)
    assert "ended without the word end: it failed" in machine.wait_for_event("error", count=2)
    assert not machine.events("ignored") and not mailbox.messages()


def test_an_entry_that_is_gone_leaves_a_user_without_contact_who_is_denied(machine, slapd, mailbox):
    login = machine.ssh("alice")
    login.prompt()
    login.answer(mailbox.wait().code)
    assert login.ended()
    slapd.remove("alice")
    assert refused(machine)
    assert 'why="no contact"' in machine.wait_for_event("denied")
    assert not machine.events("ignored")


def test_email_comes_before_sms_and_values_in_an_order_of_their_own(slapd, asked):
    slapd.add("alice", mail=["z@example.org", "b@example.org"], mobile="+49 (151) 1234-5678")
    assert asked("alice").stdout == "email:b@example.org\nemail:z@example.org\nsms:+4915112345678\nend\n"
    assert asked("alice", "-s", "mobile", "-e", "MAIL").stdout == "sms:+4915112345678\nemail:b@example.org\nemail:z@example.org\nend\n"
    assert asked("alice", "-e", "mail").stdout == "email:b@example.org\nemail:z@example.org\nend\n"
    assert asked("nobody").stdout == "end\n"


@pytest.mark.parametrize("name", ["*", "a*", "alice)(uid=*", "alice)(|(uid=*", "x)(|(mail=*", "\\2a", "alice\\", "(", ")", "alice\n",
                                  "al\u00efce", "*)(objectClass=*", "alice\\00"])
def test_a_name_is_a_value_and_never_a_part_of_the_filter(slapd, asked, name):
    slapd.add("alice", mail="alice@example.org")
    slapd.add("bob", mail="bob@example.org")
    said = asked(name)
    assert "@" not in said.stdout, said
    assert (said.returncode, said.stdout) == (0, "end\n"), said


def test_two_entries_of_one_name_are_a_failure(slapd, asked):
    slapd.add("alice", mail="alice@example.org")
    slapd.add("alice", below=directory.BASE, mail="mallory@example.net")
    said = asked("alice", base=directory.BASE)
    assert said.returncode == 1 and said.stdout == "" and "2 entries of this name" in said.stderr


@pytest.mark.parametrize("value", ["j\u00e4ne@example.org", "a@example.org email:b@example.org"])
def test_a_value_that_is_no_address_is_a_failure(slapd, asked, value):
    slapd.add("alice", description=value, mail="alice@example.org")
    said = asked("alice", "-e", "mail", "-e", "description")
    assert said.returncode == 1 and said.stdout == "" and "description holds" in said.stderr, said


@pytest.mark.parametrize("uri", ["ldap://192.0.2.1", "ldap://localhost.example.org", "ldap://127.0.0.1.example.org", "http://localhost",
                                 "ldap://localhost ldap://192.0.2.1", "ldap://localhost,ldap://192.0.2.1"])
def test_no_network_is_crossed_in_the_clear(asked, uri):
    said = asked("alice", uri=uri)
    assert said.returncode == 1 and said.stdout == "" and "otpcode-ldap-contacts: -H" in said.stderr


def test_start_tls_takes_the_right_certificate_and_no_other(bare_machine, slapd, asked):
    slapd.add("alice", mail="alice@example.org")
    with open(bare_machine.etc / "hosts", "a", encoding="ascii") as hosts:
        hosts.write(f"127.0.0.1 {directory.NAME} other.example.org\n")
    ca_file = shutil.copyfile(slapd.ca_file, bare_machine.stage / "ca.pem")
    ca_file.chmod(0o644)
    uri = f"ldap://{directory.NAME}:{slapd.port}"
    said = asked("alice", "-Z", "-c", ca_file, uri=uri)
    assert said.stdout == "email:alice@example.org\nend\n", said
    unknown = asked("alice", "-Z", uri=uri)
    assert unknown.returncode == 1 and unknown.stdout == ""
    other_name = asked("alice", "-Z", "-c", ca_file, uri=f"ldap://other.example.org:{slapd.port}")
    assert other_name.returncode == 1 and other_name.stdout == ""


def test_a_directory_without_tls_is_not_asked_in_the_clear(bare_machine, script):
    if directory.missing():
        pytest.skip(directory.missing())
    with directory.Slapd(tls=False) as slapd:
        slapd.add("alice", mail="alice@example.org")
        said = bare_machine.run([script, "-Z", "-H", f"ldap://localhost:{slapd.port}", "-b", directory.PEOPLE, "alice"], check=False,
                                user="asker")
        assert said.returncode == 1 and said.stdout == ""


def test_a_base_that_is_not_there_is_a_failure_and_never_nobody(asked):
    said = asked("alice", base="ou=elsewhere,dc=example,dc=org")
    assert said.returncode == 1 and said.stdout == ""


def test_a_directory_that_wants_a_password_is_given_it(bare_machine, script):
    if directory.missing():
        pytest.skip(directory.missing())
    with directory.Slapd(anonymous=False) as slapd:
        slapd.add("alice", mail="alice@example.org")
        path = bare_machine.stage / "ldap.password"

        def said(password):
            path.write_text(password)
            path.chmod(0o600)
            os.chown(path, bare_machine.uid("asker"), 0)
            return bare_machine.run([script, "-H", f"ldap://localhost:{slapd.port}", "-b", directory.PEOPLE, "-D", directory.READER,
                                     "-y", path, "alice"], check=False, user="asker")
        assert said(directory.PASSWORD).stdout == "email:alice@example.org\nend\n"
        wrong = said("tell him")
        assert wrong.returncode == 1 and wrong.stdout == ""
        ended = said(directory.PASSWORD + "\n")
        assert ended.returncode == 1 and ended.stdout == "" and "ends in a newline" in ended.stderr
        path.unlink()
        gone = bare_machine.run([script, "-H", f"ldap://localhost:{slapd.port}", "-b", directory.PEOPLE, "-D", directory.READER, "-y",
                                 path, "alice"], check=False, user="asker")
        assert gone.returncode != 0 and gone.stdout == ""


def test_without_a_user_or_with_what_it_does_not_know_it_says_nothing(asked):
    for user, options in (("", []), ("alice", ["-x"]), ("alice", ["bob"]), ("-alice", []), ("alice", ["-e", "mail)(uid=*"])):
        said = asked(user, *options)
        assert said.returncode != 0 and said.stdout == "", (user, options, said)

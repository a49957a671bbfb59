# SPDX-License-Identifier: BSD-2-Clause
"""passwd and pam_unix, each in the stacks that are shipped for it: who may change a password, and what becomes of it."""

import re
import shutil

import pytest

import host
from session import PROMPT
from test_login import other_than

OLD, NEW = "correct horse battery", "Tall-grass 4 seven rivers"
SENT = "A 6-digit code was emailed to c***@e***.org (ref "
OURS = "password [success=ok ignore=ignore default=die] pam_otpcode.so"
# Debian's common-password, below our line as pam.d-example says.
DEBIAN = [OURS, "password [success=1 default=ignore] pam_unix.so obscure yescrypt", "password requisite pam_deny.so",
          "password required pam_permit.so"]
STACKS = {title: lines for title, (service, lines) in host.shipped_stacks("password").items() if service == "passwd"}
STACKS["passwd, code above common-password"] = DEBIAN
CODE_FIRST = [title for title in STACKS if title != "passwd, password and code"]


@pytest.fixture(params=STACKS)
def title(request):
    return request.param


@pytest.fixture
def desk(machine):
    """A machine with carol, who has a password and mail."""
    if not shutil.which("passwd", path="/usr/bin"):
        pytest.skip("passwd is not installed")
    machine.add_user("carol", password=OLD)
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    return machine


def use(machine, title, change=lambda lines: lines):
    machine.pam("passwd", [*change(STACKS[title]), "auth required pam_permit.so"])


def sealed(machine, user="carol"):
    return re.search(rf"^{user}:([^:]*):", (machine.etc / "shadow").read_text(), re.MULTILINE).group(1)


def passwd(machine, *arguments, by="carol"):
    return machine.spawn(["passwd", *arguments], user=by)


def type_old(login, text=OLD):
    login.wait_for("urrent password: ")
    login.answer(text)


def type_new(login):
    for _ in range(2):
        login.wait_for("ew password: ")
        login.answer(NEW)


def test_code_and_password_change_the_password(desk, mailbox, title, row):
    use(desk, title)
    before = sealed(desk)
    login = passwd(desk)
    if title not in CODE_FIRST:
        type_old(login)
    assert SENT in login.prompt()
    message = mailbox.wait()
    assert "passwd" in message.text
    login.answer(message.code)
    if title in CODE_FIRST:
        type_old(login)
    type_new(login)
    assert login.ended(), login.text
    assert sealed(desk) not in (before, "*")
    row(title, "`passwd`", login, more=", password changed")
    assert "pam_otpcode(passwd:chauthtok): event=verified user=carol" in desk.wait_for_event("verified")
    desk.use_stack("su, password and code")
    su = desk.spawn(["su", "carol", "-c", "echo in as $(id -un)"], user="bob")
    su.wait_for("assword")
    su.answer(NEW)
    assert SENT in su.prompt()


def test_C57_wrong_codes_leave_the_password_as_it_was(desk, mailbox, title, row):
    use(desk, title)
    before = (desk.etc / "shadow").read_bytes()
    login = passwd(desk)
    if title not in CODE_FIRST:
        type_old(login)
    login.prompt()
    code = mailbox.wait().code
    for _ in range(4):
        login.answer(other_than(code))
        login.prompt()
    login.answer(other_than(code))
    assert not login.ended(), login.text
    assert "ew password" not in login.text
    assert (desk.etc / "shadow").read_bytes() == before
    row(title, "`passwd`, wrong codes only", login, more=", password unchanged")


REFUSALS = {"end of input": lambda login: login.child.sendeof(), "ctrl-c": lambda login: login.child.sendcontrol("c"),
            "hang-up": lambda login: login.hang_up()}


@pytest.mark.parametrize("refusal", REFUSALS)
def test_C57_password_is_unchanged_where_the_code_was_refused(desk, title, refusal):
    use(desk, title)
    before = (desk.etc / "shadow").read_bytes()
    login = passwd(desk)
    if title not in CODE_FIRST:
        type_old(login)
    login.prompt()
    REFUSALS[refusal](login)
    if refusal != "hang-up":
        assert not login.ended(), login.text
        assert "ew password" not in login.text
    else:
        host.poll(lambda: not login.child.isalive(), 10, "the end of passwd")
    assert (desk.etc / "shadow").read_bytes() == before
    assert not desk.events("verified")


def test_C57_a_locked_user_and_a_failed_delivery_change_nothing(desk, mailbox, title):
    use(desk, title)
    before = (desk.etc / "shadow").read_bytes()
    desk.otpcode("lock", "carol")
    for _ in range(2):
        login = passwd(desk)
        if title not in CODE_FIRST:
            type_old(login)
        assert not login.ended(), login.text
        assert PROMPT not in login.text and "ew password" not in login.text
        desk.otpcode("unlock", "carol")
        desk.configure(provider__relay__url="smtp://localhost:1")
    assert "Your code could not be sent." in login.text
    assert (desk.etc / "shadow").read_bytes() == before


def test_C57_a_refusal_under_required_changes_nothing_either(desk, mailbox):
    """Then the whole stack runs, but only its first phase, in which nobody changes anything."""
    ours, unix = OURS.replace("[success=ok ignore=ignore default=die]", "required"), "password required pam_unix.so yescrypt"
    desk.configure(prompt__max_prompts=1)
    before = (desk.etc / "shadow").read_bytes()
    for stack in ([ours, unix], [unix, ours]):
        desk.pam("passwd", [*stack, "auth required pam_permit.so"])
        login = passwd(desk)
        if stack[0] == unix:
            type_old(login)
        login.prompt()
        login.answer("12345")
        if stack[0] == ours:
            type_old(login)
        assert not login.ended(), login.text
        assert "ew password" not in login.text
        assert (desk.etc / "shadow").read_bytes() == before


def test_wrong_present_password_sends_nothing_where_it_comes_first(desk, mailbox):
    use(desk, "passwd, password and code")
    login = passwd(desk)
    type_old(login, "not it")
    assert not login.ended()
    assert not mailbox.messages() and not desk.events()


def test_present_password_given_again_is_not_compared(desk, mailbox):
    use(desk, "passwd, password and code")
    login = passwd(desk)
    type_old(login)
    login.prompt()
    login.answer(OLD)
    assert login.prompt().startswith("That is your password.")
    assert not desk.events("wrong")
    login.hang_up()


def test_root_changes_anothers_unasked_and_the_log_says_so(desk, mailbox, title, row):
    use(desk, title)
    before = sealed(desk)
    login = passwd(desk, "carol", by=None)
    type_new(login)
    assert login.ended(), login.text
    assert sealed(desk) != before
    row(title, "`passwd carol`, by root", login, more=", password changed")
    assert 'event=passed user=carol why="root changes the password"' in desk.wait_for_event("passed")


def test_unenrolled_user_is_denied_or_left_to_the_rest(desk, mailbox, title):
    use(desk, title)
    desk.add_user("dave", password=OLD)
    before = sealed(desk, "dave")
    login = passwd(desk, by="dave")
    if title not in CODE_FIRST:
        type_old(login)
    assert not login.ended(), login.text
    assert "No address is registered for you." in login.text
    assert sealed(desk, "dave") == before
    desk.configure(users__unenrolled="ignore")
    login = passwd(desk, by="dave")
    type_old(login)
    type_new(login)
    assert login.ended(), login.text
    assert sealed(desk, "dave") != before


def expire(machine, user):
    shadow = machine.etc / "shadow"
    shadow.write_text(re.sub(rf"^({user}:[^:]*):\d+:", r"\1:0:", shadow.read_text(), flags=re.MULTILINE))


def test_expired_password_in_a_login_that_a_code_opened_asks_no_second_one(desk, mailbox, row):
    """sshd's one conversation: password, code, and then the new password."""
    _, auth = host.shipped_stacks()["sshd, password and code"]
    (desk.etc / "pam.d/sshd").write_text("\n".join([
        *auth, "account required pam_unix.so", "session required pam_permit.so", OURS, "password requisite pam_unix.so yescrypt"]) + "\n")
    expire(desk, "carol")
    before = sealed(desk)
    desk.start_sshd(AuthenticationMethods="keyboard-interactive:pam")
    login = desk.ssh("carol", key=False)
    login.wait_for("assword: ")
    login.answer(OLD)
    login.prompt()
    login.answer(mailbox.wait().code)
    type_old(login)
    type_new(login)
    assert login.ended(), login.text
    assert sealed(desk) != before
    row("sshd, password and code", "the same, the password expired", login, more=", password changed")
    assert 'event=passed user=carol why="a code was right in this login"' in desk.wait_for_event("passed")


def test_expired_password_in_a_login_without_a_code_asks_for_one(desk, mailbox):
    """login(1) with our line in its password stack alone."""
    (desk.etc / "pam.d/login").write_text("\n".join([
        "auth requisite pam_unix.so", "account required pam_unix.so", "session required pam_permit.so", OURS,
        "password requisite pam_unix.so yescrypt"]) + "\n")
    expire(desk, "carol")
    before = (desk.etc / "shadow").read_bytes()
    login = desk.spawn(["login"])
    login.wait_for("login: ")
    login.answer("carol")
    login.wait_for("assword: ")
    login.answer(OLD)
    login.prompt()
    code = mailbox.wait().code
    login.answer(other_than(code))
    login.prompt()
    assert (desk.etc / "shadow").read_bytes() == before
    login.answer(code)
    type_old(login)
    type_new(login)
    login.wait_for("$ ")
    login.hang_up()
    assert (desk.etc / "shadow").read_bytes() != before

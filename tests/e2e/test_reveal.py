# SPDX-License-Identifier: BSD-2-Clause
"""reveal=none: nobody learns from the prompt who there is."""

import hashlib
import random
import re

import host
import mail
import ranks

RUNS = 1000  # of each kind of user
AT_ONCE = 100
CHANCE = 2e-7  # of either of the two times to look different where nothing is
HIDDEN = "If this account can sign in, a code is on its way."
STACK = ["auth [success=ok ignore=ignore default=die] pam_otpcode.so"]
PAM_AUTH_ERR = 7


def copy_of(data, change):
    """A state file like this one, with the text of each slot changed."""
    copy = b""
    for at in (0, 8192):
        header, _, rest = data[at:at + 8192].partition(b"\n")
        rev, length = re.match(rb"otpcode 1 rev=(\d+) len=(\d+) ", header).groups()
        text = change(rest[:int(length)].decode()).encode()
        start = b"otpcode 1 rev=%s len=%d" % (rev, len(text))
        seal = hashlib.sha256(start + b"\n" + text).hexdigest().encode()
        copy += (start + b" sha256=" + seal + b"\n" + text).ljust(8192, b"\0")
    return copy


def populate(machine):
    """known0..., unenrolled0..., locked0... are users; the first and the last have a record. Nobody is called unknown0..."""
    uid, lines = host.FIRST_UID + 1000, []
    first = {}
    for kind in ("known", "unenrolled", "locked"):
        for n in range(RUNS):
            first.setdefault(kind, uid)
            lines.append(f"{kind}{n}:x:{uid}:{uid}::/:/bin/sh")
            uid += 1
    with open(machine.etc / "passwd", "a", encoding="ascii") as out:
        out.write("\n".join(lines) + "\n")
    for kind in ("known", "locked"):
        machine.otpcode("enroll", f"{kind}0", "--email", f"{kind}0@example.org")
        if kind == "locked":
            machine.otpcode("lock", "locked0")
        made = machine.state_path(f"{kind}0").read_bytes()
        for n in range(1, RUNS):
            path = machine.state_path(f"{kind}{n}")
            path.write_bytes(copy_of(made, lambda text, n=n, kind=kind: text.replace(
                f"{kind}0@", f"{kind}{n}@").replace(f"={kind}0 ", f"={kind}{n} ").replace(
                    f"uid={first[kind]}", f"uid={first[kind] + n}")))
            path.chmod(0o600)


def hide(machine, **more):
    hook = machine.stage / "bin/sent.sh"
    hook.write_text((host.TOP / "tests/hooks/sent.sh").read_text())
    hook.chmod(0o755)
    machine.configure(prompt__reveal="none", delivery__hook=hook, email__providers="relay", limits__sends_email="100000/h",
                      provider__relay__url="smtp://localhost:25", **more)
    machine.pam("hidden", STACK)
    machine.otpcode("init")


def run(machine, users):
    driver = machine.stage / "bin/paced_logins"
    driver.write_bytes((machine.build / "tests/e2e/paced_logins").read_bytes())
    driver.chmod(0o755)
    done = machine.run([driver, "hidden", AT_ONCE], input="\n".join(users) + "\n")
    return [line.split(" ", 4) for line in done.stdout.splitlines()]


def test_C33_one_user_cannot_be_told_from_another_by_text_or_time(bare_machine, record_property):
    machine = bare_machine
    hide(machine, prompt__max_prompts=1)
    populate(machine)
    kinds = ("known", "unknown", "unenrolled", "locked")
    users = [f"{kind}{n}" for kind in kinds for n in range(RUNS)]
    random.shuffle(users)  # whatever else the machine does meets all kinds alike
    seen = run(machine, users)
    assert len(seen) == len(kinds) * RUNS

    assert {(int(code), text) for _, code, _, _, text in seen} == {(PAM_AUTH_ERR, f"{HIDDEN}|Verification code: |")}

    # Each was what it is called.
    whys = [re.search(r'event=(?:sent|denied|sending).*?(?:why="?(.*?)"?(?: until=| lock=|$)|$)', line).group(1)
            for line in machine.events() if "event=sent" in line or "event=denied" in line or "event=sending" in line]
    for why, times in (("unknown user", RUNS), ("not enrolled", RUNS), ("locked", RUNS), ("prompts used up", RUNS), (None, RUNS)):
        assert whys.count(why) == times, (why, whys.count(why))

    limit = ranks.critical(len(kinds), CHANCE)
    for which, name in ((2, "until the question"), (3, "until the end")):
        times = [[int(row[which]) for row in seen if row[0].startswith(kind)] for kind in kinds]
        found = ranks.differ(times)
        medians = [sorted(of_kind)[RUNS // 2] for of_kind in times]
        assert found < limit, f"{name}: H = {found:.1f}, {dict(zip(kinds, medians))} us"
        # That it could have been seen: two thousandths of a second more for those who are known.
        slower = ranks.differ([[us + 2000 for us in times[0]], *times[1:]])
        record_property("numbers", f"{name}, ranks: H = {found:.1f}, with 2 ms more for one kind {slower:.1f}; more than {limit:.1f} differ")
        assert slower > limit, f"{name}: H = {slower:.1f} with 2 ms more for one kind: too much noise to see anything"


def log_in(machine, user, answers):
    """All that a person at ssh gets to see, who answers so; the address of the machine and the name are not the module's."""
    login = machine.ssh(user, key=False, options=["-o", "NumberOfPasswordPrompts=1"])
    lines = []
    for answer in answers:
        lines.append(login.prompt())
        login.answer(answer)
    assert not login.ended()
    return lines, login.text.replace(user, "USER")


def test_C33_code_first_over_ssh(machine, mailbox):
    """The code, then the password; who is refused sees the same whoever it is."""
    machine.configure(prompt__reveal="none", prompt__max_prompts=2)
    machine.pam("sshd", [*STACK, "auth requisite pam_unix.so"])
    machine.add_user("carol", password="correct horse")
    machine.otpcode("enroll", "carol", "--email", "carol@example.org")
    machine.add_user("dave")
    machine.otpcode("lock", "bob")
    machine.start_sshd(AuthenticationMethods="keyboard-interactive:pam", LoginGraceTime="100")

    login = machine.ssh("carol", key=False)
    assert login.prompt() == HIDDEN
    login.answer(mailbox.wait().code)
    login.wait_for("assword: ")
    login.answer("correct horse")
    assert login.ended(), login.text
    assert "by=sent" in machine.wait_for_event("verified")

    seen = {user: log_in(machine, user, ["000000", ""]) for user in ("alice", "bob", "dave", "nobody-of-that-name")}
    assert seen["alice"][0] == [HIDDEN, "000000"]  # no line, but what was typed
    for user, shown in seen.items():
        assert shown == seen["alice"], user
    denied = " ".join(machine.events("denied"))
    for why in ('user=alice rhost=127.0.0.1 ref=', "user=bob rhost=127.0.0.1 why=locked", 'user=dave rhost=127.0.0.1 why="not enrolled"',
                'rhost=127.0.0.1 why="unknown user"'):
        assert why in denied, why
    assert "nobody-of-that-name" not in " ".join(machine.events())


def test_reveal_none_leaves_the_outcome_to_the_hook(machine, mailbox):
    """A relay that takes its time: the module has gone on, and the hook's line says what became of the mail."""
    machine.configure(prompt__reveal="none", prompt__max_prompts=1)
    machine.start_sshd()
    with mail.ScriptedServer(hang=("BODY",)) as relay:
        machine.replace_relays({"relay": {"url": f"smtp://127.0.0.1:{relay.port}"}})
        login = machine.ssh("alice")
        assert login.prompt() == HIDDEN
        assert "channel=email" in machine.wait_for_event("sending")
        relay.release()
        assert "provider=relay" in machine.wait_for_event("sent", source="otpcode-deliver")
        login.answer(relay.messages()[0].code)
        assert login.ended(), login.text

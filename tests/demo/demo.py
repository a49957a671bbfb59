#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""One real login with a mailed code, shown step by step. On a terminal the person types the code; without one it is typed for them."""

import argparse
import os
import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))

import host  # noqa: E402
import mail  # noqa: E402
from session import PROMPT  # noqa: E402

USER, ADDRESS = "alice", "alice@example.org"
SHELL_PROMPT = "demo-shell$ "


def say(text=""):
    print(text, flush=True)


def quote(text):
    """Text that is not ours but what a program or a person saw."""
    for line in text.strip("\r\n").replace("\r", "").split("\n"):
        say(f"    | {line}")


def step(number, title):
    say()
    say(f"{number}. {title}")


def run_command(machine, *words):
    say(f"    # otpcode {' '.join(words)}")
    quote(machine.otpcode(*words).stdout)


def start_servers(machine, exim):
    step(1, "Two servers are started, on this machine's loopback address only")
    home = machine.add_user(USER)
    (home / ".profile").write_text(f"PS1='{SHELL_PROMPT}'\n")
    machine.configure(exim)
    machine.start_sshd()
    say(f"    mail server (Exim)  127.0.0.1 port {exim.port}, with STARTTLS and a password")
    say(f"    ssh server (sshd)   127.0.0.1 port {machine.port}, which asks for an SSH key first and then for a code;")
    say("    the lines of its PAM file /etc/pam.d/sshd that ask for the code:")
    quote("\n".join(line for line in (machine.etc / "pam.d/sshd").read_text().split("\n") if line.startswith("auth")))


def enroll(machine):
    step(2, f"The admin sets up the machine and says where {USER} gets codes")
    run_command(machine, "init")
    run_command(machine, "enroll", USER, "--email", ADDRESS)


def connect(machine):
    step(3, f"{USER} logs in; the SSH key is right, so sshd asks for the code")
    say(f"    $ ssh -p {machine.port} {USER}@127.0.0.1")
    login = machine.ssh(USER, command="", options=["-tt"])
    login.prompt()
    quote(login.text)
    return login


def show_mail(exim):
    step(4, f"This mail has reached the mailbox of {ADDRESS}")
    message = exim.wait_for_message(15)
    for name in ("From", "To", "Subject", "Date"):
        quote(f"{name}: {message.parsed[name]}")
    quote("")
    quote(message.text)
    return message.code


def type_code(login, code):
    """Until the shell is there; wrong answers of a person are answered by the module, not by us."""
    by_person = os.isatty(0) and os.isatty(1)
    step(5, "Now it is your turn: type the code from the mail" if by_person else "The code is typed")
    while True:
        answer = input(f"    {PROMPT}") if by_person else code
        if not by_person:
            say(f"    {PROMPT}{answer}")
        login.answer(answer)
        let_in = login.child.expect_exact([SHELL_PROMPT, PROMPT]) == 0
        said = login.child.before.partition("\n")[2].strip()  # behind the echo of what was typed
        if said:
            quote(said)
        if let_in:
            return
        if not by_person:
            raise AssertionError("the mailed code was not taken")


def use_shell(login):
    step(6, f"The code was right: this is {USER}'s shell")
    login.child.send("id\r")
    login.child.expect_exact(SHELL_PROMPT)
    quote(SHELL_PROMPT + login.child.before)
    shown = login.child.before
    login.child.send("exit\r")
    assert login.ended(), "the shell did not end well"
    return f"({USER})" in shown


def show_log(machine):
    step(7, "What the machine's log says of it")
    machine.wait_for_event("verified")
    quote("\n".join(line for line in machine.log.lines() if re.search(r"pam_otpcode|otpcode-deliver", line)))


def run(machine, exim):
    start_servers(machine, exim)
    enroll(machine)
    login = connect(machine)
    type_code(login, show_mail(exim))
    entered = use_shell(login)
    show_log(machine)
    return entered


def give_up(*_):
    raise KeyboardInterrupt


def main():
    # However it is given up, what was started is stopped.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, give_up)
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, required=True)
    why = host.missing() or host.exim_missing()
    if why:
        say(f"The demo cannot run: {why}. As root: sudo make demo")
        return 1
    say("A real login by ssh with a code sent by mail. It happens in a private view of this machine:")
    say("its /etc, /var, /run and /tmp are its own, and gone when the demo ends.")
    try:
        with mail.Exim() as exim, host.Host(options.parse_args().build) as machine:
            entered = run(machine, exim)
    except (AssertionError, EOFError, KeyboardInterrupt, OSError) as error:
        say(f"\nThe demo failed: {error or type(error).__name__}")
        return 1
    say()
    say("Both servers are stopped, and nothing is left of them." if entered else "The demo failed: the shell was not the user's.")
    return 0 if entered else 1


if __name__ == "__main__":
    sys.exit(main())

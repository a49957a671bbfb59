# SPDX-License-Identifier: BSD-2-Clause
"""How every command behaves, whatever it does: on a terminal and without one."""

import re
import shlex

import pytest

import stage
from session import Session
from test_command import COMMAND, commands, enrolled, ready, staged  # noqa: F401

ESCAPE = "\x1b"


def example_of(text):
    """The words of the example of a command's help."""
    line = re.search(r"^example:\n  otpcode (.*)$", text, re.MULTILINE).group(1)
    return [word for word in shlex.split(line.replace("alice", "nobody"), comments=True) if not word.startswith("/etc/")]


COMMANDS = commands() if COMMAND.exists() else {}
GROUPS = sorted({name.partition(" ")[0] for name in COMMANDS if " " in name})
ASKING = sorted(name for name, text in COMMANDS.items() if "\n  --yes" in text)


@pytest.mark.parametrize("words", [[], *([group] for group in GROUPS), *(name.split() for name in COMMANDS)], ids=" ".join)
def test_help_on_every_level_goes_to_standard_output_and_has_an_example(words):
    for flag in ("--help", "-h"):
        ended = stage.run(COMMAND, *words, flag, env=stage.environment(TERM="xterm-256color"))
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.startswith("usage: otpcode ")
        assert re.search(rf"\nexamples?:\n  otpcode {' '.join(words)}", ended.stdout)
        assert ESCAPE not in ended.stdout
        assert max(map(len, ended.stdout.splitlines())) <= 110


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_wrong_is_said_on_standard_error_with_what_would_be_right(name):
    for wrong, complaint in ((["--helf"], "there is no option '--helf'; did you mean '--help'?"), (["--config"], "--config needs a value: --config FILE")):
        ended = stage.run(COMMAND, *name.split(), *wrong)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == f"otpcode: {complaint}\n"
    ended = stage.run(COMMAND, *name.split(), *["x"] * (16 - len(name.split())))
    if ended.returncode == 2:
        assert ended.stdout == "" and ended.stderr.startswith(f"otpcode: {name}: "), ended
        assert f"\nusage: otpcode {name}" in ended.stderr and "\nexample: otpcode " in ended.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_without_a_terminal_it_ends_without_colour_and_says_why_it_failed(enrolled, name):
    ended = enrolled.otpcode(*example_of(COMMANDS[name]), env=stage.environment(TERM="xterm-256color"), cwd=enrolled.folder)
    assert ended.returncode in (0, 1, 78), ended
    assert ESCAPE not in ended.stdout + ended.stderr
    assert "\r" not in ended.stdout + ended.stderr
    assert ended.returncode == 0 or ended.stdout + ended.stderr != ""


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("env", [{"TERM": "xterm-256color", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}], ids=["NO_COLOR", "dumb", "no TERM"])
def test_on_a_terminal_that_wants_none_there_is_no_colour(enrolled, name, env):
    command = [str(enrolled.folder / "otpcode"), *example_of(COMMANDS[name]), "--config", str(enrolled.config)]
    session = Session(command, env=stage.environment(**env))
    session.child.sendeof()
    session.ended()
    assert ESCAPE not in session.text, session.text


def asked_words(name):
    return [word for word in example_of(COMMANDS[name]) if word != "--yes"]


def test_there_are_commands_that_ask():
    assert {"unenroll", "restored"} <= set(ASKING)


@pytest.mark.parametrize("name", ["unenroll", "restored"])
def test_what_destroys_asks_first_and_takes_no_answer_for_no(enrolled, name):
    before = enrolled.state_path("nobody").read_bytes()
    words = asked_words(name)
    for answer in ("n", "", "maybe", "\x04"):
        session = Session([str(enrolled.folder / "otpcode"), *words, "--config", str(enrolled.config)], env=stage.environment())
        session.wait_for("Go on? [y/N] ")
        session.answer(answer)
        assert not session.ended()
        assert "nothing was changed" in session.text
    complaint = enrolled.refused(*words)
    assert "Nothing was changed: there is no terminal to ask on" in complaint and "--yes does it without asking" in complaint
    assert enrolled.state_path("nobody").read_bytes() == before
    session = Session([str(enrolled.folder / "otpcode"), *words, "--config", str(enrolled.config)], env=stage.environment())
    session.wait_for("Go on? [y/N] ")
    session.answer("y")
    assert session.ended(), session.text
    assert not enrolled.state_path("nobody").exists() or enrolled.state_path("nobody").read_bytes() != before

# SPDX-License-Identifier: BSD-2-Clause
"""README shows what the program prints, and names what is there."""

import os
import re
import subprocess
import sys

import pytest

import host
import table

README = (host.TOP / "README.md").read_text()
BUILD = os.environ.get("OTPCODE_BUILD", str(host.TOP / "build"))

# What differs from one login to the next, in the order in which it is looked for.
CHANGING = ((r"\w{3}, \d+ \w{3} \d{4} [\d:]{8}", "DATE"), (r"\d{4}-\d\d-\d\d \d\d:\d\d", "TIME"), (r"\d\d:\d\d UTC", "UNTIL"),
            (r"ref=[A-Z]{3}\b", "ref=REF"), (r"\(ref [A-Z]{3}\)", "(ref REF)"), (r"Ref:      [A-Z]{3}\b", "Ref:      REF"),
            (r"not [A-Z]{3},", "not REF,"), (r"(?<!\d)\d{6}(?!\d)", "CODE"), (r"-p \d+", "-p PORT"), (r"sshd\[\d+\]", "sshd[PID]"),
            (r"ms=\d+", "ms=MS"))


def lasting(text):
    for pattern, word in CHANGING:
        text = re.sub(pattern, word, text)
    return [line.rstrip() for line in text.splitlines()]


def test_recorded_login_is_what_the_demo_prints():
    why = host.missing()
    if why:
        pytest.skip(why)
    recorded = README.split("recorded from `sudo make demo`:\n\n```\n")[1].split("```")[0]
    done = subprocess.run([sys.executable, "-B", str(host.TOP / "tests/demo/demo.py"), "--build", BUILD], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    printed = done.stdout[done.stdout.index("3. "):done.stdout.index("\nBoth servers")]
    assert lasting(recorded) == lasting(printed)


def walk():
    """[(function, file)] of the walk of one code."""
    table = README.split("The walk of one code")[1].split("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \| (\S+\.c) \|", table, re.MULTILINE)


def test_walk_of_one_code_names_functions_where_they_are():
    assert len(walk()) == 17
    for function, path in walk():
        source = (host.TOP / path).read_text()
        # A definition: its line begins with the type, and a body follows.
        assert re.search(rf"^[a-z][^\n;=]*\b{function}\([^;{{]*\)\n{{", source, re.MULTILINE), (function, path)


def test_commands_in_readme_are_those_of_the_command():
    shown = subprocess.run([f"{BUILD}/otpcode", "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    known = set(re.findall(r"^  ([\w-]+(?: \w+)?)  ", shown, re.MULTILINE))
    flat = re.sub(r"\s+", " ", README)
    named = set(re.findall(r"(?:sudo |`)otpcode ([a-z-]+(?: (?:check|show|add|remove|order)\b)?)", flat))
    assert {"init", "enroll", "config check", "unlock", "show", "test"} <= named
    assert named <= known, named - known


def test_rows_of_host_programs_are_of_tests_that_are_there_and_write_them():
    """That each says what happened, the tests themselves look at."""
    asked = subprocess.run([sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q", str(host.HERE)],
                           stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, "OTPCODE_BUILD": BUILD})
    there = {line.split("::")[1]: line.split("::")[0] for line in asked.stdout.splitlines() if "::" in line}
    rows = table.in_readme()
    assert len(rows) >= 50
    for test in rows:
        assert test in there, test
        source = (host.HERE / os.path.basename(there[test])).read_text()
        body = re.split(r"\n(?=\S)", source.split(f"def {test.split('[')[0]}(")[1], maxsplit=1)[0]
        assert re.search(r"^    row\(", body, re.MULTILINE), test

# SPDX-License-Identifier: BSD-2-Clause
"""README's table of host programs. Each row is what the test that stands in it saw: the row fixture of conftest.py writes it down
and compares it with README's."""

import re

import host

HEADING = "| host program | what was run | messages | asked | what happened | test |"


def row(program, run, messages, asked, ended, test):
    return f"| {program} | {run} | {messages} | {asked} | {ended} | `{test}` |"


def in_readme():
    """{test: row} of README."""
    text = (host.TOP / "README.md").read_text()
    assert text.count(HEADING) == 1
    rows = text.split(HEADING + "\n")[1].split("\n\n")[0].splitlines()[1:]
    found = {re.search(r"`([^`]+)` \|$", line).group(1): line for line in rows}
    assert len(found) == len(rows), "a test has two rows"
    return found

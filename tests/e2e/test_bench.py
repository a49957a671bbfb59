# SPDX-License-Identifier: BSD-2-Clause
"""What make bench prints; what the numbers are is looked at by people alone."""

import os
import re
import subprocess
import sys

import pytest

import host
from conftest import BUILD


def test_bench_prints_what_one_mail_costs_as_a_ratio_to_the_curl_command():
    why = host.missing() or host.exim_missing()
    if not why and not os.path.exists("/usr/bin/curl"):
        why = "curl is not installed: packaging/deps bench"
    if why:
        pytest.skip(why)
    done = subprocess.run([sys.executable, "-B", host.TOP / "tests/bench/hook.py", "--build", BUILD, "--runs", "3"],
                          capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    for what, line in zip(("CPU", "wall"), lines, strict=True):
        found = re.fullmatch(rf"one mail to Exim, {what}: otpcode-deliver ([\d.]+) ms, curl ([\d.]+) ms, ratio ([\d.]+)", line)
        assert found, line
        hook, curl, ratio = map(float, found.groups())
        assert hook > 0 and curl > 0 and abs(hook - ratio * curl) <= 0.05 + ratio * 0.05 + curl * 0.005 + 0.01, line

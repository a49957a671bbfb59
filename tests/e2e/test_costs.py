# SPDX-License-Identifier: BSD-2-Clause
"""What a login costs."""

import os
import re
import signal
import subprocess

import pytest

import host

SYNCS = "fdatasync,fsync,sync,syncfs,msync"


def test_whole_login_by_a_fresh_code_makes_two_synchronous_writes(machine, mailbox, tmp_path):
    if not os.path.exists("/usr/bin/strace"):
        pytest.skip("strace is not installed: make deps")
    machine.start_sshd()
    summary = tmp_path / "strace"
    tracer = subprocess.Popen(["strace", "-f", "-qq", "-e", f"trace={SYNCS}", "-o", str(summary),
                               "-p", str(host.only_child_of(machine.sshd.pid))], stderr=subprocess.PIPE)
    try:
        host.poll(lambda: is_traced(host.only_child_of(machine.sshd.pid), tracer), 10, "strace to begin")
        login = machine.ssh("alice")
        login.prompt()
        login.answer(mailbox.wait().code)
        assert login.ended(), login.text
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait(20)
    calls = re.findall(rf"\b({SYNCS.replace(',', '|')})\(", summary.read_text())
    assert calls == ["fdatasync", "fdatasync"]


def is_traced(pid, tracer):
    assert tracer.poll() is None, tracer.stderr.read()
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return f"TracerPid:\t{tracer.pid}\n" in status.read()

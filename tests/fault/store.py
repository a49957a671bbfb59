# SPDX-License-Identifier: BSD-2-Clause
"""A store that tests treat badly: made, changed and looked at by store_counter, killed or failed by strace."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
COUNTER = Path(os.environ.get("OTPCODE_BUILD", TOP / "build")).resolve() / "tests/fault/store_counter"
LIMIT_S = 60

# enum otp_err
NOT_ENROLLED, BUSY = 1, 9

# What says nothing about a transaction: memory, threads, the end.
NOT_COUNTED = {"futex", "brk", "mmap", "munmap", "exit_group", "exit"}


class Said:
    """What store_counter said before it ended."""

    def __init__(self, done):
        self.status = done.returncode
        self.lines = [line for line in done.stdout.splitlines() if line != "begin"]
        ok = re.fullmatch(r"ok (\d+) damaged ([01])", self.lines[-1]) if self.lines else None
        error = re.fullmatch(r"error (\d+) (.*)", self.lines[-1]) if self.lines else None
        self.count = int(ok.group(1)) if ok else None
        self.damaged = ok is not None and ok.group(2) == "1"
        self.error = int(error.group(1)) if error else None
        self.text = error.group(2) if error else ""

    def __repr__(self):
        return f"status {self.status}, said {self.lines}"


# Under sanitizers: strace and the one that looks for leaks cannot both trace a program.
TRACED_ENV = {**os.environ, "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}


def run(command, env=None):
    return subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False, env=env)


class Store:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.trace = self.folder.parent / "trace"

    def run(self, *args):
        return Said(run([COUNTER, self.folder, *args]))

    def strace(self, options, *args):
        return Said(run(["strace", "-f", "-o", self.trace, *options, COUNTER, self.folder, *args], TRACED_ENV))

    def calls(self, *args):
        """(name, n) of every system call after "begin" but those that print: n counts per name from the program's start, as strace's when= does."""
        self.strace([], *args)
        seen, counted, begun = {}, [], False
        for line in self.trace.read_text().splitlines():
            found = re.match(r"\d+ +(\w+)\((.*)", line)
            if not found:
                continue
            name = found.group(1)
            seen[name] = seen.get(name, 0) + 1
            if begun and name not in NOT_COUNTED and not (name == "write" and found.group(2).startswith("1,")):
                counted.append((name, seen[name]))
            begun = begun or (name == "write" and '"begin' in found.group(2))
        assert begun and counted, "the trace is not understood"
        return counted

    def killed_at(self, call, *args):
        return self.strace(["-e", f"inject={call[0]}:signal=KILL:when={call[1]}"], *args)

    def failed_at(self, call, error, *args):
        return self.strace(["-e", f"inject={call[0]}:error={error}:when={call[1]}"], *args)

    def record(self, user="alice"):
        return self.folder / "users" / user

    def save(self):
        return {path.name: path.read_bytes() for path in (self.folder / "users").iterdir()}

    def restore(self, saved):
        for path in (self.folder / "users").iterdir():
            path.unlink()
        for name, content in saved.items():
            path = self.record(name)
            path.write_bytes(content)
            path.chmod(0o600)


def folder_is_safe(path):
    info = os.lstat(path)
    return stat.S_ISDIR(info.st_mode) and info.st_uid in (0, os.geteuid()) and not info.st_mode & 0o022


def safe_place():
    """A folder whose parents nobody else may write to, as a store needs it."""
    places = ["/run", "/var/lib"] if os.geteuid() == 0 else [os.environ.get("XDG_RUNTIME_DIR"), os.environ.get("HOME")]
    for place in places:
        if place and os.path.isdir(place) and os.path.realpath(place) == place:
            if all(folder_is_safe(part) for part in [Path(place), *Path(place).parents]) and os.access(place, os.W_OK):
                return place
    return None


def staged():
    """A generator for fixtures: a new folder in a safe place, gone afterwards."""
    if not COUNTER.exists():
        pytest.fail(f"{COUNTER} is not built")
    place = safe_place()
    if place is None:
        pytest.skip("no folder here whose parents nobody else may write to")
    stage = Path(tempfile.mkdtemp(prefix="otpcode-test-", dir=place))
    try:
        yield stage
    finally:
        shutil.rmtree(stage)


def need_strace():
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    if run(["strace", "-o", "/dev/null", "true"]).returncode != 0:
        pytest.skip("this machine does not let strace trace")

# SPDX-License-Identifier: BSD-2-Clause
"""Whoever is killed in the middle of a transaction leaves the old record or the new one, and no lock."""

import os
import random
import signal
import subprocess

from store import BUSY, COUNTER, NOT_ENROLLED, TRACED_ENV, need_strace


def kill_at_every_call(store, *args):
    """Yields what was said before the end, and where the end was; the store is as before each time."""
    before = store.save()
    calls = store.calls(*args)
    store.restore(before)
    assert store.strace([], *args).status == 0, "the trace of a run that nobody killed"
    for call in calls:
        store.restore(before)
        said = store.killed_at(call, *args)
        assert said.status == -signal.SIGKILL, f"{call}: not killed: {said}"
        yield said, call


def test_C15_killed_at_any_call_of_an_update_the_record_is_the_old_or_the_new_one(store):
    need_strace()
    assert [store.run("add", "alice").count for _ in range(3)] == [1, 2, 3]
    seen = set()
    for said, call in kill_at_every_call(store, "add", "alice"):
        now = store.run("get", "alice")
        assert now.count in (3, 4) and not now.damaged, f"{call}: {now}"
        if said.count is not None:
            assert (said.count, now.count) == (4, 4), f"{call}: said {said}, but {now}"
        after = store.run("add", "alice")
        assert (after.count, after.damaged) == (now.count + 1, False), f"{call}: {after}"
        seen.add(now.count)
    assert seen == {3, 4}


def test_C15_killed_at_any_call_of_a_creation_the_record_is_whole_or_absent(store):
    need_strace()
    assert store.run("add", "bob").count == 1
    seen = set()
    leftovers = 0
    for said, call in kill_at_every_call(store, "add", "alice"):
        now = store.run("get", "alice")
        if now.error is None:
            assert (now.count, now.damaged) == (1, False), f"{call}: {now}"
            assert store.record().stat().st_size == 16384
        else:
            assert now.error == NOT_ENROLLED and said.count is None, f"{call}: said {said}, but {now}"
        leftovers += any(path.name.startswith(".new-") for path in store.record().parent.iterdir())
        after = store.run("add", "alice")
        assert after.count == (now.count or 0) + 1 and not after.damaged, f"{call}: {after}"
        listed = store.run("list")
        assert listed.status == 0 and sorted(listed.lines) == ["user alice", "user bob"], f"{call}: {listed}"
        seen.add(now.error)
    assert seen == {None, NOT_ENROLLED}
    assert leftovers > 0, "no creation was killed while its file had its temporary name"


def test_C15_killed_at_any_call_of_a_removal_the_record_is_there_or_not(store):
    need_strace()
    assert store.run("add", "alice").count == 1
    seen = set()
    for _, call in kill_at_every_call(store, "remove", "alice"):
        now = store.run("get", "alice")
        assert now.error == NOT_ENROLLED or (now.count, now.damaged) == (1, False), f"{call}: {now}"
        seen.add(now.error)
    assert seen == {None, NOT_ENROLLED}


def test_C15_killed_within_a_call_nothing_that_was_said_is_lost(store):
    chance = random.Random(15)
    for _ in range(60):
        child = subprocess.Popen([COUNTER, store.folder, "loop", "alice"], stdout=subprocess.PIPE, text=True)
        for _ in range(chance.randrange(1, 20)):
            assert child.stdout.readline()
        os.kill(child.pid, signal.SIGKILL)
        rest = child.stdout.read()
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
        said = [line for line in rest.splitlines() if line.startswith("ok ")]
        now = store.run("get", "alice")
        assert now.error is None or not said, f"{now} after {said}"
        if said:
            # A slot that was cut shows the older record, which is the last one that anybody was told of.
            last = int(said[-1].split()[1])
            assert (now.count, now.damaged) in ((last, False), (last, True), (last + 1, False)), f"{now} after {said[-1]}"


def test_C06_a_lock_dies_with_its_holder(store):
    need_strace()
    assert store.run("add", "alice").count == 1
    store.trace.touch()
    tracer = subprocess.Popen(["strace", "-f", "-o", store.trace, "-e", "inject=pwrite64:signal=STOP:when=1",
                               COUNTER, store.folder, "add", "alice"], stdout=subprocess.PIPE, text=True, env=TRACED_ENV)
    try:
        while "stopped by SIGSTOP" not in store.trace.read_text():
            assert tracer.poll() is None
        busy = store.run("add", "alice")
        assert busy.error == BUSY, busy
    finally:
        holder = store.trace.read_text().split(maxsplit=1)
        if holder:
            os.kill(int(holder[0]), signal.SIGKILL)
        tracer.wait(60)
        tracer.stdout.close()
    after = store.run("add", "alice")
    # Stopped on its way into the write: killed there it may still have written.
    assert after.count in (2, 3) and not after.damaged, after

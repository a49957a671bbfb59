# SPDX-License-Identifier: BSD-2-Clause
"""Full, read-only and suddenly absent disks. Each runs in a mount namespace of its own, so that no mount outlives it."""

import os
import shutil
import subprocess

import pytest

from store import COUNTER, NOT_ENROLLED, Said, Store, need_strace

IMAGE_MIB = 16


def sh(script, **variables):
    """Runs a shell script in a mount namespace of its own; the mounts go with it."""
    env = {**os.environ, **{name: str(value) for name, value in variables.items()}, "LC_ALL": "C"}
    return subprocess.run(["unshare", "--mount", "--propagation", "private", "sh", "-eu", "-c", script], env=env, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300, check=False)


def sh_ok(script, **variables):
    done = sh(script, **variables)
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout.splitlines()


@pytest.fixture
def mounts(stage):
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    (stage / "mnt").mkdir(mode=0o755)
    done = sh('mount -t tmpfs -o size=1m tmpfs "$MNT"', MNT=stage / "mnt")
    if done.returncode != 0:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    return stage


@pytest.fixture
def image(mounts):
    """An ext4 image with an empty root folder."""
    if shutil.which("mkfs.ext4") is None:
        pytest.skip("mkfs.ext4 is not installed")
    path = mounts / "image"
    with open(path, "wb") as out:
        out.truncate(IMAGE_MIB << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", "-J", "size=4", path], check=True, stdin=subprocess.DEVNULL)
    done = sh('mount -o loop "$IMAGE" "$MNT"', IMAGE=path, MNT=mounts / "mnt")
    if done.returncode != 0:
        pytest.skip(f"no loop devices here: {done.stderr.strip()}")
    return path


FULL = r"""
$MOUNT
$COUNTER "$MNT/store" make
$COUNTER "$MNT/store" add alice
dd if=/dev/zero of="$MNT/full" bs=64k 2>/dev/null || :
dd if=/dev/zero of="$MNT/full2" bs=1 2>/dev/null || :
df --output=avail -k "$MNT" | tail -n 1
i=0
while [ $i -lt 100 ]; do
	$COUNTER "$MNT/store" add alice
	i=$((i + 1))
done
$COUNTER "$MNT/store" add bob || :
$COUNTER "$MNT/store" get bob || :
$COUNTER "$MNT/store" list
$COUNTER "$MNT/store" get alice
"""


def check_full(lines):
    lines = [line for line in lines if line != "begin"]
    assert lines[0] == "ok 1 damaged 0"
    assert int(lines[1]) == 0, f"the disk is not full: {lines[1]} KiB left"
    assert lines[2:102] == [f"ok {n} damaged 0" for n in range(2, 102)]
    assert lines[102].startswith("error ") and lines[102].endswith(": No space left on device"), lines[102]
    assert "/users/bob" in lines[102]
    assert lines[103].startswith(f"error {NOT_ENROLLED} ")
    assert lines[104:] == ["user alice", "ok 101 damaged 0"]


def test_C47_on_a_full_ext4_every_update_succeeds_and_a_creation_says_why_not(image, mounts):
    check_full(sh_ok(FULL, MOUNT=f"mount -o loop {image} {mounts}/mnt", MNT=mounts / "mnt", COUNTER=COUNTER))


def test_C47_on_a_full_btrfs_every_update_succeeds_as_records_there_are_not_copied_on_write(mounts):
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("mkfs.btrfs is not installed")
    path = mounts / "image"
    with open(path, "wb") as out:
        out.truncate(128 << 20)
    subprocess.run(["mkfs.btrfs", "-q", path], check=True, stdin=subprocess.DEVNULL)
    if sh('mount -o loop "$IMAGE" "$MNT"', IMAGE=path, MNT=mounts / "mnt").returncode != 0:
        pytest.skip("no loop devices, or no btrfs, here")
    lines = sh_ok(FULL + 'lsattr "$MNT/store/users"', MOUNT=f"mount -o loop {path} {mounts}/mnt", MNT=mounts / "mnt",
                  COUNTER=COUNTER)
    lines = [line for line in lines if line != "begin"]
    assert lines[2:102] == [f"ok {n} damaged 0" for n in range(2, 102)]
    assert all("C" in line.split()[0] for line in lines if line.startswith("-")), lines


def test_C47_on_a_full_tmpfs_every_update_succeeds_and_a_creation_says_why_not(mounts):
    check_full(sh_ok(FULL, MOUNT=f"mount -t tmpfs -o size=1m,mode=0755 tmpfs {mounts}/mnt", MNT=mounts / "mnt", COUNTER=COUNTER))


def test_C47_on_a_read_only_disk_records_are_read_and_changes_refused_by_name(mounts):
    lines = sh_ok(r"""
        mount -t tmpfs -o size=1m,mode=0755 tmpfs "$MNT"
        $COUNTER "$MNT/store" make
        $COUNTER "$MNT/store" add alice
        mount -o remount,ro "$MNT"
        for what in "get alice" "add alice" "remove alice" "add bob" "list"; do
            $COUNTER "$MNT/store" $what || :
        done
        $COUNTER "$MNT/new" make || :
        """, MNT=mounts / "mnt", COUNTER=COUNTER)
    lines = [line for line in lines if line != "begin"][1:]
    assert lines[0] == "ok 1 damaged 0"
    for line in (lines[1], lines[2]):
        assert line.startswith("error ") and line.endswith(": Read-only file system") and "/users/alice" in line, line
    assert lines[3].startswith("error ") and lines[3].endswith(": Read-only file system") and "/users/bob" in lines[3], lines[3]
    assert lines[4] == "user alice"
    assert lines[5].endswith(": Read-only file system"), lines[5]


# Power goes at a certain call: what the disk holds then is looked at after the journal was replayed, and must be consistent.
CUT = r"""
cp --sparse=always "$READY" "$IMAGE"
mount -o loop "$IMAGE" "$MNT"
strace -f -o "$TRACE" $INJECT $COUNTER "$MNT/store" $WHAT alice >"$SAID" 2>/dev/null || :
cp --sparse=always "$IMAGE" "$IMAGE.cut"
mount -o loop "$IMAGE.cut" "$MNT2"
$COUNTER "$MNT2/store" get alice || :
umount "$MNT2"
e2fsck -fn "$IMAGE.cut" >"$FSCK" 2>&1 || { cat "$FSCK"; exit 3; }
"""


def power_cuts(image, mounts, what, prepare):
    """Yields (what was said, what the disk holds, where) for each call of this transaction, and for none cut at last."""
    need_strace()
    (mounts / "mnt2").mkdir()
    variables = {"READY": image, "IMAGE": mounts / "cut", "MNT": mounts / "mnt", "MNT2": mounts / "mnt2", "COUNTER": COUNTER,
                 "SAID": mounts / "said", "FSCK": mounts / "fsck", "WHAT": what, "TRACE": mounts / "trace"}
    sh_ok('mount -o loop "$READY" "$MNT"; $COUNTER "$MNT/store" make; ' + prepare + ' umount "$MNT"', **variables)

    traced = Store(mounts / "mnt" / "traced")  # as deep as the other, so that calls have the same numbers
    assert traced.run("make").status == 0
    if prepare:
        traced.run("add", "alice")
    on_disk = {"openat", "flock", "pread64", "sync_file_range", "pwrite64", "fdatasync", "fsync", "fchmod", "renameat2",
               "unlinkat", "close"}
    calls = [call for call in traced.calls(what, "alice") if call[0] in on_disk]
    for call in [*calls, None]:
        inject = "" if call is None else f"-e inject={call[0]}:signal=KILL:when={call[1]}"
        lines = sh_ok(CUT, INJECT=inject, **variables)
        said = Said(subprocess.CompletedProcess([], 0, (mounts / "said").read_text()))
        yield said, Said(subprocess.CompletedProcess([], 0, "\n".join(lines))), call or "no cut"
    assert call is None and said.lines, "the last one was not cut"


def test_C42_a_power_cut_at_any_call_of_an_update_leaves_the_old_or_the_new_record(image, mounts):
    seen = set()
    for said, held, where in power_cuts(image, mounts, "add", '$COUNTER "$MNT/store" add alice;'):
        assert (held.count, held.damaged) in ((1, False), (2, False)), f"{where}: {held}"
        assert said.count is None or held.count == 2, f"{where}: said {said}, but the disk holds {held}"
        seen.add(held.count)
    assert seen == {1, 2}


def test_C42_a_power_cut_at_any_call_of_a_creation_leaves_a_whole_record_or_none(image, mounts):
    seen = set()
    for said, held, where in power_cuts(image, mounts, "add", ""):
        assert held.error == NOT_ENROLLED or (held.count, held.damaged) == (1, False), f"{where}: {held}"
        assert said.count is None or held.count == 1, f"{where}: said {said}, but the disk holds {held}"
        seen.add(held.count)
    assert seen == {None, 1}


def test_C42_a_removal_that_was_reported_is_not_undone_by_a_power_cut(image, mounts):
    seen = set()
    for said, held, where in power_cuts(image, mounts, "remove", '$COUNTER "$MNT/store" add alice;'):
        assert held.error == NOT_ENROLLED or (held.count, held.damaged) == (1, False), f"{where}: {held}"
        assert not said.lines or held.error == NOT_ENROLLED, f"{where}: said {said}, but the disk holds {held}"
        seen.add(held.error)
    assert seen == {None, NOT_ENROLLED}


def test_C42_a_write_that_a_kill_left_unsynced_is_pushed_out_before_the_next_one(image, mounts):
    need_strace()
    (mounts / "mnt2").mkdir()
    lines = sh_ok(r"""
        mount -o loop "$IMAGE" "$MNT"
        $COUNTER "$MNT/store" make
        $COUNTER "$MNT/store" add alice
        strace -o /dev/null -e inject=fdatasync:signal=KILL $COUNTER "$MNT/store" add alice || :
        strace -o /dev/null -e inject=pwrite64:signal=KILL $COUNTER "$MNT/store" add alice || :
        cp --sparse=always "$IMAGE" "$IMAGE.cut"
        mount -o loop "$IMAGE.cut" "$MNT2"
        $COUNTER "$MNT2/store" get alice
        """, IMAGE=image, MNT=mounts / "mnt", MNT2=mounts / "mnt2", COUNTER=COUNTER)
    assert lines[-1] == "ok 2 damaged 0", lines

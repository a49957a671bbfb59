# SPDX-License-Identifier: BSD-2-Clause
"""An error of the system is an error: never "not enrolled", never a lower count, never a word too much."""

import pytest

from store import NOT_ENROLLED, need_strace

ANY = ["EIO", "ENOMEM", "EINTR", "EAGAIN"]
OF_CALL = {
    "openat": ["EMFILE", "ENFILE", "EACCES", "EPERM", "ELOOP", "EISDIR", "ENOTDIR", "EROFS", "ENXIO", "ESTALE", "EOVERFLOW"],
    "pwrite64": ["ENOSPC", "EDQUOT", "EFBIG", "EROFS"],
    "fdatasync": ["ENOSPC", "EDQUOT", "EROFS"],
    "fsync": ["ENOSPC", "EDQUOT", "EROFS"],
    "flock": ["ENOLCK"],
    "renameat2": ["EINVAL", "ENOSPC", "EROFS", "EXDEV"],
    "unlinkat": ["EROFS", "EBUSY"],
}


def failed_at_every_call(store, *args):
    before = store.save()
    calls = store.calls(*args)
    for call in calls:
        for error in ANY + OF_CALL.get(call[0], []):
            store.restore(before)
            said = store.failed_at(call, error, *args)
            assert said.status in (0, 1), f"{call} {error}: {said}"
            yield said, f"{call} {error}"


def test_C02_no_error_of_the_system_makes_anybody_unenrolled(store):
    need_strace()
    assert [store.run("add", "alice").count for _ in range(3)] == [1, 2, 3]
    errors = 0
    for said, where in failed_at_every_call(store, "get", "alice"):
        assert said.error != NOT_ENROLLED, f"{where}: {said}"
        assert said.error is not None or (said.count, said.damaged) == (3, False), f"{where}: {said}"
        assert said.error is None or said.text, f"{where}: no reason given"
        errors += said.error is not None
    assert errors > 50


def test_C02_only_a_missing_name_in_the_folder_of_users_is_not_enrolled(store):
    need_strace()
    assert store.run("add", "alice").count == 1
    unenrolled = []
    for call in store.calls("get", "alice"):
        said = store.failed_at(call, "ENOENT", "get", "alice")
        if said.error == NOT_ENROLLED:
            unenrolled.append(call)
    assert len(unenrolled) == 1 and unenrolled[0][0] == "openat", unenrolled


def test_C02_an_update_that_failed_leaves_the_old_record_or_the_new_one(store):
    need_strace()
    assert [store.run("add", "alice").count for _ in range(3)] == [1, 2, 3]
    errors = 0
    for said, where in failed_at_every_call(store, "add", "alice"):
        now = store.run("get", "alice")
        assert (now.count, now.damaged) in ((3, False), (4, False)), f"{where}: {now}"
        assert said.error != NOT_ENROLLED, f"{where}: {said}"
        if said.count is not None:
            assert (said.count, now.count) == (4, 4), f"{where}: said {said}, but {now}"
        errors += said.error is not None
    assert errors > 50


def test_C02_a_creation_that_failed_leaves_nothing_or_a_whole_record(store):
    need_strace()
    assert store.run("add", "bob").count == 1
    for said, where in failed_at_every_call(store, "add", "alice"):
        now = store.run("get", "alice")
        assert now.error == NOT_ENROLLED or (now.count, now.damaged) == (1, False), f"{where}: {now}"
        assert said.error is not None or now.count == 1, f"{where}: said {said}, but {now}"
        assert store.run("list").status == 0, where
        assert sorted(path.name for path in store.record().parent.iterdir()) in (["bob"], ["alice", "bob"]), where
        assert store.run("add", "alice").count == (now.count or 0) + 1, where


@pytest.mark.parametrize("call", ["fdatasync", "pwrite64", "sync_file_range", "flock"])
def test_what_cannot_be_done_at_all_is_said_with_the_systems_own_words(store, call):
    need_strace()
    assert store.run("add", "alice").count == 1
    said = store.strace(["-e", f"inject={call}:error=EIO"], "add", "alice")
    assert said.error is not None, said
    assert said.text.endswith(": Input/output error") and "/users/alice" in said.text, said


def test_a_write_of_nothing_is_an_error(store):
    need_strace()
    assert store.run("add", "alice").count == 1
    said = store.strace(["-e", "inject=pwrite64:retval=0"], "add", "alice")
    assert said.error is not None and "/users/alice" in said.text, said
    assert store.run("get", "alice").count == 1

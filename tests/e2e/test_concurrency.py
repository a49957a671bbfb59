# SPDX-License-Identifier: BSD-2-Clause
"""Any command while logins run, and several admins at once: nothing is lost."""

import json
import re
import subprocess
import threading

import stage
from conftest import BUILD
from test_command import ready, staged  # noqa: F401

PRELOAD = stage.environment(LD_PRELOAD=str(BUILD / "tests/e2e/preload_users.so"))


def start(staged, *words):
    return subprocess.Popen([str(staged.folder / "otpcode"), *map(str, words), "--config", str(staged.config)], env=PRELOAD, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def all_ended(children):
    """(exit status, standard output, standard error) of each."""
    said = [child.communicate(timeout=120) for child in children]
    return [(child.returncode, *texts) for child, texts in zip(children, said)]


def many(count):
    return "user,email\n" + "".join(f"u{number:06d},u{number}@example.org\n" for number in range(count))


def shown(staged, user):
    return json.loads(staged.done("show", user, "--json", env=PRELOAD))


def event_counts(facts):
    counts = {}
    for event in facts["events"]:
        counts[event["event"]] = counts.get(event["event"], 0) + event["count"]
    return counts


def test_changes_of_several_admins_to_one_user_are_all_kept(ready):
    for number in range(8):
        user = f"u{number:06d}"
        ready.done("enroll", user, "--email", "first@example.org", env=PRELOAD)
        changes = [["contact", "add", user, "--email", f"{name}@example.org"] for name in ("second", "third", "fourth")]
        for status, _, errors in all_ended([start(ready, *words) for words in [*changes, ["lock", user], ["lock", user]]]):
            assert (status, errors) == (0, "")
        facts = shown(ready, user)
        assert sorted(contact["address"] for contact in facts["contacts"]) == [
            "first@example.org", "fourth@example.org", "second@example.org", "third@example.org"]
        assert facts["admin_locked"]
        counted = event_counts(facts)
        assert (counted["contact-added"], counted["admin-lock"]) == (3, 2)


def test_of_two_who_enrol_the_same_user_one_is_told_so(ready):
    for number in range(10):
        user = f"u{number:06d}"
        ended = all_ended([start(ready, "enroll", user, "--email", f"{name}@example.org") for name in ("one", "two", "three")])
        assert sorted(status for status, _, _ in ended) == [0, 1, 1], ended
        assert all("is enrolled already" in errors for status, _, errors in ended if status == 1)
        assert len(shown(ready, user)["contacts"]) == 1


def test_of_two_who_add_the_last_contact_there_is_room_for_one_is_told_so(ready):
    user = "u000000"
    ready.done("enroll", user, *(word for name in "abc" for word in ("--email", f"{name}@example.org")), env=PRELOAD)
    ended = all_ended([start(ready, "contact", "add", user, "--email", f"{name}@example.org") for name in ("one", "two")])
    assert sorted(status for status, _, _ in ended) == [0, 1]
    assert len(shown(ready, user)["contacts"]) == 4


def test_imports_of_the_same_file_at_once_make_each_user_once(ready):
    path = ready.folder / "users.csv"
    path.write_text(many(300))
    ended = all_ended([start(ready, "import", path) for _ in range(3)])
    counts = [list(map(int, re.findall(r"\d+", out))) for _, out, _ in ended]
    assert [(status, errors) for status, _, errors in ended] == [(0, "")] * 3
    assert sum(made for made, _, _, _ in counts) == 300
    assert all(made + same == 300 and changed == refused == 0 for made, changed, same, refused in counts)
    assert sum(made > 0 for made, _, _, _ in counts) > 1, "they did run at once"
    lines = ready.done("export").splitlines()[1:]
    assert [line.split(",")[:2] for line in lines] == [[f"u{number:06d}", f"email:u{number}@example.org"] for number in range(300)]


def test_list_and_export_while_users_come_and_go_show_who_stays_once(ready):
    path = ready.folder / "users.csv"
    path.write_text(many(100))
    ready.done("import", path, env=PRELOAD)
    over = threading.Event()

    def come_and_go():
        while not over.is_set():
            for number in range(900, 910):
                ready.done("enroll", f"u{number:06d}", "--email", "a@example.org", env=PRELOAD)
            for number in range(900, 910):
                ready.done("unenroll", f"u{number:06d}", "--yes", env=PRELOAD)

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(15):
            exported = [line.split(",")[0] for line in ready.done("export").splitlines()[1:]]
            listed = [user["user"] for user in json.loads(ready.done("list", "--json"))["users"]]
            for names in (exported, listed):
                assert names == sorted(set(names))
                assert names[:100] == [f"u{number:06d}" for number in range(100)]
    finally:
        over.set()
        other.join()


class Admins:
    """Who go on doing these things until the end; what failed is kept."""

    def __init__(self, machine, *loops):
        self.failures, self.rounds, self.over = [], [0] * len(loops), threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(machine, number, loop)) for number, loop in enumerate(loops)]

    def _run(self, machine, number, loop):
        while not self.over.is_set():
            for words in loop:
                ended = machine.otpcode(*words, check=False)
                if ended.returncode != 0:
                    self.failures.append((words, ended.stdout, ended.stderr))
            self.rounds[number] += 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        for thread in self.threads:
            thread.join()


LOGINS = 4  # all of whose events a record keeps


def test_logins_succeed_and_are_counted_while_two_admins_work(machine, mailbox):
    machine.start_sshd()
    first = [["contact", "add", "alice", "--email", "more@example.org"], ["list"], ["show", "alice", "--json"], ["show", "alice"],
             ["export"], ["list", "--json"]]
    # A contact that is taken away ends the codes on their way: it is bob's.
    second = [["contact", "add", "bob", "--email", "more@example.org"], ["contact", "remove", "bob", "2"], ["lock", "bob"],
              ["list", "--locked"], ["unlock", "bob"]]
    machine.otpcode(*first[0])
    with Admins(machine, first[1:], second) as admins:
        for number in range(LOGINS):
            login = machine.ssh("alice")
            login.prompt()
            message = mailbox.wait(number + 1)
            login.answer("123456" if message.code != "123456" else "654321")
            login.prompt()
            login.answer(message.code)
            assert login.ended(), login.text
    assert admins.failures == [] and min(admins.rounds) > 1, (admins.failures, admins.rounds)
    facts = json.loads(machine.otpcode("show", "alice", "--json").stdout)
    assert [contact["address"] for contact in facts["contacts"]] == ["alice@example.org", "more@example.org"]
    counted = event_counts(facts)
    assert (counted["verified"], counted["wrong"]) == (LOGINS, LOGINS)
    assert len(json.loads(machine.otpcode("show", "bob", "--json").stdout)["contacts"]) == 1

#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What many users cost: 100,000 imported, imported again, listed and exported, each with its time and the most memory that it held.

The user database has them all at hand (tests/e2e/preload_users.c). An import syncs twice a user, and how long that takes is the
disk's to say: the first 1000 are imported so, the others without. A number for people: no test looks at it.
"""

import argparse
import pathlib
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/e2e"))
import stage  # noqa: E402

SYNCED = 1000


def cost(staged, build, words, synced=True):
    """(seconds, peak KiB) of one command, which must succeed."""
    libraries = [build / "tests/e2e/preload_users.so", build / "tests/e2e/preload_peak.so"]
    if not synced:
        libraries.append(build / "tests/bench/preload_nosync.so")
    peak = staged.folder / "peak"
    env = stage.environment(LD_PRELOAD=":".join(map(str, libraries)), PEAK_FILE=str(peak))
    command = [str(staged.folder / "otpcode"), *map(str, words), "--config", str(staged.config)]
    begun = time.monotonic()
    ended = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)
    if ended.returncode != 0:
        sys.exit(f"{command} ended with {ended.returncode}")
    return time.monotonic() - begun, int(peak.read_text())


def say(what, users, found):
    seconds, peak_kib = found
    print(f"{what:32} {users:7} users: {seconds:7.2f} s, {seconds / users * 1000:6.3f} ms a user, {peak_kib / 1024:5.1f} MiB at most",
          flush=True)


def measure(staged, build, users):
    first, all_of_them = staged.folder / "first.csv", staged.folder / "users.csv"
    lines = ["user,email\n", *(f"u{number:06d},u{number:06d}@example.org\n" for number in range(users))]
    first.write_text("".join(lines[:SYNCED + 1]))
    all_of_them.write_text("".join(lines))
    staged.done("init")
    run = lambda *words, synced=True: cost(staged, build, words, synced)  # noqa: E731
    say("import, each on disk", SYNCED, run("import", first))
    say("list", SYNCED, run("list"))
    say("export FILE", SYNCED, run("export", staged.folder / "first.out"))
    say("import --dry-run", users, run("import", all_of_them, "--dry-run"))
    say("import, the disk left out", users - SYNCED, run("import", all_of_them, synced=False))
    say("import again, all passed over", users, run("import", all_of_them))
    say("list", users, run("list"))
    say("list --json", users, run("list", "--json"))
    say("list --locked", users, run("list", "--locked"))
    say("export FILE", users, run("export", staged.folder / "all.csv"))
    say("export FILE --json-lines", users, run("export", staged.folder / "all.jsonl", "--json-lines"))
    exported = sum(1 for _ in open(staged.folder / "all.csv", encoding="utf-8")) - 1
    if exported != users:
        sys.exit(f"{exported} of {users} users were exported")


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, required=True)
    options.add_argument("--users", type=int, default=100000)
    options = options.parse_args()
    if stage.missing():
        sys.exit(f"bench: {stage.missing()}")
    with stage.Stage(options.build) as staged:
        measure(staged, options.build.resolve(), max(options.users, SYNCED + 1))


if __name__ == "__main__":
    main()

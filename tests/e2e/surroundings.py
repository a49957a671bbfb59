# SPDX-License-Identifier: BSD-2-Clause
"""Whether the machine is as it was: /etc byte for byte, the names in /var, who may do what in /, and no process left behind."""

import contextlib
import ctypes
import hashlib
import os
import pathlib
import stat

PR_SET_CHILD_SUBREAPER, PR_GET_CHILD_SUBREAPER = 36, 37
# Other programs of the machine write there at any time.
BUSY = ("/var/log/", "/var/cache/", "/var/tmp/", "/var/lib/apt/", "/var/lib/dpkg/", "/var/lib/systemd/", "/var/lib/otpcode-")


def fact_of(path):
    found = os.lstat(path)
    fact = [stat.filemode(found.st_mode), found.st_uid, found.st_gid]
    if path.startswith("/etc/"):
        if stat.S_ISLNK(found.st_mode):
            fact.append(os.readlink(path))
        elif stat.S_ISREG(found.st_mode):
            fact.append(hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest())
    return tuple(fact)


def look():
    facts = {path: fact_of(path) for path in ("/", *(entry.path for entry in os.scandir("/")))}
    for top in ("/etc", "/var"):
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                path = os.path.join(folder, name)
                if not path.startswith(BUSY):
                    with contextlib.suppress(FileNotFoundError, PermissionError):
                        facts[path] = fact_of(path)
    return facts


def differences(before, after):
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def descendants(pid):
    found = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for thread in pathlib.Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def command_of(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    return ""


def reap_ended(but=()):
    """What init does for orphans; but: our own children, whose end somebody waits for."""
    for pid in descendants(os.getpid()):
        with contextlib.suppress(ChildProcessError, FileNotFoundError, ProcessLookupError):
            if pid not in but and pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                os.waitpid(pid, os.WNOHANG)


@contextlib.contextmanager
def adopting():
    """Orphans of what is started meanwhile become ours, as far as nobody between us and them takes them: gives a function that
    tells which are alive."""
    libc = ctypes.CDLL(None, use_errno=True)
    was = ctypes.c_int()
    libc.prctl(PR_GET_CHILD_SUBREAPER, ctypes.byref(was), 0, 0, 0)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(descendants(os.getpid()))

    def leftovers():
        reap_ended()
        return sorted(set(descendants(os.getpid())) - before)

    try:
        yield leftovers
    finally:
        libc.prctl(PR_SET_CHILD_SUBREAPER, was.value, 0, 0, 0)

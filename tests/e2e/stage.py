# SPDX-License-Identifier: BSD-2-Clause
"""The built command and hook in a root-owned folder of their own, with a configuration, a host key and a store beside them.

    with stage.Stage(build) as staged:
        staged.configure(relay=server.port)
        staged.otpcode("init")                  exit status, standard output and standard error, as of subprocess.run
        staged.change_record("nobody", lambda text: text.replace("locked=no", "locked=yes"))

What login programs would need is not here: see host.py for that.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import tempfile

HOOK_USER = "nobody"  # a user that every system has
SLOT = 8192


class Stage:
    def __init__(self, build):
        self.build = pathlib.Path(build)

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="otpcode-test.", dir="/var/lib"))
        self.folder.chmod(0o755)
        self.config, self.state, self.key = self.folder / "otpcode.conf", self.folder / "state", self.folder / "etc/host.key"
        for name in ("otpcode", "otpcode-deliver"):
            shutil.copyfile(self.build / name, self.folder / name)
            (self.folder / name).chmod(0o755)
        self.configure()
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder)

    def configure(self, relay=9, **changes):
        """Writes otpcode.conf; changes are section__key=value."""
        sections = {
            "delivery": {"hook": self.folder / "otpcode-deliver", "hook_user": HOOK_USER, "host_name": "login.example.org"},
            "email": {"providers": "relay", "from": "login@example.org"},
            "provider relay": {"url": f"smtp://127.0.0.1:{relay}"},
            "store": {"path": self.state, "key": self.key},
        }
        for name, value in changes.items():
            section, key = name.rsplit("__", 1)
            sections.setdefault(section.replace("__", " "), {})[key] = value
        text = ""
        for section, keys in sections.items():
            text += f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
        self.config.write_text(text)

    def otpcode(self, *arguments, **more):
        return run(self.folder / "otpcode", *arguments, "--config", self.config, **more)

    def done(self, *arguments, **more):
        """What a command says that must succeed."""
        ended = self.otpcode(*arguments, **more)
        assert (ended.returncode, ended.stderr) == (0, ""), f"{arguments}: {ended}"
        return ended.stdout

    def refused(self, *arguments, status=1, **more):
        """What a command complains of that must fail."""
        ended = self.otpcode(*arguments, **more)
        assert (ended.returncode, ended.stdout) == (status, ""), f"{arguments}: {ended}"
        return ended.stderr

    def state_path(self, user):
        return self.state / "users" / user

    def change_record(self, user, change):
        """Writes change(text of the newer slot) into the other slot, as the store would."""
        path = self.state_path(user)
        slots = sorted(read_slots(path.read_bytes()))
        rev, at, text = slots[-1]
        body = change(text).encode()
        header = f"otpcode 1 rev={rev + 1} len={len(body)}"
        digest = hashlib.sha256(f"{header}\n".encode() + body).hexdigest()
        with open(path, "r+b") as out:
            out.seek(SLOT - at)
            out.write((f"{header} sha256={digest}\n".encode() + body).ljust(SLOT, b"\0"))


def read_slots(data):
    """(rev, where it starts, text) of each slot that has a header."""
    found = []
    for at in (0, SLOT):
        header, _, rest = data[at:at + SLOT].partition(b"\n")
        words = dict(word.partition("=")[::2] for word in header.decode("ascii", "replace").split(" ") if "=" in word)
        if header.startswith(b"otpcode 1 "):
            found.append((int(words["rev"]), at, rest[:int(words["len"])].decode()))
    return found


def environment(**more):
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC", **more}


def run(command, *arguments, env=None, **more):
    more.setdefault("stdin", subprocess.DEVNULL)
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([str(command), *map(str, arguments)], env=env or environment(), cwd=more.pop("cwd", "/"), text=True,
                          timeout=120, check=False, **more)


def missing():
    """Why nothing can be staged here, or None."""
    return "needs root" if os.geteuid() != 0 else None

# SPDX-License-Identifier: BSD-2-Clause
"""A machine of the test's own, in which real sshd, su, sudo and login run with the built module.

    with host.Host(build) as machine:
        machine.add_user("alice")
        machine.configure(exim)                 /etc/otpcode/otpcode.conf of that machine, mailing through exim
        machine.otpcode("init"); machine.otpcode("enroll", "alice", "--email", "alice@example.org")
        machine.start_sshd()
        login = machine.ssh("alice")            see session.py

Its /etc is a copy, its /var, /run, /tmp and /dev are new ones, the rest of the file system is read-only, and it ends with every process in it when the with statement ends or
the test dies. Everything of it stands below one root-owned folder, which is taken away then. It shares the network, so only
loopback ports are used, and none that is fixed.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

from session import Session

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
STAGES = pathlib.Path(os.environ.get("OTPCODE_TEST_STAGES", "/var/lib"))
HOOK_USER = "nobody"  # a user that every system has
FIRST_UID = 64201
PR_SET_CHILD_SUBREAPER = 36


def poll(condition, timeout, what):
    """Until condition() is true; gives what it gave."""
    end = time.monotonic() + timeout
    while not (found := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(0.02)
    return found


def missing():
    """Why no such machine can be made here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    for program in ("/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/unshare", "/usr/bin/nsenter"):
        if not os.path.exists(program):
            return f"{program} is not installed: packaging/deps demo installs it"
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"], capture_output=True, text=True)
    return f"no private namespaces here: {tried.stderr.strip()}" if tried.returncode else None


def exim_missing():
    """Why there is no real mail server here, or None."""
    there = shutil.which("exim4", path="/usr/sbin:/usr/bin") or shutil.which("exim", path="/usr/sbin:/usr/bin")
    return None if there else "Exim is not installed (another mail server may be in its place): make deps"


class LogReader:
    """What a syslog daemon would get: the reader of a unix datagram socket."""

    MARK = b"\0mark"

    def __init__(self, path):
        self._path = str(path)
        self._marks, self._lock = [], threading.Lock()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)
        os.chmod(path, 0o666)
        self._lines = []
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while data := self._socket.recv(65536):
            if data == self.MARK:
                self._marks.pop(0).set()
                continue
            text = data.rstrip(b"\0\n").decode("utf-8", "replace")
            # "<PRIORITY>Mmm dd hh:mm:ss name[pid]: text", as glibc writes it.
            self._lines.append(re.sub(r"^<\d+>(\w{3} [ \d]\d [\d:]{8} )?", "", text))

    def lines(self):
        """All that was logged before this was asked: the socket keeps the order, and a mark of our own comes last."""
        if self._thread.is_alive():
            mark = threading.Event()
            with self._lock:
                self._marks.append(mark)
                self._socket.sendto(self.MARK, self._path)
            assert mark.wait(30), "the reader of the log stands still"
        return list(self._lines)

    def close(self):
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()


class Host:
    def __init__(self, build):
        self.build = pathlib.Path(build)
        self.users = []
        self.port = None
        self.options = []
        self._namespace = None
        self._sections = {}

    # Making and ending it.

    def __enter__(self):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.stage = pathlib.Path(tempfile.mkdtemp(prefix="otpcode-test.", dir=STAGES))
        try:
            self.stage.chmod(0o755)
            self._stage_folders()
            self._stage_product()
            self.log = LogReader(self.stage / "log")
            self._start_namespace()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self._namespace:
            self._namespace.stdin.close()
            poll(self._is_gone, 30, "the end of the private namespace")
        elif self.stage.exists():
            shutil.rmtree(self.stage)
        if hasattr(self, "log"):
            self.log.close()

    def _is_gone(self):
        """Its kernel half waits for each process in it to be reaped, and those whose nsenter was killed are ours to reap."""
        for pid in children_of(os.getpid()):
            if is_ended_orphan(pid):
                os.waitpid(pid, os.WNOHANG)
        return self._namespace.poll() is not None

    def _stage_folders(self):
        self.view = self.stage / "view"
        self.etc = self.view / "etc"
        for name in ("bin", "keys", "home", "view/dev", "view/run/sshd", "view/var/lib", "view/var/log", "view/var/spool",
                     "view/var/tmp", "view/var/mail", "view/run/lock", "view/tmp"):
            (self.stage / name).mkdir(parents=True, mode=0o755)
        for name in ("var/tmp", "tmp"):
            (self.view / name).chmod(0o1777)
        for name in ("wtmp", "btmp", "lastlog"):
            (self.view / "var/log" / name).touch(0o600)
        (self.view / "run/utmp").touch(0o644)
        (self.view / "var/run").symlink_to("/run")
        (self.view / "var/lock").symlink_to("/run/lock")
        (self.view / str(self.stage)[1:]).mkdir(parents=True)
        subprocess.run(["cp", "-a", "/etc", str(self.etc)], check=True)
        (self.etc / "nsswitch.conf").write_text("passwd: files\ngroup: files\nshadow: files\nhosts: files\n")
        (self.etc / "nologin").unlink(missing_ok=True)

    def _stage_product(self):
        self.pam_folder = pathlib.Path(os.path.realpath(pam_folder()))
        shutil.copytree(self.pam_folder, self.view / "security", symlinks=True)
        self.module = self.pam_folder / "pam_otpcode.so"
        self.hook = self.stage / "bin/otpcode-deliver"
        self.command = self.stage / "bin/otpcode"
        for source, target, mode in (("pam_otpcode.so", self.view / "security/pam_otpcode.so", 0o644),
                                     ("otpcode-deliver", self.hook, 0o755), ("otpcode", self.command, 0o755)):
            target.unlink(missing_ok=True)
            shutil.copyfile(self.build / source, target)
            target.chmod(mode)
        shutil.rmtree(self.etc / "otpcode", ignore_errors=True)
        (self.etc / "otpcode").mkdir(mode=0o755)
        self.use_stack("sshd, key and code")

    def _start_namespace(self):
        self._namespace = subprocess.Popen([str(HERE / "namespace"), str(self.stage), str(self.pam_folder)], cwd="/",
                                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert self._namespace.stdout.readline() == b"ready\n", "the private namespace could not be made"
        unshare = only_child_of(self._namespace.pid)
        self.init_pid = only_child_of(unshare)

    # Doing things in it.

    def inside(self, command, user=None):
        """command as it has to be started from here."""
        ids = [f"--setuid={self.uid(user)}", f"--setgid={self.uid(user)}"] if user else []
        return ["nsenter", f"--target={self.init_pid}", "--root", "--mount", "--pid", *ids, "--", *map(str, command)]

    def popen(self, command, **more):
        return subprocess.Popen(self.inside(command), cwd="/", env=plain_environment(), **more)

    def run(self, command, check=True, text=True, user=None, **more):
        done = subprocess.run(self.inside(command, user), cwd="/", env=plain_environment(), text=text, timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
        assert not check or done.returncode == 0, f"{command} exited with {done.returncode}:\n{done.stdout}{done.stderr}"
        return done

    def otpcode(self, *arguments, check=True, **more):
        return self.run([self.command, *arguments], check=check, **more)

    def spawn(self, command, user=None):
        """command on a terminal of its own, as root or as one of this machine's users."""
        return Session(self.inside(command, user), env=plain_environment())

    # What it is made of.

    def add_user(self, name, password=None, key=True):
        """A user of this machine alone, with a folder of their own and, unless key is False, an SSH key that opens sshd's door."""
        self.users.append(name)
        uid = self.uid(name)
        home = self.stage / "home" / name
        home.mkdir(mode=0o755)
        os.chown(home, uid, uid)
        sealed = "*"
        if password:
            sealed = subprocess.run(["openssl", "passwd", "-6", "-stdin"], input=password, check=True, capture_output=True,
                                    text=True).stdout.strip()
        self._add_line("passwd", name, f"{name}:x:{uid}:{uid}:{name}:{home}:/bin/sh")
        self._add_line("group", name, f"{name}:x:{uid}:")
        self._add_line("shadow", name, f"{name}:{sealed}:19000:0:99999:7:::")
        if key:
            self.authorize(name, client_key(name))
        return home

    def uid(self, name):
        return FIRST_UID + self.users.index(name)

    def _add_line(self, database, name, line):
        path = self.etc / database
        kept = [old for old in path.read_text().splitlines() if not old.startswith(name + ":")]
        path.write_text("\n".join([*kept, line]) + "\n")

    def authorize(self, name, key):
        with open(self.stage / "keys" / name, "a", encoding="ascii") as out:
            out.write(pathlib.Path(f"{key}.pub").read_text())

    def pam(self, service, auth):
        """The PAM file of a service: these auth (or password) lines, and nothing that could refuse in the other phases."""
        lines = [*auth, "account required pam_permit.so", "session required pam_permit.so"]
        if not any(line.startswith("password") for line in auth):
            lines.append("password required pam_deny.so")
        (self.etc / "pam.d" / service).write_text("\n".join(lines) + "\n")

    def use_stack(self, title, change=lambda lines: lines):
        """Puts a stack of pam.d-example, as shipped, into the file that its heading names."""
        service, lines = {**shipped_stacks("password"), **shipped_stacks()}[title]
        self.pam(service, change(lines))

    def configure(self, exim=None, **changes):
        """Writes otpcode.conf; changes are section__key=value, None takes a key out. A later call changes what an earlier one said."""
        if not self._sections:
            self._sections = {
                "delivery": {"hook": self.hook, "hook_user": HOOK_USER, "host_name": "login.example.org", "wait": "10s"},
                "email": {"providers": "relay", "from": "login@example.org"},
                "prompt": {"support": "helpdesk@example.org"},
                "store": {"path": "/var/lib/otpcode", "key": "/etc/otpcode/host.key"},
            }
        if exim:
            self._sections["provider relay"] = self.relay(exim)
        for name, value in changes.items():
            section, key = name.rsplit("__", 1)
            self._sections.setdefault(section.replace("__", " "), {})[key] = value
        self._write_configuration()

    def replace_relays(self, relays):
        """In place of the providers so far: {name: keys of its section}."""
        kept = {section: keys for section, keys in self._sections.items() if not section.startswith("provider ")}
        self._sections = {**kept, **{f"provider {name}": keys for name, keys in relays.items()}}
        self._write_configuration()

    def _write_configuration(self):
        text = ""
        for section, keys in self._sections.items():
            text += f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
        (self.etc / "otpcode/otpcode.conf").write_text(text)

    def relay(self, exim, name="relay"):
        """The keys of a provider that mails through exim, with STARTTLS and a password."""
        ca_file, password = self.etc / f"otpcode/{name}.pem", self.etc / f"otpcode/{name}.password"
        shutil.copyfile(exim.ca_file, ca_file)
        self.write_password(password, exim.password)
        return {"url": f"smtp://localhost:{exim.port}", "tls": "required", "ca_file": f"/etc/otpcode/{name}.pem",
                "username": exim.username, "password_file": f"/etc/otpcode/{name}.password"}

    @staticmethod
    def write_password(path, password):
        path.write_text(password + "\n")
        path.chmod(0o640)
        os.chown(path, 0, pwd.getpwnam(HOOK_USER).pw_gid)

    # sshd and its clients.

    def start_sshd(self, program="/usr/sbin/sshd", **options):
        """A real sshd on a free loopback port. options are of sshd_config(5); a value of None takes a line out. The PAM service has
        the name of the program."""
        settings = {
            "ListenAddress": "127.0.0.1", "HostKey": self.stage / "host_ed25519", "PidFile": "none", "UsePAM": "yes",
            "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "yes",
            "AuthenticationMethods": "publickey,keyboard-interactive:pam", "AuthorizedKeysFile": self.stage / "keys/%u",
            "StrictModes": "yes", "UseDNS": "no", "PrintMotd": "no", "PrintLastLog": "no", "LogLevel": "VERBOSE",
            "LoginGraceTime": "60", "MaxStartups": "200", "X11Forwarding": "no", **options}
        shutil.copyfile(client_key("host"), self.stage / "host_ed25519")
        (self.stage / "host_ed25519").chmod(0o600)
        for _ in range(10):
            self.port = free_port()
            known = pathlib.Path(f"{client_key('host')}.pub").read_text()
            (self.stage / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {known}")
            lines = [f"{key} {value}" for key, value in settings.items() if value is not None]
            (self.stage / "sshd_config").write_text("\n".join([f"Port {self.port}", *lines]) + "\n")
            before = len(self.log.lines())
            self.sshd = self.popen([program, "-D", "-f", self.stage / "sshd_config"], stdin=subprocess.DEVNULL)
            if poll(lambda: self._sshd_listens(before), 20, lambda: f"sshd did not listen: {self.log.lines()}") == "listens":
                return
        raise AssertionError("no free port for sshd")

    def stop_sshd(self):
        """With every login under way."""
        for pid in [*self.children_of_sshd(), only_child_of(self.sshd.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.sshd.wait(20)

    def _sshd_listens(self, before):
        if any("Server listening on" in line for line in self.log.lines()[before:]):
            return "listens"
        return "ended" if self.sshd.poll() is not None else None

    def ssh_command(self, user, key=None, source=None, options=(), command="echo in as $(id -un)"):
        given = {"UserKnownHostsFile": self.stage / "known_hosts", "GlobalKnownHostsFile": "/dev/null",
                 "StrictHostKeyChecking": "yes", "IdentitiesOnly": "yes", "IdentityAgent": "none",
                 # Where sshd allows no further method, this client would go on to ask for a password that nobody wants.
                 "PasswordAuthentication": "no",
                 "NumberOfPasswordPrompts": 3, "ConnectTimeout": 20}
        words = ["ssh", "-F", "none", "-p", self.port, *options]
        for name, value in given.items():
            words += ["-o", f"{name}={value}"]
        words += ["-i", key or client_key(user)] if key is not False else ["-o", "PubkeyAuthentication=no"]
        words += ["-b", source] if source else []
        return [str(w) for w in [*words, f"{user}@127.0.0.1", *([command] if command else [])]]

    def ssh(self, user, **more):
        """A login by a real client on a terminal; source is an address of 127.0.0.0/8 to come from."""
        return Session(self.ssh_command(user, **more), env=plain_environment())

    # Looking at what happened.

    def events(self, event=None, source="pam_otpcode"):
        """The log lines of the module (or of otpcode-deliver), of one event."""
        return [line for line in self.log.lines() if source in line and (event is None or f"event={event} " in line + " ")]

    def wait_for_event(self, event, source="pam_otpcode", count=1, timeout=10):
        return poll(lambda: len(found := self.events(event, source)) >= count and found, timeout,
                    lambda: f"{count} times event={event} of {source} in\n" + "\n".join(self.log.lines()))[count - 1]

    def state_path(self, user):
        return self.view / "var/lib/otpcode/users" / user

    def record(self, user):
        """The text of the newer slot."""
        return max(slots(self.state_path(user).read_bytes()))[1]

    # The clock.

    def own_clock(self):
        """From now on what is started in this machine reads a clock that move_clock moves."""
        library = self.stage / "bin/preload_clock.so"
        shutil.copyfile(self.build / "tests/e2e/preload_clock.so", library)
        self._clock = self.view / "run/test-clock"
        self.move_clock(0)
        (self.etc / "ld.so.preload").write_text(f"{library}\n")

    def move_clock(self, seconds):
        """The machine's clock is this much ahead of ours; also for what is running."""
        with open(self._clock, "r+b" if self._clock.exists() else "wb") as out:
            out.write(struct.pack("=q", seconds))

    def children_of_sshd(self):
        """The pids, out here, of every process below the listening sshd."""
        listener = only_child_of(self.sshd.pid)
        return descendants_of(listener)


def shipped_stacks(kind="auth"):
    """{title: (service, lines of that kind)} of pam.d-example and docs/skipping.md."""
    stacks, lines = {}, []
    for line in [*(TOP / "pam.d-example").read_text().splitlines(), *(TOP / "docs/skipping.md").read_text().splitlines()]:
        heading = re.match(r"### (.*): /etc/pam\.d/(\S+)$", line)
        if heading:
            lines = []
            stacks[heading.group(1)] = (heading.group(2), lines)
        elif line.startswith(kind):
            lines.append(line)
    return {title: stack for title, stack in stacks.items() if stack[1]}


def plain_environment():
    return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "TERM": "dumb", "TZ": "UTC",
            "HOME": "/nonexistent"}


def pam_folder():
    asked = subprocess.run(["make", "-s", "--no-print-directory", "-C", str(TOP), "print-pamdir"], check=True, capture_output=True,
                           text=True)
    return asked.stdout.strip()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def slots(data):
    """(rev, text) of each of the two slots that has a header."""
    found = []
    for start in (0, 8192):
        header, _, rest = data[start:start + 8192].partition(b"\n")
        seen = re.match(rb"otpcode 1 rev=(\d+) len=(\d+) sha256=[0-9a-f]{64}$", header)
        if seen:
            found.append((int(seen.group(1)), rest[:int(seen.group(2))].decode()))
    return found


def children_of(pid):
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for thread in pathlib.Path(f"/proc/{pid}/task").iterdir()
                for child in (thread / "children").read_text().split()]
    return []


def is_ended_orphan(pid):
    """Of a process namespace below ours, so never a child that we started ourselves."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        return "\nState:\tZ" in status and len(re.search(r"\nNSpid:(.*)", status).group(1).split()) > 1
    return False


def descendants_of(pid):
    found = children_of(pid)
    for child in list(found):
        found += descendants_of(child)
    return found


def only_child_of(pid):
    return poll(lambda: children_of(pid), 10, f"a child of {pid}")[0]


_keys = None


def client_key(name):
    """The private key of that name, made once a run."""
    global _keys
    if _keys is None:
        _keys = tempfile.TemporaryDirectory(prefix="otpcode-keys.")
    path = pathlib.Path(_keys.name) / name
    if not path.exists():
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)], check=True)
    return path

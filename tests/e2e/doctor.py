#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Plants each fault that otpcode doctor is there to find, one at a time, on a machine of its own whose /etc and /var are copies.

    tests/e2e/doctor.py BUILD       prints what was planted and what doctor said to it; "found n of n" at the end

FAULTS is the list: a name, the check that must name it and no other, a part of what it says, and how it is planted.
"""

import contextlib
import hashlib
import json
import os
import pathlib
import pwd
import re
import shutil
import socket
import sys
import tempfile

import gateways
import host
import mail

CONF = "etc/otpcode/otpcode.conf"
STATE = "var/lib/otpcode"
NFS, OVERLAY, BTRFS, ZFS = "0x6969", "0x794c7630", "0x9123683e", "0x2fc12fc1"

SSHD = """Include /etc/ssh/sshd_config.d/*.conf
Port 22
HostKey {stage}/host_ed25519
AuthorizedKeysFile {stage}/keys/%u
PrintMotd no
"""


class Patient:
    """A sound machine, and ways to make it unsound that take themselves back."""

    def __init__(self, build):
        self.machine = host.Host(build)
        self.cleanup = contextlib.ExitStack()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="otpcode-doctor."))
        self.cleanup.callback(shutil.rmtree, self.folder)
        self.authority = mail.Authority(self.folder)

    def __enter__(self):
        machine = self.cleanup.enter_context(self.machine)
        self.relay = self.cleanup.enter_context(self.server())
        machine.configure(delivery__wait="3s")
        self.set_up_relay()
        shutil.copyfile(machine.build / "tests/e2e/preload_facts.so", machine.stage / "bin/preload_facts.so")
        self.set_up_sshd()
        self.keep_only_system_users()
        machine.otpcode("init")
        machine.add_user("alice")
        machine.otpcode("enroll", "alice", "--email", "alice@example.org")
        return self

    def __exit__(self, *_):
        self.cleanup.close()

    def server(self, days=400, name="localhost", **more):
        return mail.ScriptedServer(tls=self.authority.issue(name, days), offer=["AUTH PLAIN LOGIN"], **more)

    def set_up_relay(self):
        etc = self.machine.etc / "otpcode"
        shutil.copyfile(self.authority.ca_file, etc / "relay.pem")
        self.machine.write_password(etc / "relay.password", "secret")
        self.machine.configure(**{f"provider__relay__{key}": value for key, value in {
            "url": f"smtp://localhost:{self.relay.port}", "tls": "required", "ca_file": "/etc/otpcode/relay.pem", "username": "otp",
            "password_file": "/etc/otpcode/relay.password"}.items()})

    def set_up_sshd(self):
        ssh = self.machine.etc / "ssh"
        shutil.copyfile(host.client_key("host"), self.machine.stage / "host_ed25519")
        (self.machine.stage / "host_ed25519").chmod(0o600)
        shutil.rmtree(ssh / "sshd_config.d", ignore_errors=True)
        (ssh / "sshd_config.d").mkdir()
        (ssh / "sshd_config").write_text(SSHD.format(stage=self.machine.stage))
        shutil.copyfile(host.TOP / "conf/sshd_config.d/otpcode.conf", ssh / "sshd_config.d/00-otpcode.conf")

    def keep_only_system_users(self):
        path = self.machine.etc / "passwd"
        path.write_text("".join(line for line in path.read_text().splitlines(True)
                                if int(line.split(":")[2]) < 1000 or line.startswith("nobody:")))

    # Ways to plant. Each is undone when the with statement ends.

    @contextlib.contextmanager
    def planted(self, plant):
        with contextlib.ExitStack() as undo:
            self.undo = undo
            self.facts = {}
            self.arguments = []
            plant(self)
            yield

    def path(self, name):
        return self.machine.view / name

    def keep(self, name):
        """Puts the file (or that there is none) back afterwards, with its owner and mode."""
        path = self.path(name)
        if not path.exists() and not path.is_symlink():
            self.undo.callback(lambda: path.unlink(missing_ok=True) if not path.is_dir() else shutil.rmtree(path))
            return path
        facts, data = path.lstat(), path.read_bytes()

        def put_back():
            if path.is_symlink() or not path.is_file():
                path.unlink(missing_ok=True)
            path.write_bytes(data)
            os.chown(path, facts.st_uid, facts.st_gid)
            path.chmod(facts.st_mode & 0o7777)
        self.undo.callback(put_back)
        return path

    def write(self, name, text):
        self.keep(name).write_text(text)

    def edit(self, name, old, new):
        text = self.path(name).read_text()
        assert text.count(old) >= 1, (name, old, text)
        self.write(name, text.replace(old, new))

    def remove(self, name):
        self.keep(name).unlink()

    def mode(self, name, mode, owner=0):
        path = self.path(name)
        facts = path.stat()
        self.undo.callback(os.chown, path, facts.st_uid, facts.st_gid)
        self.undo.callback(path.chmod, facts.st_mode & 0o7777)
        path.chmod(mode)
        os.chown(path, owner, owner)

    def move(self, name, to):
        self.path(name).rename(self.path(to))
        self.undo.callback(self.path(to).rename, self.path(name))

    def configure(self, **changes):
        """Keys of otpcode.conf, as host.configure names them; None takes one out."""
        text = self.path(CONF).read_text()
        for name, value in changes.items():
            section, key = name.rsplit("__", 1)
            section = section.replace("__", " ")
            text = re.sub(rf"(?m)(^\[{section}\]\n(?:[^\[].*\n)*?){re.escape(key)} = .*\n", r"\1", text)
            if f"[{section}]\n" not in text:
                text += f"[{section}]\n"
            if value is not None:
                text = text.replace(f"[{section}]\n", f"[{section}]\n{key} = {value}\n")
        self.write(CONF, text)

    def serve(self, server):
        """Another relay in place of the sound one."""
        self.undo.enter_context(server)
        self.configure(provider__relay__url=f"smtp://localhost:{server.port}")

    def gateway(self, days=400, name="localhost"):
        """One more way to send, by a gateway with TLS. Gives the server."""
        server = self.undo.enter_context(gateways.Gateway(gateways.Twilio("AC1", "secret"), tls=self.authority.issue(name, days)))
        self.configure(sms__providers="gate", sms__allow_prefixes="+1",
                       provider__gate__url=f"https://localhost:{server.port}/2010-04-01/Accounts/AC1/Messages.json",
                       provider__gate__ca_file="/etc/otpcode/relay.pem", provider__gate__form="To={to}&From=+1555&Body={text}",
                       provider__gate__username="AC1", provider__gate__password_file="/etc/otpcode/relay.password")
        return server

    def sshd(self, lines, name="00-otpcode.conf", keep=True):
        path = f"etc/ssh/sshd_config.d/{name}"
        self.write(path, (self.path(path).read_text() if keep and self.path(path).exists() else "") + lines)

    def sshd_says(self, **settings):
        text = self.path("etc/ssh/sshd_config.d/00-otpcode.conf").read_text()
        for key, value in settings.items():
            text = re.sub(rf"(?m)^{key} .*\n", "", text)
            text = (f"{key} {value}\n" if value else "") + text
        self.write("etc/ssh/sshd_config.d/00-otpcode.conf", text)

    def stack(self, *lines):
        self.write("etc/pam.d/sshd", "".join(f"auth {line}\n" for line in lines))

    def inside(self, *command):
        self.machine.run(list(command))

    def mount(self, kind, at, *options, source="none"):
        self.inside("mount", "-t", kind, *options, source, at)
        self.undo.callback(self.inside, "umount", at)

    def enrolled(self, user, change=lambda text: text):
        """One more user, whose record is as change says."""
        self.machine.add_user(user)
        self.machine.otpcode("enroll", user, "--email", f"{user}@example.org")
        write_record(self.machine.state_path(user), change)
        self.undo.callback(self.gone, user)

    def gone(self, user):
        self.machine.otpcode("unenroll", user, "--yes")
        self.leaves(user)

    def leaves(self, user):
        for name in ("passwd", "shadow", "group"):
            path = self.machine.etc / name
            path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith(user + ":")))
        self.machine.users.remove(user)
        shutil.rmtree(self.machine.stage / "home" / user)

    # Asking.

    def doctor(self, *arguments):
        facts = {"FACT_FS_AT": "/var/lib/otpcode", **self.facts}
        command = ["env", f"LD_PRELOAD={self.machine.stage}/bin/preload_facts.so", *[f"{k}={v}" for k, v in facts.items()],
                   self.machine.command, "doctor", *self.arguments, *arguments]
        return self.machine.run(command, check=False)

    def findings(self):
        """(exit status, [(check, grade, text, mend)]) without what could not be looked at."""
        done = self.doctor("--json")
        assert done.stderr == "", done.stderr
        checks = json.loads(done.stdout)["checks"]
        return done.returncode, [(check["check"], found["grade"], found["text"], found["mend"])
                                 for check in checks for found in check["findings"] if found["grade"] != "unknown"]


def write_record(path, change):
    data = path.read_bytes()
    rev, text = max(host.slots(data))
    at = 0 if data.startswith(f"otpcode 1 rev={rev} ".encode()) else 8192
    body = change(text).encode()
    header = f"otpcode 1 rev={rev + 1} len={len(body)}"
    digest = hashlib.sha256(f"{header}\n".encode() + body).hexdigest()
    with open(path, "r+b") as out:
        out.seek(8192 - at)
        out.write((f"{header} sha256={digest}\n".encode() + body).ljust(8192, b"\0"))


OURS = "[success=ok ignore=ignore default=die] pam_otpcode.so"
FAULTS = []


def fault(name, check, words):
    """Registers the function below as what plants the fault."""
    def register(plant):
        FAULTS.append((name, check, words, plant))
        return plant
    return register


# The module.

@fault("module missing", "module.file", "there is no")
def _(p):
    p.remove("security/pam_otpcode.so")


@fault("module in the wrong folder", "module.file", "stands in the wrong folder")
def _(p):
    p.mount("tmpfs", "/usr/local/lib")
    p.inside("mkdir", "/usr/local/lib/security")
    p.inside("cp", str(p.machine.module), "/usr/local/lib/security/")
    p.remove("security/pam_otpcode.so")


@fault("module of another architecture", "module.architecture", "was built for another architecture")
def _(p):
    path = p.keep("security/pam_otpcode.so")
    data = bytearray(path.read_bytes())
    data[18] ^= 0x89  # e_machine of elf(5): x86-64 becomes AArch64, and the other way round
    path.write_bytes(data)


@fault("module that others may write", "module.file", "can be written by others")
def _(p):
    p.mode("security/pam_otpcode.so", 0o666)


# sshd.

@fault("UsePAM no", "sshd.usepam", "UsePAM is no (/etc/ssh/sshd_config.d/00-otpcode.conf:1)")
def _(p):
    p.sshd_says(UsePAM="no")


@fault("KbdInteractiveAuthentication no", "sshd.kbdinteractive", "00-otpcode.conf:1)")
def _(p):
    p.sshd_says(KbdInteractiveAuthentication="no")


@fault("KbdInteractiveAuthentication no by a drop-in that sorts first", "sshd.kbdinteractive", "00-a-site.conf:1)")
def _(p):
    p.sshd("KbdInteractiveAuthentication no\n", "00-a-site.conf")


@fault("AuthenticationMethods never reaches PAM", "sshd.methods", "a key alone opens the login")
def _(p):
    p.sshd_says(AuthenticationMethods="publickey")


@fault("AuthenticationMethods has a second way without a code", "sshd.methods", "a key alone opens the login")
def _(p):
    p.sshd_says(AuthenticationMethods="publickey,keyboard-interactive:pam publickey")


@fault("AuthenticationMethods not set", "sshd.methods", "a key alone opens the login")
def _(p):
    p.sshd_says(AuthenticationMethods=None)


@fault("AuthenticationMethods password,keyboard-interactive", "sshd.methods", "would run the PAM stack twice")
def _(p):
    p.sshd_says(AuthenticationMethods="password,keyboard-interactive", PasswordAuthentication="yes")


@fault("the same in a Match block alone", "sshd.methods", "Match User bob")
def _(p):
    p.sshd("Match User bob\n\tPasswordAuthentication yes\n\tAuthenticationMethods password,keyboard-interactive:pam\n")


@fault("PasswordAuthentication answers blindly", "sshd.password", "answers our prompt with the password")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam password", PasswordAuthentication="yes")


@fault("PasswordAuthentication in a Match block", "sshd.password", "Match Address 10.0.0.0/8")
def _(p):
    p.sshd("Match Address 10.0.0.0/8\n\tPasswordAuthentication yes\n\tAuthenticationMethods password\n")


@fault("PermitRootLogin prohibit-password and root enrolled", "sshd.root", "puts junk in the place")
def _(p):
    p.machine.otpcode("enroll", "root", "--email", "root@example.org")
    p.undo.callback(p.machine.otpcode, "unenroll", "root", "--yes")


@fault("hostbased beside devices", "sshd.hostbased", "HostbasedAuthentication is yes")
def _(p):
    p.sshd_says(HostbasedAuthentication="yes")
    p.configure(devices__remember_for="7d")


@fault("LoginGraceTime below the wait", "sshd.gracetime", "LoginGraceTime is 5 s")
def _(p):
    p.sshd_says(LoginGraceTime="5")


@fault("sshd refuses its configuration", "sshd.settings", "does not take its own configuration")
def _(p):
    p.sshd("UsePam perhaps\n", "99.conf")


# PAM.

@fault("PAM line missing", "pam.line", "names pam_otpcode.so")
def _(p):
    p.stack("requisite pam_nologin.so", "required pam_permit.so")


@fault("no PAM file, and none of it in other", "pam.line", "/etc/pam.d/other")
def _(p):
    p.remove("etc/pam.d/sshd")
    p.write("etc/pam.d/other", "auth required pam_deny.so\n")


@fault("an included PAM file is not there", "pam.line", "which is not there")
def _(p):
    p.stack("requisite pam_nologin.so", OURS, "include not-there")


@fault("after a sufficient", "pam.sufficient", "'sufficient pam_unix.so' stands above our line")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    p.stack("sufficient pam_unix.so", "requisite pam_deny.so", OURS, "required pam_permit.so")


@fault("after a sufficient in a file that is included", "pam.sufficient", "/etc/pam.d/site:1")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    p.write("etc/pam.d/site", "auth sufficient pam_u2f.so\n")
    p.stack("include site", OURS, "required pam_permit.so")


@fault("skipped by a jump", "pam.sufficient", "'success=1 default=die pam_unix.so'")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    p.stack("[success=1 default=die] pam_unix.so", OURS, "required pam_permit.so")


@fault("under [default=ignore]", "pam.control", "under 'success=ok default=ignore'")
def _(p):
    p.stack("[success=ok default=ignore] pam_otpcode.so", "required pam_permit.so")


@fault("optional", "pam.control", "under 'optional'")
def _(p):
    p.stack("optional pam_otpcode.so", "required pam_permit.so")


@fault("common-auth left in place, behind", "pam.leftover", "asks for a password after our line")
def _(p):
    p.write("etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n")
    p.write("etc/pam.d/sshd", f"auth {OURS}\n@include common-auth\n")


@fault("common-auth left in place, before", "pam.leftover", "although sshd wants a key first")
def _(p):
    p.write("etc/pam.d/common-auth", "auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n")
    p.write("etc/pam.d/sshd", f"@include common-auth\nauth {OURS}\n")


@fault("pam_unix before us not requisite", "pam.requisite", "'required pam_unix.so' lets the login go on")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    p.stack("required pam_unix.so", OURS, "required pam_permit.so")


@fault("a substack that goes on after a wrong password", "pam.requisite", "/etc/pam.d/password-auth:1")
def _(p):
    p.sshd_says(AuthenticationMethods="keyboard-interactive:pam")
    p.write("etc/pam.d/password-auth", "auth sufficient pam_unix.so\nauth required pam_deny.so\n")
    p.stack("substack password-auth", OURS, "required pam_permit.so")


@fault("a lone ignoring module", "pam.permit", "unenrolled=ignore")
def _(p):
    p.configure(users__unenrolled="ignore")
    p.stack(OURS)


@fault("an exempt group and nothing below", "pam.permit", "skipped past our line")
def _(p):
    p.stack("[success=1 default=ignore] pam_succeed_if.so quiet user ingroup otp-exempt", OURS)


@fault("a typo in our arguments", "pam.arguments", "code.lenght")
def _(p):
    p.stack(OURS + " code.lenght=8", "required pam_permit.so")


@fault("our line names a file that is not there", "pam.module", "/opt/pam_otpcode.so, where there is none")
def _(p):
    p.stack(OURS.replace("pam_otpcode", "/opt/pam_otpcode"), "required pam_permit.so")


# The configuration.

@fault("configuration missing", "config.file", "No such file")
def _(p):
    p.remove(CONF)


@fault("configuration a symbolic link", "config.file", "otpcode.conf")
def _(p):
    p.move(CONF, "etc/otpcode/elsewhere.conf")
    p.path(CONF).symlink_to("elsewhere.conf")
    p.undo.callback(p.path(CONF).unlink)


@fault("configuration writable by others", "config.file", "write")
def _(p):
    p.mode(CONF, 0o666)


@fault("configuration of another owner", "config.file", "owned")
def _(p):
    p.mode(CONF, 0o644, owner=65534)


@fault("a fault of config check", "config.file", "otpcode.conf:")
def _(p):
    p.configure(limits__lock_for="15")


@fault("a fault in a drop-in", "config.file", "otpcode.conf.d/10.conf:2")
def _(p):
    (p.path("etc/otpcode/otpcode.conf.d")).mkdir(exist_ok=True)
    p.write("etc/otpcode/otpcode.conf.d/10.conf", "[code]\nlenght=8\n")


@fault("a bad template", "delivery.template", "/etc/otpcode/mail.txt:3")
def _(p):
    p.write("etc/otpcode/mail.txt", "Subject: x\n\nYour {cod} {code}\n")
    p.configure(email__template="/etc/otpcode/mail.txt")


# The store.

@fault("host key missing", "store.key", "host.key")
def _(p):
    p.remove("etc/otpcode/host.key")


@fault("host key too short", "store.key", "host.key")
def _(p):
    p.keep("etc/otpcode/host.key").write_bytes(bytes(16))


@fault("host key readable by others", "store.key", "host.key")
def _(p):
    p.mode("etc/otpcode/host.key", 0o644)


@fault("host key cloned", "store.machine", "another machine-id")
def _(p):
    p.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")


@fault("store.id wrong", "store.id", "store.id")
def _(p):
    p.keep(f"{STATE}/store.id").write_bytes(bytes(32))


@fault("store.id missing", "store.id", "store.id")
def _(p):
    p.remove(f"{STATE}/store.id")


@fault("state folder missing", "store.id", "/var/lib/otpcode")
def _(p):
    p.move(STATE, "var/lib/elsewhere")


@fault("state folder of another owner", "store.folder", "owned by uid 65534")
def _(p):
    p.mode(STATE, 0o700, owner=65534)


@fault("state folder that others may enter", "store.folder", "mode 0755")
def _(p):
    p.mode(STATE, 0o755)


@fault("state folder on NFS", "store.filesystem", "network file system (NFS)")
def _(p):
    p.facts["FACT_FS"] = NFS


@fault("state folder on a real overlay", "store.filesystem", "is on overlayfs")
def _(p):
    p.mount("tmpfs", "/run/lock", "-o", "mode=0755")
    p.inside("mkdir", "-m", "0700", "/run/lock/upper", "/run/lock/work")
    p.mount("overlay", "/var/lib/otpcode", "-o", "lowerdir=/var/lib/otpcode,upperdir=/run/lock/upper,workdir=/run/lock/work")


@fault("state folder on btrfs", "store.filesystem", "is on btrfs")
def _(p):
    p.facts["FACT_FS"] = BTRFS


@fault("state folder on ZFS", "store.filesystem", "is on ZFS")
def _(p):
    p.facts["FACT_FS"] = ZFS


@fault("a corrupt record", "users.records", "the record of alice cannot be read")
def _(p):
    p.keep(f"{STATE}/users/alice").write_bytes(bytes(16384))


@fault("no space", "store.space", "there is no space")
def _(p):
    p.mount("tmpfs", "/run/lock", "-o", "mode=0700")
    p.inside("cp", "-a", "/var/lib/otpcode", "/run/lock/")
    p.mount("tmpfs", "/var/lib/otpcode", "-o", "mode=0700,size=8m")
    p.inside("cp", "-a", "/run/lock/otpcode/.", "/var/lib/otpcode/")


@fault("table of limits missing", "store.limits", "nothing can be sent")
def _(p):
    p.remove(f"{STATE}/shared/limits")


# Delivery.

@fault("hook missing", "delivery.hook", "No such file")
def _(p):
    p.configure(delivery__hook=f"{p.machine.stage}/bin/otpcode-delivr")


@fault("hook writable by others", "delivery.hook", "write")
def _(p):
    path = p.machine.hook
    path.chmod(0o777)
    p.undo.callback(path.chmod, 0o755)


@fault("a folder above the hook writable by others", "delivery.hook", "write")
def _(p):
    path = p.machine.hook.parent
    path.chmod(0o777)
    p.undo.callback(path.chmod, 0o755)


@fault("hook_user missing", "delivery.user", "no such user")
def _(p):
    p.configure(delivery__hook_user="_nobody-there")


@fault("hook_user in root's group", "delivery.user", "neither root")
def _(p):
    p.write("etc/passwd", p.path("etc/passwd").read_text() + "_rooted:x:64300:0::/nonexistent:/usr/sbin/nologin\n")
    p.configure(delivery__hook_user="_rooted")


@fault("hook_user owns other processes", "delivery.processes", "such as sleep")
def _(p):
    other = p.machine.popen(["setpriv", "--reuid=nobody", "--clear-groups", "sleep", "600"])
    p.undo.callback(lambda: (p.inside("pkill", "-x", "sleep"), other.wait(10)))
    nobody = pwd.getpwnam(host.HOOK_USER).pw_uid
    host.poll(lambda: p.machine.run(["pgrep", "-u", str(nobody), "-x", "sleep"], check=False).stdout, 10, "sleep as nobody")


@fault("socket not listening", "delivery.hook", "deliver.sock")
def _(p):
    p.configure(delivery__hook="unix:/run/deliver.sock")


@fault("socket not root's", "delivery.hook", "deliver.sock")
def _(p):
    listener = p.undo.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(str(p.keep("run/deliver.sock")))
    listener.listen()
    os.chown(p.path("run/deliver.sock"), 65534, 65534)
    p.configure(delivery__hook="unix:/run/deliver.sock")


@fault("relay's name unknown", "delivery.dns", "host name not found")
def _(p):
    p.configure(provider__relay__url="smtp://relay.invalid:25")


@fault("nothing at the relay's port", "delivery.port", "connection refused")
def _(p):
    p.configure(provider__relay__url=f"smtp://localhost:{host.free_port()}")


@fault("relay does not answer", "delivery.port", "no answer in time")
def _(p):
    p.serve(p.server(hang={"BANNER"}))


@fault("TLS name wrong", "delivery.tls", "certificate not trusted")
def _(p):
    p.serve(p.server(name="other.example.org"))


@fault("certificate expired", "delivery.tls", "expired")
def _(p):
    p.serve(p.server(days=-1))


@fault("certificate ends in 14 days", "delivery.certificate", "certificate ends in 1")
def _(p):
    p.serve(p.server(days=13))


@fault("a gateway's certificate ends in 14 days", "delivery.certificate", "[provider gate]: the server's certificate ends in 1")
def _(p):
    p.gateway(days=13)


@fault("a gateway's TLS name wrong", "delivery.tls", "[provider gate] for sms: certificate not trusted")
def _(p):
    p.gateway(name="other.example.org")


@fault("login refused", "delivery.login", "login refused: 535")
def _(p):
    p.serve(p.server(replies={"AUTH": "535 5.7.8 no such login"}))


@fault("password file that the hook cannot read", "delivery.login", "relay.password")
def _(p):
    p.mode("etc/otpcode/relay.password", 0o600)


@fault("sender refused", "delivery.sender", "sender refused: 550 5.7.1 not yours")
def _(p):
    p.serve(p.server(replies={"MAIL": "550 5.7.1 not yours"}))


@fault("relay throws us out", "delivery.answer", "554 5.7.1 go away")
def _(p):
    p.serve(p.server(replies={"BANNER": "554 5.7.1 go away"}))


@fault("SMS over one segment", "delivery.segments", "takes 2 parts")
def _(p):
    gateway = p.undo.enter_context(socket.create_server(("127.0.0.1", 0)))
    p.write("etc/otpcode/sms.txt", "{code} is your code for " + "a very long-winded greeting, " * 6 + "{ref}\n")
    p.configure(sms__providers="gate", sms__allow_prefixes="+1", sms__template="/etc/otpcode/sms.txt",
                provider__gate__url=f"http://127.0.0.1:{gateway.getsockname()[1]}/?to={{to}}&text={{text}}")


@fault("a command provider that is not there", "delivery.command", "/usr/sbin/no-mailer")
def _(p):
    p.configure(provider__relay__url=None, provider__relay__tls=None, provider__relay__ca_file=None, provider__relay__username=None,
                provider__relay__password_file=None, provider__relay__command="/usr/sbin/no-mailer -t")


@fault("--send to an address that the relay refuses", "delivery.send", "recipient refused")
def _(p):
    p.serve(p.server(replies={"RCPT": "550 5.1.1 no such user"}))
    p.arguments = ["--send", "nobody@example.org"]


# Users and limits.

@fault("a user with a login shell and no contact", "users.contacts", "no address: every login is denied: bob")
def _(p):
    p.machine.add_user("bob")
    p.undo.callback(p.leaves, "bob")


@fault("a user whom no channel reaches", "users.reached", "bob")
def _(p):
    p.enrolled("bob", lambda text: re.sub(r"channel=email address=\S+", "channel=sms address=+4915112345678", text))


@fault("lanes locked until an admin", "users.locked", "bob")
def _(p):
    p.enrolled("bob", lambda text: text.replace("locked=no", "locked=yes"))


@fault("sends near the host's limit", "limits.sends", "sends_email")
def _(p):
    p.configure(limits__sends_email="5/h")
    users = ["alice", "bob", "carol", "dora"]
    for user in users[1:]:
        p.enrolled(user)
    p.keep(f"{STATE}/shared/limits")
    p.machine.start_sshd()
    for user in users:
        login = p.machine.ssh(user)
        login.prompt()
        login.hang_up()
    p.machine.stop_sshd()


@fault("bastion missing from trusted_sources", "limits.bastion", "8 users came from 192.0.2.77")
def _(p):
    for number in range(8):
        p.enrolled(f"user{number}", lambda text: re.sub(r"(?m)^(event .*?)source=\S*", r"\1source=192.0.2.77", text))


# The host.

@fault("clock not synchronised", "host.clock", "the clock is not synchronised")
def _(p):
    p.facts["FACT_CLOCK"] = "adrift"


def selinux(p, nis_enabled, state="system_u:object_r:var_auth_t:s0"):
    """A tree as the kernel shows it, and labels; they stay when the tree goes, and nothing reads them then."""
    p.mount("tmpfs", "/sys/fs")
    p.inside("mkdir", "-p", "/sys/fs/selinux/booleans")
    p.inside("sh", "-c", f"echo 1 >/sys/fs/selinux/enforce; echo '{nis_enabled} {nis_enabled}' >/sys/fs/selinux/booleans/nis_enabled")
    for path, label in ((p.path("security/pam_otpcode.so"), "lib_t"), (p.path(CONF), "etc_t"), (p.machine.hook, "bin_t")):
        os.setxattr(path, "security.selinux", f"system_u:object_r:{label}:s0\0".encode())
    os.setxattr(p.path(STATE), "security.selinux", state.encode() + b"\0")


@fault("SELinux boolean off", "selinux.booleans", "nis_enabled is off")
def _(p):
    selinux(p, 0)


@fault("SELinux context wrong", "selinux.contexts", "the state folder is labelled var_lib_t")
def _(p):
    selinux(p, 1, "system_u:object_r:var_lib_t:s0")


def main():
    found = 0
    with Patient(sys.argv[1]) as patient:
        with patient.planted(lambda p: None):
            print("sound:", patient.findings())
        for name, check, words, plant in FAULTS:
            with patient.planted(plant):
                status, told = patient.findings()
            good = status == 1 and [one[0] for one in told] == [check] and words in told[0][2] and told[0][3]
            found += bool(good)
            print(f"{'found' if good else 'MISSED'}  {name}: " + "; ".join(f"{one[0]}: {one[2]} -> {one[3]}" for one in told))
    print(f"found {found} of {len(FAULTS)}")
    return 0 if found == len(FAULTS) else 1


if __name__ == "__main__":
    sys.exit(main())

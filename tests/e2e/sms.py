# SPDX-License-Identifier: BSD-2-Clause
"""A real SMS gateway with a simulated operator: Kannel and its fakesmsc, on free loopback ports and in a folder of their own.

    with sms.Kannel() as kannel:
        kannel.port                         where its smsbox takes messages by HTTP
        kannel.username, kannel.password    of the one who may send
        kannel.messages()                   list of Sms that reached the operator, oldest first
        kannel.wait_for_message(count=1)    the count'th; AssertionError with Kannel's logs if it does not come

An Sms has .sender, .to, .text and .code (None where there is none). sms.missing() says why there can be no Kannel here, or None.
"""

import os
import pathlib
import pwd
import re
import shutil
import socket
import subprocess
import tempfile

from mail import poll

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
NOBODY = "nobody"

CONFIG = """
group = core
admin-port = {admin}
admin-interface = 127.0.0.1
admin-password = {password}
smsbox-port = {box}
smsbox-interface = 127.0.0.1
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = FAKE
port = {operator}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
sendsms-interface = 127.0.0.1

group = sendsms-user
username = {username}
password = {password}
user-allow-ip = "127.0.0.1"
max-messages = 1

group = sms-service
keyword = default
text = "none"
"""


def missing():
    for program in ("bearerbox", "smsbox", FAKESMSC):
        if not shutil.which(program, path="/usr/sbin:/usr/bin"):
            return f"{program} is not installed: make deps"
    return None


class Sms:
    def __init__(self, sender, to, text):
        self.sender, self.to, self.text = sender, to, text
        found = re.match(r"Code (\w+) for ", text)
        self.code = found.group(1) if found else None


def free_ports(count):
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def listens(port):
    """Looked up, not tried: the operator's port takes one connection and no other."""
    lines = pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]
    return any((words := line.split())[3] == "0A" and int(words[1].rpartition(":")[2], 16) == port for line in lines)


class Kannel:
    """Runs as nobody where the caller is root, else as the caller."""

    def __init__(self, username="otpcode", password="correct-horse"):
        self.username, self.password = username, password
        self._running = {}

    def start(self):
        for _ in range(5):
            self._folder = pathlib.Path(tempfile.mkdtemp(prefix="sms."))
            try:
                if self._started():
                    return self
            except BaseException:
                self.stop()
                raise
            self.stop()
        raise AssertionError("no free ports for Kannel")

    def _started(self):
        """False if one of the ports was taken meanwhile."""
        admin, box, operator, self.port = free_ports(4)
        config = self._folder / "kannel.conf"
        config.write_text(CONFIG.format(admin=admin, box=box, operator=operator, send=self.port, username=self.username,
                                        password=self.password))
        if os.geteuid() == 0:
            os.chown(self._folder, pwd.getpwnam(NOBODY).pw_uid, -1)
            os.chown(config, pwd.getpwnam(NOBODY).pw_uid, -1)
        return (self._run("bearerbox", ["bearerbox", "kannel.conf"], lambda: listens(box) and listens(operator)) and
                self._run("smsbox", ["smsbox", "kannel.conf"], lambda: listens(self.port)) and
                self._run("fakesmsc", [FAKESMSC, "-H", "127.0.0.1", "-r", str(operator), "-i", "1", "-m", "0", "100 200 text nop"],
                          lambda: "Fakesmsc client connected" in self._output("bearerbox")))

    def _run(self, name, command, ready):
        ids = {}
        if os.geteuid() == 0:
            user = pwd.getpwnam(NOBODY)
            ids = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        with open(self._folder / f"{name}.out", "wb") as out:
            self._running[name] = process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=self._folder,
                env={"PATH": "/usr/sbin:/usr/bin:/bin", "HOME": str(self._folder)}, start_new_session=True, **ids)
        return poll(lambda: "ended" if process.poll() is not None else ready() and "ready", 20, self.log) == "ready"

    def stop(self):
        for process in reversed(self._running.values()):
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        self._running = {}
        shutil.rmtree(self._folder, ignore_errors=True)

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def _output(self, name):
        path = self._folder / f"{name}.out"
        return path.read_text(errors="replace") if path.exists() else ""

    def messages(self):
        found = re.findall(r"Got message \d+: <(\S*) (\S+) text (.*?)>\n", self._output("fakesmsc"), re.DOTALL)
        return [Sms(*parts) for parts in found]

    def wait_for_message(self, timeout=10, count=1):
        poll(lambda: len(self.messages()) >= count, timeout, lambda: f"message {count}\n{self.log()}")
        return self.messages()[count - 1]

    def log(self):
        return "\n".join(self._output(name)[-3000:] for name in self._running)

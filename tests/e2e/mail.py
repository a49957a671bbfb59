# SPDX-License-Identifier: BSD-2-Clause
"""Mail servers for the tests, each on a free loopback port and in a folder of its own.

    with mail.Exim() as exim:               a real MTA: STARTTLS, AUTH inside TLS, every message kept
        exim.port                           smtp; with STARTTLS exim.tls_port is the same server over smtps
        exim.ca_file                        what its certificate for "localhost" is signed by; to be copied below a folder of
                                            root's before the product trusts it
        exim.username, exim.password
        exim.messages()                     list of Mail, oldest first
        exim.wait_for_message(timeout=10, count=1)    the count'th message; AssertionError with Exim's log if it does not come

    with mail.ScriptedServer(replies={"RCPT": "550 no such user"}) as server:   a server that misbehaves as told
        server.port, server.received        every byte that any client sent, TLS taken off
        server.messages()                   list of Mail whose body arrived whole, taken or not
        server.release()                    lets whatever hangs go on
        server.wait_for("DATA")             until a client has sent that command ("BODY": the whole message)

    mail.Authority(folder)                  a certificate authority: .ca_file, .issue(name, days), .self_signed(name)

A Mail has .raw (bytes), .parsed (email.message.EmailMessage), .text (body), .code (first line of the body), .sender and .to.
start() and stop() do without the with statement. Works as root (Exim then runs as nobody) and as any other user.
"""

import email
import email.policy
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading
import time

NOBODY = "nobody"


def poll(condition, timeout, what):
    """Until condition() is true; gives what it gave."""
    end = time.monotonic() + timeout
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Mail:
    """One message as a server got it."""

    def __init__(self, raw, sender="", to=""):
        self.raw = raw
        self.parsed = email.message_from_bytes(raw, policy=email.policy.default)
        self.sender = sender or str(self.parsed.get("Return-path", "")).strip("<>")
        self.to = to or str(self.parsed.get("Envelope-to", ""))

    @property
    def text(self):
        return self.parsed.get_content().replace("\r\n", "\n")

    @property
    def code(self):
        return self.text.split("\n", 1)[0]

    @property
    def subject(self):
        return str(self.parsed["Subject"])


class Authority:
    """A certificate authority of its own, made by openssl in folder."""

    def __init__(self, folder, name="ca"):
        self.folder = pathlib.Path(folder)
        self.name = name
        self.ca_file = str(self.folder / f"{name}.pem")
        self._key = str(self.folder / f"{name}.key")
        self._openssl("req", "-x509", *self._new_key(self._key), "-out", self.ca_file, "-days", "2",
                      "-subj", f"/CN=Test authority {name}", "-addext", "basicConstraints=critical,CA:TRUE")
        self._issued = 0

    @staticmethod
    def _new_key(path):
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]

    @staticmethod
    def _openssl(*args):
        done = subprocess.run(["openssl", *args], capture_output=True, text=True)
        assert done.returncode == 0, f"openssl {args[0]}: {done.stderr}"

    def _names(self, name):
        self._issued += 1
        stem = self.folder / f"{self.name}-{self._issued}"
        return f"{stem}.pem", f"{stem}.key", f"{stem}.csr", f"subjectAltName=DNS:{name}"

    def issue(self, name="localhost", days=2):
        """Certificate and key for name; days=-1 is one that has expired. Gives (certificate file, key file)."""
        cert, key, request, alt = self._names(name)
        extensions = self.folder / f"{self.name}-extensions"
        extensions.write_text(alt + "\nbasicConstraints=CA:FALSE\n")
        self._openssl("req", *self._new_key(key), "-out", request, "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", self._key, "-CAcreateserial",
                      "-days", str(days), "-extfile", str(extensions), "-out", cert)
        return cert, key

    def self_signed(self, name="localhost"):
        cert, key, _, alt = self._names(name)
        self._openssl("req", "-x509", *self._new_key(key), "-out", cert, "-days", "2", "-subj", f"/CN={name}", "-addext", alt)
        return cert, key


EXIM_CONFIG = """
primary_hostname = localhost
qualify_domain = localhost
exim_user = {user}
exim_group = {group}
spool_directory = {folder}/spool
log_file_path = {folder}/%slog
process_log_path = {folder}/process
pid_file_path =
notifier_socket =
keep_environment =
deliver_drop_privilege
host_lookup =
rfc1413_hosts =
smtp_accept_max = 200
smtp_enforce_sync = true
tls_advertise_hosts = {tls_hosts}
tls_certificate = {cert}
tls_privatekey = {key}
auth_advertise_hosts = ${{if def:tls_in_cipher{{*}}{{}}}}
acl_smtp_rcpt = accept
acl_smtp_data = accept
begin routers
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = {folder}/mail
  maildir_format
  create_directory
  return_path_add
  envelope_to_add
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{username}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = <| Username: | Password:
  server_condition = ${{if and{{{{eq{{$auth1}}{{{username}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""


# The listening socket comes as standard input. Exim ends, and its folder goes, when the test closes the pipe that stands in the
# place of standard output, which it does when it dies for whatever reason.
WHILE_WE_LIVE = """
exec 3<&0
"$@" <&3 3<&- >&2 &
exec 3<&-
read -r nothing <&1
kill $!
wait
rm -rf "$0"
"""


class Exim:
    """A real Exim. It is setuid root, but with -C from a caller who is not root it runs as that caller."""

    def __init__(self, tls=True, username="otp", password="correct horse"):
        self.tls = tls
        self.username, self.password = username, password
        self._running = []
        self._folder = None

    def start(self):
        user = pwd.getpwnam(NOBODY) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="mail."))
        self._folder.chmod(0o755)
        try:
            self._configure(user)
            self.port = self._daemon(user)
            self.tls_port = self._daemon(user, "-tls-on-connect") if self.tls else None
        except BaseException:
            self.stop()
            raise
        return self

    def _configure(self, user):
        authority = Authority(self._folder)
        self.ca_file = authority.ca_file
        cert, key = authority.issue("localhost")
        for name in ("spool", "mail"):
            (self._folder / name).mkdir(mode=0o700)
        config = self._folder / "exim.conf"
        config.write_text(EXIM_CONFIG.format(
            user=user.pw_uid, group=user.pw_gid, folder=self._folder, cert=cert, key=key, tls_hosts="*" if self.tls else "",
            username=self.username, password=self.password))
        if os.geteuid() == 0:
            for path in (self._folder, self._folder / "spool", self._folder / "mail", pathlib.Path(key)):
                os.chown(path, user.pw_uid, user.pw_gid)
        config.chmod(0o644)

    def _daemon(self, user, *options):
        """Exim takes a socket that already listens (-bw), so no port is chosen before it is had."""
        ids = {}
        if os.geteuid() == 0:
            ids = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        held_by_it, held_by_us = os.pipe()
        with socket.create_server(("127.0.0.1", 0), backlog=64) as listener, open(self._folder / "stderr", "ab") as stderr:
            process = subprocess.Popen(
                ["/bin/sh", "-c", WHILE_WE_LIVE, str(self._folder), exim_path(), "-C", str(self._folder / "exim.conf"), "-bw", *options],
                stdin=listener, stdout=held_by_it, stderr=stderr, cwd="/", env={"PATH": "/usr/bin:/bin"}, start_new_session=True, **ids)
            port = listener.getsockname()[1]
        os.close(held_by_it)
        self._running.append((process, held_by_us))
        return port

    def stop(self):
        for _, held_by_us in self._running:
            os.close(held_by_us)
        for process, _ in self._running:
            process.wait(10)
        self._running = []
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def messages(self):
        found = sorted((self._folder / "mail" / "new").glob("*"), key=lambda path: path.stat().st_mtime_ns)
        return [Mail(path.read_bytes()) for path in found]

    def wait_for_message(self, timeout=10, count=1):
        poll(lambda: len(self.messages()) >= count, timeout, lambda: f"message {count}\n{self.log()}")
        return self.messages()[count - 1]

    def log(self):
        """What Exim itself wrote, for the reason of a failure."""
        return "".join(path.read_text(errors="replace") for path in sorted(self._folder.glob("*log")) + [self._folder / "stderr"])


def exim_path():
    found = shutil.which("exim4", path="/usr/sbin:/usr/bin") or shutil.which("exim", path="/usr/sbin:/usr/bin")
    assert found, "exim is not installed: make deps"
    return found


class ScriptedServer:
    """An SMTP server that answers as told.

    replies   {"RCPT": "550 no"}: by command (also BANNER, BODY, and AUTH for its end); a list is used up from the left, its last
              item stays; None: the connection is closed instead of an answer
    hang      {"BANNER", "BODY", ...}: no answer there until release(); then the answer as usual. "HANDSHAKE": TLS is never begun
    tls       (certificate file, key file): STARTTLS is offered; with implicit=True TLS from the first byte
    offer     further EHLO lines, e.g. ["AUTH PLAIN LOGIN"]
    """

    GOOD = {"BANNER": "220 scripted ESMTP", "EHLO": "", "HELO": "250 scripted", "MAIL": "250 sender ok",
            "RCPT": "250 recipient ok", "DATA": "354 go ahead", "BODY": "250 taken", "RSET": "250 ok", "NOOP": "250 ok",
            "QUIT": "221 bye", "STARTTLS": "220 go ahead", "AUTH": "235 welcome"}

    def __init__(self, replies=None, hang=(), tls=None, implicit=False, offer=()):
        self.replies = {name: list(value) if isinstance(value, list) else [value] for name, value in (replies or {}).items()}
        self.hang, self.tls, self.implicit, self.offer = set(hang), tls, implicit, list(offer)
        self.received = b""
        self.commands = []
        self.connections = 0
        self._messages = []
        self._released = threading.Event()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._threads = []

    def start(self):
        self._context = None
        if self.tls:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*self.tls)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self._spawn(self._accept)
        return self

    def stop(self):
        self._stopping.set()
        self._released.set()
        for thread in self._threads:
            thread.join(10)
        self._listener.close()

    __enter__ = start

    def __exit__(self, *_):
        self.stop()

    def release(self):
        self._released.set()

    def messages(self):
        with self._lock:
            return list(self._messages)

    def wait_for(self, command, timeout=10, count=1):
        poll(lambda: self.commands.count(command) >= count, timeout, lambda: f"{command}; so far {self.commands}")

    def _spawn(self, target, *args):
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._stopping.is_set():
            try:
                client, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self._spawn(self._serve, client)

    def _serve(self, client):
        client.settimeout(20)
        try:
            with client:
                _Session(self, client).run()
        except (OSError, ssl.SSLError, EOFError):
            pass

    def answer(self, name):
        """What is to be said to a command, after any hanging; EOFError to close instead."""
        with self._lock:
            self.commands.append(name)
            queue = self.replies.get(name, [self.GOOD.get(name, "500 what")])
            reply = queue.pop(0) if len(queue) > 1 else queue[0]
        if name in self.hang:
            self._released.wait()
        if reply is None or self._stopping.is_set():
            raise EOFError
        return reply

    def note(self, data):
        with self._lock:
            self.received += data

    def keep(self, message):
        with self._lock:
            self._messages.append(message)


class _Session:
    """One client's connection to a ScriptedServer."""

    def __init__(self, server, client):
        self.server, self.client = server, client
        self.secure = False
        self.pending = b""
        self.sender, self.to = "", ""

    def run(self):
        if self.server.implicit:
            self._secure()
        self._say(self.server.answer("BANNER"))
        while self._command(self._line()):
            pass

    def _secure(self):
        if "HANDSHAKE" in self.server.hang:
            self.server._released.wait()
        self.client = self.server._context.wrap_socket(self.client, server_side=True)
        self.secure = True

    def _say(self, reply):
        self.client.sendall(reply.encode() + b"\r\n")

    def _line(self):
        while b"\n" not in self.pending:
            data = self.client.recv(65536)
            if not data:
                raise EOFError
            self.server.note(data)
            self.pending += data
        line, self.pending = self.pending.split(b"\n", 1)
        return line.rstrip(b"\r")

    def _command(self, line):
        text = line.decode("latin-1")
        name = text.split(" ", 1)[0].upper()
        if name == "EHLO":
            return self._hello()
        if name == "AUTH":
            return self._auth(text.split(" "))
        if name == "MAIL":
            self.sender = text.partition("<")[2].partition(">")[0]
        if name == "RCPT":
            self.to = text.partition("<")[2].partition(">")[0]
        reply = self.server.answer(name)
        self._say(reply)
        if name == "STARTTLS" and reply.startswith("220"):
            self._secure()
        if name == "DATA" and reply.startswith("354"):
            self._body()
        return name != "QUIT"

    def _hello(self):
        offer = self.server.offer + (["STARTTLS"] if self.server.tls and not self.secure else [])
        reply = self.server.answer("EHLO")
        if not reply:
            lines = ["scripted", *offer, "8BITMIME"]
            reply = "\r\n".join(f"250{' ' if i == len(lines) - 1 else '-'}{line}" for i, line in enumerate(lines))
        self._say(reply)
        return True

    def _auth(self, words):
        for challenge in {"PLAIN": [""], "LOGIN": ["VXNlcm5hbWU6", "UGFzc3dvcmQ6"]}.get(words[1], [])[max(len(words) - 2, 0):]:
            self._say("334 " + challenge)
            self._line()
        self._say(self.server.answer("AUTH"))
        return True

    def _body(self):
        lines = []
        while (line := self._line()) != b".":
            lines.append(line[1:] if line.startswith(b".") else line)
        self.server.keep(Mail(b"".join(line + b"\r\n" for line in lines), self.sender, self.to))
        self._say(self.server.answer("BODY"))

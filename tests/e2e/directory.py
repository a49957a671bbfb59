# SPDX-License-Identifier: BSD-2-Clause
"""A real directory server for the tests, on free loopback ports.

    with directory.Slapd(anonymous=True) as slapd:
        slapd.add("alice", mail="alice@example.org")
        slapd.port                      ldap, with StartTLS
        slapd.ca_file                   of its certificate, which is for NAME
"""

import pathlib
import shutil
import subprocess
import tempfile

import host
import mail

NAME = "directory.example.org"  # not localhost: the library takes that for the host's own name
BASE = "dc=example,dc=org"
PEOPLE = f"ou=people,{BASE}"
READER, PASSWORD = f"cn=reader,{BASE}", "tell me"
ROOT, ROOT_PASSWORD = f"cn=root,{BASE}", "secret"

CONFIG = """
include {schema}/core.schema
include {schema}/cosine.schema
include {schema}/inetorgperson.schema
pidfile {folder}/slapd.pid
{tls}
access to attrs=userPassword by anonymous auth
access to * by users read by anonymous {anonymous}
database ldif
suffix "{base}"
directory {folder}/data
rootdn "{root}"
rootpw {password}
"""

TOP = f"""dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: example
o: Example

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {READER}
objectClass: person
cn: reader
sn: reader
userPassword: {PASSWORD}
"""


def schema_folder():
    return next((path for path in ("/etc/ldap/schema", "/etc/openldap/schema") if pathlib.Path(path).is_dir()), None)


def missing():
    """Why there can be no such server here, or None."""
    for program in ("slapd", "ldapadd", "ldapsearch"):
        if not shutil.which(program, path="/usr/sbin:/usr/bin:/usr/libexec"):
            return f"{program} is not installed: packaging/deps test installs it"
    return None if schema_folder() else "slapd's schemas are not installed"


class Slapd:
    def __init__(self, anonymous=True, tls=True):
        self._anonymous, self._tls = anonymous, tls

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="otpcode-slapd.", dir="/var/lib"))
        try:
            self.folder.chmod(0o755)
            (self.folder / "data").mkdir(mode=0o700)
            self.authority = mail.Authority(self.folder)
            self.ca_file = self.authority.ca_file
            cert, key = self.authority.issue(NAME)
            tls = f"TLSCACertificateFile {self.ca_file}\nTLSCertificateFile {cert}\nTLSCertificateKeyFile {key}"
            (self.folder / "slapd.conf").write_text(CONFIG.format(
                schema=schema_folder(), folder=self.folder, tls=tls if self._tls else "", base=BASE, root=ROOT,
                password=ROOT_PASSWORD, anonymous="read" if self._anonymous else "auth"))
            self._process = None
            self.start()
            self._ldapadd(TOP)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)

    def start(self):
        for _ in range(10):
            self.port = host.free_port()
            self._process = subprocess.Popen(
                [shutil.which("slapd", path="/usr/sbin:/usr/libexec"), "-d", "0", "-f", self.folder / "slapd.conf",
                 "-h", f"ldap://127.0.0.1:{self.port}"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if host.poll(self._answers, 20, "slapd's answer") == "answers":
                return
        raise AssertionError("no free port for slapd")

    def _answers(self):
        if self._process.poll() is not None:
            return "ended"
        asked = subprocess.run(["ldapsearch", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-b", "", "-s", "base"], capture_output=True)
        return "answers" if asked.returncode != 255 else None

    def stop(self):
        if self._process:
            self._process.kill()
            self._process.wait(20)

    def _ldapadd(self, text):
        subprocess.run(["ldapadd", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-w", ROOT_PASSWORD], input=text, check=True,
                       capture_output=True, text=True)

    def add(self, user, below=PEOPLE, **attributes):
        """An entry of that uid; a value may be a list, and is bytes where it is no plain text."""
        text = f"dn: cn={user},{below}\nobjectClass: inetOrgPerson\ncn: {user}\nsn: {user}\nuid: {user}\n"
        for name, values in attributes.items():
            for value in values if isinstance(values, list) else [values]:
                text += f"{name}: {value}\n"
        self._ldapadd(text)

    def remove(self, user, below=PEOPLE):
        subprocess.run(["ldapdelete", "-x", "-H", f"ldap://127.0.0.1:{self.port}", "-D", ROOT, "-w", ROOT_PASSWORD, f"cn={user},{below}"],
                       check=True, capture_output=True)

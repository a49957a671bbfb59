# SPDX-License-Identifier: BSD-2-Clause
"""make install and make uninstall, into folders of the test's own and on a machine of its own."""

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile

import pytest

import host
from test_login import SENT

BUILD = os.environ.get("OTPCODE_BUILD", str(host.TOP / "build"))


def make(*words, check=True):
    variables = shlex.split(os.environ.get("OTPCODE_MAKE_VARIABLES", ""))
    done = subprocess.run(["make", "--no-print-directory", "-C", str(host.TOP), *variables, f"BUILD={BUILD}", *words],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert not check or done.returncode == 0, done.stdout
    return done


@pytest.fixture
def installed(tmp_path):
    make("install", f"DESTDIR={tmp_path}")
    return tmp_path


def found(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def pam_dir():
    return host.pam_folder()[1:]


def test_every_part_is_put_in_its_place_with_its_mode(installed):
    for path, mode in ((f"{pam_dir()}/pam_otpcode.so", 0o644), ("usr/libexec/otpcode/otpcode-deliver", 0o755),
                       ("usr/libexec/otpcode/otpcode-ldap-contacts", 0o755), ("usr/share/doc/pam_otpcode/conf/contacts", 0o644),
                       ("usr/sbin/otpcode", 0o755), ("etc/otpcode/otpcode.conf", 0o644),
                       ("usr/share/doc/pam_otpcode/pam.d-example", 0o644),
                       ("usr/share/doc/pam_otpcode/conf/providers/twilio.conf", 0o644),
                       ("usr/lib/systemd/system/otpcode-deliver.socket", 0o644),
                       ("usr/lib/systemd/system/otpcode-deliver@.service", 0o644),
                       ("usr/share/man/man8/pam_otpcode.8", 0o644), ("usr/share/man/man5/otpcode.conf.5", 0o644)):
        assert (installed / path).stat().st_mode & 0o7777 == mode, path
    assert not [name for name in found(installed) if name.endswith(".new")]


def test_every_file_that_readme_names_is_installed_beside_it_and_readable(tmp_path):
    before = os.umask(0o077)
    try:
        make("install", f"DESTDIR={tmp_path}")
    finally:
        os.umask(before)
    readme = (host.TOP / "README.md").read_text()
    named = set(re.findall(r"\b(?:docs|conf)/[\w./-]+\w|\bpam\.d-example\b|\bLICENSE\b", readme))
    assert {"pam.d-example", "docs/state-format.md", "conf/sshd_config.d/otpcode.conf"} <= named
    doc = tmp_path / "usr/share/doc/pam_otpcode"
    for name in named:
        assert (host.TOP / name).is_file() and (doc / name).is_file(), name
    for path in doc.rglob("*"):
        assert path.stat().st_mode & 0o7777 == (0o755 if path.is_dir() else 0o644), path


def test_configuration_that_is_there_is_kept(installed):
    (installed / "etc/otpcode/otpcode.conf").write_text("# mine\n")
    assert "KEPT" in make("install", f"DESTDIR={installed}").stdout
    assert (installed / "etc/otpcode/otpcode.conf").read_text() == "# mine\n"


def test_module_in_use_is_replaced_not_written_into(installed):
    module = installed / pam_dir() / "pam_otpcode.so"
    with open(module, "rb") as used:
        before = used.read()
        make("install", f"DESTDIR={installed}")
        assert os.fstat(used.fileno()).st_nlink == 0
        used.seek(0)
        assert used.read() == before
    assert module.read_bytes() == before


@pytest.mark.parametrize("name, line", [("pam.d/sshd", 2), ("pam.conf", 2)])
def test_uninstall_refuses_while_a_pam_file_names_the_module_and_says_where(installed, name, line):
    path = installed / "etc" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("# auth required pam_otpcode.so\nauth  [success=ok default=die]  pam_otpcode.so  # code\n")
    before = found(installed)
    refused = make("uninstall", f"DESTDIR={installed}", check=False)
    assert refused.returncode != 0
    assert f"{path}:{line}: " in refused.stdout and f"{path}:1" not in refused.stdout
    assert found(installed) == before


@pytest.mark.parametrize("path", ["run/otpcode/deliver.sock", "etc/systemd/system/sockets.target.wants/otpcode-deliver.socket"])
def test_uninstall_refuses_while_the_socket_unit_runs_or_is_enabled(installed, path):
    (installed / path).parent.mkdir(parents=True)
    (installed / path).symlink_to("/nonexistent")
    before = found(installed)
    refused = make("uninstall", f"DESTDIR={installed}", check=False)
    assert refused.returncode != 0 and "systemctl disable --now otpcode-deliver.socket" in refused.stdout
    assert found(installed) == before


def test_uninstall_leaves_configuration_and_state_and_says_so(installed):
    (installed / "etc/pam.d").mkdir()
    (installed / "etc/pam.d/sshd").write_text("# auth required pam_otpcode.so\nauth required pam_unix.so\n")
    (installed / "var/lib/otpcode").mkdir(parents=True)
    (installed / "var/lib/otpcode/store.id").touch()
    said = make("uninstall", f"DESTDIR={installed}").stdout
    for left in ("etc/otpcode", "var/lib/otpcode", "_otpcode", "sshd_config.d"):
        assert left in said
    assert found(installed) == ["etc/otpcode/otpcode.conf", "etc/pam.d/sshd", "var/lib/otpcode/store.id"]


def test_other_folders_are_obeyed(tmp_path, own_config):
    """With flags of their own, so into a build folder of their own."""
    make("install", f"BUILD={tmp_path}/build", f"DESTDIR={tmp_path}/out", "PREFIX=/opt/otp", "SYSCONFDIR=/opt/etc", "PAMDIR=/opt/pam",
         "STATEDIR=/opt/state", "-j2")
    out = tmp_path / "out"
    for path in ("opt/pam/pam_otpcode.so", "opt/otp/libexec/otpcode/otpcode-deliver", "opt/otp/sbin/otpcode",
                 "opt/etc/otpcode/otpcode.conf"):
        assert (out / path).is_file(), path
    unit = (out / "opt/otp/lib/systemd/system/otpcode-deliver@.service").read_text()
    assert "ExecStart=/opt/otp/libexec/otpcode/otpcode-deliver\n" in unit
    assert not (out / "usr").exists() and not (out / "etc").exists()
    shown = subprocess.run([out / "opt/otp/sbin/otpcode", "--config", own_config, "config", "show"], check=True,
                           capture_output=True, text=True).stdout
    for path in ("/opt/etc/otpcode/host.key", "/opt/state/otpcode", "/opt/otp/libexec/otpcode/otpcode-deliver"):
        assert path in shown, shown


def readme_configuration():
    """The least that README says is needed."""
    readme = (host.TOP / "README.md").read_text()
    return readme.split("```ini\n")[1].split("```")[0]


@pytest.fixture
def own_config():
    """In a folder that only root can write to, all the way up."""
    with tempfile.TemporaryDirectory(prefix="otpcode-test.", dir=host.STAGES) as folder:
        path = pathlib.Path(folder) / "otpcode.conf"
        path.write_text(readme_configuration())
        yield path


def put_on(machine, tree):
    """As if make install had run on this machine: its /usr is a layer of its own."""
    layer = machine.stage / "usr"
    layer.mkdir()
    machine.run(["mount", "-t", "tmpfs", "tmpfs", layer])
    machine.run(["mkdir", layer / "upper", layer / "work"])
    tried = machine.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/usr,upperdir={layer}/upper,workdir={layer}/work",
                         "/usr"], check=False)
    if tried.returncode:
        pytest.skip(f"no overlay mounts here: {tried.stderr.strip()}")
    for part in ("usr", pam_dir().split("/")[0], "etc"):
        if (tree / part).is_dir():
            shutil.copytree(tree / part, machine.stage / "tree" / part, dirs_exist_ok=True)
            machine.run(["cp", "-r", f"{machine.stage}/tree/{part}/.", f"/{part}/"])


def test_installed_as_readme_says_it_works_on_a_fresh_machine(bare_machine, installed, session_exim, mailbox):
    machine = bare_machine
    (machine.view / "security/pam_otpcode.so").unlink()
    put_on(machine, installed)
    for database in ("passwd", "group", "shadow"):
        path = machine.etc / database
        path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("_otpcode:")))
    for user in ("alice", "admin"):
        machine.add_user(user)

    with open(machine.etc / "otpcode/otpcode.conf", "a", encoding="utf-8") as out:
        out.write(readme_configuration().replace("localhost:25", f"localhost:{session_exim.port}"))
    machine.run(["otpcode", "config", "check"])
    machine.run(["otpcode", "init"])
    machine.run(["id", "_otpcode"])
    machine.run(["otpcode", "test", "--to", "you@example.org"])
    assert mailbox.wait().to == "you@example.org"
    machine.run(["otpcode", "enroll", "alice", "--email", "alice@example.org"])
    with open(machine.etc / "group", "a", encoding="ascii") as out:
        out.write("otp-exempt:x:64190:admin\n")
    shutil.copy(host.TOP / "conf/sshd_config.d/otpcode.conf", machine.etc / "ssh/sshd_config.d/otpcode.conf")
    machine.start_sshd(UsePAM=None, PasswordAuthentication=None, KbdInteractiveAuthentication=None, AuthenticationMethods=None,
                       Include="/etc/ssh/sshd_config.d/otpcode.conf")

    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    login.answer(mailbox.wait(2).code)
    assert login.ended(), login.text
    way_in = machine.ssh("admin")
    assert way_in.ended(), way_in.text
    assert len(mailbox.messages()) == 2


def test_packages_of_readme_are_those_that_deps_installs():
    readme, table = host.TOP / "README.md", pathlib.Path(host.TOP / "packaging/deps.txt").read_text()
    rows = [line for line in readme.read_text().splitlines() if line.startswith("|")]
    assert set(table.splitlines()) - {"|---|---|---|"} <= set(rows)

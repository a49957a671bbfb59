# SPDX-License-Identifier: BSD-2-Clause
"""make install and make uninstall, into folders of the test's own and on a machine of its own."""

import os
import pathlib
import shlex
import shutil
import subprocess

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
                       ("usr/sbin/otpcode", 0o755), ("etc/otpcode/otpcode.conf", 0o644),
                       ("usr/share/doc/pam_otpcode/pam.d-example", 0o644),
                       ("usr/share/doc/pam_otpcode/conf/providers/twilio.conf", 0o644),
                       ("usr/lib/systemd/system/otpcode-deliver.socket", 0o644),
                       ("usr/lib/systemd/system/otpcode-deliver@.service", 0o644),
                       ("usr/share/man/man8/pam_otpcode.8", 0o644), ("usr/share/man/man5/otpcode.conf.5", 0o644)):
        assert (installed / path).stat().st_mode & 0o7777 == mode, path
    assert not [name for name in found(installed) if name.endswith(".new")]


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


def test_uninstall_leaves_configuration_and_state_and_says_so(installed):
    (installed / "etc/pam.d").mkdir()
    (installed / "etc/pam.d/sshd").write_text("# auth required pam_otpcode.so\nauth required pam_unix.so\n")
    (installed / "var/lib/otpcode").mkdir(parents=True)
    (installed / "var/lib/otpcode/store.id").touch()
    said = make("uninstall", f"DESTDIR={installed}").stdout
    assert "etc/otpcode" in said and "var/lib/otpcode" in said
    assert found(installed) == ["etc/otpcode/otpcode.conf", "etc/pam.d/sshd", "var/lib/otpcode/store.id"]


def test_other_folders_are_obeyed(tmp_path):
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
    module = (out / "opt/pam/pam_otpcode.so").read_bytes()
    for path in (b"/opt/etc/otpcode", b"/opt/state/otpcode", b"/opt/otp/libexec/otpcode/otpcode-deliver"):
        assert path in module


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
    shutil.copytree(tree, machine.stage / "tree")
    machine.run(["cp", "-a", "--no-preserve=ownership", f"{machine.stage}/tree/.", "/"])


def test_installed_as_readme_says_it_works_on_a_fresh_machine(bare_machine, installed, session_exim, mailbox):
    machine = bare_machine
    (machine.view / "security/pam_otpcode.so").unlink()
    put_on(machine, installed)
    for database in ("passwd", "group", "shadow"):
        path = machine.etc / database
        path.write_text("".join(line for line in path.read_text().splitlines(True) if not line.startswith("_otpcode:")))

    machine.run(["otpcode", "init"])
    machine.run(["id", "_otpcode"])
    machine.configure(session_exim, delivery__hook=None, delivery__hook_user=None, store__path=None, store__key=None)
    host.Host.write_password(machine.etc / "otpcode/relay.password", session_exim.password)
    gid = int(machine.run(["id", "-g", "_otpcode"]).stdout)
    os.chown(machine.etc / "otpcode/relay.password", 0, gid)
    machine.add_user("alice")
    machine.run(["otpcode", "enroll", "alice", "--email", "alice@example.org"])
    machine.start_sshd()
    login = machine.ssh("alice")
    assert SENT.match(login.prompt())
    login.answer(mailbox.wait().code)
    assert login.ended(), login.text


def test_shipped_configuration_is_without_fault(bare_machine, installed):
    machine = bare_machine
    put_on(machine, installed)
    machine.run(["otpcode", "init"])
    checked = machine.run(["otpcode", "config", "check", "/etc/otpcode/otpcode.conf"], check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_packages_of_readme_are_those_that_deps_installs():
    readme, table = host.TOP / "README.md", pathlib.Path(host.TOP / "packaging/deps.txt").read_text()
    rows = [line for line in readme.read_text().splitlines() if line.startswith("|")]
    assert set(table.splitlines()) - {"|---|---|---|"} <= set(rows)

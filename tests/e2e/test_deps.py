# SPDX-License-Identifier: BSD-2-Clause
"""packaging/deps, with package tools that only write down what they are asked."""

import shutil

import pytest

import host

DPKG_QUERY = """#!/bin/sh
for last; do :; done
case $last in
*Provides*) cat /opt/fake/providers 2>/dev/null ;;
*) grep -qx "$last" /opt/fake/missing && exit 1; printf 'ii ' ;;
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>/opt/fake/asked
case "$*" in *install*)
	/usr/sbin/policy-rc.d ssh start; echo "policy $?" >>/opt/fake/asked
	if [ -e /opt/fake/fails-once ]; then rm /opt/fake/fails-once; exit 100; fi ;;
esac
"""
WRITES_DOWN = """#!/bin/sh
echo "${0##*/} $*" >>/opt/fake/asked
"""


class Box:
    """A machine whose package tools are not real; /usr/sbin and /opt are its own."""

    def __init__(self, machine):
        self.machine = machine
        self.fake = machine.stage / "opt/fake"
        self.sbin = machine.stage / "sbin"
        (self.fake / "bin").mkdir(parents=True)
        shutil.copytree(host.TOP / "packaging", self.fake / "packaging")
        for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET), ("systemctl", WRITES_DOWN), ("sudo", WRITES_DOWN)):
            (self.fake / "bin" / name).write_text(text)
            (self.fake / "bin" / name).chmod(0o755)
        shutil.copytree("/usr/sbin", self.sbin, symlinks=True, ignore=lambda *_: {"policy-rc.d"})
        machine.run(["mount", "--bind", machine.stage / "opt", "/opt"])
        machine.run(["mount", "--bind", self.sbin, "/usr/sbin"])
        self.lack()

    def lack(self, *packages):
        (self.fake / "missing").write_text("".join(f"{name}\n" for name in packages))

    def deps(self, *groups, user=None):
        command = ["env", "PATH=/opt/fake/bin:/usr/bin:/bin:/usr/sbin:/sbin", "/opt/fake/packaging/deps", *groups]
        return self.machine.run(command, check=False, user=user)

    @property
    def asked(self):
        path = self.fake / "asked"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def policy(self):
        return self.sbin / "policy-rc.d"


@pytest.fixture
def box(bare_machine):
    return Box(bare_machine)


def test_nothing_is_done_where_nothing_is_missing(box):
    done = box.deps("build", "demo", "test", "lint", "fuzz")
    assert (done.returncode, done.stdout, done.stderr, box.asked) == (0, "", "", [])


def test_nothing_is_done_by_another_user_either_where_nothing_is_missing(box):
    box.machine.add_user("alice")
    assert box.deps("build", user="alice").returncode == 0
    assert box.asked == []


def test_what_is_missing_is_installed_removing_nothing_and_starting_nothing(box):
    box.lack("gcc", "openssh-server", "exim4-daemon-light", "exim4-daemon-heavy", "clang")
    done = box.deps("build", "demo")
    assert done.returncode == 0, done.stderr
    install, policy, *disabled = box.asked
    assert install.endswith(" gcc openssh-server exim4-daemon-light")
    assert "--no-remove" in install and "--no-install-recommends" in install
    assert policy == "policy 101"
    assert not box.policy.exists()
    for service in ("ssh.service", "exim4.service", "exim4-base.timer"):
        assert any(line.startswith("systemctl disable ") and line.endswith(f" {service}") for line in disabled), disabled


def test_services_that_come_with_what_tests_need_stay_off(box):
    box.lack("rsync", "xrdp", "kannel", "gammu-smsd", "slapd")
    assert box.deps("test").returncode == 0
    for service in ("rsync.service", "xrdp.service", "xrdp-sesman.service", "kannel.service", "gammu-smsd.service",
                    "slapd.service"):
        assert any(line.startswith("systemctl disable ") and line.endswith(f" {service}") for line in box.asked), box.asked


def test_policy_of_the_admin_is_kept(box):
    box.policy.write_text("#!/bin/sh\nexit 104\n")
    box.policy.chmod(0o755)
    box.lack("gcc")
    assert box.deps("build").returncode == 0
    assert box.asked[1] == "policy 104"
    assert box.policy.read_text() == "#!/bin/sh\nexit 104\n"


def test_policy_is_taken_away_though_the_installation_failed(box):
    box.lack("gcc")
    (box.fake / "bin/apt-get").write_text("#!/bin/sh\nexit 100\n")
    assert box.deps("build").returncode != 0
    assert not box.policy.exists()


def test_service_that_was_there_before_stays_enabled(box):
    box.lack("gcc")
    assert box.deps("build", "demo").returncode == 0
    assert not [line for line in box.asked if line.startswith("systemctl")]


def test_old_lists_of_packages_are_fetched_anew_once(box):
    box.lack("gcc")
    (box.fake / "fails-once").touch()
    assert box.deps("build").returncode == 0
    verbs = [next(word for word in ("install", "update") if word in line.split()) for line in box.asked if line.startswith("apt-get")]
    assert verbs == ["install", "update", "install"]


def test_exims_other_daemon_will_do(box):
    box.lack("exim4-daemon-light")
    assert box.deps("demo").returncode == 0
    assert box.asked == []


def test_mail_server_of_the_machine_is_not_thrown_out_and_it_is_said_what_is_left_out(box):
    box.lack("exim4-daemon-light", "exim4-daemon-heavy", "python3-pexpect")
    (box.fake / "providers").write_text("ii  bash \nii  postfix default-mta, mail-transport-agent\n")
    done = box.deps("demo", "test")
    assert done.returncode == 0
    assert "postfix is this machine's mail server and stays" in done.stderr
    assert box.asked[0].endswith(" python3-pexpect")


def test_another_user_goes_through_sudo(box):
    box.machine.add_user("alice")
    box.lack("gcc")
    (box.fake / "asked").touch()
    (box.fake / "asked").chmod(0o666)
    assert box.deps("build", user="alice").returncode == 0
    assert box.asked == ["sudo /opt/fake/packaging/deps build"]


def test_group_that_is_not_there_is_an_error(box):
    done = box.deps("biuld")
    assert done.returncode == 2 and "biuld" in done.stderr

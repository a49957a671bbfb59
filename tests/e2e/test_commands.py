# SPDX-License-Identifier: BSD-2-Clause
"""The hook and programs of this host: real mailers, setuid and setgid, and programs that do what they should not."""

import contextlib
import grp
import os
import pathlib
import pwd
import re
import shutil
import subprocess

import host
import pytest
from test_hook import ADDRESS, CODE, REF, TEST, a_request, hook, hook_machine  # noqa: F401

NUMBER = "+4915123456789"
PRESETS = host.TOP / "conf/providers"
ENVIRONMENT = b"HOME=/\0LC_ALL=C.UTF-8\0"


def needs(program):
    if not os.path.exists(program):
        pytest.skip(f"{program} is not installed: make deps")


def use(hook, command, channel="email", name="program"):
    """Adds a provider that runs command; of the channel's, it is the last."""
    section = hook.sections.setdefault(channel, {})
    section["providers"] = f"{section['providers']},{name}" if "providers" in section else name
    if channel == "sms":
        section["allow_prefixes"] = "+49"
    hook.sections[f"provider {name}"] = {"command": command}


def script(hook, body, name="program", mode=0o755, owner=0, interpreter="/bin/sh"):
    """A program of root's; gives its path on the machine."""
    folder = hook.machine.stage / "bin"
    path = folder / f"{hook.folder}-{name}"
    path.write_text(f"#!{interpreter}\n{body}\n")
    os.chown(path, owner, owner)
    path.chmod(mode)
    return str(path)


def scratch(hook):
    """A folder that the hook's user may write into, as it is called in here and out there."""
    name = f"scratch-{hook.folder}"
    path = hook.machine.view / "var" / name
    path.mkdir(mode=0o700)
    shutil.chown(path, host.HOOK_USER)
    return f"/var/{name}", path


def preset(hook, name, **filled_in):
    """The shipped settings as a drop-in, with only the paths in it replaced."""
    text = (PRESETS / f"{name}.conf").read_text()
    for word, value in filled_in.items():
        assert value[0] in text, f"{name}.conf has no {word}"
        text = text.replace(*value)
    (hook.machine.etc / hook.folder / "otpcode.conf.d").mkdir()
    hook.stage(f"otpcode.conf.d/{name}.conf", text)
    return text


# Real mailers.


EXIM = """
primary_hostname = web1.example.org
untrusted_set_sender = *
local_from_check = false
keep_environment =
add_environment = PATH=/usr/bin
log_file_path = /var/log/exim-%slog
acl_not_smtp = accept
begin routers
bad:
  driver = redirect
  local_parts = refused
  data = :fail: no such person
all:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  directory = /var/exim-box
  maildir_format
  create_directory
  return_path_add
  envelope_to_add
  user = {user}
  group = {group}
"""


def real_exim(machine):
    """The machine's own setuid Exim, which puts what it is given into a folder; gives a function that lists it."""
    needs("/usr/sbin/sendmail")
    told = subprocess.run(["/usr/sbin/sendmail", "-bV"], capture_output=True, text=True, env=host.plain_environment())
    searched = re.search(r"Configuration file (?:search path )?is (\S+)", told.stdout)
    if not searched or not os.stat("/usr/sbin/sendmail").st_mode & 0o4000:
        pytest.skip("sendmail is not a setuid Exim: make deps")
    conf = machine.view / searched.group(1).split(":")[0][1:]
    user = next(name for name in ("Debian-exim", "exim") if name in (entry.pw_name for entry in pwd.getpwall()))
    conf.parent.mkdir(parents=True, exist_ok=True)
    conf.unlink(missing_ok=True)
    conf.write_text(EXIM.format(user=user, group=grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name))
    conf.chmod(0o644)
    for folder, mode in (("var/spool/exim4", 0o750), ("var/spool/exim", 0o750), ("var/exim-box", 0o700)):
        (machine.view / folder).mkdir(exist_ok=True)
        (machine.view / folder).chmod(mode)
        shutil.chown(machine.view / folder, user)
    (machine.view / "var/log").chmod(0o1777)
    return lambda: [path.read_text() for path in sorted((machine.view / "var/exim-box/new").glob("*"))]


def test_setuid_sendmail_of_exim_takes_a_message(hook):
    box = real_exim(hook.machine)
    preset(hook, "sendmail")
    hook.sections["email"]["providers"] = "sendmail"
    before = len(box())
    verdict, status = hook.run()
    assert re.fullmatch(r"sent sendmail \d+", verdict) and status == os.EX_OK
    text = host.poll(lambda: box()[before:], 20, "a message")[0]
    assert "Return-path: <login@example.org>\n" in text and f"Envelope-to: {ADDRESS}\n" in text
    assert f"\n\n{CODE}\n" in text and f"(ref {REF})" in text and "\r" not in text and "Sender:" not in text


def test_setuid_sendmail_is_given_the_recipients_by_the_headers(hook):
    box = real_exim(hook.machine)
    use(hook, "/usr/sbin/sendmail -t -i -f {from}")
    before = len(box())
    assert hook.run()[0].startswith("sent program ")
    assert f"Envelope-to: {ADDRESS}\n" in host.poll(lambda: box()[before:], 20, "a message")[0]


def test_setuid_sendmail_works_behind_the_command_too(bare_machine):
    """All the way: what starts the hook must leave the way open as well."""
    box = real_exim(bare_machine)
    bare_machine.configure(email__providers="mailer", provider__mailer__command="/usr/sbin/sendmail -i -f {from} -- {to}")
    told = bare_machine.otpcode("test", "--to", ADDRESS).stdout
    assert told.startswith("sent: mailer took the message to a***@e***.org in ")
    assert "Return-path: <login@example.org>\n" in host.poll(box, 20, "a message")[0]


def test_setgid_program_has_its_group_and_without_a_command_no_program_could(hook, server_that_asks):
    """Neither the process that starts the hook nor the hook takes new privileges away; with other providers alone the hook does."""
    inside, outside = scratch(hook)
    probe = hook.machine.stage / "bin" / f"setgid-{hook.folder}"
    shutil.copyfile("/usr/bin/id", probe)
    group = grp.getgrnam("mail").gr_gid
    os.chown(probe, 0, group)
    probe.chmod(0o2755)
    outside.chmod(0o777)
    use(hook, script(hook, f"cat >/dev/null; {probe} -g >{inside}/gid"))
    assert hook.run()[0].startswith("sent ")
    assert (outside / "gid").read_text().strip() == str(group)
    assert server_that_asks(hook) == "1"


@pytest.fixture
def server_that_asks():
    """What /proc says of NoNewPrivs of the hook that is asked to mail by SMTP, while it does."""
    def ask(hook):
        import mail
        with mail.ScriptedServer(hang={"BANNER"}) as server:
            hook.sections = {**hook.sections, "email": {"from": "login@example.org"}}
            hook.provider("relay", server.port)
            process = hook.start(a_request())
            server.wait_for("BANNER")
            status = pathlib.Path(f"/proc/{hook.pid(process)}/status").read_text()
            server.release()
            assert process.stdout.read().startswith(b"sent ")
            return re.search(r"NoNewPrivs:\s+(\d)", status).group(1)
    return ask


MSMTP = """
defaults
tls on
tls_trust_file {ca}
auth on
account default
host localhost
port {port}
user {user}
password {password}
"""


def msmtp(hook, exim, password=None):
    needs("/usr/bin/msmtp")
    rc = hook.machine.etc / "msmtprc"
    rc.write_text(MSMTP.format(ca=hook.ca_file(exim.ca_file), port=exim.port, user=exim.username, password=password or exim.password))
    rc.chmod(0o640)
    os.chown(rc, 0, pwd.getpwnam(host.HOOK_USER).pw_gid)
    preset(hook, "msmtp")
    hook.sections["email"]["providers"] = "msmtp"


def test_msmtp_sends_by_tls_and_login_to_a_real_relay(hook, mailbox):
    msmtp(hook, mailbox.exim)
    verdict, status = hook.run()
    assert re.fullmatch(r"sent msmtp \d+", verdict), verdict
    message = mailbox.wait()
    assert message.to == ADDRESS and message.sender == "login@example.org" and message.code == CODE


def test_C50_msmtp_tells_why_it_was_refused(hook, mailbox):
    msmtp(hook, mailbox.exim, "wrong")
    verdict, status = hook.run()
    assert re.match(r"refused msmtp msmtp exited with \d+ \(EX_\w+\): .*authentication failed", verdict), verdict
    assert mailbox.exim.password not in verdict


def test_gammu_puts_an_sms_into_its_outbox(hook):
    needs("/usr/bin/gammu-smsd-inject")
    inside, outside = scratch(hook)
    rc = hook.stage("gammu-smsdrc", f"[gammu]\ndevice=/dev/null\n[smsd]\nservice=files\noutboxpath={inside}/\nlogfile=syslog\n")
    preset(hook, "gammu", rc=("/etc/gammu-smsdrc", rc))
    hook.sections["sms"] = {"providers": "gammu", "allow_prefixes": "+49"}
    verdict, status = hook.run(channel="sms", address=NUMBER)
    assert re.fullmatch(r"sent gammu \d+", verdict), verdict
    written, = outside.glob("OUT*")
    assert NUMBER in written.name and written.stat().st_mode & 0o777 == 0o640
    sms = bytes.fromhex(re.search(r"^Text00 = ([0-9A-F]+)$", written.read_text(), re.M).group(1)).decode("utf-16-be")
    assert CODE in sms and REF in sms and not sms.endswith("\n")


# What a program is given.


PROBE = r"""
import os, pathlib, sys
out = pathlib.Path(sys.argv[1])
fds = sorted(int(n) for n in os.listdir("/proc/self/fd"))
(out / "fds").write_text(repr([n for n in fds if os.path.exists(f"/proc/self/fd/{n}")]))
(out / "environ").write_bytes(pathlib.Path("/proc/self/environ").read_bytes())
(out / "status").write_text(pathlib.Path("/proc/self/status").read_text())
(out / "ids").write_text(repr((os.getresuid() == (os.getuid(),) * 3, os.getuid(), os.getgroups(), os.getpgrp() == os.getpid(), os.getcwd())))
(out / "cmdline").write_bytes(pathlib.Path("/proc/self/cmdline").read_bytes())
(out / "stdin").write_bytes(sys.stdin.buffer.read())
"""


def status_of(text, key):
    return re.search(rf"^{key}:\s+(.*)$", text, re.M).group(1)


def test_C21_C22_C23_C25_program_gets_nothing_but_what_is_documented(hook):
    inside, outside = scratch(hook)
    program = script(hook, PROBE, interpreter="/usr/bin/python3 -IS")
    use(hook, f"{program} {inside} -f {{from}} {{to}} {{ref}}/{{host}}/{{user}}")
    traps = {"BASH_ENV": "/trap", "CDPATH": "/trap", "PYTHONPATH": "/trap", "BASH_FUNC_cat%%": "() { false; }",
             "SSLKEYLOGFILE": "/trap", "https_proxy": "http://trap", "IFS": "x"}
    process = hook.start(a_request(user="a b;c"), env=traps)
    assert process.stdout.read().startswith(b"sent ")
    assert (outside / "environ").read_bytes() == ENVIRONMENT
    fds = eval((outside / "fds").read_text())
    assert fds == [0, 1, 2], fds
    uid = pwd.getpwnam(host.HOOK_USER).pw_uid
    assert eval((outside / "ids").read_text()) == (True, uid, [], True, "/")
    told = (outside / "status").read_text()
    assert int(status_of(told, "SigBlk"), 16) == 0 and int(status_of(told, "CapEff"), 16) == 0
    assert int(status_of(told, "Umask"), 8) == 0o027
    words = (outside / "cmdline").read_bytes().split(b"\0")[3:-1]
    assert words == [inside.encode(), b"-f", b"login@example.org", ADDRESS.encode(), f"{REF}/web1.example.org/a b;c".encode()]
    text = (outside / "stdin").read_bytes()
    assert text.startswith(b"From: login@example.org\nTo: ") and b"\r" not in text and CODE.encode() in text


def test_signals_of_a_program_are_the_default_ones(hook):
    inside, outside = scratch(hook)
    use(hook, script(hook, f"cat >/dev/null; grep SigIgn /proc/$$/status >{inside}/ignored"))
    assert hook.run()[0].startswith("sent ")
    assert int((outside / "ignored").read_text().split()[1], 16) == 0


def test_C50_program_that_reads_nothing_and_is_content_is_never_called_sent(hook):
    use(hook, script(hook, "exit 0"))
    use(hook, script(hook, "cat >/dev/null", "second"), name="second")
    assert hook.run()[0].startswith("sent second ")
    assert any("and read nothing of the message" in line for line in hook.log())


def test_program_that_reads_no_more_than_it_wants_is_believed(hook):
    use(hook, script(hook, "read line"))
    assert hook.run()[0].startswith("sent program ")


@pytest.mark.parametrize("status, verdict", [(0, "sent program "), (67, "refused program ")])
def test_exit_of_a_program_is_seen_though_who_started_the_hook_ignores_sigchld(hook, status, verdict):
    use(hook, script(hook, f"cat >/dev/null; exit {status}"))
    process = hook.start(a_request(), env={"--ignore-signal": "CHLD"})
    assert process.stdout.read().decode().startswith(verdict)


def test_C24_no_shell_reads_a_value(hook):
    inside, outside = scratch(hook)
    use(hook, script(hook, f'cat >/dev/null; printf "%s" "$1" >{inside}/said') + " {user}")
    user = f"$(id>{inside}/x)`id>{inside}/y`;|"
    assert hook.run(user=user)[0].startswith("sent ")
    assert [path.name for path in outside.iterdir()] == ["said"]
    assert (outside / "said").read_text() == user


def test_C38_code_is_in_no_argument_and_no_placeholder_could_put_it_there(hook):
    for word in ("{code}", "{text}", "{password}", "{id}"):
        hook.sections["provider program"] = {"command": f"/bin/true {word}"}
        hook.sections["email"]["providers"] = "program"
        verdict, status = hook.run()
        assert status == os.EX_CONFIG and f"command: {word} may not stand here; there are {{to}} {{to_digits}} {{from}}" in verdict


def test_value_that_would_be_an_option_is_not_passed(hook):
    inside, outside = scratch(hook)
    use(hook, script(hook, f"touch {inside}/run") + " {user}")
    verdict, status = hook.run(user="-oQ/x")
    assert verdict == "refused program {user} would be taken for an option" and not list(outside.iterdir())


# What a program does.


@pytest.mark.parametrize("exit_status,outcome,name", [
    (64, "refused", "EX_USAGE"), (65, "refused", "EX_DATAERR"), (67, "refused", "EX_NOUSER"), (69, "refused", "EX_UNAVAILABLE"),
    (77, "refused", "EX_NOPERM"), (78, "refused", "EX_CONFIG"), (71, "later", "EX_OSERR"), (73, "later", "EX_CANTCREAT"),
    (74, "later", "EX_IOERR"), (75, "later", "EX_TEMPFAIL"), (1, "refused", None), (127, "refused", "not found")])
def test_exit_status_is_of_sysexits(hook, exit_status, outcome, name):
    use(hook, script(hook, f"cat >/dev/null; echo 'no such  person\t'{ADDRESS}; echo {CODE} >&2; exit {exit_status}"))
    verdict, status = hook.run(wait_ms="900")
    said = f" \\(.*{name}\\)" if name else ""
    assert re.fullmatch(rf"(config|{outcome} program) \S+ exited with {exit_status}{said}: no such person \*+ \*+", verdict), verdict


def test_second_provider_is_used_where_a_program_fails(hook):
    inside, outside = scratch(hook)
    use(hook, script(hook, "exit 75", "first"), name="first")
    use(hook, script(hook, f"cat >{inside}/mail", "second"), name="second")
    assert hook.run()[0].startswith("sent second ")
    assert CODE in (outside / "mail").read_text()


NAP = f"sleep 600.{os.getpid()}"  # as nobody else's


def napping():
    """What of these tests' programs is still asleep."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            if (process / "cmdline").read_bytes().replace(b"\0", b" ").strip() == NAP.encode():
                found.append(process.name)
    return found


def test_C27_program_that_reads_nothing_is_stopped_and_the_next_one_sends(hook):
    use(hook, script(hook, f"{NAP} & {NAP}", "deaf"), name="deaf")
    use(hook, script(hook, "cat >/dev/null", "second"), name="second")
    assert hook.run(wait_ms="2000")[0].startswith("sent second ")
    hook.wait_for_log("event=later ref=QFX provider=deaf why=\"")
    host.poll(lambda: not napping(), 10, lambda: f"left: {napping()}")


def test_message_taken_by_a_program_that_is_killed_may_arrive(hook):
    inside, outside = scratch(hook)
    use(hook, script(hook, "cat >/dev/null; kill -9 $$", "killed"), name="killed")
    use(hook, script(hook, f"touch {inside}/second", "second"), name="second")
    verdict, status = hook.run()
    assert re.fullmatch(r"unknown killed \S+ was killed by signal 9", verdict) and status == os.EX_IOERR
    assert not list(outside.iterdir())


def test_program_that_is_killed_before_it_took_the_message_has_not_sent_it(hook):
    use(hook, script(hook, "kill -9 $$", "killed"), name="killed")
    use(hook, script(hook, "cat >/dev/null", "second"), name="second")
    assert hook.run()[0].startswith("sent second ")


def test_message_taken_by_a_program_that_hangs_may_arrive_and_all_of_it_is_stopped(hook):
    use(hook, script(hook, f"cat >/dev/null; {NAP} & {NAP}"))
    verdict, status = hook.run(wait_ms="1000", works_until="in 3")
    assert re.fullmatch(r"unknown program \S+ took the message and did not end in time", verdict), verdict
    host.poll(lambda: not napping(), 10, lambda: f"left: {napping()}")


@pytest.mark.parametrize("size", [0, 512, 513, 65536, 1 << 20])
def test_C27_output_of_any_length_is_read_and_cut(hook, size):
    use(hook, script(hook, f"head -c {size} /dev/zero | tr '\\0' x; cat >/dev/null; exit 65"))
    verdict, status = hook.run()
    assert re.match(r"refused program \S+ exited with 65 \(EX_DATAERR\)(: x+)?$", verdict) and len(verdict) < 250
    assert ("xxx" in verdict) == (size > 0)


def test_what_a_program_leaves_behind_keeps_nobody_waiting(hook):
    use(hook, script(hook, "cat >/dev/null; sleep 4 & exit 0"))
    verdict, status = hook.run(wait_ms="3000")
    assert verdict.startswith("sent program ") and int(verdict.split()[2]) < 3000


@pytest.mark.parametrize("how,words", [
    ({"mode": 0o775}, "mode 0775 lets others than its owner write"), ({"mode": 0o644}, "mode 0644, must be executable"),
    ({"owner": host.FIRST_UID}, f"owned by uid {host.FIRST_UID}, must be owned by uid 0")])
def test_program_that_is_not_roots_alone_is_not_run(hook, how, words):
    inside, outside = scratch(hook)
    use(hook, script(hook, f"touch {inside}/run", **how))
    verdict, status = hook.run()
    assert words in verdict and status in (os.EX_CONFIG, os.EX_UNAVAILABLE) and not list(outside.iterdir())


def test_program_in_a_folder_of_others_is_not_run_by_a_link_either(hook):
    inside, outside = scratch(hook)
    program = outside / "program"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    link = hook.machine.stage / "bin" / f"link-{hook.folder}"
    link.symlink_to(f"{inside}/program")
    use(hook, str(link))
    assert "sent" not in hook.run()[0]


def test_program_that_is_not_there_or_cannot_begin_is_named(hook):
    use(hook, "/nonexistent/program")
    assert "/nonexistent/program: No such file" in hook.run()[0]
    hook.sections["provider program"]["command"] = script(hook, "exit 0", interpreter="/no/interpreter")
    assert re.search(r"cannot run \S+: No such file", hook.run()[0])

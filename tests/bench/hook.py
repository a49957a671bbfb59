#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""What one mail costs through otpcode-deliver, beside the curl command sending the same mail to the same server.

Both run as nobody, in turn, so that what else the machine does meets both alike; medians, and their ratio. A number for
people: no test looks at it.
"""

import argparse
import os
import pathlib
import pwd
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(TOP / "tests/e2e"))
import mail  # noqa: E402

CONFIG = """[delivery]
hook={hook}
hook_user=nobody
[email]
providers=relay
from=login@example.org
[provider relay]
url=smtp://localhost:{port}
"""

REQUEST = """otpcode-request 1
kind code
channel email
address alice@example.org
code 482915
ref QFX
user alice
host web1.example.org
service sshd
source 192.0.2.7
key-proved yes
time {now}
works-until {end}
wait-ms 10000

"""


def as_nobody(command):
    gid = pwd.getpwnam("nobody").pw_gid
    return ["setpriv", "--reuid=nobody", f"--regid={gid}", "--clear-groups", "--", *command]


def cost(command, text):
    """(CPU ms, wall ms) of one run."""
    begun = time.monotonic()
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={})
    child.stdin.write(text)
    child.stdin.close()
    said = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command} ended with {child.returncode}: {said.decode()}")
    return (usage.ru_utime + usage.ru_stime) * 1000, (time.monotonic() - begun) * 1000


def measure(folder, build, runs):
    with mail.Exim() as exim:
        hook, config, letter = folder / "otpcode-deliver", folder / "otpcode.conf", folder / "letter"
        shutil.copy(build / "otpcode-deliver", hook)
        config.write_text(CONFIG.format(hook=hook, port=exim.port))
        now = int(time.time())
        request = REQUEST.format(now=now, end=now + 300).encode()
        by_hook = as_nobody([str(hook), "--config", str(config)])
        cost(by_hook, request)
        letter.write_bytes(exim.wait_for_message().raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
        by_curl = as_nobody(["/usr/bin/curl", "--silent", "--disable", "--url", f"smtp://localhost:{exim.port}",
                             "--mail-from", "login@example.org", "--mail-rcpt", "alice@example.org",
                             "--upload-file", str(letter)])
        pairs = [(cost(by_hook, request), cost(by_curl, b"")) for _ in range(runs)]
    return pairs


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--build", type=pathlib.Path, required=True)
    options.add_argument("--runs", type=int, default=100)
    options = options.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: run it as root: it stages what must be root's")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="otpcode-bench.", dir="/run"))
    try:
        folder.chmod(0o755)
        pairs = measure(folder, options.build, options.runs)
    finally:
        shutil.rmtree(folder)
    for index, what in enumerate(("CPU", "wall")):
        hook = statistics.median(pair[0][index] for pair in pairs)
        curl = statistics.median(pair[1][index] for pair in pairs)
        print(f"one mail to Exim, {what}: otpcode-deliver {hook:.1f} ms, curl {curl:.1f} ms, ratio {hook / curl:.2f}")


if __name__ == "__main__":
    main()

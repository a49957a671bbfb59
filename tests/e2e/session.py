# SPDX-License-Identifier: BSD-2-Clause
"""One login as the person at the terminal sees it.

    login = machine.ssh("alice")
    login.prompt()              waits for the prompt; gives the line above it
    login.answer("123456")
    login.ended()               waits for the end; True if the command ran, which the login was for
"""

import re

import pexpect

PROMPT = "Verification code: "
TIMEOUT_S = 25


class Session:
    def __init__(self, command, env, timeout=TIMEOUT_S):
        self.child = pexpect.spawn(command[0], command[1:], env=env, cwd="/", encoding="utf-8", codec_errors="replace", timeout=timeout,
                                   dimensions=(40, 200))
        self.child.delaybeforesend = None
        self.text = ""

    def _expect(self, pattern):
        try:
            self.child.expect(pattern)
        except (pexpect.TIMEOUT, pexpect.EOF) as end:
            shown = self.text + (self.child.before if isinstance(self.child.before, str) else "")
            raise AssertionError(f"{type(end).__name__} while waiting for {pattern!r}; the terminal showed:\n{shown}") from None
        shown = self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        self.text += shown
        return shown

    def wait_for(self, text):
        """Until this text is on the terminal; gives all that came before it."""
        return self._expect(re.escape(text))

    def prompt(self, text=PROMPT):
        """Waits for the prompt; gives the information line above it, or an empty one."""
        shown = self.wait_for(text)[:-len(text)]
        # ssh puts "(user@host) " in front of what the server says.
        line = re.sub(r"\([^ )]+@[^ )]+\) $", "", shown).rstrip("\r\n").split("\n")[-1]
        return re.sub(r"^\([^ )]+@[^ )]+\) ", "", line.strip())

    def asked_again(self):
        """Waits for the prompt or the end; False if it was the end."""
        found = self.child.expect_exact([PROMPT, pexpect.EOF])
        self.text += self.child.before + (PROMPT if found == 0 else "")
        return found == 0

    def answer(self, text):
        self.child.send(text + "\r")

    def ended(self):
        """Waits for the end. True if the login was let in."""
        self._expect(pexpect.EOF)
        self.child.close()
        return self.child.exitstatus == 0

    def hang_up(self):
        """The terminal is gone, as if the window was closed."""
        self.child.close(force=True)

# SPDX-License-Identifier: BSD-2-Clause
"""A QR code as a terminal shows it, read back by zbarimg.

    qr.find(text)       the lines of the last drawing in it, each as a list of modules: True is light
    qr.read(modules)    the text that the code stands for
"""

import re
import shutil
import subprocess
import tempfile

HALVES = {"█": (True, True), "▀": (True, False), "▄": (False, True), " ": (False, False)}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def missing():
    return None if shutil.which("zbarimg") else "zbarimg is not installed: make test installs it"


def find(text):
    lines = [line.rstrip("\r") for line in text.split("\n")]
    if any("█" in line for line in lines):
        found = [COLOURS.sub("", line) for line in lines]
        rows = []
        for line in found:
            if line.strip() and set(line) <= set(HALVES):
                rows.append([HALVES[character][0] for character in line])
                rows.append([HALVES[character][1] for character in line])
        return [row for row in rows if len(row) == len(rows[0])]
    if any("\x1b[107m" in line for line in lines):
        return [coloured(line) for line in lines if line.startswith("\x1b[107m")]
    return [[pair == "##" for pair in re.findall("..", line)] for line in lines if line and set(line) <= {"#", " "} and "#" in line]


def coloured(line):
    row, light = [], None
    for colour, spaces in re.findall(r"(\x1b\[[0-9;]*m)|( +)", line):
        if colour:
            light = {"\x1b[107m": True, "\x1b[40m": False}.get(colour)
        else:
            row += [light] * (len(spaces) // 2)
    return row


def read(modules, scale=4):
    """What a camera makes of it. Light is drawn white, so this holds for dark terminals, and for all in colour."""
    width, height = len(modules[0]) * scale, len(modules) * scale
    pixels = b"".join(bytes(255 if light else 0 for light in row for _ in range(scale)) * scale for row in modules)
    with tempfile.NamedTemporaryFile(suffix=".pgm") as image:
        image.write(b"P5 %d %d 255\n" % (width, height) + pixels)
        image.flush()
        done = subprocess.run(["zbarimg", "--quiet", "--raw", image.name], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{done}: {len(modules)} rows of {len(modules[0])}"
    return done.stdout.rstrip("\n")

#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
# As easily trapped by an environment as a script can be: a shell that reads start files, commands looked up in PATH,
# interpreters that load what they are told to.
while read -r line && [ -n "$line" ]; do :; done
id >/dev/null
date >/dev/null
awk 'BEGIN { }' </dev/null
[ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import string'
[ -x /usr/bin/perl ] && /usr/bin/perl -e 1
echo 'sent fake 1'

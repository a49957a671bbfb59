#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Goes on in the background: speaks only once the file "go" is there, to whoever may still listen, and then leaves a note.
dir=${2%/*}
while read -r line && [ -n "$line" ]; do :; done
until [ -e "$dir/go" ]; do sleep 0.02; done
echo 'sent fake 1' 2>/dev/null
echo 'went on' >"$dir/out"

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Tells of its conversation without end, faster than anybody listens.
echo $$ >"${2%/*}/out"
line='trace > and so on'
lines="$line
$line
$line
$line
$line
$line
$line"
while :; do
	echo "$lines" 2>/dev/null
done

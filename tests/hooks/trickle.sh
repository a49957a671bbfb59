#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Talks on and on, without ever ending a line.
echo $$ >"${2%/*}/out"
while :; do
	printf x 2>/dev/null
	sleep 0.02
done

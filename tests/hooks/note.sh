#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Leaves a note in the file "out" beside its configuration file that it was run, and ends.
echo 'was run' >"${2%/*}/out"
echo 'sent fake 1'

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Reads a request and says that it was sent.
while read -r line && [ -n "$line" ]; do :; done
echo 'sent fake 1'

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Gives the request's ref back as the provider's name.
while read -r key value && [ -n "$key" ]; do
	[ "$key" = ref ] && ref=$value
done
echo "sent $ref 1"

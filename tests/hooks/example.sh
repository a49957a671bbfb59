#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A whole hook: mails the code with msmtp, which speaks to the server while we wait, so that its exit status is the truth.
read -r first; [ "$first" = "otpcode-request 1" ] || { echo "config this hook speaks version 1 of the protocol"; exit 1; }
while read -r key value && [ -n "$key" ]; do
	case $key in kind) [ "$value" != check ] || { echo "ready msmtp 0"; exit; } ;; address) address=$value ;; code) code=$value ;; ref) ref=$value ;; host) host=$value ;; esac
done
if printf 'From: login@example.org\nTo: %s\nSubject: Login on %s, ref %s\n\n%s\n\nNever share it.\n' \
	"$address" "$host" "$ref" "${code:-This is a test.}" | /usr/bin/msmtp -- "$address"; then
	echo "sent msmtp 0"
else
	echo "later msmtp exit status $?"
fi

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A whole hook: mails the code with msmtp, which speaks to the server while we wait, so that its exit status is the truth.
mailer=/usr/bin/msmtp
while read -r key value && [ -n "$key" ]; do
	case $key in
	otpcode-request) version=$value ;;
	kind) kind=$value ;;
	address) address=$value ;;
	code) code=$value ;;
	ref) ref=$value ;;
	user) user=$value ;;
	host) host=$value ;;
	esac
done
[ "$version" = 1 ] || { echo "config this hook speaks version 1 of the protocol"; exit 1; }
[ "$kind" != check ] || { [ -x $mailer ] && echo "ready msmtp 0" || echo "config there is no $mailer"; exit; }
if printf 'From: login@example.org\nTo: %s\nSubject: Login on %s, ref %s\n\n%s\n\nFor %s on %s. Never share it.\n' \
	"$address" "$host" "$ref" "${code:-This is a test.}" "$user" "$host" | $mailer -- "$address"; then
	echo "sent msmtp 0"
else
	echo "later msmtp exit status $?"
fi

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A whole hook: mails the code with msmtp, which speaks to the server while we wait, so that its exit status is the truth.
mailer=/usr/bin/msmtp; read -r first; [ "$first" = "otpcode-request 1" ] || { echo "config not version 1 of the protocol"; exit 1; }
while read -r key value && [ -n "$key" ]; do
	case $key in kind) kind=$value ;; address) to=$value ;; code) code=$value ;; ref) ref=$value ;; user) user=$value ;; host) host=$value ;; esac
done
case $kind in check) if [ -x $mailer ]; then echo "ready msmtp 0"; else echo "config there is no $mailer"; fi; exit ;;
code) subject="Login on $host, ref $ref" text=$code more="Never share it." ;; test) subject="Test from $host" text="This is a test." more= ;;
password) subject="New password on $host" text="The password of $user was replaced." more="Not you? Tell us." ;; *) echo "config no such kind: $kind"; exit 1 ;; esac
if printf 'From: login@example.org\nTo: %s\nSubject: %s\n\n%s\n\n%s\n' "$to" "$subject" "$text" "$more" | $mailer -- "$to"
then echo "sent msmtp 0"
else echo "later msmtp exit status $?"; fi

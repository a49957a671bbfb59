#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Takes every message, and notes whom it was for in the file "mailbox/sent" beside its own folder.
while read -r key value && [ -n "$key" ]; do
	case $key in
	channel) channel=$value ;;
	address) address=$value ;;
	user) user=$value ;;
	source) source=$value ;;
	esac
done
echo "$channel $address $user $source" >>"${0%/*}/../mailbox/sent"
echo 'sent tally 1'

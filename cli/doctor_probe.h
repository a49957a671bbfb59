/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_DOCTOR_PROBE_H
#define OTPCODE_CLI_DOCTOR_PROBE_H

#include "config/config.h"
#include "core/why.h"
#include "deliver/deliver.h"

#include <stdbool.h>
#include <stdint.h>

/* What the hook says to requests of kind check, one for each provider of each channel. */

#define DOCTOR_PROBES_MAX (CHANNELS_N * CONFIG_CHANNEL_PROVIDERS_MAX)

struct doctor_probe {
	enum channel channel;
	const char *provider;
	enum otp_err err; /* of deliver_send: the hook itself could not be asked */
	struct otp_why why;
	enum deliver_end end;
	struct request_verdict verdict;
	int64_t certificate_ends; /* 0: none was seen */
	int64_t parts;            /* 0: not told */
};

struct doctor_probes {
	struct doctor_probe list[DOCTOR_PROBES_MAX];
	unsigned n;
};

/* Asks for each of them, in order. config must outlive out. */
void doctor_probe_all(const struct config *config, struct doctor_probes *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CONFIG_SUGGEST_H
#define OTPCODE_CONFIG_SUGGEST_H

#include "core/why.h"

/* Fill why with what was most likely meant, else with all that there is. Always OTP_ERR_CONFIG. */
enum otp_err suggest_section(const char *unknown, struct otp_why *why);
enum otp_err suggest_key(const char *section, const char *unknown, struct otp_why *why);

#endif

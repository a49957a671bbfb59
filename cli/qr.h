/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CLI_QR_H
#define OTPCODE_CLI_QR_H

#include "cli/terminal.h"
#include "core/why.h"

#include <stdbool.h>
#include <stddef.h>

/* How a QR code is drawn. */
struct qr_style {
	bool utf8;   /* two modules a character, as half blocks; else two characters a module */
	bool colour; /* black and white whatever the terminal's own colours are; else light on dark is assumed
		      */
};

/* A drawing: its lines, each with its end. As secret as the text that it stands for: qr_drop. */
struct qr_drawing {
	char *text;
	size_t len, size;
};

/*
 * Draws text with a margin of four modules (ISO 18004), of two where there is no room for that.
 * OTP_ERR_TOO_LARGE where there is none for either; a room of 0 is any.
 */
__attribute__((warn_unused_result)) enum otp_err qr_draw(const char *text, struct qr_style style,
	struct terminal_room room, struct qr_drawing *out, struct otp_why *why);

void qr_drop(struct qr_drawing *drawing);

#endif

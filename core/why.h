/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_CORE_WHY_H
#define OTPCODE_CORE_WHY_H

/* What went wrong, one value a cause. None of these is a verdict on an answer: see enum otp_situation. */
enum otp_err {
	OTP_OK = 0,
	OTP_ERR_NOT_ENROLLED, /* no record under this name, in a store that is this host's: the only "not
				 there" */
	OTP_ERR_EXISTS,       /* a record (or key, or folder) is already there */
	OTP_ERR_OTHER_USER,   /* the record was made for another uid that had this name */
	OTP_ERR_INVALID,      /* an argument that a person gave; text says what would be right */
	OTP_ERR_CONFIG,       /* configuration; text starts with FILE:LINE: */
	OTP_ERR_UNTRUSTED,    /* owner, mode, type or link count of a file or of a folder above it */
	OTP_ERR_WRONG_STORE,  /* store.id missing or of another host key: not mounted, cloned, wrong path */
	OTP_ERR_CORRUPT,      /* a record that cannot be read; left for the admin */
	OTP_ERR_BUSY,         /* the lock was not had in time */
	OTP_ERR_TOO_LARGE,    /* does not fit the slot, the request, the buffer */
	OTP_ERR_IO,           /* any other failure of the system; os_error says which */
	OTP_ERR_NO_RANDOM,    /* the random source failed: no code, no login */
	OTP_ERR_CRYPTO,       /* libcrypto failed */
	OTP_ERR_NO_MEMORY,
	OTP_ERR_NSS,          /* the user database did not answer */
	OTP_ERR_DELIVERY,     /* the hook could not be run or spoke nonsense */
	OTP_ERR_CONVERSATION, /* the host's conversation failed or ended */
};

#define WHY_TEXT_SIZE 320

/* One sentence for syslog or a terminal. Never holds a code, a secret, a full address or file content. */
struct otp_why {
	int os_error;             /* errno, or 0 */
	char text[WHY_TEXT_SIZE]; /* NUL-ended; control bytes replaced by '?' */
};

/*
 * Fills why (which may be NULL) and returns err, so that a caller can write return why_set(...).
 * With os_error not 0, ": " and the system's text for it are appended. Keeps errno.
 */
enum otp_err why_set(struct otp_why *why, enum otp_err err, int os_error, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Puts "PREFIX" in front of the text that stands in why. */
void why_prefix(struct otp_why *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

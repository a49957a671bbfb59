/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_PROMPT_PROMPT_H
#define OTPCODE_PROMPT_PROMPT_H

#include "core/why.h"
#include "deliver/deliver.h"
#include "otp_core.h"

#include <stdbool.h>
#include <stdint.h>

/* How a login ended. One function of pam/login.c maps these to PAM codes. */
enum prompt_result {
	PROMPT_VERIFIED,
	PROMPT_REMEMBERED, /* nobody was asked: the device is known */
	PROMPT_WRONG,      /* prompts used up without a right code */
	PROMPT_EXPIRED,
	PROMPT_NOT_ENROLLED, /* exactly that: no record in this host's store */
	PROMPT_NO_CONTACT,   /* enrolled, but nothing can be sent to any contact */
	PROMPT_OUT_OF_TRIES,
	PROMPT_LOCKED,
	PROMPT_THROTTLED, /* the send limit is reached and no code is live */
	PROMPT_NOT_DELIVERED,
	PROMPT_UNAVAILABLE,     /* store, random source, crypto, memory */
	PROMPT_NO_CONVERSATION, /* end of input, or the host's conversation failed */
};

enum prompt_reply {
	PROMPT_REPLY_TEXT,
	PROMPT_REPLY_END,    /* NULL: end of input */
	PROMPT_REPLY_FAILED, /* the conversation itself failed */
};

#define PROMPT_ANSWER_SIZE 513 /* PAM_MAX_RESP_SIZE and a NUL */

/* How loud a log line is. */
enum prompt_level {
	PROMPT_INFO,
	PROMPT_NOTICE,
	PROMPT_ERROR,
};

/* Who is at the other end: PAM, the command's terminal, or a test. */
struct prompt_host {
	void *self;

	/* Shows a line. A failure to show it is not a failure of the login. */
	void (*tell)(void *self, const char *line);

	/*
	 * Shows line (NULL or empty: none), then asks. answer[PROMPT_ANSWER_SIZE] is wiped by the caller of
	 * this function. An answer that does not fit is given as PROMPT_REPLY_TEXT cut to the size: it cannot
	 * be a code.
	 */
	enum prompt_reply (*ask)(void *self, const char *line, const char *prompt, bool echo, char *answer);

	/* One event, as "event=... key=value ...": no code, no full address. */
	void (*log)(void *self, enum prompt_level level, const char *line);

	/* deliver_send, or what a test puts in its place. */
	enum otp_err (*deliver)(void *self, const struct request *request, enum deliver_end *end,
		struct request_verdict *verdict, struct otp_why *why);
};

/*
 * For a login that tells nothing before a code was right (prompt/hidden.h): prompt_hidden_system, as soon as
 * it begins, or a test's own clock.
 */
struct prompt_hidden {
	bool no_such_user; /* login.user is nobody's name, and in no log line */
	int64_t began_ms;  /* by now_ms, before anything was looked up */
	int64_t (*now_ms)(void *self);
	void (*wait_until)(void *self, int64_t ms);
	void *self;
};
struct prompt_hidden prompt_hidden_system(void);

/* How long such a login listens for the hook's verdict: well within the time that it takes in any case. */
#define PROMPT_PATIENCE_MS 200

struct prompt_options {
	bool echo;
	unsigned max_prompts;
	int wait_ms;          /* delivery.wait */
	const char *support;  /* may be empty */
	bool tell_unenrolled; /* false where who is not enrolled is to notice nothing */
	const char
		*password; /* what an earlier module put into PAM_AUTHTOK, or NULL: never taken for a code */
	struct otp_channels channels;
	const struct prompt_hidden *hidden; /* NULL: what is wrong is told */
};

/*
 * One login from the first code to the verdict: the only loop, for PAM, the command and the tests. Every
 * answer is charged and on disk before anything about it is said. Leaves no secret in memory. core may be
 * NULL where options->hidden is not: nobody can be let in, and nobody can tell.
 */
__attribute__((warn_unused_result)) enum prompt_result prompt_login(const struct otp_core *core,
	const struct otp_login *login, const struct prompt_options *options, const struct prompt_host *host);

#endif

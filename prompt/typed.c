/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/typed.h"

#include <string.h>

/* Enter alone asks for a code where the user's order has it, a letter alone on one channel: no letter alone
 * is a code. */
static bool asks_again(const char *answer, struct otp_resend_request *request)
{
	*request = (struct otp_resend_request){.only_channel = answer[0] != '\0'};
	if (answer[0] != '\0' && answer[1] != '\0')
		return false;
	switch (answer[0]) {
	case 'e':
	case 'E':
		request->channel = CHANNEL_EMAIL;
		return true;
	case 's':
	case 'S':
		request->channel = CHANNEL_SMS;
		return true;
	default:
		return answer[0] == '\0';
	}
}

bool typed_is_junk(const char *answer)
{
	static const char junk[] = "\b\n\r\177INCORRECT";

	for (size_t i = 0; answer[i] != '\0'; i++)
		if (answer[i] != junk[i % (sizeof junk - 1)])
			return false;
	return answer[0] != '\0';
}

enum typed typed_read(const char *answer, const char *password, struct otp_resend_request *request)
{
	if (asks_again(answer, request))
		return TYPED_AGAIN;
	if (typed_is_junk(answer))
		return TYPED_JUNK;
	if (password != NULL && strcmp(answer, password) == 0)
		return TYPED_PASSWORD;
	return TYPED_CODE;
}

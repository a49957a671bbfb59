/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever request_decode takes, request_encode writes again to the byte: there is one way to write a
 * request. */
#include "deliver/request.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct request request;
	struct otp_why why;
	char text[REQUEST_MAX];
	size_t len;

	if (request_decode((const char *)data, size, &request, &why) != OTP_OK) {
		if (memchr(why.text, '\0', sizeof why.text) == NULL)
			abort();
		return 0;
	}
	if (request_encode(&request, text, &len, &why) != OTP_OK)
		abort();
	if (len != size || memcmp(text, data, size) != 0)
		abort();
	request_wipe(&request);
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_TESTS_ERROR_QUEUE_H
#define OTPCODE_TESTS_ERROR_QUEUE_H

/* The OpenSSL error queue of this thread belongs to the host: what is called between these two leaves it as
 * it was. */
void error_queue_fill(void);
void error_queue_assert_untouched(void);

/* The same for a queue that was empty. */
void error_queue_empty(void);
void error_queue_assert_empty(void);

/* Makes every fetch from libcrypto fail, until it is undone. */
void error_queue_break_libcrypto(void);
void error_queue_mend_libcrypto(void);

#endif

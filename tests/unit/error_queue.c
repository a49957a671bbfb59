/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/error_queue.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>

void error_queue_fill(void)
{
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, 1);
	ERR_raise(ERR_LIB_USER, 2);
}

void error_queue_assert_untouched(void)
{
	assert_int_equal(ERR_get_error(), ERR_PACK(ERR_LIB_USER, 0, 1));
	assert_int_equal(ERR_get_error(), ERR_PACK(ERR_LIB_USER, 0, 2));
	assert_int_equal(ERR_get_error(), 0);
}

void error_queue_empty(void)
{
	ERR_clear_error();
}

void error_queue_assert_empty(void)
{
	assert_int_equal(ERR_get_error(), 0);
}

void error_queue_break_libcrypto(void)
{
	assert_int_equal(EVP_set_default_properties(NULL, "provider=none-such"), 1);
}

void error_queue_mend_libcrypto(void)
{
	assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
}

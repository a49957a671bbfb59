/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_HOOK_HTTP_WORDS_H
#define OTPCODE_HOOK_HTTP_WORDS_H

/* What a gateway's answer says. It comes from outside: any bytes, any length. */

#include <stdbool.h>
#include <stddef.h>

#define HTTP_WORDS_SIZE 160

/*
 * The value of the member at path ("errors.0.detail") of a JSON answer, as a person would write it, cleaned
 * as http_words_clean does. False where there is none, or where it is an object or an array.
 */
bool http_words_member(const char *body, size_t len, const char *path, char out[HTTP_WORDS_SIZE]);

/*
 * One line of printable ASCII: blanks never stand together, tags of XML and HTML are left out, %40 and %2B
 * are
 * @ and +, so that an address is found. Of a text that is neither XML, HTML nor JSON the first line that is
 * not empty. Cut where it does not fit.
 */
void http_words_clean(const char *body, size_t len, char out[HTTP_WORDS_SIZE]);

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef OTPCODE_DELIVER_FIELD_H
#define OTPCODE_DELIVER_FIELD_H

/* The lines of a request, as one table for both sides. Inner part of request.c. */

#include "deliver/request.h"

#include <stdbool.h>
#include <stddef.h>

#define FIELD_VALUE_SIZE 256 /* the longest value is a user's name */

enum field_need {
	FIELD_ALWAYS,
	FIELD_WITH_CODE,    /* with kind code, and with no other */
	FIELD_WITH_MESSAGE, /* with every kind but check, which has no message */
	FIELD_OPTIONAL,
};

/* One line. The order of the table is the order of the lines. */
struct field {
	const char *key;
	enum field_need need;
	const char *rule; /* completes "must be ..." */
	void (*put)(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE]);
	bool (*take)(const struct field *field, struct request *request, const char *value);
	size_t offset, size; /* of the member, where put and take serve several */
};

/* NULL past the last. */
const struct field *field_at(size_t index);

/* The value as it is written; empty where the request has none. */
void field_put(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE]);

/*
 * Takes a value over into request, which holds those of the fields before it. NULL if it is right, else what
 * it must be. value[len] is NUL.
 */
const char *field_take(const struct field *field, struct request *request, const char *value, size_t len);

bool field_is_required(const struct field *field, enum request_kind kind);

#endif

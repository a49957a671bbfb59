/* SPDX-License-Identifier: BSD-2-Clause */
#include "deliver/field.h"

#include "deliver/wording.h"

#include <stdio.h>
#include <string.h>

#define WAIT_MAX_MS 60000

static const char *const kinds[] = {
	[REQUEST_CODE] = "code",
	[REQUEST_TEST] = "test",
	[REQUEST_PASSWORD] = "password",
	[REQUEST_CHECK] = "check",
};

static void put_kind(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)field;
	(void)snprintf(out, FIELD_VALUE_SIZE, "%s", kinds[request->kind]);
}

static bool take_kind(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		if (strcmp(value, kinds[i]) != 0)
			continue;
		request->kind = (enum request_kind)i;
		return true;
	}
	return false;
}

static void put_channel(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)field;
	(void)snprintf(out, FIELD_VALUE_SIZE, "%s", channel_name(request->contact.channel));
}

static bool take_channel(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	return channel_parse(value, &request->contact.channel);
}

static void put_text(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)snprintf(out, FIELD_VALUE_SIZE, "%s", (const char *)request + field->offset);
}

static bool take_text(const struct field *field, struct request *request, const char *value)
{
	size_t len = strlen(value);

	if (len >= field->size)
		return false;
	memcpy((char *)request + field->offset, value, len + 1);
	return true;
}

/* Only in the form that contact_parse gives it: an address has one way to be written here. */
static bool take_address(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	struct contact contact;

	if (contact_parse(request->contact.channel, value, &contact, NULL) != OTP_OK ||
		strcmp(contact.address, value) != 0)
		return false;
	request->contact = contact;
	return true;
}

static bool take_code(const struct field *field, struct request *request, const char *value)
{
	size_t len = strlen(value);

	return len >= CODE_MIN_LEN && len <= CODE_MAX_LEN &&
	       strspn(value, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == len &&
	       take_text(field, request, value);
}

static bool take_ref(const struct field *field, struct request *request, const char *value)
{
	return strlen(value) == CODE_REF_LEN && strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == CODE_REF_LEN &&
	       take_text(field, request, value);
}

static bool take_provider(const struct field *field, struct request *request, const char *value)
{
	return wording_is_provider(value, strlen(value)) && take_text(field, request, value);
}

static void put_trace(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)field;
	(void)snprintf(out, FIELD_VALUE_SIZE, "%s", request->trace ? "yes" : "");
}

static bool take_trace(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	request->trace = strcmp(value, "yes") == 0;
	return request->trace && request->kind == REQUEST_TEST;
}

static void put_key_proved(
	const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)field;
	(void)snprintf(out, FIELD_VALUE_SIZE, "%s", request->key_proved ? "yes" : "no");
}

static bool take_key_proved(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	request->key_proved = strcmp(value, "yes") == 0;
	return request->key_proved || strcmp(value, "no") == 0;
}

/* No time is written as an empty value: not every kind has them all. */
static void put_time(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	int64_t value;

	memcpy(&value, (const char *)request + field->offset, sizeof value);
	if (value != 0)
		(void)snprintf(out, FIELD_VALUE_SIZE, "%lld", (long long)value);
}

static bool take_time(const struct field *field, struct request *request, const char *value)
{
	int64_t number;

	if (!wording_take_number(value, strlen(value), WORDING_TIME_MAX, &number) || number < 1)
		return false;
	memcpy((char *)request + field->offset, &number, sizeof number);
	return true;
}

static void put_wait(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	(void)field;
	(void)snprintf(out, FIELD_VALUE_SIZE, "%d", request->wait_ms);
}

static bool take_wait(const struct field *field, struct request *request, const char *value)
{
	(void)field;
	int64_t number;

	if (!wording_take_number(value, strlen(value), WAIT_MAX_MS, &number) || number < 1)
		return false;
	request->wait_ms = (int)number;
	return true;
}

#define AT(member) offsetof(struct request, member), sizeof(((struct request *)NULL)->member)

/* docs/deliver-protocol.md shows this table; a test holds the two in step. */
static const struct field fields[] = {
	{"kind", FIELD_ALWAYS, "code, test, password or check", put_kind, take_kind, 0, 0},
	{"channel", FIELD_ALWAYS, "email or sms", put_channel, take_channel, 0, 0},
	{"address", FIELD_WITH_MESSAGE, "an address of the channel", put_text, take_address,
		AT(contact.address)},
	{"code", FIELD_WITH_CODE, "6 to 10 digits or capital letters", put_text, take_code, AT(code.text)},
	{"ref", FIELD_WITH_CODE, "3 capital letters", put_text, take_ref, AT(ref)},
	{"user", FIELD_ALWAYS, "at most 255 characters", put_text, take_text, AT(user)},
	{"host", FIELD_ALWAYS, "at most 64 characters", put_text, take_text, AT(host)},
	{"service", FIELD_ALWAYS, "at most 32 characters", put_text, take_text, AT(service)},
	{"source", FIELD_ALWAYS, "at most 63 characters", put_text, take_text, AT(source)},
	{"key-proved", FIELD_ALWAYS, "yes or no", put_key_proved, take_key_proved, 0, 0},
	{"time", FIELD_ALWAYS, "seconds since 1970", put_time, take_time, AT(time)},
	{"works-until", FIELD_WITH_CODE, "seconds since 1970", put_time, take_time, AT(works_until)},
	{"wait-ms", FIELD_ALWAYS, "1 to 60000", put_wait, take_wait, 0, 0},
	{"account", FIELD_OPTIONAL, "at most 64 characters", put_text, take_text, AT(account)},
	{"support", FIELD_OPTIONAL, "at most 64 characters", put_text, take_text, AT(support)},
	{"provider", FIELD_OPTIONAL, "a provider's name", put_text, take_provider, AT(provider)},
	{"trace", FIELD_OPTIONAL, "yes, with kind test alone", put_trace, take_trace, 0, 0},
};

const struct field *field_at(size_t index)
{
	return index < sizeof fields / sizeof *fields ? &fields[index] : NULL;
}

void field_put(const struct field *field, const struct request *request, char out[FIELD_VALUE_SIZE])
{
	out[0] = '\0';
	field->put(field, request, out);
}

const char *field_take(const struct field *field, struct request *request, const char *value, size_t len)
{
	if (!wording_is_printable(value, len))
		return "printable ASCII";
	if (field->need == FIELD_WITH_CODE && request->kind != REQUEST_CODE)
		return "left out with any kind but code";
	if (field->need == FIELD_WITH_MESSAGE && request->kind == REQUEST_CHECK)
		return "left out with kind check";
	return len > 0 && field->take(field, request, value) ? NULL : field->rule;
}

bool field_is_required(const struct field *field, enum request_kind kind)
{
	switch (field->need) {
	case FIELD_ALWAYS:
		return true;
	case FIELD_WITH_CODE:
		return kind == REQUEST_CODE;
	case FIELD_WITH_MESSAGE:
		return kind != REQUEST_CHECK;
	case FIELD_OPTIONAL:
		break;
	}
	return false;
}

static const char *need_name(enum field_need need)
{
	switch (need) {
	case FIELD_ALWAYS:
		return "always";
	case FIELD_WITH_CODE:
		return "with kind code";
	case FIELD_WITH_MESSAGE:
		return "not with kind check";
	case FIELD_OPTIONAL:
		return "optional";
	}
	return "never";
}

bool request_key_at(size_t index, struct request_key_facts *out)
{
	const struct field *field = field_at(index);

	if (field == NULL)
		return false;
	*out = (struct request_key_facts){field->key, need_name(field->need), field->rule};
	return true;
}

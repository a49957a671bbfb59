/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/code.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct code_form digits = {.alphabet = CODE_DIGITS, .length = 6};
static const struct code_form letters = {.alphabet = CODE_LETTERS, .length = 6};

/* A code comes out with CODE_SHAPE_CODE and never else. */
static void assert_clean(struct code_form form, const char *typed, const char *ref, enum code_shape shape,
	const char *code, unsigned len)
{
	static const struct code none;
	struct code out;
	unsigned typed_len = 999;

	memset(&out, 'x', sizeof out);
	enum code_shape found = code_clean(form, typed, ref, &out, &typed_len);
	if (found != shape)
		fail_msg("\"%s\" is of shape %d, not %d", typed, (int)found, (int)shape);
	if (typed_len != len)
		fail_msg("\"%s\" has length %u, not %u", typed, typed_len, len);
	if (shape == CODE_SHAPE_CODE)
		assert_string_equal(out.text, code);
	else
		assert_memory_equal(&out, &none, sizeof out);
}

static void assert_code(struct code_form form, const char *typed, const char *code)
{
	assert_clean(form, typed, "QFX", CODE_SHAPE_CODE, code, form.length);
	assert_clean(form, typed, NULL, CODE_SHAPE_CODE, code, form.length);
}

static void assert_foreign(struct code_form form, const char *typed)
{
	struct code out;
	unsigned typed_len = 0;

	if (code_clean(form, typed, "QFX", &out, &typed_len) != CODE_SHAPE_FOREIGN)
		fail_msg("\"%s\" is not foreign", typed);
	assert_int_equal(out.text[0], '\0');
}

static void code_is_taken_as_typed(void **state)
{
	(void)state;
	const struct code_form eight = {.alphabet = CODE_DIGITS, .length = 8};

	assert_code(digits, "012345", "012345");
	assert_code(digits, "000000", "000000");
	assert_code(eight, "98765432", "98765432");
	assert_code(letters, "BCDFGH", "BCDFGH");
}

static void spaces_dashes_and_tabs_are_forgiven(void **state)
{
	(void)state;
	static const char *const typed[] = {
		" 123456", "123456 ", "123 456", "123-456", "1 2 3 4 5 6", "--123456--", "\t123\t456\t",
		"123\xc2\xa0-456",     /* no-break space */
		"123\xc2\xad-456",     /* soft hyphen */
		"123\xe2\x80\x80-456", /* en quad */
		"123\xe2\x80\x87-456", /* figure space */
		"123\xe2\x80\x8a-456", /* hair space */
		"123\xe2\x80\xaf-456", /* narrow no-break space */
		"123\xe2\x81\x9f-456", /* mathematical space */
		"123\xe3\x80\x80-456", /* ideographic space */
		"123\xe1\x9a\x80-456", /* ogham space */
		"123\xe2\x80\x90-456", /* hyphen */
		"123\xe2\x80\x91-456", /* no-break hyphen */
		"123\xe2\x80\x93-456", /* en dash */
		"123\xe2\x80\x94-456", /* em dash */
		"123\xe2\x80\x95-456", /* horizontal bar */
		"123\xe2\x88\x92-456", /* minus */
		"123\xef\xbc\x8d-456", /* full-width hyphen */
		"123\xef\xb9\x98-456", /* small em dash */
		"123\xef\xb9\xa3-456", /* small hyphen */
	};

	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
		assert_code(digits, typed[i], "123456");
}

static void case_is_forgiven(void **state)
{
	(void)state;

	assert_code(letters, "bcdfgh", "BCDFGH");
	assert_code(letters, "bCd-FgH", "BCDFGH");
	assert_code(letters, "tvwxzq", "TVWXZQ");
}

static void full_width_characters_are_forgiven(void **state)
{
	(void)state;
	/* 012345; 6789-12; BCDxzZ */
	assert_code(
		digits, "\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xef\xbc\x94\xef\xbc\x95", "012345");
	assert_code(digits, "\xef\xbc\x96\xef\xbc\x97\xef\xbc\x98\xef\xbc\x99-12", "678912");
	assert_code(letters, "\xef\xbc\xa2\xef\xbc\xa3\xef\xbc\xa4\xef\xbd\x98\xef\xbd\x9a\xef\xbc\xba",
		"BCDXZZ");
}

static void wrong_length_is_told_with_the_length_typed(void **state)
{
	(void)state;
	const struct code_form ten = {.alphabet = CODE_DIGITS, .length = 10};

	assert_clean(digits, "", "QFX", CODE_SHAPE_LENGTH, NULL, 0);
	assert_clean(digits, " - ", "QFX", CODE_SHAPE_LENGTH, NULL, 0);
	assert_clean(digits, "1", "QFX", CODE_SHAPE_LENGTH, NULL, 1);
	assert_clean(digits, "12345", "QFX", CODE_SHAPE_LENGTH, NULL, 5);
	assert_clean(digits, "1234567", "QFX", CODE_SHAPE_LENGTH, NULL, 7);
	assert_clean(digits, "123456123456", "QFX", CODE_SHAPE_LENGTH, NULL, 12);
	assert_clean(ten, "12345678901", "QFX", CODE_SHAPE_LENGTH, NULL, 11);
	assert_clean(letters, "bcdfg", "QFX", CODE_SHAPE_LENGTH, NULL, 5);
	assert_clean(letters, "qfq", "QFX", CODE_SHAPE_LENGTH, NULL, 3);
}

static void ref_is_recognised_before_its_length_is_judged(void **state)
{
	(void)state;
	static const char *const typed[] = {
		"QFX", "qfx", "qFx", " QFX ", "\tqfx", "q-f-x", "\xef\xbc\xb1\xef\xbc\xa6\xef\xbc\xb8"};

	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
		assert_clean(digits, typed[i], "QFX", CODE_SHAPE_REF, NULL, 3);
		assert_clean(letters, typed[i], "QFX", CODE_SHAPE_REF, NULL, 3);
		assert_clean(digits, typed[i], "QFZ", CODE_SHAPE_FOREIGN, NULL, 3);
		assert_clean(letters, typed[i], NULL, CODE_SHAPE_LENGTH, NULL, 3);
	}
}

static void more_or_less_than_the_ref_is_not_the_ref(void **state)
{
	(void)state;

	assert_clean(digits, "QF", "QFX", CODE_SHAPE_FOREIGN, NULL, 2);
	assert_clean(digits, "QFXQ", "QFX", CODE_SHAPE_FOREIGN, NULL, 4);
	assert_clean(digits, "QFX 123456", "QFX", CODE_SHAPE_FOREIGN, NULL, 9);
	assert_clean(digits, "", "", CODE_SHAPE_LENGTH, NULL, 0);
	assert_clean(digits, "123", "", CODE_SHAPE_LENGTH, NULL, 3);
}

static void C34_characters_of_another_alphabet_are_foreign(void **state)
{
	(void)state;
	static const char *const for_digits[] = {"12345a", "ABCDEF", "O23456", "l23456", "1234.6", "+12345",
		"123,456", "123_456", "\"23456\"", "0x1234", "(123456)", "%d%d%d", "$(id)"};
	static const char *const for_letters[] = {"123456", "BCDFG1", "AEIOUY", "BCDFGA", "BCDFGY", "BCDFG!"};

	for (size_t i = 0; i < sizeof for_digits / sizeof *for_digits; i++)
		assert_foreign(digits, for_digits[i]);
	for (size_t i = 0; i < sizeof for_letters / sizeof *for_letters; i++)
		assert_foreign(letters, for_letters[i]);
}

static void C34_control_bytes_are_foreign(void **state)
{
	(void)state;

	for (int byte = 1; byte <= 0x7f; byte++) {
		char typed[] = "123456?";
		if ((byte >= ' ' && byte < 0x7f) || byte == '\t')
			continue;
		typed[6] = (char)byte;
		assert_clean(digits, typed, "QFX", CODE_SHAPE_FOREIGN, NULL, 7);
		typed[6] = '6';
		typed[0] = (char)byte;
		assert_clean(digits, typed, "QFX", CODE_SHAPE_FOREIGN, NULL, 7);
	}
	assert_foreign(digits, "\b\n\r\177INCORRECT");
}

static void C34_other_characters_and_invalid_utf_8_are_foreign(void **state)
{
	(void)state;
	static const char *const typed[] = {
		"12345\xd9\xa6",             /* Arabic-Indic six */
		"123456\xc3\xa9",            /* e acute */
		"123456\xe2\x80\x8b",        /* zero-width space */
		"\xef\xbb\xbf-123456",       /* byte order mark */
		"12345\xe2\x91\xa5",         /* circled six */
		"12345\xf0\x9d\x9f\x94",     /* mathematical six */
		"12345\xc2\xb6",             /* pilcrow */
		"123456\x80",                /* a continuation byte alone */
		"\x80-123456", "123456\xc2", /* cut short */
		"123456\xe2\x80", "123456\xef\xbc", "123456\xf0\x9d\x9f",
		"123\xc2\xa0\x80-456",                    /* a no-break space and one byte more */
		"123\xe3\x80\x80\x80-456",                /* an ideographic space and one byte more */
		"123\xf3\x80\x80-456",                    /* an ideographic space under a lead byte of four */
		"123\xff\x80\x80-456", "123\xc0\xa0-456", /* a space, overlong */
		"123\xe0\x80\xa0-456",                    /* a space, overlong */
		"123\xe0\x82\xa0-456",                    /* a no-break space, overlong */
		"12345\xc0\xb6",                          /* a six, overlong */
		"12345\xc1\xb6", "12345\xe0\x80\xb6", "12345\xf0\x80\x80\xb6",
		"123456\xed\xa0\x80",     /* a surrogate */
		"123456\xf4\x90\x80\x80", /* beyond U+10FFFF */
		"123456\xfe",             /* no UTF-8 at all */
		"123456\xff", "\xff\xff\xff\xff\xff\xff",
		"\xef\xbc\x8f-123456", /* full-width solidus, just before the digits */
		"\xef\xbc\x9a-123456", /* full-width colon, just behind them */
		"123456\xef\xbd\x9f",  /* behind the last full-width form */
		"123456\xe2\x80\x96",  /* double bar, just behind the dashes */
		"123456\xe2\x80\x8f",  /* a mark, just before them */
	};

	for (size_t i = 0; i < sizeof typed / sizeof *typed; i++)
		assert_foreign(digits, typed[i]);
	assert_foreign(letters, "BCDFG\xc4\xb0");     /* I with a dot */
	assert_foreign(letters, "BCDFG\xe2\x84\xaa"); /* the Kelvin sign folds to k elsewhere */
	assert_foreign(letters, "BCDFG\xc5\xbf");     /* the long s folds to s elsewhere */
}

/* Every code point: what is dropped, what folds to which character, and that all else is foreign. */
static void C34_every_character_of_unicode_is_judged_as_listed(void **state)
{
	(void)state;
	static const uint32_t dropped[] = {'\t', ' ', '-', 0xa0, 0xad, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003,
		0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2010, 0x2011, 0x2012, 0x2013,
		0x2014, 0x2015, 0x202f, 0x205f, 0x2212, 0x3000, 0xfe58, 0xfe63, 0xff0d};
	size_t at = 0;

	for (uint32_t point = 1; point < 0x10000; point++) {
		char typed[4] = {0};
		struct code out;
		unsigned len = 9;
		if (point < 0x80) {
			typed[0] = (char)point;
		} else if (point < 0x800) {
			typed[0] = (char)(0xc0 | point >> 6);
			typed[1] = (char)(0x80 | (point & 0x3f));
		} else {
			typed[0] = (char)(0xe0 | point >> 12);
			typed[1] = (char)(0x80 | (point >> 6 & 0x3f));
			typed[2] = (char)(0x80 | (point & 0x3f));
		}
		enum code_shape shape = code_clean(digits, typed, NULL, &out, &len);
		if (at < sizeof dropped / sizeof *dropped && point == dropped[at]) {
			at++;
			assert_int_equal(shape, CODE_SHAPE_LENGTH);
			assert_int_equal(len, 0);
			continue;
		}
		bool digit = (point >= '0' && point <= '9') || (point >= 0xff10 && point <= 0xff19);
		assert_int_equal(shape, digit ? CODE_SHAPE_LENGTH : CODE_SHAPE_FOREIGN);
		assert_int_equal(len, 1);
	}
	assert_int_equal(at, sizeof dropped / sizeof *dropped);
}

static void C34_a_nul_ends_the_answer(void **state)
{
	(void)state;

	assert_clean(digits, "123\0-456", "QFX", CODE_SHAPE_LENGTH, NULL, 3);
	assert_clean(digits, "123456\0-7", "QFX", CODE_SHAPE_CODE, "123456", 6);
	assert_clean(digits, "\0-123456", "QFX", CODE_SHAPE_LENGTH, NULL, 0);
}

static void C19_answer_of_any_length_is_bounded(void **state)
{
	(void)state;
	static char typed[70000];
	const struct code_form broken = {.alphabet = CODE_DIGITS, .length = 4000};

	for (unsigned len = 0; len <= 1025; len++) {
		char *exact = malloc(len + 1); /* so that a sanitizer sees a byte too far */
		assert_non_null(exact);
		memset(exact, '7', len);
		exact[len] = '\0';
		assert_clean(
			digits, exact, "QFX", len == 6 ? CODE_SHAPE_CODE : CODE_SHAPE_LENGTH, "777777", len);
		memset(exact, 0xe3, len);
		unsigned typed_len = 0;
		struct code out;
		enum code_shape shape = code_clean(digits, exact, "QFX", &out, &typed_len);
		assert_int_equal(shape, len == 0 ? CODE_SHAPE_LENGTH : CODE_SHAPE_FOREIGN);
		free(exact);
	}
	memset(typed, '7', 4000);
	assert_clean(broken, typed, "QFX", CODE_SHAPE_LENGTH, NULL, 4000);
	memset(typed, ' ', sizeof typed - 7);
	memcpy(typed + sizeof typed - 7, "123456", 7);
	assert_code(digits, typed, "123456");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(code_is_taken_as_typed),
		cmocka_unit_test(spaces_dashes_and_tabs_are_forgiven),
		cmocka_unit_test(case_is_forgiven),
		cmocka_unit_test(full_width_characters_are_forgiven),
		cmocka_unit_test(wrong_length_is_told_with_the_length_typed),
		cmocka_unit_test(ref_is_recognised_before_its_length_is_judged),
		cmocka_unit_test(more_or_less_than_the_ref_is_not_the_ref),
		cmocka_unit_test(C34_characters_of_another_alphabet_are_foreign),
		cmocka_unit_test(C34_control_bytes_are_foreign),
		cmocka_unit_test(C34_other_characters_and_invalid_utf_8_are_foreign),
		cmocka_unit_test(C34_every_character_of_unicode_is_judged_as_listed),
		cmocka_unit_test(C34_a_nul_ends_the_answer),
		cmocka_unit_test(C19_answer_of_any_length_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

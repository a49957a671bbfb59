/* SPDX-License-Identifier: BSD-2-Clause */
#include "hook/gsm7.h"

#include "hook/text.h"

#include <string.h>

static const char basic[] = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
			    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
static const char extension[] = "^{}\\[~]|€";

/* Each with what stands for it. */
static const char *const likes[][2] = {{"`", "'"}, {"´", "'"}, {"‘", "'"}, {"’", "'"}, {"‚", "'"},
	{"“", "\""}, {"”", "\""}, {"„", "\""}, {"«", "\""}, {"»", "\""}, {"‐", "-"}, {"‑", "-"}, {"–", "-"},
	{"—", "-"}, {"−", "-"}, {"•", "-"}, {"…", "..."}, {"\t", " "}, {"\u00a0", " "}, {"\u202f", " "},
	{"ĳ", "ij"}, {"œ", "oe"}, {"Œ", "OE"}, {"ẞ", "SS"}};

/* A letter, and the same without its accent, one after the other. */
static const char accents[] =
	"ÀAÁAÂAÃAĀAĂAĄAÈEÊEËEĒEĖEĘEĚEÌIÍIÎIÏIĪIĮIİIÒOÓOÔOÕOŌOŐOÙUÚUÛUŪUŮUŰUŲUÝYŸYĆCČCĎDĐDĞGĢGĶKĹLĻLĽLŁLŃNŅNŇN"
	"ŔRŘR"
	"ŚSŞSŠSȘSŢTŤTȚTŹZŻZŽZáaâaãaāaăaąaçcćcčcďdđdêeëeēeėeęeěeğgģgíiîiïiīiįiıiķkĺlļlľlłlńnņnňnóoôoõoōoőoŕrřr"
	"śsşsšsșsţtťtțtúuûuūuůuűuųuýyÿyźzżzžz";

static bool stands_in(const char *characters, const char *at, size_t len)
{
	for (size_t step; *characters != '\0'; characters += step) {
		step = text_utf8_len(characters, strlen(characters));
		step = step == 0 ? 1 : step; /* a line end */
		if (step == len && memcmp(characters, at, len) == 0)
			return true;
	}
	return false;
}

static size_t character_len(const char *at)
{
	size_t len = text_utf8_len(at, strlen(at));

	return len == 0 ? 1 : len;
}

size_t gsm7_septets(const char *text)
{
	size_t septets = 0;

	for (size_t len; *text != '\0'; text += len) {
		len = character_len(text);
		if (stands_in(basic, text, len))
			septets++;
		else if (stands_in(extension, text, len))
			septets += 2;
		else
			return GSM7_LACKED;
	}
	return septets;
}

/* What stands for the character, or NULL. */
static const char *like(const char *at, size_t len, char letter[2])
{
	for (size_t i = 0; i < sizeof likes / sizeof *likes; i++)
		if (strlen(likes[i][0]) == len && memcmp(likes[i][0], at, len) == 0)
			return likes[i][1];
	for (const char *p = accents; *p != '\0'; p++) {
		size_t step = character_len(p);
		if (step == len && memcmp(p, at, len) == 0) {
			letter[0] = p[step];
			letter[1] = '\0';
			return letter;
		}
		p += step;
	}
	return NULL;
}

bool gsm7_fold(char *text)
{
	char *out = text;
	bool whole = true;

	for (size_t len; *text != '\0'; text += len) {
		char letter[2];
		len = character_len(text);
		bool is_there = stands_in(basic, text, len) || stands_in(extension, text, len);
		const char *instead = is_there ? NULL : like(text, len, letter);
		size_t out_len = instead != NULL ? strlen(instead) : len;
		memmove(out, instead != NULL ? instead : text, out_len);
		out += out_len;
		whole = whole && (is_there || instead != NULL);
	}
	*out = '\0';
	return whole;
}

/* SPDX-License-Identifier: BSD-2-Clause */
#include "prompt/texts.h"

#include "prompt/filling.h"

#include <stdbool.h>
#include <string.h>

enum text {
	TEXT_NOTHING,
	TEXT_SENT,
	TEXT_SENT_AGAIN,
	TEXT_SENT_AFTER_EXPIRED,
	TEXT_SENT_AFTER_GONE,
	TEXT_SENT_TO_OTHER,
	TEXT_SENT_BY_OTHER,
	TEXT_SLOW,
	TEXT_SLOW_BY_OTHER,
	TEXT_WAITING,
	TEXT_ASK,
	TEXT_ASK_KEPT,
	TEXT_ASK_TOO_LATE,
	TEXT_NOT_SENT,
	TEXT_NOT_SENT_AGAIN,
	TEXT_NOT_SENT_BUT_KEPT,
	TEXT_WRONG,
	TEXT_LENGTH,
	TEXT_LENGTH_OR_BACKUP,
	TEXT_REF,
	TEXT_FOREIGN,
	TEXT_FOREIGN_OR_BACKUP,
	TEXT_PASSWORD,
	TEXT_EXPIRED,
	TEXT_EXPIRED_ALL,
	TEXT_ENDED,
	TEXT_NO_SUCH_CONTACT,
	TEXT_NO_SUCH_CONTACT_NO_CODE,
	TEXT_NO_SUCH_CONTACT_BUT_KEPT,
	TEXT_TOO_SOON,
	TEXT_LIMIT,
	TEXT_LIMIT_NO_CODE,
	TEXT_LIMIT_BUT_KEPT,
	TEXT_SPENT,
	TEXT_LOCKED,
	TEXT_LOCKED_FOR_GOOD,
	TEXT_NO_CONTACT,
	TEXT_NO_CONTACT_BUT_KEPT,
	TEXT_VERIFIED_AFTER_WRONG,
	TEXT_VERIFIED_BY_BACKUP,
	TEXT_OUT_OF_ORDER,
	TEXTS_N,
};

#define VARIANTS 4

/*
 * Everything that is ever said at a prompt. The first variant that fits 78 columns is taken: an address's
 * last label, the support line and a source differ in length. The placeholders are prompt/filling.c's.
 */
static const char *const variants[TEXTS_N][VARIANTS] = {
	[TEXT_SENT] = {"{A-code} was {sent} to {to} (ref {ref}). Nothing? Press Enter.",
		"{A-code} was {sent} to {to} (ref {ref}). None? Press Enter.",
		"{A-code} was {sent} to {to} (ref {ref}). None? Enter."},
	[TEXT_SENT_AGAIN] = {"A new code was {sent} to {to} (ref {ref}). Nothing? Press Enter.",
		"A new code was {sent} to {to} (ref {ref}). None? Press Enter.",
		"A new code was {sent} to {to} (ref {ref}). None? Enter."},
	[TEXT_SENT_AFTER_EXPIRED] = {"The code expired. A new one was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_AFTER_GONE] = {"That code is void by now. A new one was {sent} to {to} (ref {ref}).",
		"That code is void. A new one was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_TO_OTHER] = {"The first address failed, so the code was {sent} to {to} (ref {ref}).",
		"That address failed; the code was {sent} to {to} (ref {ref}).",
		"The code was {sent} to {to} (ref {ref})."},
	[TEXT_SENT_BY_OTHER] = {"{Other} failed, so the code was {sent} to {to} (ref {ref})."},
	[TEXT_SLOW] = {"{Message} to {to} is slow (ref {ref}). Wait for the code, then type it here.",
		"{Message} to {to} is slow (ref {ref}). Wait for it, then type the code.",
		"{Message} to {to} is slow (ref {ref}). Wait, then type the code.",
		"{Message} to {to} is slow (ref {ref})."},
	[TEXT_SLOW_BY_OTHER] = {"{Other} failed; {message} to {to} is slow (ref {ref}). Wait for it.",
		"{Other} failed; {message} to {to} is slow (ref {ref})."},
	[TEXT_WAITING] = {"Use the code {sent} to {to} {ago} ago (ref {ref}). None? Press Enter.",
		"Use the code {sent} to {to} {ago} ago (ref {ref}). None? Enter.",
		"Use the code {sent} to {to} {ago} ago (ref {ref})."},
	[TEXT_ASK] = {"Enter {kept}. None? Press Enter to have one sent."},
	[TEXT_ASK_KEPT] = {"Enter {kept}."},
	[TEXT_ASK_TOO_LATE] = {"That came too late and was not checked. Enter {kept}.",
		"That came too late. Enter {kept}."},
	[TEXT_NOT_SENT] = {"Your code could not be sent. Try later.{help}",
		"Your code could not be sent.{help}"},
	[TEXT_NOT_SENT_AGAIN] = {"No new code could be sent. {Earlier}."},
	[TEXT_NOT_SENT_BUT_KEPT] = {"Your code could not be sent. Use {kept}."},
	[TEXT_WRONG] = {"Wrong code. Use {use}. {tries} left."},
	[TEXT_LENGTH] = {"The code has {chars}; you typed {typed}. Not counted."},
	/* Backup codes taken over are of another form than our own, and who has which is not known. */
	[TEXT_LENGTH_OR_BACKUP] = {"The code is {chars}, or a backup code; you typed {typed}. Not counted.",
		"The code is {chars}, or a backup code. Not counted."},
	[TEXT_REF] = {"{ref} is the message's ref. Type the {chars}. Not counted."},
	[TEXT_FOREIGN] = {"The code is {chars} and nothing else: see {where}. Not counted.",
		"The code is {chars}: see {where}. Not counted."},
	[TEXT_FOREIGN_OR_BACKUP] = {"The code is {chars}, or a backup code: see {where}. Not counted.",
		"The code is {chars}: see {where}. Not counted."},
	[TEXT_PASSWORD] = {"That is your password. Type the {chars} in {where}. Not counted.",
		"That is your password. Type the {chars} in {where}."},
	[TEXT_EXPIRED] = {"That code expired. Use the newest one in message {ref}. {tries} left."},
	[TEXT_EXPIRED_ALL] = {"That code expired. Use {kept}. {tries} left."},
	[TEXT_ENDED] = {"The code expired."},
	[TEXT_NO_SUCH_CONTACT] = {"No code can be {sent} to you. {Earlier}."},
	[TEXT_NO_SUCH_CONTACT_NO_CODE] = {"No code can be {sent} to you. Press Enter for a new one."},
	[TEXT_NO_SUCH_CONTACT_BUT_KEPT] = {"No code can be {sent} to you. Use {kept}."},
	[TEXT_TOO_SOON] = {"You can ask again in {wait}. {Earlier}."},
	[TEXT_LIMIT] = {"No more codes for {wait}. {Earlier}."},
	[TEXT_LIMIT_NO_CODE] = {"No more codes for {wait}. Log in again after that.{help}",
		"No more codes for {wait}.{help}"},
	[TEXT_LIMIT_BUT_KEPT] = {"No more codes for {wait}. Use {kept}."},
	[TEXT_SPENT] = {"Too many wrong codes. Log in again later for a new code."},
	[TEXT_LOCKED] = {"Locked after too many wrong codes. Try again in {wait}.{help}",
		"Locked: too many wrong codes. Again in {wait}.{help}", "Locked for {wait}.{help}"},
	[TEXT_LOCKED_FOR_GOOD] = {"Locked until an administrator unlocks you.{help}",
		"An administrator must unlock you.{help}", "Locked.{help}"},
	[TEXT_NO_CONTACT] = {"No address is registered for you.{help}", "You have no address.{help}"},
	[TEXT_NO_CONTACT_BUT_KEPT] = {"No code can be sent to you. Use {kept}."},
	/* Somebody else's doing comes first; how many are left is said in any case. */
	[TEXT_VERIFIED_AFTER_WRONG] = {"{wrong} since your last login{latest}.{left}",
		"{wrong} since your last login.{left}"},
	[TEXT_VERIFIED_BY_BACKUP] = {"That backup code is used up.{left}"},
	[TEXT_OUT_OF_ORDER] = {"Codes cannot be checked on this machine now. Try later.{help}",
		"Codes cannot be checked now. Try later.{help}", "Codes cannot be checked now.{help}"},
};

static void write_text(enum text text, const struct otp_step *step, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	struct texts_facts without_help = *facts;

	out[0] = '\0';
	for (unsigned i = 0; i < VARIANTS && variants[text][i] != NULL; i++)
		if (filling_expand(variants[text][i], step, facts, out))
			return;
	/* Nothing fits with this support line: what happened matters more than whom to ask. */
	without_help.support = "";
	if (variants[text][0] != NULL && !filling_expand(variants[text][0], step, &without_help, out))
		out[0] = '\0';
}

static enum text choose_sent(const struct otp_step *step, enum texts_context context)
{
	if (step->delivery == RECORD_SLOW)
		return context == TEXTS_OTHER_CHANNEL ? TEXT_SLOW_BY_OTHER : TEXT_SLOW;
	if (context == TEXTS_OTHER_CHANNEL)
		return TEXT_SENT_BY_OTHER;
	if (context == TEXTS_AGAIN)
		return TEXT_SENT_AGAIN;
	if (context == TEXTS_EXPIRED)
		return TEXT_SENT_AFTER_EXPIRED;
	if (context == TEXTS_GONE)
		return TEXT_SENT_AFTER_GONE;
	return context == TEXTS_OTHER_CONTACT ? TEXT_SENT_TO_OTHER : TEXT_SENT;
}

/* Where no code that was sent is live, what the person keeps may be left to type. */
static bool has_kept(const struct otp_step *step)
{
	return step->has_totp || step->backups_left > 0;
}

static enum text choose_by_means(
	const struct otp_step *step, enum text live, enum text kept, enum text nothing)
{
	if (step->has_live_code)
		return live;
	return has_kept(step) ? kept : nothing;
}

static enum text choose_ask(const struct otp_step *step, enum texts_context context)
{
	if (context == TEXTS_EXPIRED || context == TEXTS_GONE)
		return TEXT_ASK_TOO_LATE;
	return step->more_contacts ? TEXT_ASK : TEXT_ASK_KEPT;
}

static enum text choose_verified(const struct otp_step *step)
{
	if (step->wrong_since_success > 0)
		return TEXT_VERIFIED_AFTER_WRONG;
	return step->means == OTP_MEANS_BACKUP ? TEXT_VERIFIED_BY_BACKUP : TEXT_NOTHING;
}

/* Beside codes of another form, a backup code may be typed. */
static bool has_backup_beside(const struct otp_step *step)
{
	return step->backups_left > 0 && (step->has_live_code || step->has_totp);
}

static enum text choose_shape(const struct otp_step *step)
{
	switch (step->shape) {
	case CODE_SHAPE_CODE:
		return TEXT_NOTHING;
	case CODE_SHAPE_LENGTH:
		return has_backup_beside(step) ? TEXT_LENGTH_OR_BACKUP : TEXT_LENGTH;
	case CODE_SHAPE_REF:
		return TEXT_REF;
	case CODE_SHAPE_FOREIGN:
		return has_backup_beside(step) ? TEXT_FOREIGN_OR_BACKUP : TEXT_FOREIGN;
	}
	return TEXT_NOTHING;
}

static enum text choose(const struct otp_step *step, enum texts_context context)
{
	switch (step->situation) {
	case OTP_SEND:
		return choose_sent(step, context);
	case OTP_ASK:
		return choose_ask(step, context);
	case OTP_REMEMBERED:
		return TEXT_NOTHING;
	case OTP_WAITING:
		return step->delivery == RECORD_SLOW ? TEXT_SLOW : TEXT_WAITING;
	case OTP_SEND_FAILED:
		return choose_by_means(step, TEXT_NOT_SENT_AGAIN, TEXT_NOT_SENT_BUT_KEPT, TEXT_NOT_SENT);
	case OTP_NO_SUCH_CONTACT:
		return choose_by_means(step, TEXT_NO_SUCH_CONTACT, TEXT_NO_SUCH_CONTACT_BUT_KEPT,
			TEXT_NO_SUCH_CONTACT_NO_CODE);
	case OTP_TOO_SOON:
		return TEXT_TOO_SOON;
	case OTP_SEND_LIMIT:
		return choose_by_means(step, TEXT_LIMIT, TEXT_LIMIT_BUT_KEPT, TEXT_LIMIT_NO_CODE);
	case OTP_SPENT:
		return TEXT_SPENT;
	case OTP_LOCKED:
		return step->wait_s == RECORD_LOCK_FOREVER ? TEXT_LOCKED_FOR_GOOD : TEXT_LOCKED;
	case OTP_NOT_ENROLLED:
		return TEXT_NO_CONTACT;
	case OTP_NO_CONTACT:
		return choose_by_means(step, TEXT_NO_CONTACT, TEXT_NO_CONTACT_BUT_KEPT, TEXT_NO_CONTACT);
	case OTP_VERIFIED:
		return choose_verified(step);
	case OTP_WRONG:
		return TEXT_WRONG;
	case OTP_EXPIRED:
		return choose_by_means(step, TEXT_EXPIRED, TEXT_EXPIRED_ALL, TEXT_ENDED);
	case OTP_NOT_A_CODE:
		return choose_shape(step);
	}
	return TEXT_NOTHING;
}

void texts_line(const struct otp_step *step, enum texts_context context, const struct texts_facts *facts,
	char out[TEXTS_LINE_SIZE])
{
	enum text text = TEXT_NOTHING;

	if (context == TEXTS_PASSWORD)
		text = TEXT_PASSWORD;
	else if (context != TEXTS_SILENT)
		text = choose(step, context);
	write_text(text, step, facts, out);
}

void texts_out_of_order(const char *support, char out[TEXTS_LINE_SIZE])
{
	struct otp_step nothing = {0};
	struct texts_facts facts = {.support = support};

	write_text(TEXT_OUT_OF_ORDER, &nothing, &facts, out);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* What the command thinks of a stack is what libpam makes of it: the same random stacks are given to both. */
#include "cli/pam_control.c" /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_stack.c"   /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_walk.c"    /* NOLINT(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <security/pam_appl.h>
#include <unistd.h>

#define STACKS 1000
#define FILES 2

static char folder[] = "/tmp/otpcode-walk.XXXXXX";

/* The same numbers at every run. */
static uint32_t draw(uint32_t below)
{
	static uint32_t state = 2463534242;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static const char *pick(const char *const *list, uint32_t n)
{
	return list[draw(n)];
}

static const char *const controls[] = {"required", "requisite", "sufficient", "optional",
	"[success=1 default=ignore]", "[success=ok ignore=ignore default=die]",
	"[success=2 auth_err=ignore default=bad]", "[success=done default=1]", "[default=reset]",
	"[success=reset auth_err=ok default=ignore]", "[success=ok perm_denied=1 default=done]",
	"[success=bad ignore=ok default=ignore]", "[success=ok]"};
static const char *const answers_of_debug[] = {
	"success", "auth_err", "ignore", "perm_denied", "maxtries", "authinfo_unavail"};

#define COUNT_OF(list) (uint32_t)(sizeof(list) / sizeof *(list))

static void write_file(const char *name, bool may_include)
{
	char path[80];
	(void)snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	for (uint32_t lines = 1 + draw(5); lines > 0; lines--) {
		if (may_include && draw(4) == 0)
			(void)fprintf(
				file, "auth %s %s/more\n", draw(2) == 0 ? "substack" : "include", folder);
		else
			(void)fprintf(file, "auth %s pam_debug.so auth=%s\n",
				pick(controls, COUNT_OF(controls)),
				pick(answers_of_debug, COUNT_OF(answers_of_debug)));
	}
	assert_int_equal(fclose(file), 0);
}

static enum otp_err read_named(
	void *self, const char *name, char path[PAM_STACK_PATH_SIZE], char **text, struct otp_why *why)
{
	(void)self;
	if (name[0] == '/')
		(void)snprintf(path, PAM_STACK_PATH_SIZE, "%s", name);
	else
		(void)snprintf(path, PAM_STACK_PATH_SIZE, "%s/%s", folder, name);
	FILE *file = fopen(path, "r");

	if (file == NULL)
		return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "none");
	*text = calloc(1, 4096);
	assert_non_null(*text);
	assert_true(fread(*text, 1, 4095, file) > 0);
	assert_int_equal(fclose(file), 0);
	return OTP_OK;
}

static unsigned answer_of(const void *self, const struct pam_rule *rule, unsigned index)
{
	static const enum pam_answer meant[] = {PAM_ANSWER_SUCCESS, PAM_ANSWER_DENIED, PAM_ANSWER_IGNORE,
		PAM_ANSWER_PERM_DENIED, PAM_ANSWER_MAXTRIES, PAM_ANSWER_UNAVAILABLE};
	(void)self;
	(void)index;

	for (unsigned i = 0; i < COUNT_OF(answers_of_debug); i++)
		if (strcmp(rule->arguments[0] + strlen("auth="), answers_of_debug[i]) == 0)
			return PAM_WALK_ANSWER(meant[i]);
	fail();
	return 0;
}

static bool we_think_it_opens(void)
{
	static struct pam_stack stack;
	const struct pam_source source = {.read = read_named};
	const struct pam_walk_plan plan = {.answers = answer_of, .watched = PAM_WALK_NOWHERE};
	struct otp_why why;

	if (pam_stack_read(&source, "walk", &stack, &why) != OTP_OK)
		fail_msg("%s", why.text);
	bool opens = pam_walk(&stack, &plan).opens;
	pam_stack_free(&stack);
	return opens;
}

static int say_nothing(int n, const struct pam_message **messages, struct pam_response **replies, void *data)
{
	(void)n, (void)messages, (void)data;
	*replies = NULL;
	return PAM_CONV_ERR;
}

static bool libpam_opens(void)
{
	const struct pam_conv conversation = {say_nothing, NULL};
	pam_handle_t *handle = NULL;

	assert_int_equal(pam_start_confdir("walk", "nobody", &conversation, folder, &handle), PAM_SUCCESS);
	(void)pam_fail_delay(handle, 0);
	int result = pam_authenticate(handle, PAM_SILENT);
	(void)pam_end(handle, result);
	return result == PAM_SUCCESS;
}

static void random_stacks_open_where_libpam_opens(void **state)
{
	unsigned opened = 0;
	(void)state;

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < STACKS; i++) {
		write_file("more", false);
		write_file("walk", true);
		bool theirs = libpam_opens();
		if (we_think_it_opens() != theirs)
			fail_msg("stack %u: libpam %s; see %s", i, theirs ? "opens" : "denies", folder);
		opened += theirs ? 1 : 0;
	}
	assert_in_range(opened, STACKS / 20, STACKS - STACKS / 20);
	char path[80];
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", folder, i == 0 ? "more" : "walk");
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_stacks_open_where_libpam_opens)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* A PAM stack is read and walked as libpam does it. What only the command holds is in no library. */
#include "cli/pam_control.c" /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_stack.c"   /* NOLINT(bugprone-suspicious-include) */
#include "cli/pam_walk.c"    /* NOLINT(bugprone-suspicious-include) */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Files by name; NULL-ended. */
struct named {
	const char *name, *text;
};

static enum otp_err read_named(
	void *self, const char *name, char path[PAM_STACK_PATH_SIZE], char **text, struct otp_why *why)
{
	for (const struct named *file = self; file->name != NULL; file++) {
		if (strcmp(file->name, name) != 0)
			continue;
		(void)snprintf(path, PAM_STACK_PATH_SIZE, "/p/%s", name);
		*text = strdup(file->text);
		return OTP_OK;
	}
	return why_set(why, OTP_ERR_NOT_ENROLLED, 0, "none");
}

static struct pam_stack stack;
static struct otp_why why;

static enum otp_err load(struct named *files)
{
	struct pam_source source = {.self = files, .read = read_named};

	pam_stack_free(&stack);
	return pam_stack_read(&source, "sshd", &stack, &why);
}

static void load_service(const char *text)
{
	struct named files[] = {{"sshd", text}, {NULL, NULL}};

	assert_int_equal(load(files), OTP_OK);
}

static int free_stack(void **state)
{
	(void)state;
	pam_stack_free(&stack);
	return 0;
}

static void lines_are_taken_apart_as_libpam_does(void **state)
{
	(void)state;
	load_service("# a comment\n\n-auth\trequired pam_a.so one [two words]  # rest\nAUTH [success=1 \\\n "
		     "default=die] "
		     "/x/pam_b.so\naccount required pam_c.so\n");
	assert_int_equal(stack.rules_n, 2);
	assert_string_equal(stack.rules[0].module, "pam_a.so");
	assert_int_equal(stack.rules[0].arguments_n, 2);
	assert_string_equal(stack.rules[0].arguments[1], "two words");
	assert_int_equal(stack.rules[0].line, 3);
	assert_true(pam_rule_is(&stack.rules[1], "pam_b.so"));
	assert_int_equal(stack.rules[1].actions[PAM_ANSWER_SUCCESS], 1);
	assert_int_equal(stack.rules[1].actions[PAM_ANSWER_DENIED], PAM_ACTION_DIE);
	assert_int_equal(stack.rules[1].line, 5);
}

static void old_words_stand_for_brackets(void **state)
{
	(void)state;
	load_service("auth requisite a\nauth sufficient b\nauth optional c\nauth [success=ok] d\n");
	assert_int_equal(stack.rules[0].actions[PAM_ANSWER_DENIED], PAM_ACTION_DIE);
	assert_int_equal(stack.rules[0].actions[PAM_ANSWER_IGNORE], PAM_ACTION_IGNORE);
	assert_int_equal(stack.rules[1].actions[PAM_ANSWER_SUCCESS], PAM_ACTION_DONE);
	assert_int_equal(stack.rules[1].actions[PAM_ANSWER_OTHER], PAM_ACTION_IGNORE);
	assert_int_equal(stack.rules[2].actions[PAM_ANSWER_DENIED], PAM_ACTION_IGNORE);
	assert_int_equal(stack.rules[3].actions[PAM_ANSWER_IGNORE], PAM_ACTION_BAD);
}

static void includes_are_followed_and_substacks_marked(void **state)
{
	(void)state;
	struct named files[] = {{"sshd", "@include a\nauth substack b\nauth required z\n"},
		{"a", "auth include b\nsession required s\n"}, {"b", "auth required y\naccount required n\n"},
		{NULL, NULL}};

	assert_int_equal(load(files), OTP_OK);
	assert_int_equal(stack.rules_n, 4);
	assert_string_equal(stack.rules[0].file, "/p/b");
	assert_int_equal(stack.rules[0].level, 0);
	assert_true(stack.rules[1].substack);
	assert_int_equal(stack.rules[2].level, 1);
	assert_int_equal(stack.rules[3].level, 0);
}

static void other_stands_in_where_there_is_nothing(void **state)
{
	(void)state;
	struct named none[] = {{"other", "auth required pam_deny.so\n"}, {NULL, NULL}};
	struct named no_auth[] = {
		{"sshd", "account required x\n"}, {"other", "auth required pam_deny.so\n"}, {NULL, NULL}};

	assert_int_equal(load(none), OTP_OK);
	assert_string_equal(stack.file, "/p/other");
	assert_int_equal(load(no_auth), OTP_OK);
	assert_int_equal(stack.rules_n, 1);
}

static void what_libpam_refuses_is_refused_with_its_place(void **state)
{
	(void)state;
	static const char *const faults[][2] = {{"auth required\n", "/p/sshd:1: no module"},
		{"\nauth perhaps pam_a.so\n", "/p/sshd:2: a control"},
		{"auth [success=maybe] a\n", "a control"}, {"auth [sucess=ok] a\n", "a control"},
		{"oath required a\n", "/p/sshd:1: a type"}, {"auth include\n", "no file"},
		{"auth include gone\n", "includes gone, which is not there"},
		{"@include sshd\n", "too deep or too often"},
		{"auth substack sshd\n", "too deep or too often"}};

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct named files[] = {{"sshd", faults[i][0]}, {NULL, NULL}};
		assert_int_equal(load(files), OTP_ERR_CONFIG);
		if (strstr(why.text, faults[i][1]) == NULL)
			fail_msg("'%s' does not say '%s'", why.text, faults[i][1]);
	}
}

/* By module: "y" says yes, "n" no, "i" ignore, "?" anything. */
static unsigned answers_by_name(const void *self, const struct pam_rule *rule, unsigned index)
{
	(void)self;
	(void)index;
	switch (rule->module[0]) {
	case 'y':
		return PAM_WALK_ANSWER(PAM_ANSWER_SUCCESS);
	case 'n':
		return PAM_WALK_ANSWER(PAM_ANSWER_DENIED);
	case 'i':
		return PAM_WALK_ANSWER(PAM_ANSWER_IGNORE);
	default:
		return (1U << PAM_ANSWERS_N) - 1;
	}
}

static struct pam_walk_result walk_text(const char *text, unsigned watched)
{
	const struct pam_walk_plan plan = {.answers = answers_by_name, .watched = watched};

	load_service(text);
	return pam_walk(&stack, &plan);
}

static void success_is_what_libpam_makes_of_it(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool opens;
	} cases[] = {
		{"auth required y\n", true},
		{"auth required i\n", false}, /* a stack that only ignores denies */
		{"auth required n\nauth required y\n", false},
		{"auth requisite n\nauth sufficient y\n", false},
		{"auth sufficient y\nauth required n\n", true},
		{"auth sufficient n\nauth required y\n", true},
		{"auth required n\nauth sufficient y\n", false}, {"auth optional n\nauth required y\n", true},
		{"auth [success=1 default=ignore] y\nauth requisite n\nauth required y\n", true},
		{"auth [success=1 default=ignore] n\nauth requisite n\nauth required y\n", false},
		{"auth [default=ok] n\nauth required y\n",
			false}, /* its answer is the result, and is no success */
		{"auth required n\nauth [default=reset] n\nauth required y\n", true},
		{"auth [success=9] y\n", false}, /* a jump past the end fails the stack */
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (walk_text(cases[i].text, PAM_WALK_NOWHERE).opens != cases[i].opens)
			fail_msg("%s", cases[i].text);
}

static void done_ends_a_substack_and_not_what_follows_it(void **state)
{
	(void)state;
	const struct pam_walk_plan plan = {.answers = answers_by_name, .watched = 3};
	struct named files[] = {{"sshd", "auth substack b\nauth required n\n"},
		{"b", "auth sufficient y\nauth required n\n"}, {NULL, NULL}};

	assert_int_equal(load(files), OTP_OK);
	struct pam_walk_result result = pam_walk(&stack, &plan);
	assert_true(result.reached);
	assert_false(result.opens);
}

static void a_jump_counts_a_substack_as_one_line(void **state)
{
	(void)state;
	const struct pam_walk_plan plan = {.answers = answers_by_name, .watched = 4};
	struct named files[] = {{"sshd", "auth [success=1] y\nauth substack b\nauth required y\n"},
		{"b", "auth required n\nauth required n\n"}, {NULL, NULL}};

	assert_int_equal(load(files), OTP_OK);
	struct pam_walk_result result = pam_walk(&stack, &plan);
	assert_true(result.reached);
	assert_true(result.opens);
}

static void whoever_went_past_the_watched_line_is_named(void **state)
{
	(void)state;
	struct pam_walk_result result =
		walk_text("auth required y\nauth sufficient y\nauth required n\nauth required y\n", 2);

	assert_true(result.opens);
	assert_false(result.reached);
	assert_int_equal(result.leaver, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lines_are_taken_apart_as_libpam_does, free_stack),
		cmocka_unit_test_teardown(old_words_stand_for_brackets, free_stack),
		cmocka_unit_test_teardown(includes_are_followed_and_substacks_marked, free_stack),
		cmocka_unit_test_teardown(other_stands_in_where_there_is_nothing, free_stack),
		cmocka_unit_test_teardown(what_libpam_refuses_is_refused_with_its_place, free_stack),
		cmocka_unit_test_teardown(success_is_what_libpam_makes_of_it, free_stack),
		cmocka_unit_test_teardown(done_ends_a_substack_and_not_what_follows_it, free_stack),
		cmocka_unit_test_teardown(a_jump_counts_a_substack_as_one_line, free_stack),
		cmocka_unit_test_teardown(whoever_went_past_the_watched_line_is_named, free_stack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

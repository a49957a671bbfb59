/* SPDX-License-Identifier: BSD-2-Clause */
/* Traps that a caller lays for a program run by a privileged host: each that fired would leave a file. */
#include "deliver/deliver.h"
#include "tests/unit/hook_stage.h"
#include "tests/unit/host_state.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char traps[128];  /* folder of the traps, which all may search */
static char caught[160]; /* folder in which anybody may leave a file */

static void write_trap(const char *name, mode_t mode, const char *format)
{
	char path[256];

	(void)snprintf(path, sizeof path, "%s/%s", traps, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	for (const char *p = format; *p != '\0'; p++) /* '@' stands for the folder */
		assert_true((*p == '@' ? fputs(caught, file) : fputc(*p, file)) != EOF);
	assert_int_equal(fchmod(fileno(file), mode), 0);
	assert_int_equal(fclose(file), 0);
}

static const struct {
	const char *name;
	mode_t mode;
	const char *text;
} files[] = {
	{"start", 0644, ">@/BASH_ENV\n"},
	{"id", 0755, "#!/bin/sh\n>@/PATH-id\n"},
	{"date", 0755, "#!/bin/sh\n>@/PATH-date\n"},
	{"awk", 0755, "#!/bin/sh\n>@/PATH-awk\n"},
	{"cat", 0755, "#!/bin/sh\n>@/PATH-cat\n"},
	{"string.py", 0644, "open('@/PYTHONPATH', 'w')\n"},
	{"Trap.pm", 0644, "open(F, '>', '@/PERL5OPT'); 1;\n"},
};

static void lay_traps(const struct hook_stage *stage)
{
	(void)snprintf(traps, sizeof traps, "%s/traps", stage->dir);
	(void)snprintf(caught, sizeof caught, "%s/caught", traps);
	assert_int_equal(mkdir(traps, 0755), 0);
	assert_int_equal(mkdir(caught, 0755), 0);
	assert_int_equal(chmod(caught, 0777), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		write_trap(files[i].name, files[i].mode, files[i].text);
}

/* Gives how many traps fired, and names them. */
static unsigned take_traps_up(char *names, size_t size)
{
	char path[512];
	unsigned n = 0;
	DIR *folder = opendir(caught);

	assert_non_null(folder);
	names[0] = '\0';
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		if (entry->d_name[0] == '.')
			continue;
		size_t len = strlen(names);
		(void)snprintf(names + len, size - len, " %s", entry->d_name);
		(void)snprintf(path, sizeof path, "%s/%s", caught, entry->d_name);
		(void)unlink(path);
		n++;
	}
	assert_int_equal(closedir(folder), 0);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", traps, files[i].name);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(caught), 0);
	assert_int_equal(rmdir(traps), 0);
	return n;
}

/* '@' in value stands for the folder where a trap leaves its file, '%' for the one of the traps. */
static void set(const char *name, const char *value)
{
	char text[512];
	size_t len = 0;

	for (const char *p = value; *p != '\0'; p++)
		len += (size_t)snprintf(text + len, sizeof text - len,
			*p == '@'   ? "%s"
			: *p == '%' ? "%s"
				    : "%.1s",
			*p == '@'   ? caught
			: *p == '%' ? traps
				    : p);
	HOST_CHECK(setenv(name, text, 1) == 0);
}

static void set_traps(void)
{
	set("BASH_ENV", "%/start");
	set("ENV", "%/start");
	set("PATH", "%:/usr/bin:/bin");
	set("BASH_FUNC_id%%", "() { >@/BASH_FUNC-id; }");
	set("BASH_FUNC_echo%%", "() { >@/BASH_FUNC-echo; }");
	set("SHELLOPTS", "xtrace");
	set("PS4", "$(>@/PS4)");
	set("PYTHONPATH", "%");
	set("PERL5LIB", "%");
	set("PERL5OPT", "-MTrap");
	set("LD_DEBUG", "files");
	set("LD_DEBUG_OUTPUT", "@/LD_DEBUG");
}

static void send_among_traps(const void *arg)
{
	const struct hook_stage *stage = arg;
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};

	set_traps();
	if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
		host_state_fail("%s", why.text);
	HOST_CHECK(end == DELIVER_VERDICT && verdict.outcome == VERDICT_SENT);
}

static void C22_no_trap_in_the_hosts_environment_fires(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/trap.sh");
	char names[1024];

	lay_traps(stage);
	host_state_run((struct host_body){send_among_traps, stage});
	if (take_traps_up(names, sizeof names) != 0)
		fail_msg("fired:%s", names);
}

/* Run with the traps in its environment, as nothing of ours runs a hook. */
static void run_hook_plainly(const void *arg)
{
	const struct hook_stage *stage = arg;

	set_traps();
	if (freopen("/dev/null", "r", stdin) == NULL || freopen("/dev/null", "w", stdout) == NULL ||
		freopen("/dev/null", "w", stderr) == NULL)
		host_state_fail("/dev/null");
	(void)execl(stage->hook, stage->hook, "--config", stage->config, (char *)NULL);
	host_state_fail("execl");
}

static void traps_do_fire_where_they_can(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/trap.sh");
	char names[1024];

	lay_traps(stage);
	host_state_run((struct host_body){run_hook_plainly, stage});
	(void)take_traps_up(names, sizeof names);
	static const char *const wanted[] = {"BASH_ENV", "PATH-date", "BASH_FUNC-echo", "LD_DEBUG"};
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (strstr(names, wanted[i]) == NULL)
			fail_msg("%s did not fire, only%s", wanted[i], names);
}

static void C24_name_that_a_shell_would_run_is_only_a_name(void **state)
{
	const struct hook_stage *stage = hook_stage_use(state, "tests/hooks/sent.sh");
	struct request request = hook_stage_request();
	struct request_verdict verdict;
	enum deliver_end end;
	struct otp_why why = {0};
	char names[1024], name[600];

	lay_traps(stage);
	int len = snprintf(name, sizeof name, "$(>%s/x)`>%s/y`;>%s/z|\\\"'", caught, caught, caught);
	assert_in_range(len, 1, sizeof request.user - 1);
	memcpy(request.user, name, (size_t)len + 1);
	if (deliver_send(&stage->options, &request, &end, &verdict, &why) != OTP_OK)
		fail_msg("%s", why.text);
	assert_int_equal(verdict.outcome, VERDICT_SENT);
	if (take_traps_up(names, sizeof names) != 0)
		fail_msg("made:%s", names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C22_no_trap_in_the_hosts_environment_fires),
		cmocka_unit_test(traps_do_fire_where_they_can),
		cmocka_unit_test(C24_name_that_a_shell_would_run_is_only_a_name),
	};
	return cmocka_run_group_tests(tests, hook_stage_make, hook_stage_remove);
}

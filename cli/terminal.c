/* SPDX-License-Identifier: BSD-2-Clause */
#include "cli/terminal.h"

#include <errno.h>
#include <langinfo.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CTRL_C '\003'

bool terminal_is_there(void)
{
	return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
}

struct terminal_room terminal_room(void)
{
	struct winsize size = {.ws_col = 0};

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return (struct terminal_room){.columns = 0};
	return (struct terminal_room){.columns = size.ws_col, .rows = size.ws_row};
}

bool terminal_takes_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool terminal_takes_colour(void)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	return (no_colour == NULL || *no_colour == '\0') && term != NULL && *term != '\0' &&
	       strcmp(term, "dumb") != 0;
}

static bool write_all(int fd, const char *text, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		text += n;
		len -= (size_t)n;
	}
	return true;
}

bool terminal_write(const char *text, size_t len)
{
	return fflush(stdout) == 0 && write_all(STDOUT_FILENO, text, len);
}

/* A byte at a time: what comes after the line is for who reads next. */
static bool read_line(char *out, size_t size)
{
	size_t len = 0;
	ssize_t n;
	char c = '\0';

	for (;;) {
		n = read(STDIN_FILENO, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0 || c == '\n' || c == CTRL_C)
			break;
		if (len + 1 < size)
			out[len++] = c;
	}
	out[len] = '\0';
	bool fine = n > 0 ? c == '\n' : n == 0 && len > 0;
	if (!fine)
		OPENSSL_cleanse(out, size);
	OPENSSL_cleanse(&c, sizeof c);
	return fine;
}

bool terminal_ask(const char *prompt, bool echo, char *out, size_t size)
{
	struct termios before, quiet;
	bool hide = !echo && tcgetattr(STDIN_FILENO, &before) == 0;

	(void)fflush(stdout);
	if (hide) {
		quiet = before;
		/* With ISIG, Ctrl-C would end this process and leave the terminal without echo. */
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
		quiet.c_cc[VEOL] = CTRL_C;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	/* Not before: an answer that comes at once would show. */
	(void)write_all(STDERR_FILENO, prompt, strlen(prompt));
	bool fine = read_line(out, size);
	if (hide) {
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &before);
		(void)write_all(STDERR_FILENO, "\n", 1);
	}
	return fine;
}

/* Reading a password from whoever runs mooringctl. */
#include "cli/password_input.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/password.h"

/* One line, without its end; false at the end of input. */
static bool read_line(char *out, size_t size, size_t *n)
{
	int c = EOF;

	*n = 0;
	while (*n + 1 < size && (c = getchar()) != EOF && c != '\n')
		out[(*n)++] = (char)c;
	if (*n > 0 && out[*n - 1] == '\r')
		(*n)--;
	out[*n] = '\0';
	return *n > 0 || c == '\n';
}

static bool ask(const char *prompt, char *out, size_t size, size_t *n)
{
	bool ok;

	fprintf(stderr, "%s: ", prompt);
	fflush(stderr);
	ok = read_line(out, size, n);
	fputc('\n', stderr);
	return ok;
}

static int ask_twice(const char *prompt, char *text, size_t size, size_t *n,
	struct arena *a, struct err *e)
{
	char *again = arena_alloc(a, size);
	size_t n_again;

	if (!ask(prompt, text, size, n) ||
		!ask(arena_printf(a, "%s again", prompt), again, size,
			&n_again))
		return err_set(e, ERR_BAD_INPUT, "no password was given");
	if (*n != n_again || memcmp(text, again, *n) != 0)
		return err_set(e, ERR_BAD_INPUT, "the two passwords differ");
	return 0;
}

/* The terminal shows nothing of it, and is left as it was, also by ^C. */
static int from_terminal(const char *prompt, char *text, size_t size,
	size_t *n, struct arena *a, struct err *e)
{
	struct termios was, silent;
	sigset_t block, before;
	int rc;

	if (tcgetattr(STDIN_FILENO, &was) != 0)
		return err_set(e, ERR_BAD_INPUT,
			"standard input: cannot hide what is typed");
	silent = was;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ISIG);
	sigemptyset(&block);
	sigaddset(&block, SIGTERM);
	sigaddset(&block, SIGHUP);
	sigprocmask(SIG_BLOCK, &block, &before);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
	rc = ask_twice(prompt, text, size, n, a, e);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

int password_input(const char *prompt, struct arena *a, struct bytes *out,
	struct err *e)
{
	size_t size = PASSWORD_MAX + 2, n = 0;
	char *text = arena_alloc(a, size);

	if (isatty(STDIN_FILENO)) {
		if (from_terminal(prompt, text, size, &n, a, e) < 0)
			return -1;
	} else if (!read_line(text, size, &n)) {
		return err_set(e, ERR_BAD_INPUT, "no password on standard "
			"input: its first line is taken");
	}
	if (n > PASSWORD_MAX)
		return err_set(e, ERR_BAD_INPUT, "password: over %d bytes",
			PASSWORD_MAX);
	*out = bytes_of(text, n);
	return 0;
}

/* Processes: starting one, why it ended, when it starts again. */
#include "cli/serve_child.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define FIRST_DELAY_US 100000
#define MAX_DELAY_US 30000000
#define BACKLOG 1024

int64_t serve_child_delay_us(unsigned failures)
{
	int64_t d = FIRST_DELAY_US;

	while (failures-- > 0 && d < MAX_DELAY_US)
		d *= 2;
	return d < MAX_DELAY_US ? d : MAX_DELAY_US;
}

static void become(const struct serve_child *c, pid_t parent)
{
	char *argv[sizeof(c->argv) / sizeof(c->argv[0])];
	sigset_t none;

	setsid();
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)	/* it died before prctl */
		_exit(1);
	/* A shell's background job has SIGINT ignored. */
	for (int sig = SIGHUP; sig <= SIGTERM; sig++)
		signal(sig, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(c->input, 0) < 0 || dup2(c->output, 1) < 0
		|| dup2(c->output, 2) < 0
		|| (c->dir != NULL && setenv("MOORING_DIR", c->dir, 1) < 0))
		_exit(127);
	for (size_t i = 0; i < sizeof(argv) / sizeof(argv[0]); i++)
		argv[i] = c->argv[i] != NULL ? strdup(c->argv[i]) : NULL;
	execv(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

int serve_child_start(struct serve_child *c, int64_t now_us, struct err *e)
{
	pid_t parent = getpid(), pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		return err_errno(e, ERR_INTERNAL, errno, "%s: fork", c->name);
	if (pid == 0)
		become(c, parent);
	c->pid = pid;
	c->started_us = now_us;
	c->due_us = 0;
	return 0;
}

void serve_child_ended(struct serve_child *c, int status, int64_t now_us)
{
	struct log_line l;
	int64_t delay;

	if (now_us - c->started_us >= SERVE_CHILD_STEADY_US)
		c->failures = 0;
	delay = serve_child_delay_us(c->failures++);
	c->due_us = now_us + delay;
	log_begin(&l, LOG_ERROR, "child_ended");
	log_str(&l, "child", c->name);
	log_i64(&l, "child_pid", c->pid);
	if (WIFSIGNALED(status))
		log_i64(&l, "signal", WTERMSIG(status));
	else
		log_i64(&l, "status", WEXITSTATUS(status));
	log_i64(&l, "restart_in_ms", delay / 1000);
	log_end(&l);
	c->pid = 0;
}

int serve_child_socket(const char *path, int *out, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	mode_t old;
	int fd, rc;

	if (strlen(path) >= sizeof(un.sun_path))
		return err_set(e, ERR_BAD_INPUT, "%s: too long for a socket",
			path);
	memcpy(un.sun_path, path, strlen(path) + 1);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_errno(e, ERR_INTERNAL, errno, "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "socket");
	old = umask(0117);
	rc = bind(fd, (struct sockaddr *)&un, sizeof(un));
	umask(old);
	if (rc < 0 || listen(fd, BACKLOG) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "%s", path);
		close(fd);
		return -1;
	}
	*out = fd;
	return 0;
}

/* Whether it lives, has us as its parent, and came out of a child of ours: a
 * shell that became us may have left us children of its own. */
static bool is_ours(const char *pid)
{
	char path[64], text[512], *end;
	char state = 'X';
	int parent = 0, session = 0;
	FILE *f;
	size_t n;

	snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	end = strrchr(text, ')');	/* the name may hold anything */
	return end != NULL && sscanf(end + 1, " %c %d %*d %d", &state,
		&parent, &session) == 3 && state != 'Z' && state != 'X'
		&& parent == getpid() && session != getsid(0);
}

size_t serve_child_orphans(const struct serve_child *known, size_t n,
	pid_t *out, size_t max)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	size_t found = 0;
	uint64_t pid;

	if (proc == NULL)
		return 0;
	while (found < max && (d = readdir(proc)) != NULL) {
		bool mine = str_u64(d->d_name, 1, INT32_MAX, &pid)
			&& is_ours(d->d_name);

		for (size_t i = 0; mine && i < n; i++)
			mine = known[i].pid != (pid_t)pid;
		if (mine)
			out[found++] = (pid_t)pid;
	}
	closedir(proc);
	return found;
}

/* A mooring.conf that is watched: snapshots with counted references. */
#include "conf/conf.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"

struct snapshot {
	struct snapshot *next;
	struct arena *arena;
	struct conf *conf;
	unsigned refs;		/* acquired, and one while it is the newest */
};

/* What tells one state of the file from another; all 0: no file. */
struct mark {
	struct timespec mtime, ctime;
	off_t size;
	ino_t ino;
};

struct conf_file {
	pthread_mutex_t lock;
	struct arena *arena;	/* of the file's own strings */
	const char *dir, *path;
	struct mark mark;
	int64_t looked;
	struct snapshot *newest;	/* heads the list of all */
};

static struct mark look(const char *path)
{
	struct mark m = { .size = 0 };
	struct stat st;

	if (stat(path, &st) == 0) {
		m.mtime = st.st_mtim;
		m.ctime = st.st_ctim;
		m.size = st.st_size;
		m.ino = st.st_ino;
	}
	return m;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same(struct mark a, struct mark b)
{
	return same_time(a.mtime, b.mtime) && same_time(a.ctime, b.ctime)
		&& a.size == b.size && a.ino == b.ino;
}

static void unref(struct conf_file *f, struct snapshot *s)
{
	struct snapshot **at = &f->newest;

	if (--s->refs > 0)
		return;
	while (*at != s)
		at = &(*at)->next;
	*at = s->next;
	arena_free(s->arena);
	free(s);
}

static int take(struct conf_file *f, struct err *e)
{
	struct snapshot *s, *old = f->newest;
	struct arena *a = arena_new();
	enum log_level level;
	struct conf *c;

	if (conf_load(f->dir, a, &c, e) != 0) {
		arena_free(a);
		return -1;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	s->arena = a;
	s->conf = c;
	s->refs = 1;
	s->next = old;
	f->newest = s;
	if (old != NULL)
		unref(f, old);
	if (log_level_parse(c->log_level, &level) == 0)
		log_set_level(level);
	return 0;
}

int conf_file_open(const char *dir, struct conf_file **out, struct err *e)
{
	struct conf_file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	pthread_mutex_init(&f->lock, NULL);
	f->arena = arena_new();
	f->dir = arena_strdup(f->arena, dir);
	f->path = file_path(f->arena, dir, "mooring.conf");
	f->mark = look(f->path);
	if (take(f, e) != 0) {
		conf_file_close(f);
		return -1;
	}
	*out = f;
	return 0;
}

void conf_file_close(struct conf_file *f)
{
	if (f == NULL)
		return;
	if (f->newest != NULL)
		unref(f, f->newest);
	pthread_mutex_destroy(&f->lock);
	arena_free(f->arena);
	free(f);
}

static void refresh(struct conf_file *f, int64_t now)
{
	struct mark m;
	struct err e;

	if (now == f->looked)
		return;
	f->looked = now;
	/* Marked before it is read: a change in between is seen next time. */
	m = look(f->path);
	if (same(m, f->mark))
		return;
	f->mark = m;
	if (take(f, &e) == 0)
		log_msg(LOG_INFO, "mooring.conf", "%s was read again", f->path);
	else
		log_msg(LOG_ERROR, "mooring.conf",
			"%s; the settings stay as they were", e.msg);
}

const struct conf *conf_acquire(struct conf_file *f, int64_t now)
{
	const struct conf *c;

	pthread_mutex_lock(&f->lock);
	refresh(f, now);
	f->newest->refs++;
	c = f->newest->conf;
	pthread_mutex_unlock(&f->lock);
	return c;
}

void conf_release(struct conf_file *f, const struct conf *c)
{
	struct snapshot *s;

	pthread_mutex_lock(&f->lock);
	s = f->newest;
	while (s->conf != c)
		s = s->next;
	unref(f, s);
	pthread_mutex_unlock(&f->lock);
}

/* A bundle of CAs that is watched: snapshots with counted references. What is
 * verified by them is machineinfo.c's. */
#include "enroll/apple_ca.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

struct snapshot {
	struct apple_ca *of;
	struct trust *trust;
	unsigned refs;		/* in use, and one while it is the newest */
};

struct apple_ca {
	pthread_mutex_t lock;	/* guards all below */
	char *path;		/* of what follows; NULL: none was read yet */
	struct file_state mark;
	int64_t looked;
	bool retry;		/* it could not be read at all */
	struct snapshot *newest;	/* NULL: never good; then */
	struct err why;
};

struct apple_ca *apple_ca_new(void)
{
	struct apple_ca *c = calloc(1, sizeof(*c));

	if (c == NULL || pthread_mutex_init(&c->lock, NULL) != 0)
		abort();
	return c;
}

static void unref(struct snapshot *s)
{
	if (s == NULL || --s->refs > 0)
		return;
	trust_close(s->trust);
	free(s);
}

void apple_ca_free(struct apple_ca *c)
{
	if (c == NULL)
		return;
	unref(c->newest);
	pthread_mutex_destroy(&c->lock);
	free(c->path);
	free(c);
}

static void release(void *obj)
{
	struct snapshot *s = obj;
	struct apple_ca *c = s->of;

	pthread_mutex_lock(&c->lock);
	unref(s);
	pthread_mutex_unlock(&c->lock);
}

static void load(struct apple_ca *c)
{
	bool again = c->retry;
	struct snapshot *s;
	struct trust *t;

	c->why = (struct err)ERR_INIT;
	c->retry = false;
	if (trust_open(c->path, &t, &c->why) < 0) {
		/* The machine's trouble passes while the file stays the same. */
		c->retry = c->why.kind == ERR_INTERNAL;
		c->why.kind = ERR_BUSY;
		err_wrap(&c->why, "ade_ca_file");
		if (!again || !c->retry)
			log_msg(LOG_ERROR, "enroll.ade_ca", "%s; %s",
				c->why.msg, c->newest != NULL ?
				"the old CAs stay in force" :
				"no device can enroll in Setup Assistant");
		return;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		abort();
	*s = (struct snapshot){ .of = c, .trust = t, .refs = 1 };
	unref(c->newest);
	c->newest = s;
}

static void look(struct apple_ca *c, const char *path, int64_t now)
{
	bool other = c->path == NULL || strcmp(c->path, path) != 0;

	/* A clock that was set back does not stop the looking. */
	if (!other && now <= c->looked && now > c->looked - 10)
		return;
	c->looked = now;
	if (other) {
		free(c->path);
		c->path = strdup(path);
		if (c->path == NULL)
			abort();
		unref(c->newest);
		c->newest = NULL;
		c->retry = false;
	}
	if (file_state_take(&c->mark, path) || other || c->retry)
		load(c);
}

int apple_ca_get(struct apple_ca *c, const struct conf *conf, int64_t now,
	struct arena *a, const struct trust **out, struct err *e)
{
	struct snapshot *s;

	*out = NULL;
	if (!conf->ade_verify)
		return 0;
	if (*conf->ade_ca_file == '\0')
		return err_set(e, ERR_BUSY, "ade_ca_file is not set: no device "
			"can be verified (ade_verify)");
	pthread_mutex_lock(&c->lock);
	look(c, conf->ade_ca_file, now);
	s = c->newest;
	if (s != NULL)
		s->refs++;
	else
		*e = c->why;
	pthread_mutex_unlock(&c->lock);
	if (s == NULL)
		return -1;
	arena_defer(a, release, s);
	*out = s->trust;
	return 0;
}

/* How the courier's threads wait for each other's word. What they do is
 * theirs. */
#include "courier/courier.h"

#include <stdlib.h>
#include <time.h>

void courier_init(struct courier *c)
{
	pthread_condattr_t a;

	*c = (struct courier){ .store = NULL };
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&a);
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	pthread_cond_init(&c->cond, &a);
	pthread_condattr_destroy(&a);
}

void courier_fini(struct courier *c)
{
	pthread_cond_destroy(&c->cond);
	pthread_mutex_destroy(&c->lock);
}

void courier_call(struct courier *c)
{
	pthread_mutex_lock(&c->lock);
	c->wakes++;
	pthread_cond_broadcast(&c->cond);
	if (c->many != NULL)
		fetch_many_wake(c->many);
	pthread_mutex_unlock(&c->lock);
}

void courier_stop(struct courier *c)
{
	c->stopping = true;
	courier_call(c);
}

void courier_wait(struct courier *c, uint64_t *seen, int64_t ms)
{
	struct timespec until;
	int rc = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)(ms / 1000);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&c->lock);
	while (c->wakes == *seen && !c->stopping && rc == 0)
		rc = pthread_cond_timedwait(&c->cond, &c->lock, &until);
	*seen = c->wakes;
	pthread_mutex_unlock(&c->lock);
}

int64_t courier_ms_until(int64_t due, int64_t now)
{
	int64_t ms;

	if (due == 0 || due - now >= COURIER_LOOK_MS / 1000)
		return COURIER_LOOK_MS;
	ms = (due - now) * 1000;
	return ms > 0 ? ms : 0;
}

void courier_set_many(struct courier *c, struct fetch_many *m)
{
	pthread_mutex_lock(&c->lock);
	c->many = m;
	pthread_mutex_unlock(&c->lock);
}

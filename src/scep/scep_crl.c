/* The CA's revocation list, out of the store. Who asks is not its subject. */
#include "scep/scep_crl.h"

#include <stdlib.h>
#include <string.h>

#include "crypto/crl.h"

#define PAGE 500

struct collecting {
	struct arena *a;
	struct arena *scratch;	/* of one page */
	const unsigned char *after;	/* NULL: from the start */
	unsigned char from[DIGEST_LEN], last[DIGEST_LEN];
	unsigned n_pages;
	bool more;
	struct crl_row *rows;
	size_t before;		/* rows of the pages before this one */
	size_t n, room;
};

static void add(struct collecting *c, const struct store_cert *cert)
{
	if (c->n == c->room) {
		struct crl_row *old = c->rows;

		c->room = c->room == 0 ? 64 : 2 * c->room;
		c->rows = arena_alloc(c->a, c->room * sizeof(*c->rows));
		if (c->n > 0)
			memcpy(c->rows, old, c->n * sizeof(*old));
	}
	c->rows[c->n++] = (struct crl_row){
		.serial = arena_strdup(c->a, cert->serial),
		.revoked_at = cert->revoked };
}

static int page_tx(struct store_tx *tx, void *arg, struct err *e)
{
	struct collecting *c = arg;
	struct store_cert_row *list;
	struct issued *issued;
	size_t n;

	c->n = c->before;	/* it may run again */
	if (store_cert_revoked(tx, c->after, PAGE, c->scratch, &list, &n,
		e) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (store_issued_get(tx, list[i].sha256, c->scratch, &issued,
			e) < 0)
			return -1;
		if (issued != NULL && *list[i].cert.serial != '\0')
			add(c, &list[i].cert);
	}
	c->more = n == PAGE;
	if (n > 0)
		memcpy(c->last, list[n - 1].sha256, DIGEST_LEN);
	return 0;
}

static int collect(struct store *st, struct collecting *c, struct err *e)
{
	do {
		c->before = c->n;
		c->after = c->n_pages++ == 0 ? NULL : memcpy(c->from, c->last,
			DIGEST_LEN);
		arena_reset(c->scratch);
		if (store_read(st, page_tx, c, e) < 0)
			return -1;
		if (c->n > SCEP_CRL_MAX)
			return err_set(e, ERR_TOO_LARGE, "revocation list: "
				"more than %d certificates", SCEP_CRL_MAX);
	} while (c->more);
	return 0;
}

int scep_crl(struct store *st, const struct cert *ca, const struct pkey *key,
	int64_t now, int64_t valid, struct arena *a, struct bytes *der,
	struct err *e)
{
	struct collecting c = { .a = a, .scratch = arena_new() };
	struct crl_request rq = { .this_update = now,
		.next_update = now + valid, .number = (uint64_t)now };
	int rc = collect(st, &c, e);

	if (rc == 0) {
		rq.rows = c.rows;
		rq.n = c.n;
		rc = crl_make(&rq, ca, key, a, der, e);
	}
	arena_free(c.scratch);
	return rc;
}

/* ---- kept for some minutes ---- */

static bool is_fresh(const struct scep_crl_cache *cache,
	const unsigned char ca[DIGEST_LEN], int64_t now)
{
	return cache->der != NULL && memcmp(cache->ca, ca, DIGEST_LEN) == 0 &&
		now >= cache->made && now - cache->made < SCEP_CRL_FRESH;
}

static void keep(struct scep_crl_cache *cache,
	const unsigned char ca[DIGEST_LEN], int64_t now, struct bytes der)
{
	unsigned char *copy = malloc(der.n);

	if (copy == NULL)
		abort();
	memcpy(copy, der.p, der.n);
	free(cache->der);
	cache->der = copy;
	cache->n = der.n;
	cache->made = now;
	memcpy(cache->ca, ca, DIGEST_LEN);
}

int scep_crl_cached(struct scep_crl_cache *cache, struct store *st,
	const struct cert *ca, const struct pkey *key, int64_t now,
	int64_t valid, struct arena *a, struct bytes *der, struct err *e)
{
	unsigned char sha256[DIGEST_LEN];
	int rc = 0;

	if (cache == NULL)
		return scep_crl(st, ca, key, now, valid, a, der, e);
	cert_sha256(ca, sha256);
	pthread_mutex_lock(&cache->lock);
	if (is_fresh(cache, sha256, now)) {
		*der = bytes_of(arena_memdup(a, cache->der, cache->n),
			cache->n);
	} else {
		rc = scep_crl(st, ca, key, now, valid, a, der, e);
		if (rc == 0)
			keep(cache, sha256, now, *der);
	}
	pthread_mutex_unlock(&cache->lock);
	return rc;
}

void scep_crl_cache_fini(struct scep_crl_cache *cache)
{
	free(cache->der);
	pthread_mutex_destroy(&cache->lock);
}

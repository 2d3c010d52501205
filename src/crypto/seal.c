/* Sealed values: AES-256-GCM under the keys of a ring file. Knows nothing of
 * records; where a value lives is the caller's table name and key. */
#include "crypto/seal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/rnd.h"
#include "crypto/ossl.h"

#define FORM 1	/* the first byte of a sealed value */
#define KEY_LEN 32
#define NONCE_LEN 12
#define TAG_LEN 16
#define HEAD_LEN (1 + 4 + NONCE_LEN)
#define LINE_LEN (8 + 1 + 2 * KEY_LEN)	/* without its newline */
#define MAX_KEYS 256

struct ring_key {
	uint32_t id;
	unsigned char key[KEY_LEN];
};

/* What stat says of a file: tells whether it is another one by now. */
struct file_mark {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime, ctime;
};

struct seal {
	pthread_rwlock_t lock;
	struct file_mark mark;	/* of the file that was read last, good or bad */
	size_t n;
	struct ring_key *keys;
	char *path;
};

static void mark_of(const struct stat *sb, struct file_mark *m)
{
	m->dev = sb->st_dev;
	m->ino = sb->st_ino;
	m->size = sb->st_size;
	m->mtime = sb->st_mtim;
	m->ctime = sb->st_ctim;
}

static bool mark_eq(const struct file_mark *a, const struct file_mark *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
		a->mtime.tv_sec == b->mtime.tv_sec &&
		a->mtime.tv_nsec == b->mtime.tv_nsec &&
		a->ctime.tv_sec == b->ctime.tv_sec &&
		a->ctime.tv_nsec == b->ctime.tv_nsec;
}

static void free_keys(struct ring_key *keys, size_t n)
{
	if (keys != NULL)
		OPENSSL_cleanse(keys, n * sizeof(*keys));
	free(keys);
}

/* ---- the ring file ---- */

static bool hex_to(unsigned char *out, const char *s, size_t bytes)
{
	for (size_t i = 0; i < 2 * bytes; i++) {
		int v = OPENSSL_hexchar2int((unsigned char)s[i]);

		if (v < 0)
			return false;
		out[i / 2] = (unsigned char)(i % 2 == 0 ? v << 4 : out[i / 2] | v);
	}
	return true;
}

static bool parse_line(const char *line, size_t len, struct ring_key *k)
{
	unsigned char id[4];

	if (len != LINE_LEN || line[8] != ' ' || !hex_to(id, line, 4) ||
		!hex_to(k->key, line + 9, KEY_LEN))
		return false;
	k->id = enc_unbe32(id);
	return true;
}

static const struct ring_key *find_key(const struct ring_key *keys, size_t n,
	uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (keys[i].id == id)
			return &keys[i];
	return NULL;
}

/* Fills keys[MAX_KEYS]. Messages name lines, never what stands in them. */
static int parse_ring(const char *text, size_t n, struct ring_key *keys,
	size_t *n_keys, struct err *e)
{
	size_t line = 0, count = 0;

	while (n > 0) {
		const char *end = memchr(text, '\n', n);
		size_t len = end != NULL ? (size_t)(end - text) : n;
		size_t step = end != NULL ? len + 1 : len;

		line++;
		if (count == MAX_KEYS)
			return err_set(e, ERR_INTERNAL, "line %zu: more than %d keys",
				line, MAX_KEYS);
		if (!parse_line(text, len, &keys[count]))
			return err_set(e, ERR_INTERNAL, "line %zu: not a key id and a key",
				line);
		if (find_key(keys, count, keys[count].id) != NULL)
			return err_set(e, ERR_INTERNAL, "line %zu: the same key id again",
				line);
		count++;
		text += step;
		n -= step;
	}
	if (count == 0)
		return err_set(e, ERR_INTERNAL, "holds no key");
	*n_keys = count;
	return 0;
}

/* Reads all of fd into p[max]; more than max, or trouble: -1 and errno. */
static ssize_t read_all(int fd, char *p, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(fd, p + n, max - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			return (ssize_t)n;
		n += (size_t)got;
	}
	errno = EFBIG;
	return -1;
}

/* Not file_read: the text of the keys must not stay behind in memory. */
static int load_fd(int fd, struct ring_key **keys, size_t *n, struct err *e)
{
	const size_t max = MAX_KEYS * (LINE_LEN + 1) + LINE_LEN;
	struct ring_key *found = calloc(MAX_KEYS, sizeof(*found));
	char *text = malloc(max);
	ssize_t got;
	int rc;

	if (found == NULL || text == NULL)
		abort();
	got = read_all(fd, text, max);
	if (got < 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "read");
	else
		rc = parse_ring(text, (size_t)got, found, n, e);
	OPENSSL_cleanse(text, max);
	free(text);
	if (rc < 0) {
		free_keys(found, MAX_KEYS);
		return -1;
	}
	*keys = found;
	return 0;
}

/* *mark is left alone when the file cannot even be opened. */
static int load(const char *path, struct file_mark *mark, struct ring_key **keys,
	size_t *n, struct err *e)
{
	struct stat sb;
	int rc = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return err_errno(e, ERR_INTERNAL, errno, "key ring %s", path);
	if (fstat(fd, &sb) < 0) {
		err_errno(e, ERR_INTERNAL, errno, "key ring %s", path);
		close(fd);
		return -1;
	}
	mark_of(&sb, mark);
	if (!S_ISREG(sb.st_mode))
		err_set(e, ERR_INTERNAL, "key ring %s: not a file", path);
	else if ((sb.st_mode & 077) != 0)
		err_set(e, ERR_INTERNAL, "key ring %s: mode %04o lets others in; "
			"must be 0600", path, (unsigned)sb.st_mode & 07777);
	else if (load_fd(fd, keys, n, e) < 0)
		err_wrap(e, "key ring %s", path);
	else
		rc = 0;
	close(fd);
	return rc;
}

static int sync_folder_of(struct arena *a, const char *path)
{
	char *dir = arena_strdup(a, path), *slash = strrchr(dir, '/');
	int fd, rc;

	if (slash == NULL)
		dir = arena_strdup(a, ".");
	else
		slash[slash == dir] = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

int seal_create(const char *path, struct err *e)
{
	struct ring_key k;
	unsigned char id[4];
	char line[LINE_LEN + 2];
	struct arena *a = arena_new();
	char *fresh = arena_printf(a, "%s.new", path);
	int rc;

	rnd_bytes(id, sizeof(id));
	rnd_bytes(k.key, sizeof(k.key));
	enc_hex_to(line, id, sizeof(id));
	line[8] = ' ';
	enc_hex_to(line + 9, k.key, sizeof(k.key));
	line[LINE_LEN] = '\n';
	rc = file_write(fresh, bytes_of(line, LINE_LEN + 1), 0600, e);
	OPENSSL_cleanse(line, sizeof(line));
	OPENSSL_cleanse(&k, sizeof(k));
	/* link and not rename: it never replaces a ring that is there. */
	if (rc == 0 && link(fresh, path) < 0)
		rc = errno == EEXIST ?
			err_set(e, ERR_CONFLICT, "key ring %s: exists", path) :
			err_errno(e, ERR_INTERNAL, errno, "key ring %s", path);
	unlink(fresh);
	if (rc == 0 && sync_folder_of(a, path) < 0)
		rc = err_errno(e, ERR_INTERNAL, errno, "key ring %s", path);
	arena_free(a);
	return rc;
}

int seal_open(const char *path, struct seal **out, struct err *e)
{
	struct seal *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	*out = NULL;
	if (load(path, &s->mark, &s->keys, &s->n, e) < 0) {
		free(s);
		return -1;
	}
	s->path = strdup(path);
	if (s->path == NULL || pthread_rwlock_init(&s->lock, NULL) != 0)
		abort();
	*out = s;
	return 0;
}

void seal_close(struct seal *s)
{
	if (s == NULL)
		return;
	pthread_rwlock_destroy(&s->lock);
	free_keys(s->keys, MAX_KEYS);
	free(s->path);
	free(s);
}

/* ---- keys ---- */

static bool copy_key(struct seal *s, uint32_t id, struct ring_key *out)
{
	const struct ring_key *k;

	pthread_rwlock_rdlock(&s->lock);
	k = find_key(s->keys, s->n, id);
	if (k != NULL)
		*out = *k;
	pthread_rwlock_unlock(&s->lock);
	return k != NULL;
}

/* Reads the ring again if it is another file than the one read last, so that
 * values that name no key of ours cost one stat each. What could not be
 * opened is tried again the next time. */
static void reload(struct seal *s)
{
	struct ring_key *keys = NULL, *old;
	struct file_mark now;
	struct err e = ERR_INIT;
	struct stat sb;
	size_t n = 0;

	if (stat(s->path, &sb) < 0)
		return;
	mark_of(&sb, &now);
	pthread_rwlock_wrlock(&s->lock);
	if (!mark_eq(&now, &s->mark)) {
		if (load(s->path, &s->mark, &keys, &n, &e) == 0) {
			old = s->keys;
			s->keys = keys;
			s->n = n;
			free_keys(old, MAX_KEYS);
		} else {
			log_msg(LOG_ERROR, "seal.ring", "%s; the old keys stay", e.msg);
		}
	}
	pthread_rwlock_unlock(&s->lock);
}

/* ---- sealing ---- */

/* Version and key id, then table (with its length) and key: the value opens
 * nowhere else. */
static void add_associated(EVP_CIPHER_CTX *ctx, const unsigned char *head,
	const char *table, struct bytes key)
{
	unsigned char len[8];
	struct bytes t = bytes_str(table);
	int n;

	if (t.n > INT_MAX || key.n > INT_MAX)
		abort();
	enc_be64(len, t.n);
	if (EVP_CipherUpdate(ctx, NULL, &n, head, 5) != 1 ||
		EVP_CipherUpdate(ctx, NULL, &n, len, sizeof(len)) != 1 ||
		(t.n > 0 && EVP_CipherUpdate(ctx, NULL, &n, t.p, (int)t.n) != 1) ||
		(key.n > 0 && EVP_CipherUpdate(ctx, NULL, &n, key.p, (int)key.n) != 1))
		abort();
}

static EVP_CIPHER_CTX *start(const struct ring_key *k, const unsigned char *nonce,
	int enc)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (ctx == NULL ||
		EVP_CipherInit_ex2(ctx, ossl_aes_256_gcm(), k->key, nonce, enc, NULL) != 1)
		abort();
	return ctx;
}

struct bytes seal_box(struct seal *s, const char *table, struct bytes key,
	struct bytes plain, struct arena *a)
{
	unsigned char *out;
	struct ring_key k;
	EVP_CIPHER_CTX *ctx;
	int n = 0, last = 0;

	if (plain.n > INT_MAX - HEAD_LEN - TAG_LEN)
		abort();
	out = arena_alloc(a, HEAD_LEN + plain.n + TAG_LEN);
	pthread_rwlock_rdlock(&s->lock);
	k = s->keys[s->n - 1];
	pthread_rwlock_unlock(&s->lock);
	out[0] = FORM;
	enc_be32(out + 1, k.id);
	rnd_bytes(out + 5, NONCE_LEN);
	ctx = start(&k, out + 5, 1);
	OPENSSL_cleanse(&k, sizeof(k));
	add_associated(ctx, out, table, key);
	if ((plain.n > 0 && EVP_CipherUpdate(ctx, out + HEAD_LEN, &n, plain.p,
			(int)plain.n) != 1) ||
		EVP_CipherFinal_ex(ctx, out + HEAD_LEN + n, &last) != 1 ||
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN,
			out + HEAD_LEN + plain.n) != 1)
		abort();
	EVP_CIPHER_CTX_free(ctx);
	return bytes_of(out, HEAD_LEN + plain.n + TAG_LEN);
}

static bool decrypt(const struct ring_key *k, const char *table, struct bytes key,
	struct bytes sealed, unsigned char *out)
{
	size_t len = sealed.n - HEAD_LEN - TAG_LEN;
	unsigned char tag[TAG_LEN];
	EVP_CIPHER_CTX *ctx = start(k, sealed.p + 5, 0);
	int n = 0, last = 0;
	bool good;

	memcpy(tag, sealed.p + HEAD_LEN + len, TAG_LEN);
	add_associated(ctx, sealed.p, table, key);
	good = (len == 0 || EVP_CipherUpdate(ctx, out, &n, sealed.p + HEAD_LEN,
			(int)len) == 1) &&
		EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
		EVP_CipherFinal_ex(ctx, out + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!good) {
		/* Unauthenticated plaintext goes to nobody. */
		OPENSSL_cleanse(out, len);
		ERR_clear_error();
	}
	return good;
}

int seal_unbox(struct seal *s, const char *table, struct bytes key,
	struct bytes sealed, struct arena *a, struct bytes *plain, struct err *e)
{
	struct ring_key k;
	unsigned char *out;
	uint32_t id;
	bool good;

	*plain = bytes_of(NULL, 0);
	if (sealed.n < HEAD_LEN + TAG_LEN || sealed.n > INT_MAX ||
		sealed.p[0] != FORM)
		return err_set(e, ERR_INTERNAL, "%s: a sealed value is damaged", table);
	id = enc_unbe32(sealed.p + 1);
	if (!copy_key(s, id, &k)) {
		reload(s);
		if (!copy_key(s, id, &k))
			return err_set(e, ERR_INTERNAL, "%s: a sealed value names key "
				"%08x, which is not in the key ring", table, id);
	}
	out = arena_alloc(a, sealed.n - HEAD_LEN - TAG_LEN + 1);
	good = decrypt(&k, table, key, sealed, out);
	OPENSSL_cleanse(&k, sizeof(k));
	if (!good)
		return err_set(e, ERR_INTERNAL, "%s: a sealed value is damaged or "
			"was moved", table);
	out[sealed.n - HEAD_LEN - TAG_LEN] = '\0';
	*plain = bytes_of(out, sealed.n - HEAD_LEN - TAG_LEN);
	return 0;
}

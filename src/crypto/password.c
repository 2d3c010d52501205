/* Hashes of passwords. */
#include "crypto/password.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/enc.h"
#include "base/rnd.h"
#include "crypto/digest.h"
#include "crypto/ossl.h"

#define HEAD "$pbkdf2-sha256$"
#define ITERATIONS 600000	/* OWASP's figure for SHA-256 */
#define ITERATIONS_MAX 10000000
#define SALT_LEN 16

static void derive(struct bytes password, const unsigned char salt[SALT_LEN],
	uint64_t iterations, unsigned char out[DIGEST_LEN])
{
	const char *text = password.n > 0 ? (const char *)password.p : "";

	if (PKCS5_PBKDF2_HMAC(text, (int)password.n, salt, SALT_LEN,
		(int)iterations, ossl_sha256(), DIGEST_LEN, out) != 1)
		abort();
}

const char *password_hash(struct bytes password, struct arena *a)
{
	unsigned char salt[SALT_LEN], hash[DIGEST_LEN];
	char salt_hex[2 * SALT_LEN + 1], hash_hex[2 * DIGEST_LEN + 1];

	if (password.n > PASSWORD_MAX)
		abort();
	rnd_bytes(salt, sizeof(salt));
	derive(password, salt, ITERATIONS, hash);
	enc_hex_to(salt_hex, salt, sizeof(salt));
	enc_hex_to(hash_hex, hash, sizeof(hash));
	return arena_printf(a, HEAD "%d$%s$%s", ITERATIONS, salt_hex,
		hash_hex);
}

/* The text between here and the next '$', or the end; at most max bytes. */
static bool field(const char **s, char *out, size_t max)
{
	size_t n = strcspn(*s, "$");

	if (n == 0 || n > max)
		return false;
	memcpy(out, *s, n);
	out[n] = '\0';
	*s += n + ((*s)[n] == '$');
	return true;
}

static bool unhex(const char *s, unsigned char *out, size_t n)
{
	struct arena *a = arena_new();
	struct bytes b;
	bool ok = enc_unhex(a, s, &b) && b.n == n;

	if (ok)
		memcpy(out, b.p, n);
	arena_free(a);
	return ok;
}

static bool parse(const char *text, uint64_t *iterations,
	unsigned char salt[SALT_LEN], unsigned char hash[DIGEST_LEN])
{
	char part[2 * DIGEST_LEN + 1];
	const char *s = text + strlen(HEAD);

	return str_has_prefix(text, HEAD) && field(&s, part, 8) &&
		str_u64(part, 1, ITERATIONS_MAX, iterations) &&
		field(&s, part, sizeof(part) - 1) &&
		unhex(part, salt, SALT_LEN) &&
		field(&s, part, sizeof(part) - 1) && *s == '\0' &&
		unhex(part, hash, DIGEST_LEN);
}

bool password_matches(struct bytes password, const char *text)
{
	unsigned char salt[SALT_LEN] = { 0 }, hash[DIGEST_LEN] = { 0 };
	unsigned char got[DIGEST_LEN];
	uint64_t iterations = ITERATIONS;
	bool known;

	if (password.n > PASSWORD_MAX)
		return false;
	known = text != NULL && parse(text, &iterations, salt, hash);
	if (!known)
		iterations = ITERATIONS;
	derive(password, salt, iterations, got);
	return (CRYPTO_memcmp(got, hash, DIGEST_LEN) == 0) & known;
}

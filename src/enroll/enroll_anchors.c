/* The certificates that devices have to be told to trust. */
#include "enroll/enroll_profile.h"

#include "base/file.h"
#include "crypto/cert.h"
#include "enroll/enroll_sign.h"

#define FILE_MAX ((size_t)1 << 20)

/* Whether server.pem is still what init made: the root of the try-out
 * certificate stays where it is when another certificate takes its place. */
static bool is_in_use(const struct conf *conf, const char *root, struct arena *a)
{
	struct cert **list;
	struct err ignored = ERR_INIT;
	struct trust *t;
	struct bytes pem;
	size_t n;
	bool yes;

	if (file_read(file_path(a, conf->dir, "pki/server.pem"), FILE_MAX, a,
		&pem, &ignored) < 0 || pem.p == NULL ||
		cert_list_pem(pem, a, &list, &n, &ignored) < 0 || n == 0 ||
		trust_open(root, &t, &ignored) < 0)
		return false;
	yes = trust_verify_chain(t, list[0], list, n, TRUST_ANY_TIME,
		&ignored) == 0;
	trust_close(t);
	return yes;
}

int enroll_anchors(const struct conf *conf, struct arena *a,
	struct cert ***out, size_t *n, struct err *e)
{
	bool is_set = *conf->trust_file != '\0';
	const char *path = is_set ? conf->trust_file :
		file_path(a, conf->dir, "pki/server-root.pem");
	struct bytes pem;

	*out = NULL;
	*n = 0;
	if (file_read(path, FILE_MAX, a, &pem, e) < 0)
		return enroll_our_fault("trust_file", e);
	if (!is_set && (pem.p == NULL || !is_in_use(conf, path, a)))
		return 0;
	if (pem.p == NULL)
		return err_set(e, ERR_CONFLICT, "trust_file: no file %.180s",
			path);
	if (cert_list_pem(pem, a, out, n, e) < 0)
		return enroll_our_fault(arena_printf(a, "trust_file: %s", path),
			e);
	if (*n == 0)
		return err_set(e, ERR_CONFLICT, "trust_file: no certificate in "
			"%.180s", path);
	return 0;
}

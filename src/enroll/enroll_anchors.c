/* The certificates that devices have to be told to trust. */
#include "enroll/enroll_profile.h"

#include "base/file.h"
#include "crypto/cert.h"

#define FILE_MAX ((size_t)1 << 20)

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
		return err_wrap(e, "trust_file");
	if (pem.p == NULL && !is_set)
		return 0;
	if (pem.p == NULL)
		return err_set(e, ERR_CONFLICT, "trust_file: no file %.180s",
			path);
	if (cert_list_pem(pem, a, out, n, e) < 0)
		return err_wrap(e, "%.180s", path);
	if (*n == 0)
		return err_set(e, ERR_CONFLICT, "no certificate in %.180s",
			path);
	return 0;
}

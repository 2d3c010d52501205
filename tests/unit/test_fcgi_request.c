/* Variables and bodies as web servers hand them over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/fcgi_request.h"

#define N(t) (sizeof(t) / sizeof((t)[0]))

static struct request params(struct arena *a, const char *const *vars)
{
	struct request rq = { .arena = a };
	char *envp[32];
	size_t n = 0;

	for (; vars[n] != NULL; n++)
		envp[n] = arena_strdup(a, vars[n]);
	envp[n] = NULL;
	fcgi_request_params(&rq, envp);
	/* Nothing may point into what the web server handed over. */
	for (size_t i = 0; i < n; i++)
		memset(envp[i], '!', strlen(envp[i]));
	return rq;
}

static void test_params(void **state)
{
	struct arena *a = arena_new();
	struct request rq = params(a, (const char *const[]){
		"FCGI_ROLE=RESPONDER", "REQUEST_METHOD=PUT",
		"REQUEST_URI=/mdm/%20x?a=1?&b=/2", "PATH_INFO=/other",
		"QUERY_STRING=other", "CONTENT_TYPE=text/plain; x=1",
		"CONTENT_LENGTH=123", "REMOTE_ADDR=192.0.2.1", "EMPTY=",
		"NOEQUALS", "HTTP_AUTHORIZATION=Bearer x",
		"HTTP_X_APPLE_ASPEN_DEVICEINFO=bWFj",
		"SSL_CLIENT_CERT=-----BEGIN\nPEM", "SSL_CLIENT_VERIFY=SUCCESS",
		"HTTP_MDM_SIGNATURE=c2ln", "HTTP_SSL_CLIENT_CERT=forged",
		"HTTP_SSL_CLIENT_VERIFY=forged", "SSL_CLIENT_CERT_CHAIN=x",
		NULL });

	(void)state;
	assert_int_equal(rq.method, HTTP_PUT);
	assert_string_equal(rq.method_text, "PUT");
	assert_string_equal(rq.path, "/mdm/%20x");
	assert_string_equal(rq.query, "a=1?&b=/2");
	assert_string_equal(rq.content_type, "text/plain; x=1");
	assert_int_equal(rq.content_length, 123);
	assert_string_equal(rq.remote_addr, "192.0.2.1");
	assert_string_equal(rq.authorization, "Bearer x");
	assert_string_equal(rq.deviceinfo, "bWFj");
	assert_string_equal(rq.tls_cert, "-----BEGIN\nPEM");
	assert_string_equal(rq.tls_verify, "SUCCESS");
	assert_string_equal(rq.mdm_signature, "c2ln");
	assert_null(rq.cert_header_kind);
	assert_null(rq.cert_header);
	assert_int_equal(rq.cert_header_count, 0);
	arena_free(a);
}

static void test_absent(void **state)
{
	struct arena *a = arena_new();
	struct request rq = params(a, (const char *const[]){
		"SSL_CLIENT_CERT=", "CONTENT_LENGTH=", NULL });

	(void)state;
	assert_int_equal(rq.method, HTTP_OTHER);
	assert_string_equal(rq.method_text, "");
	assert_string_equal(rq.path, "");
	assert_string_equal(rq.query, "");
	assert_null(rq.content_type);
	assert_int_equal(rq.content_length, -1);
	assert_null(rq.tls_cert);
	assert_null(rq.mdm_signature);
	arena_free(a);
}

static void test_methods(void **state)
{
	static const struct { const char *var; enum http_method m; } cases[] = {
		{ "REQUEST_METHOD=GET", HTTP_GET },
		{ "REQUEST_METHOD=HEAD", HTTP_HEAD },
		{ "REQUEST_METHOD=POST", HTTP_POST },
		{ "REQUEST_METHOD=DELETE", HTTP_DELETE },
		{ "REQUEST_METHOD=PATCH", HTTP_PATCH },
		{ "REQUEST_METHOD=put", HTTP_OTHER },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct request rq = params(a,
			(const char *const[]){ cases[i].var, NULL });

		assert_int_equal(rq.method, cases[i].m);
	}
	arena_free(a);
}

/* Web servers make a length of 0 up; the header is the client's word. */
static void test_length_zero(void **state)
{
	struct arena *a = arena_new();

	(void)state;
	assert_int_equal(params(a, (const char *const[]){ "CONTENT_LENGTH=0",
		NULL }).content_length, -1);
	assert_int_equal(params(a, (const char *const[]){ "CONTENT_LENGTH=0",
		"HTTP_CONTENT_LENGTH=0", NULL }).content_length, 0);
	assert_int_equal(params(a, (const char *const[]){ "CONTENT_LENGTH=7",
		"HTTP_CONTENT_LENGTH=0", NULL }).content_length, 7);
	arena_free(a);
}

static void test_bad_lengths(void **state)
{
	static const char *const bad[] = { "CONTENT_LENGTH=-1",
		"CONTENT_LENGTH=5,5", "CONTENT_LENGTH=0x10",
		"CONTENT_LENGTH=99999999999999999999", "CONTENT_LENGTH= 5" };
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < N(bad); i++)
		assert_int_equal(params(a, (const char *const[]){ bad[i],
			NULL }).content_length, -1);
	arena_free(a);
}

/* The header of a proxy is read only where the web server says which, and
 * how often it came is counted: lighttpd makes HTTP_CLIENT_CERT of
 * Client-Cert and of Client_Cert. */
static void test_cert_header(void **state)
{
	struct arena *a = arena_new();
	struct request rq = params(a, (const char *const[]){
		"HTTP_CLIENT_CERT=:YQ==:", "HTTP_CLIENT_CERT=:Yg==:",
		"HTTP_X_SSL_CLIENT_CERT=pem", "MOORING_CERT_HEADER=rfc9440",
		NULL });

	(void)state;
	assert_string_equal(rq.cert_header_kind, "rfc9440");
	assert_string_equal(rq.cert_header, ":YQ==:");
	assert_int_equal(rq.cert_header_count, 2);

	rq = params(a, (const char *const[]){ "MOORING_CERT_HEADER=pem",
		"HTTP_CLIENT_CERT=:YQ==:", "HTTP_X_SSL_CLIENT_CERT=-----",
		NULL });
	assert_string_equal(rq.cert_header, "-----");
	assert_int_equal(rq.cert_header_count, 1);

	rq = params(a, (const char *const[]){ "HTTP_CLIENT_CERT=:YQ==:",
		"HTTP_MOORING_CERT_HEADER=rfc9440", NULL });
	assert_null(rq.cert_header);
	assert_int_equal(rq.cert_header_count, 0);

	/* An empty one beside a full one is still two. */
	rq = params(a, (const char *const[]){ "MOORING_CERT_HEADER=rfc9440",
		"HTTP_CLIENT_CERT=", "HTTP_CLIENT_CERT=:YQ==:", NULL });
	assert_int_equal(rq.cert_header_count, 2);
	arena_free(a);
}

struct source {
	size_t left;
	int step;	/* bytes per read */
	int last;	/* what the read after the last byte returns */
	unsigned reads;
};

static int source_read(void *arg, void *to, int n)
{
	struct source *s = arg;

	s->reads++;
	if (s->left == 0)
		return s->last;
	if (n > s->step)
		n = s->step;
	if ((size_t)n > s->left)
		n = (int)s->left;
	memset(to, 'b', (size_t)n);
	s->left -= (size_t)n;
	return n;
}

static void test_bodies(void **state)
{
	static const struct {
		int64_t announced;
		size_t sent, max;
		int step, last, expected;
		size_t n;	/* bytes that are there at the end */
	} cases[] = {
		{ -1, 0, 100, 10, 0, BODY_OK, 0 },
		{ 0, 0, 100, 10, 0, BODY_OK, 0 },
		{ 100, 100, 100, 7, 0, BODY_OK, 100 },
		{ -1, 100, 100, 7, 0, BODY_OK, 100 },
		{ -1, 101, 100, 7, 0, BODY_TOO_LARGE, 101 },
		{ -1, 1 << 20, 100, 1 << 20, 0, BODY_TOO_LARGE, 101 },
		{ 100, 101, 100, 101, 0, BODY_TOO_LARGE, 101 },
		{ 101, 101, 100, 101, 0, BODY_TOO_LARGE, 0 },
		{ INT64_MAX, 5, 100, 101, 0, BODY_TOO_LARGE, 0 },
		{ 100, 99, 100, 50, 0, BODY_CUT, 99 },
		{ 100, 0, 100, 50, 0, BODY_CUT, 0 },
		{ -1, 50, 100, 50, -1, BODY_CUT, 50 },
		{ 50, 60, 100, 50, 0, BODY_OK, 60 },
		{ -1, 300000, 300000, 8192, 0, BODY_OK, 300000 },
		{ 0, 0, 0, 1, 0, BODY_OK, 0 },
		{ -1, 1, 0, 1, 0, BODY_TOO_LARGE, 1 },
	};
	struct buf b;

	(void)state;
	buf_init(&b, 0);
	for (size_t i = 0; i < N(cases); i++) {
		struct source s = { cases[i].sent, cases[i].step,
			cases[i].last, 0 };
		struct request rq = { .content_length = cases[i].announced };

		fcgi_request_body(&rq, cases[i].max, &b, source_read, &s);
		if ((int)rq.body_state != cases[i].expected
			|| rq.body.n != cases[i].n)
			fail_msg("case %zu: state %d, %zu bytes", i,
				(int)rq.body_state, rq.body.n);
		for (size_t k = 0; k < rq.body.n; k++)
			assert_int_equal(rq.body.p[k], 'b');
		if (cases[i].announced > (int64_t)cases[i].max)
			assert_int_equal(s.reads, 0);
	}
	buf_fini(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_params), cmocka_unit_test(test_absent),
		cmocka_unit_test(test_methods),
		cmocka_unit_test(test_length_zero),
		cmocka_unit_test(test_bad_lengths),
		cmocka_unit_test(test_cert_header),
		cmocka_unit_test(test_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

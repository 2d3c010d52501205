/* enroll/machineinfo and enroll/apple_ca: what a device says of itself, by
 * messages that Python and openssl signed (tests/data/make_ade.py). */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/enc.h"
#include "base/rnd.h"
#include "codec/pl.h"
#include "crypto/cms.h"
#include "crypto/pem_pair.h"
#include "crypto_data.h"
#include "enroll/apple_ca.h"
#include "enroll/machineinfo.h"

static struct arena *a;
static struct err e;
static struct trust *apple;

static const char *path_of(const char *name)
{
	return arena_printf(a, "%s/crypto/ade/%s", getenv("TEST_DATA"), name);
}

static int setup(void **state)
{
	(void)state;
	a = arena_new();
	e = (struct err)ERR_INIT;
	if (trust_open(path_of("root.pem"), &apple, &e) < 0)
		fail_msg("%s", e.msg);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	trust_close(apple);
	arena_free(a);
	return 0;
}

static struct bytes message(const char *name)
{
	return data_file(a, arena_printf(a, "ade/%s.p7s", name));
}

/* Signed by the device of the fixtures, with its intermediate. */
static struct bytes sign(struct bytes content)
{
	struct bytes pem = data_file(a, "ade/device.pem"), der;
	struct pem_pair pair;
	struct cert **chain;
	size_t n;

	if (pem_pair_read(pem, a, &pair, &e) < 0 ||
		cert_list_pem(pem, a, &chain, &n, &e) < 0 ||
		cms_sign_attached(pair.cert, pair.key,
		(const struct cert *const *)chain, n, content, a, &der, &e) < 0)
		fail_msg("%s", e.msg);
	return der;
}

static int read_ade(struct bytes in, const struct trust *t,
	struct machineinfo *mi)
{
	e = (struct err)ERR_INIT;
	return machineinfo_read(in, MACHINEINFO_ADE, t, a, mi, &e);
}

static void refused(int rc, enum err_kind kind, const char *why)
{
	if (rc == 0 || e.kind != kind || strstr(e.msg, why) == NULL)
		fail_msg("%d %s: %s, not %s", rc, err_kind_name(e.kind), e.msg,
			why);
}

/* ---- signatures ---- */

static void test_all_keys(void **state)
{
	static const char *const files[] = { "good", "binary", "root-too",
		"openssl" };
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (read_ade(message(files[i]), apple, &mi) < 0)
			fail_msg("%s: %s", files[i], e.msg);
		assert_true(mi.verified);
		assert_string_equal(mi.udid, "00008110-001A2B3C4D5E6F70");
		assert_string_equal(mi.serial, "F2LXK1ABCD");
		assert_string_equal(mi.product, "iPhone15,2");
		assert_string_equal(mi.version, "21B91");
		assert_string_equal(mi.os_version, "17.1");
		assert_string_equal(mi.supplemental_build, "21B92");
		assert_string_equal(mi.supplemental_extra, "(a)");
		assert_string_equal(mi.imei, "35 000000 000000 0");
		assert_string_equal(mi.meid, "35000000000000");
		assert_string_equal(mi.language, "en");
		assert_string_equal(mi.software_update_device_id, "iPhone15,2");
		assert_true(bytes_is(mi.pairing_token, "\1\2\3"));
		assert_true(mi.can_request_software_update);
		assert_true(mi.mandatory_software_update);
		assert_true(mi.can_request_psso);
	}
}

static void test_least(void **state)
{
	struct machineinfo mi;

	(void)state;
	assert_int_equal(read_ade(message("least"), apple, &mi), 0);
	assert_true(mi.verified);
	assert_string_equal(mi.version, "21B91");
	assert_null(mi.os_version);
	assert_null(mi.supplemental_extra);
	assert_null(mi.pairing_token.p);
	assert_false(mi.can_request_software_update);
	assert_false(mi.mandatory_software_update);
	assert_false(mi.can_request_psso);
}

/* All certificates of the fixtures expired in 2014; who signed is what
 * counts, where it is asked. */
static void test_signers(void **state)
{
	static const struct {
		const char *file;
		enum err_kind kind;
		const char *why;
		bool unverified;	/* taken where nothing is verified */
	} rows[] = {
		{ "foreign", ERR_FORBIDDEN,
			"MachineInfo: signer's certificate is not trusted",
			true },
		{ "self-signed", ERR_FORBIDDEN, "is not trusted", true },
		{ "no-chain", ERR_FORBIDDEN, "is not trusted", true },
		{ "two-signers", ERR_BAD_INPUT, "MachineInfo has two signers",
			false },
		{ "no-signer", ERR_BAD_INPUT, "MachineInfo ", false },
		{ "detached", ERR_BAD_INPUT, "MachineInfo ", false },
		{ "no-plist", ERR_BAD_INPUT, "MachineInfo: ", false },
		{ "lacks-udid", ERR_BAD_INPUT, "MachineInfo: UDID: missing",
			false },
	};
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		refused(read_ade(message(rows[i].file), apple, &mi),
			rows[i].kind, rows[i].why);
		if (!rows[i].unverified) {
			refused(read_ade(message(rows[i].file), NULL, &mi),
				rows[i].kind, rows[i].why);
			continue;
		}
		if (read_ade(message(rows[i].file), NULL, &mi) < 0)
			fail_msg("%s: %s", rows[i].file, e.msg);
		assert_false(mi.verified);
		assert_string_equal(mi.serial, "F2LXK1ABCD");
	}
}

/* The intermediate may stand in the file itself. */
static void test_intermediate_as_anchor(void **state)
{
	struct machineinfo mi;
	struct trust *t;

	(void)state;
	assert_int_equal(trust_open(path_of("inter.pem"), &t, &e), 0);
	assert_int_equal(read_ade(message("no-chain"), t, &mi), 0);
	assert_true(mi.verified);
	refused(read_ade(message("foreign"), t, &mi), ERR_FORBIDDEN,
		"is not trusted");
	trust_close(t);
}

/* A device CA as Apple's of 2007, and a device as old. */
static void test_old_device(void **state)
{
	struct machineinfo mi;
	struct trust *t;

	(void)state;
	assert_int_equal(trust_open(path_of("old-inter.pem"), &t, &e), 0);
	if (read_ade(message("old"), t, &mi) < 0)
		fail_msg("%s", e.msg);
	assert_true(mi.verified);
	trust_close(t);
}

static void test_damage(void **state)
{
	struct bytes der = message("good");
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < der.n; i += 7) {
		struct arena *tmp = arena_new();
		unsigned char *p = arena_memdup(tmp, der.p, der.n);

		p[i] ^= 0x20;
		e = (struct err)ERR_INIT;
		/* What gets through is what was signed. */
		if (machineinfo_read(bytes_of(p, der.n), MACHINEINFO_ADE, apple,
			tmp, &mi, &e) == 0)
			assert_string_equal(mi.serial, "F2LXK1ABCD");
		else
			assert_true((e.kind == ERR_BAD_INPUT ||
				e.kind == ERR_FORBIDDEN) && e.msg[0] != '\0');
		e = (struct err)ERR_INIT;
		assert_int_equal(machineinfo_read(bytes_of(p, i),
			MACHINEINFO_ADE, apple, tmp, &mi, &e), -1);
		assert_int_equal(e.kind, ERR_BAD_INPUT);
		arena_free(tmp);
	}
}

static void test_nonsense(void **state)
{
	size_t n = (size_t)20 << 20;
	unsigned char *big = arena_zalloc(a, n), some[4096];
	struct machineinfo mi;

	(void)state;
	refused(read_ade(bytes_of(big, n), apple, &mi), ERR_TOO_LARGE,
		"larger than 65536 bytes");
	refused(read_ade(bytes_of(big, 65537), NULL, &mi), ERR_TOO_LARGE,
		"larger");
	refused(read_ade(bytes_of(big, 65536), NULL, &mi), ERR_BAD_INPUT,
		"MachineInfo");
	refused(read_ade(bytes_of("", 0), NULL, &mi), ERR_BAD_INPUT,
		"MachineInfo");
	for (size_t i = 0; i < 200; i++) {
		rnd_bytes(some, sizeof(some));
		some[0] = i % 2 ? 0x30 : some[0];
		refused(read_ade(bytes_of(some, 20 * i), apple, &mi),
			ERR_BAD_INPUT, "MachineInfo");
	}
	/* What is signed is looked at with the same suspicion. */
	for (size_t i = 0; i < 20; i++) {
		rnd_bytes(some, sizeof(some));
		refused(read_ade(sign(bytes_of(some, 100 * i)), apple, &mi),
			ERR_BAD_INPUT, "MachineInfo: ");
	}
}

/* ---- keys ---- */

static struct pl *whole(void)
{
	struct pl *d = pl_new_dict(a);

	pl_set_str(d, "UDID", "udid");
	pl_set_str(d, "SERIAL", "serial");
	pl_set_str(d, "PRODUCT", "Mac14,7");
	pl_set_str(d, "VERSION", "22F66");
	return d;
}

static void test_required(void **state)
{
	static const struct {
		const char *key;
		bool account_too;
	} rows[] = { { "UDID", false }, { "SERIAL", false }, { "PRODUCT", true },
		{ "VERSION", true } };
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pl *d = whole();
		const char *key = rows[i].key;
		int rc;

		pl_del(d, key);
		refused(read_ade(sign(pl_xml(d, a)), apple, &mi),
			ERR_BAD_INPUT, arena_printf(a,
			"MachineInfo: %s: missing", key));
		e = (struct err)ERR_INIT;
		rc = machineinfo_read(pl_xml(d, a), MACHINEINFO_ACCOUNT, NULL,
			a, &mi, &e);
		if (rc != (rows[i].account_too ? -1 : 0))
			fail_msg("%s: %d %s", key, rc, e.msg);
		pl_set_str(d, key, "");
		refused(read_ade(sign(pl_xml(d, a)), apple, &mi),
			ERR_BAD_INPUT, arena_printf(a, "%s: empty", key));
		pl_del(d, key);
		pl_set_int(d, key, 5);
		refused(read_ade(sign(pl_xml(d, a)), apple, &mi),
			ERR_BAD_INPUT, arena_printf(a,
			"%s: expected string", key));
	}
}

static void test_types(void **state)
{
	static const struct { const char *key, *expected; } rows[] = {
		{ "PAIRING_TOKEN", "data" },
		{ "MDM_CAN_REQUEST_SOFTWARE_UPDATE", "bool" },
		{ "MANDATORY_SOFTWARE_UPDATE_REQUIRED", "bool" },
		{ "MDM_CAN_REQUEST_PSSO_CONFIG", "bool" },
	};
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pl *d = whole();

		pl_set_str(d, rows[i].key, "yes");
		refused(read_ade(sign(pl_xml(d, a)), apple, &mi),
			ERR_BAD_INPUT, arena_printf(a, "%s: expected %s",
			rows[i].key, rows[i].expected));
	}
	refused(read_ade(sign(pl_xml(pl_new_array(a), a)), apple, &mi),
		ERR_BAD_INPUT, "MachineInfo: ");
}

static const char *of_length(size_t n)
{
	char *s = arena_alloc(a, n + 1);

	memset(s, 'x', n);
	s[n] = '\0';
	return s;
}

/* They come into answers and logs. */
static void test_texts(void **state)
{
	static const struct { const char *key; size_t max; } rows[] = {
		{ "UDID", 4096 }, { "SERIAL", 255 }, { "PRODUCT", 255 },
		{ "VERSION", 255 }, { "OS_VERSION", 255 },
		{ "SUPPLEMENTAL_OS_VERSION_EXTRA", 255 }, { "IMEI", 255 },
		{ "LANGUAGE", 255 },
	};
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pl *d = whole();

		pl_set_str(d, rows[i].key, of_length(rows[i].max));
		assert_int_equal(read_ade(sign(pl_xml(d, a)), apple, &mi), 0);
		pl_set_str(d, rows[i].key, of_length(rows[i].max + 1));
		refused(read_ade(sign(pl_xml(d, a)), apple, &mi),
			ERR_BAD_INPUT, arena_printf(a,
			"MachineInfo: %s: longer than %zu bytes", rows[i].key,
			rows[i].max));
		pl_set_str(d, rows[i].key, "a\nb");
		if (i == 0)	/* any characters */
			assert_int_equal(read_ade(sign(pl_binary(d, a)), apple,
				&mi), 0);
		else
			refused(read_ade(sign(pl_binary(d, a)), apple, &mi),
				ERR_BAD_INPUT, arena_printf(a, "MachineInfo: "
				"%s: holds a control character", rows[i].key));
	}
}

/* ---- other ways in ---- */

static void test_account(void **state)
{
	struct bytes xml = pl_xml(whole(), a);
	const struct bytes good[] = { xml, pl_binary(whole(), a),
		bytes_str(arena_printf(a, "\xef\xbb\xbf%s", arena_str(a, xml))),
		bytes_str(arena_printf(a, "\r\n\t %s", arena_str(a, xml))),
		sign(xml), message("account") };
	const struct bytes bad[] = { bytes_of("\0<plist/>", 9), bytes_str(""),
		bytes_str("<plist><array/></plist>"), bytes_str("bplist00") };
	struct machineinfo mi;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (machineinfo_read(good[i], MACHINEINFO_ACCOUNT, NULL, a,
			&mi, &e) < 0)
			fail_msg("%zu: %s", i, e.msg);
		assert_false(mi.verified);
		assert_non_null(mi.product);
	}
	assert_null(mi.udid);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(machineinfo_read(bad[i], MACHINEINFO_ACCOUNT, NULL, a,
			&mi, &e), ERR_BAD_INPUT, "MachineInfo");
	/* Nobody signed it. */
	refused(read_ade(xml, NULL, &mi), ERR_BAD_INPUT, "MachineInfo");
}

static void test_header(void **state)
{
	char *text = enc_base64(a, message("good"));
	struct machineinfo mi;

	(void)state;
	assert_int_equal(machineinfo_read_header(text, apple, a, &mi, &e), 0);
	assert_true(mi.verified);
	assert_string_equal(mi.product, "iPhone15,2");
	refused(machineinfo_read_header("!", apple, a, &mi, &e), ERR_BAD_INPUT,
		"x-apple-aspen-deviceinfo is not base64");
	refused(machineinfo_read_header("", apple, a, &mi, &e), ERR_BAD_INPUT,
		"MachineInfo");
	text[40] = text[40] == 'A' ? 'B' : 'A';
	refused(machineinfo_read_header(text, apple, a, &mi, &e),
		ERR_BAD_INPUT, "MachineInfo");
	refused(machineinfo_read_header(of_length(200000), apple, a, &mi, &e),
		ERR_TOO_LARGE, "longer than");
}

static void test_platforms(void **state)
{
	static const struct {
		const char *product;
		enum machineinfo_platform p;
		const char *name;
	} rows[] = {
		{ "iPhone15,2", PLATFORM_IOS, "iOS" },
		{ "iPod9,1", PLATFORM_IOS, "iOS" },
		{ "iPad13,1", PLATFORM_IPADOS, "iPadOS" },
		{ "Mac14,7", PLATFORM_MACOS, "macOS" },
		{ "MacBookPro18,3", PLATFORM_MACOS, "macOS" },
		{ "iMac21,1", PLATFORM_MACOS, "macOS" },
		{ "VirtualMac2,1", PLATFORM_MACOS, "macOS" },
		{ "AppleTV14,1", PLATFORM_TVOS, "tvOS" },
		{ "RealityDevice14,1", PLATFORM_VISIONOS, "visionOS" },
		{ "Watch6,1", PLATFORM_WATCHOS, "watchOS" },
		{ "AudioAccessory6,1", PLATFORM_UNKNOWN, "unknown" },
		{ "", PLATFORM_UNKNOWN, "unknown" },
		{ NULL, PLATFORM_UNKNOWN, "unknown" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(machineinfo_platform(rows[i].product),
			rows[i].p);
		assert_string_equal(machineinfo_platform_name(rows[i].p),
			rows[i].name);
	}
}

/* ---- the file of CAs ---- */

static void put(const char *path, struct bytes b)
{
	if (file_write(path, b, 0600, &e) < 0)
		fail_msg("%s", e.msg);
}

static void test_apple_ca(void **state)
{
	char path[] = "/tmp/mooring-ade-XXXXXX";
	struct conf conf = { .ade_verify = true, .ade_ca_file = "" };
	struct apple_ca *c = apple_ca_new();
	const struct trust *t, *first;
	struct arena *held = arena_new();
	struct machineinfo mi;
	int64_t now = DATA_NOW;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	refused(apple_ca_get(c, &conf, now, a, &t, &e), ERR_BUSY,
		"ade_ca_file is not set");
	conf.ade_ca_file = path;
	refused(apple_ca_get(c, &conf, now, a, &t, &e), ERR_BUSY,
		"ade_ca_file: ");
	assert_null(t);
	put(path, data_file(a, "ca-foreign.pem"));
	assert_int_equal(apple_ca_get(c, &conf, ++now, held, &first, &e), 0);
	assert_int_equal(apple_ca_get(c, &conf, now, a, &t, &e), 0);
	assert_ptr_equal(t, first);
	/* A change counts from the next second on. */
	put(path, data_file(a, "ade/root.pem"));
	assert_int_equal(apple_ca_get(c, &conf, now, a, &t, &e), 0);
	assert_ptr_equal(t, first);
	assert_int_equal(apple_ca_get(c, &conf, ++now, a, &t, &e), 0);
	assert_ptr_not_equal(t, first);
	assert_int_equal(read_ade(message("good"), t, &mi), 0);
	/* Who has the one before goes on with it. */
	refused(read_ade(message("good"), first, &mi), ERR_FORBIDDEN,
		"not trusted");
	arena_free(held);
	/* A damaged one changes nothing, nor does one that is gone. */
	put(path, bytes_str("damaged"));
	assert_int_equal(apple_ca_get(c, &conf, ++now, a, &t, &e), 0);
	assert_int_equal(read_ade(message("good"), t, &mi), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(apple_ca_get(c, &conf, ++now, a, &t, &e), 0);
	/* Another name is another file. */
	conf.ade_ca_file = arena_printf(a, "%s.not", path);
	refused(apple_ca_get(c, &conf, now, a, &t, &e), ERR_BUSY,
		"no such file");
	conf.ade_verify = false;
	assert_int_equal(apple_ca_get(c, &conf, now, a, &t, &e), 0);
	assert_null(t);
	arena_reset(a);
	apple_ca_free(c);
}

/* Readers verify while the file changes under them. */
static struct {
	struct apple_ca *ca;
	struct conf conf;
	struct bytes message;
	_Atomic int64_t now;
} shared;

static void *verify_often(void *arg)
{
	unsigned *good = arg;
	struct arena *mine = arena_new();

	for (unsigned i = 0; i < 200; i++) {
		const struct trust *t;
		struct machineinfo mi;
		struct err why = ERR_INIT;

		if (apple_ca_get(shared.ca, &shared.conf, shared.now, mine, &t,
			&why) == 0 && machineinfo_read(shared.message,
			MACHINEINFO_ADE, t, mine, &mi, &why) == 0)
			++*good;
		arena_reset(mine);
	}
	arena_free(mine);
	return NULL;
}

static void test_threads(void **state)
{
	char path[] = "/tmp/mooring-ade-XXXXXX";
	unsigned good[4] = { 0 };
	pthread_t threads[4];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	put(path, data_file(a, "ade/inter.pem"));
	shared.ca = apple_ca_new();
	shared.conf = (struct conf){ .ade_verify = true, .ade_ca_file = path };
	shared.message = message("good");
	shared.now = DATA_NOW;
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
			verify_often, &good[i]), 0);
	for (unsigned i = 0; i < 50; i++) {
		put(path, data_file(a, i % 2 ? "ade/inter.pem" :
			"ade/root.pem"));
		shared.now++;
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(good[i], 200);
	}
	unlink(path);
	apple_ca_free(shared.ca);
}

#define EACH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(test_all_keys), EACH(test_least), EACH(test_signers),
		EACH(test_intermediate_as_anchor), EACH(test_old_device),
	 EACH(test_damage),
		EACH(test_nonsense), EACH(test_required), EACH(test_types),
		EACH(test_texts), EACH(test_account), EACH(test_header),
		EACH(test_platforms), EACH(test_apple_ca),
		EACH(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

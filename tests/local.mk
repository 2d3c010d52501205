# Unit tests: one cmocka program per module, read as TAP.
TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
PY_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	TEST_DATA='$(abs_top_srcdir)/tests/data'; export TEST_DATA;

# A new unit test is one UNIT_TESTS line, in the order of the alphabet:
# automake takes tests/unit/test_x.c by itself and links UNIT_LIBS. An LDADD
# row of its own is for linking less, which keeps the layers honest.
AM_CPPFLAGS += $(CMOCKA_CFLAGS)
UNIT_CPPFLAGS = $(AM_CPPFLAGS)
UNIT_LIBS = $(LIBS_WORKER) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_LOW = $(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_BASE = src/base/libbase.a $(CMOCKA_LIBS) $(PTHREAD_LIBS)
UNIT_CODEC = src/codec/libcodec.a $(PLIST_LIBS) $(JANSSON_LIBS) $(UNIT_BASE)
LDADD = $(UNIT_LIBS)

UNIT_TESTS =
UNIT_TESTS += tests/unit/test_base
tests_unit_test_base_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_conf
tests_unit_test_conf_LDADD = src/conf/libconf.a $(INIH_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_fetch
tests_unit_test_fetch_LDADD = src/net/libnet.a $(CURL_LIBS) $(UNIT_BASE)

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

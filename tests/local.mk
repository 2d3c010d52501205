# Unit tests: one cmocka program per module, read as TAP.
TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
PY_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	TEST_DATA='$(abs_top_srcdir)/tests/data'; export TEST_DATA;

UNIT_LIBS = $(LIBS_WORKER) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests/unit
# Linking a test only with what is at or below its own layer keeps the layers
# honest: LIBS_STORE and LIBS_LOW, or LIBS_LOW alone.
UNIT_LOW = $(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)

UNIT_TESTS = tests/unit/test_base
tests_unit_test_base_SOURCES = tests/unit/test_base.c
tests_unit_test_base_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_base_LDADD = src/base/libbase.a $(CMOCKA_LIBS) $(PTHREAD_LIBS)

UNIT_TESTS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c
tests_unit_test_fetch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_fetch_LDADD = src/net/libnet.a src/base/libbase.a \
	$(CURL_LIBS) $(CMOCKA_LIBS) $(PTHREAD_LIBS)

UNIT_TESTS += tests/unit/test_conf
tests_unit_test_conf_SOURCES = tests/unit/test_conf.c
tests_unit_test_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_conf_LDADD = src/conf/libconf.a src/base/libbase.a \
	$(INIH_LIBS) $(CMOCKA_LIBS) $(PTHREAD_LIBS)

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

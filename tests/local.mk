# Unit tests: one cmocka program per module, read as TAP.
TEST_EXTENSIONS = .py
PY_LOG_COMPILER = $(PYTHON)
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
PY_LOG_DRIVER = $(LOG_DRIVER)
AM_TESTS_ENVIRONMENT = CMOCKA_MESSAGE_OUTPUT=TAP; export CMOCKA_MESSAGE_OUTPUT; \
	PYTHON='$(PYTHON)'; export PYTHON; \
	TEST_DATA='$(abs_top_srcdir)/tests/data'; export TEST_DATA; \
	FUZZ_CORPUS='$(abs_top_srcdir)/tests/fuzz/corpus'; export FUZZ_CORPUS;

# A new unit test is one UNIT_TESTS line, in the order of the alphabet:
# automake takes tests/unit/test_x.c by itself and links UNIT_LIBS. An LDADD
# row of its own is for linking less, which keeps the layers honest.
AM_CPPFLAGS += $(CMOCKA_CFLAGS)
UNIT_CPPFLAGS = $(AM_CPPFLAGS)
UNIT_LIBS = $(LIBS_WORKER) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_LOW = $(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_BASE = src/base/libbase.a $(CMOCKA_LIBS) $(PTHREAD_LIBS)
UNIT_CODEC = src/codec/libcodec.a $(PLIST_LIBS) $(JANSSON_LIBS) $(UNIT_BASE)
UNIT_HTTP = src/http/libhttp.a $(FCGI_LIBS) $(UNIT_BASE)
UNIT_MDM = src/mdm/libmdm.a src/outbox/liboutbox.a src/auth/libauth.a $(LIBS_STORE) $(LIBS_LOW) \
	$(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_AUTH = src/auth/libauth.a $(LIBS_STORE) $(LIBS_LOW) $(LIBS_OUT) \
	$(CMOCKA_LIBS)
UNIT_SIM = src/sim/libsim.a src/model/libmodel.a $(LIBS_LOW) $(LIBS_OUT) \
	$(CMOCKA_LIBS)
UNIT_CRYPTO = src/crypto/libcrypto.a $(CRYPTO_LIBS) $(UNIT_BASE)
LDADD = $(UNIT_LIBS)

MDM_WORLD = tests/unit/mdm_world.c tests/unit/mdm_world.h

APNS_SERVER = tests/unit/apns_server.c tests/unit/apns_server.h
PUSHER_WORLD = tests/unit/pusher_world.h $(APNS_SERVER) $(MDM_WORLD)
HTTP_SERVER = tests/unit/http_server.c tests/unit/http_server.h

ADMIN_WORLD = tests/unit/admin_world.c tests/unit/admin_world.h
SCEP_WORLD = tests/unit/scep_world.c tests/unit/scep_world.h $(ADMIN_WORLD)
UNIT_ADMIN = $(LIBS_ADMIN) $(LIBS_OUT) $(CMOCKA_LIBS)

UNIT_TESTS =
UNIT_TESTS += tests/unit/test_admin
tests_unit_test_admin_SOURCES = tests/unit/test_admin.c $(ADMIN_WORLD)
tests_unit_test_admin_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_admin_command
tests_unit_test_admin_command_SOURCES = tests/unit/test_admin_command.c \
	$(ADMIN_WORLD)
tests_unit_test_admin_command_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_admin_files
tests_unit_test_admin_files_SOURCES = tests/unit/test_admin_files.c \
	$(ADMIN_WORLD)
tests_unit_test_admin_files_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_adminauth
tests_unit_test_adminauth_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_answer
tests_unit_test_answer_LDADD = src/mdm/libmdm.a src/model/libmodel.a \
	src/crypto/libcrypto.a $(CRYPTO_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_apns_reply
tests_unit_test_apns_reply_LDADD = src/push/libpush.a $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_await
tests_unit_test_await_SOURCES = tests/unit/test_await.c $(MDM_WORLD)
tests_unit_test_await_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_base
tests_unit_test_base_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_binding
tests_unit_test_binding_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_checkin
tests_unit_test_checkin_SOURCES = tests/unit/test_checkin.c $(MDM_WORLD)
tests_unit_test_checkin_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_cli
tests_unit_test_cli_LDADD = src/cli/libcli.a $(UNIT_ADMIN) $(QRENCODE_LIBS)
UNIT_TESTS += tests/unit/test_cms
tests_unit_test_cms_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_command
tests_unit_test_command_LDADD = src/model/libmodel.a src/crypto/libcrypto.a \
	$(CRYPTO_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_command_check
tests_unit_test_command_check_LDADD = src/admin/libadmin.a $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_conf
tests_unit_test_conf_LDADD = src/conf/libconf.a $(INIH_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_courier
tests_unit_test_courier_SOURCES = tests/unit/test_courier.c \
	tests/unit/loopback.c tests/unit/loopback.h $(MDM_WORLD)
tests_unit_test_courier_LDADD = src/courier/libcourier.a $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_devauth
tests_unit_test_devauth_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_devauth_bundle
tests_unit_test_devauth_bundle_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_devcache
tests_unit_test_devcache_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_enroll_profile
tests_unit_test_enroll_profile_SOURCES = tests/unit/test_enroll_profile.c \
	$(ADMIN_WORLD)
tests_unit_test_enroll_profile_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_enrollment
tests_unit_test_enrollment_LDADD = src/model/libmodel.a \
	src/crypto/libcrypto.a $(CRYPTO_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_err_log
tests_unit_test_err_log_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_event
tests_unit_test_event_LDADD = src/model/libmodel.a src/crypto/libcrypto.a \
	$(CRYPTO_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_event_json
tests_unit_test_event_json_LDADD = src/outbox/liboutbox.a $(LIBS_STORE) \
	$(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_fcgi_request
tests_unit_test_fcgi_request_LDADD = $(UNIT_HTTP)
UNIT_TESTS += tests/unit/test_crypto
tests_unit_test_crypto_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_crypto_trust
tests_unit_test_crypto_trust_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_csr
tests_unit_test_csr_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c $(HTTP_SERVER)
tests_unit_test_fetch_LDADD = src/net/libnet.a $(CURL_LIBS) $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_fetch_http2
tests_unit_test_fetch_http2_SOURCES = tests/unit/test_fetch_http2.c \
	$(APNS_SERVER)
tests_unit_test_fetch_http2_LDADD = $(UNIT_LOW)
UNIT_TESTS += tests/unit/test_fetch_many
tests_unit_test_fetch_many_SOURCES = tests/unit/test_fetch_many.c \
	$(HTTP_SERVER)
tests_unit_test_fetch_many_LDADD = src/net/libnet.a $(CURL_LIBS) \
	$(UNIT_BASE)
UNIT_TESTS += tests/unit/test_inventory
tests_unit_test_inventory_SOURCES = tests/unit/test_inventory.c $(MDM_WORLD)
tests_unit_test_inventory_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_json
tests_unit_test_json_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_login
tests_unit_test_login_SOURCES = tests/unit/test_login.c $(ADMIN_WORLD)
tests_unit_test_login_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_login_page
tests_unit_test_login_page_LDADD = src/web/libweb.a $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_machineinfo
tests_unit_test_machineinfo_LDADD = src/enroll/libenroll.a $(UNIT_LOW)
UNIT_TESTS += tests/unit/test_mdm_event
tests_unit_test_mdm_event_SOURCES = tests/unit/test_mdm_event.c $(MDM_WORLD)
tests_unit_test_mdm_event_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_mdm_msg
tests_unit_test_mdm_msg_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_mobileconfig
tests_unit_test_mobileconfig_LDADD = src/enroll/libenroll.a \
	$(LIBS_STORE) $(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)
UNIT_TESTS += tests/unit/test_op_health
tests_unit_test_op_health_SOURCES = tests/unit/test_op_health.c $(ADMIN_WORLD)
tests_unit_test_op_health_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_op_push
tests_unit_test_op_push_SOURCES = tests/unit/test_op_push.c $(ADMIN_WORLD)
tests_unit_test_op_push_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_op_query
tests_unit_test_op_query_SOURCES = tests/unit/test_op_query.c $(ADMIN_WORLD)
tests_unit_test_op_query_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_op_renew
tests_unit_test_op_renew_SOURCES = tests/unit/test_op_renew.c $(ADMIN_WORLD)
tests_unit_test_op_renew_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_op_ticket
tests_unit_test_op_ticket_SOURCES = tests/unit/test_op_ticket.c $(ADMIN_WORLD)
tests_unit_test_op_ticket_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_op_webhook
tests_unit_test_op_webhook_SOURCES = tests/unit/test_op_webhook.c \
	$(ADMIN_WORLD)
tests_unit_test_op_webhook_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_pem_pair
tests_unit_test_pem_pair_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_op_access
tests_unit_test_op_access_SOURCES = tests/unit/test_op_access.c $(ADMIN_WORLD)
tests_unit_test_op_access_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_metrics
tests_unit_test_metrics_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_pl
tests_unit_test_pl_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_pl_json
tests_unit_test_pl_json_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_pl_limits
tests_unit_test_pl_limits_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_pl_reader
tests_unit_test_pl_reader_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_policy
tests_unit_test_policy_SOURCES = tests/unit/test_policy.c $(ADMIN_WORLD)
tests_unit_test_policy_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_proxy
tests_unit_test_proxy_LDADD = $(UNIT_AUTH)
UNIT_TESTS += tests/unit/test_pusher
tests_unit_test_pusher_SOURCES = tests/unit/test_pusher.c $(PUSHER_WORLD)
tests_unit_test_pusher_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_pusher_connections
tests_unit_test_pusher_connections_SOURCES = \
	tests/unit/test_pusher_connections.c $(PUSHER_WORLD)
tests_unit_test_pusher_connections_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_push_sweep
tests_unit_test_push_sweep_SOURCES = tests/unit/test_push_sweep.c \
	$(PUSHER_WORLD)
tests_unit_test_push_sweep_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_queue
tests_unit_test_queue_SOURCES = tests/unit/test_queue.c $(MDM_WORLD)
tests_unit_test_queue_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_rec
tests_unit_test_rec_LDADD = $(UNIT_CODEC)
UNIT_TESTS += tests/unit/test_renewal
tests_unit_test_renewal_SOURCES = tests/unit/test_renewal.c $(MDM_WORLD)
tests_unit_test_renewal_LDADD = $(UNIT_MDM)
UNIT_TESTS += tests/unit/test_reply
tests_unit_test_reply_LDADD = $(UNIT_HTTP)
UNIT_TESTS += tests/unit/test_retry
tests_unit_test_retry_LDADD = src/courier/libcourier.a $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_route
tests_unit_test_route_LDADD = $(UNIT_HTTP)
UNIT_TESTS += tests/unit/test_scep_cms
tests_unit_test_scep_cms_CPPFLAGS = $(UNIT_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_test_scep_cms_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_scep_op
tests_unit_test_scep_op_SOURCES = tests/unit/test_scep_op.c $(SCEP_WORLD)
tests_unit_test_scep_op_CPPFLAGS = $(UNIT_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_test_scep_op_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_scep_query
tests_unit_test_scep_query_SOURCES = tests/unit/test_scep_query.c $(SCEP_WORLD)
tests_unit_test_scep_query_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_password
tests_unit_test_password_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_seal
tests_unit_test_seal_LDADD = $(UNIT_CRYPTO)
UNIT_TESTS += tests/unit/test_serve
tests_unit_test_serve_LDADD = src/cli/libcli.a $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_sim
tests_unit_test_sim_LDADD = $(UNIT_SIM)
UNIT_TESTS += tests/unit/test_sim_parts
tests_unit_test_sim_parts_LDADD = $(UNIT_SIM)
UNIT_TESTS += tests/unit/test_sim_profile
tests_unit_test_sim_profile_LDADD = $(UNIT_SIM)
UNIT_TESTS += tests/unit/test_sim_scep
tests_unit_test_sim_scep_LDADD = $(UNIT_SIM) $(PTHREAD_LIBS)
UNIT_TESTS += tests/unit/test_text
tests_unit_test_text_LDADD = $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_throttle
tests_unit_test_throttle_LDADD = src/auth/libauth.a $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_token
tests_unit_test_token_LDADD = src/model/libmodel.a $(UNIT_BASE)
UNIT_TESTS += tests/unit/test_transfer
tests_unit_test_transfer_SOURCES = tests/unit/test_transfer.c $(ADMIN_WORLD)
tests_unit_test_transfer_LDADD = $(UNIT_ADMIN)
UNIT_TESTS += tests/unit/test_web_api
UNIT_TESTS += tests/unit/test_web_mdm

# What src/crypto makes, read by the openssl program and Python.
check_PROGRAMS += tests/unit/crypto_maker
tests_unit_crypto_maker_CPPFLAGS = $(UNIT_CPPFLAGS) $(CRYPTO_CFLAGS)
tests_unit_crypto_maker_LDADD = $(UNIT_CRYPTO)
TESTS += tests/unit/test_crypto_made.py
EXTRA_DIST += tests/unit/test_crypto_made.py

EXTRA_DIST += tests/data/make.py tests/data/make_ade.py tests/data/make_scep.py \
	tests/data/scep_maker.py tests/data/crypto tests/data/store-1 \
	tests/data/store-2 \
	tests/unit/arena_fixture.h tests/unit/auth_store.h \
	tests/unit/crypto_data.h tests/unit/devauth_world.h \
	tests/unit/pl_world.h tests/unit/profile_read.h

check_PROGRAMS += $(UNIT_TESTS)
TESTS += $(UNIT_TESTS)

# Rules about the sources themselves.
LINT_TESTS = tests/lint/selftest.py tests/lint/layers.py tests/lint/style.py \
	tests/lint/docs.py tests/lint/openapi.py
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) tests/lint/lint.py src/LAYERS

# A fuzz target is fuzz_x.c, corpus/x/ and two lines here. `make check` replays
# the corpora; `./configure --enable-fuzzers CC=clang && make fuzz` searches on.
if FUZZERS
FUZZ_MAIN = $(LIBFUZZER)
else
FUZZ_MAIN = tests/fuzz/libreplay.a
endif
check_LIBRARIES += tests/fuzz/libreplay.a
tests_fuzz_libreplay_a_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz.h
FUZZ_TARGETS =
FUZZ_TARGETS += tests/fuzz/fuzz_checkin_msg
tests_fuzz_fuzz_checkin_msg_LDADD = $(FUZZ_MAIN) $(UNIT_MDM)
FUZZ_TARGETS += tests/fuzz/fuzz_cms
tests_fuzz_fuzz_cms_LDADD = $(FUZZ_MAIN) $(UNIT_CRYPTO)
FUZZ_TARGETS += tests/fuzz/fuzz_csr
tests_fuzz_fuzz_csr_LDADD = $(FUZZ_MAIN) $(UNIT_CRYPTO)
FUZZ_TARGETS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_LDADD = $(FUZZ_MAIN) $(UNIT_CODEC)
FUZZ_TARGETS += tests/fuzz/fuzz_machineinfo
tests_fuzz_fuzz_machineinfo_LDADD = $(FUZZ_MAIN) src/enroll/libenroll.a \
	$(UNIT_AUTH)
FUZZ_TARGETS += tests/fuzz/fuzz_pl
tests_fuzz_fuzz_pl_LDADD = $(FUZZ_MAIN) $(UNIT_CODEC)
FUZZ_TARGETS += tests/fuzz/fuzz_pl_json
tests_fuzz_fuzz_pl_json_LDADD = $(FUZZ_MAIN) $(UNIT_CODEC)
FUZZ_TARGETS += tests/fuzz/fuzz_rec
tests_fuzz_fuzz_rec_LDADD = $(FUZZ_MAIN) $(UNIT_CODEC)
FUZZ_TARGETS += tests/fuzz/fuzz_result_msg
tests_fuzz_fuzz_result_msg_LDADD = $(FUZZ_MAIN) $(UNIT_MDM)
FUZZ_TARGETS += tests/fuzz/fuzz_scep_cms
tests_fuzz_fuzz_scep_cms_SOURCES = tests/fuzz/fuzz_scep_cms.c \
	tests/fuzz/scep_cms_key.h
tests_fuzz_fuzz_scep_cms_LDADD = $(FUZZ_MAIN) $(UNIT_CRYPTO)
FUZZ_TARGETS += tests/fuzz/fuzz_scep_op
tests_fuzz_fuzz_scep_op_SOURCES = tests/fuzz/fuzz_scep_op.c \
	tests/fuzz/scep_cms_key.h
tests_fuzz_fuzz_scep_op_LDADD = $(FUZZ_MAIN) $(UNIT_ADMIN)

check_PROGRAMS += $(FUZZ_TARGETS)
if !FUZZERS
TESTS += $(FUZZ_TARGETS)
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/seeds.py

# What is new is kept in fuzz/x/, a crash beside it.
FUZZ_SECONDS = 60
fuzz: $(FUZZ_TARGETS)
	@for t in $(FUZZ_TARGETS); do name=$${t##*/fuzz_}; \
		$(MKDIR_P) fuzz/$$name; echo "$$name:"; \
		$$t -max_total_time=$(FUZZ_SECONDS) -max_len=16384 -timeout=10 \
			-artifact_prefix=fuzz/$$name- -print_final_stats=1 \
			fuzz/$$name $(srcdir)/tests/fuzz/corpus/$$name || exit 1; \
	done
.PHONY: fuzz

# FastCGI and CGI without a web server.
check_PROGRAMS += tests/fcgi/dying tests/fcgi/echo
tests_fcgi_dying_SOURCES = tests/fcgi/dying.c
tests_fcgi_dying_LDADD = src/web/libweb.a src/enroll/libenroll.a src/auth/libauth.a $(LIBS_STORE) \
	$(LIBS_LOW) $(LIBS_OUT)
tests_fcgi_echo_SOURCES = tests/fcgi/echo.c
tests_fcgi_echo_LDADD = src/http/libhttp.a src/base/libbase.a $(FCGI_LIBS) \
	$(PTHREAD_LIBS)
TESTS += tests/fcgi/test_fcgi.py tests/fcgi/test_workers.py
EXTRA_DIST += tests/fcgi/fastcgi.py tests/fcgi/tap.py tests/fcgi/test_fcgi.py \
	tests/fcgi/test_workers.py

# The store: one contract for every engine, and what is this engine's own.
STORE_WORLD = tests/store/store_world.c tests/store/store_world.h \
	tests/store/fail_engine.c tests/store/fail_engine.h \
	tests/store/fail_admin.c tests/store/fail_enroll.c \
	tests/store/fail_event.c \
	tests/store/fail_note.c \
	tests/store/fail_push.c \
	tests/store/fail_verbs.h
STORE_SCENARIO = tests/store/scenario.c tests/store/scenario.h \
	tests/store/scenario_admin.c \
	tests/store/scenario_enroll.c tests/store/scenario_event.c
STORE_LIBS = $(LIBS_STORE) $(LIBS_LOW) $(LIBS_OUT) $(CMOCKA_LIBS)
STORE_TESTS = tests/store/hammer tests/store/hammer_outbox \
	tests/store/test_contract \
	tests/store/test_fail tests/store/test_fault \
	tests/store/test_lmdb_commit tests/store/test_lmdb_damage \
	tests/store/test_lmdb_full tests/store/test_lmdb_open \
	tests/store/test_lmdb_schema
tests_store_hammer_SOURCES = tests/store/hammer.c $(STORE_WORLD)
tests_store_hammer_LDADD = $(STORE_LIBS)
tests_store_hammer_outbox_SOURCES = tests/store/hammer_outbox.c $(STORE_WORLD)
tests_store_hammer_outbox_LDADD = $(STORE_LIBS)
tests_store_test_lmdb_damage_SOURCES = tests/store/test_lmdb_damage.c \
	$(STORE_SCENARIO) $(STORE_WORLD)
tests_store_test_lmdb_damage_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
tests_store_test_lmdb_damage_LDADD = $(STORE_LIBS)
tests_store_test_lmdb_commit_SOURCES = tests/store/test_lmdb_commit.c \
	$(STORE_WORLD)
tests_store_test_lmdb_commit_LDADD = $(STORE_LIBS)
tests_store_test_lmdb_full_SOURCES = tests/store/test_lmdb_full.c \
	$(STORE_WORLD)
tests_store_test_lmdb_full_LDADD = $(STORE_LIBS)
tests_store_test_lmdb_schema_SOURCES = tests/store/test_lmdb_schema.c \
	$(STORE_WORLD)
tests_store_test_lmdb_schema_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
tests_store_test_lmdb_schema_LDADD = $(STORE_LIBS)
tests_store_test_lmdb_open_SOURCES = tests/store/test_lmdb_open.c \
	$(STORE_WORLD)
tests_store_test_lmdb_open_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
tests_store_test_lmdb_open_LDADD = $(STORE_LIBS)
tests_store_test_fail_SOURCES = tests/store/test_fail.c \
	$(STORE_SCENARIO) $(STORE_WORLD)
tests_store_test_fail_LDADD = $(STORE_LIBS)
tests_store_test_fault_SOURCES = tests/store/test_fault.c \
	$(STORE_SCENARIO) $(STORE_WORLD)
tests_store_test_fault_LDADD = $(STORE_LIBS)
tests_store_test_fault_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=mdb_get \
	-Wl,--wrap=mdb_put -Wl,--wrap=mdb_del -Wl,--wrap=mdb_stat \
	-Wl,--wrap=mdb_cursor_open -Wl,--wrap=mdb_cursor_get \
	-Wl,--wrap=mdb_txn_begin -Wl,--wrap=mdb_txn_commit \
	-Wl,--wrap=mdb_txn_renew -Wl,--wrap=mdb_env_info \
	-Wl,--wrap=mdb_env_stat
tests_store_test_contract_SOURCES = tests/store/test_contract.c \
	tests/store/contract.h tests/store/contract_admin.c \
	tests/store/contract_answer.c \
	tests/store/contract_care.c tests/store/contract_copy.c \
	tests/store/contract_delivery.c \
	tests/store/contract_enroll.c \
	tests/store/contract_enrollment.c \
	tests/store/contract_event.c tests/store/contract_guard.c \
	tests/store/contract_issue.c \
	tests/store/contract_note.c \
	tests/store/contract_push.c \
	tests/store/contract_queue.c tests/store/contract_webhook.c \
	tests/store/outbox_verbs.h $(STORE_WORLD)
tests_store_test_contract_LDADD = $(STORE_LIBS)
check_PROGRAMS += $(STORE_TESTS)
TESTS += $(STORE_TESTS)

# What has threads of its own, for a build with --enable-sanitizers=thread:
# make check TESTS='$(TSAN_TESTS)'
TSAN_TESTS = tests/store/hammer tests/store/hammer_outbox \
	tests/store/test_lmdb_commit \
	tests/unit/test_conf tests/unit/test_devauth tests/unit/test_devcache \
	tests/unit/test_fetch_http2 tests/unit/test_fetch_many \
	tests/unit/test_machineinfo \
	tests/unit/test_metrics tests/unit/test_pusher \
	tests/unit/test_pusher_connections tests/unit/test_push_sweep \
	tests/unit/test_scep_query tests/unit/test_seal

# End to end, through real web servers: make check-e2e [E2E_FLAGS='-k life']
check-e2e: all
	cd '$(top_srcdir)' && MOORING_BUILD='$(abs_builddir)' \
		PYTHONDONTWRITEBYTECODE=1 $(PYTHON) -m pytest \
		-p no:cacheprovider tests/e2e $(E2E_FLAGS)
.PHONY: check-e2e
EXTRA_DIST += tests/suites.py tests/e2e/clock_ahead.c $(srcdir)/tests/e2e/*.py

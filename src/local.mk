# One library per folder. A library's flags are given only where its door is
# (src/LAYERS), so that including its headers elsewhere does not compile on a
# system that keeps them apart.

noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/arena.c src/base/arena.h \
	src/base/buf.c src/base/buf.h \
	src/base/clk.c src/base/clk.h \
	src/base/enc.c src/base/enc.h \
	src/base/err.c src/base/err.h \
	src/base/file.c src/base/file.h \
	src/base/log.c src/base/log.h \
	src/base/metrics.c src/base/metrics.h \
	src/base/owner.c src/base/owner.h \
	src/base/rnd.c src/base/rnd.h \
	src/base/str.c src/base/str.h \
	src/base/when.c src/base/when.h

noinst_LIBRARIES += src/codec/libcodec.a
src_codec_libcodec_a_CPPFLAGS = $(AM_CPPFLAGS) $(PLIST_CFLAGS) $(JANSSON_CFLAGS)
src_codec_libcodec_a_SOURCES = \
	src/codec/json.c src/codec/json.h \
	src/codec/keypath.c src/codec/keypath.h \
	src/codec/pl.c src/codec/pl.h \
	src/codec/pl_build.c src/codec/pl_node.h \
	src/codec/pl_json.c src/codec/pl_json.h \
	src/codec/pl_scan.c src/codec/pl_scan.h \
	src/codec/pl_scan_bin.c \
	src/codec/pl_scan_leaf.c src/codec/pl_scan_leaf.h \
	src/codec/pl_scan_xml.c \
	src/codec/utf8.c src/codec/utf8.h \
	src/codec/rec.c src/codec/rec.h

noinst_LIBRARIES += src/crypto/libcrypto.a
src_crypto_libcrypto_a_CPPFLAGS = $(AM_CPPFLAGS) $(CRYPTO_CFLAGS)
src_crypto_libcrypto_a_SOURCES = \
	src/crypto/cert.c src/crypto/cert.h \
	src/crypto/cms.c src/crypto/cms.h \
	src/crypto/cms_parts.c src/crypto/cms_parts.h \
	src/crypto/cms_sign.c \
	src/crypto/crl.c src/crypto/crl.h \
	src/crypto/csr.c src/crypto/csr.h \
	src/crypto/digest.c src/crypto/digest.h \
	src/crypto/issue.c \
	src/crypto/ossl.c src/crypto/ossl.h \
	src/crypto/password.c src/crypto/password.h \
	src/crypto/pem_pair.c src/crypto/pem_pair.h \
	src/crypto/pkey.c src/crypto/pkey.h \
	src/crypto/scep_cms.h \
	src/crypto/scep_cms_make.c src/crypto/scep_cms_parts.h \
	src/crypto/scep_cms_open.c \
	src/crypto/scep_cms_read.c \
	src/crypto/scep_cms_reply.c \
	src/crypto/scep_cms_request.c \
	src/crypto/seal.c src/crypto/seal.h \
	src/crypto/trust.c

noinst_LIBRARIES += src/net/libnet.a
src_net_libnet_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
src_net_libnet_a_SOURCES = \
	src/net/exchange.c src/net/exchange.h \
	src/net/fetch.c src/net/fetch.h \
	src/net/fetch_many.c src/net/fetch_many.h \
	src/net/pool.c src/net/pool.h

noinst_LIBRARIES += src/http/libhttp.a
src_http_libhttp_a_CPPFLAGS = $(AM_CPPFLAGS) $(FCGI_CFLAGS)
src_http_libhttp_a_SOURCES = \
	src/http/fcgi.c src/http/fcgi.h \
	src/http/fcgi_request.c src/http/fcgi_request.h \
	src/http/reply.c src/http/reply.h \
	src/http/request.h \
	src/http/route.c src/http/route.h

noinst_LIBRARIES += src/conf/libconf.a
src_conf_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(INIH_CFLAGS)
src_conf_libconf_a_SOURCES = \
	src/conf/conf.c src/conf/conf.h \
	src/conf/conf_doubt.c \
	src/conf/conf_file.c \
	src/conf/conf_find.c \
	src/conf/conf_keys.c src/conf/conf_keys.h \
	src/conf/conf_value.c

noinst_LIBRARIES += src/model/libmodel.a
src_model_libmodel_a_SOURCES = \
	src/model/command.c src/model/command.h \
	src/model/enrollment.c src/model/enrollment.h \
	src/model/event.c src/model/event.h \
	src/model/grant.c src/model/grant.h \
	src/model/inventory.c src/model/inventory.h \
	src/model/profile_facts.c src/model/profile_facts.h \
	src/model/renewal.c src/model/renewal.h \
	src/model/token.c src/model/token.h

noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(LMDB_CFLAGS)
src_store_libstore_a_SOURCES = \
	src/store/store.c src/store/store.h src/store/store_ops.h \
	src/store/store_admin.c src/store/store_admin.h \
	src/store/store_enroll.c src/store/store_enroll.h \
	src/store/store_note.c src/store/store_note.h \
	src/store/store_event.c src/store/store_event.h \
	src/store/store_metrics.c src/store/store_metrics.h \
	src/store/store_push.c src/store/store_push.h \
	src/store/lmdb/lmdb_account.c \
	src/store/lmdb/lmdb_admin.h \
	src/store/lmdb/lmdb_allow.c src/store/lmdb/lmdb_allow.h \
	src/store/lmdb/lmdb_answer.c \
	src/store/lmdb/lmdb_audit.c \
	src/store/lmdb/lmdb_ballast.c src/store/lmdb/lmdb_ballast.h \
	src/store/lmdb/lmdb_care.c src/store/lmdb/lmdb_care.h \
	src/store/lmdb/lmdb_cert.c src/store/lmdb/lmdb_cert.h \
	src/store/lmdb/lmdb_check.c src/store/lmdb/lmdb_check.h \
	src/store/lmdb/lmdb_check_admin.c \
	src/store/lmdb/lmdb_check_enroll.c \
	src/store/lmdb/lmdb_check_event.c \
	src/store/lmdb/lmdb_check_push.c \
	src/store/lmdb/lmdb_check_tables.c \
	src/store/lmdb/lmdb_command.c src/store/lmdb/lmdb_command.h \
	src/store/lmdb/lmdb_commit.c \
	src/store/lmdb/lmdb_copy.c \
	src/store/lmdb/lmdb_counts.c \
	src/store/lmdb/lmdb_delivery.c src/store/lmdb/lmdb_delivery.h \
	src/store/lmdb/lmdb_delivery_list.c \
	src/store/lmdb/lmdb_due.c src/store/lmdb/lmdb_due.h \
	src/store/lmdb/lmdb_engine.c src/store/lmdb/lmdb_engine.h \
	src/store/lmdb/lmdb_enroll.h \
	src/store/lmdb/lmdb_enrollment.c src/store/lmdb/lmdb_enrollment.h \
	src/store/lmdb/lmdb_enrollment_rec.c \
	src/store/lmdb/lmdb_env.c \
	src/store/lmdb/lmdb_event.c src/store/lmdb/lmdb_event.h \
	src/store/lmdb/lmdb_event_sweep.c \
	src/store/lmdb/lmdb_fault.c \
	src/store/lmdb/lmdb_fs.c src/store/lmdb/lmdb_fs.h \
	src/store/lmdb/lmdb_grant.c \
	src/store/lmdb/lmdb_guard.c src/store/lmdb/lmdb_guard.h \
	src/store/lmdb/lmdb_inventory.c \
	src/store/lmdb/lmdb_issued.c \
	src/store/lmdb/lmdb_key.c src/store/lmdb/lmdb_key.h \
	src/store/lmdb/lmdb_lane.c src/store/lmdb/lmdb_lane.h \
	src/store/lmdb/lmdb_lock.c src/store/lmdb/lmdb_lock.h \
	src/store/lmdb/lmdb_migrate.c \
	src/store/lmdb/lmdb_note.c src/store/lmdb/lmdb_note.h \
	src/store/lmdb/lmdb_push.c src/store/lmdb/lmdb_push.h \
	src/store/lmdb/lmdb_push_cert.c \
	src/store/lmdb/lmdb_queue.c src/store/lmdb/lmdb_queue.h \
	src/store/lmdb/lmdb_read.c \
	src/store/lmdb/lmdb_remove.c \
	src/store/lmdb/lmdb_restore.c \
	src/store/lmdb/lmdb_room.c src/store/lmdb/lmdb_room.h \
	src/store/lmdb/lmdb_schema.c src/store/lmdb/lmdb_schema.h \
	src/store/lmdb/lmdb_secret.c src/store/lmdb/lmdb_secret.h \
	src/store/lmdb/lmdb_store.h \
	src/store/lmdb/lmdb_sweep.c src/store/lmdb/lmdb_sweep.h \
	src/store/lmdb/lmdb_table.c \
	src/store/lmdb/lmdb_target.c src/store/lmdb/lmdb_target.h \
	src/store/lmdb/lmdb_target_add.c \
	src/store/lmdb/lmdb_target_page.c \
	src/store/lmdb/lmdb_ticket.c \
	src/store/lmdb/lmdb_token.c \
	src/store/lmdb/lmdb_touch.c src/store/lmdb/lmdb_touch.h \
	src/store/lmdb/lmdb_tx.c src/store/lmdb/lmdb_tx.h \
	src/store/lmdb/lmdb_unreadable.c src/store/lmdb/lmdb_unreadable.h \
	src/store/lmdb/lmdb_webhook.c src/store/lmdb/lmdb_webhook.h

noinst_LIBRARIES += src/auth/libauth.a
src_auth_libauth_a_SOURCES = \
	src/auth/binding.c src/auth/binding.h \
	src/auth/adminauth.c src/auth/adminauth.h \
	src/auth/devauth.c src/auth/devauth.h \
	src/auth/devcache.c src/auth/devcache.h \
	src/auth/issuance.c src/auth/issuance.h \
	src/auth/proxy.c src/auth/proxy.h \
	src/auth/throttle.c src/auth/throttle.h \
	src/auth/ticket.c src/auth/ticket.h

noinst_LIBRARIES += src/outbox/liboutbox.a
src_outbox_liboutbox_a_SOURCES = \
	src/outbox/event_json.c src/outbox/event_json.h \
	src/outbox/outbox.c src/outbox/outbox.h \
	src/outbox/wake.c

noinst_LIBRARIES += src/push/libpush.a
src_push_libpush_a_SOURCES = \
	src/push/apns_reply.c src/push/apns_reply.h \
	src/push/push_check.c \
	src/push/push_prepare.c \
	src/push/push_settle.c \
	src/push/push_sweep.c src/push/push_sweep.h \
	src/push/push_topic.c \
	src/push/pusher.c src/push/pusher.h src/push/pusher_parts.h

noinst_LIBRARIES += src/mdm/libmdm.a
src_mdm_libmdm_a_SOURCES = \
	src/mdm/answer.c src/mdm/answer.h \
	src/mdm/await.c src/mdm/await.h \
	src/mdm/checkin.c src/mdm/checkin.h \
	src/mdm/checkin_msg.c src/mdm/checkin_msg.h \
	src/mdm/contact.c src/mdm/contact.h \
	src/mdm/first_commands.c src/mdm/first_commands.h \
	src/mdm/generation.c src/mdm/generation.h \
	src/mdm/import.c src/mdm/import.h \
	src/mdm/inventory.c src/mdm/inventory.h \
	src/mdm/mdm_event.c src/mdm/mdm_event.h \
	src/mdm/message_apply.c src/mdm/message_apply.h \
	src/mdm/msg_ids.c src/mdm/msg_ids.h \
	src/mdm/own_command.c src/mdm/own_command.h \
	src/mdm/queue.c src/mdm/queue.h \
	src/mdm/renew.c src/mdm/renew.h \
	src/mdm/result_msg.c src/mdm/result_msg.h

noinst_LIBRARIES += src/scep/libscep.a
src_scep_libscep_a_SOURCES = \
	src/scep/scep_ca.c src/scep/scep_ca.h \
	src/scep/scep_crl.c src/scep/scep_crl.h \
	src/scep/scep_issue.c \
	src/scep/scep_op.c src/scep/scep_op.h \
	src/scep/scep_parts.h \
	src/scep/scep_query.c \
	src/scep/scep_request.c

noinst_LIBRARIES += src/enroll/libenroll.a
src_enroll_libenroll_a_SOURCES = \
	src/enroll/apple_ca.c src/enroll/apple_ca.h \
	src/enroll/discovery.c src/enroll/discovery.h \
	src/enroll/enroll_anchors.c \
	src/enroll/enroll_facts.c \
	src/enroll/enroll_invite.c src/enroll/enroll_invite.h \
	src/enroll/enroll_profile.c src/enroll/enroll_profile.h \
	src/enroll/enroll_rate.c src/enroll/enroll_rate.h \
	src/enroll/enroll_sign.c src/enroll/enroll_sign.h \
	src/enroll/login.c src/enroll/login.h \
	src/enroll/machineinfo.c src/enroll/machineinfo.h \
	src/enroll/mobileconfig.c src/enroll/mobileconfig.h \
	src/enroll/policy.c src/enroll/policy.h

noinst_LIBRARIES += src/admin/libadmin.a
src_admin_libadmin_a_SOURCES = \
	src/admin/op.c src/admin/op.h \
	src/admin/op_account.c src/admin/op_account.h \
	src/admin/command_check.c src/admin/command_check.h \
	src/admin/command_schema.c src/admin/command_schema.h \
	src/admin/op_audit.c src/admin/op_audit.h \
	src/admin/op_health.c src/admin/op_health.h \
	src/admin/op_health_enroll.c src/admin/op_health_parts.h \
	src/admin/op_inventory.c src/admin/op_inventory.h \
	src/admin/op_push.c src/admin/op_push.h \
	src/admin/op_push_cert.c src/admin/op_push_cert.h \
	src/admin/op_token.c src/admin/op_token.h \
	src/admin/op_transfer.h \
	src/admin/op_allow.c src/admin/op_allow.h \
	src/admin/op_backup.c src/admin/op_backup.h \
	src/admin/op_ca.c src/admin/op_ca.h \
	src/admin/op_ca_issued.c \
	src/admin/op_ca_own.c \
	src/admin/op_command.c src/admin/op_command.h \
	src/admin/op_enqueue.c src/admin/op_enqueue.h \
	src/admin/op_escrow.c \
	src/admin/op_enrollment.c src/admin/op_enrollment.h \
	src/admin/op_event.c src/admin/op_event.h \
	src/admin/op_figures.c src/admin/op_figures.h \
	src/admin/op_guard.c src/admin/op_guard.h \
	src/admin/op_import.c src/admin/op_import.h \
	src/admin/op_import_nanomdm.c \
	src/admin/op_importer.c \
	src/admin/op_export.c \
	src/admin/op_init.c src/admin/op_init.h \
	src/admin/op_init_pki.c src/admin/op_init_steps.h \
	src/admin/op_json.c src/admin/op_json.h \
	src/admin/op_json_enroll.c src/admin/op_json_enroll.h \
	src/admin/op_json_command.c src/admin/op_json_command.h \
	src/admin/op_init_token.c \
	src/admin/op_query.c src/admin/op_query.h \
	src/admin/op_queue.c src/admin/op_queue.h \
	src/admin/op_queue_bodies.c \
	src/admin/op_single.c src/admin/op_single.h \
	src/admin/op_forget.c src/admin/op_forget.h \
	src/admin/op_remove.c src/admin/op_remove.h \
	src/admin/op_renew.c src/admin/op_renew.h \
	src/admin/op_renew_due.c \
	src/admin/op_store.c src/admin/op_store.h \
	src/admin/op_profile.c src/admin/op_profile.h \
	src/admin/op_ticket.c src/admin/op_ticket.h \
	src/admin/op_webhook.c src/admin/op_webhook.h

EXTRA_DIST += src/admin/command_schema.py

noinst_LIBRARIES += src/web/libweb.a
src_web_libweb_a_SOURCES = \
	src/web/backend.c src/web/backend.h \
	src/web/guard.c src/web/guard.h \
	src/web/serve.c src/web/serve.h \
	src/web/login_page.c src/web/login_page.h \
	src/web/web_access.c src/web/web_access.h \
	src/web/web_account.c src/web/web_account.h \
	src/web/web_api.c src/web/web_api.h \
	src/web/web_api_read.c \
	src/web/web_ade.c src/web/web_ade.h \
	src/web/web_audit.c src/web/web_audit.h \
	src/web/web_certificates.c src/web/web_certificates.h \
	src/web/web_commands.c src/web/web_commands.h \
	src/web/web_enqueue.c src/web/web_enqueue.h \
	src/web/web_escrow.c src/web/web_escrow.h \
	src/web/web_discovery.c src/web/web_discovery.h \
	src/web/web_enroll.c src/web/web_enroll.h \
	src/web/web_enrollments.c src/web/web_enrollments.h \
	src/web/web_events.c src/web/web_events.h \
	src/web/web_health.c src/web/web_health.h \
	src/web/web_mdm.c src/web/web_mdm.h \
	src/web/web_migration.c src/web/web_migration.h \
	src/web/web_push.c src/web/web_push.h \
	src/web/web_push_cert.c src/web/web_push_cert.h \
	src/web/web_query.c src/web/web_query.h \
	src/web/web_queue.c src/web/web_queue.h \
	src/web/web_renew.c src/web/web_renew.h \
	src/web/web_results.c src/web/web_results.h \
	src/web/web_scep.c src/web/web_scep.h \
	src/web/web_targets.c src/web/web_targets.h \
	src/web/web_tickets.c src/web/web_tickets.h \
	src/web/web_tokens.c src/web/web_tokens.h \
	src/web/web_users.c src/web/web_users.h \
	src/web/web_version.c src/web/web_version.h \
	src/web/web_webhooks.c src/web/web_webhooks.h

noinst_LIBRARIES += src/courier/libcourier.a
src_courier_libcourier_a_SOURCES = \
	src/courier/courier.c src/courier/courier.h \
	src/courier/enroll_sweep.c src/courier/enroll_sweep.h \
	src/courier/expiry.c src/courier/expiry.h \
	src/courier/lead.c src/courier/lead.h \
	src/courier/outage.c src/courier/outage.h \
	src/courier/push_loop.c \
	src/courier/retry.c src/courier/retry.h \
	src/courier/sending.c src/courier/sending.h \
	src/courier/sweep_loop.c \
	src/courier/watch.c src/courier/watch.h \
	src/courier/webhook_loop.c \
	src/courier/webhook_round.c src/courier/webhook_round.h

noinst_LIBRARIES += src/cli/libcli.a
src_cli_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) $(QRENCODE_CFLAGS)
src_cli_libcli_a_SOURCES = \
	src/cli/cmd.c src/cli/cmd.h \
	src/cli/cmd_allow.c src/cli/cmd_allow.h \
	src/cli/cmd_audit.c \
	src/cli/cmd_backup.c \
	src/cli/cmd_challenge.c \
	src/cli/cmd_ca.c src/cli/cmd_ca.h \
	src/cli/cmd_ca_own.c \
	src/cli/cmd_commands.c \
	src/cli/cmd_config.c \
	src/cli/cmd_enqueue.c \
	src/cli/cmd_enrollments.c \
	src/cli/cmd_events.c \
	src/cli/cmd_guard.c \
	src/cli/cmd_health.c \
	src/cli/cmd_help.c src/cli/cmd_help.h \
	src/cli/cmd_init.c \
	src/cli/cmd_invite.c \
	src/cli/cmd_op.c src/cli/cmd_op.h \
	src/cli/cmd_profile.c \
	src/cli/cmd_push.c \
	src/cli/cmd_push_cert.c \
	src/cli/cmd_queue.c \
	src/cli/cmd_renew.c src/cli/cmd_renew.h \
	src/cli/cmd_rows.h \
	src/cli/cmd_serve.c \
	src/cli/cmd_store.c \
	src/cli/cmd_inventory.c \
	src/cli/cmd_ticket.c src/cli/cmd_ticket.h \
	src/cli/cmd_transfer.c \
	src/cli/cmd_webhooks.c \
	src/cli/cmd_tokens.c \
	src/cli/cmd_users.c \
	src/cli/password_input.c src/cli/password_input.h \
	src/cli/qr.c src/cli/qr.h \
	src/cli/serve_child.c src/cli/serve_child.h \
	src/cli/serve_conf.c src/cli/serve_conf.h \
	src/cli/serve_plan.c src/cli/serve_plan.h \
	src/cli/serve_port.c src/cli/serve_port.h \
	src/cli/serve_run.c src/cli/serve_run.h \
	src/cli/table.c src/cli/table.h

noinst_LIBRARIES += src/sim/libsim.a
src_sim_libsim_a_SOURCES = \
	src/sim/catalog.c src/sim/catalog.h \
	src/sim/devfile.c src/sim/devfile.h src/sim/devfile_parts.h \
	src/sim/devfile_profile.c \
	src/sim/device.c src/sim/device.h \
	src/sim/fleet.c src/sim/fleet.h \
	src/sim/exchange.c src/sim/exchange.h \
	src/sim/identity.c src/sim/identity.h \
	src/sim/install.c src/sim/install.h \
	src/sim/message.c src/sim/message.h \
	src/sim/obtain.c src/sim/obtain.h \
	src/sim/onboard.c src/sim/onboard.h \
	src/sim/options.c src/sim/options.h \
	src/sim/profile.c src/sim/profile.h \
	src/sim/profile_enrollment.c \
	src/sim/renew.c src/sim/renew.h \
	src/sim/report.c src/sim/report.h \
	src/sim/respond.c src/sim/respond.h \
	src/sim/respond_apps.c \
	src/sim/respond_info.c \
	src/sim/respond_profiles.c \
	src/sim/scep_client.c src/sim/scep_client.h \
	src/sim/session.c src/sim/session.h \
	src/sim/setup.c src/sim/setup.h \
	src/sim/stats.c src/sim/stats.h \
	src/sim/wire.c src/sim/wire.h

# What programs link, from the top layer down.
LIBS_STORE = src/store/libstore.a src/model/libmodel.a src/conf/libconf.a
LIBS_LOW = src/http/libhttp.a src/net/libnet.a src/crypto/libcrypto.a \
	src/codec/libcodec.a src/base/libbase.a
LIBS_ADMIN = src/admin/libadmin.a src/scep/libscep.a src/enroll/libenroll.a src/push/libpush.a \
	src/mdm/libmdm.a src/outbox/liboutbox.a src/auth/libauth.a $(LIBS_STORE) $(LIBS_LOW)
LIBS_WORKER = src/web/libweb.a $(LIBS_ADMIN)
LIBS_OUT = $(LMDB_LIBS) $(INIH_LIBS) $(FCGI_LIBS) $(CURL_LIBS) \
	$(CRYPTO_LIBS) $(PLIST_LIBS) $(JANSSON_LIBS) $(PTHREAD_LIBS)

# These hold configure's paths, and make does not see those change.
$(src_conf_libconf_a_OBJECTS) \
	src/cli/libcli_a-cmd_help.$(OBJEXT) \
	src/cli/libcli_a-serve_plan.$(OBJEXT): Makefile

bin_PROGRAMS += mooringctl
mooringctl_SOURCES = src/cli/mooringctl.c
mooringctl_LDADD = src/cli/libcli.a $(LIBS_ADMIN) $(LIBS_OUT) $(QRENCODE_LIBS)

pkglibexec_PROGRAMS = mooring-courier
mooring_courier_SOURCES = src/courier/mooring_courier.c
mooring_courier_LDADD = src/courier/libcourier.a $(LIBS_ADMIN) $(LIBS_OUT)

bin_PROGRAMS += mooring-device
mooring_device_SOURCES = src/sim/mooring_device.c
mooring_device_LDADD = src/sim/libsim.a src/model/libmodel.a $(LIBS_LOW) \
	$(LIBS_OUT)

# The shipped systemd units. They are installed beside the other shipped
# files; README.md says how to enable them.
systemddir = $(pkgdatadir)/systemd
dist_systemd_DATA = systemd/mooring-api.socket systemd/mooring-enroll.socket \
	systemd/mooring-mdm.socket systemd/mooring-scep.socket
systemd_DATA = systemd/mooring-api.service systemd/mooring-courier.service \
	systemd/mooring-enroll.service systemd/mooring-mdm.service \
	systemd/mooring-scep.service
CLEANFILES += $(systemd_DATA)
SYSTEMD_IN = systemd/mooring-api.service.in \
	systemd/mooring-courier.service.in systemd/mooring-enroll.service.in \
	systemd/mooring-mdm.service.in systemd/mooring-scep.service.in
EXTRA_DIST += $(SYSTEMD_IN)

$(systemd_DATA): Makefile $(SYSTEMD_IN)
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(PATHS_SED) $(srcdir)/$@.in >$@

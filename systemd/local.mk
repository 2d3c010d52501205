# The shipped systemd units. They are installed beside the other shipped
# files; README.md says how to enable them.
systemddir = $(pkgdatadir)/systemd
dist_systemd_DATA = systemd/mooring-api.socket systemd/mooring-mdm.socket
systemd_DATA = systemd/mooring-api.service systemd/mooring-courier.service \
	systemd/mooring-mdm.service
CLEANFILES += $(systemd_DATA)
EXTRA_DIST += systemd/mooring-api.service.in \
	systemd/mooring-courier.service.in systemd/mooring-mdm.service.in

systemd/mooring-api.service: systemd/mooring-api.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(PATHS_SED) $(srcdir)/systemd/mooring-api.service.in >$@
systemd/mooring-courier.service: systemd/mooring-courier.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(PATHS_SED) $(srcdir)/systemd/mooring-courier.service.in >$@
systemd/mooring-mdm.service: systemd/mooring-mdm.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(PATHS_SED) $(srcdir)/systemd/mooring-mdm.service.in >$@

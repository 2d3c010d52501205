# The shipped Apache files: `mooringctl serve` and the tests run them.
apachedir = $(pkgdatadir)/apache
dist_apache_DATA = apache/backend-fcgid.conf apache/backend-proxy.conf \
	apache/bare.conf apache/enroll.conf apache/htaccess \
	apache/limits.conf apache/mooring.conf apache/server-fcgid.conf \
	apache/server-proxy.conf apache/tls.conf
dist_apache_SCRIPTS = apache/mdm.cgi
apache_DATA = apache/example.conf
CLEANFILES += apache/example.conf
EXTRA_DIST += apache/example.conf.in

apache/example.conf: apache/example.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) apache && \
	$(PATHS_SED) $(srcdir)/apache/example.conf.in >$@

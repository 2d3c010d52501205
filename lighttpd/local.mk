# The shipped lighttpd files: `mooringctl serve` and the tests run them.
lighttpddir = $(pkgdatadir)/lighttpd
dist_lighttpd_DATA = lighttpd/backend-cgi.conf lighttpd/backend-fastcgi.conf \
	lighttpd/backend-socket.conf lighttpd/enroll.conf \
	lighttpd/limits.conf lighttpd/mooring.conf lighttpd/tls.conf
lighttpd_DATA = lighttpd/example.conf
CLEANFILES += lighttpd/example.conf
EXTRA_DIST += lighttpd/example.conf.in

lighttpd/example.conf: lighttpd/example.conf.in Makefile
	$(AM_V_GEN)$(MKDIR_P) lighttpd && \
	$(PATHS_SED) $(srcdir)/lighttpd/example.conf.in >$@

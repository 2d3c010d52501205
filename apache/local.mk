# The shipped Apache files: `mooringctl serve` and the tests run them.
apachedir = $(pkgdatadir)/apache
dist_apache_DATA = apache/backend-fcgid.conf apache/backend-proxy.conf \
	apache/bare.conf apache/example.conf apache/htaccess \
	apache/limits.conf apache/mooring.conf apache/server-fcgid.conf \
	apache/server-proxy.conf apache/tls.conf
dist_apache_SCRIPTS = apache/mdm.cgi

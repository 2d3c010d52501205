# The shipped lighttpd files: `mooringctl serve` and the tests run them.
lighttpddir = $(pkgdatadir)/lighttpd
dist_lighttpd_DATA = lighttpd/backend-cgi.conf lighttpd/backend-fastcgi.conf \
	lighttpd/backend-socket.conf lighttpd/example.conf \
	lighttpd/limits.conf lighttpd/mooring.conf lighttpd/tls.conf

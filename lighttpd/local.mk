# the shipped lighttpd files

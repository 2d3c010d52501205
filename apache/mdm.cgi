#!/bin/sh
# Starts mdm.fcgi as plain CGI on shared hosting (see htaccess); copied as
# enroll.cgi and scep.cgi, those programs. suexec takes unknown variables out
# of the environment, so MOORING_DIR is set here and not by SetEnv. Edit both
# paths; keep the mode 0755. The data folder lies
# outside of the document root, on a local disk.
MOORING_DIR='@MOORING_DIR@'
export MOORING_DIR
program=${0##*/}
exec '@MOORING_CGIBIN@'"/${program%.cgi}.fcgi"

#!/bin/sh
# Starts mdm.fcgi as plain CGI on shared hosting (see htaccess). suexec takes
# unknown variables out of the environment, so MOORING_DIR is set here and
# not by SetEnv. Edit both paths; keep the mode 0755. The data folder lies
# outside of the document root, on a local disk.
MOORING_DIR='@MOORING_DIR@'
export MOORING_DIR
exec '@MOORING_CGIBIN@/mdm.fcgi'

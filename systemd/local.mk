# the shipped systemd files

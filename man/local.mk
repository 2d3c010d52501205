dist_man_MANS += man/mooring.conf.5

dist_man_MANS += man/mooring.conf.5
dist_man_MANS += man/mooring.7
dist_man_MANS += man/mooring-courier.8
dist_man_MANS += man/mooringctl.8
dist_man_MANS += man/mooring-device.1

cgibindir = $(pkglibexecdir)/cgi-bin
cgibin_PROGRAMS = cgi-bin/mdm.fcgi cgi-bin/api.fcgi cgi-bin/enroll.fcgi \
	cgi-bin/scep.fcgi
cgi_bin_mdm_fcgi_SOURCES = cgi-bin/mdm.c
cgi_bin_mdm_fcgi_LDADD = $(LIBS_WORKER) $(LIBS_OUT)
cgi_bin_api_fcgi_SOURCES = cgi-bin/api.c
cgi_bin_api_fcgi_LDADD = $(LIBS_WORKER) $(LIBS_OUT)
cgi_bin_enroll_fcgi_SOURCES = cgi-bin/enroll.c
cgi_bin_enroll_fcgi_LDADD = $(LIBS_WORKER) $(LIBS_OUT)
cgi_bin_scep_fcgi_SOURCES = cgi-bin/scep.c
cgi_bin_scep_fcgi_LDADD = $(LIBS_WORKER) $(LIBS_OUT)

#ifndef MOORING_WEB_WEB_ENROLLMENTS_H
#define MOORING_WEB_WEB_ENROLLMENTS_H

#include "web/serve.h"

/* /v1/enrollments: seen, changed, removed, forgotten. */
extern const struct web_target web_enrollments_list, web_enrollments_get,
	web_enrollments_forget, web_enrollments_remove, web_enrollments_block,
	web_enrollments_unblock, web_enrollments_unmanage;

#endif

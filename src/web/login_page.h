#ifndef MOORING_WEB_LOGIN_PAGE_H
#define MOORING_WEB_LOGIN_PAGE_H

#include "base/arena.h"
#include "base/str.h"

/* The login page as HTML: works without scripts, in a phone's web view. Any
 * text may be given; NULL: none. */
struct login_page {
	const char *organization;
	const char *name;	/* filled in already */
	const char *trouble;	/* what went wrong */
};
struct bytes login_page_html(const struct login_page *p, struct arena *a);

#endif

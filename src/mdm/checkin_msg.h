#ifndef MOORING_MDM_CHECKIN_MSG_H
#define MOORING_MDM_CHECKIN_MSG_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "model/enrollment.h"

/* Check-in messages as typed data. */
enum checkin_type { CHECKIN_AUTHENTICATE, CHECKIN_TOKEN_UPDATE,
	CHECKIN_CHECK_OUT, CHECKIN_USER_AUTHENTICATE };

/* Bytes of one text: each poll reads what is stored of them. */
#define CHECKIN_TEXT_MAX ENROLLMENT_ID_MAX

struct checkin_msg {
	enum checkin_type type;
	const char *type_name;
	struct enrollment_ids ids;
	struct enrollment_id id;
	const char *topic;
	/* Authenticate */
	const char *serial, *device_name, *model, *model_name, *product_name;
	const char *os_version, *build_version, *imei, *meid;
	/* TokenUpdate */
	struct bytes token, unlock_token;	/* unlock: p NULL = absent */
	const char *push_magic;
	bool awaiting_configuration, has_awaiting_configuration;
	bool not_on_console;
};

/* ERR_BAD_INPUT with one line that names the key: not a plist, wrong root,
 * missing, mistyped or overlong key, unknown MessageType, a message that is not
 * allowed on its channel. */
int checkin_msg_parse(struct bytes body, struct arena *a,
	struct checkin_msg *out, struct err *e);

#endif

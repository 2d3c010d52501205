#ifndef MOORING_ENROLL_ENROLL_INVITE_H
#define MOORING_ENROLL_ENROLL_INVITE_H

#include "store/store_enroll.h"

/* In the transaction that makes a profile: the invite is still good, and one
 * fetch more is counted. ERR_FORBIDDEN "invite …". */
int enroll_invite_fetch(struct store_tx *tx,
	const unsigned char hash[DIGEST_LEN], int64_t now, struct err *e);

#endif

/* Identifier keys, common to check-in messages and command results. */
#include "mdm/msg_ids.h"

void msg_ids_read(struct pl_reader *r, struct enrollment_ids *ids)
{
	pl_str_opt(r, "UDID", &ids->udid);
	pl_str_opt(r, "EnrollmentID", &ids->enrollment_id);
	pl_str_opt(r, "UserID", &ids->user_id);
	pl_str_opt(r, "EnrollmentUserID", &ids->enrollment_user_id);
	pl_str_opt(r, "UserShortName", &ids->user_short_name);
	pl_str_opt(r, "UserLongName", &ids->user_long_name);
}

#ifndef MOORING_MDM_MSG_IDS_H
#define MOORING_MDM_MSG_IDS_H

#include "codec/pl.h"
#include "model/enrollment.h"

/* The identifier keys that every message may carry. */
void msg_ids_read(struct pl_reader *r, struct enrollment_ids *ids);

#endif

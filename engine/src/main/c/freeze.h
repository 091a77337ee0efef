/* Freezing and thawing several containers at one instant. */
#ifndef BIVOUAC_FREEZE_H
#define BIVOUAC_FREEZE_H

#include "request.h"
#include "session.h"

/* When one container cannot be frozen, those already frozen are thawed again. */
int freeze_all(struct session *session, const struct freeze *request, struct failure *failure);

#endif

/* What has grown old leaves: once at a start and once a day, in small pieces on the store's thread.
 *
 *   a session and its steps     `retention` after it ended, once its export is a whole file
 *   a slot, a call              after its session, and not within 35 days: budgets sum up their
 *                               windows, and a slot's row keeps its beat from running twice
 *   an incident that is over    after `retention`, or `alert_again` where that is longer
 *   what is known of an agent (its last constitution, too), a section, a provider or a model
 *                               when none of that name was there for all of `retention`
 *   an export                   ten times `retention` after the day on which it began; the oldest
 *                               where all are more than `exports_size`, unless state.db needs it
 *
 * A clock that is years ahead is not believed at once: see store_moment_advance. */
#ifndef AGENTD_RETENTION_H
#define AGENTD_RETENTION_H

#include "daemon.h"

struct retention;

int retention_new(struct daemon *daemon, struct retention **ret_retention, struct error *error);
void retention_free(struct retention *retention);
/* The first round. */
void retention_start(struct daemon *daemon);

#endif

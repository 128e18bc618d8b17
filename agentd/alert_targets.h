/* Where alerts go: the commands and webhooks of `alerts:` in agentd.yaml. A command is run by the
 * shell with the text as its last argument and the alert as JSON on its standard input; a webhook
 * gets the JSON by POST, through agentd-gateway. One that fails is logged and tried again twice, a
 * minute apart. */
#ifndef AGENTD_ALERT_TARGETS_H
#define AGENTD_ALERT_TARGETS_H

#include "daemon.h"

#include <jansson.h>

#define ALERT_DELIVERIES_MAX 64 /* under way or waiting for another try; further ones are logged \
				 */

struct alert_targets;

struct alert_targets *alert_targets_new(struct daemon *daemon);
void alert_targets_free(struct alert_targets *targets);

/* Tells every target. `alert` is borrowed; its "text" is the sentence. */
void alert_targets_tell(struct alert_targets *targets, json_t *alert);

#endif

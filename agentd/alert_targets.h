/* Where alerts go: the commands and webhooks of `alerts:` in agentd.yaml.
 *
 * A command is a person's own: it is run by the shell in the workspace, without walls and without
 * our environment's keys, with the text as its last argument and the whole alert as a JSON object
 * on its standard input, for at most 30 s. A webhook gets the same object by POST, through
 * agentd-gateway, and has 10 s to answer. One that fails is logged, without what may be secret in
 * it, and tried twice more, a minute apart; then it is given up, until alerts.c tells it again. A
 * few are under way at a time, in the order of the alerts. */
#ifndef AGENTD_ALERT_TARGETS_H
#define AGENTD_ALERT_TARGETS_H

#include "alerts.h"

#define ALERTS_AT_ONCE 4
#define ALERTS_WAITING_MAX 256 /* with those that wait for another try; further ones are logged */

struct alert_targets;

struct alert_targets *alert_targets_new(struct daemon *daemon);
void alert_targets_free(struct alert_targets *targets);

/* Tells every target. `alert` is borrowed; its "text" is the sentence. `told` (may be NULL) is
 * called when all got it or were given up, or, on alert_targets_free, when it will not be known any
 * more. */
void alert_targets_tell(struct alert_targets *targets, const json_t *alert, alert_told told,
			void *context);

/* The same, each once, and also while the daemon stops: it was promised. */
void alert_targets_ask(struct alert_targets *targets, const json_t *alert, alert_told told,
		       void *context);

/* Is there room for one more alert to every target? */
bool alert_targets_have_room(const struct alert_targets *targets);

#endif

/* What people and agents hear of a monitor: incidents, and the one that is woken. */
#ifndef AGENTD_MONITOR_NEWS_H
#define AGENTD_MONITOR_NEWS_H

#include "daemon.h"
#include "monitor.h"

#include <jansson.h>

/* `news` of monitor_step; `reason`: what the latest look said, `word` without words from outside.
 */
void monitor_tell(struct daemon *daemon, const struct monitor_settings *settings,
		  const struct monitor_life *life, unsigned news, const char *reason,
		  const char *word);

/* It could not be looked at, several times in a row; then (NULL) it could. */
void monitor_tell_blind(struct daemon *daemon, const char *name, const char *reason);

/* Ends incidents of monitors that agentd.yaml names no more. */
void monitor_forget_gone(struct daemon *daemon);
/* Its own are open, as state.db has them. `anew`: a person has changed it, and its restarts are
 * allowed again. */
void monitor_recall(struct daemon *daemon, const char *name, const struct monitor_rules *rules,
		    bool anew, struct monitor_life *life);

#endif

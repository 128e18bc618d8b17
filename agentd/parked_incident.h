/* Private to parked*.c: what a person is told of parked work, and when that is over.
 *
 * A cap with a window makes one incident in each window; what a beat runs into for which waiting
 * does not help (circles, a budget without a window) one of its section, which lasts over the beats
 * that follow until one of them is done or a person resumes the agent. */
#ifndef AGENTD_PARKED_INCIDENT_H
#define AGENTD_PARKED_INCIDENT_H

#include "parked.h"

/* alert_over or alert_mended */
typedef void (*alert_end)(struct daemon *daemon, const char *prefix, const char *format, ...);

/* Those of a section, or of all of an agent (key NULL), are over. */
void parked_sections_over(struct daemon *daemon, const char *agent, const char *key, alert_end over,
			  const char *what);

/* Is work parked that makes it? */
bool parked_has_incident(const struct daemon *daemon, const char *key);

#endif

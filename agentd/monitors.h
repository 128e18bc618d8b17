/* Outside services under watch: `monitors:` of agentd.yaml.
 *
 * Each is looked at every `every` (monitor_look), and monitor.h says what follows. Too many
 * failures in a row are an incident (alerts.h) "monitor NAME": the restart command runs, where
 * there is one, and the agent that `wake` names is woken once. A restart that did not help is a
 * second one ("monitor NAME restart"), no restart any more a third ("monitor NAME flap"), both
 * critical; all are over when the service is well again. One that cannot be looked at is an
 * incident ("monitor NAME look"), too.
 *
 * A few looks and restarts are under way at a time, the first looks spread. What is kept over a
 * restart of the daemon is the incidents and the restarts of the last hour: it goes on from them,
 * tells nobody twice, wakes nobody twice, and one that flaps is not restarted more often. A restart
 * does not wait for its row, as it may be what mends state.db. Nothing is armed where there is no
 * monitor. */
#ifndef AGENTD_MONITORS_H
#define AGENTD_MONITORS_H

#include "daemon.h"

#include <jansson.h>

#define MONITORS_AT_ONCE 16
#define MONITOR_RESTART_MS 60000    /* that a restart command may take */
#define MONITOR_FIRST_WITHIN_S 10   /* of the start */
#define MONITOR_TOLD_APART_MS 60000 /* an incident that lasts is counted that often at most */

struct monitors;

struct monitors *monitors_new(struct daemon *daemon);
void monitors_free(struct monitors *monitors);
/* With the incidents and the latest restarts that state.db remembers. Call once, with the reader.
 */
int monitors_start(struct daemon *daemon, struct error *error);
/* agentd.yaml was read again: those that are as they were go on as they were. */
void monitors_settings_changed(struct daemon *daemon);

/* For `agentctl monitor`, in the order of agentd.yaml; `name` NULL: all. New reference; NULL: there
 * is none of that name. */
json_t *monitors_json(const struct daemon *daemon, const char *name);

#endif

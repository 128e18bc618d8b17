/* Private to lib/settings: the maps of agentd.yaml, each read by a file of its own, in this order.
 * `root` is the whole document. What cannot be used is left out and said in `found`. */
#ifndef SETTINGS_SECTIONS_H
#define SETTINGS_SECTIONS_H

#include "reader.h"

#define REHEARSAL "rehearsal"

void read_providers(struct settings *settings, const struct yaml *root, struct diagnostics *found);
void read_models(struct settings *settings, const struct yaml *root, struct diagnostics *found);
void read_routes(struct settings *settings, const struct yaml *root, struct diagnostics *found);
void read_grants(struct settings *settings, const struct yaml *root, struct diagnostics *found);
void read_alerts(struct settings *settings, const struct yaml *root, struct diagnostics *found);
void read_monitors(struct settings *settings, const struct yaml *root, struct diagnostics *found);

/* Limits of an agent: what is not given is INT64_MAX. */
void read_agent_limits(const struct yaml *yaml, struct limits *ret_limits,
		       struct diagnostics *found);

void provider_clear(struct provider *provider);
void model_clear(struct model_settings *model);
void alert_clear(struct alert_target *alert);
void monitor_settings_clear(struct monitor_settings *monitor);

/* An error about a member of a map, at its key. */
void say(struct diagnostics *found, const struct yaml *member, const char *code, const char *format,
	 ...) __attribute__((format(printf, 4, 5)));

/* May the member's key name something of ours? Says so if not. */
bool name_is_good(const struct yaml *member, const char *what, struct diagnostics *found);

#endif

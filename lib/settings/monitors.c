/* monitors: outside services under watch. */
#include "sections.h"

#include <stdio.h>

#define MONITORS_MAX 256

void monitor_settings_clear(struct monitor_settings *monitor)
{
	free(monitor->url);
	free(monitor->command);
	free(monitor->restart);
}

static void read_monitor(struct settings *settings, const struct yaml *yaml,
			 struct diagnostics *found)
{
	struct monitor_settings monitor = {
		.every_s = settings->monitor_every_s,
		.timeout_s = settings->monitor_timeout_s,
		.failures = settings->monitor_failures,
		.settle_s = settings->monitor_settle_s,
	};

	snprintf(monitor.name, sizeof(monitor.name), "%s", yaml->key);
	reader_map(yaml, SCOPE_MONITOR, &monitor, "the monitor", found);
	if (!yaml_get(yaml, "url") == !yaml_get(yaml, "command"))
		say(found, yaml, "settings-missing",
		    "monitor \"%s\" needs either a url or a command", yaml->key);
	if (!monitor.url == !monitor.command) {
		monitor_settings_clear(&monitor);
		return;
	}
	settings->monitors = xreallocarray(settings->monitors, settings->monitor_count + 1,
					   sizeof(monitor));
	settings->monitors[settings->monitor_count++] = monitor;
}

void read_monitors(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *map = yaml_get(root, "monitors");

	if (!reader_is_map(map, "monitors", found))
		return;
	for (const struct yaml *yaml = reader_members(map); yaml; yaml = yaml->next) {
		if (!name_is_good(yaml, "monitor", found) ||
		    !reader_is_map(yaml, "the monitor", found))
			continue;
		if (settings->monitor_count == MONITORS_MAX) {
			say(found, yaml, "settings-many", "more than %d monitors", MONITORS_MAX);
			return;
		}
		read_monitor(settings, yaml, found);
	}
}

/* alerts: where a person is told. */
#include "sections.h"

#define ALERTS_MAX 32

void alert_clear(struct alert_target *alert)
{
	free(alert->command);
	free(alert->webhook);
}

static bool read_alert(struct alert_target *alert, const struct yaml *yaml,
		       struct diagnostics *found)
{
	if (yaml->kind != YAML_MAP || yaml->count != 1) {
		say(found, yaml, "settings-type",
		    "an alert is either {command: TEXT} or {webhook: URL}");
		return false;
	}
	if (!reader_map(yaml, SCOPE_ALERT, alert, "the alert", found))
		return false;
	if (!alert->command && !alert->webhook)
		say(found, yaml->first, "settings-missing", "write what %s the alert goes to",
		    yaml->first->key);
	return alert->command || alert->webhook;
}

static void add_alert(struct settings *settings, const struct alert_target *alert)
{
	settings->alerts = xreallocarray(settings->alerts, settings->alert_count + 1,
					 sizeof(*alert));
	settings->alerts[settings->alert_count++] = *alert;
}

void read_alerts(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *list = yaml_get(root, "alerts");

	if (!list || list->kind == YAML_NULL)
		return;
	if (list->kind != YAML_LIST) {
		say(found, list, "settings-type",
		    "alerts is a list; write - command: \"notify-send agentd\" or - webhook: URL");
		return;
	}
	for (const struct yaml *yaml = list->first; yaml; yaml = yaml->next) {
		struct alert_target alert = { 0 };

		if (settings->alert_count == ALERTS_MAX) {
			say(found, yaml, "settings-many", "more than %d alerts", ALERTS_MAX);
			return;
		}
		if (read_alert(&alert, yaml, found))
			add_alert(settings, &alert);
		else
			alert_clear(&alert);
	}
}

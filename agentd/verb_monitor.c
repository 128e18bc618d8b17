#include "control.h"

#include "monitors.h"

void verb_monitor(struct client *client, const json_t *params, uint64_t id)
{
	const char *name = json_string_value(json_object_get(params, "monitor"));
	json_t *monitors = monitors_json(client_daemon(client), name);

	if (monitors)
		client_reply(client, id, json_pack("{s:o}", "monitors", monitors));
	else
		client_refuse(client, id, ERROR_NOT_FOUND,
			      "agentd.yaml names no monitor \"%s\"; `agentctl monitor` lists them",
			      name);
}

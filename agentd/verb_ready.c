#include "control.h"

#include "roster.h"

void verb_ready(struct client *client, const json_t *params, uint64_t id)
{
	const struct daemon *daemon = client_daemon(client);

	(void)params;
	client_reply(client, id,
		     json_pack("{s:b,s:I}", "ready", (int)daemon->ready, "agents",
			       (json_int_t)daemon->roster->count));
}

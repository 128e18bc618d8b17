#include "control.h"

#include "journal.h"
#include "supervisor.h"

#include "base/clock.h"

static void follow(void *context, const json_t *event)
{
	const char *name = json_string_value(json_object_get(event, "event"));

	client_notify(context, "event", json_incref((json_t *)(uintptr_t)event));
	if (name && !strcmp(name, "session_end"))
		client_unawait(context);
}

/* Which section `--heartbeat TEXT` means. Returns false when it was refused. */
static bool choose_section(struct client *client, const struct resident *resident,
			   const json_t *params, uint64_t id, struct session_wish *wish)
{
	const char *text = json_string_value(json_object_get(params, "heartbeat"));
	const struct heartbeat *heartbeat;

	if (!text)
		return true;
	heartbeat = resident->agent ? heartbeats_find(&resident->agent->beats, span_of(text))
				    : NULL;
	if (!heartbeat) {
		client_refuse(client, id, ERROR_NOT_FOUND,
			      "agents/%s/HEARTBEAT.md has no section whose heading begins with or "
			      "contains \"%s\"",
			      resident->name, text);
		return false;
	}
	wish->cause = CAUSE_HEARTBEAT;
	wish->key = heartbeat->key;
	wish->heading = heartbeat->heading;
	return true;
}

void verb_run(struct client *client, const json_t *params, uint64_t id)
{
	struct daemon *daemon = client_daemon(client);
	struct resident *resident = client_agent(client, params, id);
	struct session_wish wish = {
		.cause = CAUSE_MANUAL,
		.planned = clock_wall_s(),
		.message = json_string_value(json_object_get(params, "message")),
		.by_person = true,
		.rehearse = json_is_true(json_object_get(params, "rehearse")),
		.listener = follow,
		.context = client,
	};
	struct error error;
	char session[27];
	json_t *result;

	if (!resident || !choose_section(client, resident, params, id, &wish))
		return;
	if (wish.message && wish.key) {
		client_refuse(client, id, ERROR_INVALID, "a heartbeat or a message, not both");
		return;
	}
	if (wish.message)
		wish.cause = CAUSE_MESSAGE;
	client_await(client); /* for the session's end */
	if (supervisor_start(daemon, resident, &wish, session, &error)) {
		client_unawait(client);
		client_refuse_error(client, id, &error);
		return;
	}
	result = json_pack("{s:s}", "session", session);
	if (wish.rehearse)
		client_reply(client, id, result);
	else /* when it is durable that this is to be run */
		journal_after(daemon, client_promise_kept, client_promise(client, id, result));
}

/* The answer waits until it is durable: no later daemon goes on with it. */
void verb_cancel(struct client *client, const json_t *params, uint64_t id)
{
	const char *session = json_string_value(json_object_get(params, "session"));
	struct client_promise *promise;
	struct error error;

	if (!session) {
		client_refuse(client, id, ERROR_INVALID, "say which session");
		return;
	}
	promise = client_promise(client, id, json_object());
	if (supervisor_cancel(client_daemon(client), session, "cancelled by a person",
			      client_promise_kept, promise, &error))
		client_promise_kept(promise, &error);
}

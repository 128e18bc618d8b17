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

/* The answer says that it is durable that this is to be run. */
struct accepting {
	struct client *client;
	uint64_t id;
	char session[27];
};

static void accepted(void *context, const struct error *error)
{
	struct accepting *accepting = context;

	if (error)
		client_refuse(accepting->client, accepting->id, error->code, "%s", error->message);
	else
		client_reply(accepting->client, accepting->id,
			     json_pack("{s:s}", "session", accepting->session));
	client_release(accepting->client);
	free(accepting);
}

static void accept_run(struct client *client, uint64_t id, const char *session)
{
	struct accepting *accepting = xcalloc(1, sizeof(*accepting));

	*accepting = (struct accepting){ .client = client, .id = id };
	snprintf(accepting->session, sizeof(accepting->session), "%s", session);
	client_hold(client);
	journal_after(client_daemon(client), accepted, accepting);
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
		client_refuse(client, id, error.code, "%s", error.message);
		return;
	}
	if (wish.rehearse)
		client_reply(client, id, json_pack("{s:s}", "session", session));
	else
		accept_run(client, id, session);
}

/* The answer waits until it is durable: no later daemon goes on with it. */
struct cancelling {
	struct client *client;
	uint64_t id;
};

static void cancelled(void *context, const struct error *error)
{
	struct cancelling *cancelling = context;

	if (error)
		client_refuse(cancelling->client, cancelling->id, error->code, "%s",
			      error->message);
	else
		client_reply(cancelling->client, cancelling->id, json_object());
	client_release(cancelling->client);
	free(cancelling);
}

void verb_cancel(struct client *client, const json_t *params, uint64_t id)
{
	const char *session = json_string_value(json_object_get(params, "session"));
	struct cancelling *cancelling;
	struct error error;

	if (!session) {
		client_refuse(client, id, ERROR_INVALID, "say which session");
		return;
	}
	cancelling = xmalloc(sizeof(*cancelling));
	*cancelling = (struct cancelling){ client, id };
	client_hold(client);
	if (!supervisor_cancel(client_daemon(client), session, "cancelled by a person", cancelled,
			       cancelling, &error))
		return;
	client_refuse(client, id, error.code, "%s", error.message);
	client_release(client);
	free(cancelling);
}

#include "control.h"

#include "handle.h"
#include "health.h"
#include "journal.h"
#include "log.h"
#include "parked.h"
#include "providers.h"
#include "renewal.h"
#include "roster.h"
#include "state_file.h"
#include "supervisor.h"

#define LOOK_MS 100

/* The answer waits until the change is durable: it has to survive a restart. While state.db cannot
 * be written it comes at once, and says so; the rows are written when they can be. */
struct pausing {
	struct client *client;
	uint64_t id;
	bool value, is_answered;
	bool is_unwritten; /* the file is given up; agentd begins anew with what is in force */
	size_t left; /* rows that are not written yet, and one while they are being asked for */
	json_t *names;
	struct error error; /* of the last row that could not be written */
	uv_timer_t *look;
};

static void answer(struct pausing *pausing, const char *unwritten)
{
	if (pausing->is_answered)
		return;
	pausing->is_answered = true;
	if (pausing->error.code)
		client_refuse(pausing->client, pausing->id, pausing->error.code,
			      "in force now, but not over a restart: %s", pausing->error.message);
	else
		client_reply(pausing->client, pausing->id,
			     json_pack("{s:O,s:b,s:s*}", "agents", pausing->names, "paused",
				       (int)pausing->value, "unwritten", unwritten));
}

static void pausing_step(void *context, const struct error *error)
{
	struct pausing *pausing = context;

	if (error && renewal_is_on(client_daemon(pausing->client)))
		pausing->is_unwritten = true;
	else if (error)
		pausing->error = *error;
	if (--pausing->left)
		return;
	answer(pausing, pausing->is_unwritten ? "state.db is damaged; another one is begun" : NULL);
	uv_close((uv_handle_t *)pausing->look, handle_free);
	client_release(pausing->client);
	json_decref(pausing->names);
	free(pausing);
}

static void look(uv_timer_t *timer)
{
	struct pausing *pausing = timer->data;
	const char *trouble = state_file_trouble(client_daemon(pausing->client));

	if (!trouble)
		return;
	uv_timer_stop(timer);
	answer(pausing, trouble);
}

static struct pausing *pausing_new(struct client *client, uint64_t id, bool value)
{
	struct pausing *pausing = xcalloc(1, sizeof(*pausing));

	*pausing = (struct pausing){ .client = client, .id = id, .value = value, .left = 1 };
	pausing->names = json_array();
	pausing->look = handle_timer(&client_daemon(client)->loop, pausing);
	uv_timer_start(pausing->look, look, 0, LOOK_MS);
	client_hold(client);
	return pausing;
}

static void set_paused(struct pausing *pausing, struct resident *resident)
{
	struct daemon *daemon = client_daemon(pausing->client);

	resident->paused = pausing->value;
	free(resident->pause_reason);
	resident->pause_reason = pausing->value ? xstrdup("by a person") : NULL;
	supervisor_agent_paused(daemon, resident);
	if (!pausing->value) {
		health_resumed(daemon, resident);
		supervisor_hurry(daemon, resident);
		parked_resume(daemon, resident);
	}
	log_event(daemon->log, LEVEL_NOTICE, pausing->value ? "paused" : "resumed", resident->name,
		  NULL, "%s by a person", pausing->value ? "paused" : "resumed");
	json_array_append_new(pausing->names, json_string(resident->name));
	pausing->left++;
	journal_agent(daemon, resident->name, pausing->value, "by a person", pausing_step, pausing);
}

/* All names are known before the first is touched. */
static bool names_known(struct client *client, const json_t *names, uint64_t id)
{
	size_t index;
	json_t *name;

	json_array_foreach((json_t *)(uintptr_t)names, index, name) {
		json_t *one = json_pack("{s:O}", "agent", name);
		bool known = client_agent(client, one, id) != NULL;

		json_decref(one);
		if (!known)
			return false;
	}
	return true;
}

static void pause_or_resume(struct client *client, const json_t *params, uint64_t id, bool value)
{
	const struct roster *roster = client_daemon(client)->roster;
	const json_t *names = json_object_get(params, "agents");
	bool all = json_is_true(json_object_get(params, "all"));
	struct pausing *pausing;

	if (!all && !json_array_size(names)) {
		client_refuse(client, id, ERROR_INVALID, "say which agents, or all");
		return;
	}
	if (!all && !names_known(client, names, id))
		return;
	pausing = pausing_new(client, id, value);
	if (!value)
		providers_try_now(client_daemon(client));
	for (size_t i = 0; all && i < roster->count; i++)
		set_paused(pausing, roster->items[i]);
	for (size_t i = 0; !all && i < json_array_size(names); i++)
		set_paused(pausing,
			   roster_find(roster, json_string_value(json_array_get(names, i))));
	pausing_step(pausing, NULL);
}

void verb_pause(struct client *client, const json_t *params, uint64_t id)
{
	pause_or_resume(client, params, id, true);
}

void verb_resume(struct client *client, const json_t *params, uint64_t id)
{
	pause_or_resume(client, params, id, false);
}

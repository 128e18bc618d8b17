#include "control.h"

#include "alerts.h"
#include "ledger.h"
#include "parked.h"
#include "roster.h"
#include "scheduler.h"
#include "service.h"
#include "supervisor.h"

#include "base/clock.h"
#include "base/printable.h"

#include <unistd.h>

#define TEXT_MAX 4096

static json_t *time_json(int64_t at)
{
	char text[INSTANT_SIZE];

	return at && at != INT64_MAX ? json_string(instant_print(at, text)) : json_null();
}

struct state {
	const char *name, *reason;
};

/* `saving`: that a file of it is being saved, or NULL. */
static struct state state_of(const struct daemon *daemon, const struct resident *resident,
			     const char *saving)
{
	if (saving && !resident->agent) /* it comes when its files are whole */
		return (struct state){ "idle", saving };
	if (resident->broken)
		return (struct state){ "broken", resident->broken };
	if (supervisor_running(resident))
		return (struct state){ "running", resident->held };
	if (resident->held)
		return (struct state){ "backoff", resident->held };
	if (saving && !resident->paused && !parked_reason(daemon, resident))
		return (struct state){ "idle", saving };
	if (supervisor_held(daemon, resident))
		return (struct state){ "backoff", supervisor_held(daemon, resident) };
	if (resident->paused)
		return (struct state){ "paused", resident->pause_reason };
	if (parked_reason(daemon, resident))
		return (struct state){ "parked", parked_reason(daemon, resident) };
	return (struct state){ "idle", NULL };
}

static json_t *next_json(const struct daemon *daemon, const struct resident *resident)
{
	const struct heartbeat *first = NULL;
	int64_t at = INT64_MAX;

	for (size_t i = 0; resident->agent && i < resident->agent->beats.count; i++) {
		int64_t next = scheduler_next(daemon, resident, i);

		if (next < at) {
			at = next;
			first = &resident->agent->beats.items[i];
		}
	}
	if (!first)
		return json_null();
	return json_pack("{s:s,s:o}", "heartbeat", first->heading, "at", time_json(at));
}

static json_t *last_json(const struct resident *resident)
{
	if (!resident->last.at)
		return json_null();
	return json_pack("{s:s,s:o,s:s,s:s?}", "session", resident->last.session, "at",
			 time_json(resident->last.at), "outcome", resident->last.outcome, "reason",
			 resident->last.reason);
}

static json_t *problems_json(const struct resident *resident)
{
	json_t *list = json_array();

	for (size_t i = 0; i < resident->problems.count; i++) {
		const struct diagnostic *one = &resident->problems.items[i];

		json_array_append_new(list,
				      json_pack("{s:s,s:i,s:i,s:s,s:s,s:s}", "file", one->file,
						"line", (int)one->line, "column", (int)one->column,
						"severity", severity_name(one->severity), "code",
						one->code, "message", one->message));
	}
	return list;
}

/* A folder that is no agent may have any name, and has to be seen all the same. */
static json_t *text_json(const char *text)
{
	CLEANUP(buffer_clear) struct buffer shown = BUFFER(TEXT_MAX);

	if (!text)
		return json_null();
	printable_append(&shown, span_of(text), "");
	return json_stringn(shown.data ? shown.data : "", shown.length);
}

static json_t *agent_json(const struct daemon *daemon, const struct resident *resident)
{
	_free_ char *saving = saving_words(resident);
	struct state state = state_of(daemon, resident, saving);

	return json_pack("{s:o,s:s,s:o,s:b,s:s?,s:o,s:o,s:I,s:o}", "name",
			 text_json(resident->name), "state", state.name, "reason",
			 text_json(state.reason), "paused", (int)resident->paused, "session",
			 supervisor_running(resident), "next", next_json(daemon, resident), "last",
			 last_json(resident), "today_micro_usd",
			 (json_int_t)ledger_today(daemon, resident->name), "problems",
			 problems_json(resident));
}

/* 0 first: what a person has to look at. */
static int attention(const struct daemon *daemon, const struct resident *resident)
{
	bool failed = resident->last.at && (!strcmp(resident->last.outcome, "failed") ||
					    !strcmp(resident->last.outcome, "refused") ||
					    !strcmp(resident->last.outcome, "escalated"));

	if (resident->broken)
		return 0;
	if (alerts_has(daemon, resident->name))
		return 1;
	if (resident->held || supervisor_held(daemon, resident))
		return 2;
	if (parked_reason(daemon, resident))
		return 3;
	if (resident->problems.count)
		return 4;
	return failed ? 5 : 6;
}

#define ATTENTION_LEVELS 7

static json_t *process_json(pid_t pid)
{
	return pid ? json_integer(pid) : json_null();
}

void verb_status(struct client *client, const json_t *params, uint64_t id)
{
	const struct daemon *daemon = client_daemon(client);
	const char *only = json_string_value(json_object_get(params, "agent"));
	json_t *agents = json_array();

	if (only && !client_agent(client, params, id)) {
		json_decref(agents);
		return;
	}
	for (int level = 0; level < ATTENTION_LEVELS; level++)
		for (size_t i = 0; i < daemon->roster->count; i++) {
			const struct resident *resident = daemon->roster->items[i];

			if (attention(daemon, resident) == level &&
			    (!only || !strcmp(only, resident->name)))
				json_array_append_new(agents, agent_json(daemon, resident));
		}
	client_reply(client, id,
		     json_pack("{s:o,s:o,s:{s:i,s:s,s:o,s:b,s:b,s:o,s:o,s:I}}", "agents", agents,
			       "incidents", alerts_json(daemon, only), "daemon", "pid",
			       (int)getpid(), "version", AGENTD_VERSION, "started",
			       time_json(daemon->started), "ready", (int)daemon->ready,
			       "sandbox_off", (int)daemon->workspace->settings->sandbox_off,
			       "gateway_pid", process_json(service_pid(daemon->gateway)),
			       "history_pid", process_json(service_pid(daemon->history)),
			       "sessions_open", (json_int_t)supervisor_open_count(daemon)));
}

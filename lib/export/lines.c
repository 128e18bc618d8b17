/* Rows of state.db as lines of JSON. */
#include "export.h"

#include "base/instant.h"

#include <inttypes.h>
#include <stdio.h>

static void set_text(json_t *json, const char *key, const char *text)
{
	json_object_set_new(json, key, text && *text ? json_string(text) : json_null());
}

static void set_number(json_t *json, const char *key, int64_t number)
{
	json_object_set_new(json, key, json_integer(number));
}

/* What is 0 because it never came. */
static void set_if_any(json_t *json, const char *key, int64_t number)
{
	json_object_set_new(json, key, number ? json_integer(number) : json_null());
}

/* "2026-11-21T08:00:00.123Z" of UTC milliseconds; null for 0. */
static void set_moment(json_t *json, const char *key, int64_t at_ms)
{
	char text[INSTANT_SIZE + 8];
	size_t length = strlen(instant_print(at_ms / 1000, text));

	if (length) /* in place of the Z */
		snprintf(text + length - 1, sizeof(text) - length + 1, ".%03dZ",
			 (int)(at_ms % 1000));
	json_object_set_new(json, key, at_ms ? json_string(text) : json_null());
}

/* What stands in a row as JSON. Should it be none it is shown as the text that it is. */
static json_t *parsed(const char *text)
{
	json_t *json = text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;

	if (!json && text && *text)
		json = json_string(text);
	return json ? json : json_null();
}

/* ---- the four kinds of lines ---- */

static json_t *session_line(const struct session_row *row)
{
	json_t *json = json_pack("{s:s}", "record", "session");

	set_text(json, "session", row->id);
	set_text(json, "agent", row->agent);
	set_text(json, "cause", row->cause);
	set_text(json, "heartbeat", row->heading);
	set_text(json, "section", row->section);
	set_text(json, "model", row->model);
	set_text(json, "outcome", row->outcome);
	set_text(json, "reason", row->reason);
	set_text(json, "text", row->text);
	set_moment(json, "started", row->started);
	set_moment(json, "ended", row->ended);
	json_object_set_new(json, "duration_ms",
			    row->ended ? json_integer(row->ended - row->started) : json_null());
	set_number(json, "turns", row->turns);
	set_number(json, "input_tokens", row->input_tokens);
	set_number(json, "output_tokens", row->output_tokens);
	set_number(json, "cost_micro_usd", row->cost_micro_usd);
	json_object_set_new(json, "plan", parsed(row->plan));
	return json;
}

static json_t *step_line(const struct step *step)
{
	json_t *json = json_pack("{s:s,s:I}", "record", "step", "step", (json_int_t)step->seq);

	set_text(json, "kind", step->kind);
	set_text(json, "effect", step->effect);
	set_moment(json, "at", step->intent_at);
	if (step->begun_at) /* an effect that must not be repeated */
		set_moment(json, "begun", step->begun_at);
	json_object_set_new(json, "duration_ms",
			    step->result ? json_integer(step->result_at - step->intent_at)
					 : json_null());
	json_object_set_new(json, "intent", parsed(step->intent));
	json_object_set_new(json, "result", parsed(step->result));
	set_number(json, "cost_micro_usd", step->cost_micro_usd);
	return json;
}

static void set_death(json_t *json, const struct death_row *row)
{
	set_number(json, "step", row->seq);
	set_moment(json, "at", row->at);
	json_object_set_new(json, "own", json_boolean(row->own));
	json_object_set_new(json, "oom", json_boolean(row->oom));
	set_moment(json, "until", row->until);
	set_text(json, "words", row->words);
}

json_t *export_death(const struct death_row *row)
{
	json_t *json = json_object();

	set_death(json, row);
	return json;
}

static const char *state_name(enum call_state state)
{
	static const char *const names[] = {
		[CALL_RESERVED] = "reserved",
		[CALL_SETTLED] = "settled",
		[CALL_KEPT] = "kept",
		[CALL_RELEASED] = "released",
	};

	return names[state];
}

static void set_call(json_t *json, const struct call_row *row)
{
	char at[INSTANT_SIZE];

	set_text(json, "time", instant_print(row->reserved_at / 1000, at));
	set_text(json, "agent", row->agent);
	set_text(json, "session", row->session);
	set_text(json, "cause", row->cause);
	set_text(json, "task", row->task);
	set_text(json, "work", row->work);
	set_text(json, "route", row->route);
	set_text(json, "provider", row->provider);
	set_text(json, "model", row->model);
	set_number(json, "place", row->place);
	set_number(json, "step", row->seq);
	set_number(json, "attempt", row->attempt);
	set_text(json, "state", state_name(row->state));
	set_number(json, "input_tokens",
		   row->input_tokens + row->cache_read_tokens + row->cache_write_tokens);
	set_number(json, "output_tokens", row->output_tokens);
	set_number(json, "cache_read_tokens", row->cache_read_tokens);
	set_number(json, "cache_write_tokens", row->cache_write_tokens);
	set_number(json, "reasoning_tokens", row->reasoning_tokens);
	set_number(json, "max_tokens", row->max_tokens);
	set_number(json, "cost_micro_usd", row->state == CALL_RESERVED ? 0 : row->micro_usd);
	set_number(json, "reserved_micro_usd", row->reserved_micro_usd);
	set_if_any(json, "first_byte_ms", row->first_byte_ms);
	set_if_any(json, "total_ms", row->total_ms);
	set_if_any(json, "status", row->status);
	set_text(json, "failure", row->failure);
	set_text(json, "message", row->message);
	set_text(json, "decision", row->decision);
	set_text(json, "request_id", row->request_id);
}

json_t *export_call(const struct call_row *row)
{
	json_t *json = json_object();

	set_call(json, row);
	return json;
}

/* ---- in their order ---- */

struct walk {
	const char *session;
	export_visit visit;
	void *context;
	bool is_there;
};

/* Steals the line. */
static int give(struct walk *walk, json_t *line)
{
	int result = walk->visit(walk->context, line);

	json_decref(line);
	return result;
}

static int give_session(void *context, const struct session_row *row)
{
	struct walk *walk = context;

	if (strcmp(row->id, walk->session) != 0)
		return 0;
	walk->is_there = true;
	return give(walk, session_line(row));
}

static int give_step(void *context, const struct step *step)
{
	return give(context, step_line(step));
}

static int give_death(void *context, const struct death_row *row)
{
	json_t *line = json_pack("{s:s}", "record", "death");

	set_death(line, row);
	return give(context, line);
}

static int give_call(void *context, const struct call_row *row)
{
	json_t *line = json_pack("{s:s}", "record", "call");

	set_call(line, row);
	return give(context, line);
}

int export_lines(struct store *store, const char *session, export_visit visit, void *context,
		 struct error *error)
{
	struct walk walk = { session, visit, context, false };
	int result = store_sessions_named(store, session, 1, give_session, &walk, error);

	if (!result && !walk.is_there)
		return error_set(error, ERROR_NOT_FOUND, "state.db has no session %s", session);
	if (!result)
		result = store_steps(store, session, give_step, &walk, error);
	if (!result)
		result = store_deaths(store, session, give_death, &walk, error);
	if (!result)
		result = store_calls(store, session, NULL, 0, give_call, &walk, error);
	return result;
}

#include "session.h"

#include "alerts.h"
#include "completion.h"
#include "journal.h"
#include "log.h"
#include "session_history.h"

#include "base/clock.h"

#include <stdarg.h>

struct step session_step(const struct session *session, int64_t seq)
{
	return (struct step){
		.session = session->id,
		.seq = seq,
		.epoch = session->daemon->epoch,
		.intent_at = clock_wall_ms(),
		.result_at = clock_wall_ms(),
	};
}

struct step session_call_step(const struct session *session, const struct journalled_call *call,
			      const char *name, char **ret_intent)
{
	static const char *const effects[] = {
		[TOOL_PURE] = "pure",
		[TOOL_IDEMPOTENT] = "idempotent",
		[TOOL_ONCE] = "once",
	};
	struct step step = session_step(session, call->seq);

	*ret_intent = call->arguments ? json_dumps(call->arguments, JSON_COMPACT) : xstrdup("null");
	step.kind = session_step_kind(name);
	step.effect = effects[call->tool ? call->tool->effect : TOOL_ONCE];
	step.intent = *ret_intent;
	return step;
}

void session_refuse(struct session *session, uint64_t id, enum error_code code, const char *why)
{
	bool is_over = session->outcome != OUTCOME_NONE; /* and `why` is told at its end */
	struct error error;

	error_set(&error, is_over ? ERROR_CLOSED : code, "%s", why);
	if (session->link)
		link_refuse(session->link, id, &error);
}

struct journalled_call *session_find_call(struct session *session, const char *id)
{
	for (size_t i = 0; id && i < session->call_count; i++)
		if (!strcmp(session->calls[i].id, id))
			return &session->calls[i];
	return NULL;
}

/* ---- complete: results of local tools and the intent of the next call → completion.c → its result
 * and the intents of the calls in it → session ---- */

/* A model's answer on its way to the session; held while its journal rows are written. */
struct answer {
	struct session *session;
	json_t *reply;
};

static void answer_recorded(void *context, const struct error *error)
{
	struct answer *answer = context;
	struct session *session = answer->session;

	if (error)
		session_fail(session, OUTCOME_FAILED, "%s", error->message);
	if (error)
		session_refuse(session, session->asked, error->code, error->message);
	else if (session_runs(session) && session->suspending)
		session_handle(session, LIFE_SUSPENDED); /* the next daemon takes the reply up */
	else if (session_runs(session) && session->link && session->asked)
		link_reply(session->link, session->asked,
			   json_pack("{s:O,s:I}", "reply", answer->reply, "most_bytes",
				     (json_int_t)session_most_bytes(session)));
	session->asked = 0;
	json_decref(answer->reply);
	free(answer);
	session_release(session);
}

void session_forget_calls(struct session *session)
{
	for (size_t i = 0; i < session->call_count; i++)
		json_decref(session->calls[i].arguments);
	session->call_count = 0;
}

/* The calls of a reply are journalled with it: their intents are durable before any of them runs.
 */
static void take_calls(struct session *session, const struct model_reply *reply,
		       struct step *intents, char **texts)
{
	session_forget_calls(session);
	session->call_count = reply->call_count;
	for (size_t i = 0; i < reply->call_count; i++) {
		const struct model_call *call = &reply->calls[i];
		struct journalled_call *journalled = &session->calls[i];

		snprintf(journalled->id, sizeof(journalled->id), "%s", call->id);
		journalled->tool = tool_find(call->name);
		journalled->arguments = json_incref(call->arguments);
		journalled->seq = ++session->seq;
		journalled->begun = journalled->answered = journalled->in_doubt = false;
		journalled->asked = 0;
		intents[i] = session_call_step(session, journalled, call->name, &texts[i]);
	}
}

void session_replied(struct session *session, const struct model_reply *reply, json_t *json,
		     const struct call_row *settled)
{
	struct step result = session_step(session, session->model_seq);
	struct step intents[MODEL_CALLS_MAX];
	char *texts[MODEL_CALLS_MAX];
	_free_ char *text = json_dumps(json, JSON_COMPACT);
	struct answer *answer = xmalloc(sizeof(*answer));
	struct journal_move move = {
		.results = &result,
		.result_count = 1,
		.intents = intents,
		.intent_count = reply->call_count,
		.settled = settled,
	};

	*answer = (struct answer){ session, json_incref(json) };
	session_hold(session);
	session->answered++;
	session->sums_up = session->attempt != NULL;
	session->was_shrunk |= session->attempt && session->life.ooms;
	take_calls(session, reply, intents, texts);
	result.result = text;
	result.cost_micro_usd = settled ? settled->micro_usd : 0;
	if (session->rehearse)
		answer_recorded(answer, NULL);
	else
		journal_move(session->daemon, &move, answer_recorded, answer);
	for (size_t i = 0; i < reply->call_count; i++)
		free(texts[i]);
}

/* ---- going in circles ---- */

static bool breaker_is_on(const struct session *session)
{
	const struct resident *resident = roster_find(session->daemon->roster, session->agent);

	return resident && resident->agent && resident->agent->limits.circuit_breaker;
}

static void trip(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void trip(struct session *session, const char *format, ...)
{
	struct parking parking = { .why = PARKED_BY_BREAKER };
	_free_ char *why = NULL, *text = NULL;
	va_list args;

	va_start(args, format);
	why = xvasprintf(format, args);
	va_end(args);
	text = xasprintf("a session of %s was parked: %s", session->agent, why);
	parked_circles(session, parking.incident);
	if (session_park(session, &parking, "%s", why))
		alert_raise(session->daemon, parking.incident, session->agent, text, "%s", text);
}

void session_note_result(struct session *session, const struct journalled_call *call,
			 const char *content, bool is_error)
{
	const struct settings *settings = session->daemon->workspace->settings;
	const char *name = call->tool ? call->tool->name : "";
	unsigned same = session_breaker_result(&session->breaker, name, call->arguments, content,
					       is_error);
	unsigned calls = session_breaker_call(&session->breaker, clock_monotonic_ms());

	if (!breaker_is_on(session))
		return;
	if (same >= settings->session_breaker_repeats)
		trip(session, "%s was called %u times with the same arguments and result",
		     *name ? name : "an unknown tool", same);
	else if (calls >= settings->session_breaker_calls)
		trip(session, "%u tool calls within a minute", calls);
}

/* ---- the session asks ---- */

/* Results of the tools that ran inside the session, as rows. Returns how many. */
static size_t take_results(struct session *session, const json_t *results, struct step *steps,
			   char **texts)
{
	size_t index, count = 0;
	json_t *result;

	json_array_foreach((json_t *)(uintptr_t)results, index, result) {
		struct journalled_call *call = session_find_call(
			session, json_string_value(json_object_get(result, "id")));

		if (!call || call->begun || call->answered || count == MODEL_CALLS_MAX)
			continue;
		call->answered = true;
		session->answered++;
		session_note_result(session, call,
				    json_string_value(json_object_get(result, "content")),
				    json_is_true(json_object_get(result, "error")));
		session_emit_tool(session, json_string_value(json_object_get(result, "name")),
				  json_is_true(json_object_get(result, "error")));
		texts[count] = json_dumps(result, JSON_COMPACT);
		steps[count] = session_step(session, call->seq);
		steps[count].result = texts[count];
		count++;
	}
	return count;
}

static bool is_tool_under_way(const struct session *session)
{
	for (size_t i = 0; i < session->call_count; i++)
		if (session->calls[i].begun && !session->calls[i].answered)
			return true;
	return false;
}

static bool may_go_on(struct session *session, uint64_t id)
{
	struct parking paused = { .why = PARKED_BY_PAUSE };

	if (session->stop_at_step)
		session_park(session, &paused, "its agent was paused");
	if (session->outcome != OUTCOME_NONE) {
		session_refuse(session, id, ERROR_DENIED, session->reason);
		return false;
	}
	if (session->asked) {
		session_refuse(session, id, ERROR_PROTOCOL, "one model call at a time");
		return false;
	}
	if (is_tool_under_way(session)) {
		session_refuse(session, id, ERROR_PROTOCOL, "a tool is still at work");
		return false;
	}
	if (session->turns_before + session->turns >= session->plan->turns_max) {
		trip(session, "more than %u turns", session->plan->turns_max);
		session_refuse(session, id, ERROR_DENIED, "no turns are left");
		return false;
	}
	return true;
}

/* Results that no further call goes along with. */
static void keep_results(struct session *session, const struct step *results, size_t count)
{
	struct journal_move move = { .results = results, .result_count = count };

	if (count && !session->rehearse)
		journal_move(session->daemon, &move, NULL, NULL);
}

static void session_complete(struct rpc *rpc, void *context, const char *method,
			     const json_t *params, uint64_t id)
{
	struct session *session = context;
	json_t *request = json_object_get(params, "request");
	struct step results[MODEL_CALLS_MAX];
	char *texts[MODEL_CALLS_MAX];
	size_t count;

	(void)rpc;
	(void)method;
	if (!json_is_object(request)) {
		session_refuse(session, id, ERROR_INVALID, "complete needs a request");
		return;
	}
	count = take_results(session, json_object_get(params, "results"), results, texts);
	if (session->suspending && session->outcome == OUTCOME_NONE) {
		keep_results(session, results, count);
		if (session_runs(session)) /* else when its rows are durable */
			session_handle(session, LIFE_SUSPENDED);
	} else if (may_go_on(session, id) && session_attempt(session, params, id)) {
		session->asked = id;
		session->turns += !session->attempt;
		session_emit(session, session->attempt ? "compaction" : "turn",
			     json_pack("{s:s,s:I,s:s}", "session", session->id, "turn",
				       (json_int_t)session->turns, "model",
				       session_model_name(session)));
		completion_start(session, request, results, count);
	} else {
		keep_results(session, results, count);
	}
	while (count)
		free(texts[--count]);
}

/* ---- the rest ---- */

/* One hello, then steps, then one done. */
enum { STATE_BEGUN = 1, STATE_WORKING = 2, STATE_DONE = 4 };

static void session_hello(struct rpc *rpc, void *context, const char *method, const json_t *params,
			  uint64_t id)
{
	struct session *session = context;
	const char *walls = json_string_value(json_object_get(params, "walls"));

	(void)method;
	(void)id;
	rpc_set_state(rpc, STATE_WORKING);
	log_event(session->daemon->log, LEVEL_DEBUG, "session_walls", session->agent, session->id,
		  "walls: %s", walls ? walls : "unknown");
}

static void session_said_done(struct rpc *rpc, void *context, const char *method,
			      const json_t *params, uint64_t id)
{
	struct session *session = context;
	const char *text = json_string_value(json_object_get(params, "text"));
	struct step results[MODEL_CALLS_MAX];
	char *texts[MODEL_CALLS_MAX];
	size_t count = take_results(session, json_object_get(params, "results"), results, texts);

	(void)method;
	(void)id;
	rpc_set_state(rpc, STATE_DONE);
	keep_results(session, results, count);
	while (count)
		free(texts[--count]);
	session->finished = true;
	session_handle(session, LIFE_LAST_WORD);
	session->text = xstrdup_or_null(text);
	if (json_object_get(params, "limit"))
		trip(session, "more than %u turns", session->plan->turns_max);
	else if (session->outcome == OUTCOME_NONE && session->key && !session->rehearse)
		parked_section_done(session->daemon, session->agent, session->key);
}

const struct rpc_permit session_permits[] = {
	{ "hello", STATE_BEGUN, true, session_hello },
	{ "complete", STATE_WORKING, false, session_complete },
	{ "tool", STATE_WORKING, false, session_tool },
	{ "done", STATE_WORKING, true, session_said_done },
};
const size_t session_permit_count = ARRAY_LENGTH(session_permits);

void session_delta(struct rpc *rpc, void *context, const char *method, const json_t *params,
		   uint64_t id)
{
	struct daemon *daemon = context;
	const char *call = json_string_value(json_object_get(params, "call"));
	json_t *text = json_object_get(params, "text");
	struct session *session = call ? supervisor_find(daemon, call) : NULL;

	(void)rpc;
	(void)method;
	(void)id;
	if (session && json_is_string(text))
		session_emit(session, "text",
			     json_pack("{s:s,s:O}", "session", session->id, "text", text));
}

#include "session.h"

#include "cost.h"
#include "journal.h"
#include "log.h"
#include "service.h"

#include "base/clock.h"

static const char *const effect_names[] = {
	[TOOL_PURE] = "pure",
	[TOOL_IDEMPOTENT] = "idempotent",
	[TOOL_ONCE] = "once",
};

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

void session_refuse(struct session *session, uint64_t id, enum error_code code, const char *why)
{
	struct error error;

	error_set(&error, code, "%s", why);
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

/* ---- complete: results of local tools and the intent of the next call → gateway → its result and
 * the intents of the calls in it → session ---- */

static void complete_failed(struct session *session, const struct error *error)
{
	uint64_t asked = session->asked;

	session->asked = 0;
	if (session->state != SESSION_RUNNING)
		return;
	session_fail(session, OUTCOME_FAILED, "%s: %s", session_model_name(session),
		     error->message);
	if (session->link)
		link_refuse(session->link, asked, error);
}

/* A model's answer on its way to the session; held while its journal rows are written. */
struct answer {
	struct session *session;
	json_t *reply;
};

static void answer_recorded(void *context, const struct error *error)
{
	struct answer *answer = context;
	struct session *session = answer->session;

	if (error) {
		complete_failed(session, error);
	} else if (session->state == SESSION_RUNNING && session->link && session->asked) {
		link_reply(session->link, session->asked,
			   json_pack("{s:O}", "reply", answer->reply));
		session->asked = 0;
	}
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
		journalled->begun = journalled->answered = false;
		texts[i] = call->arguments ? json_dumps(call->arguments, JSON_COMPACT)
					   : xstrdup("null");
		intents[i] = session_step(session, journalled->seq);
		intents[i].kind = call->name;
		intents[i].effect =
			effect_names[journalled->tool ? journalled->tool->effect : TOOL_PURE];
		intents[i].intent = texts[i];
	}
}

static void add_usage(struct session *session, const struct model_usage *usage, int64_t cost)
{
	struct resident *resident = roster_find(session->daemon->roster, session->agent);

	if (usage->known) {
		session->input_tokens += usage->input_tokens + usage->cache_read_tokens +
					 usage->cache_write_tokens;
		session->output_tokens += usage->output_tokens;
	}
	session->cost_micro_usd += cost;
	if (resident && cost)
		roster_add_cost(session->daemon, resident, cost);
}

static void record_reply(struct session *session, const struct model_reply *reply, json_t *json)
{
	struct step result = session_step(session, session->model_seq);
	struct step intents[MODEL_CALLS_MAX];
	char *texts[MODEL_CALLS_MAX];
	_free_ char *text = json_dumps(json, JSON_COMPACT);
	struct answer *answer = xmalloc(sizeof(*answer));
	int64_t cost = cost_of(&reply->usage, &session->model);

	*answer = (struct answer){ session, json_incref(json) };
	add_usage(session, &reply->usage, cost);
	session_hold(session);
	take_calls(session, reply, intents, texts);
	if (session->rehearse) {
		answer_recorded(answer, NULL);
	} else {
		result.result = text;
		result.cost_micro_usd = cost;
		journal_steps(session->daemon, &result, 1, intents, reply->call_count,
			      answer_recorded, answer);
	}
	for (size_t i = 0; i < reply->call_count; i++)
		free(texts[i]);
}

static void gateway_answered(void *context, const json_t *result, const struct error *error)
{
	struct session *session = context;
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	json_t *json = json_object_get(result, "reply");
	struct error wrong;

	if (session->state != SESSION_RUNNING || !session->asked) {
		session_release(session);
		return;
	}
	if (!result) {
		complete_failed(session, error);
	} else if (model_reply_from_json(json, &reply, &wrong)) {
		complete_failed(session, &wrong);
	} else {
		record_reply(session, reply, json);
	}
	session_release(session);
}

static json_t *key_json(const struct provider *provider)
{
	static const char *const names[] = {
		[KEY_ENV] = "env",
		[KEY_FILE] = "file",
		[KEY_CREDENTIAL] = "credential",
	};

	if (provider->key_source == KEY_NONE)
		return json_null();
	return json_pack("{s:s}", names[provider->key_source], provider->key_reference);
}

static const char *kind_name(enum provider_kind kind)
{
	static const char *const names[] = {
		[PROVIDER_REHEARSAL] = "rehearsal",
		[PROVIDER_OPENAI] = "openai",
		[PROVIDER_ANTHROPIC] = "anthropic",
	};

	return names[kind];
}

/* A model call as waiting for its intent to be durable. */
struct asking {
	struct session *session;
	json_t *request;
};

static void ask_gateway(struct session *session, json_t *request)
{
	const struct provider *provider = settings_provider(session->daemon->workspace->settings,
							    session->model.provider);
	struct error gone;

	if (!provider) {
		error_set(&gone, ERROR_NOT_FOUND, "agentd.yaml has no provider \"%s\" any more",
			  session->model.provider);
		complete_failed(session, &gone);
		return;
	}
	session_hold(session);
	service_request(session->daemon->gateway, "complete",
			json_pack("{s:s,s:{s:s,s:s,s:s?,s:o,s:I,s:I,s:I},s:s,s:O,s:s?}", "call",
				  session->id, "provider", "name", provider->name, "kind",
				  kind_name(provider->kind), "base_url", provider->base_url, "key",
				  key_json(provider), "connect_ms",
				  (json_int_t)provider->connect_ms, "first_byte_ms",
				  (json_int_t)provider->first_byte_ms, "progress_ms",
				  (json_int_t)provider->progress_ms, "model", session->model.model,
				  "request", request, "script", session->script),
			gateway_answered, session);
}

static void intent_recorded(void *context, const struct error *error)
{
	struct asking *asking = context;
	struct session *session = asking->session;

	if (error)
		complete_failed(session, error);
	else if (session->state == SESSION_RUNNING)
		ask_gateway(session, asking->request);
	json_decref(asking->request);
	free(asking);
	session_release(session);
}

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
		session_emit_tool(session, json_string_value(json_object_get(result, "name")),
				  json_is_true(json_object_get(result, "error")));
		texts[count] = json_dumps(result, JSON_COMPACT);
		steps[count] = session_step(session, call->seq);
		steps[count].result = texts[count];
		count++;
	}
	return count;
}

/* What is known of a call before it is made: enough to see later what it was about. The messages
 * follow from the steps before it. */
static char *intent_text(const struct session *session, const json_t *request)
{
	json_t *intent = json_pack(
		"{s:s,s:s,s:I,s:I,s:I}", "provider", session->model.provider, "model",
		session->model.model, "turn", (json_int_t)session->turns, "messages",
		(json_int_t)json_array_size(json_object_get(request, "messages")), "max_tokens",
		json_integer_value(json_object_get(request, "max_tokens")));
	char *text = json_dumps(intent, JSON_COMPACT);

	json_decref(intent);
	return text;
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
	if (session->stop_at_step) {
		session_fail(session, OUTCOME_PARKED, "its agent was paused");
		session_refuse(session, id, ERROR_DENIED, "the agent was paused");
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
	if (session->turns >= session->plan->turns_max) {
		session_fail(session, OUTCOME_FAILED, "more than %u turns",
			     session->plan->turns_max);
		session_refuse(session, id, ERROR_DENIED, "no turns are left");
		return false;
	}
	return true;
}

static void session_complete(struct rpc *rpc, void *context, const char *method,
			     const json_t *params, uint64_t id)
{
	struct session *session = context;
	json_t *request = json_object_get(params, "request");
	struct step results[MODEL_CALLS_MAX], intent;
	char *texts[MODEL_CALLS_MAX];
	struct asking *asking;
	_free_ char *text = NULL;
	size_t count;

	(void)rpc;
	(void)method;
	if (!json_is_object(request)) {
		session_refuse(session, id, ERROR_INVALID, "complete needs a request");
		return;
	}
	if (!may_go_on(session, id))
		return;
	session->asked = id;
	session->turns++;
	session_emit(session, "turn",
		     json_pack("{s:s,s:I,s:s}", "session", session->id, "turn",
			       (json_int_t)session->turns, "model", session_model_name(session)));
	asking = xmalloc(sizeof(*asking));
	*asking = (struct asking){ session, json_incref(request) };
	session_hold(session);
	count = take_results(session, json_object_get(params, "results"), results, texts);
	session->model_seq = ++session->seq;
	text = intent_text(session, request);
	intent = session_step(session, session->model_seq);
	intent.kind = "model";
	intent.effect = "idempotent";
	intent.intent = text;
	if (session->rehearse)
		intent_recorded(asking, NULL);
	else
		journal_steps(session->daemon, results, count, &intent, 1, intent_recorded, asking);
	while (count)
		free(texts[--count]);
}

void session_abandon_call(struct session *session)
{
	if (!session->asked)
		return;
	session->asked = 0;
	service_notify(session->daemon->gateway, "cancel", json_pack("{s:s}", "call", session->id));
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
	log_event(session->daemon->log, LEVEL_INFO, "session_walls", session->agent, session->id,
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
	if (count && !session->rehearse)
		journal_steps(session->daemon, results, count, NULL, 0, NULL, NULL);
	while (count)
		free(texts[--count]);
	session->finished = true;
	session_farewell(session);
	session->text = text ? xstrdup(text) : NULL;
	if (json_object_get(params, "limit"))
		session_fail(session, OUTCOME_FAILED, "more than %u turns",
			     session->plan->turns_max);
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

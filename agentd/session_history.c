#include "session_history.h"

#include "memory/memory.h"

void session_history_begin(struct session_history *history)
{
	*history = (struct session_history){
		.request = model_request_new(0),
		.compactions = json_array(),
		.posts = json_array(),
	};
}

static void forget_facts(struct session_history *history)
{
	for (size_t i = 0; i < history->fact_count; i++)
		free(history->facts[i]);
	free(history->facts);
	history->facts = NULL;
	history->fact_count = history->fact_capacity = 0;
}

void session_history_clear(struct session_history *history)
{
	json_decref(history->request);
	json_decref(history->compactions);
	json_decref(history->attempt);
	json_decref(history->reply);
	json_decref(history->results);
	json_decref(history->objective);
	json_decref(history->posts);
	forget_facts(history);
	*history = (struct session_history){ 0 };
}

/* ---- reading ---- */

const char *session_step_kind(const char *name)
{
	static const char *const ours[] = { STEP_MODEL, STEP_COMPACTION, STEP_AGAIN };

	for (size_t i = 0; i < ARRAY_LENGTH(ours); i++)
		if (!strcmp(ours[i], name))
			return "unknown tool";
	return name;
}

static const json_t *result_of(const json_t *results, const char *id)
{
	size_t index;
	json_t *one;

	json_array_foreach((json_t *)(uintptr_t)results, index, one) {
		const char *own = json_string_value(json_object_get(one, "id"));

		if (own && !strcmp(own, id))
			return one;
	}
	return NULL;
}

/* Every call has a result in a request, also one whose own was lost. */
static void settle_call(struct session_history *history, const struct model_call *call)
{
	static const char lost[] = "the work was interrupted: no result of this is known";
	const json_t *one = result_of(history->results, call->id);
	const char *content = json_string_value(json_object_get(one, "content"));

	model_request_add_result(history->request, call,
				 span_of(!one      ? lost
					 : content ? content
						   : ""),
				 !one || json_is_true(json_object_get(one, "error")));
}

static void forget_reply(struct session_history *history)
{
	json_decref(history->reply);
	json_decref(history->results);
	history->reply = history->results = NULL;
	history->doubt.seq = 0;
}

/* The latest reply becomes one of the past, with the results of its calls. */
static void settle_reply(struct session_history *history)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;

	if (history->reply && !model_reply_from_json(history->reply, &reply, NULL)) {
		model_request_add_reply(history->request, reply);
		for (size_t i = 0; i < reply->call_count; i++)
			settle_call(history, &reply->calls[i]);
	}
	forget_reply(history);
}

/* Nothing more will come of it. */
static void settle_attempt(struct session_history *history)
{
	if (history->attempt)
		json_array_append_new(history->compactions, steal_pointer(&history->attempt));
}

static void count_usage(struct session_history *history, const json_t *reply)
{
	const json_t *usage = json_object_get(reply, "usage");

	history->input_tokens += json_integer_value(json_object_get(usage, "input_tokens")) +
				 json_integer_value(json_object_get(usage, "cache_read_tokens")) +
				 json_integer_value(json_object_get(usage, "cache_write_tokens"));
	history->output_tokens += json_integer_value(json_object_get(usage, "output_tokens"));
}

static void take_reply(struct session_history *history, const struct step *step)
{
	if (!step->result) /* it was asked for and is asked for again */
		return;
	settle_attempt(history);
	settle_reply(history);
	history->reply = json_loads(step->result, 0, NULL);
	history->results = json_array();
	history->reply_seq = step->seq;
	history->turns++;
	count_usage(history, history->reply);
}

/* A compression is tried when the calls of the latest reply have their results. */
static void take_compaction(struct session_history *history, const struct step *step)
{
	json_t *reply, *intent;

	if (!step->result)
		return;
	settle_attempt(history);
	settle_reply(history);
	reply = json_loads(step->result, 0, NULL);
	intent = json_loads(step->intent, 0, NULL);
	history->attempt = json_pack("{s:O*,s:O*,s:O*,s:[]}", "replies",
				     json_object_get(intent, "replies"), "covers",
				     json_object_get(intent, "covers"), "again",
				     json_object_get(intent, "again"), "results");
	history->reply_seq = step->seq;
	count_usage(history, reply);
	if (!json_object_get(reply, "failed")) {
		json_object_set(history->attempt, "reply", reply);
		history->compacted_seq = step->seq;
	}
	json_decref(reply);
	json_decref(intent);
}

static const json_t *latest_reply(const struct session_history *history)
{
	return history->attempt ? json_object_get(history->attempt, "reply") : history->reply;
}

static json_t *latest_results(const struct session_history *history)
{
	return history->attempt ? json_object_get(history->attempt, "results") : history->results;
}

/* It goes on with the latest reply of the session before it, which stays the latest. */
static void take_again(struct session_history *history, const struct step *step)
{
	json_t *result = step->result ? json_loads(step->result, 0, NULL) : NULL;

	if (result) {
		forget_reply(history);
		history->reply = json_incref(json_object_get(result, "reply"));
		history->results = json_incref(json_object_get(result, "results"));
	}
	history->reply_seq = step->seq;
	json_decref(result);
}

/* In the form in which it was answered, and stands in MEMORY.md if it was kept already. */
static void take_fact(struct session_history *history, const json_t *arguments)
{
	CLEANUP(buffer_clear) struct buffer entry = BUFFER(MEMORY_ENTRY_MAX + 8);
	const char *text = json_string_value(json_object_get(arguments, "text"));

	if (text && !memory_entry_text(span_of(text), &entry, NULL) &&
	    !array_grow((void **)&history->facts, history->fact_count, &history->fact_capacity,
			sizeof(char *), SESSION_FACTS_MAX))
		history->facts[history->fact_count++] = xstrdup(entry.data);
}

static const json_t *call_at(const struct session_history *history, int64_t seq)
{
	const json_t *calls = json_object_get(latest_reply(history), "calls");

	return json_array_get(calls, (size_t)(seq - history->reply_seq - 1));
}

static void take_doubt(struct session_history *history, const struct step *step)
{
	bool is_gone = !tool_find(step->kind) && !strcmp(step->effect, "idempotent");

	if (!step->begun_at && !is_gone)
		return; /* it was not done, or may be done again */
	history->doubt.seq = step->seq;
	history->doubt.at_ms = step->begun_at ? step->begun_at : step->intent_at;
	snprintf(history->doubt.tool, sizeof(history->doubt.tool), "%s", step->kind);
}

/* As at the time when it came. */
static void note_result(struct session_history *history, const struct step *step,
			const json_t *result)
{
	json_t *arguments = json_loads(step->intent, 0, NULL);
	const struct tool *tool = tool_find(step->kind);
	const char *content = json_string_value(json_object_get(result, "content"));
	bool is_error = json_is_true(json_object_get(result, "error"));

	session_breaker_result(&history->breaker, tool ? tool->name : "", arguments, content,
			       is_error);
	if (!strcmp(step->kind, "remember") && !is_error)
		take_fact(history, arguments);
	if (!strcmp(step->kind, "bulletin_post") && !is_error)
		json_array_append(history->posts, json_object_get(arguments, "text"));
	if (step->begun_at)
		history->told++;
	json_decref(arguments);
}

/* Tool steps follow their reply's in the order of its calls. */
static void take_result(struct session_history *history, const struct step *step)
{
	const json_t *call = call_at(history, step->seq);
	json_t *result = step->result ? json_loads(step->result, 0, NULL) : NULL;

	if (call && result) {
		json_object_set(result, "id", json_object_get(call, "id"));
		json_array_append(latest_results(history), result);
		note_result(history, step, result);
	} else if (call) {
		take_doubt(history, step);
	}
	json_decref(result);
}

int session_history_take(void *context, const struct step *step)
{
	struct session_history *history = context;

	history->seq = step->seq;
	history->answered += step->result != NULL;
	if (!strcmp(step->kind, STEP_MODEL))
		take_reply(history, step);
	else if (!strcmp(step->kind, STEP_COMPACTION))
		take_compaction(history, step);
	else if (!strcmp(step->kind, STEP_AGAIN))
		take_again(history, step);
	else
		take_result(history, step);
	return 0;
}

/* ---- from one session to the next ---- */

void session_history_next(struct session_history *history, bool afresh)
{
	settle_attempt(history);
	history->earlier_turns = afresh ? 0 : history->earlier_turns + history->turns;
	if (afresh)
		history->breaker = (struct session_breaker){ 0 };
	history->turns = history->input_tokens = history->output_tokens = 0;
	history->seq = history->answered = history->compacted_seq = 0;
	forget_facts(history); /* they were kept when it was parked */
}

static bool is_open(const struct session_history *history)
{
	const json_t *calls = json_object_get(history->reply, "calls"), *call;
	size_t index;

	json_array_foreach((json_t *)(uintptr_t)calls, index, call) {
		const char *id = json_string_value(json_object_get(call, "id"));

		if (id && !result_of(history->results, id))
			return true;
	}
	return false;
}

bool session_history_adopt(struct session_history *history)
{
	if (!is_open(history) && !history->is_confirmed) {
		settle_reply(history);
		return false;
	}
	history->doubt.seq = 0;
	history->reply_seq = 1;
	history->seq = 1 + (int64_t)json_array_size(json_object_get(history->reply, "calls"));
	return true;
}

void session_history_confirm(struct session_history *history)
{
	const json_t *call = history->doubt.seq ? call_at(history, history->doubt.seq) : NULL;

	history->is_confirmed = call != NULL;
	if (call)
		json_array_append_new(history->results,
				      json_pack("{s:O,s:s,s:b}", "id", json_object_get(call, "id"),
						"content",
						"a person says that this was done; it was not done "
						"again",
						"error", 0));
	history->doubt.seq = 0;
}

/* ---- going on ---- */

static void take_calls(struct session *session, const struct session_history *history)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;

	session_forget_calls(session);
	session->sums_up = history->attempt != NULL;
	if (!latest_reply(history) || model_reply_from_json(latest_reply(history), &reply, NULL))
		return;
	session->call_count = reply->call_count;
	for (size_t i = 0; i < reply->call_count; i++) {
		struct journalled_call *call = &session->calls[i];

		snprintf(call->id, sizeof(call->id), "%s", reply->calls[i].id);
		call->tool = tool_find(reply->calls[i].name);
		call->arguments = json_incref(reply->calls[i].arguments);
		call->seq = history->reply_seq + 1 + (int64_t)i;
		call->answered = result_of(latest_results(history), call->id) != NULL;
		call->begun = call->answered;
		call->in_doubt = !call->answered;
		call->asked = 0;
	}
}

void session_history_apply(struct session *session, struct session_history *history)
{
	take_calls(session, history);
	settle_attempt(history);
	json_decref(session->past);
	session->past = json_pack("{s:O,s:O,s:O*,s:O*}", "history",
				  json_object_get(history->request, "messages"), "compactions",
				  history->compactions, "reply", history->reply, "results",
				  history->results);
	session->seq = history->seq;
	session->answered = history->answered;
	session->turns = history->turns;
	session->turns_before = history->earlier_turns;
	session->began_ms = history->began_ms;
	session->input_tokens = history->input_tokens;
	session->output_tokens = history->output_tokens;
	session->cost_micro_usd = history->cost_micro_usd;
	session->told = history->told;
	json_decref(session->posts);
	session->posts = json_incref(history->posts);
	if (!session->model.name[0]) /* until one is chosen */
		snprintf(session->model.name, sizeof(session->model.name), "%s", history->model);
	session->breaker = history->breaker;
	if (!session->objective)
		session->objective = json_incref(history->objective);
	session_forget_facts(session);
	session->facts = steal_pointer(&history->facts);
	session->fact_count = history->fact_count;
	session->fact_capacity = history->fact_capacity;
	history->fact_count = history->fact_capacity = 0;
}

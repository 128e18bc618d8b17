#include "session_history.h"

void session_history_begin(struct session_history *history)
{
	*history = (struct session_history){ .request = model_request_new(0) };
}

void session_history_clear(struct session_history *history)
{
	json_decref(history->request);
	json_decref(history->reply);
	json_decref(history->results);
	for (size_t i = 0; i < history->fact_count; i++)
		free(history->facts[i]);
	free(history->facts);
	*history = (struct session_history){ 0 };
}

/* ---- reading ---- */

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

/* The latest reply becomes one of the past, with the results of its calls. */
static void settle_reply(struct session_history *history)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;

	if (history->reply && !model_reply_from_json(history->reply, &reply, NULL)) {
		model_request_add_reply(history->request, reply);
		for (size_t i = 0; i < reply->call_count; i++) {
			const json_t *one = result_of(history->results, reply->calls[i].id);
			const char *content = json_string_value(json_object_get(one, "content"));

			if (one)
				model_request_add_result(
					history->request, &reply->calls[i],
					span_of(content ? content : ""),
					json_is_true(json_object_get(one, "error")));
		}
	}
	json_decref(history->reply);
	json_decref(history->results);
	history->reply = history->results = NULL;
}

static void take_reply(struct session_history *history, const struct step *step)
{
	json_t *usage;

	if (!step->result) /* it was asked for and is asked for again */
		return;
	settle_reply(history);
	history->reply = json_loads(step->result, 0, NULL);
	history->results = json_array();
	history->reply_seq = step->seq;
	history->turns++;
	usage = json_object_get(history->reply, "usage");
	history->input_tokens += json_integer_value(json_object_get(usage, "input_tokens")) +
				 json_integer_value(json_object_get(usage, "cache_read_tokens")) +
				 json_integer_value(json_object_get(usage, "cache_write_tokens"));
	history->output_tokens += json_integer_value(json_object_get(usage, "output_tokens"));
}

static void take_fact(struct session_history *history, const struct step *step,
		      const json_t *result)
{
	json_t *intent = json_loads(step->intent, 0, NULL);
	const char *text = json_string_value(json_object_get(intent, "text"));

	if (text && !json_is_true(json_object_get(result, "error")) &&
	    !array_grow((void **)&history->facts, history->fact_count, &history->fact_capacity,
			sizeof(char *), SESSION_FACTS_MAX))
		history->facts[history->fact_count++] = xstrdup(text);
	json_decref(intent);
}

/* Tool steps follow their reply's in the order of its calls. */
static void take_result(struct session_history *history, const struct step *step)
{
	const json_t *calls = json_object_get(history->reply, "calls");
	const json_t *call = json_array_get(calls, (size_t)(step->seq - history->reply_seq - 1));
	json_t *result = step->result ? json_loads(step->result, 0, NULL) : NULL;

	if (call && result) {
		json_object_set(result, "id", json_object_get(call, "id"));
		json_array_append(history->results, result);
		if (!strcmp(step->kind, "remember"))
			take_fact(history, step, result);
	}
	json_decref(result);
}

int session_history_take(void *context, const struct step *step)
{
	struct session_history *history = context;

	history->seq = step->seq;
	history->cost_micro_usd += step->cost_micro_usd;
	if (!strcmp(step->kind, "model"))
		take_reply(history, step);
	else
		take_result(history, step);
	return 0;
}

/* ---- going on ---- */

static void take_calls(struct session *session, const struct session_history *history)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;

	if (!history->reply || model_reply_from_json(history->reply, &reply, NULL))
		return;
	session_forget_calls(session);
	session->call_count = reply->call_count;
	for (size_t i = 0; i < reply->call_count; i++) {
		struct journalled_call *call = &session->calls[i];

		snprintf(call->id, sizeof(call->id), "%s", reply->calls[i].id);
		call->tool = tool_find(reply->calls[i].name);
		call->arguments = json_incref(reply->calls[i].arguments);
		call->seq = history->reply_seq + 1 + (int64_t)i;
		call->answered = result_of(history->results, call->id) != NULL;
		call->begun = call->answered;
	}
}

void session_history_apply(struct session *session, struct session_history *history, bool own)
{
	if (!own)
		settle_reply(history);
	json_decref(session->past);
	session->past = json_pack("{s:O,s:O*,s:O*}", "history",
				  json_object_get(history->request, "messages"), "reply",
				  history->reply, "results", history->results);
	if (!own)
		return;
	session->seq = history->seq;
	session->turns = history->turns;
	session->input_tokens = history->input_tokens;
	session->output_tokens = history->output_tokens;
	session->cost_micro_usd = history->cost_micro_usd;
	for (size_t i = 0; i < session->fact_count; i++)
		free(session->facts[i]);
	free(session->facts);
	session->facts = steal_pointer(&history->facts);
	session->fact_count = history->fact_count;
	session->fact_capacity = history->fact_capacity;
	history->fact_count = 0;
	take_calls(session, history);
}

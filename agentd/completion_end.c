/* How a model call ends, and the results of tools that wait to go along with one. */
#include "completion_parts.h"

#include "handle.h"
#include "journal.h"

/* Results are copies of ours here. */
void call_free_results(struct step *results, size_t count)
{
	while (count)
		free((char *)(uintptr_t)results[--count].result);
}

static void drop(struct completion *call)
{
	call_free_results(call->results, call->result_count);
	call->result_count = 0;
}

void call_finish(struct completion *call)
{
	struct session *session = call->session;

	if (session->completion == call)
		session->completion = NULL;
	if (call->timer)
		uv_close((uv_handle_t *)call->timer, handle_free);
	drop(call);
	json_decref(call->request);
	json_decref(call->sent);
	json_decref(call->mended);
	free(call->cause);
	free(call);
	session_release(session);
}

void call_take_results(struct completion *call, const struct step *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		call->results[i] = results[i];
		call->results[i].session = call->session->id;
		call->results[i].result = xstrdup(results[i].result);
	}
	call->result_count = count;
}

void call_keep_results(struct completion *call)
{
	struct journal_move move = { .results = call->results, .result_count = call->result_count };

	if (call->result_count && !call->session->rehearse)
		journal_move(call->session->daemon, &move, NULL, NULL);
	drop(call);
}

void call_give_up(struct completion *call, enum error_code code, const char *why)
{
	struct session *session = call->session;
	uint64_t asked = session->asked;

	call_keep_results(call);
	session->asked = 0;
	session_refuse(session, asked, code, why);
	call_finish(call);
}

void call_answer_without(struct completion *call, const char *key, json_t *value)
{
	struct session *session = call->session;
	uint64_t asked = session->asked;

	call_keep_results(call);
	session->asked = 0;
	if (session->link)
		link_reply(session->link, asked,
			   json_pack("{s:o,s:I}", key, value, "most_bytes",
				     (json_int_t)session_most_bytes(session)));
	else
		json_decref(value);
	call_finish(call);
}

void call_attempt_failed(struct completion *call, const char *why)
{
	struct step result = session_step(call->session, call->session->model_seq);
	json_t *json = json_pack("{s:s}", "failed", why);
	_free_ char *text = json_dumps(json, JSON_COMPACT);
	struct journal_move move = { .results = &result, .result_count = 1 };

	result.result = text;
	if (call->is_intended && !call->session->rehearse)
		journal_move(call->session->daemon, &move, NULL, NULL);
	json_decref(json);
	call_answer_without(call, "failed", json_string(why));
}

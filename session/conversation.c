#include "conversation.h"

#include "compression.h"

#include "base/failpoint.h"
#include "model/model.h"

/* ---- asking ---- */

int conversation_ask(struct conversation *c, const json_t *request, json_t *params,
		     json_t **ret_answer, struct error *error)
{
	const json_t *most;
	int failed;

	(void)FAILPOINT_OF("session.ask", model_request_bytes(request));
	json_object_set_new(params, "turn", json_integer(c->turn + 1));
	json_object_set(params, "request", (json_t *)(uintptr_t)request);
	json_object_set(params, "results", c->results);
	failed = rpc_call(c->bench.rpc, "complete", params, -1, ret_answer, error);
	if (failed)
		return failed;
	json_array_clear(c->results);
	most = json_object_get(*ret_answer, "most_bytes"); /* of the model that was asked */
	if (json_is_integer(most))
		transcript_set_most_bytes(&c->transcript, json_integer_value(most));
	return 0;
}

/* *ret_reply NULL: the request did not fit the model's window, which is told only where it can be
 * made smaller here. */
static int complete(struct conversation *c, const json_t *request, bool may_compress,
		    struct model_reply **ret_reply, struct error *error)
{
	CLEANUP(json_decref) json_t *answer = NULL;
	json_t *params = json_pack("{s:b}", "may_compress", (int)may_compress);
	int failed = conversation_ask(c, request, params, &answer, error);

	*ret_reply = NULL;
	if (failed || (may_compress && json_is_true(json_object_get(answer, "overflow"))))
		return failed;
	c->turn++;
	return model_reply_from_json(json_object_get(answer, "reply"), ret_reply, error);
}

static bool is_due(const struct transcript *t, const json_t *request)
{
	return compaction_is_due(&t->compaction, transcript_past(t), &t->policy,
				 model_request_bytes(request));
}

/* It ran out of memory: what can be made small is, if anything. */
static int shrink(struct conversation *c, struct error *error)
{
	const struct transcript *t = &c->transcript;
	bool shrinks = c->shrinks &&
		       compaction_is_possible(&t->compaction, transcript_past(t), &t->policy);

	c->shrinks = false;
	return shrinks ? compression_try(c, error) : 0;
}

/* The next reply, behind a compression where the transcript has grown long or does not fit. */
static int next_reply(struct conversation *c, struct model_reply **ret_reply, struct error *error)
{
	struct transcript *t = &c->transcript;
	CLEANUP(json_decref) json_t *request = NULL;
	bool can = false;
	int result = shrink(c, error); /* before a request takes memory that there is not */

	request = transcript_request(t);
	if (!result && is_due(t, request))
		result = compression_try(c, error);
	json_decref(request);
	request = transcript_request(t);
	can = compaction_is_possible(&t->compaction, transcript_past(t), &t->policy);
	if (!result)
		result = complete(c, request, can, ret_reply, error);
	if (result || *ret_reply)
		return result;
	result = compression_try(c, error);
	json_decref(request);
	request = transcript_request(t);
	return result ? result : complete(c, request, false, ret_reply, error);
}

static int tell_done(struct conversation *c, const struct model_reply *reply, struct error *error)
{
	json_t *params = json_pack("{s:s, s:I}", "text", reply->text, "turns", c->turn);

	if (reply->call_count)
		json_object_set_new(params, "limit", json_string("turns"));
	if (json_array_size(c->results))
		json_object_set(params, "results", c->results);
	if (rpc_notify(c->bench.rpc, "done", params))
		return error_set(error, ERROR_CLOSED, "agentd is gone");
	return rpc_flush(c->bench.rpc, error);
}

/* ---- turns ---- */

/* A session that goes on begins with its latest reply: those of its calls that have no result yet
 * are run. */
static int go_on(struct conversation *c, bool *ret_ended, struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	const struct plan *plan = c->bench.plan;
	int result;

	c->turn = (json_int_t)plan->turns_made;
	c->shrinks = plan->starved && !compaction_is_open(&c->transcript.compaction);
	if (!plan->reply)
		return compaction_is_open(&c->transcript.compaction) ? compression_go_on(c, error)
								     : 0;
	result = model_reply_from_json(plan->reply, &reply, error);
	if (result)
		return result;
	model_request_add_reply(c->transcript.past, reply);
	c->bench.known = plan->results;
	result = tools_run(&c->bench, reply, c->transcript.past, c->results, error);
	c->bench.known = NULL;
	*ret_ended = c->turn >= (json_int_t)plan->turns_max;
	return !result && *ret_ended ? tell_done(c, reply, error) : result;
}

/* One turn. *ret_ended: the model called nothing more, or may not any more. The calls of the last
 * turn that is allowed are still run: they were asked for and paid. */
static int take_turn(struct conversation *c, bool *ret_ended, struct error *error)
{
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	int result = next_reply(c, &reply, error);

	if (result)
		return result;
	model_request_add_reply(c->transcript.past, reply);
	result = tools_run(&c->bench, reply, c->transcript.past, c->results, error);
	if (result)
		return result;
	*ret_ended = !reply->call_count || c->turn >= (json_int_t)c->bench.plan->turns_max;
	return *ret_ended ? tell_done(c, reply, error) : 0;
}

int conversation_run(struct rpc *rpc, const struct plan *plan, const struct folders *folders,
		     struct error *error)
{
	CLEANUP(json_decref) json_t *results = json_array();
	struct conversation c = {
		.bench = { .rpc = rpc, .plan = plan, .folders = folders },
		.results = results,
	};
	bool ended = false;
	int result = transcript_begin(&c.transcript, plan, error);

	if (!result)
		result = go_on(&c, &ended, error);
	while (!result && !ended)
		result = take_turn(&c, &ended, error);
	transcript_clear(&c.transcript);
	return result;
}

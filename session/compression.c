#include "compression.h"

#include "model/model.h"

/* The two calls of an attempt as the journal tells them apart. */
static json_t *attempt_json(const struct compaction *c)
{
	return json_pack("{s:I, s:I, s:b}", "replies", (json_int_t)c->asked_replies, "covers",
			 (json_int_t)c->asked_covers, "again", (int)(c->calls > 0));
}

/* *ret_reply NULL: the call failed, which is no failure of the session. */
static int ask(struct conversation *c, const json_t *request, struct model_reply **ret_reply,
	       struct error *error)
{
	CLEANUP(json_decref) json_t *answer = NULL;
	json_t *params = json_pack("{s:o}", "compaction", attempt_json(&c->transcript.compaction));
	int result = conversation_ask(c, request, params, &answer, error);

	*ret_reply = NULL;
	if (result || !json_object_get(answer, "reply"))
		return result;
	return model_reply_from_json(json_object_get(answer, "reply"), ret_reply, error);
}

/* Facts are worth keeping beyond the session; whatever else is called is refused. */
static int keep_facts(struct conversation *c, const struct model_reply *reply, json_t *request,
		      const json_t *known, struct error *error)
{
	int result;

	c->bench.only = "remember";
	c->bench.known = known;
	model_request_add_reply(request, reply);
	result = tools_run(&c->bench, reply, request, c->results, error);
	c->bench.only = NULL;
	c->bench.known = NULL;
	return result;
}

static int ask_on(struct conversation *c, json_t *request, struct error *error)
{
	struct transcript *t = &c->transcript;
	int result = 0;

	while (!result && compaction_is_open(&t->compaction)) {
		CLEANUP(model_reply_free) struct model_reply *reply = NULL;

		result = ask(c, request, &reply, error);
		if (!result && !compaction_hear(&t->compaction, transcript_past(t), reply))
			result = keep_facts(c, reply, request, NULL, error);
	}
	return result;
}

int compression_try(struct conversation *c, struct error *error)
{
	CLEANUP(json_decref) json_t *request = NULL;

	compaction_begin(&c->transcript.compaction, transcript_past(&c->transcript),
			 &c->transcript.policy);
	request = transcript_question(&c->transcript);
	return ask_on(c, request, error);
}

int compression_go_on(struct conversation *c, struct error *error)
{
	CLEANUP(json_decref) json_t *request = transcript_question(&c->transcript);
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	const json_t *list = c->bench.plan->compactions;
	const json_t *last = json_array_get(list, json_array_size(list) - 1);
	int result = model_reply_from_json(json_object_get(last, "reply"), &reply, error);

	if (!result)
		result = keep_facts(c, reply, request, json_object_get(last, "results"), error);
	return result ? result : ask_on(c, request, error);
}

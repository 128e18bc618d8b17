#include "completion.h"

#include "alerts.h"
#include "completion_order.h"
#include "completion_parts.h"
#include "handle.h"
#include "journal.h"
#include "ledger.h"
#include "providers.h"
#include "service.h"
#include "session_history.h"

#include "base/clock.h"

static void begin(struct completion *call);

/* ---- a reply ---- */

static void replied(struct completion *call, const struct model_reply *reply, json_t *json)
{
	struct session *session = call->session;

	call->row.request_id = reply->request_id ? reply->request_id : "";
	attempt_settle_reply(call, reply);
	if (call->abandoned) {
		attempt_keep_row(call);
	} else {
		provider_is_well(session);
		session_replied(session, reply, json, call->is_recorded ? &call->row : NULL);
	}
	call_finish(call);
}

/* ---- a failure ---- */

static void pause_over(uv_timer_t *timer)
{
	struct completion *call = timer->data;

	uv_timer_stop(timer);
	begin(call);
}

static void wait_then_begin(struct completion *call, int64_t wait_ms)
{
	if (!call->timer)
		call->timer = handle_timer(&call->session->daemon->loop, call);
	uv_update_time(&call->session->daemon->loop);
	uv_timer_start(call->timer, pause_over, (uint64_t)(wait_ms > 0 ? wait_ms : 0), 0);
}

static void go_on(struct completion *call, const struct model_failure *failure,
		  const struct ladder_decision *decision)
{
	switch (decision->step) {
	case LADDER_AGAIN: wait_then_begin(call, decision->wait_ms); return;
	case LADDER_NEXT:
		call->at++;
		call->place.attempts_here = 0;
		begin(call);
		return;
	case LADDER_MEND:
		mend_apply(call, failure);
		begin(call);
		return;
	case LADDER_STOP:
		if (call->session->attempt) {
			call_attempt_failed(call, failure->message);
			return;
		}
		session_fail(call->session, OUTCOME_FAILED, "%s: %s",
			     session_model_name(call->session), failure->message);
		call_give_up(call, ERROR_REMOTE, failure->message);
	}
}

static void failed(struct completion *call, const struct model_failure *failure)
{
	struct session *session = call->session;
	struct ladder_decision decision;

	attempt_settle_failed(call, failure->charged);
	call->row.status = failure->status;
	call->row.failure = failure_name(failure->class);
	call->row.message = failure->message;
	if (model_is_accounted(session)) /* a cancelled call ends a probe, and no more */
		providers_failed(session->daemon, &session->model, failure, call->is_probe);
	if (call->abandoned) {
		call->row.decision = "stop: the session waits for it no more";
		attempt_keep_row(call);
		call_finish(call);
		return;
	}
	if (failure->class == FAILURE_OVERFLOW)
		providers_learn_context(session->daemon, &session->model, failure->context);
	if (failed_compresses(call, failure)) {
		attempt_keep_row(call);
		session->turns--; /* it is taken once more */
		call_answer_without(call, "overflow", json_true());
		return;
	}
	decision = failed_decide(call, failure);
	attempt_keep_row(call);
	go_on(call, failure, &decision);
}

/* ---- the gateway ---- */

static void say(struct model_failure *failure, const char *text)
{
	size_t length = utf8_cut(span_of(text), sizeof(failure->message) - 1);

	memcpy(failure->message, text, length);
	failure->message[length] = '\0';
}

static void answered(void *context, const json_t *result, const struct error *error)
{
	struct completion *call = context;
	CLEANUP(model_reply_free) struct model_reply *reply = NULL;
	json_t *json = json_object_get(result, "reply");
	struct model_failure failure = { .class = FAILURE_GATEWAY, .retry_after_ms = -1 };
	struct error wrong;

	call->sending = false;
	call->row.first_byte_ms = json_integer_value(json_object_get(result, "first_byte_ms"));
	call->row.total_ms = json_integer_value(json_object_get(result, "total_ms"));
	call->row.status = json_integer_value(json_object_get(result, "status"));
	if (!result) {
		failure.charged = error->code == ERROR_CLOSED;
		say(&failure, error->message);
	} else if (json) {
		if (!model_reply_from_json(json, &reply, &wrong)) {
			replied(call, reply, json);
			return;
		}
		failure.class = FAILURE_FORMAT;
		failure.charged = true;
		say(&failure, wrong.message);
	} else if (failure_from_json(json_object_get(result, "failure"), &failure, &wrong)) {
		failure.charged = true;
		error_prefix(&wrong, "agentd-gateway: ");
		say(&failure, wrong.message);
	}
	failed(call, &failure);
}

static void send_order(struct completion *call)
{
	struct session *session = call->session;
	json_t *order = model_order(session, call->sent, session->quirks, call->place.has_next);
	struct model_failure gone = { .class = FAILURE_MODEL, .retry_after_ms = -1 };

	if (!order) {
		snprintf(gone.message, sizeof(gone.message),
			 "agentd.yaml has no provider \"%s\" any more", session->model.provider);
		failed(call, &gone);
		return;
	}
	call->sending = true;
	service_request(session->daemon->gateway, "complete", order, answered, call);
}

/* Nothing was asked: if it was to be a probe, another call may be. */
static void unclaim(const struct completion *call)
{
	struct model_failure none = { .class = FAILURE_CANCELLED, .retry_after_ms = -1 };

	if (call->is_probe)
		providers_failed(call->session->daemon, &call->session->model, &none, true);
}

static void recorded(void *context, const struct error *error)
{
	struct completion *call = context;
	struct session *session = call->session;

	call->recording = false;
	call->is_recorded = !error && call->holding;
	if (!error && !call->abandoned && !session->suspending) {
		send_order(call);
		return;
	}
	unclaim(call);
	attempt_settle_failed(call, false);
	call->row.decision = "stop: the session waits for it no more";
	attempt_keep_row(call);
	if (call->abandoned) {
		call_finish(call);
		return;
	}
	if (!error) {
		session_handle(session, LIFE_SUSPENDED); /* which abandons it */
		return;
	}
	session_fail(session, OUTCOME_FAILED, "%s", error->message);
	call_give_up(call, error->code, error->message);
}

/* ---- an attempt ---- */

/* The intent of the step and the reservation of its first attempt are one transaction; a further
 * attempt is a reservation of the same step. */
static void record(struct completion *call)
{
	struct session *session = call->session;
	_free_ char *text = model_intent(session, call->sent);
	struct step intent = session_step(session, session->model_seq);
	struct step results[MODEL_CALLS_MAX];
	struct journal_move move = { .results = results, .result_count = call->result_count };

	intent.kind = session->attempt ? STEP_COMPACTION : STEP_MODEL;
	intent.effect = "idempotent";
	intent.intent = text;
	attempt_row(call);
	memcpy(results, call->results, call->result_count * sizeof(results[0]));
	call->result_count = 0;
	if (!call->is_intended) {
		move.intents = &intent;
		move.intent_count = 1;
	}
	call->is_intended = true;
	if (call->holding)
		move.reserved = &call->row;
	call->recording = true;
	if (session->rehearse || (!move.reserved && !move.intent_count))
		recorded(call, NULL);
	else
		journal_move(session->daemon, &move, recorded, call);
	call_free_results(results, move.result_count);
}

/* ---- room in the budget ---- */

static void over_cap(struct completion *call, const struct budget_verdict *verdict)
{
	_free_ char *why = over_reason(call->session, verdict);
	struct session *session = call->session;
	struct parking parking = {
		.why = PARKED_BY_BUDGET,
		.layer = verdict->layer,
		.limit = parked_cap(session->daemon, session->agent, verdict->layer,
				    session_work(session)),
		.until = verdict->resets_at,
	};

	parked_incident(session, verdict, parking.incident);
	if (session_park(session, &parking, "%s", why))
		alert_raise(session->daemon, parking.incident,
			    parked_is_shared(verdict->layer) ? NULL : session->agent, why, "%s",
			    why);
	call_give_up(call, ERROR_DENIED, why);
}

static void set_max_tokens(struct completion *call, int64_t max_tokens)
{
	json_t *copy = json_copy(call->sent);

	json_object_set_new(copy, "max_tokens", json_integer(max_tokens));
	json_decref(call->sent);
	call->sent = copy;
}

static void reserved(void *context, const struct budget_hold *hold,
		     const struct budget_verdict *verdict)
{
	struct completion *call = context;

	call->waiting = NULL;
	if (!hold) {
		unclaim(call);
		over_cap(call, verdict);
		return;
	}
	call->hold = *hold;
	call->holding = true;
	set_max_tokens(call, hold->max_tokens);
	record(call);
}

/* What goes out: the session's request, as small as it has had to become. */
static void take_request(struct completion *call)
{
	struct session *session = call->session;
	json_t *small = NULL;

	if (session->request_most)
		small = model_request_shrink(call->request, session->request_most);
	json_decref(call->sent);
	call->sent = small ? small : json_incref(call->request);
}

/* As much as the model gives, where its window has room for it behind the request (three bytes to a
 * token: a guess, the server knows better). */
static int64_t wished_tokens(const struct completion *call, int64_t bytes)
{
	const struct session *session = call->session;
	int64_t context = providers_learned(session->daemon, &session->model).context;
	int64_t least = session->daemon->workspace->settings->least_max_tokens;
	int64_t wished = session->model.max_output_tokens, room;

	if (!context || context > session->model.context)
		context = session->model.context;
	room = context - bytes / 3;
	if (session->most_tokens && session->most_tokens < wished)
		wished = session->most_tokens;
	if (room < least)
		room = least;
	return room < wished ? room : wished;
}

/* The first model from call->at on that may be called now. */
static const struct model_settings *pick(struct completion *call)
{
	const struct route *route = session_route(call->session);
	size_t count = call->session->rehearse ? 1 : route ? route->count : 0;

	for (; call->at < count; call->at++) {
		const struct model_settings *model = route_model(call->session, call->at);

		if (model && providers_ask(call->session->daemon, model, NULL) != BREAKER_OPEN)
			return model;
	}
	return NULL;
}

/* No model of the route may be called now: the first to be asked again is waited for, with some
 * jitter, unless that would be too long. While another call is its probe, that is waited for, and
 * is no attempt. */
static void rest(struct completion *call)
{
	struct session *session = call->session;
	const struct settings *settings = session->daemon->workspace->settings;
	CLEANUP(buffer_clear) struct buffer why = BUFFER(1024);
	bool probed = false;
	int64_t now = clock_wall_ms(), until = route_rests(session, &why, &probed);
	int64_t longest = probed ? settings->provider_breaker_longest_ms
				 : settings->retry_longest_ms;
	uint16_t chance;

	random_bytes(&chance, sizeof(chance));
	call->at = 0;
	call->place.attempts_here = 0;
	if (!call->rests_since)
		call->rests_since = now;
	if (until && until - call->rests_since <= longest &&
	    (probed || call->place.attempts <= settings->retries_per_call)) {
		call->place.attempts += !probed;
		session_emit(session, "model_waits",
			     json_pack("{s:s,s:s,s:I}", "session", session->id, "reason", why.data,
				       "wait_ms", (json_int_t)(until - now)));
		wait_then_begin(call, until - now + chance % 1000);
		return;
	}
	if (session->attempt) {
		call_attempt_failed(call, why.data);
		return;
	}
	session_fail(session, until ? OUTCOME_FAILED : OUTCOME_REFUSED, "%s", why.data);
	call_give_up(call, ERROR_BUSY, why.data);
}

static void begin(struct completion *call)
{
	struct session *session = call->session;
	const struct model_settings *model = pick(call);
	struct ledger_ask *line;
	struct budget_ask ask;
	int64_t bytes;

	if (session->suspending) {
		session_handle(session, LIFE_SUSPENDED); /* which abandons it */
		return;
	}
	if (!model) {
		rest(call);
		return;
	}
	call->rests_since = 0;
	session_set_model(session, model);
	call->place.attempts++;
	call->place.attempts_here++;
	call->place.has_next = failed_has_next(call);
	take_request(call);
	if (!model_is_accounted(session)) {
		record(call);
		return;
	}
	call->is_probe = providers_claim(session->daemon, &session->model);
	bytes = model_request_bytes(call->sent);
	ask = model_ask(session, bytes, wished_tokens(call, bytes));
	line = ledger_reserve(session->daemon, &ask, reserved, call);
	if (!line)
		return; /* answered, and perhaps over */
	call->waiting = line;
	call_keep_results(call);
}

void completion_start(struct session *session, json_t *request, const struct step *results,
		      size_t result_count)
{
	struct completion *call = xcalloc(1, sizeof(*call));

	call->session = session;
	call->request = json_incref(request);
	call->cause = session_cause(session);
	session_hold(session);
	session->completion = call;
	session->model_seq = ++session->seq;
	call_take_results(call, results, result_count);
	begin(call);
}

bool completion_is_under_way(const struct session *session)
{
	const struct completion *call = session->completion;

	return call && (call->sending || call->recording);
}

void completion_abandon(struct session *session)
{
	struct completion *call = steal_pointer(&session->completion);

	if (!call)
		return;
	call->abandoned = true;
	if (call->sending)
		service_notify(session->daemon->gateway, "cancel",
			       json_pack("{s:s}", "call", session->id));
	if (call->sending || call->recording)
		return; /* what comes from there ends it */
	if (call->waiting)
		unclaim(call);
	ledger_withdraw(session->daemon, call->waiting);
	call_keep_results(call);
	call_finish(call);
}

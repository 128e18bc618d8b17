#include "completion_parts.h"

#include "alerts.h"
#include "completion_order.h"
#include "cost.h"
#include "log.h"
#include "parked.h"
#include "providers.h"

#include "base/clock.h"

#include <inttypes.h>

#define PROBE_LOOK_MS 1000 /* between two looks at whether another call's probe went well */

/* ---- which models are left ---- */

static const struct model_settings *next_model(const struct completion *call)
{
	const struct session *session = call->session;
	const struct route *route = session_route(session);

	for (size_t at = call->at + 1; route && !session->rehearse && at < route->count; at++) {
		const struct model_settings *model = route_model(session, at);

		if (model && providers_ask(session->daemon, model, NULL) != BREAKER_OPEN)
			return model;
	}
	return NULL;
}

bool failed_has_next(const struct completion *call)
{
	return next_model(call) != NULL;
}

static void tell_unusable(const struct session *session, const char *name, struct buffer *why)
{
	const struct settings *settings = session->daemon->workspace->settings;
	const struct model_settings *model = settings_model(settings, name);

	buffer_printf(why, "%s%s ", why->length ? "; " : "", name);
	if (!model)
		buffer_append_text(why, "is no model of agentd.yaml");
	else if (!settings_provider(settings, model->provider))
		buffer_printf(why, "has no provider \"%s\"", model->provider);
	else
		buffer_append_text(why, "has no price: give usd_per_mtok or `free: true`");
}

int64_t route_rests(const struct session *session, struct buffer *why, bool *ret_probed)
{
	const struct route *route = session_route(session);
	int64_t first = 0;

	for (size_t at = 0; route && at < route->count; at++) {
		const struct model_settings *model = route_model(session, at);
		char text[INSTANT_SIZE];
		int64_t until = 0, now = clock_wall_ms();
		bool probed;

		if (!model) {
			tell_unusable(session, route->models[at], why);
			continue;
		}
		providers_ask(session->daemon, model, &until);
		probed = until <= now;
		if (probed)
			until = now + PROBE_LOOK_MS;
		buffer_printf(why, "%s%s rests after failures, %s %s", why->length ? "; " : "",
			      model->name, probed ? "and is tried since" : "until",
			      instant_print(until / 1000, text));
		if (!first || until < first) {
			first = until;
			*ret_probed = probed;
		}
	}
	if (!why->length)
		buffer_append_text(why, "there is no route to a model in agentd.yaml");
	return first;
}

/* ---- mending the request ---- */

/* About as many bytes as the window takes, always less than what did not fit. */
static int64_t smaller(const struct completion *call, const struct model_failure *failure)
{
	int64_t bytes = model_request_bytes(call->sent), most = bytes / 4 * 3;
	int64_t context = failure->context ? failure->context : call->session->model.context;
	int64_t fits = (context - context / 4) * 3;

	return fits < most ? fits : most;
}

/* Would a shorter answer do? */
static bool answer_can_shrink(const struct completion *call, const struct model_failure *failure)
{
	int64_t least = call->session->daemon->workspace->settings->least_max_tokens;
	int64_t most = call->session->most_tokens;

	return failure->max_tokens >= least && (!most || failure->max_tokens < most);
}

static bool overflow_can_mend(struct completion *call, const struct model_failure *failure)
{
	bool lower = answer_can_shrink(call, failure);

	json_decref(call->mended);
	call->mended = NULL;
	if (!lower)
		call->mended = model_request_shrink(call->request, smaller(call, failure));
	return lower || call->mended;
}

static bool can_mend(struct completion *call, const struct model_failure *failure)
{
	const struct session *session = call->session;
	unsigned in_force = providers_learned(session->daemon, &session->model).quirks |
			    session->quirks;

	switch (failure->class) {
	case FAILURE_OVERFLOW: return overflow_can_mend(call, failure);
	case FAILURE_PARAMETER:
	case FAILURE_HISTORY: return failure->quirk & ~in_force;
	default: return false;
	}
}

void mend_apply(struct completion *call, const struct model_failure *failure)
{
	struct session *session = call->session;

	call->place.mends++;
	call->place.attempts--; /* begin counts it again: a mend is no attempt */
	call->place.attempts_here--;
	if (failure->class == FAILURE_PARAMETER)
		providers_learn_quirk(session->daemon, &session->model, failure->quirk);
	else if (failure->class == FAILURE_HISTORY)
		session->quirks |= failure->quirk;
	else if (call->mended)
		session->request_most = model_request_bytes(call->mended);
	else
		session->most_tokens = failure->max_tokens;
}

/* ---- what follows ---- */

static void print_decision(char *out, size_t size, const struct ladder_decision *decision,
			   const struct model_settings *next)
{
	switch (decision->step) {
	case LADDER_AGAIN:
		snprintf(out, size, "again after %" PRId64 " ms: %s", decision->wait_ms,
			 decision->reason);
		break;
	case LADDER_NEXT:
		snprintf(out, size, "next: %s: %s", next ? next->name : "?", decision->reason);
		break;
	case LADDER_MEND: snprintf(out, size, "mended: %s", decision->reason); break;
	case LADDER_STOP: snprintf(out, size, "stop: %s", decision->reason);
	}
}

static void tell(const struct completion *call, const struct model_failure *failure,
		 const char *decision)
{
	struct session *session = call->session;

	log_event(session->daemon->log, LEVEL_WARNING, "model_failed", session->agent, session->id,
		  "%s: %s: %s; %s", session->model.name, failure_name(failure->class),
		  failure->message, decision);
	session_emit(session, "model_failed",
		     json_pack("{s:s,s:I,s:s,s:s,s:i,s:s,s:s}", "session", session->id, "turn",
			       (json_int_t)session->turns, "model", session->model.name, "failure",
			       failure_name(failure->class), "status", failure->status, "message",
			       failure->message, "decision", decision));
}

/* Where the provider's breaker opened, that has been told already. */
static void alert(const struct session *session, const struct model_failure *failure,
		  const struct ladder_decision *decision)
{
	_free_ char *key = NULL, *post = NULL;

	if (!decision->alert || session->rehearse ||
	    providers_ask(session->daemon, &session->model, NULL) == BREAKER_OPEN)
		return;
	key = xasprintf("provider %s %s %s", session->model.provider, session->model.name,
			failure_name(failure->class));
	post = failure->status ? xasprintf("model %s: %s (HTTP status %d)", session->model.name,
					   decision->reason, failure->status)
			       : xasprintf("model %s: %s", session->model.name, decision->reason);
	alert_raise(session->daemon, key, NULL, post, "%s (model %s): %s", decision->reason,
		    session->model.name, failure->message);
}

void provider_is_well(const struct session *session)
{
	_free_ char *key = xasprintf("provider %s %s", session->model.provider,
				     session->model.name);

	alert_over(session->daemon, key, "model %s answers again", session->model.name);
}

/* A failure may have opened the breaker of the model that was to be asked again. */
static void heed_breaker(const struct completion *call, const struct model_settings *next,
			 uint32_t chance, struct ladder_decision *decision)
{
	const struct settings *settings = call->session->daemon->workspace->settings;
	int64_t until = 0, wait;

	if (decision->step != LADDER_AGAIN || !model_is_accounted(call->session) ||
	    providers_ask(call->session->daemon, &call->session->model, &until) != BREAKER_OPEN)
		return;
	if (next) {
		decision->step = LADDER_NEXT;
		return;
	}
	wait = until - clock_wall_ms();
	if (wait > settings->retry_longest_ms)
		decision->step = LADDER_STOP;
	else if (wait > decision->wait_ms)
		decision->wait_ms = wait + chance % 1000; /* not all in the same moment */
}

struct ladder_decision failed_decide(struct completion *call, const struct model_failure *failure)
{
	const struct settings *settings = call->session->daemon->workspace->settings;
	struct ladder_policy policy = {
		.retries = settings->retries_per_call,
		.shortest_ms = settings->retry_shortest_ms,
		.longest_ms = settings->retry_longest_ms,
	};
	const struct model_settings *next = next_model(call);
	struct ladder_decision decision;
	uint32_t chance;

	random_bytes(&chance, sizeof(chance));
	call->place.has_next = next != NULL;
	call->place.can_mend = can_mend(call, failure);
	decision = ladder_decide(&policy, &call->place, failure, chance);
	heed_breaker(call, next, chance, &decision);
	print_decision(call->decision, sizeof(call->decision), &decision, next);
	call->row.decision = call->decision;
	tell(call, failure, call->decision);
	alert(call->session, failure, &decision);
	return decision;
}

bool failed_compresses(struct completion *call, const struct model_failure *failure)
{
	const struct session *session = call->session;

	if (failure->class != FAILURE_OVERFLOW || !session->may_compress || session->attempt ||
	    answer_can_shrink(call, failure))
		return false;
	snprintf(call->decision, sizeof(call->decision),
		 "mended: the session sums up its older turns");
	call->row.decision = call->decision;
	tell(call, failure, call->decision);
	return true;
}

/* ---- over a cap ---- */

static void print_amount(char out[BUDGET_MONEY_SIZE], enum budget_layer layer, int64_t amount)
{
	if (budget_counts_tokens(layer))
		snprintf(out, BUDGET_MONEY_SIZE, "%" PRId64 " tokens", amount);
	else
		budget_print_money(amount, out);
}

char *over_reason(const struct session *session, const struct budget_verdict *verdict)
{
	char limit[BUDGET_MONEY_SIZE], settled[BUDGET_MONEY_SIZE], wanted[BUDGET_MONEY_SIZE];
	char until[INSTANT_SIZE];
	bool is_shared = parked_is_shared(verdict->layer);
	_free_ char *end = NULL;

	print_amount(limit, verdict->layer, verdict->limit);
	print_amount(settled, verdict->layer, verdict->settled);
	print_amount(wanted, verdict->layer, verdict->wanted);
	end = verdict->resets_at ? xasprintf("goes on at %s or when the limit is raised",
					     instant_print(verdict->resets_at, until))
				 : xstrdup("goes on when the limit is raised");
	return xasprintf("over %s%s%s: %s spent of %s that %s may use, the next call may need "
			 "%s; %s",
			 budget_limit_key(verdict->layer), is_shared ? "" : " of ",
			 is_shared ? "" : session->agent, settled, limit,
			 session->by_person ? "a person's work" : "this work", wanted, end);
}

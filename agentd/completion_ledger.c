#include "completion_order.h"
#include "completion_parts.h"
#include "cost.h"
#include "journal.h"
#include "ledger.h"
#include "providers.h"

#include "base/clock.h"

void attempt_row(struct completion *call)
{
	const struct session *session = call->session;
	const struct route *route = session_route(session);

	snprintf(call->route, sizeof(call->route), "%s", route ? route->name : "");

	call->row = (struct call_row){
		.session = session->id,
		.agent = session->agent,
		.cause = call->cause,
		.task = "",
		.work = budget_work_name(session_work(session)),
		.route = call->route,
		.provider = session->model.provider,
		.model = session->model.name,
		.seq = session->model_seq,
		.attempt = ++call->attempt,
		.place = (int64_t)call->at,
		.hour = call->hold.hour,
		.day = call->hold.day,
		.reserved_at = clock_wall_ms(),
		.state = CALL_RESERVED,
		.reserved_micro_usd = call->hold.micro_usd,
		.reserved_tokens = call->hold.tokens,
		.micro_usd = call->hold.micro_usd,
		.tokens = call->hold.tokens,
		.request_bytes = model_request_bytes(call->sent),
		.max_tokens = call->hold.max_tokens,
		.failure = "",
		.message = "",
		.decision = "",
		.request_id = "",
	};
}

static void settle(struct completion *call, enum call_state state, int64_t micro_usd,
		   int64_t tokens)
{
	struct call_row *row = &call->row;

	row->settled_at = clock_wall_ms();
	row->state = state;
	row->micro_usd = micro_usd;
	row->tokens = tokens;
	if (call->holding)
		ledger_settle(call->session->daemon, &call->hold, micro_usd, tokens);
	call->holding = false;
	call->session->cost_micro_usd += micro_usd;
}

/* It was not made, or it was refused: nothing is to be paid. Or what it cost is not known: then
 * what was held for it is. */
void attempt_settle_failed(struct completion *call, bool charged)
{
	if (!call->holding)
		return;
	if (charged)
		settle(call, CALL_KEPT, call->hold.micro_usd, call->hold.tokens);
	else
		settle(call, CALL_RELEASED, 0, 0);
}

void attempt_keep_row(struct completion *call)
{
	struct journal_move move = { .settled = &call->row };

	if (call->is_recorded)
		journal_move(call->session->daemon, &move, NULL, NULL);
	call->is_recorded = false;
}

static void note_excess(struct completion *call, int64_t cost)
{
	_free_ char *why = NULL;
	char real[32], held[32];

	if (cost - call->hold.micro_usd <= call->hold.micro_usd / 10)
		return;
	why = xasprintf("a call cost $%s where at most $%s was foreseen", cost_print(cost, real),
			cost_print(call->hold.micro_usd, held));
	providers_trip(call->session->daemon, &call->session->model, why);
}

/* A server that counts no output where there is some has not counted. */
static bool is_known(const struct model_reply *reply)
{
	return reply->usage.known &&
	       (reply->usage.output_tokens || (!*reply->text && !reply->call_count));
}

static int64_t all_input(const struct model_usage *usage)
{
	return usage->input_tokens + usage->cache_read_tokens + usage->cache_write_tokens;
}

void attempt_settle_reply(struct completion *call, const struct model_reply *reply)
{
	struct session *session = call->session;
	const struct model_usage *usage = &reply->usage;
	int64_t cost = usage->known ? budget_cost(&session->model, usage->input_tokens,
						  usage->cache_read_tokens,
						  usage->cache_write_tokens, usage->output_tokens)
				    : 0;
	struct call_row *row = &call->row;

	if (usage->known) {
		row->input_tokens = usage->input_tokens;
		row->output_tokens = usage->output_tokens;
		row->cache_read_tokens = usage->cache_read_tokens;
		row->cache_write_tokens = usage->cache_write_tokens;
		row->reasoning_tokens = usage->reasoning_tokens;
		session->input_tokens += all_input(usage);
		session->output_tokens += usage->output_tokens;
		if (all_input(usage) > 0)
			session->bytes_per_token = row->request_bytes * 1000 / all_input(usage);
	}
	if (!call->holding)
		return;
	providers_succeeded(session->daemon, &session->model);
	if (!is_known(reply)) {
		settle(call, CALL_KEPT, call->hold.micro_usd, call->hold.tokens);
		return;
	}
	providers_learn_tokens(session->daemon, &session->model, row->request_bytes,
			       all_input(usage));
	settle(call, CALL_SETTLED, cost, all_input(usage) + usage->output_tokens);
	note_excess(call, cost);
}

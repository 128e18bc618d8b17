#include "state.h"

#include "base/buffer.h"

#define LINE_MAX 512
#define PER_USD 1000000
#define PER_CENT 10000

/* "$0.42", and as many digits more as it takes to be exact. */
static void put_money(struct buffer *line, int64_t micro_usd)
{
	int64_t rest = micro_usd % PER_USD;
	int digits = 6;

	if (micro_usd % PER_CENT == 0) {
		buffer_printf(line, "$%lld.%02lld", (long long)(micro_usd / PER_USD),
			      (long long)(rest / PER_CENT));
		return;
	}
	for (; rest % 10 == 0; digits--)
		rest /= 10;
	buffer_printf(line, "$%lld.%0*lld", (long long)(micro_usd / PER_USD), digits,
		      (long long)rest);
}

/* "$0.42 of $2.00", or without a limit "$0.42" */
static void put_layer(struct buffer *line, const struct budget *budget, enum budget_layer layer,
		      const char *agent, const struct limits *limits)
{
	struct budget_row row;

	budget_look(budget, layer, agent, limits, &row);
	put_money(line, row.settled);
	if (row.limit == INT64_MAX)
		return;
	buffer_append_text(line, " of ");
	put_money(line, row.limit);
}

char *budget_line(const struct budget *budget, const char *agent, const struct limits *limits)
{
	struct buffer line = BUFFER(LINE_MAX);

	buffer_append_text(&line, "Budget: ");
	put_layer(&line, budget, LAYER_AGENT_DAY, agent, limits);
	buffer_append_text(&line, " spent today, ");
	put_layer(&line, budget, LAYER_AGENT_HOUR, agent, limits);
	buffer_append_text(&line, " this hour");
	if (limits->per_session_micro_usd != INT64_MAX) {
		buffer_append_text(&line, "; ");
		put_money(&line, limits->per_session_micro_usd);
		buffer_append_text(&line, " for this session");
	}
	buffer_append_text(&line, ".");
	return buffer_steal(&line);
}

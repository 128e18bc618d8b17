#include "state.h"

#include "base/buffer.h"

#include <inttypes.h>
#include <stdio.h>

#define LINE_MAX 512
#define PER_USD 1000000

char *budget_print_money(int64_t micro_usd, char out[BUDGET_MONEY_SIZE])
{
	int used = snprintf(out, BUDGET_MONEY_SIZE, "$%" PRId64 ".%06" PRId64, micro_usd / PER_USD,
			    micro_usd % PER_USD);

	for (int digits = 6; digits > 2 && out[used - 1] == '0'; digits--)
		out[--used] = '\0';
	return out;
}

static void put_money(struct buffer *line, int64_t micro_usd)
{
	char text[BUDGET_MONEY_SIZE];

	buffer_append_text(line, budget_print_money(micro_usd, text));
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

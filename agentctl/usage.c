#include "usage.h"

#include "columns.h"
#include "figures.h"

#include "export/export.h"

#include <inttypes.h>
#include <stdio.h>

#define ROWS_AT_ONCE 5000 /* columns are as wide as the widest of so many */

struct printing {
	const struct zone *zone;
	struct columns columns;
	size_t count;
	bool json;
};

const char *usage_result(const struct call_row *row)
{
	if (row->state == CALL_RESERVED)
		return "under way";
	return *row->failure ? row->failure : "reply";
}

static void print_object(struct printing *printing, const struct call_row *row)
{
	json_t *json = export_call(row);

	fputs(printing->count ? ",\n" : "[\n", stdout);
	json_dumpf(json, stdout, JSON_COMPACT);
	json_decref(json);
}

static void add_line(struct printing *printing, const struct call_row *row)
{
	char at[PLACE_TIME_SIZE], in[FIGURE_SIZE], out[FIGURE_SIZE], cost[FIGURE_SIZE],
		took[FIGURE_SIZE];
	int64_t input = row->input_tokens + row->cache_read_tokens + row->cache_write_tokens;
	_free_ char *time = xasprintf("%s:%02d",
				      place_time(printing->zone, row->reserved_at / 1000, at),
				      (int)(row->reserved_at / 1000 % 60));
	_free_ char *tokens = xasprintf("%s + %s", figure_count(input, in),
					figure_count(row->output_tokens, out));
	_free_ char *cached = row->cache_read_tokens || row->cache_write_tokens
				      ? xasprintf("%" PRId64 "/%" PRId64, row->cache_read_tokens,
						  row->cache_write_tokens)
				      : NULL;
	_free_ char *result = row->status && *row->failure
				      ? xasprintf("%s (%d)", usage_result(row), (int)row->status)
				      : xstrdup(usage_result(row));

	columns_row(&printing->columns,
		    (const char *[]){
			    time, row->agent, row->session, row->cause, row->model, tokens, cached,
			    row->state == CALL_RESERVED ? "" : figure_money(row->micro_usd, cost),
			    row->total_ms ? figure_duration(row->total_ms, took) : "", result,
			    row->decision, row->request_id });
}

static int print_call(void *context, const struct call_row *row)
{
	struct printing *printing = context;

	if (printing->json)
		print_object(printing, row);
	else
		add_line(printing, row);
	if (!printing->json && printing->count % ROWS_AT_ONCE == ROWS_AT_ONCE - 1)
		columns_print(&printing->columns);
	printing->count++;
	return 0;
}

int usage_print(const struct workspace *workspace, struct store *store, const char *agent,
		int64_t since, bool json, struct error *error)
{
	struct printing printing = { workspace->zone, { .width = 12 }, 0, json };
	int result = 0;

	if (!json)
		columns_row(&printing.columns,
			    (const char *[]){ "TIME", "AGENT", "SESSION", "CAUSE", "MODEL",
					      "TOKENS IN + OUT", "CACHED R/W", "COST", "TOOK",
					      "RESULT", "DECISION", "REQUEST" });
	if (store)
		result = store_calls(store, NULL, agent, since * 1000, print_call, &printing,
				     error);
	if (json)
		puts(printing.count ? "\n]" : "[]");
	else
		columns_print(&printing.columns);
	return result;
}

#include "columns.h"
#include "figures.h"
#include "place.h"
#include "tally.h"
#include "usage.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>

#define SINCE_DEFAULT_S 86400

struct stats {
	struct tally total;
	struct tallies models, routes, agents;
};

static void stats_clear(struct stats *stats)
{
	tally_clear(&stats->total);
	tallies_clear(&stats->models);
	tallies_clear(&stats->routes);
	tallies_clear(&stats->agents);
}
CLEANUP_DEFINE_VALUE(struct stats, stats_clear)

static int add_call(void *context, const struct call_row *row)
{
	struct stats *stats = context;

	tally_add(&stats->total, row);
	tallies_add(&stats->models, row->model, row);
	tallies_add(&stats->routes, row->route, row);
	tallies_add(&stats->agents, row->agent, row);
	return 0;
}

static json_t *tallies_json(const struct tallies *tallies)
{
	json_t *list = json_array();

	for (size_t i = 0; i < tallies->count; i++) {
		json_t *one = json_pack("{s:s}", "name", tallies->items[i].name);
		json_t *rest = tally_json(&tallies->items[i]);

		json_object_update(one, rest);
		json_decref(rest);
		json_array_append_new(list, one);
	}
	return list;
}

static int print_document(const struct stats *stats, int64_t since, int64_t until)
{
	char from[INSTANT_SIZE], to[INSTANT_SIZE];

	return print_json(
		json_pack("{s:s,s:s,s:o,s:o,s:o,s:o}", "since", instant_print(since, from), "until",
			  instant_print(until, to), "total", tally_json(&stats->total), "models",
			  tallies_json(&stats->models), "routes", tallies_json(&stats->routes),
			  "agents", tallies_json(&stats->agents)));
}

/* "0.41/1.20/3.05 s": the middle one, and what one in 20 and one in 100 are slower than. */
static void print_times(const struct series *series, char out[FIGURE_SIZE])
{
	double p50 = (double)series_percentile(series, 50) / 1000;
	double p95 = (double)series_percentile(series, 95) / 1000;
	double p99 = (double)series_percentile(series, 99) / 1000;

	if (series->count)
		snprintf(out, FIGURE_SIZE, "%.2f/%.2f/%.2f s", p50, p95, p99);
	else
		out[0] = '\0';
}

static char *errors_text(const struct tally *tally)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);

	for (size_t i = 0; i < tally->error_count; i++)
		buffer_printf(&text, "%s%" PRId64 " %s", i ? ", " : "", tally->errors[i].count,
			      tally->errors[i].class);
	return buffer_steal(&text);
}

static void tally_row(struct columns *columns, const char *name, const struct tally *tally)
{
	int64_t input = tally_input(tally);
	char calls[FIGURE_SIZE], fallbacks[FIGURE_SIZE] = "", cost[FIGURE_SIZE];
	char in[FIGURE_SIZE], out[FIGURE_SIZE], cached[FIGURE_SIZE] = "";
	char first_byte[FIGURE_SIZE], total[FIGURE_SIZE];
	_free_ char *errors = errors_text(tally), *tokens = NULL;

	if (tally->fallbacks)
		figure_count(tally->fallbacks, fallbacks);
	if (tally->cache_read_tokens)
		figure_share(tally->cache_read_tokens, input, cached);
	print_times(&tally->first_byte, first_byte);
	print_times(&tally->total, total);
	tokens = xasprintf("%s + %s", figure_count(input, in),
			   figure_count(tally->output_tokens, out));
	columns_row(columns, (const char *[]){ name, figure_count(tally->calls, calls), fallbacks,
					       tokens, cached, figure_money(tally->micro_usd, cost),
					       first_byte, total, errors });
}

static void print_table(const char *what, const struct tallies *tallies)
{
	struct columns columns = { .width = 9 };

	putchar('\n');
	columns_row(&columns, (const char *[]){ what, "CALLS", "FALLBACKS", "TOKENS IN + OUT",
						"CACHED", "COST", "FIRST BYTE 50/95/99%",
						"WHOLE 50/95/99%", "ERRORS" });
	for (size_t i = 0; i < tallies->count; i++)
		tally_row(&columns, tallies->items[i].name, &tallies->items[i]);
	columns_print(&columns);
}

static void print_total(const struct stats *stats, int64_t since, const struct zone *zone)
{
	const struct tally *total = &stats->total;
	char from[PLACE_TIME_SIZE], calls[FIGURE_SIZE], replies[FIGURE_SIZE], cost[FIGURE_SIZE];
	char kept[FIGURE_SIZE], reasoning[FIGURE_SIZE], reserved[FIGURE_SIZE];

	printf("Since %s: %s call%s, %s of them brought a reply; %s.\n",
	       place_time(zone, since, from), figure_count(total->calls, calls),
	       total->calls == 1 ? "" : "s", figure_count(total->replies, replies),
	       figure_money(total->micro_usd, cost));
	if (total->reasoning_tokens)
		printf("%s of the tokens put out were reasoning.\n",
		       figure_count(total->reasoning_tokens, reasoning));
	if (total->kept_micro_usd)
		printf("%s of that is the worst case of calls whose usage is not known.\n",
		       figure_money(total->kept_micro_usd, kept));
	if (total->open)
		printf("%" PRId64 " under way, %s reserved.\n", total->open,
		       figure_money(total->reserved_micro_usd, reserved));
	if (!total->calls)
		return;
	print_table("MODEL", &stats->models);
	print_table("ROUTE", &stats->routes);
	print_table("AGENT", &stats->agents);
}

static int found(void *context, const struct call_row *row)
{
	(void)context;
	(void)row;
	return 1;
}

/* An agent that is gone may still have calls; a name that has neither is a mistake. */
static int check_name(const struct workspace *workspace, struct store *store, const char *name,
		      struct error *error)
{
	_free_ char *path = xasprintf("agents/%s", name);
	struct stat st;

	if ((agent_name_valid(span_of(name)) && !file_stat(workspace->dir, path, &st, NULL)) ||
	    (store && store_calls(store, NULL, name, 0, found, NULL, NULL) > 0))
		return 0;
	return error_set(error, ERROR_NOT_FOUND, "there is no agent \"%s\" here", name);
}

static int show(const struct invocation *invocation, const struct workspace *workspace,
		struct store *store, int64_t since, struct error *error)
{
	CLEANUP(stats_clear) struct stats stats = { 0 };
	const char *only = invocation->count ? invocation->operands[0] : NULL;
	int64_t now = clock_wall_s();
	int result = only ? check_name(workspace, store, only, error) : 0;

	if (!result && invocation_option(invocation, "calls"))
		return usage_print(workspace, store, only, since, invocation->json, error);
	if (!result && store)
		result = store_calls(store, NULL, only, since * 1000, add_call, &stats, error);
	if (result)
		return result;
	tally_close(&stats.total);
	tallies_close(&stats.models);
	tallies_close(&stats.routes);
	tallies_close(&stats.agents);
	if (invocation->json)
		print_document(&stats, since, now);
	else
		print_total(&stats, since, workspace->zone);
	return 0;
}

static int run(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	CLEANUP(store_close) struct store *store = NULL;
	const char *text = invocation_option(invocation, "since");
	int64_t now = clock_wall_s(), since = now - SINCE_DEFAULT_S;
	struct error error;
	int result = place_open(invocation, &workspace, NULL, &error);

	if (!result && text)
		result = figure_since(span_of(text), workspace->zone, now, &since, &error);
	if (!result)
		result = place_store(workspace, &store, &error);
	if (!result)
		result = show(invocation, workspace, store, since, &error);
	return result ? fail(&error) : STATUS_DONE;
}

const struct command command_stats = {
	.name = "stats",
	.operands = "[NAME]",
	.text = "show calls, errors, fallbacks, tokens, cost and latency per model, route and agent",
	.more = "Each attempt at a model call is one. Input tokens include the cached ones; latencies are\n"
		"of calls that brought a reply; errors are classes of failure. Works without a daemon.",
	.most = 1,
	.reads = true,
	.completes_agents = true,
	.options = {
		{ "since", 's', "TIME", "a time, or a duration back from now like 7d (24h)" },
		{ "calls", 'c', NULL, "one line a call instead" },
	},
	.run = run,
};

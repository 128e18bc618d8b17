#include "why.h"

#include "figures.h"
#include "terminal.h"

#include "export/export.h"

#include <stdio.h>

#define WINDOWS_MAX 64 /* hours and days that one session worked in */
#define SHOWN_MAX 100  /* bytes of arguments and results in a line */
#define WORDS_MAX 400  /* bytes of a server's words in a line */

struct window {
	int64_t begins, micro_usd;
};

struct reading {
	json_t *calls; /* by step: "3" → [row, …] */
	json_t *steps;
	int64_t seq, settled_at; /* of the row before */
	int64_t micro_usd, tokens;
	struct window hours[WINDOWS_MAX], days[WINDOWS_MAX];
	size_t hour_count, day_count;
};

/* ---- attempts ---- */

static void window_add(struct window *windows, size_t *count, int64_t begins, int64_t micro_usd)
{
	size_t i = 0;

	while (i < *count && windows[i].begins != begins)
		i++;
	if (i == WINDOWS_MAX)
		return;
	if (i == *count)
		windows[(*count)++] = (struct window){ .begins = begins };
	windows[i].micro_usd += micro_usd;
}

static int add_call(void *context, const struct call_row *row)
{
	struct reading *reading = context;
	bool is_further = row->seq == reading->seq && reading->settled_at;
	int64_t waited = is_further ? row->reserved_at - reading->settled_at : 0;
	json_t *call = export_call(row), *list;
	char step[32];

	json_object_set_new(call, "waited_ms", json_integer(waited > 0 ? waited : 0));
	snprintf(step, sizeof(step), "%lld", (long long)row->seq);
	list = json_object_get(reading->calls, step);
	if (!list) {
		list = json_array();
		json_object_set_new(reading->calls, step, list);
	}
	json_array_append_new(list, call);
	reading->seq = row->seq;
	reading->settled_at = row->settled_at;
	reading->micro_usd += row->micro_usd;
	reading->tokens += row->tokens;
	window_add(reading->hours, &reading->hour_count, row->hour, row->micro_usd);
	window_add(reading->days, &reading->day_count, row->day, row->micro_usd);
	return 0;
}

/* ---- steps ---- */

static json_t *parsed(const char *text)
{
	json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	return json ? json : json_null();
}

/* A turn, or a summary of older ones. */
static bool is_model_step(const char *kind)
{
	return !strcmp(kind, "model") || !strcmp(kind, "compaction");
}

static int add_step(void *context, const struct step *step)
{
	struct reading *reading = context;
	json_t *intent = parsed(step->intent), *result = parsed(step->result), *json;
	char number[32];

	json = json_pack("{s:I,s:s,s:o,s:b}", "step", (json_int_t)step->seq, "kind", step->kind,
			 "at", why_instant(step->intent_at / 1000), "finished",
			 (int)(step->result != NULL));
	if (is_model_step(step->kind)) {
		snprintf(number, sizeof(number), "%lld", (long long)step->seq);
		json_object_set(json, "calls", json_object_get(reading->calls, number));
		json_object_del(reading->calls, number);
		json_object_set(json, "model", json_object_get(intent, "model"));
	} else {
		json_object_set_new(json, "effect", json_string(step->effect));
		json_object_set(json, "arguments", intent);
		json_object_set_new(json, "refused",
				    json_boolean(json_is_true(json_object_get(result, "error"))));
		json_object_set(json, "result", json_object_get(result, "content"));
	}
	json_array_append_new(reading->steps, json);
	json_decref(intent);
	json_decref(result);
	return 0;
}

/* Calls whose steps are kept no longer. */
static void add_rest(struct reading *reading)
{
	const char *step;
	json_t *calls;

	json_object_foreach(reading->calls, step, calls)
		json_array_append_new(reading->steps,
				      json_pack("{s:I,s:s,s:O,s:O}", "step",
						(json_int_t)strtoll(step, NULL, 10), "kind",
						"model", "at",
						json_object_get(json_array_get(calls, 0), "time"),
						"calls", calls));
}

/* ---- what it cost in every layer ---- */

static void add_cost(json_t *costs, const char *scope, const char *window, int64_t begins,
		     bool in_tokens, int64_t amount, int64_t limit)
{
	json_array_append_new(
		costs, json_pack("{s:s,s:s,s:o,s:I,s:o}", "scope", scope, "window", window,
				 "begins", why_instant(begins), in_tokens ? "tokens" : "micro_usd",
				 (json_int_t)amount, in_tokens ? "limit_tokens" : "limit_micro_usd",
				 limit == INT64_MAX ? json_null() : json_integer(limit)));
}

static json_t *costs_json(const struct reading *reading, const struct limits *limits,
			  const struct limits *system)
{
	json_t *costs = json_array();

	if (!reading->hour_count)
		return costs;
	add_cost(costs, "task", "task", 0, true, reading->tokens, limits->per_task_tokens);
	add_cost(costs, "session", "session", 0, false, reading->micro_usd,
		 limits->per_session_micro_usd);
	for (size_t i = 0; i < reading->hour_count; i++) {
		const struct window *hour = &reading->hours[i];

		add_cost(costs, "agent", "hour", hour->begins, false, hour->micro_usd,
			 limits->per_agent_hourly_micro_usd);
		add_cost(costs, "system", "hour", hour->begins, false, hour->micro_usd,
			 system->system_hourly_micro_usd);
	}
	for (size_t i = 0; i < reading->day_count; i++) {
		const struct window *day = &reading->days[i];

		add_cost(costs, "agent", "day", day->begins, false, day->micro_usd,
			 limits->per_agent_daily_micro_usd);
		add_cost(costs, "system", "day", day->begins, false, day->micro_usd,
			 system->system_daily_micro_usd);
	}
	return costs;
}

int why_steps(const struct workspace *workspace, struct store *store, const char *session,
	      const char *agent, json_t *why, struct error *error)
{
	struct reading reading = { .calls = json_object(), .steps = json_array() };
	const struct limits *system = &workspace->settings->limits;
	CLEANUP(agent_free) struct agent *known = NULL;
	int result = store_calls(store, session, NULL, 0, add_call, &reading, error);

	if (!result)
		result = store_steps(store, session, add_step, &reading, error);
	add_rest(&reading);
	if (workspace_load(workspace, agent, NULL, &known, NULL, NULL, NULL))
		known = NULL;   /* it is gone: the workspace's limits stand in */
	if (reading.hour_count) /* the row of a session that a crash closed knows nothing of its
				   calls */
		json_object_set_new(why, "cost_micro_usd", json_integer(reading.micro_usd));
	json_object_set_new(why, "steps", reading.steps);
	json_object_set_new(why, "costs",
			    costs_json(&reading, known ? &known->limits : system, system));
	json_decref(reading.calls);
	return result;
}

/* ---- printing ---- */

/* The wall clock's time of day of a key. */
static const char *clock_of(const json_t *object, const char *key, const struct zone *zone,
			    char out[PLACE_TIME_SIZE])
{
	why_time(object, key, zone, out);
	return strlen(out) > 15 ? out + 15 : ""; /* behind "Sat 2026-11-21 " */
}

static void print_reply(const json_t *call)
{
	char in[FIGURE_SIZE], out[FIGURE_SIZE], cost[FIGURE_SIZE], took[FIGURE_SIZE];
	bool is_unknown = !strcmp(json_text(call, "state"), "kept");

	printf("reply in %s: %s + %s tokens, %s%s",
	       figure_duration(why_number(call, "total_ms"), took),
	       figure_count(why_number(call, "input_tokens"), in),
	       figure_count(why_number(call, "output_tokens"), out),
	       figure_money(why_number(call, "cost_micro_usd"), cost),
	       is_unknown ? " (reserved, its usage is not known)" : "");
}

static void print_failure(const json_t *call)
{
	int64_t status = why_number(call, "status"), took = why_number(call, "total_ms");
	int64_t cost = why_number(call, "cost_micro_usd");
	char text[FIGURE_SIZE];

	fputs(json_text(call, "failure"), stdout);
	if (status && strncmp(json_text(call, "message"), "HTTP ", 5) != 0)
		printf(" (HTTP %d)", (int)status);
	if (took)
		printf(" after %s", figure_duration(took, text));
	if (*json_text(call, "message") &&
	    strcmp(json_text(call, "message"), json_text(call, "failure")) != 0) {
		fputs(": ", stdout);
		terminal_print_cut(json_text(call, "message"), WORDS_MAX);
	}
	if (cost)
		printf("; %s %s", figure_money(cost, text),
		       !strcmp(json_text(call, "state"), "kept") ? "kept, as its cost is not known"
								 : "spent");
	if (*json_text(call, "decision"))
		printf(" → %s", json_text(call, "decision"));
}

static void print_call(const json_t *call, const struct zone *zone)
{
	char at[PLACE_TIME_SIZE], waited[FIGURE_SIZE];
	int64_t ms = why_number(call, "waited_ms");

	if (ms >= 1000)
		printf("            waited %s\n", figure_duration(ms, waited));
	printf("  %s  %s at %s%s: ", clock_of(call, "time", zone, at), json_text(call, "model"),
	       json_text(call, "provider"), why_number(call, "place") ? ", a fallback" : "");
	if (!strcmp(json_text(call, "state"), "reserved"))
		fputs("under way", stdout);
	else if (*json_text(call, "failure"))
		print_failure(call);
	else
		print_reply(call);
	putchar('\n');
}

static void print_model_step(const json_t *step, const struct zone *zone)
{
	json_t *calls = json_object_get(step, "calls"), *call;
	char at[PLACE_TIME_SIZE];
	size_t index;

	if (!strcmp(json_text(step, "kind"), "compaction"))
		printf("  %s  older turns become a summary\n", clock_of(step, "at", zone, at));
	if (!json_array_size(calls)) /* of a version without a ledger, or never made */
		printf("  %s  %s: %s\n", clock_of(step, "at", zone, at), json_text(step, "model"),
		       json_is_true(json_object_get(step, "finished")) ? "reply" : "no reply");
	json_array_foreach(calls, index, call)
		print_call(call, zone);
}

static void print_tool_step(const json_t *step, const struct zone *zone)
{
	_free_ char *arguments = json_dumps(json_object_get(step, "arguments"),
					    JSON_COMPACT | JSON_ENCODE_ANY);
	bool is_finished = json_is_true(json_object_get(step, "finished"));
	bool is_refused = json_is_true(json_object_get(step, "refused"));
	char at[PLACE_TIME_SIZE];

	printf("  %s  %s ", clock_of(step, "at", zone, at), json_text(step, "kind"));
	terminal_print_cut(arguments ? arguments : "", SHOWN_MAX);
	if (!is_finished) {
		puts(": no result");
		return;
	}
	fputs(is_refused ? ": refused: " : ": done: ", stdout);
	terminal_print_cut(json_text(step, "result"), SHOWN_MAX);
	putchar('\n');
}

static void print_costs(const json_t *costs, const struct zone *zone)
{
	char amount[FIGURE_SIZE], limit[FIGURE_SIZE], at[PLACE_TIME_SIZE];
	size_t index;
	json_t *cost;

	json_array_foreach((json_t *)(uintptr_t)costs, index, cost) {
		bool in_tokens = json_object_get(cost, "tokens") != NULL;
		json_t *most = json_object_get(cost,
					       in_tokens ? "limit_tokens" : "limit_micro_usd");
		int64_t spent = why_number(cost, in_tokens ? "tokens" : "micro_usd");

		printf("  %s", json_text(cost, "scope"));
		if (*why_time(cost, "begins", zone, at))
			printf(", %s of %.20s", json_text(cost, "window"), at);
		printf(": %s",
		       in_tokens ? figure_count(spent, amount) : figure_money(spent, amount));
		if (json_is_integer(most))
			printf("%s%s", *at ? ", limit " : " of ",
			       in_tokens ? figure_count(json_integer_value(most), limit)
					 : figure_money(json_integer_value(most), limit));
		puts(in_tokens ? " tokens" : "");
	}
}

void why_steps_print(const json_t *why, const struct zone *zone)
{
	const json_t *costs = json_object_get(why, "costs");
	json_t *steps = json_object_get(why, "steps"), *step;
	size_t index;

	puts(json_array_size(steps) ? "steps" : "no steps");
	json_array_foreach(steps, index, step) {
		if (is_model_step(json_text(step, "kind")))
			print_model_step(step, zone);
		else
			print_tool_step(step, zone);
	}
	if (json_array_size(costs)) {
		puts("cost of this session, as it counts in every layer");
		print_costs(costs, zone);
	}
}

#include "transcript.h"

#include "figures.h"
#include "terminal.h"
#include "why.h"

#include "base/printable.h"

#include <stdio.h>

#define WORDS_MAX 4000 /* bytes of what a model says */
#define RESULT_MAX 600 /* of a tool's result */
#define RESULT_LINES 10
#define ARGUMENTS_MAX 300

/* The first lines of a text, each behind `indent`, and how long it is where it is cut. */
static void print_text(const char *text, const char *indent, size_t bytes, size_t lines)
{
	struct span whole = span_of(text), rest, line;
	size_t end = utf8_cut(whole, bytes);
	char length[FIGURE_SIZE];

	rest = span_slice(whole, 0, end);
	while (lines && span_next_line(&rest, &line)) {
		CLEANUP(buffer_clear) struct buffer shown = BUFFER(8 * WORDS_MAX);

		printable_append(&shown, line, "\t");
		printf("%s%s\n", indent, shown.data ? shown.data : "");
		lines--;
	}
	if (rest.length || end < whole.length)
		printf("%s… (%s bytes in all)\n", indent,
		       figure_count((int64_t)whole.length, length));
}

/* "07:00:01" */
static const char *clock_of(const json_t *step, const struct zone *zone, char out[PLACE_TIME_SIZE])
{
	why_time(step, "at", zone, out);
	return strlen(out) > 15 ? out + 15 : ""; /* behind "Sat 2026-11-21 " */
}

/* ---- a turn ---- */

static void print_usage(const json_t *call)
{
	char in[FIGURE_SIZE], out[FIGURE_SIZE], cost[FIGURE_SIZE], took[FIGURE_SIZE];
	const char *failure = json_text(call, "failure");

	printf("%s at %s", json_text(call, "model"), json_text(call, "provider"));
	if (why_number(call, "attempt") > 1)
		printf(", attempt %d", (int)why_number(call, "attempt"));
	if (why_number(call, "total_ms"))
		printf(", %s", figure_duration(why_number(call, "total_ms"), took));
	if (*failure)
		printf(", %s", failure);
	else if (!strcmp(json_text(call, "state"), "kept"))
		fputs(", its usage is not known", stdout);
	else
		printf(", %s + %s tokens", figure_count(why_number(call, "input_tokens"), in),
		       figure_count(why_number(call, "output_tokens"), out));
	if (why_number(call, "cost_micro_usd"))
		printf(", %s", figure_money(why_number(call, "cost_micro_usd"), cost));
	putchar('\n');
}

/* The latest call of a model's step, and what it said. */
static void print_reply(const json_t *step)
{
	json_t *calls = json_object_get(step, "calls");
	json_t *result = json_object_get(step, "result");
	const json_t *last = json_array_get(calls, json_array_size(calls) - 1);

	if (last)
		print_usage(last);
	else
		puts(json_text(json_object_get(step, "intent"), "model"));
	if (*json_text(result, "text"))
		print_text(json_text(result, "text"), "  ", WORDS_MAX, SIZE_MAX);
	if (!json_is_object(result))
		puts("  no reply");
}

static void print_turn(const json_t *step, int turn, const struct zone *zone)
{
	char at[PLACE_TIME_SIZE];

	printf("\nturn %d  %s  ", turn, clock_of(step, zone, at));
	print_reply(step);
}

/* Its two calls are two steps. */
static void print_compaction(const json_t *step, const struct zone *zone)
{
	const char *failed = json_text(json_object_get(step, "result"), "failed");
	char at[PLACE_TIME_SIZE];

	printf("\nsummary of older turns, behind turn %d  %s  ",
	       (int)why_number(json_object_get(step, "intent"), "replies"),
	       clock_of(step, zone, at));
	print_reply(step);
	if (*failed) {
		fputs("  failed, and all stays as it is: ", stdout);
		terminal_print_cut(failed, WORDS_MAX);
		putchar('\n');
	}
}

/* It took over calls of a parked session. */
static void print_again(const json_t *step, const struct zone *zone)
{
	char at[PLACE_TIME_SIZE];

	printf("\n%s  goes on with the work of session %s\n", clock_of(step, zone, at),
	       json_text(json_object_get(step, "intent"), "session"));
}

static void print_tool(const json_t *step, const struct zone *zone)
{
	json_t *result = json_object_get(step, "result");
	_free_ char *arguments = json_dumps(json_object_get(step, "intent"),
					    JSON_COMPACT | JSON_ENCODE_ANY);
	char at[PLACE_TIME_SIZE], took[FIGURE_SIZE];

	printf("  %s  %s ", clock_of(step, zone, at), json_text(step, "kind"));
	terminal_print_cut(arguments ? arguments : "", ARGUMENTS_MAX);
	if (!json_is_object(result)) {
		puts(": no result");
		return;
	}
	printf(": %s in %s\n", json_is_true(json_object_get(result, "error")) ? "refused" : "done",
	       figure_duration(why_number(step, "duration_ms"), took));
	print_text(json_text(result, "content"), "    ", RESULT_MAX, RESULT_LINES);
}

/* ---- the session ---- */

static void print_head(const json_t *transcript, const struct zone *zone)
{
	const char *outcome = json_text(transcript, "outcome");
	const char *reason = json_text(transcript, "reason");
	const char *message = json_text(json_object_get(transcript, "plan"), "message");
	char at[PLACE_TIME_SIZE], took[FIGURE_SIZE], in[FIGURE_SIZE], out[FIGURE_SIZE];
	char cost[FIGURE_SIZE];

	printf("session %s of %s: %s%s%s\n", json_text(transcript, "session"),
	       json_text(transcript, "agent"), *outcome ? outcome : "running", *reason ? ": " : "",
	       reason);
	printf("started   %s by %s\n", why_time(transcript, "started", zone, at),
	       json_text(transcript, "cause"));
	if (*message) {
		fputs("message   ", stdout);
		terminal_print_cut(message, WORDS_MAX);
		putchar('\n');
	}
	if (!json_is_null(json_object_get(transcript, "ended")))
		printf("took      %s, %d turn%s, %s + %s tokens, %s\n",
		       figure_duration(why_number(transcript, "duration_ms"), took),
		       (int)why_number(transcript, "turns"),
		       why_number(transcript, "turns") == 1 ? "" : "s",
		       figure_count(why_number(transcript, "input_tokens"), in),
		       figure_count(why_number(transcript, "output_tokens"), out),
		       figure_money(why_number(transcript, "cost_micro_usd"), cost));
	why_deaths_print(transcript, zone);
	printf("read from %s\n", json_text(transcript, "source"));
}

void transcript_print(const json_t *transcript, const struct zone *zone)
{
	json_t *steps = json_object_get(transcript, "steps"), *step;
	const char *last_words = json_text(transcript, "text");
	int turn = 0;
	size_t index;

	print_head(transcript, zone);
	json_array_foreach(steps, index, step) {
		if (!strcmp(json_text(step, "kind"), "model"))
			print_turn(step, ++turn, zone);
		else if (!strcmp(json_text(step, "kind"), "compaction"))
			print_compaction(step, zone);
		else if (!strcmp(json_text(step, "kind"), "again"))
			print_again(step, zone);
		else
			print_tool(step, zone);
	}
	if (!json_array_size(steps)) {
		puts("no steps");
		if (*last_words)
			print_text(last_words, "  ", WORDS_MAX, SIZE_MAX);
	}
}

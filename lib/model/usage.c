#include "usage.h"

#define COUNT_MAX 1000000000000.0 /* more tokens than any call has */

struct count {
	const char *object, *key; /* object NULL: a member of the usage itself */
	size_t field;
};

#define FIELD(name) offsetof(struct usage_report, name)

static const struct count openai_counts[] = {
	{ NULL, "prompt_tokens", FIELD(prompt) },
	{ NULL, "input_tokens", FIELD(prompt) }, /* gateways that translate only half */
	{ NULL, "completion_tokens", FIELD(completion) },
	{ NULL, "output_tokens", FIELD(completion) },
	{ NULL, "total_tokens", FIELD(total) },
	{ NULL, "prompt_cache_hit_tokens", FIELD(cache_read) }, /* DeepSeek */
	{ "prompt_tokens_details", "cached_tokens", FIELD(cache_read) },
	{ "prompt_tokens_details", "cache_write_tokens", FIELD(cache_write) }, /* OpenRouter */
	{ "completion_tokens_details", "reasoning_tokens", FIELD(reasoning) },
	{ "input_tokens_details", "cached_tokens", FIELD(cache_read) }, /* Responses */
	{ "input_tokens_details", "cache_write_tokens", FIELD(cache_write) },
	{ "output_tokens_details", "reasoning_tokens", FIELD(reasoning) },
};

static const struct count ollama_counts[] = {
	{ NULL, "prompt_eval_count", FIELD(prompt) },
	{ NULL, "eval_count", FIELD(completion) },
};

static const struct count anthropic_counts[] = {
	{ NULL, "input_tokens", FIELD(input) },
	{ NULL, "output_tokens", FIELD(output) },
	{ NULL, "cache_read_input_tokens", FIELD(cache_read) },
	{ NULL, "cache_creation_input_tokens", FIELD(cache_write) },
	{ "output_tokens_details", "thinking_tokens", FIELD(reasoning) },
};

static int64_t *field_of(struct usage_report *report, size_t field)
{
	return (int64_t *)(void *)((char *)report + field);
}

/* 0 for what is absent or null; false for what no count can be. */
static bool read_count(const json_t *usage, const struct count *count, int64_t *ret_value)
{
	const json_t *object = count->object ? json_object_get(usage, count->object) : usage;
	const json_t *value = json_object_get(object, count->key);
	double number = json_number_value(value);

	*ret_value = 0;
	if (!value || json_is_null(value))
		return true;
	if (!json_is_number(value) || !(number >= 0 && number <= COUNT_MAX))
		return false;
	*ret_value = (int64_t)number;
	return true;
}

/* Returns whether there was anything but zeros. */
static bool take(struct usage_report *report, const json_t *usage, const struct count *counts,
		 size_t length)
{
	bool any = false, absurd = false;
	int64_t value;

	for (size_t i = 0; i < length; i++) {
		if (!read_count(usage, &counts[i], &value))
			absurd = true;
		else if (value)
			*field_of(report, counts[i].field) = value;
		any = any || value;
	}
	if (any || absurd)
		report->absurd = absurd;
	return any;
}

void usage_take_openai(struct usage_report *report, const json_t *usage)
{
	if (json_is_object(usage) &&
	    take(report, usage, openai_counts, ARRAY_LENGTH(openai_counts)))
		report->final = true;
}

void usage_take_ollama(struct usage_report *report, const json_t *line)
{
	report->final = take(report, line, ollama_counts, ARRAY_LENGTH(ollama_counts));
}

/* A call that worked in several rounds of its own (compaction) bills the sum of them; rounds of
 * another model (advisor_message) are not ours. */
static void take_iterations(struct usage_report *report, const json_t *iterations)
{
	struct usage_report sum = { .absurd = report->absurd };
	const json_t *round;
	size_t i;

	json_array_foreach(iterations, i, round) {
		struct usage_report one = { 0 };

		if (json_object_get(round, "model"))
			continue;
		take(&one, round, anthropic_counts, ARRAY_LENGTH(anthropic_counts));
		for (size_t c = 0; c < ARRAY_LENGTH(anthropic_counts); c++)
			*field_of(&sum, anthropic_counts[c].field) += *field_of(
				&one, anthropic_counts[c].field);
		sum.absurd = sum.absurd || one.absurd || i >= 1000;
	}
	for (size_t c = 0; c < ARRAY_LENGTH(anthropic_counts); c++) {
		int64_t *field = field_of(report, anthropic_counts[c].field);
		int64_t all = *field_of(&sum, anthropic_counts[c].field);

		*field = all > *field ? all : *field;
	}
	report->absurd = sum.absurd;
}

void usage_take_anthropic(struct usage_report *report, const json_t *usage, bool final)
{
	if (!json_is_object(usage))
		return;
	if (take(report, usage, anthropic_counts, ARRAY_LENGTH(anthropic_counts)) && final)
		report->final = true;
	if (json_is_array(json_object_get(usage, "iterations")))
		take_iterations(report, json_object_get(usage, "iterations"));
}

/* Some count reasoning outside of completion (xAI; thinking through Gemini's compatible API), and
 * then the total shows it. */
static void from_openai(const struct usage_report *report, struct model_usage *usage)
{
	int64_t cached = report->cache_read + report->cache_write;
	int64_t beyond = report->total - report->prompt;
	bool inside = cached <= report->prompt;

	usage->input_tokens = inside ? report->prompt - cached : report->prompt;
	usage->output_tokens = beyond > report->completion ? beyond : report->completion;
}

struct model_usage usage_result(const struct usage_report *report)
{
	struct model_usage usage = {
		.input_tokens = report->input,
		.output_tokens = report->output,
		.cache_read_tokens = report->cache_read,
		.cache_write_tokens = report->cache_write,
	};

	if (report->prompt || report->completion)
		from_openai(report, &usage);
	usage.reasoning_tokens = report->reasoning < usage.output_tokens ? report->reasoning
									 : usage.output_tokens;
	usage.known = report->final && !report->absurd &&
		      usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens > 0;
	return usage.known ? usage : (struct model_usage){ 0 };
}

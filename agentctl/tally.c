#include "tally.h"

#include <string.h>

static void count_error(struct tally *tally, const char *class)
{
	for (size_t i = 0; i < tally->error_count; i++)
		if (!strcmp(tally->errors[i].class, class)) {
			tally->errors[i].count++;
			return;
		}
	if (array_grow((void **)&tally->errors, tally->error_count, &tally->error_capacity,
		       sizeof(struct tally_error), TALLY_ERRORS_MAX))
		return;
	tally->errors[tally->error_count++] = (struct tally_error){ xstrdup(class), 1 };
}

static void add_reply(struct tally *tally, const struct call_row *row)
{
	tally->replies++;
	if (row->first_byte_ms)
		series_add(&tally->first_byte, row->first_byte_ms);
	if (row->total_ms)
		series_add(&tally->total, row->total_ms);
}

void tally_add(struct tally *tally, const struct call_row *row)
{
	tally->calls++;
	tally->fallbacks += row->place > 0;
	if (row->state == CALL_RESERVED) {
		tally->open++;
		tally->reserved_micro_usd += row->micro_usd;
		return;
	}
	if (*row->failure)
		count_error(tally, row->failure);
	else
		add_reply(tally, row);
	tally->input_tokens += row->input_tokens;
	tally->output_tokens += row->output_tokens;
	tally->cache_read_tokens += row->cache_read_tokens;
	tally->cache_write_tokens += row->cache_write_tokens;
	tally->reasoning_tokens += row->reasoning_tokens;
	tally->micro_usd += row->micro_usd;
	if (row->state == CALL_KEPT)
		tally->kept_micro_usd += row->micro_usd;
}

static int by_frequency(const void *a, const void *b)
{
	const struct tally_error *one = a, *other = b;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return strcmp(one->class, other->class);
}

void tally_close(struct tally *tally)
{
	if (tally->error_count)
		qsort(tally->errors, tally->error_count, sizeof(struct tally_error), by_frequency);
	series_sort(&tally->first_byte);
	series_sort(&tally->total);
}

void tally_clear(struct tally *tally)
{
	for (size_t i = 0; i < tally->error_count; i++)
		free(tally->errors[i].class);
	free(tally->errors);
	free(tally->name);
	series_clear(&tally->first_byte);
	series_clear(&tally->total);
	*tally = (struct tally){ 0 };
}

int64_t tally_input(const struct tally *tally)
{
	return tally->input_tokens + tally->cache_read_tokens + tally->cache_write_tokens;
}

static json_t *number(int64_t value)
{
	return value < 0 ? json_null() : json_integer(value);
}

static json_t *percentiles(const struct series *series)
{
	return json_pack("{s:o,s:o,s:o}", "p50", number(series_percentile(series, 50)), "p95",
			 number(series_percentile(series, 95)), "p99",
			 number(series_percentile(series, 99)));
}

json_t *tally_json(const struct tally *tally)
{
	int64_t input = tally_input(tally), failed = 0;
	json_t *errors = json_object(), *json;

	for (size_t i = 0; i < tally->error_count; i++) {
		failed += tally->errors[i].count;
		json_object_set_new(errors, tally->errors[i].class,
				    json_integer(tally->errors[i].count));
	}
	json = json_pack("{s:I,s:I,s:I,s:I,s:o,s:I,s:I,s:I,s:I,s:I}", "calls",
			 (json_int_t)tally->calls, "replies", (json_int_t)tally->replies,
			 "failures", (json_int_t)failed, "under_way", (json_int_t)tally->open,
			 "errors", errors, "fallbacks", (json_int_t)tally->fallbacks,
			 "input_tokens", (json_int_t)input, "cache_read_tokens",
			 (json_int_t)tally->cache_read_tokens, "cache_write_tokens",
			 (json_int_t)tally->cache_write_tokens, "output_tokens",
			 (json_int_t)tally->output_tokens);
	json_object_set_new(json, "reasoning_tokens", json_integer(tally->reasoning_tokens));
	json_object_set_new(json, "cached_share",
			    input ? json_real((double)tally->cache_read_tokens / (double)input)
				  : json_null());
	json_object_set_new(json, "cost_micro_usd", json_integer(tally->micro_usd));
	json_object_set_new(json, "kept_micro_usd", json_integer(tally->kept_micro_usd));
	json_object_set_new(json, "reserved_micro_usd", json_integer(tally->reserved_micro_usd));
	json_object_set_new(json, "first_byte_ms", percentiles(&tally->first_byte));
	json_object_set_new(json, "total_ms", percentiles(&tally->total));
	return json;
}

/* ---- many ---- */

/* Where the name is, or would go. */
static size_t place_of(const struct tallies *tallies, const char *name)
{
	size_t low = 0, high = tallies->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(tallies->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void tallies_add(struct tallies *tallies, const char *name, const struct call_row *row)
{
	size_t at = place_of(tallies, name);

	if (at == tallies->count || strcmp(tallies->items[at].name, name)) {
		if (array_grow((void **)&tallies->items, tallies->count, &tallies->capacity,
			       sizeof(struct tally), TALLIES_MAX))
			return;
		memmove(tallies->items + at + 1, tallies->items + at,
			(tallies->count - at) * sizeof(struct tally));
		tallies->items[at] = (struct tally){ .name = xstrdup(name) };
		tallies->count++;
	}
	tally_add(&tallies->items[at], row);
}

static int by_cost(const void *a, const void *b)
{
	const struct tally *one = a, *other = b;

	if (one->micro_usd != other->micro_usd)
		return one->micro_usd > other->micro_usd ? -1 : 1;
	if (one->calls != other->calls)
		return one->calls > other->calls ? -1 : 1;
	return strcmp(one->name, other->name);
}

void tallies_close(struct tallies *tallies)
{
	for (size_t i = 0; i < tallies->count; i++)
		tally_close(&tallies->items[i]);
	if (tallies->count)
		qsort(tallies->items, tallies->count, sizeof(struct tally), by_cost);
}

void tallies_clear(struct tallies *tallies)
{
	for (size_t i = 0; i < tallies->count; i++)
		tally_clear(&tallies->items[i]);
	free(tallies->items);
	*tallies = (struct tallies){ 0 };
}

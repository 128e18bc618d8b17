#include "why.h"

#include "figures.h"

#include "export/export.h"

#include <stdio.h>

static int add_death(void *context, const struct death_row *row)
{
	json_array_append_new(context, export_death(row));
	return 0;
}

int why_deaths(struct store *store, const char *session, json_t *why, struct error *error)
{
	json_t *deaths = json_array();

	json_object_set_new(why, "deaths", deaths);
	return store_deaths(store, session, add_death, deaths, error);
}

int64_t why_waits_until(struct store *store, const char *session, int64_t now_ms, char **ret_words)
{
	json_t *why = json_object(), *deaths, *last;
	int64_t until = 0;

	if (!why_deaths(store, session, why, NULL)) {
		deaths = json_object_get(why, "deaths");
		last = json_array_get(deaths, json_array_size(deaths) - 1);
		instant_parse(span_of(json_text(last, "until")), &until);
		*ret_words = xstrdup(json_text(last, "words"));
	}
	json_decref(why);
	return until > now_ms / 1000 ? until : 0;
}

static size_t count_own(const json_t *deaths)
{
	size_t own = 0, index;
	json_t *death;

	json_array_foreach((json_t *)(uintptr_t)deaths, index, death)
		own += json_is_true(json_object_get(death, "own"));
	return own;
}

/* Where it died, as `transcript` counts: a step is a call to the model, which begins a turn, or one
 * of the tools that the turn asked for. */
static void print_place(const json_t *steps, int64_t died_at)
{
	const char *kind = "";
	int turn = 0;
	size_t index;
	json_t *step;

	json_array_foreach((json_t *)(uintptr_t)steps, index, step) {
		if (why_number(step, "step") > died_at)
			break;
		kind = json_text(step, "kind");
		turn += !strcmp(kind, "model");
	}
	if (!turn)
		fputs("before its first turn: ", stdout);
	else if (!strcmp(kind, "model"))
		printf("in turn %d: ", turn);
	else
		printf("in turn %d, at %s: ", turn, kind);
}

/* `ended`: of its session; 0: it has not. A session that was set aside or parked did not wait. */
static void print_death(const json_t *death, const json_t *steps, int64_t ended,
			const struct zone *zone)
{
	char at[PLACE_TIME_SIZE];
	int64_t died = 0, until = 0;

	printf("  %s, ", why_time(death, "at", zone, at));
	print_place(steps, why_number(death, "step"));
	fputs(*json_text(death, "words") ? json_text(death, "words") : "its process ended", stdout);
	instant_parse(span_of(json_text(death, "at")), &died);
	instant_parse(span_of(json_text(death, "until")), &until);
	if (until > died && (!ended || ended >= until))
		printf("; not again before %s", why_time(death, "until", zone, at));
	putchar('\n');
}

void why_deaths_print(const json_t *why, const struct zone *zone)
{
	json_t *deaths = json_object_get(why, "deaths"), *death;
	const json_t *steps = json_object_get(why, "steps");
	size_t index, count = json_array_size(deaths), own = count_own(deaths);
	int64_t ended = 0;

	if (!count)
		return;
	instant_parse(span_of(json_text(why, "ended")), &ended);
	printf("interrupted %zu time%s", count, count == 1 ? "" : "s");
	if (own && own < count)
		printf(", %zu of them by its own death", own);
	puts(own == count ? " by its own death" : "");
	json_array_foreach(deaths, index, death)
		print_death(death, steps, ended, zone);
}

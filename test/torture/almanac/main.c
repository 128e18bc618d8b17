/* days [DAYS [AGENTS [SEED]]]: so many simulated days in each of three zones. */
#include "almanac.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

uint32_t chance(struct world *w, uint32_t sides)
{
	w->random ^= w->random >> 12;
	w->random ^= w->random << 25;
	w->random ^= w->random >> 27;
	return (uint32_t)((w->random * 2685821657736338717u >> 32) % sides);
}

void note(struct world *w, const char *what, int64_t a, int64_t b, int64_t c)
{
	const int64_t words[] = { w->true_ms, what[0], what[1], a, b, c };

	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		w->hash = (w->hash ^ (uint64_t)words[i]) * 1099511628211u;
}

/* ---- what the agents are ---- */

static struct schedule random_schedule(struct world *w)
{
	static const uint32_t minutes[] = { 5, 15, 20, 30, 30, 45, 60, 60, 90, 120, 180, 420 };
	struct schedule s = { .kind = SCHEDULE_CALENDAR, .time_count = 1 };

	s.times[0] = (uint16_t)chance(w, chance(w, 3) ? 1440 : 240); /* nights, for their changes */
	switch (chance(w, 8)) {
	case 0: s.weekdays = (uint8_t)(1 + chance(w, 126)); break;
	case 1: s.month_days = 1u << chance(w, 32); break;
	case 2:
	case 3:
	case 4:
		s = (struct schedule){ .kind = SCHEDULE_INTERVAL,
				       .every_s = 60 * minutes[chance(w, ARRAY_LENGTH(minutes))] };
		if (!chance(w, 3))
			s.window_begin = 540, s.window_end = 1080;
		break;
	case 5: s = (struct schedule){ .kind = SCHEDULE_TICK }; break;
	default: break;
	}
	return s;
}

static void make_agents(struct game *g, uint32_t agents)
{
	g->agent_count = agents;
	g->sections = xcalloc(agents * SECTIONS_EACH, sizeof(*g->sections));
	for (uint32_t i = 0; i < agents; i++) {
		uint32_t count = 1 + chance(&g->w, SECTIONS_EACH);

		g->inputs[i] = 1;
		for (uint32_t j = 0; j < count; j++) {
			struct text_section *s = &g->sections[g->section_count++];

			s->schedule = random_schedule(&g->w);
			s->agent = i;
			s->asks_for_change = s->schedule.kind != SCHEDULE_CALENDAR &&
					     chance(&g->w, 8);
		}
	}
	/* One that makes very many slots in a short time. */
	g->sections[0].schedule = (struct schedule){ .kind = SCHEDULE_INTERVAL, .every_s = 60 };
	g->sections[0].asks_for_change = true;
	g->r.sections = xcalloc(g->section_count, sizeof(*g->r.sections));
}

/* ---- what goes wrong ---- */

struct fate {
	int64_t death, birth, sleep, step, edit; /* true time of the next one; NEVER */
	bool is_calm;                            /* the last days: nothing goes wrong any more */
};

static int64_t after(struct game *g, int64_t mean_ms)
{
	return g->w.true_ms + 1 + mean_ms / 8 +
	       (int64_t)chance(&g->w, UINT32_MAX) * (mean_ms * 2) / UINT32_MAX;
}

/* Most deaths come within some ms of a full minute, at which slots are. */
static int64_t next_death(struct game *g)
{
	int64_t at = after(g, 4 * HOUR_MS);

	if (chance(&g->w, 3))
		at += MINUTE_MS - (at + g->w.error_ms) % MINUTE_MS + (int64_t)chance(&g->w, 60) -
		      10;
	return at;
}

static int64_t downtime(struct game *g)
{
	switch (chance(&g->w, 12)) {
	case 0: return (int64_t)chance(&g->w, 3 * 86400) * 1000;
	case 1:
	case 2: return (int64_t)chance(&g->w, 4 * 3600) * 1000;
	case 3:
	case 4: return (int64_t)chance(&g->w, 3600) * 1000;
	default: return 1 + (int64_t)chance(&g->w, 20000);
	}
}

static void die(struct game *g, struct fate *fate)
{
	g->counts.kills++;
	runtime_die(g);
	fate->death = NEVER;
	fate->birth = g->w.true_ms + downtime(g);
}

static void be_born(struct game *g, struct fate *fate)
{
	fate->birth = NEVER;
	g->group_at = 0;
	runtime_start(g);
	fate->death = fate->is_calm ? NEVER : next_death(g);
}

static void fall_asleep(struct game *g, struct fate *fate)
{
	int64_t ms = MINUTE_MS + (int64_t)chance(&g->w, chance(&g->w, 4) ? 3600 : 14 * 3600) * 1000;

	g->counts.suspends++;
	g->w.true_ms += ms;
	g->w.asleep_ms += ms;
	fate->sleep = after(g, 12 * HOUR_MS);
	note(&g->w, "sleep", ms, 0, 0);
}

/* Half of the time it is put right. Never before the beginning. */
static void set_clock(struct game *g, struct fate *fate)
{
	static const int64_t most[] = { 2 * MINUTE_MS, 30 * MINUTE_MS, 2 * HOUR_MS,
					5 * HOUR_MS,   DAY_MS,         3 * DAY_MS };
	int64_t before = g->w.error_ms, size = most[chance(&g->w, ARRAY_LENGTH(most))];

	g->counts.steps++;
	if (chance(&g->w, 2))
		g->w.error_ms = 0;
	else
		g->w.error_ms = (int64_t)chance(&g->w, UINT32_MAX) * (2 * size) / UINT32_MAX - size;
	if (!chance(&g->w, 40))
		g->w.error_ms += 300 * DAY_MS; /* a year that nobody meant */
	if (wall_ms(&g->w) < g->w.begun_ms || fate->is_calm)
		g->w.error_ms = 0;
	fate->step = g->w.error_ms > 100 * DAY_MS ? after(g, HOUR_MS) : after(g, 5 * DAY_MS);
	g->group_at = 0;
	note(&g->w, "step", before, g->w.error_ms, 0);
	if (g->d.is_up)
		runtime_look(g); /* its alarm was cancelled */
}

static void change_inputs(struct game *g, struct fate *fate)
{
	g->inputs[chance(&g->w, g->agent_count)]++;
	fate->edit = after(g, 3 * HOUR_MS);
}

/* ---- the course of time ---- */

static int64_t earliest(const struct game *g, const struct fate *fate)
{
	const int64_t fates[] = { fate->death, fate->birth, fate->sleep, fate->step, fate->edit };
	int64_t first = NEVER, asleep = g->w.true_ms - monotonic_ms(&g->w), at;

	for (size_t i = 0; i < ARRAY_LENGTH(fates); i++)
		if (fates[i] < first)
			first = fates[i];
	if (!g->d.is_up)
		return first;
	at = g->r.count ? g->r.deeds[g->r.first].at_ms + asleep : NEVER;
	first = at < first ? at : first;
	at = stage_due(g);
	if (at != NEVER && at + asleep < first)
		first = at + asleep;
	if (g->d.alarm_s != NEVER && g->d.alarm_s * 1000 - g->w.error_ms < first)
		first = g->d.alarm_s * 1000 - g->w.error_ms;
	return first;
}

static void live(struct game *g, struct fate *fate)
{
	int64_t asleep = g->w.true_ms - monotonic_ms(&g->w), at = stage_due(g);

	if (fate->birth <= g->w.true_ms)
		be_born(g, fate);
	else if (fate->edit <= g->w.true_ms)
		change_inputs(g, fate);
	else if (fate->step <= g->w.true_ms)
		set_clock(g, fate);
	else if (fate->sleep <= g->w.true_ms)
		fall_asleep(g, fate);
	else if (g->d.is_up && fate->death <= g->w.true_ms)
		die(g, fate);
	else if (g->r.count && g->r.deeds[g->r.first].at_ms + asleep <= g->w.true_ms)
		record_commit(g);
	else if (at != NEVER && at + asleep <= g->w.true_ms)
		stage_turn(g);
	else if (g->d.is_up)
		runtime_look(g);
}

static void run_until(struct game *g, struct fate *fate, int64_t end_ms)
{
	for (;;) {
		int64_t next = earliest(g, fate);

		if (next > end_ms)
			break;
		if (next > g->w.true_ms)
			g->w.true_ms = next;
		live(g, fate);
	}
	g->w.true_ms = end_ms > g->w.true_ms ? end_ms : g->w.true_ms;
}

/* Weeks ahead by mistake, just before all is put right: no section may wait for them. */
static void go_astray(struct game *g, struct fate *fate)
{
	g->w.error_ms += 20 * DAY_MS;
	fate->step = NEVER;
	if (g->d.is_up)
		runtime_look(g);
	else
		fate->birth = g->w.true_ms;
}

static void calm_down(struct game *g, struct fate *fate)
{
	fate->is_calm = true;
	fate->death = fate->sleep = fate->edit = NEVER;
	g->w.error_ms += 1; /* so that it is set right */
	set_clock(g, fate);
	fate->step = NEVER;
	if (fate->birth != NEVER && !g->d.is_up)
		fate->birth = g->w.true_ms;
}

static void print(const struct game *g, const char *zone, int64_t days, double seconds)
{
	const struct counts *c = &g->counts;

	printf("%s: %lld days, %u agents, %u sections; %lld kills, %lld suspends, %lld clock steps, "
	       "%lld deaths of sessions\n",
	       zone, (long long)days, g->agent_count, g->section_count, (long long)c->kills,
	       (long long)c->suspends, (long long)c->steps, (long long)c->deaths);
	printf("  slots %lld = rows %lld + %lld in %lld shared rows; ran %lld, skipped %lld, "
	       "coalesced %lld, missed %lld\n",
	       (long long)c->slots, (long long)c->rows, (long long)c->in_ranges,
	       (long long)c->ranges, (long long)c->ran, (long long)c->skipped,
	       (long long)c->coalesced, (long long)c->missed);
	printf("  sessions %lld, calls %lld, caught up %lld, refused %lld, withdrawn %lld, "
	       "unchanged %lld\n",
	       (long long)c->sessions, (long long)c->calls, (long long)c->catch_ups,
	       (long long)c->refused, (long long)c->withdrawn, (long long)c->unchanged);
	printf("  doubles %lld, silent misses %lld, silenced sections %lld, unfinished %lld, rows of nothing %lld, calls for "
	       "nothing new %lld, over a cap %lld, too many at once %lld, impossible %lld\n",
	       (long long)c->doubles, (long long)c->silent, (long long)c->silenced,
	       (long long)c->unfinished, (long long)c->strangers, (long long)c->unchanged_calls,
	       (long long)c->over_cap, (long long)c->crowded, (long long)c->bugs);
	printf("  trace %016llx, %.1f s\n", (unsigned long long)g->w.hash, seconds);
}

static void game_clear(struct game *g)
{
	for (uint32_t i = 0; i < g->section_count; i++) {
		free(g->r.sections[i].ranges);
		free(g->r.sections[i].missed);
	}
	stage_clear(g);
	budget_free(g->d.budget);
	free(g->d.beats);
	free(g->r.rows);
	free(g->r.open);
	free(g->r.sections);
	free(g->r.sessions);
	free(g->r.calls);
	free(g->sections);
	free(g->sums);
	free(g);
}

static bool play(const char *zone, int64_t days, uint32_t agents, uint64_t seed)
{
	CLEANUP(zone_free) struct zone *loaded = NULL;
	struct game *g = xcalloc(1, sizeof(*g));
	struct fate fate = { 0 };
	clock_t began = clock();
	struct error error;
	int64_t end;
	bool is_well;

	if (zone_load(zone, &loaded, &error))
		BUG("%s", error.message);
	g->w = (struct world){ .random = seed * 2 + 1,
			       .hash = 14695981039346656037u,
			       .zone = loaded };
	g->w.begun_ms = g->w.true_ms = INT64_C(1772323200000); /* 2026-03-01 */
	for (int i = 0; i < 20; i++)
		chance(&g->w, 2);
	g->policy = (struct agenda_policy){ true, 86400, 5, 5 };
	g->limits = (struct limits){
		.per_request_tokens = 64000,
		.per_task_tokens = 200000,
		.per_session_micro_usd = 100000,
		.per_agent_hourly_micro_usd = 150000,
		.per_agent_daily_micro_usd = 400000,
		.system_hourly_micro_usd = 1500000,
		.system_daily_micro_usd = 9000000,
		.people_share_ppm = 200000,
	};
	make_agents(g, agents);
	runtime_start(g);
	fate.birth = NEVER;
	fate.death = next_death(g);
	fate.sleep = after(g, 12 * HOUR_MS);
	fate.step = after(g, 5 * DAY_MS);
	fate.edit = after(g, HOUR_MS);
	end = g->w.begun_ms + days * DAY_MS;
	run_until(g, &fate, end - 13 * HOUR_MS);
	go_astray(g, &fate);
	run_until(g, &fate, end - 12 * HOUR_MS);
	calm_down(g, &fate);
	run_until(g, &fate, end > g->w.true_ms ? end : g->w.true_ms + 12 * HOUR_MS);
	is_well = verdict_give(g, wall_ms(&g->w) / 1000 - 4 * 3600);
	print(g, zone, days, (double)(clock() - began) / CLOCKS_PER_SEC);
	game_clear(g);
	return is_well;
}

int main(int argc, char **argv)
{
	static const char *const zones[] = { "Europe/Berlin", "Australia/Lord_Howe",
					     "America/New_York" };
	int64_t days = argc > 1 ? strtoll(argv[1], NULL, 10) : 400;
	uint32_t agents = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 50;
	uint64_t seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	bool is_well = true;

	if (days < 2 || !agents || agents > AGENTS_MAX) {
		fprintf(stderr,
			"usage: days [DAYS [AGENTS [SEED]]]; at least 2 days, at most %d agents\n",
			AGENTS_MAX);
		return 2;
	}
	printf("seed %llu\n", (unsigned long long)seed);
	for (size_t i = 0; i < ARRAY_LENGTH(zones); i++)
		is_well = play(zones[i], days, agents, seed + i) && is_well;
	puts(is_well ? "well" : "NOT WELL");
	return !is_well;
}

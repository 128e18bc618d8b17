/* The oracle: knows schedules and the record, and nothing of agenda, lives and budget. */
#include "almanac.h"

#include <stdio.h>

/* ---- money: sums by whom and window, from the calls alone ---- */

struct sum {
	uint64_t key; /* 0: a free place */
	int64_t micro_usd;
};

static struct sum *sum_of(struct game *g, uint64_t key)
{
	size_t at;

	if (3 * g->sum_count >= 2 * g->sum_room) {
		struct sum *old = g->sums;
		size_t room = g->sum_room;

		g->sum_room = room ? 2 * room : 4096;
		g->sums = xcalloc(g->sum_room, sizeof(*g->sums));
		g->sum_count = 0;
		for (size_t i = 0; i < room; i++)
			if (old[i].key)
				*sum_of(g, old[i].key) = old[i];
		free(old);
	}
	at = key * 0x9E3779B97F4A7C15u >> 20 & (g->sum_room - 1);
	while (g->sums[at].key && g->sums[at].key != key)
		at = (at + 1) & (g->sum_room - 1);
	g->sum_count += !g->sums[at].key;
	g->sums[at].key = key;
	return &g->sums[at];
}

/* Who: 0 all, else an agent. What: 1 hour, 2 day. Windows begin at full seconds. */
static void add(struct game *g, uint64_t who, uint64_t what, int64_t window, int64_t micro_usd,
		int64_t cap)
{
	struct sum *sum = sum_of(g, (uint64_t)window << 16 | who << 2 | what);

	sum->micro_usd += micro_usd;
	if (micro_usd > 0 && sum->micro_usd > cap)
		g->counts.over_cap++;
}

void verdict_count_call(struct game *g, struct call_record *call, int64_t micro_usd)
{
	const struct budget_hold *hold = &call->hold;
	int64_t more = micro_usd - call->counted;
	unsigned agent = 0;

	if (!more)
		return;
	sscanf(hold->agent, "agent-%u", &agent);
	add(g, agent + 1, 1, hold->hour, more, g->limits.per_agent_hourly_micro_usd);
	add(g, agent + 1, 2, hold->day, more, g->limits.per_agent_daily_micro_usd);
	add(g, 0, 1, hold->hour, more, g->limits.system_hourly_micro_usd);
	add(g, 0, 2, hold->day, more, g->limits.system_daily_micro_usd);
	call->counted = micro_usd;
}

/* ---- costs nothing when there is nothing new ---- */

void verdict_run(struct game *g, int32_t section)
{
	const struct text_section *text = &g->sections[section];
	uint32_t known = g->r.sections[section].inputs;

	if (text->asks_for_change && known && known == g->inputs[text->agent])
		g->counts.unchanged_calls++;
}

/* ---- turns ---- */

void verdict_catch_up(struct game *g, int64_t now)
{
	g->counts.catch_ups++;
	if (g->group_at != now)
		g->in_group = 0;
	g->group_at = now;
	if (++g->in_group > g->policy.at_once)
		g->counts.crowded++;
}

/* ---- slots ---- */

static void judge_slot(struct game *g, int32_t section, int64_t slot, int64_t *rows)
{
	const struct row *row = record_find(&g->r, section, slot, false);
	struct counts *c = &g->counts;

	c->slots++;
	if (!row) {
		if (record_covers(&g->r, section, slot))
			c->in_ranges++;
		else
			c->silent++;
		return;
	}
	(*rows)++;
	c->doubles += row->begun > 1;
	switch ((enum row_state)row->state) {
	case ROW_RUNNING: c->unfinished++; break;
	case ROW_RAN: c->ran++; break;
	case ROW_SKIPPED: c->skipped++; break;
	case ROW_COALESCED: c->coalesced++; break;
	case ROW_MISSED: c->missed++; break;
	}
}

/* The clock has been right for long: it must wait for the next slot, not for one of a clock that
 * was ahead. */
static bool is_silenced(const struct game *g, int32_t section)
{
	struct agenda_rule rule = rule_of(g, section);
	int64_t now = wall_ms(&g->w) / 1000, next = AGENDA_NEVER;

	schedule_next(rule.schedule, rule.zone, rule.tick_s, now, &next);
	return g->d.beats[section].place.next > next;
}

bool verdict_give(struct game *g, int64_t until)
{
	struct counts *c = &g->counts;
	int64_t begun = g->w.begun_ms / 1000, found = 0, recorded = 0;

	for (size_t i = 0; i < g->r.row_room; i++) {
		const struct row *row = &g->r.rows[i];

		recorded += row->planned && row->session != -2 && row->planned <= until;
	}
	for (int32_t i = 0; i < (int32_t)g->section_count; i++) {
		struct agenda_rule rule = rule_of(g, i);

		for (int64_t slot = begun;
		     !schedule_next(rule.schedule, rule.zone, rule.tick_s, slot, &slot) &&
		     slot <= until;)
			judge_slot(g, i, slot, &found);
		c->ranges += (int64_t)g->r.sections[i].range_count;
		c->silenced += is_silenced(g, i);
	}
	c->rows = recorded;
	c->strangers = recorded - found; /* rows of moments at which nothing was due */
	return !c->silenced && !c->silent && !c->doubles && !c->unfinished && !c->strangers &&
	       !c->over_cap && !c->unchanged_calls && !c->crowded && !c->bugs;
}

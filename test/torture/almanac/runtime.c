/* What agentd/scheduler*.c do with what lib/agenda says, in short. */
#include "almanac.h"

struct agenda_rule rule_of(const struct game *g, int32_t section)
{
	return (struct agenda_rule){ &g->sections[section].schedule, g->w.zone, 1800 };
}

static int64_t now_s(const struct game *g)
{
	return wall_ms(&g->w) / 1000;
}

void runtime_set_alarm(struct game *g)
{
	g->d.alarm_s = NEVER;
	for (uint32_t i = 0; i < g->section_count; i++) {
		const struct beat *beat = &g->d.beats[i];
		int64_t wake = agenda_wake(&beat->place);

		if (beat->owed && beat->owed_wake < wake)
			wake = beat->owed_wake;
		if (wake < g->d.alarm_s)
			g->d.alarm_s = wake;
	}
}

static void keep_place(struct game *g, int32_t section)
{
	record_submit(g, DEED_PLACE, section)->place = g->d.beats[section].place;
}

static void withdraw(struct game *g, int32_t section, int64_t since)
{
	record_submit(g, DEED_WITHDRAW, section)->since = since;
}

/* ---- gates ---- */

/* ROW_RUNNING: it may. */
static enum row_state gates(struct game *g, int32_t section)
{
	struct beat *beat = &g->d.beats[section];
	const struct text_section *text = &g->sections[section];

	if (beat->is_firing || beat->owed || stage_waits(g, section))
		return ROW_COALESCED;
	if (text->asks_for_change && beat->inputs && beat->inputs == g->inputs[text->agent]) {
		g->counts.unchanged++;
		return ROW_SKIPPED;
	}
	return ROW_RUNNING;
}

/* ---- what is due ---- */

static void fire_due(struct game *g, int32_t section, enum agenda_absence absence, int64_t now)
{
	struct beat *beat = &g->d.beats[section];
	struct agenda_rule rule = rule_of(g, section);
	struct agenda_place before = beat->place;
	enum row_state state = ROW_SKIPPED;
	struct agenda_due due;
	struct deed *deed;
	int64_t until = 0;

	if (!agenda_due(&beat->place, &rule, &g->policy, absence, now, &due)) {
		beat->place.wake = beat->place.next;
		return;
	}
	if (due.is_catch_up)
		until = agenda_turn_wait(&g->d.turns, &g->policy, now);
	if (due.run.count && !until) {
		state = gates(g, section);
		if (due.is_catch_up && state == ROW_RUNNING)
			agenda_turn(&g->d.turns, &g->policy, now);
	}
	if (until) {
		agenda_wait(&beat->place, &due, until, now);
		return;
	}
	if (due.is_catch_up && state == ROW_RUNNING)
		verdict_catch_up(g, now);
	agenda_take(&beat->place, &due);
	if (due.run.count && state == ROW_RUNNING) {
		beat->is_firing = true;
		verdict_run(g, section);
	}
	deed = record_submit(g, DEED_ROWS, section);
	deed->due = due;
	deed->state = state;
	deed->planned = due.run.first;
	deed->before = before;
	deed->place = beat->place;
	note(&g->w, "due", section, due.missed.count, due.coalesced.count);
}

static void fire_owed(struct game *g, int32_t section, int64_t now)
{
	struct beat *beat = &g->d.beats[section];
	int64_t planned = beat->owed, until = 0;
	enum row_state state = ROW_SKIPPED;
	struct deed *deed;
	bool is_late;

	beat->owed = 0;
	if (agenda_is_owed(&g->policy, planned, now, &is_late))
		state = gates(g, section);
	if (state == ROW_RUNNING && is_late)
		until = agenda_turn(&g->d.turns, &g->policy, now);
	if (until) {
		beat->owed = planned;
		beat->owed_wake = until;
		return;
	}
	if (state == ROW_RUNNING && is_late)
		verdict_catch_up(g, now);
	if (state == ROW_RUNNING) {
		stage_wish(g, section, planned);
		return;
	}
	deed = record_submit(g, DEED_FINISH, section);
	deed->planned = planned;
	deed->state = state;
}

void runtime_look(struct game *g)
{
	struct agenda_look then = g->d.last_look;
	struct agenda_look look = { wall_ms(&g->w), monotonic_ms(&g->w), boot_ms(&g->w) };
	enum agenda_absence absence = agenda_absence(&then, &look);
	int64_t step = look.wall_ms - then.wall_ms - (look.boot_ms - then.boot_ms);
	int64_t now = now_s(g), since;

	g->d.last_look = look;
	for (int32_t i = 0; i < (int32_t)g->section_count; i++) {
		struct beat *beat = &g->d.beats[i];
		struct agenda_rule rule = rule_of(g, i);

		if (then.wall_ms && (step > 10000 || step < -10000) &&
		    agenda_review(&beat->place, &rule, now, &since)) {
			if (since)
				withdraw(g, i, since);
			keep_place(g, i);
		}
		if (beat->owed && beat->owed_wake <= now)
			fire_owed(g, i, now);
		if (agenda_wake(&beat->place) <= now)
			fire_due(g, i, absence, now);
	}
	runtime_set_alarm(g);
}

void runtime_told(struct game *g, const struct deed *deed)
{
	if (deed->kind != DEED_ROWS) {
		stage_told(g, deed);
		return;
	}
	if (!deed->due.run.count || deed->state != ROW_RUNNING)
		return;
	g->d.beats[deed->section].is_firing = false;
	if (deed->is_refused)
		g->counts.refused++;
	else
		stage_wish(g, deed->section, deed->planned);
}

void runtime_ended(struct game *g, int32_t section, uint32_t inputs)
{
	g->d.beats[section].inputs = inputs;
}

/* ---- coming and going ---- */

static void restore_section(struct game *g, int32_t section)
{
	const struct section_record *known = &g->r.sections[section];
	struct beat *beat = &g->d.beats[section];
	struct agenda_rule rule = rule_of(g, section);
	int64_t since = 0;

	beat->inputs = known->inputs;
	if (!known->past) {
		agenda_begin(&beat->place, &rule, now_s(g));
		keep_place(g, section);
	} else if (agenda_restore(&beat->place, &rule, known->past, known->next, now_s(g),
				  &since)) {
		if (since)
			withdraw(g, section, since);
		keep_place(g, section);
	}
}

static int in_time(const void *a, const void *b)
{
	const struct row *one = a, *other = b;

	if (one->planned != other->planned)
		return one->planned < other->planned ? -1 : 1;
	return (one->section > other->section) - (one->section < other->section);
}

/* Rows that are running and whose session did not begin. */
static void restore_owed(struct game *g)
{
	struct record *r = &g->r;
	size_t kept = 0;

	for (size_t i = 0; i < r->open_count; i++) {
		struct row *row = record_find(r, r->open[i].section, r->open[i].planned, false);

		if (row && row->state == ROW_RUNNING && row->session == -1)
			r->open[kept++] = r->open[i];
	}
	r->open_count = kept;
	if (kept)
		qsort(r->open, kept, sizeof(*r->open), in_time);
	for (size_t i = 0; i < kept; i++) {
		struct beat *beat = &g->d.beats[r->open[i].section];
		struct deed *deed;

		if (!beat->owed) {
			beat->owed = r->open[i].planned;
			beat->owed_wake = now_s(g);
			continue;
		}
		deed = record_submit(g, DEED_FINISH, r->open[i].section);
		deed->planned = r->open[i].planned;
		deed->state = ROW_COALESCED;
	}
}

void runtime_start(struct game *g)
{
	struct daemon *d = &g->d;

	*d = (struct daemon){ .is_up = true, .alarm_s = NEVER };
	d->last = &d->first;
	d->beats = xcalloc(g->section_count, sizeof(*d->beats));
	stage_restore_budget(g);
	for (int32_t i = 0; i < (int32_t)g->section_count; i++)
		restore_section(g, i);
	restore_owed(g);
	stage_resume(g);
	runtime_set_alarm(g);
	note(&g->w, "start", d->alarm_s, 0, 0);
}

void runtime_die(struct game *g)
{
	record_cut(g);
	stage_clear(g);
	free(g->d.beats);
	budget_free(g->d.budget);
	g->d = (struct daemon){ .alarm_s = NEVER };
	note(&g->w, "die", 0, 0, 0);
}

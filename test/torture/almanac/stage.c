/* Sessions: each an actor with a life (lib/lifecycle), some calls, and money (lib/budget). */
#include "almanac.h"

#include <stdio.h>

#define KEEP_MS 60000     /* LEDGER_KEEP_MS */
#define CALLS_KEPT 200000 /* newest, that are recalled at a start */

static const struct life_rules rules = {
	.hung_ms = 300000,
	.grace_ms = 5000,
	.gone_ms = LIFE_GONE_MS,
	.farewell_ms = LIFE_FAREWELL_MS,
	.backoff_shortest_ms = 1000,
	.backoff_longest_ms = 600000,
	.deaths_max = LIFE_DEATHS_MAX,
	.ooms_max = LIFE_OOMS_MAX,
};

static const struct budget_price price = { 3000000, 15000000 };

static uint32_t agent_of(const struct game *g, int32_t section)
{
	return g->sections[section].agent;
}

static void later(struct game *g, struct session *s, int phase, int64_t ms)
{
	s->phase = phase;
	s->due_ms = ms == NEVER ? NEVER : monotonic_ms(&g->w) + ms;
}

static void perform(struct game *g, struct session *s, enum life_action action);

static void happen(struct game *g, struct session *s, enum life_event event)
{
	struct life_happening happening = {
		.event = event,
		.now_ms = monotonic_ms(&g->w),
		.chance = event == LIFE_DIED ? chance(&g->w, UINT32_MAX) : 0,
		.progress = s->steps,
		.deaths_late = 1,
	};
	enum life_action action = lifecycle_step(&s->life, &rules, &happening);

	note(&g->w, "life", event, action, s->section);
	if (action == LIFE_BUG)
		g->counts.bugs++;
	else
		perform(g, s, action);
}

/* ---- the queue ---- */

static void admit(struct game *g)
{
	struct session *next;

	for (struct session *s = g->d.first; s; s = next) {
		uint32_t agent = agent_of(g, s->section);

		next = s->next;
		if (g->d.open[agent] || !lifecycle_is_ready(&s->life, monotonic_ms(&g->w)))
			continue;
		g->d.open[agent] = s;
		happen(g, s, LIFE_ADMITTED);
	}
}

static struct session *session_new(struct game *g, int32_t section, int64_t planned)
{
	struct session *s = xcalloc(1, sizeof(*s));

	lifecycle_begin(&s->life);
	s->section = section;
	s->planned = planned;
	s->number = s->call = -1;
	s->due_ms = NEVER;
	s->steps_wanted = 1 + chance(&g->w, 3);
	s->inputs = g->inputs[agent_of(g, section)];
	*g->d.last = s;
	g->d.last = &s->next;
	return s;
}

static void name(struct session *s)
{
	snprintf(s->id, sizeof(s->id), "S%025d", s->number);
}

void stage_wish(struct game *g, int32_t section, int64_t planned)
{
	struct record *r = &g->r;
	struct session *s = session_new(g, section, planned);

	if (array_grow((void **)&r->sessions, r->session_count, &r->session_capacity,
		       sizeof(*r->sessions), 100000000))
		BUG("more sessions than an almanac holds");
	s->number = (int32_t)r->session_count++;
	r->sessions[s->number] = (struct session_record){ .section = -1 };
	name(s);
	admit(g);
}

void stage_resume(struct game *g)
{
	struct record *r = &g->r;
	size_t over = r->sessions_over;

	for (size_t i = over; i < r->session_count; i++) {
		const struct session_record *record = &r->sessions[i];
		struct session *s;

		if (record->section < 0 || record->has_ended) {
			over += over == i;
			continue;
		}
		s = session_new(g, record->section, record->planned);
		s->number = (int32_t)i;
		s->lives = 1; /* its row is there */
		s->steps = record->steps;
		name(s);
		lifecycle_restore(&s->life, s->steps, 0, LIFE_NEVER);
	}
	r->sessions_over = over;
	admit(g);
}

bool stage_waits(const struct game *g, int32_t section)
{
	for (const struct session *s = g->d.first; s; s = s->next)
		if (s->section == section && s->life.state == LIFE_WAITING)
			return true;
	return false;
}

static void leave(struct game *g, struct session *gone)
{
	struct session **link = &g->d.first;

	while (*link != gone)
		link = &(*link)->next;
	*link = gone->next;
	if (g->d.last == &gone->next)
		g->d.last = link;
	if (g->d.open[agent_of(g, gone->section)] == gone)
		g->d.open[agent_of(g, gone->section)] = NULL;
	free(gone);
}

/* ---- money ---- */

/* As agentd/ledger.c: how long a window has been held outlives a death. */
static void advance(struct game *g)
{
	int64_t now = wall_ms(&g->w) / 1000;
	bool was_held = budget_is_held(g->d.budget, now), began;
	struct deed *deed;

	began = budget_advance(g->d.budget, g->w.zone, now, boot_ms(&g->w));
	if (!(began && was_held) &&
	    (!budget_is_held(g->d.budget, now) || boot_ms(&g->w) - g->d.kept_ms < KEEP_MS))
		return;
	g->d.kept_ms = boot_ms(&g->w);
	deed = record_submit(g, DEED_WINDOWS, 0);
	deed->calls = g->r.call_count;
	budget_look_in_force(g->d.budget, g->d.kept_ms, &deed->in_force);
}

/* What was kept counts unless a newer call is of another window. */
static struct budget_in_force in_force_before(const struct record *r, size_t calls)
{
	const struct budget_hold *newest = &r->calls[calls - 1].hold;
	struct budget_in_force before = r->in_force;

	if (r->in_force_calls < calls && newest->hour != before.hour) {
		before.hour = newest->hour;
		before.hour_ms = 0;
	}
	if (r->in_force_calls < calls && newest->day != before.day) {
		before.day = newest->day;
		before.day_ms = 0;
	}
	return before;
}

static bool reserve(struct game *g, struct session *s)
{
	char agent[SETTINGS_NAME_MAX];
	struct budget_ask ask = {
		.agent = agent,
		.session = s->id,
		.task = s->id,
		.work = WORK_BEAT,
		.input_tokens = 1000 + chance(&g->w, 4000),
		.max_tokens = 2000,
		.least_tokens = 256,
		.price = price,
		.limits = &g->limits,
		.system = &g->limits,
	};
	struct budget_verdict verdict;
	struct call_record *call;
	struct budget_hold hold;
	enum budget_answer answer;
	struct record *r = &g->r;

	snprintf(agent, sizeof(agent), "agent-%u", agent_of(g, s->section));
	advance(g);
	answer = budget_reserve(g->d.budget, &ask, &hold, &verdict);
	note(&g->w, "reserve", answer, s->section, answer == BUDGET_FITS ? hold.micro_usd : 0);
	if (answer == BUDGET_WAITS)
		later(g, s, PHASE_THINK, 2000);
	if (answer != BUDGET_FITS)
		return answer == BUDGET_WAITS;
	if (array_grow((void **)&r->calls, r->call_count, &r->call_capacity, sizeof(*r->calls),
		       100000000))
		BUG("more calls than an almanac holds");
	s->call = (int32_t)r->call_count++;
	call = &r->calls[s->call];
	*call = (struct call_record){ .hold = hold };
	verdict_count_call(g, call, hold.micro_usd);
	later(g, s, PHASE_NONE, NEVER); /* until it is durable */
	record_submit(g, DEED_RESERVE, s->section)->call = s->call;
	return true;
}

/* `micro_usd` -1: nobody knows what it was, so what was reserved is kept. */
static void settle(struct game *g, struct session *s, int64_t micro_usd)
{
	struct call_record *call = &g->r.calls[s->call];
	struct deed *deed = record_submit(g, DEED_SETTLE, s->section);

	deed->call = s->call;
	deed->micro_usd = micro_usd < 0 ? call->hold.micro_usd : micro_usd;
	deed->session = micro_usd < 0 ? -1 : s->number;
	budget_settle(g->d.budget, &call->hold, deed->micro_usd,
		      micro_usd < 0 ? call->hold.tokens : call->hold.tokens / 2);
	verdict_count_call(g, call, deed->micro_usd);
	s->call = -1;
}

void stage_restore_budget(struct game *g)
{
	struct record *r = &g->r;
	size_t last = r->call_count;

	for (size_t i = r->calls_over; i < r->call_count; i++) {
		struct call_record *call = &r->calls[i];

		if (call->state == CALL_RESERVED) { /* its answer is lost */
			call->state = CALL_SETTLED;
			call->micro_usd = call->hold.micro_usd;
		}
		verdict_count_call(g, call, call->state == CALL_SETTLED ? call->micro_usd : 0);
		if (call->state != CALL_SETTLED)
			continue;
		if (call->hold.hour > r->latest_hour)
			r->latest_hour = call->hold.hour;
		if (call->hold.day > r->latest_day)
			r->latest_day = call->hold.day;
	}
	r->calls_over = r->call_count;
	g->d.budget = budget_new();
	budget_restore_latest(g->d.budget, r->latest_hour, r->latest_day);
	while (last && r->calls[last - 1].state != CALL_SETTLED)
		last--;
	if (last) {
		struct budget_in_force before = in_force_before(r, last);

		budget_restore_windows(g->d.budget, &before, g->w.zone, wall_ms(&g->w) / 1000,
				       boot_ms(&g->w));
	}
	for (size_t i = last > CALLS_KEPT ? last - CALLS_KEPT : 0; i < last; i++) {
		struct budget_hold hold = r->calls[i].hold;

		if (r->calls[i].state != CALL_SETTLED ||
		    hold.day != budget_windows(g->d.budget)->day)
			continue;
		hold.micro_usd = r->calls[i].micro_usd;
		budget_recall(g->d.budget, &hold);
		budget_forget_session(g->d.budget, hold.session, hold.task);
	}
}

/* ---- what a session does ---- */

static void perform(struct game *g, struct session *s, enum life_action action)
{
	struct deed *deed;

	switch (action) {
	case LIFE_RECORD:
		if (s->lives++) {
			later(g, s, PHASE_READ, 5);
			return;
		}
		deed = record_submit(g, DEED_BEGIN, s->section);
		deed->session = s->number;
		deed->planned = s->planned;
		g->counts.sessions++;
		return;
	case LIFE_BEGIN: later(g, s, PHASE_THINK, 100 + chance(&g->w, 2000)); return;
	case LIFE_WAIT:
		g->counts.deaths++;
		g->d.open[agent_of(g, s->section)] = NULL;
		later(g, s, PHASE_NONE, NEVER);
		if (lifecycle_is_poisoned(&s->life, &rules))
			happen(g, s, LIFE_EXITED);
		admit(g);
		return;
	case LIFE_ADMIT: admit(g); return;
	case LIFE_TERM: /* half of them hear it */
		if (chance(&g->w, 2))
			later(g, s, PHASE_HANG, 1000);
		return;
	case LIFE_KILL: later(g, s, PHASE_HANG, 50); return;
	case LIFE_SAVE: later(g, s, PHASE_SAVE, 30 + chance(&g->w, 100)); return;
	case LIFE_CLOSE:
		deed = record_submit(g, DEED_END, s->section);
		deed->session = s->number;
		deed->planned = s->planned;
		deed->inputs = s->inputs == g->inputs[agent_of(g, s->section)] ? s->inputs : 0;
		return;
	case LIFE_END:
		budget_forget_session(g->d.budget, s->id, s->id);
		leave(g, s);
		admit(g);
		return;
	default: return;
	}
}

static void answered(struct game *g, struct session *s)
{
	if (!chance(&g->w, 150)) { /* it dies of its own, the answer with it */
		settle(g, s, -1);
		happen(g, s, LIFE_DIED);
		return;
	}
	settle(g, s, 1 + (int64_t)chance(&g->w, (uint32_t)g->r.calls[s->call].hold.micro_usd));
	later(g, s, PHASE_NONE, NEVER); /* until it is durable */
}

static void think(struct game *g, struct session *s)
{
	if (!chance(&g->w, 700))
		later(g, s, PHASE_HANG, NEVER);
	else if (s->steps < s->steps_wanted && reserve(g, s))
		return;
	else {
		happen(g, s, LIFE_LAST_WORD);
		later(g, s, PHASE_LEAVE, 20);
	}
}

static void phase_over(struct game *g, struct session *s)
{
	s->due_ms = NEVER;
	switch (s->phase) {
	case PHASE_THINK: think(g, s); return;
	case PHASE_CALL: answered(g, s); return;
	case PHASE_LEAVE: happen(g, s, LIFE_EXITED); return;
	case PHASE_HANG: happen(g, s, LIFE_DIED); return;
	case PHASE_READ: happen(g, s, LIFE_RECORDED); return;
	case PHASE_SAVE: happen(g, s, LIFE_SAVED); return;
	case PHASE_NONE: return;
	}
}

static struct session *of_number(struct game *g, int32_t number)
{
	struct session *s = g->d.first;

	while (s && s->number != number)
		s = s->next;
	return s;
}

static struct session *of_call(struct game *g, int32_t call)
{
	struct session *s = g->d.first;

	while (s && s->call != call)
		s = s->next;
	return s;
}

void stage_told(struct game *g, const struct deed *deed)
{
	struct session *s;

	switch (deed->kind) {
	case DEED_BEGIN: happen(g, of_number(g, deed->session), LIFE_RECORDED); return;
	case DEED_RESERVE:
		s = of_call(g, deed->call);
		g->counts.calls++;
		happen(g, s, LIFE_PROGRESS);
		later(g, s, PHASE_CALL, 1000 + chance(&g->w, chance(&g->w, 20) ? 20000 : 200000));
		return;
	case DEED_SETTLE:
		s = deed->session < 0 ? NULL : of_number(g, deed->session);
		if (!s || s->life.state != LIFE_RUNNING)
			return;
		s->steps++;
		happen(g, s, LIFE_PROGRESS);
		later(g, s, PHASE_THINK, 100 + chance(&g->w, 3000));
		return;
	case DEED_END:
		runtime_ended(g, deed->section, deed->inputs);
		happen(g, of_number(g, deed->session), LIFE_CLOSED);
		return;
	default: return;
	}
}

int64_t stage_due(const struct game *g)
{
	int64_t first = NEVER;

	for (const struct session *s = g->d.first; s; s = s->next) {
		if (s->due_ms < first)
			first = s->due_ms;
		if (s->life.due_ms < first)
			first = s->life.due_ms;
	}
	return first;
}

/* One of those whose moment has come. */
void stage_turn(struct game *g)
{
	int64_t now = monotonic_ms(&g->w);

	for (struct session *s = g->d.first; s; s = s->next) {
		if (s->due_ms <= now) {
			phase_over(g, s);
			return;
		}
		if (s->life.due_ms <= now) {
			/* A model has clocks of its own. */
			bool waits_for_us = s->phase == PHASE_CALL || s->phase == PHASE_NONE;

			if (s->life.state == LIFE_WAITING)
				s->life.due_ms = LIFE_NEVER;
			happen(g, s,
			       s->life.state == LIFE_RUNNING && waits_for_us ? LIFE_PROGRESS
									     : LIFE_DUE);
			return;
		}
	}
}

void stage_clear(struct game *g)
{
	while (g->d.first) {
		struct session *s = g->d.first;

		g->d.first = s->next;
		free(s);
	}
}

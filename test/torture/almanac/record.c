/* state.db, as far as time is concerned: one writer, in order, each deed whole or not at all. */
#include "almanac.h"

static uint64_t mix(int32_t section, int64_t planned)
{
	uint64_t x = (uint64_t)planned * 0x9E3779B97F4A7C15u ^
		     (uint64_t)(section + 1) * 0xBF58476D1CE4E5B9u;

	x ^= x >> 29;
	x *= 0x94D049BB133111EBu;
	return x ^ x >> 32;
}

static struct row *place_of(struct row *rows, size_t room, int32_t section, int64_t planned)
{
	size_t at = mix(section, planned) & (room - 1);

	while (rows[at].planned && (rows[at].planned != planned || rows[at].section != section))
		at = (at + 1) & (room - 1);
	return &rows[at];
}

static void grow(struct record *r)
{
	size_t room = r->row_room ? 2 * r->row_room : 1024;
	struct row *rows = xcalloc(room, sizeof(*rows));

	for (size_t i = 0; i < r->row_room; i++)
		if (r->rows[i].planned)
			*place_of(rows, room, r->rows[i].section, r->rows[i].planned) = r->rows[i];
	free(r->rows);
	r->rows = rows;
	r->row_room = room;
}

/* A row that was withdrawn keeps its place, as ROW_RUNNING without a beginning: see is_there. */
#define WITHDRAWN (-2)

static bool is_there(const struct row *row)
{
	return row->planned && row->session != WITHDRAWN;
}

struct row *record_find(struct record *r, int32_t section, int64_t planned, bool make)
{
	struct row *row;

	if (3 * r->row_count >= 2 * r->row_room)
		grow(r);
	row = place_of(r->rows, r->row_room, section, planned);
	if (is_there(row))
		return row;
	if (!make)
		return NULL;
	r->row_count += !row->planned;
	*row = (struct row){
		.planned = planned, .section = section, .session = -1, .begun = row->begun
	};
	return row;
}

bool record_covers(const struct record *r, int32_t section, int64_t planned)
{
	const struct section_record *s = &r->sections[section];

	for (size_t i = 0; i < s->range_count; i++)
		if (s->ranges[i].first <= planned && planned <= s->ranges[i].last)
			return true;
	return false;
}

/* ---- deeds ---- */

struct inserting {
	struct record *r;
	int32_t section;
	enum row_state state;
	bool is_refused;
};

static void remember_open(struct record *r, const struct row *row)
{
	if (array_grow((void **)&r->open, r->open_count, &r->open_capacity, sizeof(*r->open),
		       10000000))
		BUG("more open slots than an almanac holds");
	r->open[r->open_count++] = *row;
}

static void remember_missed(struct section_record *s, int64_t planned)
{
	if (array_grow((void **)&s->missed, s->missed_count, &s->missed_capacity,
		       sizeof(*s->missed), 100000000))
		BUG("more missed slots than an almanac holds");
	s->missed[s->missed_count++] = planned;
}

static bool insert(void *context, const struct agenda_part *part)
{
	struct inserting *in = context;
	struct section_record *s = &in->r->sections[in->section];
	struct row *row;

	if (part->count > 1) {
		if (array_grow((void **)&s->ranges, s->range_count, &s->range_capacity,
			       sizeof(*s->ranges), 100000))
			BUG("more ranges than an almanac holds");
		s->ranges[s->range_count++] = (struct range){ part->first, part->last, in->state };
		return true;
	}
	if (record_find(in->r, in->section, part->first, false) ||
	    record_covers(in->r, in->section, part->first)) {
		in->is_refused = in->is_refused || in->state == ROW_RUNNING;
		return true;
	}
	row = record_find(in->r, in->section, part->first, true);
	row->state = (uint8_t)in->state;
	if (in->state == ROW_RUNNING)
		remember_open(in->r, row);
	if (in->state == ROW_MISSED)
		remember_missed(s, part->first);
	return true;
}

static void do_rows(struct game *g, struct deed *deed)
{
	struct inserting in = { &g->r, deed->section, ROW_MISSED, false };
	struct agenda_rule rule = rule_of(g, deed->section);

	agenda_rows(&deed->due.missed, &rule, insert, &in);
	in.state = ROW_COALESCED;
	agenda_rows(&deed->due.coalesced, &rule, insert, &in);
	in.state = deed->state;
	agenda_rows(&deed->due.run, &rule, insert, &in);
	deed->is_refused = in.is_refused;
}

static void withdraw(struct game *g, const struct deed *deed)
{
	struct section_record *s = &g->r.sections[deed->section];
	size_t kept = 0;

	for (size_t i = 0; i < s->missed_count; i++) {
		struct row *row = record_find(&g->r, deed->section, s->missed[i], false);

		if (s->missed[i] <= deed->since) {
			s->missed[kept++] = s->missed[i];
		} else if (row && row->state == ROW_MISSED) {
			row->session = WITHDRAWN;
			g->counts.withdrawn++;
		}
	}
	s->missed_count = kept;
	kept = 0;
	for (size_t i = 0; i < s->range_count; i++) {
		struct range *range = &s->ranges[i];

		if (range->state == ROW_MISSED && range->first > deed->since)
			continue;
		if (range->state == ROW_MISSED && range->last > deed->since)
			range->last = deed->since;
		s->ranges[kept++] = *range;
	}
	s->range_count = kept;
}

static void begin_session(struct game *g, const struct deed *deed)
{
	struct row *row = record_find(&g->r, deed->section, deed->planned, false);

	if (!row || row->state != ROW_RUNNING || row->session >= 0)
		g->counts.doubles++;
	if (row) {
		row->session = deed->session;
		row->begun++;
	}
	g->r.sessions[deed->session].section = deed->section;
	g->r.sessions[deed->session].planned = deed->planned;
}

static void finish(struct game *g, const struct deed *deed, enum row_state state)
{
	struct row *row = record_find(&g->r, deed->section, deed->planned, false);

	if (row && row->state == ROW_RUNNING)
		row->state = (uint8_t)state;
	else
		g->counts.bugs++;
}

static void apply(struct game *g, struct deed *deed)
{
	struct section_record *s = &g->r.sections[deed->section];
	struct call_record *call = deed->call >= 0 ? &g->r.calls[deed->call] : NULL;

	switch (deed->kind) {
	case DEED_ROWS: do_rows(g, deed); break;
	case DEED_PLACE: break;
	case DEED_WITHDRAW: withdraw(g, deed); break;
	case DEED_FINISH: finish(g, deed, deed->state); break;
	case DEED_BEGIN: begin_session(g, deed); break;
	case DEED_RESERVE: call->state = CALL_RESERVED; break;
	case DEED_SETTLE:
		call->state = CALL_SETTLED;
		call->micro_usd = deed->micro_usd;
		if (deed->session >= 0)
			g->r.sessions[deed->session].steps++;
		break;
	case DEED_END:
		finish(g, deed, ROW_RAN);
		g->r.sessions[deed->session].has_ended = true;
		s->inputs = deed->inputs;
		break;
	case DEED_WINDOWS:
		g->r.in_force = deed->in_force;
		g->r.in_force_calls = deed->calls;
		break;
	}
	if (deed->kind == DEED_ROWS || deed->kind == DEED_PLACE) {
		s->past = deed->place.past;
		s->next = deed->place.next;
	}
	note(&g->w, "durable", deed->kind, deed->section, deed->planned + deed->place.past);
}

struct deed *record_submit(struct game *g, enum deed_kind kind, int32_t section)
{
	struct record *r = &g->r;
	struct deed *deed = &r->deeds[(r->first + r->count++) % DEEDS_MAX];

	if (r->count > DEEDS_MAX)
		BUG("more than %d deeds wait", DEEDS_MAX);
	*deed = (struct deed){ .kind = kind,
			       .section = section,
			       .session = -1,
			       .call = -1,
			       .at_ms = monotonic_ms(&g->w) + 1 + chance(&g->w, 12) };
	return deed;
}

void record_commit(struct game *g)
{
	struct deed deed = g->r.deeds[g->r.first];

	g->r.first = (g->r.first + 1) % DEEDS_MAX;
	g->r.count--;
	apply(g, &deed);
	runtime_told(g, &deed);
}

void record_cut(struct game *g)
{
	size_t kept = g->r.count ? chance(&g->w, (uint32_t)g->r.count + 1) : 0;

	for (size_t i = 0; i < kept; i++)
		apply(g, &g->r.deeds[(g->r.first + i) % DEEDS_MAX]);
	g->r.first = g->r.count = 0;
}

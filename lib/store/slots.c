#include "database.h"

#define COLUMNS                                                                                \
	"agent, section, heading, planned, event, state, reason, session, outcome, recorded, " \
	"last, slots, wish"

/* Also one that a range stands for has its row. */
static const char insert_slot[] =
	"INSERT INTO slot(" COLUMNS ") SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13"
	" WHERE ?5 <> '' OR NOT EXISTS(SELECT 1 FROM slot INDEXED BY slot_range WHERE slots > 1"
	"   AND agent = ?1 AND section = ?2 AND last >= ?4 AND planned <= ?4)";

/* Those in it that have rows of their own keep them. It stays a range where one is left. */
static const char insert_range[] =
	"INSERT INTO slot(" COLUMNS ") SELECT ?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,max(rest, 2),?13"
	" FROM (SELECT ?12 - count(*) AS rest FROM slot WHERE agent = ?1 AND section = ?2"
	"   AND event = '' AND slots = 1 AND planned BETWEEN ?4 AND ?11) WHERE rest > 0";

static bool is_range(const struct slot *slot)
{
	return slot->count > 1;
}

int store_slot_insert(struct store *store, const struct slot *slot, struct error *error)
{
	int r, changes = 0;
	struct query q;

	query_begin(&q, store, is_range(slot) ? insert_range : insert_slot, error);
	query_text(&q, slot->agent);
	query_text(&q, slot->section);
	query_text(&q, slot->heading);
	query_int(&q, slot->planned);
	query_text(&q, slot->event);
	query_int(&q, (int64_t)slot->state);
	query_text(&q, slot->reason);
	query_text(&q, slot->session);
	query_text(&q, slot->outcome);
	query_int(&q, slot->recorded);
	query_int(&q, is_range(slot) ? slot->last : 0);
	query_int(&q, is_range(slot) ? slot->count : 1);
	query_text(&q, slot->wish);
	r = query_change(&q, &changes);
	if (r == -(int)ERROR_EXISTS || (!r && !changes))
		return error_set(error, ERROR_EXISTS, "this slot of %s has its row already",
				 slot->agent);
	return r;
}

/* A planned slot is known by its moment, an event slot by its event. */
#define SET "UPDATE slot SET state = ?4, reason = ?5, session = ?6, outcome = ?7, wish = ''"
#define FIND_PLANNED \
	" WHERE agent = ?1 AND section = ?2 AND event = '' AND slots = 1 AND planned = ?3"
#define FIND_EVENT " WHERE agent = ?1 AND section = ?2 AND event <> '' AND event = ?3"

static const char finish_planned[] = SET FIND_PLANNED " AND state = 0";
static const char finish_event[] = SET FIND_EVENT " AND state = 0";
static const char is_there_planned[] = "SELECT 1 FROM slot" FIND_PLANNED;
static const char is_there_event[] = "SELECT 1 FROM slot" FIND_EVENT;

static void begin_of_slot(struct query *q, struct store *store, const struct slot *slot,
			  const char *planned, const char *event, struct error *error)
{
	bool by_event = slot->event && slot->event[0];

	query_begin(q, store, by_event ? event : planned, error);
	query_text(q, slot->agent);
	query_text(q, slot->section);
	if (by_event)
		query_text(q, slot->event);
	else
		query_int(q, slot->planned);
}

static int not_finished(struct store *store, const struct slot *slot, struct error *error)
{
	int64_t there = 0;
	struct query q;
	int r;

	begin_of_slot(&q, store, slot, is_there_planned, is_there_event, error);
	r = query_value(&q, &there);
	if (r)
		return r;
	if (!there)
		return error_set(error, ERROR_NOT_FOUND, "%s has no such slot", slot->agent);
	return error_set(error, ERROR_CONFLICT, "this slot of %s has ended already", slot->agent);
}

static const char finish_by_session[] =
	"UPDATE slot SET state = ?2, reason = ?3, outcome = ?4, wish = ''"
	" WHERE state = 0 AND session = ?1 AND session <> ''";

static int finish_of_session(struct store *store, const struct slot *slot, int *ret_changes,
			     struct error *error)
{
	struct query q;

	query_begin(&q, store, finish_by_session, error);
	query_text(&q, slot->session);
	query_int(&q, (int64_t)slot->state);
	query_text(&q, slot->reason);
	query_text(&q, slot->outcome);
	return query_change(&q, ret_changes);
}

int store_slot_finish(struct store *store, const struct slot *slot, struct error *error)
{
	int r, changes = 0;
	struct query q;

	begin_of_slot(&q, store, slot, finish_planned, finish_event, error);
	query_int(&q, (int64_t)slot->state);
	query_text(&q, slot->reason);
	query_text(&q, slot->session);
	query_text(&q, slot->outcome);
	r = query_change(&q, &changes);
	if (!r && !changes)
		r = finish_of_session(store, slot, &changes, error);
	return r || changes ? r : not_finished(store, slot, error);
}

#define ASSIGN "UPDATE slot SET session = ?4, wish = ''"
static const char assign_planned[] = ASSIGN FIND_PLANNED " AND state = 0";
static const char assign_event[] = ASSIGN FIND_EVENT " AND state = 0";

int store_slot_assign(struct store *store, const struct slot *slot, struct error *error)
{
	int r, changes = 0;
	struct query q;

	begin_of_slot(&q, store, slot, assign_planned, assign_event, error);
	query_text(&q, slot->session);
	r = query_change(&q, &changes);
	return r || changes ? r : not_finished(store, slot, error);
}

/* State 1 is SLOT_RAN: the order of enum slot_state is part of the schema. */
static const char close_begun[] = "UPDATE slot SET state = 1, outcome = 'interrupted', reason = ?1"
				  " WHERE state = 0 AND session <> ''"
				  " AND NOT EXISTS(SELECT 1 FROM session"
				  "   WHERE id = slot.session AND ended = 0)";

int store_slots_close_open(struct store *store, const char *reason, struct error *error)
{
	struct query q;
	int r;

	sync_later(store); /* should they be lost, the next start closes them again */
	query_begin(&q, store, close_begun, error);
	query_text(&q, reason);
	r = query_run(&q);
	sync_again(store);
	return r;
}

static const char interrupt_slots[] =
	"UPDATE slot SET state = 1, outcome = 'interrupted', reason = ?2"
	" WHERE state = 0 AND session = ?1";

int store_slots_interrupt(struct store *store, const char *session, const char *reason,
			  struct error *error)
{
	struct query q;

	query_begin(&q, store, interrupt_slots, error);
	query_text(&q, session);
	query_text(&q, reason);
	return query_run(&q);
}

static const char slots_of_all[] = "SELECT " COLUMNS " FROM slot"
				   " WHERE planned >= ?1 AND planned < ?2"
				   " ORDER BY planned, id LIMIT ?3";
static const char slots_of_agent[] = "SELECT " COLUMNS " FROM slot"
				     " WHERE planned >= ?1 AND planned < ?2 AND agent = ?4"
				     " ORDER BY planned, id LIMIT ?3";
/* Ranges that began before and reach into the time that is asked for. They are few. */
static const char ranges_into[] = "SELECT " COLUMNS " FROM slot INDEXED BY slot_range"
				  " WHERE slots > 1 AND planned < ?1 AND last >= ?1"
				  " AND (?2 IS NULL OR agent = ?2)";
static const char waiting_slots[] = "SELECT " COLUMNS " FROM slot"
				    " WHERE state = 0 AND session = '' ORDER BY planned, id";

static void read_slot(struct query *q, struct slot *ret_slot)
{
	/* members of an initialiser have no order of evaluation (C11 6.7.9p23) */
	ret_slot->agent = column_text(q);
	ret_slot->section = column_text(q);
	ret_slot->heading = column_text(q);
	ret_slot->planned = column_int(q);
	ret_slot->event = column_text(q);
	ret_slot->state = (enum slot_state)column_int(q);
	ret_slot->reason = column_text(q);
	ret_slot->session = column_text(q);
	ret_slot->outcome = column_text(q);
	ret_slot->recorded = column_int(q);
	ret_slot->last = column_int(q);
	ret_slot->count = column_int(q);
	ret_slot->wish = column_text(q);
	if (!is_range(ret_slot))
		ret_slot->last = ret_slot->planned;
}

static int visit_all(struct query *q, store_slot_visit visit, void *context)
{
	struct slot slot;
	int r = 0, visited = 0;

	while (!visited && (r = query_next(q)) > 0) {
		read_slot(q, &slot);
		visited = visit(context, &slot);
	}
	if (visited)
		query_end(q);
	return visited ? visited : r;
}

int store_slots(struct store *store, const char *agent, int64_t from, int64_t to, size_t max,
		store_slot_visit visit, void *context, struct error *error)
{
	struct query q;
	int r;

	query_begin(&q, store, ranges_into, error);
	query_int(&q, from);
	query_text_or_null(&q, agent);
	r = visit_all(&q, visit, context);
	if (r)
		return r;
	query_begin(&q, store, agent ? slots_of_agent : slots_of_all, error);
	query_int(&q, from);
	query_int(&q, to);
	query_int(&q, max < INT64_MAX ? (int64_t)max : INT64_MAX);
	if (agent)
		query_text(&q, agent);
	return visit_all(&q, visit, context);
}

int store_slots_waiting(struct store *store, store_slot_visit visit, void *context,
			struct error *error)
{
	struct query q;

	query_begin(&q, store, waiting_slots, error);
	return visit_all(&q, visit, context);
}

/* State 2 is SLOT_SKIPPED. How many a range stands for that is cut is an estimate. */
static const char *const withdrawals[] = {
	"DELETE FROM slot WHERE agent = ?1 AND section = ?2 AND planned > ?3 AND event = ''"
	" AND state = 2 AND reason LIKE 'missed: %'",
	"UPDATE slot SET last = ?3, slots = 1 + max(1, slots * (?3 - planned) / (last - planned))"
	" WHERE slots > 1 AND agent = ?1 AND section = ?2 AND last > ?3 AND planned <= ?3"
	" AND state = 2 AND reason LIKE 'missed: %'",
};

int store_slots_withdraw(struct store *store, const char *agent, const char *section, int64_t since,
			 struct error *error)
{
	struct query q;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_LENGTH(withdrawals); i++) {
		query_begin(&q, store, withdrawals[i], error);
		query_text(&q, agent);
		query_text(&q, section);
		query_int(&q, since);
		r = query_run(&q);
	}
	return r;
}

static const char prune_slots[] =
	"DELETE FROM slot WHERE id IN (SELECT id FROM slot INDEXED BY slot_by_time"
	" WHERE planned < ?1 AND last < ?1 AND state <> 0"
	" AND NOT EXISTS(SELECT 1 FROM session WHERE session.id = slot.session)"
	" ORDER BY planned LIMIT ?2)";

int store_slots_prune(struct store *store, int64_t before, size_t max, size_t *ret_count,
		      struct error *error)
{
	struct query q;

	query_begin(&q, store, prune_slots, error);
	query_int(&q, before);
	return query_prune(&q, max, ret_count);
}

/* What grows old leaves, and nothing else does. */
#include "suite.h"

#include "database.h"

#include <stdio.h>

static void session(struct place *place, const char *id, int64_t started, int64_t ended)
{
	struct session_row row = {
		.id = id, .agent = "a", .plan = "{}", .started = started, .epoch = 1
	};
	struct step step = {
		.session = id, .seq = 1, .kind = "model", .effect = "idempotent", .intent = "{}"
	};

	step.epoch = 1;
	assert_int_equal(0, store_session_begin(place->store, &row, NULL));
	for (step.seq = 1; step.seq <= 3; step.seq++)
		assert_int_equal(0, store_step_intent(place->store, &step, NULL));
	row.ended = ended;
	row.outcome = "done";
	if (ended)
		assert_int_equal(0, store_session_end(place->store, &row, NULL));
}

static int print_id(void *context, const struct session_row *row)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s ", row->id);
}

static const char *old(struct place *place, int64_t before_ms, size_t skip, size_t max)
{
	buffer_reset(&place->seen);
	assert_int_equal(
		0, store_sessions_old(place->store, before_ms, skip, max, print_id, place, NULL));
	return place_text(place);
}

static const char *named(struct place *place, const char *prefix, size_t max)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_sessions_named(place->store, prefix, max, print_id, place, NULL));
	return place_text(place);
}

static int64_t step_count(struct place *place, const char *id)
{
	struct session_size size = { .steps = -1 };

	assert_int_equal(0, store_session_size(place->store, id, &size, NULL));
	return size.steps;
}

static void old_sessions_are_found(void **state)
{
	static const struct {
		int64_t before;
		size_t skip, max;
		const char *expect;
	} table[] = {
		{ 10, 0, 9, "" },       /* it ended at 10, not before */
		{ 11, 0, 9, "A " },     /* C began earlier and goes on */
		{ 50, 0, 9, "A D E " }, /* B is parked */
		{ 50, 0, 2, "A D " },   { 50, 1, 1, "D " },
		{ 50, 3, 9, "" },       { 50, 0, SIZE_MAX, "A D E " },
	};
	struct place *place = *state;
	struct parked_row parked = { .session = "B", .agent = "a", .why = "pause", .wish = "{}" };

	session(place, "A", 1, 10);
	session(place, "B", 2, 20);
	session(place, "C", 3, 0);
	session(place, "D", 4, 49);
	session(place, "E", 5, 11);
	session(place, "F", 6, 50);
	assert_int_equal(0, store_parked_put(place->store, &parked, NULL));
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_string_equal(table[i].expect,
				    old(place, table[i].before, table[i].skip, table[i].max));
	assert_int_equal(0, store_parked_delete(place->store, "B", NULL));
	assert_string_equal("A B D E ", old(place, 50, 0, 9));
}

static void a_session_leaves_with_its_steps(void **state)
{
	struct place *place = *state;
	struct parked_row parked = { .session = "B", .agent = "a", .why = "pause", .wish = "{}" };
	struct error error;

	session(place, "A", 1, 10);
	session(place, "B", 2, 20);
	session(place, "C", 3, 0);
	assert_int_equal(0, store_parked_put(place->store, &parked, NULL));
	assert_int_equal(0, store_session_delete(place->store, "A", NULL));
	assert_int_equal(0, step_count(place, "A"));
	assert_int_equal(0, store_session_delete(place->store, "A", NULL)); /* twice is once */
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_delete(place->store, "B", &error));
	assert_int_equal(-(int)ERROR_CONFLICT, store_session_delete(place->store, "C", &error));
	assert_string_equal("session C is not over", error.message);
	assert_string_equal("B C ", named(place, "", 9));
	assert_int_equal(3, step_count(place, "B"));
	assert_int_equal(3, step_count(place, "C"));
}

static void sessions_are_named_by_their_beginning(void **state)
{
	struct place *place = *state;

	session(place, "01KAT0A", 1, 10);
	session(place, "01KAT0B", 2, 10);
	session(place, "01KAZ", 3, 0);
	session(place, "02", 4, 10);
	assert_string_equal("01KAT0A 01KAT0B ", named(place, "01KAT", 9));
	assert_string_equal("01KAT0A ", named(place, "01KAT", 1));
	assert_string_equal("01KAT0B ", named(place, "01KAT0B", 9));
	assert_string_equal("01KAT0A 01KAT0B 01KAZ ", named(place, "01", 9));
	assert_string_equal("", named(place, "01KAT0BX", 9));
	assert_string_equal("", named(place, "01k", 9));
	assert_string_equal("", named(place, "%", 9));
}

static void call(struct place *place, int64_t seq, int64_t settled_at)
{
	struct call_row row = {
		.session = "A", .agent = "a", .seq = seq, .attempt = 1, .reserved_at = 2
	};

	assert_int_equal(0, store_call_reserve(place->store, &row, NULL, NULL));
	row.state = CALL_KEPT;
	row.settled_at = settled_at;
	if (settled_at)
		assert_int_equal(0, store_call_settle(place->store, &row, NULL));
}

static void a_size_tells_of_late_calls(void **state)
{
	struct place *place = *state;
	struct session_size size;

	session(place, "A", 1, 10);
	call(place, 1, 9);
	call(place, 1 + 1, 10);
	assert_int_equal(0, store_session_size(place->store, "A", &size, NULL));
	assert_int_equal(3, size.steps);
	assert_int_equal(2, size.calls);
	assert_int_equal(0, size.late_calls);
	call(place, 3, 11);
	call(place, 4, 0);
	assert_int_equal(0, store_session_size(place->store, "A", &size, NULL));
	assert_int_equal(4, size.calls);
	assert_int_equal(2, size.late_calls);
	assert_int_equal(0, store_session_size(place->store, "none", &size, NULL));
	assert_int_equal(0, size.steps + size.calls + size.late_calls);
}

static int print_slot(void *context, const struct slot *slot)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%lld ", (long long)slot->planned);
}

static void slots_leave_behind_their_session(void **state)
{
	struct place *place = *state;
	size_t count = 99;

	session(place, "A", 1, 10);
	for (int64_t at = 1; at <= 6; at++) {
		struct slot slot = { .agent = "a",
				     .section = "s",
				     .planned = at,
				     .session = at == 2 ? "A" : "gone",
				     .state = at == 3 ? SLOT_RUNNING : SLOT_RAN };

		assert_int_equal(0, store_slot_insert(place->store, &slot, NULL));
	}
	assert_int_equal(0, store_slots_prune(place->store, 1, 9, &count, NULL));
	assert_int_equal(0, count);
	assert_int_equal(0, store_slots_prune(place->store, 6, 2, &count, NULL));
	assert_int_equal(2, count);
	assert_int_equal(0, store_slots_prune(place->store, 6, 2, &count, NULL));
	assert_int_equal(1, count);
	assert_int_equal(0, store_slots(place->store, "a", 0, 99, 99, print_slot, place, NULL));
	assert_string_equal("2 3 6 ", place_text(place));
}

/* What is old is told by a clock that may be wrong. */
static void the_present_comes_in_steps(void **state)
{
	static const struct {
		int64_t now, present;
	} rows[] = { { 100, 100 },     { 105, 105 }, { 115, 115 }, { 1000000, 125 },
		     { 1000001, 135 }, { 90, 90 },   { 95, 95 },   { INT64_MAX, 105 } };
	struct place *place = *state;
	int64_t present = 0;

	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(0, store_moment_advance(place->store, "x", rows[i].now, 10,
							 &present, NULL));
		assert_int_equal(rows[i].present, present);
	}
	assert_int_equal(0, store_moment_advance(place->store, "y", 7, 10, &present, NULL));
	assert_int_equal(7, present);
}

/* context: a + for each kind that files name. */
static bool is_named(void *context, enum named kind, const char *name, const char *key)
{
	static const char *const names[] = { [NAMED_SECTION] = "a",
					     [NAMED_AGENT] = "a",
					     [NAMED_FILES] = "agents/a",
					     [NAMED_BREAKER] = "provider p #1",
					     [NAMED_LEARNED] = "model m #1" };

	assert_string_equal(names[kind], name);
	assert_string_equal(kind == NAMED_SECTION ? "A key" : "", key);
	return ((const char *)context)[kind] == '+';
}

static size_t unnamed(struct place *place, const char *named, int64_t now, size_t max)
{
	size_t count = 99;

	assert_int_equal(0, store_unnamed_prune(place->store, is_named, (char *)(uintptr_t)named,
						now, now - 100, max, &count, NULL));
	return count;
}

static int see(struct place *place, char letter)
{
	return buffer_printf(&place->seen, "%c", letter);
}

static int see_section(void *context, const struct section *section)
{
	(void)section;
	return see(context, 's');
}

static int see_agent(void *context, const struct agent_state *agent)
{
	(void)agent;
	return see(context, 'a');
}

static int see_file(void *context, const struct file_row *file)
{
	(void)file;
	return see(context, 'f');
}

static int see_breaker(void *context, const struct breaker_row *breaker)
{
	(void)breaker;
	return see(context, 'b');
}

static int see_learned(void *context, const struct learned_row *learned)
{
	(void)learned;
	return see(context, 'l');
}

static const char *rows_left(struct place *place)
{
	struct store *store = place->store;

	buffer_reset(&place->seen);
	assert_int_equal(0, store_sections(store, see_section, place, NULL));
	assert_int_equal(0, store_agents(store, see_agent, place, NULL));
	assert_int_equal(0, store_files(store, see_file, place, NULL));
	assert_int_equal(0, store_breakers(store, see_breaker, place, NULL));
	assert_int_equal(0, store_learned(store, see_learned, place, NULL));
	return place_text(place);
}

/* As many moments are remembered as rows that nothing names. */
static int64_t marks(struct place *place)
{
	struct query q;
	int64_t count = -1;

	query_begin(&q, place->store, "SELECT count(*) FROM counter WHERE name LIKE 'unnamed %'",
		    NULL);
	assert_int_equal(0, query_value(&q, &count));
	return count;
}

static void one_of_each(struct store *store)
{
	struct section section = { .agent = "a", .key = "A key" };
	struct agent_state agent = { .agent = "a", .paused = true };
	struct file_row files[] = { { .path = "SOUL.md" }, { .path = "MEMORY.md" } };
	struct breaker_row breaker = { .key = "provider p #1" };
	struct learned_row learned = { .key = "model m #1" };

	assert_int_equal(0, store_section_put(store, &section, NULL));
	assert_int_equal(0, store_agent_put(store, &agent, NULL));
	assert_int_equal(0, store_files_put(store, "agents/a", files, 2, NULL));
	assert_int_equal(0, store_breaker_put(store, &breaker, NULL));
	assert_int_equal(0, store_learned_put(store, &learned, NULL));
}

static void what_nothing_names_leaves_in_time(void **state)
{
	static const struct {
		int64_t now;
		const char *named; /* section, agent, files, breaker, learned */
		size_t changes;
		const char *left;
		int64_t marks;
	} rows[] = {
		{ 1000, "+++++", 0, "saffbl", 0 },
		{ 1001, "-+-++", 2, "saffbl", 2 }, /* noted */
		{ 1100, "-+-++", 0, "saffbl", 2 },
		{ 1101, "++-++", 1, "saffbl", 1 }, /* not yet; and one is back */
		{ 1102, "-+-++", 2, "sabl", 1 },   /* that one begins anew */
		{ 1202, "-+---", 2, "sabl", 3 },
		{ 1203, "-+---", 1, "abl", 2 },
		{ 1300, "-----", 1, "abl", 3 },
		{ 900, "-----", 3, "abl", 3 }, /* the clock was ahead: they are noted anew */
		{ 1000, "-----", 0, "abl", 3 },
		{ 1001, "-----", 3, "", 0 },
	};
	struct place *place = *state;

	one_of_each(place->store);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(rows[i].changes, unnamed(place, rows[i].named, rows[i].now, 9));
		assert_string_equal(rows[i].left, rows_left(place));
		assert_int_equal(rows[i].marks, marks(place));
	}
}

static void what_nothing_names_leaves_in_pieces(void **state)
{
	struct place *place = *state;

	one_of_each(place->store);
	assert_int_equal(2, unnamed(place, "-----", 1000, 2));
	assert_int_equal(2, unnamed(place, "-----", 1000, 2));
	assert_int_equal(1, unnamed(place, "-----", 1000, 2));
	assert_int_equal(2, unnamed(place, "-----", 1101, 2));
	assert_int_equal(3, marks(place)); /* those of the rest stay, old as they are */
	assert_int_equal(2, unnamed(place, "-----", 1101, 2));
	assert_int_equal(1, unnamed(place, "-----", 1101, 2));
	assert_string_equal("", rows_left(place));
}

/* As a renamed section leaves one behind. */
static void a_mark_without_a_row_leaves(void **state)
{
	struct place *place = *state;

	assert_int_equal(0, database_run(place->store,
					 "INSERT INTO counter VALUES('unnamed section a b', 1000),"
					 "('epoch', 1)",
					 NULL));
	assert_int_equal(0, unnamed(place, "+++++", 1100, 9));
	assert_int_equal(1, marks(place));
	assert_int_equal(0, unnamed(place, "+++++", 1101, 9));
	assert_int_equal(0, marks(place));
}

int leaving_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(the_present_comes_in_steps),
		PLACE_TEST(old_sessions_are_found),
		PLACE_TEST(a_session_leaves_with_its_steps),
		PLACE_TEST(sessions_are_named_by_their_beginning),
		PLACE_TEST(a_size_tells_of_late_calls),
		PLACE_TEST(slots_leave_behind_their_session),
		PLACE_TEST(what_nothing_names_leaves_in_time),
		PLACE_TEST(what_nothing_names_leaves_in_pieces),
		PLACE_TEST(a_mark_without_a_row_leaves),
	};

	return cmocka_run_group_tests_name("store: what leaves", tests, NULL, NULL);
}

/* Slots, sections and files: what is put in comes out, and what must not change does not. */
#include "suite.h"

#include "database.h"

#include <stdio.h>

static const char *const states[] = {
	[SLOT_RUNNING] = "running",
	[SLOT_RAN] = "ran",
	[SLOT_SKIPPED] = "skipped",
	[SLOT_COALESCED] = "coalesced",
};

static int print_slot(void *context, const struct slot *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s/%s/%s@%lld%s%s=%s,%s,%s,%s,%lld;", s->agent,
			     s->section, s->heading, (long long)s->planned, s->event[0] ? "#" : "",
			     s->event, states[s->state], s->reason, s->session, s->outcome,
			     (long long)s->recorded);
}

static const char *slots(struct place *place, const char *agent, int64_t from, int64_t to,
			 size_t max)
{
	buffer_reset(&place->seen);
	assert_int_equal(0,
			 store_slots(place->store, agent, from, to, max, print_slot, place, NULL));
	return place_text(place);
}

/* One row a slot: an event slot is known by its event, whenever it came. */
static void slots_are_made_once(void **state)
{
	static const struct {
		struct slot slot;
		int expect;
	} table[] = {
		{ { .agent = "a", .section = "s", .planned = 10 }, 0 },
		{ { .agent = "a", .section = "s", .planned = 10 }, -(int)ERROR_EXISTS },
		{ { .agent = "a", .section = "s", .planned = 10, .state = SLOT_SKIPPED },
		  -(int)ERROR_EXISTS },
		{ { .agent = "a", .section = "s", .planned = 11 }, 0 },
		{ { .agent = "a", .section = "t", .planned = 10 }, 0 },
		{ { .agent = "b", .section = "s", .planned = 10 }, 0 },
		{ { .agent = "a", .section = "s", .planned = 10, .event = "e1" }, 0 },
		{ { .agent = "a", .section = "s", .planned = 12, .event = "e1" },
		  -(int)ERROR_EXISTS },
		{ { .agent = "a", .section = "s", .planned = 10, .event = "e2" }, 0 },
		{ { .agent = "a", .section = "t", .planned = 10, .event = "e1" }, 0 },
		{ { .agent = "a", .section = "s", .planned = 13, .state = (enum slot_state)7 },
		  -(int)ERROR_TOO_LARGE /* of the table's own check */ },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(table); i++)
		assert_int_equal(table[i].expect,
				 store_slot_insert(place->store, &table[i].slot, NULL));
}

static void terminal_slots_never_change(void **state)
{
	struct place *place = *state;
	struct slot planned = {
		.agent = "a", .section = "s", .heading = "Daily", .planned = 10, .recorded = 9
	};
	struct slot event = { .agent = "a", .section = "s", .planned = 20, .event = "e" };
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND, store_slot_finish(place->store, &planned, &error));
	assert_int_equal(0, store_slot_insert(place->store, &planned, NULL));
	assert_int_equal(0, store_slot_insert(place->store, &event, NULL));
	planned.session = "01J";
	assert_int_equal(0, store_slot_assign(place->store, &planned, NULL));
	assert_string_equal("a/s/Daily@10=running,,01J,,9;", slots(place, "a", 0, 15, 9));
	planned.state = SLOT_RAN;
	planned.outcome = "done";
	assert_int_equal(0, store_slot_finish(place->store, &planned, NULL));
	event.state = SLOT_COALESCED;
	event.reason = "10";
	event.planned = 0; /* not what it is known by */
	assert_int_equal(0, store_slot_finish(place->store, &event, NULL));
	for (int to = SLOT_RUNNING; to <= SLOT_COALESCED; to++) {
		planned.state = event.state = (enum slot_state)to;
		planned.reason = event.reason = "later";
		assert_int_equal(-(int)ERROR_CONFLICT,
				 store_slot_finish(place->store, &planned, &error));
		assert_int_equal(-(int)ERROR_CONFLICT,
				 store_slot_finish(place->store, &event, &error));
		assert_int_equal(-(int)ERROR_CONFLICT,
				 store_slot_assign(place->store, &event, &error));
	}
	assert_string_equal("a/s/Daily@10=ran,,01J,done,9;a/s/@20#e=coalesced,10,,,0;",
			    slots(place, NULL, 0, 100, 9));
}

static int print_wish(void *context, const struct slot *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s wants <%s>;", s->event, s->wish);
}

static const char *wishes(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_slots(place->store, NULL, 0, 100, 9, print_wish, place, NULL));
	return place_text(place);
}

/* What a run that waits is to do stands in its slot's row until it begins, or does not. */
static void wishes_last_until_they_are_met(void **state)
{
	struct slot run = { .agent = "a", .section = "", .event = "run:1", .wish = "{1}" };
	struct slot other = { .agent = "a", .section = "", .event = "run:2", .wish = "{2}" };
	struct place *place = *state;

	assert_int_equal(0, store_slot_insert(place->store, &run, NULL));
	assert_int_equal(0, store_slot_insert(place->store, &other, NULL));
	buffer_reset(&place->seen);
	assert_int_equal(0, store_slots_waiting(place->store, print_wish, place, NULL));
	assert_string_equal("run:1 wants <{1}>;run:2 wants <{2}>;", place_text(place));
	run.session = "1";
	assert_int_equal(0, store_slot_assign(place->store, &run, NULL));
	assert_string_equal("run:1 wants <>;run:2 wants <{2}>;", wishes(place));
	other.state = SLOT_SKIPPED;
	assert_int_equal(0, store_slot_finish(place->store, &other, NULL));
	assert_string_equal("run:1 wants <>;run:2 wants <>;", wishes(place));
}

/* What a daemon that died left behind. */
static void open_slots_are_closed(void **state)
{
	static const struct slot slots_left[] = {
		{ .agent = "a", .section = "s", .planned = 1 },
		{ .agent = "a", .section = "s", .planned = 2, .session = "01J" },
		{ .agent = "a", .section = "s", .planned = 3, .event = "e" },
		{ .agent = "a",
		  .section = "s",
		  .planned = 4,
		  .state = SLOT_RAN,
		  .outcome = "done" },
	};
	struct place *place = *state;

	for (size_t i = 0; i < ARRAY_LENGTH(slots_left); i++)
		assert_int_equal(0, store_slot_insert(place->store, &slots_left[i], NULL));
	for (int twice = 0; twice < 2; twice++)
		assert_int_equal(0, store_slots_close_open(place->store, "died", NULL));
	assert_string_equal("a/s/@1=running,,,,0;a/s/@2=ran,died,01J,interrupted,0;"
			    "a/s/@3#e=running,,,,0;a/s/@4=ran,,,done,0;",
			    slots(place, "a", 0, 100, 9));
	buffer_reset(&place->seen);
	assert_int_equal(0, store_slots_waiting(place->store, print_slot, place, NULL));
	assert_string_equal("a/s/@1=running,,,,0;a/s/@3#e=running,,,,0;", place_text(place));
}

static int print_range(void *context, const struct slot *s)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s@%lld-%lld x%lld=%s;", s->section,
			     (long long)s->planned, (long long)s->last, (long long)s->count,
			     states[s->state]);
}

static const char *ranges(struct place *place, int64_t from, int64_t to)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_slots(place->store, "a", from, to, 9, print_range, place, NULL));
	return place_text(place);
}

/* One row for very many: it is the row of each that has none of its own. */
static void a_row_stands_for_many(void **state)
{
	struct place *place = *state;
	struct slot one = { .agent = "a", .section = "s", .planned = 50, .state = SLOT_RAN };
	struct slot many = { .agent = "a",
			     .section = "s",
			     .planned = 10,
			     .last = 99,
			     .count = 90,
			     .state = SLOT_SKIPPED,
			     .reason = "missed: the clock was set forward" };
	size_t count = 9;

	assert_int_equal(0, store_slot_insert(place->store, &one, NULL));
	assert_int_equal(0, store_slot_insert(place->store, &many, NULL));
	assert_string_equal("s@10-99 x89=skipped;s@50-50 x1=ran;", ranges(place, 0, 1000));
	assert_string_equal("s@10-99 x89=skipped;", ranges(place, 99, 1000));
	assert_string_equal("", ranges(place, 100, 1000));
	one.planned = 10; /* also its first and last have theirs */
	assert_int_equal(-(int)ERROR_EXISTS, store_slot_insert(place->store, &one, NULL));
	one.planned = 99;
	assert_int_equal(-(int)ERROR_EXISTS, store_slot_insert(place->store, &one, NULL));
	one.planned = 100;
	assert_int_equal(0, store_slot_insert(place->store, &one, NULL));
	one.section = "t", one.planned = 60;
	assert_int_equal(0, store_slot_insert(place->store, &one, NULL));

	/* The clock was set back to 60: what lies behind it has not been missed. */
	one.section = "s", one.planned = 70;
	assert_int_equal(0, store_slots_withdraw(place->store, "a", "s", 60, NULL));
	assert_int_equal(0, store_slot_insert(place->store, &one, NULL));
	assert_string_equal("s@10-60 x51=skipped;s@50-50 x1=ran;t@60-60 x1=ran;s@70-70 x1=ran;"
			    "s@100-100 x1=ran;",
			    ranges(place, 0, 1000));
	assert_int_equal(0, store_slots_withdraw(place->store, "a", "s", 5, NULL));
	assert_string_equal("s@50-50 x1=ran;t@60-60 x1=ran;", ranges(place, 0, 65));

	assert_int_equal(0, store_slot_insert(place->store, &many, NULL));
	assert_int_equal(0, store_slots_prune(place->store, 99, 9, &count, NULL));
	assert_string_equal("s@10-99 x88=skipped;", ranges(place, 0, 100));
	assert_int_equal(0, store_slots_prune(place->store, 100, 9, &count, NULL));
	assert_string_equal("", ranges(place, 0, 100));
}

/* Most have rows already: the clock was set back behind what ran. The one that has none gets its.
 */
static void a_row_stands_for_what_is_left(void **state)
{
	struct place *place = *state;
	struct slot one = { .agent = "a", .section = "s", .state = SLOT_RAN };
	struct slot many = { .agent = "a",
			     .section = "s",
			     .planned = 10,
			     .last = 12,
			     .count = 3,
			     .state = SLOT_SKIPPED };

	for (one.planned = 10; one.planned < 12; one.planned++)
		assert_int_equal(0, store_slot_insert(place->store, &one, NULL));
	assert_int_equal(0, store_slot_insert(place->store, &many, NULL));
	assert_string_equal("s@10-12 x2=skipped;", ranges(place, 12, 100));
	one.planned = 12;
	assert_int_equal(-(int)ERROR_EXISTS, store_slot_insert(place->store, &one, NULL));

	many.section = one.section = "t"; /* all have */
	for (one.planned = 10; one.planned < 13; one.planned++)
		assert_int_equal(0, store_slot_insert(place->store, &one, NULL));
	assert_int_equal(-(int)ERROR_EXISTS, store_slot_insert(place->store, &many, NULL));
	assert_string_equal("s@10-12 x2=skipped;t@12-12 x1=ran;", ranges(place, 12, 100));
}

/* A session's end closes the slot that it has, whatever the section is called by now. */
static void a_slot_is_known_by_its_session(void **state)
{
	struct place *place = *state;
	struct slot slot = { .agent = "a", .section = "new", .planned = 1, .session = "01J" };

	assert_int_equal(0, store_slot_insert(place->store, &slot, NULL));
	slot.section = "old";
	slot.state = SLOT_RAN;
	slot.outcome = "done";
	assert_int_equal(0, store_slot_finish(place->store, &slot, NULL));
	assert_string_equal("a/new/@1=ran,,01J,done,0;", slots(place, "a", 0, 100, 9));
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_slot_finish(place->store, &slot, NULL));
	slot.session = "";
	assert_int_equal(-(int)ERROR_NOT_FOUND, store_slot_finish(place->store, &slot, NULL));
}

static void slots_of_a_range(void **state)
{
	struct place *place = *state;

	for (int64_t at = 50; at > 0; at -= 10)
		for (int agent = 0; agent < 2; agent++)
			store_slot_insert(place->store,
					  &(struct slot){ .agent = agent ? "b" : "a",
							  .section = "s",
							  .planned = at },
					  NULL);
	assert_string_equal("b/s/@20=running,,,,0;b/s/@30=running,,,,0;",
			    slots(place, "b", 20, 40, 9));
	assert_string_equal("a/s/@10=running,,,,0;b/s/@10=running,,,,0;a/s/@20=running,,,,0;",
			    slots(place, NULL, INT64_MIN, INT64_MAX, 3));
	assert_string_equal("", slots(place, "c", 0, 100, 9));
	assert_string_equal("", slots(place, "a", 0, 100, 0));
}

static int print_section(void *context, const struct section *s)
{
	struct place *place = context;

	assert_int_equal(5, s->past);
	assert_int_equal(s->pending, (int64_t)((uint64_t)s->next + 1));
	assert_int_equal(s->woken, s->next - 1);
	assert_true(*s->heard);
	return buffer_printf(&place->seen, "%s/%s %s %lld %lld %lld %s;", s->agent, s->key,
			     s->schedule, (long long)s->first_seen, (long long)s->next,
			     (long long)s->last_run, s->inputs);
}

static const char *sections(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_sections(place->store, print_section, place, NULL));
	return place_text(place);
}

static void put_section(struct place *place, const char *agent, const char *key, int64_t next)
{
	struct section section = { agent,    key,  "daily 09:00",
				   1,        next, 0,
				   "abc",    5,    (int64_t)((uint64_t)next + 1),
				   next - 1, key };

	assert_int_equal(0, store_section_put(place->store, &section, NULL));
}

static void sections_are_kept(void **state)
{
	struct place *place = *state;

	put_section(place, "b", "Weekly", 7);
	put_section(place, "a", "Daily", 3);
	put_section(place, "a", "Daily", INT64_MAX);
	assert_string_equal("a/Daily daily 09:00 1 9223372036854775807 0 abc;"
			    "b/Weekly daily 09:00 1 7 0 abc;",
			    sections(place));
}

static void slot_of(struct place *place, const char *section, int64_t planned, const char *event)
{
	struct slot slot = { .agent = "a", .section = section, .planned = planned, .event = event };

	assert_int_equal(0, store_slot_insert(place->store, &slot, NULL));
}

static void sections_are_renamed(void **state)
{
	struct place *place = *state;
	struct error error;

	put_section(place, "a", "Old", 5);
	put_section(place, "b", "Old", 6);
	put_section(place, "a", "New", 99); /* stood there long ago */
	slot_of(place, "Old", 10, "");
	slot_of(place, "Old", 20, "");
	slot_of(place, "Old", 20, "e");
	slot_of(place, "New", 10, "");
	assert_int_equal(0, store_section_rename(place->store, "a", "Old", "New", &error));
	assert_string_equal("a/New daily 09:00 1 5 0 abc;b/Old daily 09:00 1 6 0 abc;",
			    sections(place));
	/* the slot of a moment that the new key has is kept, and no row is lost */
	assert_string_equal("a/Old/@10=running,,,,0;a/New/@10=running,,,,0;a/New/@20=running,,,,0;"
			    "a/New/@20#e=running,,,,0;",
			    slots(place, "a", 0, 100, 9));
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 store_section_rename(place->store, "a", "Old", "Other", &error));
	assert_string_equal("a has no section \"Old\"", error.message);
}

static int print_file(void *context, const struct file_row *f)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s:%s %lld %lld %lld %llu %s;", f->repository, f->path,
			     (long long)f->stamp.size, (long long)f->stamp.mtime_ns,
			     (long long)f->stamp.ctime_ns, (unsigned long long)f->stamp.inode,
			     f->blob);
}

static const char *files(struct place *place)
{
	buffer_reset(&place->seen);
	assert_int_equal(0, store_files(place->store, print_file, place, NULL));
	return place_text(place);
}

static void files_are_replaced_as_a_whole(void **state)
{
	static const struct file_row rows[] = {
		{ .path = "SOUL.md", .stamp = { 1, 2, 3, UINT64_MAX }, .blob = "b1" },
		{ .path = "MEMORY.md", .stamp = { INT64_MAX, -2, 0, 4 }, .blob = "b2" },
	};
	struct place *place = *state;

	assert_int_equal(0, store_files_put(place->store, "agents/a", rows, 2, NULL));
	assert_int_equal(0, store_files_put(place->store, ".", rows, 1, NULL));
	assert_string_equal(".:SOUL.md 1 2 3 18446744073709551615 b1;"
			    "agents/a:MEMORY.md 9223372036854775807 -2 0 4 b2;"
			    "agents/a:SOUL.md 1 2 3 18446744073709551615 b1;",
			    files(place));
	assert_int_equal(0, store_files_put(place->store, "agents/a", rows + 1, 1, NULL));
	assert_int_equal(0, store_files_put(place->store, ".", NULL, 0, NULL));
	assert_string_equal("agents/a:MEMORY.md 9223372036854775807 -2 0 4 b2;", files(place));
}

static int stop_at_once(void *context, const struct section *section)
{
	(void)section;
	return *(int *)context;
}

static int walk_again(void *context, const struct section *section)
{
	struct place *place = context;
	struct error error;

	(void)section;
	assert_int_equal(-(int)ERROR_BUSY,
			 store_sections(place->store, print_section, place, &error));
	return 0;
}

static void visits_end_a_walk(void **state)
{
	struct place *place = *state;
	int stop = 42;

	put_section(place, "a", "1", 0);
	put_section(place, "a", "2", 0);
	assert_int_equal(42, store_sections(place->store, stop_at_once, &stop, NULL));
	assert_int_equal(0, store_sections(place->store, walk_again, place, NULL));
	assert_string_equal("a/1 daily 09:00 1 0 0 abc;a/2 daily 09:00 1 0 0 abc;",
			    sections(place));
}

static void epochs_grow(void **state)
{
	struct place *place = *state;
	int64_t epoch = 0;

	assert_int_equal(0, store_epoch(place->store, &epoch, NULL));
	assert_int_equal(0, epoch);
	for (int64_t i = 1; i <= 3; i++) {
		assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
		assert_int_equal(i, epoch);
		assert_int_equal(0, store_epoch(place->store, &epoch, NULL));
		assert_int_equal(i, epoch);
	}
	store_close(steal_pointer(&place->store));
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	assert_int_equal(0, store_epoch_next(place->store, &epoch, NULL));
	assert_int_equal(4, epoch);
}

int rows_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(slots_are_made_once),
		PLACE_TEST(terminal_slots_never_change),
		PLACE_TEST(open_slots_are_closed),
		PLACE_TEST(a_row_stands_for_many),
		PLACE_TEST(a_row_stands_for_what_is_left),
		PLACE_TEST(a_slot_is_known_by_its_session),
		PLACE_TEST(slots_of_a_range),
		PLACE_TEST(sections_are_kept),
		PLACE_TEST(wishes_last_until_they_are_met),
		PLACE_TEST(sections_are_renamed),
		PLACE_TEST(files_are_replaced_as_a_whole),
		PLACE_TEST(visits_end_a_walk),
		PLACE_TEST(epochs_grow),
	};

	return cmocka_run_group_tests_name("store: rows", tests, NULL, NULL);
}

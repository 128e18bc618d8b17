/* A session's export: what is in it, that it is whole or not at all, how it is found and removed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "export/export.h"

#include "base/clock.h"
#include "base/instant.h"

#include <ftw.h>
#include <stdio.h>

#define ID "01KAT0000000000000000000AA" /* of 2025-11-24T03:54:50Z */
#define STARTED INT64_C(1763971200123)  /* 2025-11-24T08:00:00.123Z */
#define PATH EXPORT_FOLDER "/2025-11-24/" ID ".jsonl"

struct place {
	char path[40];
	int dir;
	struct store *store;
	struct buffer seen;
};

static int setup(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->path, sizeof(place->path), "/tmp/agentd-export-XXXXXX");
	assert_non_null(mkdtemp(place->path));
	assert_int_equal(0, directory_open(place->path, &place->dir, NULL));
	assert_int_equal(0, store_open(place->dir, false, &place->store, NULL));
	place->seen = BUFFER(1024 * 1024);
	*state = place;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *walk)
{
	(void)st, (void)type, (void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct place *place = *state;

	store_close(place->store);
	fd_close(&place->dir);
	buffer_clear(&place->seen);
	nftw(place->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(place);
	return 0;
}

static const struct session_row session = {
	.id = ID,
	.agent = "kira",
	.cause = "heartbeat Daily (07:00)",
	.section = "daily",
	.heading = "Daily (07:00)",
	.model = "main",
	.outcome = "done",
	.reason = "",
	.text = "Grüße",
	.plan = "{\"soul\":\"4f\"}",
	.started = STARTED,
	.ended = STARTED + 2000,
	.turns = 1,
	.input_tokens = 30,
	.output_tokens = 4,
	.cost_micro_usd = 77,
	.epoch = 1,
};

static void put_steps(struct store *store)
{
	struct step model = { .session = ID,
			      .seq = 1,
			      .kind = "model",
			      .effect = "idempotent",
			      .intent = "{\"model\":\"m\"}",
			      .result = "{\"text\":\"a\\nb\"}",
			      .epoch = 1,
			      .intent_at = STARTED + 10,
			      .result_at = STARTED + 510,
			      .cost_micro_usd = 77 };
	struct step tool = { .session = ID,
			     .seq = 2,
			     .kind = "post",
			     .effect = "once",
			     .intent = "no {\n JSON",
			     .epoch = 1,
			     .intent_at = STARTED + 600 };

	assert_int_equal(0, store_step_intent(store, &model, NULL));
	assert_int_equal(0, store_step_intent(store, &tool, NULL));
}

static struct call_row call_of(int64_t attempt)
{
	return (struct call_row){ .session = ID,
				  .agent = "kira",
				  .cause = "message",
				  .work = "beat",
				  .route = "default",
				  .provider = "p",
				  .model = "main",
				  .seq = 1,
				  .attempt = attempt,
				  .reserved_at = STARTED + 10,
				  .reserved_micro_usd = 900,
				  .max_tokens = 4096 };
}

static void settle(struct store *store, int64_t attempt, int64_t settled_at)
{
	struct call_row row = call_of(attempt);

	row.state = CALL_SETTLED;
	row.settled_at = settled_at;
	row.micro_usd = 77;
	row.input_tokens = 10;
	row.cache_read_tokens = 20;
	row.output_tokens = 4;
	row.total_ms = 500;
	row.status = 200;
	assert_int_equal(0, store_call_settle(store, &row, NULL));
}

static void put_call(struct store *store, int64_t attempt)
{
	struct call_row row = call_of(attempt);

	assert_int_equal(0, store_call_reserve(store, &row, NULL, NULL));
}

static const struct death_row death = {
	.session = ID,
	.at = STARTED + 700,
	.until = STARTED + 1700,
	.own = true,
	.oom = true,
	.words = "out of memory",
};

/* A session that has ended, with two steps, a death and a call. */
static void put_session(struct place *place)
{
	struct session_row open = session;

	open.ended = 0;
	open.outcome = "";
	assert_int_equal(0, store_session_begin(place->store, &open, NULL));
	put_steps(place->store);
	assert_int_equal(0, store_death_add(place->store, &death, NULL));
	put_call(place->store, 1);
	settle(place->store, 1, STARTED + 510);
	assert_int_equal(0, store_session_end(place->store, &session, NULL));
}

static int print_line(void *context, const json_t *line)
{
	struct place *place = context;
	_free_ char *text = json_dumps(line, JSON_COMPACT);

	return buffer_printf(&place->seen, "%s\n", text);
}

static const char lines[] =
	"{\"record\":\"session\",\"session\":\"" ID "\",\"agent\":\"kira\","
	"\"cause\":\"heartbeat Daily (07:00)\",\"heartbeat\":\"Daily (07:00)\","
	"\"section\":\"daily\",\"model\":\"main\",\"outcome\":\"done\",\"reason\":null,"
	"\"text\":\"Grüße\",\"started\":\"2025-11-24T08:00:00.123Z\","
	"\"ended\":\"2025-11-24T08:00:02.123Z\",\"duration_ms\":2000,\"turns\":1,"
	"\"input_tokens\":30,\"output_tokens\":4,\"cost_micro_usd\":77,"
	"\"plan\":{\"soul\":\"4f\"}}\n"
	"{\"record\":\"step\",\"step\":1,\"kind\":\"model\",\"effect\":\"idempotent\","
	"\"at\":\"2025-11-24T08:00:00.133Z\",\"duration_ms\":500,\"intent\":{\"model\":\"m\"},"
	"\"result\":{\"text\":\"a\\nb\"},\"cost_micro_usd\":77}\n"
	"{\"record\":\"step\",\"step\":2,\"kind\":\"post\",\"effect\":\"once\","
	"\"at\":\"2025-11-24T08:00:00.723Z\",\"duration_ms\":null,\"intent\":\"no {\\n JSON\","
	"\"result\":null,\"cost_micro_usd\":0}\n"
	"{\"record\":\"death\",\"step\":2,\"at\":\"2025-11-24T08:00:00.823Z\",\"own\":true,"
	"\"oom\":true,\"until\":\"2025-11-24T08:00:01.823Z\",\"words\":\"out of memory\"}\n"
	"{\"record\":\"call\",\"time\":\"2025-11-24T08:00:00Z\",\"agent\":\"kira\","
	"\"session\":\"" ID "\",\"cause\":\"message\",\"task\":null,\"work\":\"beat\","
	"\"route\":\"default\",\"provider\":\"p\",\"model\":\"main\",\"place\":0,\"step\":1,"
	"\"attempt\":1,\"state\":\"settled\",\"input_tokens\":30,\"output_tokens\":4,"
	"\"cache_read_tokens\":20,\"cache_write_tokens\":0,\"reasoning_tokens\":0,"
	"\"max_tokens\":4096,\"cost_micro_usd\":77,\"reserved_micro_usd\":900,"
	"\"first_byte_ms\":null,\"total_ms\":500,\"status\":200,\"failure\":null,"
	"\"message\":null,\"decision\":null,\"request_id\":null}\n";

static void lines_are_the_same_from_both(void **state)
{
	struct place *place = *state;
	struct error error;

	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 export_lines(place->store, ID, print_line, place, &error));
	put_session(place);
	assert_int_equal(0, export_lines(place->store, ID, print_line, place, NULL));
	assert_string_equal(lines, place->seen.data);
	buffer_reset(&place->seen);
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	assert_int_equal(0, export_read(place->dir, PATH, print_line, place, NULL));
	assert_string_equal(lines, place->seen.data);
	/* and that is what the file holds */
	buffer_reset(&place->seen);
	assert_int_equal(0, file_read(place->dir, PATH, &place->seen, NULL, NULL));
	assert_string_equal(lines, place->seen.data);
}

static int print_name(void *context, const char *name, unsigned char type)
{
	struct place *place = context;

	(void)type;
	return buffer_printf(&place->seen, "%s ", name);
}

static const char *names(struct place *place, const char *folder)
{
	_fd_ int fd = -1;

	buffer_reset(&place->seen);
	buffer_append_text(&place->seen, "");
	if (!directory_open_beneath(place->dir, folder, &fd, NULL))
		assert_int_equal(0, directory_walk(fd, 99, print_name, place, NULL));
	return place->seen.data;
}

static void files_are_for_their_owner(void **state)
{
	struct place *place = *state;
	struct stat st;

	put_session(place);
	assert_int_equal(0, export_write(place->dir, place->store, ID, true, NULL));
	assert_int_equal(0, file_stat(place->dir, PATH, &st, NULL));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(0, file_stat(place->dir, EXPORT_FOLDER "/2025-11-24", &st, NULL));
	assert_int_equal(0700, st.st_mode & 07777);
	assert_int_equal(0, file_stat(place->dir, EXPORT_FOLDER, &st, NULL));
	assert_int_equal(0700, st.st_mode & 07777);
	assert_string_equal(ID ".jsonl ", names(place, EXPORT_FOLDER "/2025-11-24"));
}

static void only_what_has_ended_is_exported(void **state)
{
	struct place *place = *state;
	struct session_row open = session;

	open.ended = 0;
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 export_write(place->dir, place->store, ID, false, NULL));
	assert_int_equal(0, store_session_begin(place->store, &open, NULL));
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 export_write(place->dir, place->store, ID, false, NULL));
	/* the beginning of an id is none */
	assert_int_equal(0, store_session_end(place->store, &session, NULL));
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 export_write(place->dir, place->store, "01KAT", false, NULL));
	assert_string_equal("", names(place, EXPORT_FOLDER));
}

static void put_file(struct place *place, const char *path, struct span text)
{
	_fd_ int fd = -1;

	assert_int_equal(0, file_create(place->dir, path, 0600, &fd, NULL));
	assert_int_equal(0, fd_write_all(fd, text, NULL));
}

/* After a machine lost its power: the name is there, and any part of what it held. */
static void a_part_is_not_whole(void **state)
{
	struct place *place = *state;
	struct span whole = SPAN(""), hole = SPAN("{}\n{}\n\0\0\0\n{}\n");

	put_session(place);
	assert_false(export_is_there(place->dir, &session));
	assert_false(export_is_whole(place->dir, place->store, &session));
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	assert_true(export_is_there(place->dir, &session));
	assert_true(export_is_whole(place->dir, place->store, &session));
	whole = (struct span){ lines, sizeof(lines) - 1 };
	for (size_t length = 0; length < whole.length; length++) {
		put_file(place, PATH, span_slice(whole, 0, length));
		assert_int_equal(length != 0, export_is_there(place->dir, &session));
		assert_false(export_is_whole(place->dir, place->store, &session));
	}
	put_file(place, PATH, hole);
	assert_false(export_is_whole(place->dir, place->store, &session));
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	assert_true(export_is_whole(place->dir, place->store, &session));
}

static void what_is_settled_later_makes_it_old(void **state)
{
	struct place *place = *state;

	put_session(place);
	put_call(place->store, 2);
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	assert_false(export_is_whole(place->dir, place->store, &session));
	settle(place->store, 2, session.ended + 1);
	assert_false(export_is_whole(place->dir, place->store, &session));
}

/* What cannot be written leaves what was there. */
static void a_write_that_fails_leaves_the_old_one(void **state)
{
	struct place *place = *state;
	struct error error;

	put_session(place);
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	assert_int_equal(0, directory_make(place->dir, PATH ".part", 0700, NULL));
	assert_true(export_write(place->dir, place->store, ID, false, &error) < 0);
	assert_true(export_is_whole(place->dir, place->store, &session));
}

static int print_found(void *context, const char *path, const char *id)
{
	struct place *place = context;

	return buffer_printf(&place->seen, "%s=%s ", id, path + strlen(EXPORT_FOLDER) + 1);
}

static void they_are_found_by_their_beginning(void **state)
{
	static const struct {
		const char *prefix, *expect;
	} table[] = {
		{ "01KAT0", ID "=2025-11-24/" ID ".jsonl "
			       "01KAT0000000000000000000AB=2025-12-30/"
			       "01KAT0000000000000000000AB.jsonl " },
		{ ID, ID "=2025-11-24/" ID ".jsonl " },
		{ "01KAT0000000000000000000AC", "" },
		{ "01KAU", "" },
		{ "01KAT0000000000000000000AA.", "" },
		{ "..", "" },
	};
	struct place *place = *state;

	assert_int_equal(0, export_find(place->dir, "01KAT0", print_found, place, NULL));
	put_session(place);
	assert_int_equal(0, export_write(place->dir, place->store, ID, false, NULL));
	/* it waited for weeks until it began */
	assert_int_equal(0, directory_make(place->dir, EXPORT_FOLDER "/2025-12-30", 0700, NULL));
	put_file(place, EXPORT_FOLDER "/2025-12-30/01KAT0000000000000000000AB.jsonl", SPAN("{}\n"));
	put_file(place, EXPORT_FOLDER "/2025-12-30/01KAT0000000000000000000AB.jsonl.part",
		 SPAN("{}\n"));
	put_file(place, EXPORT_FOLDER "/notes", SPAN("mine\n"));
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		buffer_reset(&place->seen);
		buffer_append_text(&place->seen, "");
		assert_int_equal(
			0, export_find(place->dir, table[i].prefix, print_found, place, NULL));
		assert_string_equal(table[i].expect, place->seen.data);
	}
}

static void a_line_that_is_none(void **state)
{
	struct place *place = *state;
	struct error error;

	assert_int_equal(0, directory_make(place->dir, EXPORT_FOLDER, 0700, NULL));
	put_file(place, EXPORT_FOLDER "/x", SPAN("{}\n{\"a\":\n"));
	assert_int_equal(-(int)ERROR_INVALID,
			 export_read(place->dir, EXPORT_FOLDER "/x", print_line, place, &error));
	assert_int_equal(2, error.line);
	assert_int_equal(-(int)ERROR_NOT_FOUND,
			 export_read(place->dir, EXPORT_FOLDER "/y", print_line, place, &error));
}

static void old_days_are_removed(void **state)
{
	struct place *place = *state;
	int64_t next_day = 0;
	size_t count = 99;

	assert_int_equal(1, instant_parse(SPAN("2025-11-25"), &next_day));
	assert_int_equal(0, export_remove_old(place->dir, INT64_MAX, 9, &count, NULL));
	assert_int_equal(0, count);
	for (int i = 0; i < 5; i++) {
		static const char *const days[] = { "2025-11-23", "2025-11-24", "2025-11-25" };
		_free_ char *day = xasprintf(EXPORT_FOLDER "/%s", days[i % 3]);
		_free_ char *path = xasprintf("%s/" ID "%d.jsonl", day, i);

		assert_int_equal(0, directory_make(place->dir, day, 0700, NULL));
		put_file(place, path, SPAN("{}\n"));
	}
	put_file(place, EXPORT_FOLDER "/2025-11-24/notes.txt", SPAN("mine\n"));
	put_file(place, EXPORT_FOLDER "/2025-11-24/" ID ".jsonl.part", SPAN("{"));
	put_file(place, EXPORT_FOLDER "/2025-11-2", SPAN("mine\n"));
	/* a day that is not over before then stays */
	assert_int_equal(0, export_remove_old(place->dir, next_day, 9, &count, NULL));
	assert_int_equal(2, count);
	assert_string_equal("2025-11-2 2025-11-24 2025-11-25 ", names(place, EXPORT_FOLDER));
	assert_int_equal(0, export_remove_old(place->dir, next_day + 1, 2, &count, NULL));
	assert_int_equal(2, count);
	assert_int_equal(0, export_remove_old(place->dir, next_day + 1, 2, &count, NULL));
	assert_int_equal(1, count);
	/* what is a person's is left alone */
	assert_string_equal("notes.txt ", names(place, EXPORT_FOLDER "/2025-11-24"));
	assert_string_equal("2025-11-2 2025-11-24 2025-11-25 ", names(place, EXPORT_FOLDER));
}

static void sizes_of_days(void **state)
{
	struct place *place = *state;
	int64_t day = INT64_MAX, bytes = 7, first = 0, last = 0;

	assert_int_equal(1, instant_parse(SPAN("2025-11-23"), &first));
	assert_int_equal(1, instant_parse(SPAN("2025-11-25"), &last));
	assert_int_equal(0, export_day_before(place->dir, INT64_MAX, &day, &bytes, NULL));
	assert_int_equal(-1, day);
	assert_int_equal(0, bytes);
	assert_int_equal(0, directory_make(place->dir, EXPORT_FOLDER "/2025-11-23", 0700, NULL));
	assert_int_equal(0, directory_make(place->dir, EXPORT_FOLDER "/2025-11-25", 0700, NULL));
	put_file(place, EXPORT_FOLDER "/2025-11-23/a.jsonl", SPAN("{}\n"));
	put_file(place, EXPORT_FOLDER "/2025-11-25/a.jsonl", SPAN("{}\n"));
	put_file(place, EXPORT_FOLDER "/2025-11-25/b.jsonl", SPAN("{}\n{}\n"));
	put_file(place, EXPORT_FOLDER "/notes", SPAN("mine\n"));
	assert_int_equal(0, export_day_before(place->dir, INT64_MAX, &day, &bytes, NULL));
	assert_int_equal(last, day);
	assert_int_equal(9, bytes);
	assert_int_equal(0, export_day_before(place->dir, day, &day, &bytes, NULL));
	assert_int_equal(first, day);
	assert_int_equal(3, bytes);
	assert_int_equal(0, export_day_before(place->dir, day, &day, &bytes, NULL));
	assert_int_equal(-1, day);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
	static const struct CMUnitTest tests[] = {
		TEST(lines_are_the_same_from_both),
		TEST(files_are_for_their_owner),
		TEST(only_what_has_ended_is_exported),
		TEST(a_part_is_not_whole),
		TEST(what_is_settled_later_makes_it_old),
		TEST(a_write_that_fails_leaves_the_old_one),
		TEST(they_are_found_by_their_beginning),
		TEST(a_line_that_is_none),
		TEST(old_days_are_removed),
		TEST(sizes_of_days),
	};

	return cmocka_run_group_tests_name("export", tests, NULL, NULL);
}

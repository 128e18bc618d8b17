/* Streams recorded from live servers (../shared/wire), cut at every place. */
#include "record.h"

#include "../../../lib/model/sse.h"
#include "base/clock.h"
#include "base/file.h"

#define FOLDER "../shared/wire"
#define FILES_MAX 200
#define WHOLE_SWEEP 16384 /* bytes up to which each two-piece cut runs through all layers */

struct recording {
	char *name;
	char *format; /* of index.json, or "error" */
	int status;
	bool tool_call;
	struct buffer bytes;
};

/* jansson's blocks are used again: a sanitizer's malloc takes most of the time of a sweep, and says
 * nothing about a library that was built without it. The other tests run on the real one. */
#define BLOCK_SIZES 64

struct block {
	size_t size; /* in units of 16 bytes */
	struct block *next;
};

static struct block *unused[BLOCK_SIZES];

static void *block_take(size_t bytes)
{
	size_t size = (bytes + 15) / 16;
	struct block *block = size < BLOCK_SIZES ? unused[size] : NULL;

	if (block) {
		unused[size] = block->next;
	} else {
		block = xmalloc(sizeof(*block) + size * 16);
		block->size = size;
	}
	return block + 1;
}

static void block_give(void *bytes)
{
	struct block *block = bytes;

	if (!block)
		return;
	block--;
	if (block->size >= BLOCK_SIZES) {
		free(block);
		return;
	}
	block->next = unused[block->size];
	unused[block->size] = block;
}

static void blocks_free(void)
{
	for (size_t i = 0; i < BLOCK_SIZES; i++) {
		while (unused[i]) {
			struct block *block = unused[i];

			unused[i] = block->next;
			free(block);
		}
	}
}

static struct recording recordings[FILES_MAX];
static size_t recording_count;

static const char *our_format(const struct recording *r)
{
	if (!strcmp(r->format, "openai-chat"))
		return "openai";
	return !strcmp(r->format, "anthropic-messages") ? "anthropic" : NULL;
}

static bool full_sweep(void)
{
	return getenv("AGENTD_TEST_FULL") != NULL;
}

static struct span bytes_of(const struct recording *r)
{
	return buffer_span(&r->bytes);
}

static void read_recording(int dir, const json_t *entry)
{
	struct recording *r = &recordings[recording_count++];
	struct error error;

	r->name = xstrdup(json_string_value(json_object_get(entry, "file")));
	r->format = xstrdup(json_string_value(json_object_get(entry, "format")));
	r->status = (int)json_integer_value(json_object_get(entry, "status"));
	r->tool_call = json_is_true(json_object_get(entry, "tool_call"));
	r->bytes = BUFFER(16 * 1024 * 1024);
	assert_int_equal(file_read(dir, r->name, &r->bytes, NULL, &error), 0);
}

static int set_up(void **state)
{
	_fd_ int dir = -1;
	json_t *index, *list, *entry;
	size_t i;

	(void)state;
	if (directory_open(FOLDER, &dir, NULL))
		return 0;
	index = json_load_file(FOLDER "/index.json", 0, NULL);
	list = json_is_array(index) ? index : json_object_get(index, "files");
	json_array_foreach(list, i, entry) {
		read_recording(dir, entry);
	}
	json_decref(index);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	for (size_t i = 0; i < recording_count; i++) {
		free(recordings[i].name);
		free(recordings[i].format);
		buffer_clear(&recordings[i].bytes);
	}
	blocks_free();
	return 0;
}

static void need_recordings(void)
{
	if (recording_count)
		return;
	print_message("%s is not there: skipped\n", FOLDER);
	skip();
}

typedef void (*visit)(const struct recording *r, const char *format);

static void each_stream(visit function)
{
	need_recordings();
	for (size_t i = 0; i < recording_count; i++)
		if (our_format(&recordings[i]))
			function(&recordings[i], our_format(&recordings[i]));
}

/* ---- what they hold ---- */

static void has_sense(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	_free_ char *outcome = NULL;

	record_run(&whole, format, bytes_of(r), 0);
	outcome = record_outcome(&whole);
	print_message("%-42s %.900s\n", r->name, outcome);
	if (strstr(r->bytes.data, "\"error\":{")) {
		assert_int_equal(whole.result, -ERROR_REMOTE);
		assert_string_equal(whole.error.message, "Token limit reached (400)");
		return;
	}
	assert_int_equal(whole.result, 0);
	assert_true(whole.reply->usage.known);
	assert_true(whole.reply->usage.output_tokens > 0);
	assert_int_equal(whole.reply->call_count > 0, r->tool_call);
	assert_int_equal(whole.reply->stop, r->tool_call ? MODEL_STOP_TOOLS : MODEL_STOP_END);
	for (size_t i = 0; i < whole.reply->call_count; i++)
		assert_non_null(whole.reply->calls[i].arguments);
	assert_non_null(whole.reply->request_id);
}

static void every_recording_makes_sense(void **state)
{
	(void)state;
	each_stream(has_sense);
}

/* ---- cuts ---- */

static void same(const struct record *whole, const struct record *cut, const char *name, size_t at)
{
	_free_ char *expected = record_outcome(whole), *got = record_outcome(cut);

	if (!strcmp(whole->events.data, cut->events.data) && !strcmp(expected, got))
		return;
	print_error("%s cut at %zu\n%s\n%s\n", name, at, expected, got);
	assert_string_equal(cut->events.data, whole->events.data);
	assert_string_equal(got, expected);
}

static size_t stride_of(const struct recording *r)
{
	return r->bytes.length <= WHOLE_SWEEP || full_sweep() ? 1 : 61;
}

static void cut_in_two(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;

	record_run(&whole, format, bytes_of(r), 0);
	for (size_t cut = 1; cut < r->bytes.length; cut += stride_of(r)) {
		CLEANUP(record_clear) struct record two;

		record_run(&two, format, bytes_of(r), cut);
		same(&whole, &two, r->name, cut);
	}
}

static void two_pieces_are_the_whole(void **state)
{
	(void)state;
	each_stream(cut_in_two);
}

static void cut_to_bytes(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	CLEANUP(record_clear) struct record bytes;

	record_run(&whole, format, bytes_of(r), 0);
	record_run_bytes(&bytes, format, bytes_of(r));
	same(&whole, &bytes, r->name, 1);
}

static void single_bytes_are_the_whole(void **state)
{
	(void)state;
	each_stream(cut_to_bytes);
}

/* The long ones: cuts each event at its n-th byte, for every n, so that every byte is a place of a cut. */
static void chop(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	struct span bytes = bytes_of(r);
	bool any = stride_of(r) > 1;

	record_run(&whole, format, bytes, 0);
	for (size_t n = 1; any; n++) {
		CLEANUP(record_clear) struct record chopped;
		size_t begin = 0;

		any = false;
		record_begin(&chopped, format);
		while (begin < bytes.length) {
			const char *end = memmem(bytes.data + begin, bytes.length - begin, "\n\n", 2);
			size_t after = end ? (size_t)(end - bytes.data) + 2 : bytes.length;
			size_t cut = begin + n < after ? begin + n : after;

			any = any || cut < after;
			record_feed(&chopped, span_slice(bytes, begin, cut));
			record_feed(&chopped, span_slice(bytes, cut, after));
			begin = after;
		}
		record_finish(&chopped);
		same(&whole, &chopped, r->name, n);
	}
}

static void every_event_cut_at_every_byte(void **state)
{
	(void)state;
	each_stream(chop);
}

/* ---- the layer below: truly each two-piece cut of each file ---- */

/* Compares events with those of a first run, one by one, without keeping them again. */
struct sse_check {
	struct buffer first;
	size_t at;
	bool checking;
};

static void sse_bytes(struct sse_check *check, struct span bytes)
{
	if (!check->checking) {
		buffer_append(&check->first, bytes);
		return;
	}
	assert_true(check->at + bytes.length <= check->first.length);
	if (bytes.length)
		assert_int_equal(memcmp(check->first.data + check->at, bytes.data, bytes.length), 0);
	check->at += bytes.length;
}

static int sse_note(void *context, const struct sse_event *event, struct error *error)
{
	(void)error;
	sse_bytes(context, event->comment ? SPAN("comment ") : SPAN("event "));
	sse_bytes(context, event->name);
	sse_bytes(context, SPAN("|"));
	sse_bytes(context, event->data);
	sse_bytes(context, SPAN("\n"));
	return 0;
}

static void sse_run(struct sse_check *check, struct span bytes, size_t cut)
{
	CLEANUP(sse_clear) struct sse sse;

	sse_init(&sse, MODEL_EVENT_MAX, sse_note, check);
	check->at = 0;
	assert_int_equal(sse_feed(&sse, span_slice(bytes, 0, cut), NULL), 0);
	assert_int_equal(sse_feed(&sse, span_slice(bytes, cut, bytes.length), NULL), 0);
	assert_int_equal(sse_finish(&sse, NULL), 0);
}

static void events_of_every_cut_are_the_same(void **state)
{
	(void)state;
	need_recordings();
	for (size_t i = 0; i < recording_count; i++) {
		struct sse_check check = { .first = BUFFER(64 * 1024 * 1024) };
		struct span bytes = bytes_of(&recordings[i]);

		if (!strcmp(recordings[i].format, "error"))
			continue;
		sse_run(&check, bytes, 0);
		check.checking = true;
		for (size_t cut = 1; cut < bytes.length; cut++) {
			sse_run(&check, bytes, cut);
			assert_int_equal(check.at, check.first.length);
		}
		buffer_clear(&check.first);
	}
}

/* ---- truncation ---- */

static bool begins(const char *text, const char *beginning)
{
	return !strncmp(text, beginning, strlen(beginning));
}

static size_t count_calls(const struct record *record)
{
	size_t count = 0;

	for (const char *at = record->events.data; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		count += begins(at, "call ");
	}
	return count;
}

/* A prefix tells a prefix of what the whole tells, and is a reply only when the server had said that it
 * was done; then it is the reply, but for the usage that was still to come. */
static void check_prefix(const struct record *whole, const struct record *part, const char *name,
			 size_t at)
{
	if (part->events.length && !begins(whole->events.data, part->events.data)) {
		/* The whole goes on with the same text, or with pings where the part's calls stand. */
		assert_int_equal(part->result, 0);
		assert_true(count_calls(part) <= count_calls(whole));
	}
	if (part->result) {
		assert_int_equal(count_calls(part), 0);
		if (part->result != whole->result && part->result != -ERROR_CLOSED) {
			print_error("%s truncated at %zu: %s\n", name, at, part->error.message);
			fail();
		}
		return;
	}
	if (!whole->reply)
		return; /* the error came behind the finish_reason */
	assert_string_equal(part->reply->text, whole->reply->text);
	assert_int_equal(part->reply->call_count, whole->reply->call_count);
	for (size_t i = 0; i < part->reply->call_count; i++) {
		assert_string_equal(part->reply->calls[i].name, whole->reply->calls[i].name);
		assert_true(json_equal(part->reply->calls[i].arguments,
				       whole->reply->calls[i].arguments));
	}
}

static void truncate_everywhere(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	size_t partial = 0;

	record_run(&whole, format, bytes_of(r), 0);
	for (size_t length = 0; length < r->bytes.length; length += stride_of(r)) {
		CLEANUP(record_clear) struct record part;

		record_run(&part, format, span_slice(bytes_of(r), 0, length), length / 2);
		check_prefix(&whole, &part, r->name, length);
		partial += part.result == -ERROR_CLOSED;
	}
	assert_true(partial > 0);
}

static void a_cut_stream_is_no_reply(void **state)
{
	(void)state;
	each_stream(truncate_everywhere);
}

/* ---- others ---- */

/* Formats that we do not speak, and error bodies where a stream should be: no crash, no reply. */
static void other_formats_fail_quietly(void **state)
{
	static const char *const formats[] = { "openai", "anthropic" };

	(void)state;
	need_recordings();
	for (size_t i = 0; i < recording_count * 2; i++) {
		const struct recording *r = &recordings[i / 2];
		CLEANUP(record_clear) struct record record;

		if (our_format(r) && !strcmp(our_format(r), formats[i % 2]))
			continue;
		record_run(&record, formats[i % 2], bytes_of(r), r->bytes.length / 3);
		assert_int_not_equal(record.result, 0);
		assert_true(record.error.message[0]);
	}
}

static void error_bodies_have_a_text(void **state)
{
	(void)state;
	need_recordings();
	for (size_t i = 0; i < recording_count; i++) {
		const struct recording *r = &recordings[i];
		CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);
		char status[16];

		if (strcmp(r->format, "error"))
			continue;
		model_error_text(r->status, bytes_of(r), &text);
		snprintf(status, sizeof(status), "HTTP %d (", r->status);
		print_message("%s\n", text.data);
		assert_true(begins(text.data, status));
		assert_non_null(strstr(text.data, "): "));
		assert_true(text.length < 700 && utf8_valid(buffer_span(&text)));
	}
}

static void throughput(void **state)
{
	size_t bytes = 0;
	int64_t begin = clock_monotonic_us(), us;

	(void)state;
	need_recordings();
	while (clock_monotonic_us() < begin + 300000) {
		for (size_t i = 0; i < recording_count; i++) {
			CLEANUP(record_clear) struct record whole;

			if (!our_format(&recordings[i]))
				continue;
			record_run(&whole, our_format(&recordings[i]), bytes_of(&recordings[i]), 0);
			bytes += recordings[i].bytes.length;
		}
	}
	us = clock_monotonic_us() - begin;
	print_message("%.1f MB/s\n", (double)bytes / (double)us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recording_makes_sense),
		cmocka_unit_test(single_bytes_are_the_whole),
		cmocka_unit_test(every_event_cut_at_every_byte),
		cmocka_unit_test(two_pieces_are_the_whole),
		cmocka_unit_test(events_of_every_cut_are_the_same),
		cmocka_unit_test(a_cut_stream_is_no_reply),
		cmocka_unit_test(other_formats_fail_quietly),
		cmocka_unit_test(error_bodies_have_a_text),
		cmocka_unit_test(throughput),
	};

	json_set_alloc_funcs(block_take, block_give);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}

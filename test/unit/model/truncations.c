/* The recorded streams broken off at every byte: no reply, no call, unless the server was done. */
#include "recording.h"

#include "../../../lib/model/stream.h"

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

/* A prefix tells a prefix of what the whole tells, and is a reply only when the server had said
 * that it was done; then it is the reply, but for the usage that was still to come. */
static void check_prefix(const struct record *whole, const struct record *part, const char *name,
			 size_t at)
{
	if (part->events.length && !begins(whole->events.data, part->events.data)) {
		/* The whole goes on with the same text, or with pings where the part's calls stand.
		 */
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

static bool truncate_at(const struct record *whole, const struct recording *r, const char *format,
			size_t length)
{
	CLEANUP(record_clear) struct record part;

	record_run(&part, format, span_slice(recording_bytes(r), 0, length), length / 2);
	check_prefix(whole, &part, r->name, length);
	return part.result == -ERROR_CLOSED;
}

static void truncate_everywhere(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole = { 0 };
	size_t partial = 0;

	if (recording_stride(r) > 1)
		return;
	record_run(&whole, format, recording_bytes(r), 0);
	for (size_t length = 0; length < r->bytes.length; length++)
		partial += truncate_at(&whole, r, format, length);
	assert_true(partial > 0);
}

/* ---- the long ones, each byte of them in one go ----
 *
 * A run from the beginning for each of n bytes reads n² of them. An end of input that cuts an event
 * in two changes a stream only where `revive` says; so one stream is ended there, revived, fed the
 * begun event once more, and goes on. Where the cut event was read after all, the run is made from
 * the beginning. That the stream still comes to the reply of the whole proves that it was revived
 * as it was. */

static const char cut_event[] = "the stream ended in the middle of an event";

static void revive(struct record *record, unsigned round)
{
	record->stream->failure = record->result = 0;
	record->stream->at_end = false;
	record->stream->round = round;
}

/* Where the event begins that the byte at `at` belongs to. */
static size_t event_begin(struct span bytes, size_t at)
{
	while (at >= 2 && (bytes.data[at - 1] != '\n' || bytes.data[at - 2] != '\n'))
		at--;
	return at >= 2 ? at : 0;
}

/* Does the end of input at `length` do nothing but cut an event? Then it was told so. */
static bool ends_in_event(const struct record *whole, struct record *record,
			  const struct recording *r, size_t length)
{
	struct span bytes = recording_bytes(r);
	size_t begin = event_begin(bytes, length), events = record->events.length;
	unsigned round = record->stream->round;

	if (record->stream->terminal || bytes.data[length - 1] == '\n' ||
	    !memmem(bytes.data + begin, length - begin, "data: {", 7) ||
	    bytes.data[length - 1] == '}')
		return false;
	record_finish(record);
	assert_int_equal(record->result, -ERROR_CLOSED);
	assert_string_equal(record->error.message, cut_event);
	assert_int_equal(record->events.length, events);
	check_prefix(whole, record, r->name, length);
	revive(record, round);
	record_feed(record, span_slice(bytes, begin, length));
	return true;
}

static void truncate_in_one_go(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole = { 0 };
	CLEANUP(record_clear) struct record record = { 0 };
	size_t revived = 0;

	if (recording_stride(r) == 1)
		return;
	record_run(&whole, format, recording_bytes(r), 0);
	record_begin(&record, format);
	for (size_t length = 1; length <= r->bytes.length; length++) {
		record_feed(&record, span_slice(recording_bytes(r), length - 1, length));
		if (ends_in_event(&whole, &record, r, length))
			revived++;
		else
			truncate_at(&whole, r, format, length);
	}
	record_finish(&record);
	assert_string_equal(record.events.data, whole.events.data);
	assert_int_equal(record.result, whole.result);
	print_message("%-42s %zu of %zu in one go\n", r->name, revived, r->bytes.length);
}

static void a_long_cut_stream_is_no_reply(void **state)
{
	(void)state;
	recordings_each(truncate_in_one_go);
}

static void a_cut_stream_is_no_reply(void **state)
{
	(void)state;
	recordings_each(truncate_everywhere);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cut_stream_is_no_reply),
		cmocka_unit_test(a_long_cut_stream_is_no_reply),
	};

	return cmocka_run_group_tests(tests, recordings_load, recordings_free);
}

/* The recorded streams broken off at every byte: no reply, no call, unless the server was done. */
#include "recording.h"

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

static void truncate_everywhere(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	size_t partial = 0;

	record_run(&whole, format, recording_bytes(r), 0);
	for (size_t length = 0; length < r->bytes.length; length += recording_stride(r)) {
		CLEANUP(record_clear) struct record part;

		record_run(&part, format, span_slice(recording_bytes(r), 0, length), length / 2);
		check_prefix(&whole, &part, r->name, length);
		partial += part.result == -ERROR_CLOSED;
	}
	assert_true(partial > 0);
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
	};

	return cmocka_run_group_tests(tests, recordings_load, recordings_free);
}

/* The recorded streams cut into pieces: the same events, reply and usage. */
#include "recording.h"

#include "../../../lib/model/sse.h"

static void same(const struct record *whole, const struct record *cut, const char *name, size_t at)
{
	_free_ char *expected = record_outcome(whole), *got = record_outcome(cut);

	if (!strcmp(whole->events.data, cut->events.data) && !strcmp(expected, got))
		return;
	print_error("%s cut at %zu\n%s\n%s\n", name, at, expected, got);
	assert_string_equal(cut->events.data, whole->events.data);
	assert_string_equal(got, expected);
}

static void cut_in_two(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;

	record_run(&whole, format, recording_bytes(r), 0);
	for (size_t cut = 1; cut < r->bytes.length; cut += recording_stride(r)) {
		CLEANUP(record_clear) struct record two;

		record_run(&two, format, recording_bytes(r), cut);
		same(&whole, &two, r->name, cut);
	}
}

static void two_pieces_are_the_whole(void **state)
{
	(void)state;
	recordings_each(cut_in_two);
}

static void cut_to_bytes(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	CLEANUP(record_clear) struct record bytes;

	record_run(&whole, format, recording_bytes(r), 0);
	record_run_bytes(&bytes, format, recording_bytes(r));
	same(&whole, &bytes, r->name, 1);
}

static void single_bytes_are_the_whole(void **state)
{
	(void)state;
	recordings_each(cut_to_bytes);
}

/* The long ones: cuts each event at its n-th byte, for every n, so that every byte is a place of a
 * cut. */
static void chop(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	struct span bytes = recording_bytes(r);
	bool any = recording_stride(r) > 1;

	record_run(&whole, format, bytes, 0);
	for (size_t n = 1; any; n++) {
		CLEANUP(record_clear) struct record chopped;
		size_t begin = 0;

		any = false;
		record_begin(&chopped, format);
		while (begin < bytes.length) {
			const char *end = memmem(bytes.data + begin, bytes.length - begin, "\n\n",
						 2);
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
	recordings_each(chop);
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
		assert_int_equal(memcmp(check->first.data + check->at, bytes.data, bytes.length),
				 0);
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
	recordings_needed();
	for (size_t i = 0; i < recording_count; i++) {
		struct sse_check check = { .first = BUFFER(64 * 1024 * 1024) };
		struct span bytes = recording_bytes(&recordings[i]);

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_bytes_are_the_whole),
		cmocka_unit_test(every_event_cut_at_every_byte),
		cmocka_unit_test(two_pieces_are_the_whole),
		cmocka_unit_test(events_of_every_cut_are_the_same),
	};

	return cmocka_run_group_tests(tests, recordings_load, recordings_free);
}

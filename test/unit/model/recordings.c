/* What the recorded streams and error answers hold. */
#include "recording.h"

#include "base/clock.h"

static void has_sense(const struct recording *r, const char *format)
{
	CLEANUP(record_clear) struct record whole;
	_free_ char *outcome = NULL;

	record_run(&whole, format, recording_bytes(r), 0);
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
	recordings_each(has_sense);
}

/* Formats that we do not speak, and error bodies where a stream should be: no crash, no reply. */
static void other_formats_fail_quietly(void **state)
{
	static const char *const formats[] = { "openai", "anthropic", "ollama", "responses" };

	(void)state;
	recordings_needed();
	for (size_t i = 0; i < recording_count * 4; i++) {
		const struct recording *r = &recordings[i / 4];
		CLEANUP(record_clear) struct record record;

		if (recording_format(r) && !strcmp(recording_format(r), formats[i % 4]))
			continue;
		record_run(&record, formats[i % 4], recording_bytes(r), r->bytes.length / 3);
		assert_int_not_equal(record.result, 0);
		assert_true(record.error.message[0]);
	}
}

static void error_bodies_have_a_text(void **state)
{
	(void)state;
	recordings_needed();
	for (size_t i = 0; i < recording_count; i++) {
		const struct recording *r = &recordings[i];
		CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);
		char status[16];

		if (strcmp(r->format, "error"))
			continue;
		model_error_text(r->status, recording_bytes(r), &text);
		snprintf(status, sizeof(status), "HTTP %d (", r->status);
		print_message("%s\n", text.data);
		assert_ptr_equal(strstr(text.data, status), text.data);
		assert_non_null(strstr(text.data, "): "));
		assert_true(text.length < 700 && utf8_valid(buffer_span(&text)));
	}
}

static void throughput(void **state)
{
	size_t bytes = 0;
	int64_t begin = clock_monotonic_us(), us;

	(void)state;
	recordings_needed();
	while (clock_monotonic_us() < begin + 300000) {
		for (size_t i = 0; i < recording_count; i++) {
			CLEANUP(record_clear) struct record whole;

			if (!recording_format(&recordings[i]))
				continue;
			record_run(&whole, recording_format(&recordings[i]),
				   recording_bytes(&recordings[i]), 0);
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
		cmocka_unit_test(other_formats_fail_quietly),
		cmocka_unit_test(error_bodies_have_a_text),
		cmocka_unit_test(throughput),
	};

	return cmocka_run_group_tests(tests, recordings_load, recordings_free);
}

/* What bounds a stream: calls, arguments, nesting, text, one event. */
#include "record.h"

#include "../../../lib/model/stream.h"

#define D(json) "data: " json "\n\n"
#define DONE "data: [DONE]\n\n"
#define DELTA(members) D("{'choices':[{'delta':{" members "}}]}")
#define TEXT(text) DELTA("'content':'" text "'")
#define CALL(members) DELTA("'tool_calls':[{" members "}]")
#define WHOLE(id, name, arguments) \
	"'id':'" id "','function':{'name':'" name "','arguments':'" arguments "'}"

static void feed_text(struct record *record, const char *text)
{
	_free_ char *bytes = stream_row_bytes(text, "\n");

	record_feed(record, span_of(bytes));
}

static void too_many_calls_are_left_out(void **state)
{
	CLEANUP(record_clear) struct record record;

	(void)state;
	record_begin(&record, "openai");
	for (int i = 0; i < 100; i++) {
		_free_ char *event = xasprintf(CALL("'index':%d," WHOLE("%d", "f", "{}")), i, i);

		feed_text(&record, event);
	}
	feed_text(&record, DONE);
	record_finish(&record);
	assert_int_equal(record.result, 0);
	assert_int_equal(record.reply->call_count, MODEL_CALLS_MAX);
}

static void huge_arguments_are_malformed(void **state)
{
	CLEANUP(record_clear) struct record record;

	(void)state;
	record_begin(&record, "openai");
	feed_text(&record, CALL("'index':0," WHOLE("a", "f", "{\\'x\\':\\'")));
	for (int i = 0; i < MODEL_ARGUMENTS_MAX / 1000 + 1; i++) {
		_free_ char *event = xasprintf(CALL("'index':0,'function':{'arguments':'%01000d'}"),
					       0);

		feed_text(&record, event);
	}
	feed_text(&record, CALL("'index':0,'function':{'arguments':'\\'}'}") DONE);
	record_finish(&record);
	assert_int_equal(record.result, 0);
	assert_int_equal(record.reply->call_count, 1);
	assert_null(record.reply->calls[0].arguments);
	assert_true(strlen(record.reply->calls[0].malformed) <= 2000);
}

static void deep_arguments_are_malformed(void **state)
{
	static const int depths[] = { 64, 65, 5000 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(depths); i++) {
		CLEANUP(buffer_clear) struct buffer b = BUFFER(1024 * 1024);
		CLEANUP(record_clear) struct record record;

		for (int d = 1; d < depths[i]; d++)
			buffer_append_text(&b, "{\\'x\\':");
		buffer_append_text(&b, "{}");
		for (int d = 1; d < depths[i]; d++)
			buffer_append_text(&b, "}");
		record_begin(&record, "openai");
		feed_text(&record,
			  "data: {'choices':[{'delta':{'tool_calls':[{'function':{'name':'f',"
			  "'arguments':'");
		feed_text(&record, b.data);
		feed_text(&record, "'}}]}}]}\n\n" DONE);
		record_finish(&record);
		assert_int_equal(record.result, 0);
		assert_int_equal(record.reply->calls[0].arguments != NULL, depths[i] <= 64);
	}
}

static void text_has_a_maximum(void **state)
{
	CLEANUP(record_clear) struct record record;
	_free_ char *event = xasprintf(TEXT("%0100000d"), 0);

	(void)state;
	record_begin(&record, "openai");
	for (int i = 0; i < MODEL_TEXT_MAX / 100000; i++)
		feed_text(&record, event);
	assert_int_equal(record.result, 0);
	feed_text(&record, event);
	assert_int_equal(record.result, -ERROR_TOO_LARGE);
}

/* A line of 10 MB is fine, one over the maximum is not, whatever pieces it comes in. */
static void events_have_a_maximum(void **state)
{
	static const size_t pieces[] = { 4096, 1 << 20, 1 << 26 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(pieces); i++) {
		for (size_t big = 0; big < 2; big++) {
			size_t size = big ? MODEL_EVENT_MAX + 20 : 10 * 1000 * 1000;
			CLEANUP(record_clear) struct record record;
			_free_ char *bytes = xmalloc(size + 1);

			memset(bytes, ' ', size);
			memcpy(bytes, "data: {\"choices\":[]", 19);
			memcpy(bytes + size - 4, "   }", 4);
			bytes[size] = '\0';
			record_begin(&record, "openai");
			for (size_t at = 0; at < size && !record.result; at += pieces[i])
				record_feed(
					&record,
					span_slice(span_of(bytes), at,
						   at + pieces[i] < size ? at + pieces[i] : size));
			if (!record.result)
				feed_text(&record, "\n\n");
			assert_int_equal(record.result, big ? -ERROR_TOO_LARGE : 0);
		}
	}
}

/* ---- the same in the formats of lines and of items ---- */

#define ITEM_CALL                                                                                 \
	D("{'type':'response.output_item.done','output_index':%d,'item':{'type':'function_call'," \
	  "'name':'f','arguments':'{}'}}")

static const struct shape {
	const char *format, *call, *text, *big, *big_end, *end;
} shapes[] = {
	{ "ollama", "{'message':{'tool_calls':[{'function':{'index':%d,'name':'f'}}]}}\n",
	  "{'message':{'content':'%0100000d'}}\n", "{'x':'", "'}\n", "{'done':true}\n" },
	{ "responses", ITEM_CALL, D("{'type':'response.output_text.delta','delta':'%0100000d'}"),
	  "data: {'x':'", "'}\n\n", D("{'type':'response.completed','response':{}}") },
};

static void feed_number(struct record *record, const char *format, int number)
{
	char text[101000];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, sizeof(text), format, number);
#pragma GCC diagnostic pop
	feed_text(record, text);
}

static void calls_and_text_have_a_maximum(void **state)
{
	(void)state;
	for (const struct shape *s = shapes; s < shapes + ARRAY_LENGTH(shapes); s++) {
		CLEANUP(record_clear) struct record calls;
		CLEANUP(record_clear) struct record text;

		record_begin(&calls, s->format);
		for (int i = 0; i < 100; i++)
			feed_number(&calls, s->call, i);
		feed_text(&calls, s->end);
		record_finish(&calls);
		assert_int_equal(calls.result, 0);
		assert_int_equal(calls.reply->call_count, MODEL_CALLS_MAX);
		record_begin(&text, s->format);
		for (int i = 0; i < MODEL_TEXT_MAX / 100000; i++)
			feed_number(&text, s->text, i);
		assert_int_equal(text.result, 0);
		feed_number(&text, s->text, 0);
		assert_int_equal(text.result, -ERROR_TOO_LARGE);
	}
}

/* A line of 10 MB is read, and holds no room behind its end. */
static void a_big_event_is_forgotten(void **state)
{
	static const char piece[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

	(void)state;
	for (const struct shape *s = shapes; s < shapes + ARRAY_LENGTH(shapes); s++) {
		CLEANUP(record_clear) struct record record;

		record_begin(&record, s->format);
		feed_text(&record, s->big);
		for (int i = 0; i < 100000; i++)
			record_feed(&record, span_of(piece));
		feed_text(&record, s->big_end);
		assert_int_equal(record.result, 0);
		assert_true(record.stream->sse.line.capacity + record.stream->sse.data.capacity <=
			    32768);
		feed_text(&record, s->end);
		record_finish(&record);
		assert_int_equal(record.result, 0);
		record_clear(&record);
		record_begin(&record, s->format);
		feed_text(&record, s->big);
		for (int i = 0; i < 200000 && !record.result; i++)
			record_feed(&record, span_of(piece));
		assert_int_equal(record.result, -ERROR_TOO_LARGE);
	}
}

static void a_finished_stream_is_closed(void **state)
{
	CLEANUP(record_clear) struct record record;
	struct error error;

	(void)state;
	record_begin(&record, "openai");
	feed_text(&record, TEXT("a") DONE);
	record_finish(&record);
	assert_int_equal(record.result, 0);
	assert_int_equal(model_stream_feed(record.stream, SPAN("x"), &error), -ERROR_CLOSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_many_calls_are_left_out),
		cmocka_unit_test(huge_arguments_are_malformed),
		cmocka_unit_test(deep_arguments_are_malformed),
		cmocka_unit_test(text_has_a_maximum),
		cmocka_unit_test(events_have_a_maximum),
		cmocka_unit_test(calls_and_text_have_a_maximum),
		cmocka_unit_test(a_big_event_is_forgotten),
		cmocka_unit_test(a_finished_stream_is_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

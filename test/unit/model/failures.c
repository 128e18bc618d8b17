/* Calls that fail: streams and replies that are none, and how failures are told. */
#include "failures.h"
#include "record.h"

void print_failure(const char *what, const struct model_failure *failure)
{
	print_error("%s\n  %s quirk %#x context %lld max_tokens %lld retry %lld \"%s\"\n", what,
		    failure_name(failure->class), failure->quirk, (long long)failure->context,
		    (long long)failure->max_tokens, (long long)failure->retry_after_ms,
		    failure->message);
}

/* ---- streams ---- */

#define CHUNK(delta) "data: {'choices':[{'index':0,'delta':{" delta "}}]}\n\n"
#define BEGIN                                                                              \
	"event: message_start\ndata: {'type':'message_start','message':{'id':'m','model':" \
	"'x'}}\n\n"

static const struct {
	const char *format, *stream;
	enum failure_class class;
	int64_t retry_after_ms;
} stream_rows[] = {
	{ "openai", CHUNK("'content':'a'"), FAILURE_BROKEN, -1 },
	{ "openai", "", FAILURE_BROKEN, -1 },
	{ "openai", "<html>", FAILURE_FORMAT, -1 },
	{ "openai", "data: {'a':1}{'b':2}\n\n", FAILURE_FORMAT, -1 },
	{ "openai", CHUNK("'content':'a'") "data: {'error':'boom'}\n\n", FAILURE_SERVER, -1 },
	{ "openai", "data: {'error':{'message':'x','code':429}}\n\n", FAILURE_RATE, -1 },
	{ "openai", "data: {'error':{'message':'x','code':'502'}}\n\n", FAILURE_SERVER, -1 },
	{ "openai",
	  "data: {'error':{'code':'rate_limit_exceeded','message':'Please try again in "
	  "20ms'}}\n\n",
	  FAILURE_RATE, 20 },
	{ "openai",
	  "data: {'choices':[],'error':{'message':'Provider returned error','code':503}}"
	  "\n\n",
	  FAILURE_OVERLOADED, -1 },
	{ "openai", "data: {'error':{'message':'Context size has been exceeded.','code':500}}\n\n",
	  FAILURE_OVERFLOW, -1 },
	{ "openai", "{'error':{'message':'x','type':'insufficient_quota'}}", FAILURE_MONEY, -1 },
	{ "openai", "data: {'choices':[{'delta':{},'finish_reason':'error'}]}\n\n", FAILURE_SERVER,
	  -1 },
	{ "openai",
	  "data: {'choices':[{'delta':{},'finish_reason':'function_call_filter: "
	  "MALFORMED_FUNCTION_CALL'}]}\n\n",
	  FAILURE_EMPTY, -1 },
	{ "openai",
	  "data: {'choices':[{'delta':{},'finish_reason':"
	  "'insufficient_system_resource'}]}\n\n",
	  FAILURE_OVERLOADED, -1 },
	{ "openai", "event: error\ndata: the model is overloaded\n\n", FAILURE_OVERLOADED, -1 },
	{ "anthropic",
	  BEGIN "event: error\ndata: {'type':'error','error':{'type':"
		"'overloaded_error','message':'Overloaded'}}\n\n",
	  FAILURE_OVERLOADED, -1 },
	{ "anthropic",
	  BEGIN "event: error\ndata: {'type':'error','error':{'type':"
		"'rate_limit_error','message':'x'}}\n\n",
	  FAILURE_RATE, -1 },
	{ "anthropic",
	  BEGIN "event: error\ndata: {'type':'error','error':{'type':'api_error',"
		"'message':'Internal server error'}}\n\n",
	  FAILURE_SERVER, -1 },
	{ "anthropic", BEGIN BEGIN, FAILURE_BROKEN, -1 },
	{ "anthropic", BEGIN, FAILURE_BROKEN, -1 },
};

static void streams_have_classes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(stream_rows); i++) {
		_free_ char *bytes = stream_row_bytes(stream_rows[i].stream, "\n");
		struct model_stream *stream = model_stream_new(
			model_format_find(stream_rows[i].format), "p", NULL, NULL);
		CLEANUP(model_reply_free) struct model_reply *reply = NULL;
		struct model_failure failure;
		struct error error;

		if (!model_stream_feed(stream, span_of(bytes), &error))
			assert_int_not_equal(model_stream_finish(stream, &reply, &error), 0);
		failure_of_stream(stream, &error, 0, 0, &failure);
		model_stream_free(stream);
		if (failure.class != stream_rows[i].class)
			print_failure(stream_rows[i].stream, &failure);
		assert_int_equal(failure.class, stream_rows[i].class);
		assert_int_equal(failure.retry_after_ms, stream_rows[i].retry_after_ms);
		assert_int_equal(failure.status, 200);
		assert_true(failure.charged);
		assert_string_equal(failure.message, error.message);
	}
}

/* ---- replies ---- */

static const struct {
	const char *kind, *text;
	unsigned calls;
	enum model_stop stop;
	int64_t input, output, request_bytes, context;
	enum failure_class class;
} reply_rows[] = {
	{ "openai", "a", 0, MODEL_STOP_END, 10, 1, 100, 0, FAILURE_NONE },
	{ "openai", " \n", 0, MODEL_STOP_END, 10, 1, 100, 0, FAILURE_EMPTY },
	{ "openai", "", 0, MODEL_STOP_LENGTH, 10, 1, 100, 0, FAILURE_EMPTY },
	{ "openai", "", 1, MODEL_STOP_TOOLS, 10, 1, 100, 0, FAILURE_NONE },
	{ "openai", "I will not", 0, MODEL_STOP_REFUSAL, 10, 1, 100, 0, FAILURE_CONTENT },
	{ "openai", "a", 0, MODEL_STOP_END, 10, 1, 100000, 4096, FAILURE_NONE },
	{ "ollama", "a", 0, MODEL_STOP_END, 4000, 1, 100000, 0, FAILURE_OVERFLOW },
	{ "ollama", "", 0, MODEL_STOP_END, 4000, 1, 100000, 0, FAILURE_OVERFLOW },
	{ "ollama", "a", 0, MODEL_STOP_END, 20000, 1, 100000, 0, FAILURE_NONE },
	{ "ollama", "a", 0, MODEL_STOP_END, 100, 1, 12000, 0, FAILURE_NONE },
	{ "ollama", "a", 0, MODEL_STOP_END, 4000, 96, 12000, 4096, FAILURE_OVERFLOW },
	{ "ollama", "a", 0, MODEL_STOP_END, 4000, 95, 12000, 4096, FAILURE_NONE },
	{ "ollama", "a", 0, MODEL_STOP_END, -1, 1, 100000, 4096, FAILURE_NONE }, /* not known */
};

static void replies_that_are_none(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(reply_rows); i++) {
		const struct model_reply reply = {
			.text = (char *)(uintptr_t)reply_rows[i].text,
			.call_count = reply_rows[i].calls,
			.stop = reply_rows[i].stop,
			.usage = { .known = reply_rows[i].input >= 0,
				   .input_tokens = reply_rows[i].input,
				   .output_tokens = reply_rows[i].output },
		};
		struct model_failure failure = { .class = FAILURE_NONE };
		bool failed = failure_of_reply(reply_rows[i].kind, &reply,
					       reply_rows[i].request_bytes, reply_rows[i].context,
					       &failure);

		assert_int_equal(failure.class, reply_rows[i].class);
		assert_int_equal(failed, reply_rows[i].class != FAILURE_NONE);
		assert_int_equal(failed && failure.charged, failed && reply_rows[i].input < 0);
	}
}

/* ---- names and JSON ---- */

static void names_are_their_own(void **state)
{
	(void)state;
	for (int class = FAILURE_NONE; class < FAILURE_CLASSES; class ++) {
		const char *name = failure_name((enum failure_class) class);

		assert_non_null(name);
		assert_int_equal(failure_find(name), class);
	}
	assert_int_equal(failure_find("first_byte"), FAILURE_FIRST_BYTE);
	assert_int_equal(failure_find("nothing"), FAILURE_NONE);
	assert_int_equal(failure_find(NULL), FAILURE_NONE);
}

static void failures_survive_the_way(void **state)
{
	static const struct model_failure failures[] = {
		{ .class = FAILURE_RATE, .status = 429, .retry_after_ms = 0, .message = "a" },
		{ .class = FAILURE_NAME, .retry_after_ms = -1 },
		{ FAILURE_OVERFLOW, 400, 5, QUIRK_FLAT, 8192, 300, true, "m\xC3\xA4" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(failures); i++) {
		json_t *json = failure_to_json(&failures[i]);
		struct model_failure again;

		assert_int_equal(failure_from_json(json, &again, NULL), 0);
		assert_int_equal(again.class, failures[i].class);
		assert_int_equal(again.status, failures[i].status);
		assert_int_equal(again.retry_after_ms, failures[i].retry_after_ms);
		assert_int_equal(again.quirk, failures[i].quirk);
		assert_int_equal(again.context, failures[i].context);
		assert_int_equal(again.max_tokens, failures[i].max_tokens);
		assert_int_equal(again.charged, failures[i].charged);
		assert_string_equal(again.message, failures[i].message);
		json_decref(json);
	}
}

static void failures_that_are_none(void **state)
{
	static const char *const rows[] = {
		"5",
		"{}",
		"{'class':'none'}",
		"{'class':'x'}",
		"{'class':5}",
		"{'class':'rate','status':-1}",
		"{'class':'rate','status':'429'}",
		"{'class':'rate','retry_after_ms':-2}",
		"{'class':'rate','quirk':65536}",
		"{'class':'rate','context':1e3}",
		"{'class':'rate','max_tokens':1000000000001}",
	};
	json_t *json = json_pack("{s:s}", "class", "rate");
	char message[600] = "";

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *text = stream_row_bytes(rows[i], "\n");
		json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
		struct model_failure failure;

		assert_int_equal(failure_from_json(value, &failure, NULL), -ERROR_PROTOCOL);
		json_decref(value);
	}
	memset(message, 'a', 512);
	json_object_set_new(json, "message", json_string(message));
	assert_int_equal(failure_from_json(json, &(struct model_failure){ 0 }, NULL),
			 -ERROR_PROTOCOL);
	json_decref(json);
}

/* A body that echoes a key, and one without end: one line of a message, without the key. */
static void messages_are_short_and_hold_no_key(void **state)
{
	static const char *const keys[] = { "sk-abcdefghijklmnop", "gsk_abcdefghijklmnop",
					    "AIzaabcdefghijklmnop", "xai-abcdefghijklmnop" };
	struct model_failure failure;
	_free_ char *endless = xcalloc(100001, 1);

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
		_free_ char *body = xasprintf("{\"error\":\"wrong key '%s'\nyes\"}", keys[i]);

		failure_of_answer(401, span_of(body), -1, 0, 0, &failure);
		assert_null(strstr(failure.message, "abcdefgh"));
		assert_null(strchr(failure.message, '\n'));
	}
	memset(endless, 'x', 100000);
	failure_of_answer(400, span_of(endless), -1, 0, 0, &failure);
	assert_true(strlen(failure.message) < sizeof(failure.message));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_have_classes),
		cmocka_unit_test(the_header_tells_when),
		cmocka_unit_test(two_numbers_are_an_overflow),
		cmocka_unit_test(streams_have_classes),
		cmocka_unit_test(replies_that_are_none),
		cmocka_unit_test(names_are_their_own),
		cmocka_unit_test(failures_survive_the_way),
		cmocka_unit_test(failures_that_are_none),
		cmocka_unit_test(messages_are_short_and_hold_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

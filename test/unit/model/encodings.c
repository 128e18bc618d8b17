/* What Ollama and Responses make of the neutral request, byte by byte. */
#include "record.h"

struct encode_row {
	const char *name, *request; /* ' for " */
	unsigned quirks;
	const char *ollama, *responses; /* `messages`, `input`; NULL: not looked at */
};

#define USER(text) "{'role':'user','text':'" text "'}"
#define ASSISTANT(text, more) "{'role':'assistant','text':'" text "'" more "}"
#define CALLS(list) ",'calls':[" list "]"
#define CALL(id, name, arguments) "{'id':'" id "','name':'" name "','arguments':" arguments "}"
#define RESULTS(list) "{'role':'tool','results':[" list "]}"
#define RESULT(id, content) "{'id':'" id "','name':'f','content':'" content "'}"
#define OPAQUE(provider, model, more) \
	",'opaque':{'provider':'" provider "','model':'" model "'," more "}"

/* ---- the wire's ---- */

#define SAYS(role, text) "{'role':'" role "','content':'" text "'}"
#define O_CALL(name, arguments) "{'function':{'name':'" name "','arguments':" arguments "}}"
#define O_CALLS(text, list) "{'role':'assistant','content':'" text "','tool_calls':[" list "]}"
#define O_RESULT(name, text) "{'role':'tool','tool_name':'" name "','content':'" text "'}"
#define R_CALL(id, name, arguments) \
	"{'type':'function_call','call_id':'" id "','name':'" name "','arguments':'" arguments "'}"
#define R_RESULT(id, text) "{'type':'function_call_output','call_id':'" id "','output':'" text "'}"
#define REASONING(n) "{'type':'reasoning','id':'rs_" n "','encrypted_content':'E'}"

static const struct encode_row encode_rows[] = {
	{ "a user text", USER("hi"), 0, SAYS("user", "hi"), SAYS("user", "hi") },
	{ "texts one after the other, blank ones",
	  USER("a") "," USER(" ") "," ASSISTANT("", "") "," USER("b") "," ASSISTANT(
		  "c", "") "," ASSISTANT("d", ""),
	  0, SAYS("user", "a\\n\\nb") "," SAYS("assistant", "c\\n\\nd"),
	  SAYS("user", "a\\n\\nb") "," SAYS("assistant", "c\\n\\nd") },
	{ "a call and its result",
	  USER("a") "," ASSISTANT("so",
				  CALLS(CALL("x", "f", "{'p':1}"))) "," RESULTS(RESULT("x", "ok")),
	  0, SAYS("user", "a") "," O_CALLS("so", O_CALL("f", "{'p':1}")) "," O_RESULT("f", "ok"),
	  SAYS("user", "a") "," SAYS("assistant", "so") "," R_CALL(
		  "c00000100", "f", "{\\'p\\':1}") "," R_RESULT("c00000100", "ok") },
	{ "results in the order of the calls, one missing, one of no call",
	  USER("a") "," ASSISTANT(
		  "",
		  CALLS(CALL("x", "f", "{}") "," CALL("y", "g", "{}") "," CALL(
			  "z", "h",
			  "{}"))) "," USER("wait") "," RESULTS(RESULT("y",
								      "2") "," RESULT("q",
										      "4") ",{'id':'x','name':'f','content':'bad',"
											   "'error':true}"),
	  0,
	  SAYS("user", "a") "," O_CALLS("", O_CALL("f", "{}") "," O_CALL("g", "{}") "," O_CALL("h", "{}")) "," O_RESULT(
		  "f",
		  "error: bad") "," O_RESULT("g",
					     "2") "," O_RESULT("h",
							       "error: interrupted, no result") "," SAYS("user",
													 "wait"),
	  SAYS("user", "a") "," R_CALL("c00000100", "f", "{}") "," R_CALL("c00000101", "g", "{}") "," R_CALL(
		  "c00000102", "h",
		  "{}") "," R_RESULT("c00000100",
				     "error: bad") "," R_RESULT("c00000101",
								"2") "," R_RESULT("c00000102",
										  "error: interrupted, no result") "," SAYS("user",
															    "wait") },
	{ "a user behind results, where words have to come first",
	  USER("a") "," ASSISTANT("", CALLS(CALL("x", "f", "{}"))) "," RESULTS(
		  RESULT("x", "ok")) "," USER("b") "," USER("c"),
	  QUIRK_WORDS_FIRST,
	  SAYS("user", "a") "," O_CALLS("", O_CALL("f", "{}")) "," O_RESULT("f", "ok") "," SAYS(
		  "assistant", "I have read the results.") "," SAYS("user", "b\\n\\nc"),
	  SAYS("user", "a") "," R_CALL("c00000100", "f", "{}") "," R_RESULT(
		  "c00000100", "ok") "," SAYS("assistant",
					      "I have read the results.") "," SAYS("user",
										   "b\\n\\nc") },
	{ "a malformed call, a name nobody takes",
	  ASSISTANT("",
		    CALLS("{'id':'x','name':'f g!','malformed':'{'}")) "," RESULTS(RESULT("x", "")),
	  0, O_CALLS("", O_CALL("f_g_", "{}")) "," O_RESULT("f_g_", ""),
	  R_CALL("c00000000", "f_g_", "{}") "," R_RESULT("c00000000", "") },

	/* ---- what a provider wants back goes to it and its model alone ---- */
	{ "thinking", ASSISTANT("a", OPAQUE("here", "m-1", "'reasoning_content':'hm'")), 0,
	  "{'role':'assistant','content':'a','thinking':'hm'}", SAYS("assistant", "a") },
	{ "thinking before a call",
	  ASSISTANT("", CALLS(CALL("x", "f", "{}"))
				OPAQUE("here", "m-1",
				       "'reasoning_content':'hm'")) "," RESULTS(RESULT("x", "ok")),
	  0,
	  "{'role':'assistant','content':'','thinking':'hm','tool_calls':[" O_CALL(
		  "f", "{}") "]}," O_RESULT("f", "ok"),
	  NULL },
	{ "thinking of another model",
	  ASSISTANT("a", OPAQUE("here", "m-2", "'reasoning_content':'hm'")), 0,
	  SAYS("assistant", "a"), NULL },
	{ "thinking of another provider",
	  ASSISTANT("a", OPAQUE("there", "m-1", "'reasoning_content':'hm'")), 0,
	  SAYS("assistant", "a"), NULL },
	{ "thinking that is refused",
	  ASSISTANT("a", OPAQUE("here", "m-1", "'reasoning_content':'hm'")), QUIRK_NO_REASONING,
	  SAYS("assistant", "a"), NULL },
	{ "reasoning between its neighbours",
	  ASSISTANT(
		  "a",
		  CALLS(CALL("x", "f", "{}") "," CALL("y", "g", "{}")) OPAQUE(
			  "here", "m-1",
			  "'thinking':[" REASONING("0") ",0," REASONING(
				  "1") ",'text',1]")) "," RESULTS(RESULT("x", "1") "," RESULT("y",
											      "2")),
	  0, NULL,
	  REASONING("0") "," R_CALL("c00000000", "f", "{}") "," REASONING("1") "," SAYS(
		  "assistant", "a") "," R_CALL("c00000001", "g",
					       "{}") "," R_RESULT("c00000000",
								  "1") "," R_RESULT("c00000001",
										    "2") },
	{ "reasoning that nothing follows",
	  ASSISTANT("a", OPAQUE("here", "m-1", "'thinking':['text'," REASONING("0") "]")), 0, NULL,
	  SAYS("assistant", "a") },
	{ "reasoning of which the order says too little",
	  ASSISTANT("a",
		    CALLS(CALL("x", "f", "{}")) OPAQUE(
			    "here", "m-1",
			    "'thinking':[" REASONING(
				    "0") ",7,-1,null,{'type':'x'}]")) "," RESULTS(RESULT("x", "1")),
	  0, NULL,
	  REASONING("0") "," SAYS("assistant", "a") "," R_CALL("c00000000", "f", "{}") "," R_RESULT(
		  "c00000000", "1") },
	{ "reasoning of another model",
	  ASSISTANT("a", OPAQUE("here", "m-2", "'thinking':[" REASONING("0") ",'text']")), 0, NULL,
	  SAYS("assistant", "a") },
	{ "reasoning of another provider",
	  ASSISTANT("a", OPAQUE("there", "m-1", "'thinking':[" REASONING("0") ",'text']")), 0, NULL,
	  SAYS("assistant", "a") },
	{ "reasoning that is refused",
	  ASSISTANT("a", OPAQUE("here", "m-1", "'thinking':[" REASONING("0") ",'text']")),
	  QUIRK_NO_REASONING, NULL, SAYS("assistant", "a") },
	{ "Anthropic's thinking under the same names",
	  ASSISTANT("a", OPAQUE("here", "m-1", "'thinking':[{'type':'thinking'}]")), 0,
	  SAYS("assistant", "a"), SAYS("assistant", "a") },
};

static json_t *parse(const char *text)
{
	_free_ char *quoted = stream_row_bytes(text, "\n");
	json_t *json = json_loads(quoted, 0, NULL);

	if (!json)
		print_error("%s\n", quoted);
	assert_non_null(json);
	return json;
}

static json_t *encode(const char *format, const json_t *request, unsigned quirks)
{
	const struct model_target target = {
		.provider = "here", .model = "m-1", .context = 8192, .quirks = quirks
	};
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	json_t *body;

	assert_int_equal(model_encode(model_format_find(format), request, &target, &http, NULL), 0);
	body = json_loads(http.body.data, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	return body;
}

static void check(const char *format, const char *key, const struct encode_row *row,
		  const json_t *request, const char *expected)
{
	json_t *body = encode(format, request, row->quirks);
	char *got = json_dumps(json_object_get(body, key), JSON_COMPACT);
	_free_ char *list = xasprintf("[%s]", expected ? expected : "");
	_free_ char *wanted = stream_row_bytes(list, "\n");

	if (expected && strcmp(got, wanted)) {
		print_error("%s: %s\n", format, row->name);
		assert_string_equal(got, wanted);
	}
	free(got);
	json_decref(body);
}

static void messages_are_encoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(encode_rows); i++) {
		const struct encode_row *row = &encode_rows[i];
		_free_ char *text = xasprintf("{'messages':[%s],'max_tokens':5}", row->request);
		json_t *request = parse(text);

		check("ollama", "messages", row, request, row->ollama);
		check("responses", "input", row, request, row->responses);
		json_decref(request);
	}
}

/* ---- bodies ---- */

static json_t *small_request(void)
{
	json_t *request = model_request_new(4096);

	model_request_add_system(request, SPAN("late"), false);
	model_request_add_system(request, SPAN("SOUL"), true);
	model_request_add_tool(request, tool_find("remember"));
	model_request_add_user(request, SPAN("beat"));
	return request;
}

struct body_row {
	const char *format;
	unsigned quirks;
	int64_t context;
	const char *body;
};

#define SCHEMA "{'type':'object','properties':{'text':{'type':'string'}},'required':['text']}"
#define FUNCTION "'name':'remember','description':'Keep a fact','parameters':" SCHEMA
#define O_TOOLS "'tools':[{'type':'function','function':{" FUNCTION "}}],"
#define O_SYSTEM SAYS("system", "SOUL\\n\\nlate") ","
#define O_BODY(messages, tools, stream, context)                           \
	"{'model':'m','messages':[" messages "]," tools "'stream':" stream \
	",'truncate':false,'shift':false,'options':{" context "'num_predict':4096}}"
#define R_SYSTEM "'instructions':'SOUL\\n\\nlate',"
#define R_TOOLS "'tools':[{" FUNCTION ",'type':'function','strict':false}],"
#define R_INCLUDE "'include':['reasoning.encrypted_content'],"
#define R_BODY(front, input, include, stream)                                 \
	"{'model':'m'," front "'input':[" input "],'max_output_tokens':4096," \
	"'store':false," include "'stream':" stream "}"
#define BEAT SAYS("user", "beat")

static const struct body_row body_rows[] = {
	{ "ollama", 0, 8192, O_BODY(O_SYSTEM BEAT, O_TOOLS, "true", "'num_ctx':8192,") },
	{ "ollama", 0, 0, O_BODY(O_SYSTEM BEAT, O_TOOLS, "true", "") },
	{ "ollama", QUIRK_NO_STREAM, 0, O_BODY(O_SYSTEM BEAT, O_TOOLS, "false", "") },
	{ "ollama", QUIRK_NO_TOOLS, 0, O_BODY(O_SYSTEM BEAT, "", "true", "") },
	{ "ollama", QUIRK_NO_SYSTEM, 0,
	  O_BODY(SAYS("user", "SOUL\\n\\nlate\\n\\nbeat"), O_TOOLS, "true", "") },
	{ "responses", 0, 8192, R_BODY(R_SYSTEM R_TOOLS, BEAT, R_INCLUDE, "true") },
	{ "responses", QUIRK_NO_STREAM, 0, R_BODY(R_SYSTEM R_TOOLS, BEAT, R_INCLUDE, "false") },
	{ "responses", QUIRK_NO_TOOLS, 0, R_BODY(R_SYSTEM, BEAT, R_INCLUDE, "true") },
	{ "responses", QUIRK_NO_REASONING, 0, R_BODY(R_SYSTEM R_TOOLS, BEAT, "", "true") },
	{ "responses", QUIRK_NO_SYSTEM, 0,
	  R_BODY(R_TOOLS, SAYS("user", "SOUL\\n\\nlate\\n\\nbeat"), R_INCLUDE, "true") },
};

static void bodies_are_as_written(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(body_rows); i++) {
		const struct body_row *row = &body_rows[i];
		const struct model_target target = { .provider = "p",
						     .model = "m",
						     .context = row->context,
						     .quirks = row->quirks };
		CLEANUP(model_http_clear) struct model_http http = { 0 };
		json_t *request = small_request();
		_free_ char *wanted = stream_row_bytes(row->body, "\n");

		assert_int_equal(
			model_encode(model_format_find(row->format), request, &target, &http, NULL),
			0);
		assert_string_equal(http.body.data, wanted);
		json_decref(request);
	}
}

/* A server without tools, or one that chokes on past calls, sees none of them. */
static void calls_are_told_as_text(void **state)
{
	static const char *const formats[] = { "ollama", "responses" };
	static const unsigned quirks[] = { QUIRK_FLAT, QUIRK_NO_TOOLS };
	json_t *request = parse("{'messages':[" USER("a") "," ASSISTANT(
		"so",
		CALLS(CALL("x", "f", "{'p':1}"))) "," RESULTS(RESULT("x", "ok")) "],"
										 "'max_tokens':5}");

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		json_t *body = encode(formats[i / 2], request, quirks[i % 2]);
		char *text = json_dumps(body, JSON_COMPACT);

		assert_non_null(strstr(text, "so\\n[called f {\\\"p\\\":1}]"));
		assert_non_null(strstr(text, "[result of f]\\nok"));
		assert_null(strstr(text, "tool_calls"));
		assert_null(strstr(text, "function_call"));
		assert_null(strstr(text, "\"tool\""));
		free(text);
		json_decref(body);
	}
	json_decref(request);
}

/* ---- addresses ---- */

struct address_row {
	const char *format, *base_url, *key, *url;
	unsigned quirks;
	const char *headers; /* those behind Content-Type; or the error */
};

#define LINES "Accept: application/x-ndjson|"
#define EVENTS "Accept: text/event-stream|"

static const struct address_row address_rows[] = {
	{ "ollama", NULL, NULL, "http://127.0.0.1:11434/api/chat", 0, LINES },
	{ "ollama", "http://h:1/", "k", "http://h:1/api/chat", 0,
	  LINES "Authorization: Bearer k|" },
	{ "ollama", "http://h/api", NULL, "http://h/api/chat", 0, LINES },
	{ "ollama", "http://h/api/chat/", NULL, "http://h/api/chat", QUIRK_NO_STREAM,
	  "Accept: application/json|" },
	{ "ollama", "http://h", "k\r\nX: y", NULL, 0,
	  "the value of Authorization holds a control character; the key must be one line" },
	{ "responses", NULL, " k\n", "https://api.openai.com/v1/responses", 0,
	  EVENTS "Authorization: Bearer k|" },
	{ "responses", "http://h/v1//", NULL, "http://h/v1/responses", 0, EVENTS },
	{ "responses", "http://h/v1/responses", NULL, "http://h/v1/responses", QUIRK_NO_STREAM,
	  "Accept: application/json|" },
};

static void addresses_and_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(address_rows); i++) {
		const struct address_row *row = &address_rows[i];
		const struct model_target target = { .provider = "p",
						     .model = "m",
						     .base_url = row->base_url,
						     .key = row->key,
						     .quirks = row->quirks };
		CLEANUP(model_http_clear) struct model_http http = { 0 };
		CLEANUP(buffer_clear) struct buffer headers = BUFFER(4096);
		json_t *request = small_request();
		struct error error;
		int r = model_encode(model_format_find(row->format), request, &target, &http,
				     &error);

		json_decref(request);
		assert_int_equal(r, row->url ? 0 : -ERROR_INVALID);
		if (r) {
			assert_string_equal(error.message, row->headers);
			continue;
		}
		assert_string_equal(http.url, row->url);
		assert_string_equal(http.headers[0], "Content-Type: application/json");
		for (size_t h = 1; http.headers[h]; h++)
			buffer_printf(&headers, "%s|", http.headers[h]);
		assert_string_equal(headers.data, row->headers);
	}
}

static void what_is_no_request_is_refused(void **state)
{
	static const char *const formats[] = { "ollama", "responses" };
	const struct model_target target = { .provider = "p", .model = "m" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(formats); i++) {
		CLEANUP(model_http_clear) struct model_http http = { 0 };
		json_t *request = parse("{'messages':[{'text':'a'}],'max_tokens':5}");

		assert_int_equal(
			model_encode(model_format_find(formats[i]), request, &target, &http, NULL),
			-ERROR_INVALID);
		json_decref(request);
	}
}

/* What a stream kept is what the next request sends. */
static void reasoning_makes_the_round(void **state)
{
	static const char stream[] =
		"data: {'type':'response.output_item.done','output_index':0,'item':" REASONING(
			"0") "}\n\n"
			     "data: {'type':'response.output_item.done','output_index':1,'item':"
			     "{'type':'message','content':[{'type':'output_text','text':'a'}]}}\n\n"
			     "data: {'type':'response.completed','response':{'model':'m-1'}}\n\n";
	_free_ char *bytes = stream_row_bytes(stream, "\n");
	CLEANUP(record_clear) struct record record;
	json_t *request = model_request_new(5), *body;
	char *input;
	_free_ char *wanted = NULL;

	(void)state;
	record_run(&record, "responses", span_of(bytes), 0);
	assert_int_equal(record.result, 0);
	model_request_add_user(request, SPAN("q"));
	model_request_add_reply(request, record.reply);
	body = encode("responses", request, 0);
	input = json_dumps(json_object_get(body, "input"), JSON_COMPACT);
	wanted = stream_row_bytes(
		"[" SAYS("user", "q") "," REASONING("0") "," SAYS("assistant", "a") "]", "\n");
	assert_string_equal(input, wanted);
	free(input);
	json_decref(body);
	json_decref(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_encoded),
		cmocka_unit_test(bodies_are_as_written),
		cmocka_unit_test(calls_are_told_as_text),
		cmocka_unit_test(addresses_and_keys),
		cmocka_unit_test(what_is_no_request_is_refused),
		cmocka_unit_test(reasoning_makes_the_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

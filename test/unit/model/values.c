/* Tools, replies as JSON, error answers. */
#include "record.h"

/* ---- tools ---- */

static void the_tools_are_short(void **state)
{
	static const char *const names[] = { "read_file",  "list_files",    "write_file",
					     "remember",   "bulletin_post", "bulletin_read",
					     "tell_person" };
	const struct model_target target = { .provider = "p", .model = "m" };
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	json_t *request = model_request_new(1), *body;
	size_t count, size;
	const struct tool *tools = tool_table(&count);

	(void)state;
	assert_int_equal(count, ARRAY_LENGTH(names));
	for (size_t i = 0; i < count; i++) {
		assert_string_equal(tools[i].name, names[i]);
		assert_ptr_equal(tool_find(names[i]), &tools[i]);
		if (tools[i].effect != TOOL_ONCE) /* which most agents are not offered */
			model_request_add_tool(request, &tools[i]);
	}
	assert_null(tool_find("exec"));
	assert_int_equal(model_encode(model_format_find("openai"), request, &target, &http, NULL),
			 0);
	body = json_loads(http.body.data, 0, NULL);
	size = json_dumpb(json_object_get(body, "tools"), NULL, 0, JSON_COMPACT);
	print_message("%zu bytes\n", size);
	assert_true(size <= 1000);
	json_decref(body);
	json_decref(request);
}

struct arguments_row {
	const char *tool, *arguments, *error; /* error NULL: fine */
};

static const struct arguments_row arguments_rows[] = {
	{ "remember", "{\"text\":\"a\"}", NULL },
	{ "remember", "{\"text\":\"\"}", NULL },
	{ "bulletin_read", "{}", NULL },
	{ "write_file", "{\"text\":\"a\",\"path\":\"b\"}", NULL },
	{ "remember", "{}", "remember needs \"text\", a string" },
	{ "write_file", "{\"path\":\"b\"}", "write_file needs \"text\", a string" },
	{ "remember", "{\"text\":5}", "\"text\" of remember must be a string" },
	{ "remember", "{\"text\":null}", "\"text\" of remember must be a string" },
	{ "remember", "{\"text\":\"a\\u0000b\"}", "\"text\" of remember holds a NUL character" },
	{ "remember", "{\"text\":\"a\",\"x\\u001b[1m\\ny\":1}",
	  "remember has no parameter \"x [1m y\"" },
	{ "bulletin_read", "{\"text\":\"a\"}", "bulletin_read has no parameter \"text\"" },
	{ "remember", "[\"a\"]", "the arguments of remember must be one JSON object" },
	{ "remember", "\"a\"", "the arguments of remember must be one JSON object" },
};

static void arguments_are_checked(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(arguments_rows); i++) {
		const struct arguments_row *row = &arguments_rows[i];
		json_t *json = json_loads(row->arguments, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		struct error error;
		int r = tool_check_arguments(tool_find(row->tool), json, &error);

		assert_non_null(json);
		json_decref(json);
		assert_int_equal(r, row->error ? -ERROR_INVALID : 0);
		if (row->error)
			assert_string_equal(error.message, row->error);
	}
	assert_int_equal(tool_check_arguments(tool_find("remember"), NULL, NULL), -ERROR_INVALID);
}

/* ---- replies ---- */

#define REPLY(members) "{'text':'a','calls':[],'stop':'end'" members "}"
#define CALLS(list) "{'text':'','calls':[" list "],'stop':'tools','usage':null}"
#define USAGE(input)                                       \
	"{'input_tokens':" input ",'cache_read_tokens':2," \
	"'cache_write_tokens':3,'output_tokens':4,'reasoning_tokens':0}"

static void replies_survive_the_way(void **state)
{
	static const char *const replies[] = {
		REPLY(",'usage':null"),
		REPLY(",'usage':" USAGE("1") ",'opaque':{'provider':'p','x':[1]},'request_id':'r'"),
		CALLS("{'id':'abc000001','name':'f','arguments':{'x':1}},"
		      "{'id':'abc000002','name':'g','malformed':'{'}"),
		"{'text':'','calls':[],'stop':'refusal','usage':null}",
		"{'text':'','calls':[],'stop':'length','usage':null}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(replies); i++) {
		CLEANUP(model_reply_free) struct model_reply *reply = NULL;
		_free_ char *text = stream_row_bytes(replies[i], "\n");
		json_t *json = json_loads(text, 0, NULL), *again;
		char *got;

		assert_int_equal(model_reply_from_json(json, &reply, NULL), 0);
		again = model_reply_to_json(reply);
		got = json_dumps(again, JSON_COMPACT);
		assert_string_equal(got, text);
		free(got);
		json_decref(json);
		json_decref(again);
	}
}

static void replies_that_are_none(void **state)
{
	static const char *const replies[] = {
		"5",
		"[]",
		"{}",
		"{'text':5,'stop':'end'}",
		"{'text':'a'}",
		"{'text':'a','stop':'later'}",
		"{'text':'a\\u0000b','stop':'end'}",
		REPLY(",'usage':{}"),
		REPLY(",'usage':5"),
		REPLY(",'opaque':5"),
		REPLY(",'usage':" USAGE("-1")),
		REPLY(",'usage':" USAGE("2000000000000")),
		"{'text':'a','calls':5,'stop':'end'}",
		"{'text':'a','calls':[5],'stop':'end'}",
		"{'text':'a','calls':[{'id':'x','name':'f'}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'x','name':'f','arguments':[]}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'','name':'f','arguments':{}}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'0123456789','name':'f','arguments':{}}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'a-b','name':'f','arguments':{}}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'x','arguments':{}}],'stop':'end'}",
		"{'text':'a','calls':[{'id':'x','name':'f','malformed':5}],'stop':'end'}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(replies); i++) {
		struct model_reply *reply = NULL;
		_free_ char *text = stream_row_bytes(replies[i], "\n");
		json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
		struct error error;

		assert_non_null(json);
		assert_int_equal(model_reply_from_json(json, &reply, &error), -ERROR_PROTOCOL);
		assert_null(reply);
		json_decref(json);
	}
	assert_int_equal(model_reply_from_json(NULL, NULL, NULL), -ERROR_PROTOCOL);
}

/* ---- error answers ---- */

struct answer_row {
	int status;
	const char *body, *text;
};

static const struct answer_row answer_rows[] = {
	{ 500, "", "HTTP 500 (the server failed)" },
	{ 401,
	  "{'error':{'message':'Incorrect API key provided: sk-abcdefghijklmnop. Look.',"
	  "'code':'bad'}}",
	  "HTTP 401 (the key was not accepted): Incorrect API key provided: [key] Look. (bad)" },
	{ 429, "{'error':{'message':'','type':'insufficient_quota'}}",
	  "HTTP 429 (too many requests): insufficient_quota" },
	{ 529, "{'type':'error','error':{'type':'overloaded_error','message':'Overloaded'}}",
	  "HTTP 529 (the server is overloaded): Overloaded (overloaded_error)" },
	{ 400, "[{'error':{'code':400,'message':'boom','status':'INVALID'}}]",
	  "HTTP 400 (bad request): boom (400, INVALID)" },
	{ 400, "{'error':'boom'}", "HTTP 400 (bad request): boom" },
	{ 400, "'boom'", "HTTP 400 (bad request): boom" },
	{ 422, "{'detail':[{'loc':['body'],'msg':'field required','type':'missing'}]}",
	  "HTTP 422 (the request was not understood): field required (missing)" },
	{ 404, "{'detail':'Not Found'}",
	  "HTTP 404 (not found: check base_url and the model's name): Not Found" },
	{ 502, "<html>\n<head><TITLE>502 Bad\n Gateway</TITLE></head></html>",
	  "HTTP 502 (bad gateway): 502 Bad Gateway" },
	{ 503, "<h1>busy</h1>", "HTTP 503 (the server is not available): busy" },
	{ 503, "<", "HTTP 503 (the server is not available)" },
	{ 503, "<title", "HTTP 503 (the server is not available)" },
	{ 400, "plain  text\r\n\x1b[31mred", "HTTP 400 (bad request): plain text [31mred" },
	{ 413, "{'error':{}}", "HTTP 413 (the request is too large)" },
	{ 418, "{}", "HTTP 418 (the server refused the request)" },
	{ 599, "null", "HTTP 599 (the server failed)" },
	{ 400, "\xE4\xB8\x8A\xE4\xB8\x8B\xE6\x96\x87\xE8\xBF\x87\xE9\x95\xBF\xFF",
	  "HTTP 400 (bad request): "
	  "\xE4\xB8\x8A\xE4\xB8\x8B\xE6\x96\x87\xE8\xBF\x87\xE9\x95\xBF\xEF\xBF\xBD" },
};

static void error_answers_have_a_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(answer_rows); i++) {
		_free_ char *body = stream_row_bytes(answer_rows[i].body, "\n");
		CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);

		model_error_text(answer_rows[i].status, span_of(body), &text);
		assert_string_equal(text.data, answer_rows[i].text);
	}
}

static void long_error_answers_are_cut(void **state)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4096);
	CLEANUP(buffer_clear) struct buffer body = BUFFER(1024 * 1024);

	(void)state;
	for (int i = 0; i < 60000; i++)
		buffer_append_text(&body, "\xE4\xB8\x8A");
	model_error_text(400, buffer_span(&body), &text);
	assert_true(text.length < 400 && utf8_valid(buffer_span(&text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_tools_are_short),
		cmocka_unit_test(arguments_are_checked),
		cmocka_unit_test(replies_survive_the_way),
		cmocka_unit_test(replies_that_are_none),
		cmocka_unit_test(error_answers_have_a_text),
		cmocka_unit_test(long_error_answers_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

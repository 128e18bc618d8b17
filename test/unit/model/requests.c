/* The neutral request and what the two wire formats make of it, byte by byte. */
#include "record.h"

static char *quoted(const char *text)
{
	return stream_row_bytes(text, "\n");
}

struct encode_row {
	const char *name, *request;     /* ' for " */
	const char *openai, *anthropic; /* `messages`, or the error */
};

#define USER(text) "{'role':'user','text':'" text "'}"
#define ASSISTANT(text, more) "{'role':'assistant','text':'" text "'" more "}"
#define CALLS(list) ",'calls':[" list "]"
#define CALL(id, name, arguments) "{'id':'" id "','name':'" name "','arguments':" arguments "}"
#define RESULTS(list) "{'role':'tool','results':[" list "]}"
#define RESULT(id, content) "{'id':'" id "','name':'f','content':'" content "'}"

static const struct encode_row encode_rows[] = {
	{ "a user text", USER("hi"), "[{'role':'user','content':'hi'}]",
	  "[{'role':'user','content':'hi'}]" },
	{ "users one after the other", USER("a") "," USER("b"),
	  "[{'role':'user','content':'a\\n\\nb'}]",
	  "[{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}]" },
	{ "empty texts are left out", USER("a") "," USER(" ") "," ASSISTANT("", "") "," USER("b"),
	  "[{'role':'user','content':'a\\n\\nb'}]",
	  "[{'role':'user','content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]}]" },
	{ "a call and its result",
	  USER("a") "," ASSISTANT("so",
				  CALLS(CALL("x", "f", "{'p':1}"))) "," RESULTS(RESULT("x", "ok")),
	  "[{'role':'user','content':'a'},{'role':'assistant','content':'so',"
	  "'tool_calls':[{'id':'c00000100',"
	  "'type':'function','function':{'name':'f','arguments':'{\\'p\\':1}'}}]},{'role':'tool',"
	  "'tool_call_id':'c00000100','content':'ok'}]",
	  "[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'text',"
	  "'text':'so'},"
	  "{'type':'tool_use','id':'c00000100','name':'f','input':{'p':1}}]},{'role':'user',"
	  "'content':["
	  "{'type':'tool_result','tool_use_id':'c00000100','content':'ok'}]}]" },
	{ "results in the order of the calls, first in the message, then the text",
	  USER("a") "," ASSISTANT(
		  "",
		  CALLS(CALL("x", "f", "{}") "," CALL(
			  "y", "g",
			  "{}"))) "," USER("wait") "," RESULTS(RESULT("y", "2") "," RESULT("x",
											   "1")),
	  "[{'role':'user','content':'a'},{'role':'assistant','content':null,"
	  "'tool_calls':[{'id':'c00000100',"
	  "'type':'function','function':{'name':'f','arguments':'{}'}},{'id':'c00000101',"
	  "'type':'function',"
	  "'function':{'name':'g','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000100',"
	  "'content':'1'},{'role':'tool','tool_call_id':'c00000101','content':'2'},{'role':'user',"
	  "'content':'wait'}]",
	  "[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'tool_use',"
	  "'id':'c00000100',"
	  "'name':'f','input':{}},{'type':'tool_use','id':'c00000101','name':'g','input':{}}]},"
	  "{'role':'user',"
	  "'content':[{'type':'tool_result','tool_use_id':'c00000100','content':'1'},"
	  "{'type':'tool_result',"
	  "'tool_use_id':'c00000101','content':'2'},{'type':'text','text':'wait'}]}]" },
	{ "a call without a result, a result without a call, one twice",
	  USER("a") "," ASSISTANT(
		  "",
		  CALLS(CALL("x", "f", "{}") "," CALL(
			  "y", "g",
			  "{}"))) "," RESULTS(RESULT("z", "3") "," RESULT("y",
									  "2") "," RESULT("y",
											  "2b")),
	  "[{'role':'user','content':'a'},{'role':'assistant','content':null,"
	  "'tool_calls':[{'id':'c00000100',"
	  "'type':'function','function':{'name':'f','arguments':'{}'}},{'id':'c00000101',"
	  "'type':'function',"
	  "'function':{'name':'g','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000100',"
	  "'content':'error: interrupted, no result'},{'role':'tool','tool_call_id':'c00000101',"
	  "'content':'2'}]",
	  "[{'role':'user','content':'a'},{'role':'assistant','content':[{'type':'tool_use',"
	  "'id':'c00000100',"
	  "'name':'f','input':{}},{'type':'tool_use','id':'c00000101','name':'g','input':{}}]},"
	  "{'role':'user',"
	  "'content':[{'type':'tool_result','tool_use_id':'c00000100','content':'error: "
	  "interrupted, no "
	  "result','is_error':true},{'type':'tool_result','tool_use_id':'c00000101',"
	  "'content':'2'}]}]" },
	{ "the same id in two turns",
	  ASSISTANT("", CALLS(CALL("x", "f", "{}"))) "," RESULTS(RESULT("x", "1")) "," ASSISTANT(
		  "", CALLS(CALL("x", "f", "{}"))) "," RESULTS(RESULT("x", "2")),
	  "[{'role':'assistant','content':null,'tool_calls':[{'id':'c00000000',"
	  "'type':'function','function':{"
	  "'name':'f','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000000',"
	  "'content':'1'},"
	  "{'role':'assistant','content':null,'tool_calls':[{'id':'c00000200','type':'function',"
	  "'function':{"
	  "'name':'f','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000200',"
	  "'content':'2'}]",
	  "[{'role':'assistant','content':[{'type':'tool_use','id':'c00000000','name':'f',"
	  "'input':{}}]},"
	  "{'role':'user','content':[{'type':'tool_result','tool_use_id':'c00000000',"
	  "'content':'1'}]},"
	  "{'role':'assistant','content':[{'type':'tool_use','id':'c00000200','name':'f',"
	  "'input':{}}]},"
	  "{'role':'user','content':[{'type':'tool_result','tool_use_id':'c00000200',"
	  "'content':'2'}]}]" },
	{ "a malformed call, a name nobody takes, an error, an empty result",
	  ASSISTANT("", CALLS("{'id':'x','name':'f g!','malformed':'{'}," CALL("y", "", "{}"))) "," RESULTS(
		  "{'id':'x','name':'f','content':'bad','error':true}," RESULT("y", "")),
	  "[{'role':'assistant','content':null,'tool_calls':[{'id':'c00000000',"
	  "'type':'function','function':{"
	  "'name':'f_g_','arguments':'{}'}},{'id':'c00000001','type':'function',"
	  "'function':{'name':'unnamed',"
	  "'arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000000','content':'error: "
	  "bad'},{'role':"
	  "'tool','tool_call_id':'c00000001','content':''}]",
	  "[{'role':'assistant','content':[{'type':'tool_use','id':'c00000000','name':'f_g_',"
	  "'input':{}},"
	  "{'type':'tool_use','id':'c00000001','name':'unnamed','input':{}}]},{'role':'user',"
	  "'content':["
	  "{'type':'tool_result','tool_use_id':'c00000000','content':'bad','is_error':true},"
	  "{'type':"
	  "'tool_result','tool_use_id':'c00000001'}]}]" },

	/* ---- what a provider wants back goes to it alone ---- */
	{ "reasoning of this provider",
	  ASSISTANT("a",
		    ",'opaque':{'provider':'here','reasoning_content':'hm','reasoning_details':[1],"
		    "'extra_content':{'x':1}}"),
	  "[{'role':'assistant','content':'a','reasoning_content':'hm','reasoning_details':[1],"
	  "'extra_content':{'x':1}}]",
	  "[{'role':'assistant','content':'a'}]" },
	{ "reasoning of another provider",
	  ASSISTANT("a",
		    ",'opaque':{'provider':'there','model':'claude-x','reasoning_content':'hm',"
		    "'thinking':[{'type':'thinking'}]}"),
	  "[{'role':'assistant','content':'a'}]", "[{'role':'assistant','content':'a'}]" },
	{ "reasoning of another model of this provider",
	  ASSISTANT("a",
		    ",'opaque':{'provider':'here','model':'claude-y','reasoning_content':'hm',"
		    "'reasoning_details':[1],'extra_content':{'x':1},'thinking':[{'type':'t'}],"
		    "'calls':[{'google':{'thought_signature':'S'}}]}"),
	  "[{'role':'assistant','content':'a'}]", "[{'role':'assistant','content':'a'}]" },
	{ "a call's signature",
	  ASSISTANT("", CALLS(CALL("x", "f", "{}") "," CALL(
				"y", "f", "{}")) ",'opaque':{'provider':'here','calls':[null,"
						 "{'google':{'thought_signature':'S'}}]}"),
	  "[{'role':'assistant','content':null,'tool_calls':[{'id':'c00000000',"
	  "'type':'function','function':{"
	  "'name':'f','arguments':'{}'}},{'id':'c00000001','type':'function',"
	  "'function':{'name':'f',"
	  "'arguments':'{}'},'extra_content':{'google':{'thought_signature':'S'}}}]},"
	  "{'role':'tool',"
	  "'tool_call_id':'c00000000','content':'error: interrupted, no result'},{'role':'tool',"
	  "'tool_call_id':'c00000001','content':'error: interrupted, no result'}]",
	  NULL },
	{ "thinking of this model",
	  ASSISTANT(
		  "a",
		  ",'opaque':{'provider':'here','model':'claude-x','thinking':[{'type':'thinking',"
		  "'thinking':'hm','signature':'S'}]}"),
	  NULL,
	  "[{'role':'assistant','content':[{'type':'thinking','thinking':'hm','signature':'S'},"
	  "{'type':'text',"
	  "'text':'a'}]}]" },
	{ "thinking of this model under its full name",
	  ASSISTANT("a", ",'opaque':{'provider':'here','model':'claude-x-20250929',"
			 "'thinking':[{'type':'t'}]}"),
	  NULL, "[{'role':'assistant','content':[{'type':'t'},{'type':'text','text':'a'}]}]" },
	{ "thinking of a model whose name only begins alike",
	  ASSISTANT("a",
		    ",'opaque':{'provider':'here','model':'claude-x-5','thinking':[{'type':'t'}]}"),
	  NULL, "[{'role':'assistant','content':'a'}]" },

	/* ---- what is no request ---- */
	{ "no role", "{'text':'a'}", "this is no neutral request: a message",
	  "this is no neutral request: a message" },
	{ "system as a message", "{'role':'system','text':'a'}",
	  "this is no neutral request: a message", "this is no neutral request: a message" },
	{ "text that is none", "{'role':'user','text':5}", "this is no neutral request: a message",
	  "this is no neutral request: a message" },
	{ "calls that are none", ASSISTANT("a", ",'calls':[{'id':'x'}]"),
	  "this is no neutral request: a message", "this is no neutral request: a message" },
	{ "results that are none", "{'role':'tool','results':[5]}",
	  "this is no neutral request: a message", "this is no neutral request: a message" },
	{ "a number", "5", "this is no neutral request: a message",
	  "this is no neutral request: a message" },
};

static char *encode_messages(const char *format, const json_t *request)
{
	const struct model_target target = {
		.provider = "here",
		.model = "claude-x",
		.quirks = QUIRK_NO_CACHE_CONTROL,
	};
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	struct error error;
	json_t *body;
	char *messages;

	if (model_encode(model_format_find(format), request, &target, &http, &error))
		return xstrdup(error.message);
	body = json_loads(http.body.data, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	messages = json_dumps(json_object_get(body, "messages"), JSON_COMPACT);
	json_decref(body);
	return messages;
}

static void check_messages(const char *format, const char *name, const json_t *request,
			   const char *expected)
{
	_free_ char *got = encode_messages(format, request);
	_free_ char *wanted = expected ? quoted(expected) : NULL;

	if (!wanted || !strcmp(got, wanted))
		return;
	print_error("%s: %s\n", format, name);
	assert_string_equal(got, wanted);
}

static void messages_are_encoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(encode_rows); i++) {
		const struct encode_row *row = &encode_rows[i];
		_free_ char *text = xasprintf("{'messages':[%s],'max_tokens':5}", row->request);
		_free_ char *json = quoted(text);
		json_t *request = json_loads(json, 0, NULL);

		assert_non_null(request);
		check_messages("openai", row->name, request, row->openai);
		check_messages("anthropic", row->name, request, row->anthropic);
		json_decref(request);
	}
}

static json_t *small_request(void)
{
	json_t *request = model_request_new(4096);

	model_request_add_system(request, SPAN("late"), false);
	model_request_add_system(request, SPAN("CONSTITUTION"), true);
	model_request_add_system(request, SPAN(" "), true);
	model_request_add_system(request, SPAN("SOUL"), true);
	model_request_add_tool(request, tool_find("remember"));
	model_request_add_user(request, SPAN("beat"));
	return request;
}

struct quirk_row {
	unsigned quirks;
	const char *openai, *anthropic; /* the body */
};

#define FLAT_OPENAI                                                                              \
	"{'role':'user','content':'(the conversation goes on)'},{'role':'assistant','content':"  \
	"'so\\n[called f {\\'p\\':1}]\\n[called g {}]'},{'role':'user','content':'[result of f]" \
	"\\nok\\n\\n[error of g]\\nerror: interrupted, no result\\n\\nb'},{'role':'assistant',"  \
	"'content':'c\\n\\nd'}]"
#define FLAT_ANTHROPIC                                                                          \
	"{'role':'user','content':'(the conversation goes on)'},{'role':'assistant',"           \
	"'content':'so\\n[called f {\\'p\\':1}]\\n[called g {}]'},{'role':'user','content':["   \
	"{'type':'text','text':'[result of f]\\nok\\n\\n[error of g]\\nerror: interrupted, no " \
	"result'},{'type':'text','text':'b'}]},{'role':'assistant','content':[{'type':"         \
	"'text','text':'c'},{'type':'text','text':'d'}]}]"
#define OPENAI_MESSAGES                                                                \
	"{'role':'assistant','content':'so','reasoning_content':'hm',"                 \
	"'tool_calls':[{'id':'c00000000','type':'function','function':{'name':'f',"    \
	"'arguments':'{\\'p\\':1}'}},{'id':'c00000001','type':'function','function':{" \
	"'name':'g','arguments':'{}'}}]},{'role':'tool','tool_call_id':'c00000000',"   \
	"'content':'ok'},{'role':'tool','tool_call_id':'c00000001','content':'error: " \
	"interrupted, no result'},{'role':'user','content':'b'},{'role':'assistant',"  \
	"'content':'c\\n\\nd'}]"
#define OPENAI_TOOLS                                                                    \
	"'tools':[{'type':'function','function':{'name':'bulletin_read','description':" \
	"'Read','parameters':{'type':'object','properties':{}}}}],"

static const struct quirk_row quirk_rows[] = {
	{ QUIRK_MAX_COMPLETION_TOKENS,
	  "{'model':'m','messages':[{'role':'system','content':'S'}," OPENAI_MESSAGES
	  "," OPENAI_TOOLS "'max_completion_tokens':5,'stream':true,'stream_options':{"
	  "'include_usage':true}}",
	  NULL },
	{ QUIRK_NO_STREAM_OPTIONS,
	  "{'model':'m','messages':[{'role':'system','content':'S'}," OPENAI_MESSAGES
	  "," OPENAI_TOOLS "'max_tokens':5,'stream':true}",
	  NULL },
	{ QUIRK_NO_STREAM | QUIRK_NO_SYSTEM,
	  "{'model':'m','messages':[{'role':'user','content':'S'}," OPENAI_MESSAGES "," OPENAI_TOOLS
	  "'max_tokens':5,'stream':false}",
	  NULL },
	{ QUIRK_NO_TOOLS | QUIRK_NO_STREAM_OPTIONS | QUIRK_NO_CACHE_CONTROL,
	  "{'model':'m','messages':[{'role':'system','content':'S'}," FLAT_OPENAI
	  ",'max_tokens':5,'stream':true}",
	  "{'model':'m','max_tokens':5,'system':[{'type':'text','text':'S'}],"
	  "'messages':[" FLAT_ANTHROPIC ",'stream':true}" },
	{ QUIRK_FLAT | QUIRK_NO_STREAM | QUIRK_NO_CACHE_CONTROL,
	  "{'model':'m','messages':[{'role':'system','content':'S'}," FLAT_OPENAI "," OPENAI_TOOLS
	  "'max_tokens':5,'stream':false}",
	  "{'model':'m','max_tokens':5,'tools':[{'name':'bulletin_read','description':'Read',"
	  "'input_schema':{'type':'object','properties':{}}}],"
	  "'system':[{'type':'text','text':'S'}],'messages':[" FLAT_ANTHROPIC ",'stream':false}" },
};

static void check_body(const char *format, unsigned quirks, const json_t *request,
		       const char *expected)
{
	const struct model_target target = { .provider = "here", .model = "m", .quirks = quirks };
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	_free_ char *wanted = expected ? quoted(expected) : NULL;

	assert_int_equal(model_encode(model_format_find(format), request, &target, &http, NULL), 0);
	if (wanted)
		assert_string_equal(http.body.data, wanted);
	assert_string_equal(http.headers[1], quirks & QUIRK_NO_STREAM
						     ? "Accept: application/json"
						     : "Accept: text/event-stream");
}

static void quirks_are_honoured(void **state)
{
	_free_ char *text = quoted(
		"{'system':[{'text':'S','stable':true}],'tools':[],'max_tokens':5,'messages':["
		"{'role':'assistant','text':'so','opaque':{'provider':'here','model':'m',"
		"'reasoning_content':'hm'},'calls':[{'id':'x','name':'f','arguments':{'p':1}},"
		"{'id':'y','name':'g','arguments':{}}]},{'role':'tool','results':["
		"{'id':'x','name':'f','content':'ok'}]},{'role':'user','text':'b'},"
		"{'role':'assistant','text':'c'},{'role':'assistant','text':'d'}]}");
	json_t *request = json_loads(text, 0, NULL);

	(void)state;
	model_request_add_tool(request, tool_find("bulletin_read"));
	for (size_t i = 0; i < ARRAY_LENGTH(quirk_rows); i++) {
		check_body("openai", quirk_rows[i].quirks, request, quirk_rows[i].openai);
		check_body("anthropic", quirk_rows[i].quirks, request, quirk_rows[i].anthropic);
	}
	json_decref(request);
}

/* Servers report a model under names of their own; what they want back belongs to the one that was
 * asked for. */
static void opaque_belongs_to_the_model_that_was_asked_for(void **state)
{
	static const char *const asked[] = { "m", NULL };
	_free_ char *bytes = quoted("data: {'model':'./m.gguf','choices':[{'delta':{"
				    "'reasoning_content':'hm','content':'a'},"
				    "'finish_reason':'stop'}]}\n\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(asked); i++) {
		struct model_stream *stream = model_stream_new(model_format_find("openai"), "here",
							       NULL, NULL);
		CLEANUP(model_reply_free) struct model_reply *reply = NULL;

		if (asked[i])
			model_stream_set_model(stream, asked[i]);
		assert_int_equal(model_stream_feed(stream, span_of(bytes), NULL), 0);
		assert_int_equal(model_stream_finish(stream, &reply, NULL), 0);
		model_stream_free(stream);
		assert_string_equal(json_string_value(json_object_get(reply->opaque, "model")),
				    asked[i] ? asked[i] : "./m.gguf");
	}
}

struct body_row {
	const char *format, *body;
};

static const struct body_row body_rows[] = {
	{ "openai", "{'model':'m','messages':[{'role':'system',"
		    "'content':'CONSTITUTION\\n\\nSOUL\\n\\nlate'},{'role':'user',"
		    "'content':'beat'}],'tools':[{'type':'function','function':{'name':'remember',"
		    "'description':'Keep a "
		    "fact','parameters':{'type':'object','properties':{'text':{'type':'string'}},"
		    "'required':['text']}}}],"
		    "'max_tokens':4096,'stream':true,'stream_options':{'include_usage':true}}" },
	{ "anthropic",
	  "{'model':'m','max_tokens':4096,'tools':[{'name':'remember','description':'Keep a fact',"
	  "'input_schema':{'type':'object','properties':{'text':{'type':'string'}},"
	  "'required':['text']},'cache_control':{'type':'ephemeral'}}],"
	  "'system':[{'type':'text','text':'CONSTITUTION'},{'type':'text','text':'SOUL',"
	  "'cache_control':{'type':"
	  "'ephemeral'}},{'type':'text','text':'late'}],'messages':[{'role':'user',"
	  "'content':[{'type':'text','text':'beat','cache_control':{'type':'ephemeral'}}]}],"
	  "'stream':true}" },
};

static void bodies_are_small_and_the_same(void **state)
{
	const struct model_target target = { .provider = "p", .model = "m" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(body_rows); i++) {
		json_t *request = small_request();
		_free_ char *wanted = quoted(body_rows[i].body);

		for (int again = 0; again < 2; again++) {
			CLEANUP(model_http_clear) struct model_http http = { 0 };

			assert_int_equal(model_encode(model_format_find(body_rows[i].format),
						      request, &target, &http, NULL),
					 0);
			assert_string_equal(http.body.data, wanted);
		}
		json_decref(request);
	}
}

struct address_row {
	const char *format, *base_url, *key, *url;
	const char *headers; /* those behind Accept; or the error */
};

#define VERSION "anthropic-version: 2023-06-01|"

static const struct address_row address_rows[] = {
	{ "openai", NULL, NULL, "https://api.openai.com/v1/chat/completions", "" },
	{ "openai", "http://127.0.0.1:8080/v1", "k", "http://127.0.0.1:8080/v1/chat/completions",
	  "Authorization: Bearer k|" },
	{ "openai", "http://h/v1//", " k\n", "http://h/v1/chat/completions",
	  "Authorization: Bearer k|" },
	{ "openai", "http://h/v1/chat/completions", "k", "http://h/v1/chat/completions",
	  "Authorization: Bearer k|" },
	{ "openai", "http://h/v1", "k\r\nX: y", NULL,
	  "the value of Authorization holds a control character; the key must be one line" },
	{ "anthropic", NULL, "k", "https://api.anthropic.com/v1/messages",
	  VERSION "x-api-key: k|" },
	{ "anthropic", "https://api.anthropic.com", "sk-ant-oat01-x",
	  "https://api.anthropic.com/v1/messages",
	  VERSION "Authorization: Bearer sk-ant-oat01-x|" },
	{ "anthropic", "http://h/anthropic/", "k", "http://h/anthropic/v1/messages",
	  VERSION "x-api-key: k|Authorization: Bearer k|" },
	{ "anthropic", "http://h/v1", NULL, "http://h/v1/messages", VERSION },
	{ "anthropic", "http://h/v1/messages", NULL, "http://h/v1/messages", VERSION },
	{ "anthropic", "http://h",
	  "a\x01"
	  "b",
	  NULL, "the value of x-api-key holds a control character; the key must be one line" },
};

static void addresses_and_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(address_rows); i++) {
		const struct address_row *row = &address_rows[i];
		const struct model_target target = {
			.provider = "p", .model = "m", .base_url = row->base_url, .key = row->key
		};
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
			assert_null(http.url);
			continue;
		}
		assert_string_equal(http.url, row->url);
		assert_string_equal(http.headers[0], "Content-Type: application/json");
		assert_string_equal(http.headers[1], "Accept: text/event-stream");
		for (size_t h = 2; http.headers[h]; h++)
			buffer_printf(&headers, "%s|", http.headers[h]);
		assert_string_equal(headers.data ? headers.data : "", row->headers);
	}
}

static void requests_that_are_none(void **state)
{
	static const char *const requests[] = {
		"5",
		"[]",
		"{}",
		"{'messages':5,'max_tokens':1}",
		"{'messages':[]}",
		"{'messages':[],'max_tokens':0}",
		"{'messages':[],'max_tokens':-1}",
		"{'messages':[],'max_tokens':1,'system':{}}",
		"{'messages':[],'max_tokens':1,'system':[5]}",
		"{'messages':[],'max_tokens':1,'tools':5}",
		"{'messages':[],'max_tokens':1,'tools':[{}]}",
	};
	const struct model_target target = { .provider = "p", .model = "m" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(requests) * 2; i++) {
		_free_ char *text = quoted(requests[i / 2]);
		json_t *request = json_loads(text, JSON_DECODE_ANY, NULL);
		CLEANUP(model_http_clear) struct model_http http = { 0 };

		assert_int_equal(model_encode(model_format_find(i % 2 ? "openai" : "anthropic"),
					      request, &target, &http, NULL),
				 -ERROR_INVALID);
		json_decref(request);
	}
	assert_null(model_format_find("google"));
	assert_null(model_format_find(NULL));
}

/* Texts that people and tools made go out as valid UTF-8. */
static void texts_are_mended(void **state)
{
	json_t *request = model_request_new(1);
	const struct model_call call = { .id = "x", .name = (char[]){ "f\xFF" } };
	char *text;

	(void)state;
	model_request_add_user(request, SPAN("a\xFF\0b\xE2\x82"));
	model_request_add_result(request, &call, SPAN("\xED\xA0\xBDz"), true);
	model_request_add_result(request, &call, SPAN(""), false);
	text = json_dumps(json_object_get(request, "messages"), JSON_COMPACT);
	assert_string_equal(
		text,
		"[{\"role\":\"user\",\"text\":\"a\xEF\xBF\xBD\xEF\xBF\xBD"
		"b\xEF\xBF\xBD\xEF\xBF\xBD\"},"
		"{\"role\":\"tool\",\"results\":[{\"id\":\"x\",\"name\":\"f\xEF\xBF\xBD\","
		"\"content\":"
		"\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBDz\",\"error\":true},{\"id\":\"x\",\"name\":"
		"\"f\xEF\xBF\xBD\",\"content\":\"\"}]}]");
	free(text);
	json_decref(request);
}

/* The front of a transcript stays the same, byte for byte, as it grows: caches depend on it. */
static void a_longer_transcript_begins_alike(void **state)
{
	const struct model_target target = { .provider = "p", .model = "m" };
	static const char *const formats[] = { "openai", "anthropic" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		CLEANUP(model_reply_free) struct model_reply *reply = NULL;
		json_t *request = small_request();
		json_t *json = json_pack("{s:s,s:[{s:s,s:s,s:{}}],s:s}", "text", "a", "calls", "id",
					 "x", "name", "remember", "arguments", "stop", "tools");
		CLEANUP(model_http_clear) struct model_http first = { 0 };
		CLEANUP(model_http_clear) struct model_http second = { 0 };
		const char *messages;
		size_t same = 0;

		assert_int_equal(model_reply_from_json(json, &reply, NULL), 0);
		model_encode(model_format_find(formats[i]), request, &target, &first, NULL);
		model_request_add_reply(request, reply);
		model_request_add_result(request, &reply->calls[0], SPAN("ok"), false);
		model_encode(model_format_find(formats[i]), request, &target, &second, NULL);
		while (first.body.data[same] == second.body.data[same])
			same++;
		messages = strstr(first.body.data, "\"beat\"");
		assert_true(same >= (size_t)(messages - first.body.data) + 6);
		json_decref(json);
		json_decref(request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_encoded),
		cmocka_unit_test(quirks_are_honoured),
		cmocka_unit_test(opaque_belongs_to_the_model_that_was_asked_for),
		cmocka_unit_test(bodies_are_small_and_the_same),
		cmocka_unit_test(addresses_and_keys),
		cmocka_unit_test(requests_that_are_none),
		cmocka_unit_test(texts_are_mended),
		cmocka_unit_test(a_longer_transcript_begins_alike),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

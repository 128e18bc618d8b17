/* Lines of Ollama's /api/chat, cut everywhere. */
#include "record.h"

#define LINE(message) "{'model':'m','message':{'role':'assistant'," message "},'done':false}\n"
#define TEXT(text) LINE("'content':'" text "'")
#define THINK(text) LINE("'content':'','thinking':'" text "'")
#define CALLS(list) LINE("'content':'','tool_calls':[" list "]")
#define CALL(name, arguments) "{'function':{'name':'" name "','arguments':" arguments "}}"
#define END(more) "{'model':'m','message':{'role':'assistant','content':''},'done':true" more "}"
#define STOP END(",'done_reason':'stop'") "\n"

static const struct stream_row rows[] = {
	{ "text", TEXT("a") TEXT("b") STOP, "text ab\nping", "\"ab\" end ?" },
	{ "text on the last line", "{'message':{'content':'a'},'done':true,'done_reason':'stop'}\n",
	  "text a", "\"a\" end ?" },
	{ "no newline at the end", TEXT("a") END(""), "text a\nping", "\"a\" end ?" },
	{ "blank lines", "\n" TEXT("a") "\n \n" STOP "\n", "text a\nping", "\"a\" end ?" },
	{ "a byte order mark", "\xEF\xBB\xBF" TEXT("a") STOP, "text a\nping", "\"a\" end ?" },
	{ "thinking is progress", THINK("h") THINK("m") TEXT("a") STOP,
	  "progress\nprogress\ntext a\nping", "\"a\" end ?" },
	{ "escapes and letters", TEXT("\\u00fc\xC3\xBC\\n") STOP, NULL,
	  "\"\xC3\xBC\xC3\xBC\n\" end ?" },
	{ "a lone surrogate", TEXT("\\ud83d") STOP, NULL, "\"\xEF\xBF\xBD\" end ?" },
	{ "nothing behind the end counts", TEXT("a") STOP TEXT("b") "garbage", "text a\nping",
	  "\"a\" end ?" },
	{ "not streamed",
	  "{'model':'m','message':{'role':'assistant','content':'a','tool_calls':[" CALL(
		  "f", "{}") "]},'done':true,'prompt_eval_count':9,'eval_count':2}",
	  "text a\nprogress\ncall f {}", "\"a\" f{} tools 9/0/0/2/0" },

	/* ---- calls ---- */
	{ "a call", CALLS(CALL("f", "{'x':[1,{'y':null}]}")) STOP,
	  "progress\nping\ncall f {\"x\":[1,{\"y\":null}]}",
	  "\"\" f{\"x\":[1,{\"y\":null}]} tools ?" },
	{ "calls on one line and on two",
	  CALLS(CALL("f", "{}") "," CALL("f", "{}")) CALLS(CALL("g", "{'x':1}")) STOP,
	  "progress\nprogress\nping\ncall f {}\ncall f {}\ncall g {\"x\":1}",
	  "\"\" f{} f{} g{\"x\":1} tools ?" },
	{ "ids and indexes of newer servers",
	  CALLS("{'id':'call_1','function':{'index':0,'name':'f','arguments':{}}}") STOP, NULL,
	  "\"\" f{} tools ?" },
	{ "arguments as text, null, absent",
	  CALLS(CALL("f", "'{\\'x\\':1}'") "," CALL("g", "null") ",{'function':{'name':'h'}}") STOP,
	  NULL, "\"\" f{\"x\":1} g{} h{} tools ?" },
	{ "arguments as cut text, a list, a number",
	  CALLS(CALL("f", "'{\\'x\\':'") "," CALL("g", "[1]") "," CALL("h", "5")) STOP,
	  "progress\nping", "\"\" f!{\"x\": g![[1]] h![5] tools ?" },
	{ "a key named twice", CALLS(CALL("f", "{'x':1,'x':2}")) STOP, "progress\nping",
	  "\"\" f!{\"x\":2} tools ?" },
	{ "no name", CALLS("{'function':{'arguments':{}}}") STOP, "progress\nping",
	  "\"\" !{} tools ?" },
	{ "no function", CALLS("5,{}") STOP, "progress\nping", "\"\" ! ! tools ?" },
	{ "a call printed as text",
	  TEXT("{\\'name\\':\\'read_file\\',\\'arguments\\':{\\'path\\':\\'x\\'}}") STOP, NULL,
	  "\"{\"name\":\"read_file\",\"arguments\":{\"path\":\"x\"}}\" "
	  "read_file!{\"name\":\"read_file\",\"arguments\":{\"path\":\"x\"}} tools ?" },

	/* ---- ends ---- */
	{ "length", TEXT("a") END(",'done_reason':'length'"), NULL, "\"a\" length ?" },
	{ "length in a call", CALLS(CALL("f", "{'x':'lo'}")) END(",'done_reason':'length'"),
	  "progress\nping", "\"\" f!{\"x\":\"lo\"} tools ?" },
	{ "length behind a call", CALLS(CALL("f", "{}")) TEXT("a") END(",'done_reason':'length'"),
	  NULL, "\"a\" f{} tools ?" },
	{ "the model was only loaded", END(",'done_reason':'load'"), "ping", "\"\" end ?" },
	{ "no end", TEXT("a"), "text a", "closed: the stream ended before the model had finished" },
	{ "no end behind a call", CALLS(CALL("f", "{}")), "progress",
	  "closed: the stream ended before the model had finished" },
	{ "nothing at all", "", "", "closed: the stream ended before the model had finished" },
	{ "blank lines alone", "\n \n", "",
	  "closed: the stream ended before the model had finished" },
	{ "done: false is none", "{'message':{'content':'a'},'done':false,'done_reason':'stop'}",
	  "text a", "closed: the stream ended before the model had finished" },
	{ "half a line", TEXT("a") "{'message':{'content':'b", "text a",
	  "closed: the stream ended in the middle of an event" },
	{ "half a line of a whole end", TEXT("a") "{'done':true", "text a",
	  "closed: the stream ended in the middle of an event" },

	/* ---- errors ---- */
	{ "an error alone", "{'error':'model not found'}\n", "", "remote: model not found" },
	{ "an error after text", TEXT("a") "{'error':'boom'}\n" STOP, "text a", "remote: boom" },
	{ "an error without newline", TEXT("a") "{'error':'boom'}", "text a", "remote: boom" },
	{ "an error after a call", CALLS(CALL("f", "{}")) "{'error':'boom'}\n" STOP, "progress",
	  "remote: boom" },
	{ "an error object", "{'error':{'message':'boom','code':500}}\n", "",
	  "remote: boom (500)" },
	{ "an error in a list", "[{'error':'boom'}]\n", "", "remote: boom" },
	{ "two objects on a line", TEXT("a") "{'done':false}{'done':true}\n", "text a",
	  "protocol: the stream holds an event that is no JSON object: "
	  "{\"done\":false}{\"done\":true}" },
	{ "no JSON", "404 page not found\n", "",
	  "protocol: the stream holds an event that is no JSON object: 404 page not found" },
	{ "no object", "[1,2]\n", "",
	  "protocol: the stream holds an event that is no JSON object: [1,2]" },
	{ "server-sent events", "data: {}\n\n", "",
	  "protocol: the stream holds an event that is no JSON object: data: {}" },
	{ "a web page", "\n<html>\n", "",
	  "protocol: the server answered with a web page, not with a stream; is its base_url "
	  "right?" },

	/* ---- usage ---- */
	{ "usage", TEXT("a") END(",'prompt_eval_count':26,'eval_count':290,'eval_duration':9"),
	  NULL, "\"a\" end 26/0/0/290/0" },
	{ "no prompt: it was cached", TEXT("a") END(",'eval_count':290"), NULL, "\"a\" end ?" },
	{ "an empty answer", END(",'prompt_eval_count':26,'eval_count':0"), NULL,
	  "\"\" end 26/0/0/0/0" },
	{ "negative", END(",'prompt_eval_count':-26,'eval_count':1"), NULL, "\"\" end ?" },
	{ "counts before the end are none",
	  "{'message':{'content':'a'},'prompt_eval_count':1,'eval_count':1}\n" STOP, NULL,
	  "\"a\" end ?" },
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		stream_row_check("ollama", &rows[i]);
}

/* Every beginning of a stream is a failure that has told no call, up to the brace that closes the
 * last line. */
static void a_cut_stream_is_no_reply(void **state)
{
	_free_ char *bytes = stream_row_bytes(THINK("hm") TEXT("so") CALLS(CALL("f", "{'x':1}"))
						      END(",'done_reason':'stop'"),
					      "\n");

	(void)state;
	for (size_t length = 0; length <= strlen(bytes); length++) {
		CLEANUP(record_clear) struct record part;

		record_run(&part, "ollama", (struct span){ bytes, length }, length / 2);
		assert_int_equal(part.result, length < strlen(bytes) ? -ERROR_CLOSED : 0);
		assert_int_equal(part.events.data && strstr(part.events.data, "call "),
				 length == strlen(bytes));
	}
}

static void thinking_is_kept(void **state)
{
	_free_ char *bytes = stream_row_bytes(THINK("h") THINK("m") TEXT("a") STOP, "\n");
	CLEANUP(record_clear) struct record record;
	char *opaque;

	(void)state;
	record_run(&record, "ollama", span_of(bytes), 0);
	opaque = json_dumps(record.reply->opaque, JSON_COMPACT);
	assert_string_equal(opaque,
			    "{\"provider\":\"here\",\"model\":\"m\",\"reasoning_content\":\"hm\"}");
	free(opaque);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(a_cut_stream_is_no_reply),
		cmocka_unit_test(thinking_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

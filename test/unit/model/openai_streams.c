/* What servers that call themselves compatible with Chat Completions send: a row each. */
#include "record.h"

#define D(json) "data: " json "\n\n"
#define DONE "data: [DONE]\n\n"
#define DELTA(members) D("{'choices':[{'delta':{" members "}}]}")
#define TEXT(text) DELTA("'content':'" text "'")
#define CALL(members) DELTA("'tool_calls':[{" members "}]")
#define FINISH(word) D("{'choices':[{'delta':{},'finish_reason':'" word "'}]}")
#define USAGE(members) D("{'choices':[],'usage':{" members "}}")
#define WHOLE(id, name, arguments) \
	"'id':'" id "','function':{'name':'" name "','arguments':'" arguments "'}"

static const struct stream_row rows[] = {
	/* ---- server-sent events ---- */
	{ "plain", TEXT("Hi") TEXT(" there") FINISH("stop") DONE, "text Hi there\nping",
	  "\"Hi there\" end ?" },
	{ "no blank behind the colon",
	  "data:{'choices':[{'delta':{'content':'a'},'finish_reason':'stop'}]}\n\n", "text a",
	  "\"a\" end ?" },
	{ "event: without a blank, id and retry", "event:x\nid:1\nretry: 5\n" TEXT("a") DONE,
	  "text a", "\"a\" end ?" },
	{ "byte order mark", "\xEF\xBB\xBF" TEXT("a") DONE, "text a", "\"a\" end ?" },
	{ "comments are pings", ": OPENROUTER PROCESSING\n\n:\n\n" TEXT("a") DONE,
	  "ping\nping\ntext a", "\"a\" end ?" },
	{ "bare data: is a ping", "data:\n\ndata: \n\ndata\n\n" TEXT("a") DONE,
	  "ping\nping\nping\ntext a", "\"a\" end ?" },
	{ "data over several lines",
	  "data: {'choices':\ndata: [{'delta':\ndata:{'content':'a'}}]}\n\n" DONE, "text a",
	  "\"a\" end ?" },
	{ "no blank line at the end", TEXT("a") "data: [DONE]", "text a", "\"a\" end ?" },
	{ "no line end at the end, no [DONE]",
	  "data: {'choices':[{'delta':{'content':'a'},'finish_reason':'stop'}]}", "text a",
	  "\"a\" end ?" },
	{ "blank lines in front", "\n\n\n" TEXT("a") DONE, "text a", "\"a\" end ?" },
	{ "what follows [DONE] does not count", TEXT("a") DONE TEXT("b") "data: {broken\n\n",
	  "text a", "\"a\" end ?" },
	{ "an event without data is none", "event: error\n\n" TEXT("a") DONE, "text a",
	  "\"a\" end ?" },

	/* ---- text ---- */
	{ "lone surrogates", TEXT("a\\ud83d b\\ude00 \\ud83d\\ude00 \\ud83dx") DONE, NULL,
	  "\"a\xEF\xBF\xBD b\xEF\xBF\xBD \xF0\x9F\x98\x80 \xEF\xBF\xBDx\" end ?" },
	{ "bytes that are no UTF-8", TEXT("a\xFF\xC3 \xED\xA0\x80") DONE, NULL,
	  "\"a\xEF\xBF\xBD\xEF\xBF\xBD \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\" end ?" },
	{ "NUL", TEXT("a\\u0000b") DONE, NULL,
	  "\"a\xEF\xBF\xBD"
	  "b\" end ?" },
	{ "raw tab in a string", TEXT("a\tb") DONE, NULL, "\"a\tb\" end ?" },
	{ "integers beyond 64 bits",
	  D("{'seed':18446744073709551615,'choices':[{'delta':{'content':'a'}}]}") DONE, NULL,
	  "\"a\" end ?" },
	{ "content in parts (Mistral)",
	  DELTA("'content':[{'type':'thinking','thinking':[{'type':'text','text':'hm'}]}]")
		  DELTA("'content':[{'type':'text','text':'a'},{'type':'text','text':'b'}]") DONE,
	  "progress\ntext ab", "\"ab\" end ?" },
	{ "null content, role only", DELTA("'role':'assistant','content':null") DONE, "ping",
	  "\"\" end ?" },
	{ "reasoning is progress",
	  DELTA("'reasoning':'hm'") DELTA("'reasoning_content':'hm'") TEXT("a") DONE,
	  "progress\nprogress\ntext a", "\"a\" end ?" },
	{ "message for delta",
	  D("{'choices':[{'message':{'content':'a'},'finish_reason':'stop'}]}"), "text a",
	  "\"a\" end ?" },
	{ "only the first choice",
	  D("{'choices':[{'index':1,'delta':{'content':'b'}},{'index':0,'delta':{'content':'a'}}]}")
		  DONE,
	  "text a", "\"a\" end ?" },

	/* ---- the end ---- */
	{ "neither [DONE] nor finish_reason", TEXT("a"), "text a",
	  "closed: the stream ended before the model had finished" },
	{ "nothing at all", "", "", "closed: the stream ended before the model had finished" },
	{ "comments alone", ": x\n\n", "ping",
	  "closed: the stream ended before the model had finished" },
	{ "cut in an event", TEXT("a") "data: {'choices':[{'del", "text a",
	  "closed: the stream ended in the middle of an event" },
	{ "cut behind the finish_reason", TEXT("a") FINISH("stop") "data: {'choi", "text a\nping",
	  "\"a\" end ?" },
	{ "empty answer", FINISH("stop") DONE, "ping", "\"\" end ?" },
	{ "null and empty finish_reason are none",
	  D("{'choices':[{'delta':{'content':'a'},'finish_reason':''}]}"), NULL,
	  "closed: the stream ended before the model had finished" },
	{ "length", TEXT("a") FINISH("length") DONE, NULL, "\"a\" length ?" },
	{ "max_tokens", TEXT("a") FINISH("max_tokens") DONE, NULL, "\"a\" length ?" },
	{ "end_turn through a gateway", TEXT("a") FINISH("end_turn") DONE, NULL, "\"a\" end ?" },
	{ "content_filter", TEXT("a") FINISH("content_filter") DONE, NULL, "\"a\" refusal ?" },
	{ "refusal", DELTA("'refusal':'No'") DELTA("'refusal':'.'") FINISH("stop") DONE, NULL,
	  "\"No.\" refusal ?" },
	{ "a refusal has no calls", CALL(WHOLE("1", "f", "{}")) FINISH("content_filter") DONE,
	  "progress\nping", "\"\" refusal ?" },
	{ "Gemini: malformed call", FINISH("function_call_filter: MALFORMED_FUNCTION_CALL") DONE,
	  NULL,
	  "remote: the server ended the reply with finish_reason \"function_call_filter: "
	  "MALFORMED_FUNCTION_CALL\"" },
	{ "finish_reason error", FINISH("error") DONE, NULL,
	  "remote: the server ended the reply with finish_reason \"error\"" },
	{ "finish_reason twice", TEXT("a") FINISH("stop") FINISH("stop") DONE, NULL,
	  "\"a\" end ?" },

	/* ---- errors inside the stream ---- */
	{ "error object",
	  TEXT("a") D("{'error':{'message':'boom','type':'overloaded_error','code':529}}"),
	  "text a", "remote: boom (overloaded_error, 529)" },
	{ "error string", D("{'error':'boom'}"), "", "remote: boom" },
	{ "error with choices",
	  D("{'error':{'message':'boom','code':'429'},'choices':[{'delta':{'content':''}}]}"), "",
	  "remote: boom (429)" },
	{ "error with empty choices", D("{'error':{'message':'boom'},'choices':[]}") DONE, "",
	  "remote: boom" },
	{ "error in the choice", D("{'choices':[{'error':{'message':'boom'},'delta':{}}]}"), "",
	  "remote: boom" },
	{ "error of an upstream server",
	  D("{'error':{'message':'Provider returned error','metadata':{'raw':'too busy'}}}"), "",
	  "remote: Provider returned error: too busy" },
	{ "object: error (vLLM)", D("{'object':'error','message':'boom','type':'BadRequestError'}"),
	  "", "remote: boom (BadRequestError)" },
	{ "event: error", "event: error\n" D("{'message':'boom'}"), "", "remote: boom" },
	{ "event: error without JSON", "event: error\n" D("boom boom"), "", "remote: boom boom" },
	{ "error in a list (Gemini)", D("[{'error':{'message':'boom','status':'INTERNAL'}}]"), "",
	  "remote: boom (INTERNAL)" },
	{ "error without words", D("{'error':{}}"), "",
	  "remote: the server reported an error and did not say which" },
	{ "error without blank line", "data: {'error':'boom'}", "", "remote: boom" },
	{ "error: null is none", D("{'error':null,'choices':[{'delta':{'content':'a'}}]}") DONE,
	  NULL, "\"a\" end ?" },
	{ "fused JSON", TEXT("a") "data: {'choices':[]}{'choices':[]}\n\n" DONE, "text a",
	  "protocol: the stream holds an event that is no JSON object: "
	  "{\"choices\":[]}{\"choices\":[]}" },
	{ "no JSON", "data: hello\n\n", "",
	  "protocol: the stream holds an event that is no JSON object: hello" },
	{ "no object", "data: 5\n\n", "",
	  "protocol: the stream holds an event that is no JSON object: 5" },

	/* ---- bodies that are no stream ---- */
	{ "one whole answer",
	  "{'id':'x','choices':[{'message':{'role':'assistant','content':'a',"
	  "'tool_calls':[{'id':'1',"
	  "'type':'function','function':{'name':'f','arguments':'{}'}}]},"
	  "'finish_reason':'tool_calls'}],"
	  "'usage':{'prompt_tokens':3,'completion_tokens':2}}",
	  "text a\nprogress\ncall f {}", "\"a\" f{} tools 3/0/0/2/0" },
	{ "one whole error", "\n{'error':{'message':'boom'}}\n", "", "remote: boom" },
	{ "one whole error in a list", "[{'error':{'message':'boom'}}]", "", "remote: boom" },
	{ "half an answer", "{'id':'x','choices':[", "",
	  "closed: the stream ended in the middle of an event" },
	{ "some other object", "{'ok':true}", "ping",
	  "closed: the stream ended before the model had finished" },
	{ "a web page", "<!DOCTYPE html><html>", "",
	  "protocol: the server answered with a web page, not with a stream; is its base_url "
	  "right?" },

	/* ---- tool calls ---- */
	{ "pieces by index",
	  CALL("'index':0,'id':'a','function':{'name':'f','arguments':''}")
		  CALL("'index':1,'id':'b','function':{'name':'g','arguments':''}")
			  CALL("'index':0,'function':{'arguments':'{\\'x\\''}")
				  CALL("'index':1,'function':{'arguments':'{\\'y\\':2}'}")
					  CALL("'index':0,'function':{'arguments':':1}'}")
						  FINISH("tool_calls") DONE,
	  "progress\nprogress\nprogress\nprogress\nprogress\nping\ncall f {\"x\":1}\ncall g "
	  "{\"y\":2}",
	  "\"\" f{\"x\":1} g{\"y\":2} tools ?" },
	{ "no index (Ollama)",
	  CALL(WHOLE("a", "f", "{}")) CALL(WHOLE("b", "f", "{}")) FINISH("stop") DONE, NULL,
	  "\"\" f{} f{} tools ?" },
	{ "no index, pieces by id",
	  CALL(WHOLE("a", "f", "{\\'x\\'")) CALL("'id':'a','function':{'arguments':':1}'}") DONE,
	  NULL, "\"\" f{\"x\":1} tools ?" },
	{ "no index, no id, pieces by order",
	  CALL("'function':{'name':'f','arguments':'{\\'x\\''}")
		  CALL("'function':{'arguments':':1}'}")
			  CALL("'function':{'name':'g','arguments':'{}'}") DONE,
	  NULL, "\"\" f{\"x\":1} g{} tools ?" },
	{ "index repeated under a new id",
	  CALL("'index':0," WHOLE("a", "f", "{}")) CALL("'index':0," WHOLE("b", "g", "{}")) DONE,
	  NULL, "\"\" f{} g{} tools ?" },
	{ "index repeated, ids empty (Gemini)",
	  CALL("'index':0," WHOLE("", "f", "{}")) CALL("'index':0," WHOLE("", "f", "{}")) DONE,
	  NULL, "\"\" f{} f{} tools ?" },
	{ "index repeated in one delta, ids null",
	  DELTA("'tool_calls':[{'index':0,'id':null,'function':{'name':'f','arguments':''}},"
		"{'index':0,'id':null,'function':{'name':'g','arguments':''}}]") DONE,
	  NULL, "\"\" f{} g{} tools ?" },
	{ "index repeated, no ids, no arguments",
	  CALL("'index':0,'function':{'name':'bulletin_read'}")
		  CALL("'index':0,'function':{'name':'list_files'}") DONE,
	  NULL, "\"\" bulletin_read{} list_files{} tools ?" },
	{ "a new id in every delta (old vLLM)",
	  CALL("'index':0," WHOLE("a", "f", "{\\'x\\'"))
		  CALL("'index':0,'id':'b','function':{'arguments':':1}'}") DONE,
	  NULL, "\"\" f{\"x\":1} tools ?" },
	{ "the same id twice, other indexes",
	  CALL("'index':0," WHOLE("a", "f", "{}")) CALL("'index':1," WHOLE("a", "g", "{}")) DONE,
	  NULL, "\"\" f{} g{} tools ?" },
	{ "name in pieces",
	  CALL("'index':0,'id':'a','function':{'name':'read'}")
		  CALL("'index':0,'function':{'name':'_file'}")
			  CALL("'index':0,'function':{'arguments':'{}'}") DONE,
	  NULL, "\"\" read_file{} tools ?" },
	{ "name with every piece",
	  CALL("'index':0,'id':'a','function':{'name':'f','arguments':''}")
		  CALL("'index':0,'function':{'name':'f','arguments':'{\\'x\\''}")
			  CALL("'index':0,'function':{'name':'f','arguments':':1}'}") DONE,
	  NULL, "\"\" f{\"x\":1} tools ?" },
	{ "arguments empty, blank, null, absent",
	  CALL("'index':0,'id':'a','function':{'name':'f','arguments':''}")
		  CALL("'index':1,'id':'b','function':{'name':'f','arguments':' '}")
			  CALL("'index':2,'id':'c','function':{'name':'f','arguments':null}")
				  CALL("'index':3,'id':'d','function':{'name':'f'}") DONE,
	  NULL, "\"\" f{} f{} f{} f{} tools ?" },
	{ "arguments as an object", CALL("'function':{'name':'f','arguments':{'x':[1]}}") DONE,
	  NULL, "\"\" f{\"x\":[1]} tools ?" },
	{ "an object that names a key twice",
	  CALL("'function':{'name':'f','arguments':{'x':1,'x':2}}") DONE, NULL,
	  "\"\" f!{\"x\":2} tools ?" },
	{ "arguments cut", CALL(WHOLE("a", "f", "{\\'x\\':\\'lo")) FINISH("length") DONE,
	  "progress\nping", "\"\" f!{\"x\":\"lo tools ?" },
	{ "arguments that a server closed behind its cut",
	  CALL("'index':0," WHOLE("a", "f", "{}"))
		  CALL("'index':1," WHOLE("b", "g", "{\\'x\\':\\'lo\\'}")) FINISH("length") DONE,
	  "progress\nprogress\nping\ncall f {}", "\"\" f{} g!{\"x\":\"lo\"} tools ?" },
	{ "cut in the text behind a whole call",
	  CALL(WHOLE("a", "f", "{}")) TEXT("so") FINISH("length") DONE, NULL,
	  "\"so\" f{} tools ?" },
	{ "arguments that are no object",
	  CALL(WHOLE("a", "f", "[]")) CALL(WHOLE("b", "f", "5")) CALL(WHOLE("c", "f", "{}{}")) CALL(
		  WHOLE("d", "f", "{\\'x\\':1,\\'x\\':2}")) CALL(WHOLE("e", "f", "{x:1}")) DONE,
	  "progress\nprogress\nprogress\nprogress\nprogress",
	  "\"\" f![] f!5 f!{}{} f!{\"x\":1,\"x\":2} f!{x:1} tools ?" },
	{ "no name", CALL("'index':0,'id':'a','function':{'arguments':'{}'}") DONE, NULL,
	  "\"\" !{} tools ?" },
	{ "stop with calls", CALL(WHOLE("a", "f", "{}")) FINISH("stop") DONE, NULL,
	  "\"\" f{} tools ?" },
	{ "tool_calls with none", TEXT("a") FINISH("tool_calls") DONE, NULL, "\"a\" end ?" },
	{ "cut before the end of a call", CALL("'index':0," WHOLE("a", "f", "{}")), "progress",
	  "closed: the stream ended before the model had finished" },
	{ "surrogates in arguments", CALL(WHOLE("a", "f", "{\\'x\\':\\'\\\\ud83d!\\'}")) DONE, NULL,
	  "\"\" f{\"x\":\"\xEF\xBF\xBD!\"} tools ?" },

	/* ---- calls printed as text ---- */
	{ "a call as text",
	  TEXT("Well.\\n<tool_call>{\\'name\\': \\'remember\\', \\'arguments\\': {}}</tool_call>")
		  FINISH("stop") DONE,
	  NULL,
	  "\"Well.\n<tool_call>{\"name\": \"remember\", \"arguments\": {}}</tool_call>\" "
	  "remember!<tool_call>{\"name\": \"remember\", \"arguments\": {}}</tool_call> tools ?" },
	{ "a call as bare JSON",
	  TEXT("{\\'name\\':\\'read_file\\',\\'arguments\\':{\\'path\\':\\'x\\'}}") DONE, NULL,
	  "\"{\"name\":\"read_file\",\"arguments\":{\"path\":\"x\"}}\" "
	  "read_file!{\"name\":\"read_file\",\"arguments\":{\"path\":\"x\"}} tools ?" },
	{ "a text about calls", TEXT("Use <tool_call> with a name.") DONE, NULL,
	  "\"Use <tool_call> with a name.\" end ?" },

	/* ---- usage ---- */
	{ "last chunk without choices",
	  TEXT("a") FINISH("stop")
		  USAGE("'prompt_tokens':100,'completion_tokens':7,'total_tokens':107,"
			"'prompt_tokens_details':{'cached_tokens':64},"
			"'completion_tokens_details':{'reasoning_tokens':3}") DONE,
	  NULL, "\"a\" end 36/64/0/7/3" },
	{ "on the finish delta",
	  TEXT("a") D("{'choices':[{'delta':{},'finish_reason':'stop'}],'usage':{'prompt_tokens':9,"
		      "'completion_tokens':2}}") DONE,
	  NULL, "\"a\" end 9/0/0/2/0" },
	{ "zero and null beside the real one",
	  USAGE("'prompt_tokens':0,'completion_tokens':0") TEXT("a")
		  USAGE("'prompt_tokens':9,'completion_tokens':2")
			  D("{'choices':[{'delta':{},'finish_reason':'stop'}],'usage':null}") USAGE(
				  "'prompt_tokens':0,'completion_tokens':0,'total_tokens':0") DONE,
	  NULL, "\"a\" end 9/0/0/2/0" },
	{ "x_groq",
	  D("{'choices':[{'delta':{},'finish_reason':'stop'}],'x_groq':{'usage':{'prompt_tokens':9,"
	    "'completion_tokens':2}}}") DONE,
	  NULL, "\"\" end 9/0/0/2/0" },
	{ "in the choice (Moonshot)",
	  D("{'choices':[{'delta':{},'finish_reason':'stop','usage':{'prompt_tokens':9,"
	    "'completion_tokens':2}}]}") DONE,
	  NULL, "\"\" end 9/0/0/2/0" },
	{ "DeepSeek's cache",
	  FINISH("stop")
		  USAGE("'prompt_tokens':9,'completion_tokens':2,'prompt_cache_hit_tokens':4,"
			"'prompt_cache_miss_tokens':5") DONE,
	  NULL, "\"\" end 5/4/0/2/0" },
	{ "OpenRouter's cache writes",
	  FINISH("stop") USAGE("'prompt_tokens':9,'completion_tokens':2,"
			       "'prompt_tokens_details':{'cached_tokens':1,"
			       "'cache_write_tokens':3}") DONE,
	  NULL, "\"\" end 5/1/3/2/0" },
	{ "reasoning counted beside completion",
	  FINISH("stop") USAGE("'prompt_tokens':9,'completion_tokens':2,'total_tokens':31,"
			       "'completion_tokens_details':{'reasoning_tokens':20}") DONE,
	  NULL, "\"\" end 9/0/0/22/20" },
	{ "more cached than there was",
	  FINISH("stop") USAGE("'prompt_tokens':9,'completion_tokens':2,"
			       "'prompt_tokens_details':{'cached_tokens':20}") DONE,
	  NULL, "\"\" end 9/20/0/2/0" },
	{ "negative", FINISH("stop") USAGE("'prompt_tokens':-9,'completion_tokens':2") DONE, NULL,
	  "\"\" end ?" },
	{ "absurd",
	  FINISH("stop") USAGE("'prompt_tokens':9,'completion_tokens':1000000000000000000") DONE,
	  NULL, "\"\" end ?" },
	{ "no number", FINISH("stop") USAGE("'prompt_tokens':'9','completion_tokens':2") DONE, NULL,
	  "\"\" end ?" },
	{ "no prompt", FINISH("stop") USAGE("'completion_tokens':2") DONE, NULL, "\"\" end ?" },
	{ "as reals", FINISH("stop") USAGE("'prompt_tokens':9.0,'completion_tokens':2.0") DONE,
	  NULL, "\"\" end 9/0/0/2/0" },
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		stream_row_check("openai", &rows[i]);
}

/* ---- what goes back to the provider ---- */

struct opaque_row {
	const char *name, *stream, *opaque; /* NULL: nothing is kept */
};

static const struct opaque_row opaque_rows[] = {
	{ "nothing", TEXT("a") DELTA("'reasoning':'hm'") DONE, NULL },
	{ "reasoning_content (DeepSeek)",
	  D("{'model':'r1','choices':[{'delta':{'reasoning_content':'h'}}]}")
		  DELTA("'reasoning_content':'m'") DONE,
	  "{'provider':'here','model':'r1','reasoning_content':'hm'}" },
	{ "thought_signature of calls (Gemini)",
	  CALL("'index':0," WHOLE("a", "f", "{}")) CALL("'index':1," WHOLE(
		  "b", "g", "{}") ",'extra_content':{'google':{'thought_signature':'S'}}") DONE,
	  "{'provider':'here','calls':[null,{'google':{'thought_signature':'S'}}]}" },
	{ "extra_content of the message", DELTA("'extra_content':{'google':{'x':1}}") DONE,
	  "{'provider':'here','extra_content':{'google':{'x':1}}}" },
	{ "reasoning_details (OpenRouter) in pieces",
	  DELTA("'reasoning_details':[{'type':'reasoning.text','text':'h','index':0,"
		"'format':'x'}]") DELTA("'reasoning_details':[{'type':'reasoning.text','text':'m','index':0,"
					"'format':null,"
					"'signature':'S'}]")
		  DELTA("'reasoning_details':[{'type':'reasoning.encrypted','data':'D','index':1}]")
			  DONE,
	  "{'provider':'here','reasoning_details':[{'type':'reasoning.text','index':0,'format':'x',"
	  "'signature':'S','text':'hm'},{'type':'reasoning.encrypted','index':1,'data':'D'}]}" },
};

static void opaque_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(opaque_rows); i++) {
		const struct opaque_row *row = &opaque_rows[i];
		const struct stream_row stream = { .stream = row->stream };
		CLEANUP(record_clear) struct record record;
		_free_ char *bytes = stream_row_bytes(stream.stream, "\n");
		_free_ char *wanted = row->opaque ? stream_row_bytes(row->opaque, "\n") : NULL;
		char *got;

		record_run(&record, "openai", span_of(bytes), 0);
		assert_int_equal(record.result, 0);
		got = json_dumps(record.reply->opaque, JSON_COMPACT);
		print_message("%s\n", row->name);
		if (wanted)
			assert_string_equal(got, wanted);
		else
			assert_null(got);
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(opaque_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

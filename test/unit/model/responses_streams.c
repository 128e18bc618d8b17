/* OpenAI Responses events, cut everywhere. */
#include "record.h"

#define E(type, more) "event: " type "\ndata: {'type':'" type "'" more "}\n\n"
#define CREATED E("response.created", ",'response':{'id':'resp_1','model':'m','error':null}")
#define ADDED(n, item) E("response.output_item.added", ",'output_index':" n ",'item':{" item "}")
#define DONE(n, item) E("response.output_item.done", ",'output_index':" n ",'item':{" item "}")
#define MESSAGE(n) ADDED(n, "'type':'message','id':'msg_" n "','role':'assistant','content':[]")
#define SAY(n, text) E("response.output_text.delta", ",'output_index':" n ",'delta':'" text "'")
#define SAID(n, text)                                                                              \
	DONE(n, "'type':'message','id':'msg_" n "','content':[{'type':'output_text','text':'" text \
		"'}]")
#define CALL(n, name, arguments)                                                      \
	"'type':'function_call','id':'fc_" n "','call_id':'call_" n "','name':'" name \
	"','arguments':'" arguments "'"
#define PIECE(n, piece)                             \
	E("response.function_call_arguments.delta", \
	  ",'item_id':'fc_" n "','output_index':" n ",'delta':'" piece "'")
#define END(more) E("response.completed", ",'response':{'status':'completed'" more "}")
#define STOP END(",'output':[]")
#define USAGE(more) END(",'usage':{" more "}")
#define CUT(reason)                                                                          \
	E("response.incomplete", ",'response':{'status':'incomplete','incomplete_details':{" \
				 "'reason':'" reason "'}}")

static const struct stream_row rows[] = {
	{ "text",
	  CREATED MESSAGE("0") SAY("0", "a") SAY("0", "b")
		  E("response.output_text.done", ",'text':'ab'") SAID("0", "ab") STOP,
	  "ping\nprogress\ntext ab\nping\nprogress", "\"ab\" end ?" },
	{ "data before its event, no space",
	  "data:{'type':'response.output_text.delta','delta':'a'}\nevent:x\n\n" STOP, "text a",
	  "\"a\" end ?" },
	{ "types by the event's name alone",
	  "event: response.output_text.delta\ndata: {'delta':'a'}\n\nevent: "
	  "response.completed\ndata: {'response':{}}\n\n",
	  "text a", "\"a\" end ?" },
	{ "no blank line at the end",
	  SAY("0", "a") "data: {'type':'response.completed','response':{}}", "text a",
	  "\"a\" end ?" },
	{ "unknown events are life", E("response.web_search_call.searching", "") ": hm\n\n" STOP,
	  "ping\nping", "\"\" end ?" },
	{ "nothing behind the end counts", SAY("0", "a") STOP SAY("0", "b") "data: [DONE]\n\n",
	  "text a", "\"a\" end ?" },
	{ "[DONE] is no end", SAY("0", "a") "data: [DONE]\n\n", "text a",
	  "closed: the stream ended before the model had finished" },
	{ "two messages are two paragraphs",
	  MESSAGE("0") SAY("0", "a") SAID("0", "a") MESSAGE("1") SAY("1", "b") SAY("1", "c") STOP,
	  NULL, "\"a\n\nbc\" end ?" },
	{ "a message without its pieces", MESSAGE("0") SAID("0", "a") SAID("1", "b") STOP,
	  "progress\ntext a\nprogress\ntext \n\nb\nprogress", "\"a\n\nb\" end ?" },
	{ "reasoning is progress",
	  ADDED("0", "'type':'reasoning'")
		  E("response.reasoning_summary_text.delta", ",'delta':'h'")
			  E("response.reasoning_text.delta", ",'delta':'h'") SAY("1", "a") STOP,
	  "progress\nprogress\nprogress\ntext a", "\"a\" end ?" },
	{ "all of it in the last event",
	  END(",'output':[{'type':'reasoning'},{'type':'message','content':[{'type':'output_text',"
	      "'text':'a'},{'type':'output_text','text':'b'}]},{" CALL(
		      "2", "f", "{}") "}],'usage':{'input_tokens':3,'output_tokens':2}"),
	  "text ab\ncall f {}", "\"ab\" f{} tools 3/0/0/2/0" },
	{ "the last event repeats what came",
	  SAY("0", "a") ADDED("1", CALL("1", "f", "{}")) END(
		  ",'output':[{'type':'message','content':[{'type':'output_text','text':'a'}]},{" CALL(
			  "9", "f", "{}") "}]"),
	  NULL, "\"a\" f{} tools ?" },
	{ "not streamed",
	  "{'id':'resp_1','object':'response','status':'completed','error':null,'output':[{'type':"
	  "'message','content':[{'type':'output_text','text':'a'}]},{" CALL(
		  "1", "f", "{\\'x\\':1}") "}],'usage':{'input_tokens':9,'output_tokens':2}}",
	  "text a\ncall f {\"x\":1}", "\"a\" f{\"x\":1} tools 9/0/0/2/0" },
	{ "not streamed and not done", "{'id':'resp_1','status':'in_progress','output':[]}", "",
	  "closed: the stream ended before the model had finished" },

	/* ---- calls ---- */
	{ "a call in pieces",
	  ADDED("0", CALL("0", "f", "")) PIECE("0", "{\\'x\\'") PIECE("0", ":1}")
		  E("response.function_call_arguments.done",
		    ",'output_index':0,'arguments':'{\\'x\\':1}'")
			  DONE("0", CALL("0", "f", "{\\'x\\':1}")) STOP,
	  "progress\nprogress\nprogress\nprogress\nprogress\ncall f {\"x\":1}",
	  "\"\" f{\"x\":1} tools ?" },
	{ "calls side by side",
	  ADDED("0", CALL("0", "f", "")) ADDED("1", CALL("1", "g", "")) PIECE("0", "{\\'x\\'")
		  PIECE("1", "{}") PIECE("0", ":1}") STOP,
	  NULL, "\"\" f{\"x\":1} g{} tools ?" },
	{ "pieces by the item's id alone",
	  ADDED("0", CALL("0", "f", "")) ADDED("1", CALL("1", "g", "")) E(
		  "response.function_call_arguments.delta", ",'item_id':'fc_0','delta':'{}'") STOP,
	  NULL, "\"\" f{} g{} tools ?" },
	{ "ids that change (Copilot)",
	  ADDED("0", CALL("7", "f", "")) E("response.function_call_arguments.delta",
					   ",'item_id':'fc_8','output_index':0,'delta':'{}'")
		  DONE("0", CALL("9", "f", "{}")) STOP,
	  NULL, "\"\" f{} tools ?" },
	{ "every item numbered 0",
	  ADDED("0", CALL("7", "f", "{}")) DONE("0", CALL("7", "f", "{}"))
		  ADDED("0", CALL("8", "g", "{}")) DONE("0", CALL("8", "g", "{}")) STOP,
	  NULL, "\"\" f{} g{} tools ?" },
	{ "a call without its pieces",
	  DONE("0", CALL("0", "f", "{}")) DONE("1", CALL("1", "f", "{}")) STOP, NULL,
	  "\"\" f{} f{} tools ?" },
	{ "the whole overrules its pieces",
	  ADDED("0", CALL("0", "f", "")) PIECE("0", "{\\'x\\'")
		  DONE("0", CALL("0", "f", "{\\'x\\':1}")) STOP,
	  NULL, "\"\" f{\"x\":1} tools ?" },
	{ "arguments empty, no object, of a key twice, cut",
	  DONE("0", CALL("0", "f", "")) DONE("1", CALL("1", "f", "[]"))
		  DONE("2", CALL("2", "f", "{\\'x\\':1,\\'x\\':2}"))
			  DONE("3", CALL("3", "f", "{\\'x\\'")) STOP,
	  NULL, "\"\" f{} f![] f!{\"x\":1,\"x\":2} f!{\"x\" tools ?" },
	{ "no name", DONE("0", "'type':'function_call','arguments':'{}'") STOP, NULL,
	  "\"\" !{} tools ?" },
	{ "pieces of no call", PIECE("0", "{}") STOP, "",
	  "protocol: the stream contradicts itself: arguments of a call that never began" },
	{ "pieces of a call in a message", MESSAGE("0") PIECE("0", "{}") STOP, "progress",
	  "protocol: the stream contradicts itself: arguments of a call that never began" },

	/* ---- ends ---- */
	{ "max_output_tokens", SAY("0", "a") CUT("max_output_tokens"), NULL, "\"a\" length ?" },
	{ "max_output_tokens in a call",
	  ADDED("0", CALL("0", "f", "")) PIECE("0", "{}") CUT("max_output_tokens"), NULL,
	  "\"\" f!{} tools ?" },
	{ "max_output_tokens in the text behind a call",
	  DONE("0", CALL("0", "f", "{}")) SAY("1", "a") CUT("max_output_tokens"), NULL,
	  "\"a\" f{} tools ?" },
	{ "content_filter", SAY("0", "a") CUT("content_filter"), NULL, "\"a\" refusal ?" },
	{ "content_filter drops the calls", DONE("0", CALL("0", "f", "{}")) CUT("content_filter"),
	  "progress", "\"\" refusal ?" },
	{ "incomplete under the name completed",
	  SAY("0", "a") E("response.completed", ",'response':{'status':'incomplete'}"), NULL,
	  "\"a\" length ?" },
	{ "a refusal",
	  MESSAGE("0") E("response.refusal.delta", ",'output_index':0,'delta':'No'")
		  DONE("0", "'type':'message','content':[{'type':'refusal','refusal':'No'}]") STOP,
	  NULL, "\"No\" refusal ?" },
	{ "a refusal as a whole",
	  DONE("0", "'type':'message','content':[{'type':'refusal','refusal':'No'}]") STOP, NULL,
	  "\"No\" refusal ?" },
	{ "no end", SAY("0", "a") SAID("0", "a"), NULL,
	  "closed: the stream ended before the model had finished" },
	{ "no end behind a whole call", DONE("0", CALL("0", "f", "{}")), "progress",
	  "closed: the stream ended before the model had finished" },
	{ "half an event", SAY("0", "a") "data: {'type':'response.comp", "text a",
	  "closed: the stream ended in the middle of an event" },

	/* ---- errors ---- */
	{ "failed",
	  SAY("0", "a") E("response.failed", ",'response':{'status':'failed','error':{'code':"
					     "'rate_limit_exceeded','message':'slow'}}"),
	  "text a", "remote: slow (rate_limit_exceeded)" },
	{ "failed under the name completed",
	  E("response.completed", ",'response':{'status':'failed','error':{'message':'boom'}}"), "",
	  "remote: boom" },
	{ "failed without words", E("response.failed", ",'response':{'error':null}"), "",
	  "remote: the server ended the reply with status \"failed\"" },
	{ "cancelled", E("response.completed", ",'response':{'status':'cancelled'}"), "",
	  "remote: the server ended the reply with status \"cancelled\"" },
	{ "an error event", E("error", ",'code':'server_error','message':'boom','param':null"), "",
	  "remote: boom (error, server_error)" },
	{ "an error event with an object",
	  E("error", ",'error':{'type':'server_error','message':'boom'}"), "",
	  "remote: boom (server_error)" },
	{ "an error without a type", "data: {'error':{'message':'boom'}}\n\n", "", "remote: boom" },
	{ "fused JSON", SAY("0", "a") "data: {'type':'x'}{'type':'y'}\n\n", "text a",
	  "protocol: the stream holds an event that is no JSON object: "
	  "{\"type\":\"x\"}{\"type\":\"y\"}" },
	{ "one whole error", "{'error':{'message':'boom','code':'x'}}", "", "remote: boom (x)" },
	{ "some other object", "{'ok':true}", "",
	  "closed: the stream ended before the model had finished" },

	/* ---- usage ---- */
	{ "usage",
	  USAGE("'input_tokens':366,'input_tokens_details':{'cached_tokens':256},'output_tokens':"
		"59,'output_tokens_details':{'reasoning_tokens':14},'total_tokens':425"),
	  NULL, "\"\" end 110/256/0/59/14" },
	{ "cache writes",
	  USAGE("'input_tokens':10,'input_tokens_details':{'cached_tokens':1,"
		"'cache_write_tokens':2},'output_tokens':3"),
	  NULL, "\"\" end 7/1/2/3/0" },
	{ "of a reply that was cut",
	  E("response.incomplete", ",'response':{'incomplete_details':{'reason':"
				   "'max_output_tokens'},'usage':{'input_tokens':1,"
				   "'output_tokens':2}}"),
	  NULL, "\"\" length 1/0/0/2/0" },
	{ "null", END(",'usage':null"), NULL, "\"\" end ?" },
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		stream_row_check("responses", &rows[i]);
}

/* ---- what goes back to the provider ---- */

#define REASONING(n, more) \
	DONE(n, "'type':'reasoning','id':'rs_" n "','status':'completed','summary':[]" more)
#define KEPT(n) "{'type':'reasoning','id':'rs_" n "','summary':[],'encrypted_content':'E" n "'}"

struct opaque_row {
	const char *name, *stream, *opaque; /* NULL: nothing is kept */
};

static const struct opaque_row opaque_rows[] = {
	{ "no reasoning", SAY("0", "a") DONE("1", CALL("1", "f", "{}")) STOP, NULL },
	{ "an id alone refers to nothing", REASONING("0", "") SAID("1", "a") STOP, NULL },
	{ "encrypted", CREATED REASONING("0", ",'encrypted_content':'E0'") SAID("1", "a") STOP,
	  "{'provider':'here','model':'m','thinking':[" KEPT("0") ",'text']}" },
	{ "as text (DeepSeek)",
	  REASONING("0", ",'content':[{'type':'reasoning_text','text':'hm'}]") SAID("1", "a") STOP,
	  "{'provider':'here','thinking':[{'type':'reasoning','id':'rs_0','summary':[],'content':[{"
	  "'type':'reasoning_text','text':'hm'}]},'text']}" },
	{ "between its neighbours",
	  REASONING("0", ",'encrypted_content':'E0'") DONE("1", CALL("1", "f", "{}"))
		  REASONING("2", ",'encrypted_content':'E2'") SAID("3", "a")
			  DONE("4", CALL("4", "f", "{}")) STOP,
	  "{'provider':'here','thinking':[" KEPT("0") ",0," KEPT("2") ",'text',1]}" },
	{ "in the last event alone", END(",'output':[" KEPT("0") ",{" CALL("1", "f", "{}") "}]"),
	  "{'provider':'here','thinking':[" KEPT("0") ",0]}" },
	{ "not twice",
	  REASONING("0", ",'encrypted_content':'E0'") DONE("1", CALL("1", "f", "{}"))
		  END(",'output':[" KEPT("0") ",{" CALL("1", "f", "{}") "}]"),
	  "{'provider':'here','thinking':[" KEPT("0") ",0]}" },
};

static void opaque_is_kept(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(opaque_rows); i++) {
		const struct opaque_row *row = &opaque_rows[i];
		CLEANUP(record_clear) struct record record;
		_free_ char *bytes = stream_row_bytes(row->stream, "\n");
		_free_ char *wanted = row->opaque ? stream_row_bytes(row->opaque, "\n") : NULL;
		char *got;

		print_message("%s\n", row->name);
		record_run(&record, "responses", span_of(bytes), 0);
		assert_int_equal(record.result, 0);
		got = json_dumps(record.reply->opaque, JSON_COMPACT);
		if (wanted)
			assert_string_equal(got, wanted);
		else
			assert_null(got);
		free(got);
	}
}

static void items_have_a_limit(void **state)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1024 * 1024);
	CLEANUP(record_clear) struct record record;
	_free_ char *bytes = NULL;

	(void)state;
	for (int i = 0; i < 600; i++)
		buffer_append_text(&text, ADDED("0", "'type':'message'"));
	bytes = stream_row_bytes(text.data, "\n");
	record_run(&record, "responses", span_of(bytes), 0);
	assert_int_equal(record.result, -ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(opaque_is_kept),
		cmocka_unit_test(items_have_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

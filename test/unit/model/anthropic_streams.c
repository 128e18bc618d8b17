/* Anthropic Messages streams: a row each. */
#include "record.h"

#define E(type, members) "event: " type "\ndata: {'type':'" type "'" members "}\n\n"
#define START(id)          \
	E("message_start", \
	  ",'message':{'id':'" id "','model':'m','usage':{'input_tokens':10,'output_tokens':1}}")
#define PING E("ping", "")
#define BLOCK(index, content) \
	E("content_block_start", ",'index':" index ",'content_block':{" content "}")
#define DELTA(index, delta) E("content_block_delta", ",'index':" index ",'delta':{" delta "}")
#define STOP(index) E("content_block_stop", ",'index':" index)
#define TEXT(index, text)                       \
	BLOCK(index, "'type':'text','text':''") \
	DELTA(index, "'type':'text_delta','text':'" text "'") STOP(index)
#define USE(index, id, name) \
	BLOCK(index, "'type':'tool_use','id':'" id "','name':'" name "','input':{}")
#define PIECE(index, json) DELTA(index, "'type':'input_json_delta','partial_json':'" json "'")
#define END(reason)                                                                             \
	E("message_delta", ",'delta':{'stop_reason':'" reason "'},'usage':{'output_tokens':5}") \
	E("message_stop", "")

static const struct stream_row rows[] = {
	{ "text", START("1") PING TEXT("0", "Hi") END("end_turn"),
	  "ping\nping\nprogress\ntext Hi\nprogress\nping", "\"Hi\" end 10/0/0/5/0" },
	{ "no event: lines",
	  "data: {'type':'message_start','message':{'id':'1'}}\n\n"
	  "data: {'type':'content_block_start','index':0,'content_block':{'type':'text',"
	  "'text':'a'}}\n\n"
	  "data: {'type':'message_delta','delta':{'stop_reason':'end_turn'}}\n\n"
	  "data: {'type':'message_stop'}\n\n",
	  NULL, "\"a\" end ?" },
	{ "no type in the data",
	  "event:content_block_start\ndata:{'index':0,'content_block':{'type':'text',"
	  "'text':'a'}}\n\nevent:message_stop\ndata:{}\n\n",
	  NULL, "\"a\" end ?" },
	{ "text around another block is two paragraphs",
	  START("1") TEXT("0", "a")
		  BLOCK("1", "'type':'server_tool_use','id':'s','name':'x','input':{}")
			  PIECE("1", "{}") STOP("1") TEXT("2", "b") END("end_turn"),
	  NULL, "\"a\n\nb\" end 10/0/0/5/0" },
	{ "text beside text is one (citations)",
	  START("1") TEXT("0", "a") TEXT("1", "b") END("end_turn"), NULL, "\"ab\" end 10/0/0/5/0" },
	{ "unknown events, blocks and deltas",
	  START("1") E("news", ",'x':1") BLOCK("0", "'type':'dream'")
		  DELTA("0", "'type':'dream_delta'") STOP("0") BLOCK("1", "'type':'text','text':''")
			  DELTA("1", "'type':'citations_delta','citation':{}") DELTA(
				  "1", "'type':'text_delta','text':'a'") STOP("1") END("end_turn"),
	  NULL, "\"a\" end 10/0/0/5/0" },

	/* ---- the end ---- */
	{ "no message_stop behind a stop_reason",
	  START("1")
		  TEXT("0", "a") "data: {'type':'message_delta','delta':{'stop_reason':'end_turn'},"
				 "'usage':{'output_tokens':5}}\n\n",
	  NULL, "\"a\" end 10/0/0/5/0" },
	{ "cut", START("1") TEXT("0", "a"), NULL,
	  "closed: the stream ended before the model had finished" },
	{ "cut in a block", START("1") BLOCK("0", "'type':'text','text':'a'"), NULL,
	  "closed: the stream ended before the model had finished" },
	{ "max_tokens", START("1") TEXT("0", "a") END("max_tokens"), NULL,
	  "\"a\" length 10/0/0/5/0" },
	{ "context window", START("1") TEXT("0", "a") END("model_context_window_exceeded"), NULL,
	  "\"a\" length 10/0/0/5/0" },
	{ "pause_turn", START("1") TEXT("0", "a") END("pause_turn"), NULL, "\"a\" end 10/0/0/5/0" },
	{ "stop_sequence", START("1") TEXT("0", "a") END("stop_sequence"), NULL,
	  "\"a\" end 10/0/0/5/0" },
	{ "refusal", START("1") TEXT("0", "No") USE("1", "a", "f") STOP("1") END("refusal"), NULL,
	  "\"No\" refusal 10/0/0/5/0" },
	{ "tool_use without a call", START("1") TEXT("0", "a") END("tool_use"), NULL,
	  "\"a\" end 10/0/0/5/0" },
	{ "[DONE] behind it", START("1") TEXT("0", "a") END("end_turn") "data: [DONE]\n\n", NULL,
	  "\"a\" end 10/0/0/5/0" },

	/* ---- errors ---- */
	{ "event: error",
	  START("1") TEXT("0", "a")
		  E("error", ",'error':{'type':'overloaded_error','message':'Overloaded'}"),
	  "ping\nprogress\ntext a\nprogress", "remote: Overloaded (overloaded_error)" },
	{ "error without message", E("error", ",'error':{'type':'api_error'}"), "",
	  "remote: api_error" },
	{ "error behind a whole call is no reply",
	  START("1") USE("0", "a", "f") PIECE("0", "{}") STOP("0")
		  E("error", ",'error':{'type':'api_error','message':'boom'}"),
	  NULL, "remote: boom (api_error)" },
	{ "fused JSON", START("1") "data: {'type':'ping'}{'type':'ping'}\n\n", NULL,
	  "protocol: the stream holds an event that is no JSON object: "
	  "{\"type\":\"ping\"}{\"type\":\"ping\"}" },

	/* ---- contradictions ---- */
	{ "message_start once more", START("1") START("1") TEXT("0", "a") END("end_turn"), NULL,
	  "\"a\" end 10/0/0/5/0" },
	{ "another message inside", START("1") TEXT("0", "a") START("2"), NULL,
	  "protocol: the stream contradicts itself: a second message begins inside the first" },
	{ "a block twice", START("1") TEXT("0", "a") TEXT("0", "b"), NULL,
	  "protocol: the stream contradicts itself: a block begins twice" },
	{ "a piece of nothing", START("1") PIECE("3", "{}"), NULL,
	  "protocol: the stream contradicts itself: a piece of a block that is not open" },
	{ "a piece of a closed block",
	  START("1") TEXT("0", "a") DELTA("0", "'type':'text_delta','text':'b'"), NULL,
	  "protocol: the stream contradicts itself: a piece of a block that is not open" },
	{ "a piece of another kind",
	  START("1") BLOCK("0", "'type':'text','text':''") PIECE("0", "{}"), NULL,
	  "protocol: the stream contradicts itself: a piece of one kind in a block of another" },
	{ "the end of nothing", START("1") STOP("0"), NULL,
	  "protocol: the stream contradicts itself: the end of a block that never began" },
	{ "indexes out of order", START("1") TEXT("5", "a") TEXT("2", "b") END("end_turn"), NULL,
	  "\"ab\" end 10/0/0/5/0" },

	/* ---- calls ---- */
	{ "two calls",
	  START("1") TEXT("0", "a") USE("1", "x", "f") PIECE("1", "") PIECE("1", "{\\'p\\'")
		  PIECE("1", ":1}") STOP("1") USE("2", "y", "g") STOP("2") END("tool_use"),
	  "ping\nprogress\ntext "
	  "a\nprogress\nprogress\nprogress\nprogress\nprogress\nprogress\nprogress\n"
	  "progress\nping\ncall f {\"p\":1}\ncall g ",
	  "\"a\" f{\"p\":1} g{} tools 10/0/0/5/0" },
	{ "calls side by side",
	  START("1") USE("0", "x", "f") USE("1", "y", "g") PIECE("0", "{\\'p\\'") PIECE("1", "{}")
		  PIECE("0", ":1}") STOP("1") STOP("0") END("tool_use"),
	  NULL, "\"\" f{\"p\":1} g{} tools 10/0/0/5/0" },
	{ "end_turn with a call", START("1") USE("0", "x", "f") STOP("0") END("end_turn"), NULL,
	  "\"\" f{} tools 10/0/0/5/0" },
	{ "input whole at the start",
	  START("1") BLOCK("0", "'type':'tool_use','id':'x','name':'f','input':{'p':1}") STOP("0")
		  END("tool_use"),
	  NULL, "\"\" f{\"p\":1} tools 10/0/0/5/0" },
	{ "max_tokens in a call",
	  START("1") USE("0", "x", "f") STOP("0") USE("1", "y", "g") PIECE("1", "{\\'p\\':\\'lo")
		  STOP("1") END("max_tokens"),
	  NULL, "\"\" f{} g!{\"p\":\"lo tools 10/0/0/5/0" },
	{ "keys twice",
	  START("1") USE("0", "x", "f") PIECE("0", "{\\'p\\':1,\\'p\\':2}") STOP("0")
		  END("tool_use"),
	  NULL, "\"\" f!{\"p\":1,\"p\":2} tools 10/0/0/5/0" },
	{ "the same id twice",
	  START("1") USE("0", "x", "f") STOP("0") USE("1", "x", "f") STOP("1") END("tool_use"),
	  NULL, "\"\" f{} f{} tools 10/0/0/5/0" },
	{ "a call that never closes",
	  START("1") USE("0", "x", "f") PIECE("0", "{\\'p\\'") END("tool_use"), NULL,
	  "\"\" f!{\"p\" tools 10/0/0/5/0" },

	/* ---- usage ---- */
	{ "cache",
	  E("message_start", ",'message':{'usage':{'input_tokens':10,'cache_read_input_tokens':70,"
			     "'cache_creation_input_tokens':30,'output_tokens':1}}") TEXT("0", "a")
		  E("message_delta",
		    ",'delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':5,"
		    "'cache_read_input_tokens':null,'output_tokens_details':{'thinking_tokens':2}}")
			  E("message_stop", ""),
	  NULL, "\"a\" end 10/70/30/5/2" },
	{ "all of it at the end",
	  E("message_start", ",'message':{'usage':{'input_tokens':0,'output_tokens':0}}")
		  TEXT("0", "a") E("message_delta",
				   ",'delta':{'stop_reason':'end_turn'},'usage':{'input_tokens':10,"
				   "'output_tokens':5}") E("message_stop", ""),
	  NULL, "\"a\" end 10/0/0/5/0" },
	{ "missing at the end",
	  START("1") TEXT("0", "a") E("message_delta", ",'delta':{'stop_reason':'end_turn'}")
		  E("message_stop", ""),
	  NULL, "\"a\" end ?" },
	{ "several rounds, one of another model",
	  START("1") TEXT("0", "a")
		  E("message_delta",
		    ",'delta':{'stop_reason':'end_turn'},'usage':{'input_tokens':10,"
		    "'output_tokens':5,'iterations':[{'input_tokens':10,'output_tokens':5},"
		    "{'input_tokens':7,"
		    "'output_tokens':3,'cache_read_input_tokens':2},{'input_tokens':9,"
		    "'output_tokens':9,"
		    "'model':'other'}]}") E("message_stop", ""),
	  NULL, "\"a\" end 17/2/0/8/0" },
	{ "absurd",
	  START("1") TEXT("0", "a")
		  E("message_delta",
		    ",'delta':{'stop_reason':'end_turn'},'usage':{'output_tokens':-5}")
			  E("message_stop", ""),
	  NULL, "\"a\" end ?" },

	/* ---- bodies that are no stream ---- */
	{ "one whole message",
	  "{'type':'message','id':'1','model':'m','content':[{'type':'text','text':'a'},"
	  "{'type':'tool_use',"
	  "'id':'x','name':'f','input':{'p':1}}],'stop_reason':'tool_use',"
	  "'usage':{'input_tokens':3,"
	  "'output_tokens':2}}",
	  NULL, "\"a\" f{\"p\":1} tools 3/0/0/2/0" },
	{ "one whole error",
	  "{'type':'error','error':{'type':'not_found_error','message':'model: x'}}", "",
	  "remote: model: x (not_found_error)" },
};

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		stream_row_check("anthropic", &rows[i]);
}

/* Thinking is kept with its signature, for its provider and model. */
static void thinking_is_kept(void **state)
{
	static const char stream[] = START("1")
		BLOCK("0", "'type':'thinking','thinking':'','signature':''")
			DELTA("0", "'type':'thinking_delta','thinking':'h'")
				DELTA("0", "'type':'thinking_delta','thinking':'m'") DELTA(
					"0", "'type':'signature_delta','signature':'S'") STOP("0")
					BLOCK("1", "'type':'redacted_thinking','data':'D'")
						STOP("1") TEXT("2", "a") END("end_turn");
	_free_ char *bytes = stream_row_bytes(stream, "\n");
	CLEANUP(record_clear) struct record record;
	char *got;

	(void)state;
	record_run(&record, "anthropic", span_of(bytes), 0);
	assert_int_equal(record.result, 0);
	got = json_dumps(record.reply->opaque, JSON_COMPACT);
	assert_string_equal(
		got, "{\"provider\":\"here\",\"model\":\"m\",\"thinking\":[{\"type\":\"thinking\","
		     "\"thinking\":\"hm\",\"signature\":\"S\"},{\"type\":\"redacted_thinking\","
		     "\"data\":\"D\"}]}");
	assert_string_equal(record.reply->text, "a");
	assert_string_equal(record.reply->request_id, "1");
	free(got);
}

static void blocks_have_a_maximum(void **state)
{
	CLEANUP(record_clear) struct record record;

	(void)state;
	record_begin(&record, "anthropic");
	for (int i = 0; i < 1000 && !record.result; i++) {
		_free_ char *event = xasprintf(TEXT("%d", "a"), i, i, i);
		_free_ char *bytes = stream_row_bytes(event, "\n");

		record_feed(&record, span_of(bytes));
	}
	assert_int_equal(record.result, -ERROR_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(thinking_is_kept),
		cmocka_unit_test(blocks_have_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

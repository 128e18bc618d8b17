/* Whatever transcript goes in, the body that goes out is one that a strict server takes: every
 * format with every set of quirks. */
#include "record.h"

#include "draw.h"

#include <ctype.h>

#define TRANSCRIPTS 1000 /* ten times as many with AGENTD_TEST_FULL */

/* What is wrong with the body at hand: the first thing found. */
static const char *wrong;

static void demand(bool holds, const char *what)
{
	if (!holds && !wrong)
		wrong = what;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key)) ?: "";
}

static bool is(const json_t *object, const char *key, const char *value)
{
	return !strcmp(text_of(object, key), value);
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\r\n\f\v")];
}

static void check_name(const char *name)
{
	demand(*name && strlen(name) <= 64, "a name's length");
	for (; *name; name++)
		demand(isalnum((unsigned char)*name) || strchr("_-", *name), "a name's letters");
}

struct ids {
	const char *list[4096];
	size_t count;
};

static void add_id(struct ids *ids, const char *id)
{
	demand(strlen(id) == 9, "an id's length");
	for (const char *c = id; *c; c++)
		demand(isalnum((unsigned char)*c), "an id's letters");
	for (size_t i = 0; i < ids->count; i++)
		demand(strcmp(ids->list[i], id) != 0, "an id twice");
	if (ids->count < ARRAY_LENGTH(ids->list))
		ids->list[ids->count++] = id;
}

static void check_arguments(const json_t *arguments)
{
	json_t *parsed = json_loads(json_string_value(arguments) ?: "", JSON_REJECT_DUPLICATES,
				    NULL);

	demand(json_is_object(parsed), "arguments that are no object");
	json_decref(parsed);
}

/* ---- Chat Completions and Ollama ---- */

/* Messages behind `at` answer its calls, one each and in order; returns how many. */
static size_t check_calls(const json_t *messages, size_t at, bool native, struct ids *ids)
{
	const json_t *calls = json_object_get(json_array_get(messages, at), "tool_calls"), *call;
	size_t i;

	demand(json_array_size(calls) > 0, "an empty list of calls");
	json_array_foreach(calls, i, call) {
		const json_t *function = json_object_get(call, "function");
		const json_t *result = json_array_get(messages, at + 1 + i);

		check_name(text_of(function, "name"));
		demand(is(result, "role", "tool"), "a call without its result");
		demand(json_is_string(json_object_get(result, "content")), "a result's content");
		if (native) {
			demand(json_is_object(json_object_get(function, "arguments")),
			       "arguments that are no object");
			continue;
		}
		check_arguments(json_object_get(function, "arguments"));
		add_id(ids, text_of(call, "id"));
		demand(is(result, "tool_call_id", text_of(call, "id")), "a result of another call");
	}
	return json_array_size(calls);
}

static void check_chat(const json_t *body, unsigned quirks, bool native)
{
	const json_t *messages = json_object_get(body, "messages"), *before = NULL;
	struct ids ids = { .count = 0 };
	bool flat = quirks & (QUIRK_FLAT | QUIRK_NO_TOOLS), first = true;

	for (size_t i = 0; i < json_array_size(messages); i++) {
		const json_t *message = json_array_get(messages, i);
		const char *role = text_of(message, "role");

		if (!strcmp(role, "system")) {
			demand(!i && !(quirks & QUIRK_NO_SYSTEM), "a system message");
			demand(!is_blank(text_of(message, "content")), "an empty system message");
			continue;
		}
		demand(!strcmp(role, "user") || !strcmp(role, "assistant"), "a role");
		demand(!first || !flat || !strcmp(role, "user"), "the first role");
		demand(strcmp(role, "user") != 0 || !is(before, "role", "user"), "two users");
		demand(!flat || first || !is(before, "role", role), "roles do not alternate");
		demand(!(quirks & (QUIRK_NO_REASONING | QUIRK_FLAT)) ||
			       (!json_object_get(message, "reasoning_content") &&
				!json_object_get(message, "thinking")),
		       "reasoning");
		before = message;
		first = false;
		if (json_object_get(message, "tool_calls")) {
			demand(!flat, "calls");
			i += check_calls(messages, i, native, &ids);
			before = NULL;
		} else {
			demand(!is_blank(text_of(message, "content")), "an empty message");
		}
	}
}

static void check_openai(const json_t *body, unsigned quirks)
{
	bool streams = !(quirks & QUIRK_NO_STREAM);

	check_chat(body, quirks, false);
	demand(json_is_true(json_object_get(body, "stream")) == streams, "stream");
	demand(!json_object_get(body, "stream_options") ==
		       (!streams || (quirks & QUIRK_NO_STREAM_OPTIONS)),
	       "stream_options");
	demand(json_is_integer(json_object_get(body, quirks & QUIRK_MAX_COMPLETION_TOKENS
							     ? "max_completion_tokens"
							     : "max_tokens")),
	       "max_tokens");
}

static void check_ollama(const json_t *body, unsigned quirks)
{
	check_chat(body, quirks, true);
}

/* ---- Anthropic ---- */

static size_t count_breakpoints(const json_t *blocks)
{
	const json_t *block;
	size_t i, count = 0;

	json_array_foreach(blocks, i, block) {
		count += json_object_get(block, "cache_control") != NULL;
	}
	return count;
}

/* The calls of one message are answered by the first blocks of the next, in order. */
static void check_answers(const json_t *content, const json_t *next, struct ids *ids)
{
	const json_t *answers = json_object_get(next, "content"), *block;
	size_t i, calls = 0;

	json_array_foreach(content, i, block) {
		const json_t *answer = json_array_get(answers, calls);

		if (!is(block, "type", "tool_use"))
			continue;
		calls++;
		check_name(text_of(block, "name"));
		add_id(ids, text_of(block, "id"));
		demand(json_is_object(json_object_get(block, "input")), "input");
		demand(is(answer, "type", "tool_result") &&
			       is(answer, "tool_use_id", text_of(block, "id")),
		       "a call without its result");
	}
	json_array_foreach(answers, i, block) {
		demand(is(block, "type", "tool_result") == (i < calls), "a result's place");
	}
}

static void check_blocks(const json_t *message, unsigned quirks)
{
	const json_t *content = json_object_get(message, "content"), *block;
	size_t i;

	demand(json_array_size(content) || !is_blank(json_string_value(content) ?: ""),
	       "an empty message");
	json_array_foreach(content, i, block) {
		if (is(block, "type", "text"))
			demand(!is_blank(text_of(block, "text")), "an empty block");
		if (is(block, "type", "thinking"))
			demand(is(message, "role", "assistant") &&
				       !(quirks & (QUIRK_NO_REASONING | QUIRK_FLAT)),
			       "thinking");
		if (is(block, "type", "tool_use") || is(block, "type", "tool_result"))
			demand(!(quirks & (QUIRK_FLAT | QUIRK_NO_TOOLS)), "calls");
	}
}

static void check_anthropic(const json_t *body, unsigned quirks)
{
	const json_t *messages = json_object_get(body, "messages"), *message;
	size_t breakpoints = count_breakpoints(json_object_get(body, "tools")) +
			     count_breakpoints(json_object_get(body, "system"));
	struct ids ids = { .count = 0 };
	size_t i;

	json_array_foreach(messages, i, message) {
		const json_t *next = json_array_get(messages, i + 1);

		demand(is(message, "role", "user") || is(message, "role", "assistant"), "a role");
		demand(!is(message, "role", text_of(next, "role")), "roles do not alternate");
		demand(i || !(quirks & QUIRK_FLAT) || is(message, "role", "user"),
		       "the first role");
		check_blocks(message, quirks);
		if (is(message, "role", "assistant"))
			check_answers(json_object_get(message, "content"), next, &ids);
		breakpoints += count_breakpoints(json_object_get(message, "content"));
	}
	demand(breakpoints <= (quirks & QUIRK_NO_CACHE_CONTROL ? 0 : 4), "breakpoints");
	demand(!(quirks & QUIRK_NO_SYSTEM) || !json_object_get(body, "system"), "system");
}

/* ---- Responses ---- */

static void check_responses(const json_t *body, unsigned quirks)
{
	const json_t *input = json_object_get(body, "input"), *item;
	struct ids ids = { .count = 0 };
	size_t i, answered = 0;

	json_array_foreach(input, i, item) {
		if (is(item, "type", "function_call")) {
			demand(!(quirks & (QUIRK_FLAT | QUIRK_NO_TOOLS)), "calls");
			check_name(text_of(item, "name"));
			check_arguments(json_object_get(item, "arguments"));
			add_id(&ids, text_of(item, "call_id"));
		} else if (is(item, "type", "function_call_output")) {
			demand(answered < ids.count && is(item, "call_id", ids.list[answered]),
			       "a result of no call");
			answered++;
		} else {
			demand(answered == ids.count || !is(item, "role", "user"),
			       "a user between a call and its result");
		}
	}
	demand(answered == ids.count, "a call without its result");
	demand(!(quirks & QUIRK_NO_SYSTEM) || !json_object_get(body, "instructions"), "system");
}

static const struct {
	const char *format;
	void (*check)(const json_t *body, unsigned quirks);
} formats[] = {
	{ "openai", check_openai },
	{ "anthropic", check_anthropic },
	{ "ollama", check_ollama },
	{ "responses", check_responses },
};

static void check_request(const json_t *request, size_t format, unsigned quirks)
{
	const struct model_target target = { .provider = "here", .model = "m", .quirks = quirks };
	CLEANUP(model_http_clear) struct model_http http = { 0 };
	json_t *body;

	wrong = NULL;
	assert_int_equal(model_encode(model_format_find(formats[format].format), request, &target,
				      &http, NULL),
			 0);
	body = json_loads(http.body.data, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(body);
	demand(!(quirks & QUIRK_NO_TOOLS) || !json_object_get(body, "tools"), "tools");
	formats[format].check(body, quirks);
	if (wrong) {
		_free_ char *text = json_dumps(request, JSON_COMPACT);

		print_error("%s, quirks %#x: %s\nrequest: %.3000s\nbody: %.3000s\n",
			    formats[format].format, quirks, wrong, text, http.body.data);
	}
	json_decref(body);
	assert_null(wrong);
}

static void every_transcript_becomes_a_valid_body(void **state)
{
	struct draw draw = { 20261121 };
	unsigned count = getenv("AGENTD_TEST_FULL") ? 10 * TRANSCRIPTS : TRANSCRIPTS;

	(void)state;
	for (unsigned i = 0; i < count; i++) {
		json_t *request = draw_request(&draw);

		for (size_t f = 0; f < ARRAY_LENGTH(formats); f++) {
			check_request(request, f, 0);
			check_request(request, f, draw_number(&draw, QUIRK_FLAT * 2));
		}
		json_decref(request);
	}
}

/* The validator is one: it finds fault with what is at fault. */
static void faults_are_found(void **state)
{
	static const struct {
		size_t format;
		const char *body;
	} rows[] = {
		{ 0, "{'stream':true,'stream_options':{},'max_tokens':1,'messages':[{'role':'tool',"
		     "'tool_call_id':'c00000000','content':''}]}" },
		{ 0, "{'stream':true,'stream_options':{},'max_tokens':1,'messages':[{'role':'user',"
		     "'content':''}]}" },
		{ 0, "{'stream':true,'stream_options':{},'max_tokens':1,'messages':[{'role':"
		     "'assistant','tool_calls':[{'id':'c00000000','function':{'name':'f',"
		     "'arguments':'{}'}}]}]}" },
		{ 0, "{'stream':true,'max_tokens':1,'messages':[]}" },
		{ 1, "{'messages':[{'role':'assistant','content':[{'type':'tool_use','id':"
		     "'c00000000','name':'f','input':{}}]},{'role':'user','content':'a'}]}" },
		{ 1, "{'messages':[{'role':'user','content':[{'type':'tool_result','tool_use_id':"
		     "'c00000000'}]},{'role':'user','content':'a'}]}" },
		{ 2, "{'messages':[{'role':'assistant','tool_calls':[{'function':{'name':'f',"
		     "'arguments':'{}'}}]},{'role':'tool','content':''}]}" },
		{ 3, "{'input':[{'type':'function_call_output','call_id':'c00000000'}]}" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *text = stream_row_bytes(rows[i].body, "\n");
		json_t *body = json_loads(text, 0, NULL);

		assert_non_null(body);
		wrong = NULL;
		formats[rows[i].format].check(body, 0);
		json_decref(body);
		assert_non_null(wrong);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_transcript_becomes_a_valid_body),
		cmocka_unit_test(faults_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The scripted provider says the same thing in every format: what it streams is read by the
 * transport and the format's own stream. */
#include "../model/record.h"
#include "../transport/heard.h"

#include "provider/client/started_provider.h"

static const struct {
	const char *name, *path;
} formats[] = {
	{ "anthropic", "/v1/messages" },
	{ "openai", "/v1/chat/completions" },
	{ "ollama", "/api/chat" },
	{ "responses", "/v1/responses" },
};

#define ANTHROPIC 0
#define OLLAMA 2
#define RESPONSES 3

#define NOT_TRIED ""

static const struct row {
	const char *script;
	const char *outcome;                       /* of all formats, … */
	const char *others[ARRAY_LENGTH(formats)]; /* … but these */
	enum error_code code;                      /* of the transport; 0: a whole answer */
} rows[] = {
	{ .script = "reply\n think hm\n text Checked the b\xC3\xBClletin.\n ping\n"
		    " call remember {\"text\":\"Two are open, and there is more to say of it.\"}\n"
		    " call list_files {}\n usage 120 30 5\n",
	  .outcome = "\"Checked the b\xC3\xBClletin.\" "
		     "remember{\"text\":\"Two are open, and there is more to say of it.\"} "
		     "list_files{} tools 120/5/0/30/0",
	  .others = { [OLLAMA] = "\"Checked the b\xC3\xBClletin.\" "
				 "remember{\"text\":\"Two are open, and there is more to say of "
				 "it.\"} list_files{} tools 125/0/0/30/0" } },
	{ .script = "reply gzip\n text Packed as it goes.\n usage 10 2\n",
	  .outcome = "\"Packed as it goes.\" end 10/0/0/2/0" },
	{ .script = "reply gzip chunk 1\n call f {\"x\":1}\n",
	  .outcome = "\"\" f{\"x\":1} tools ?" },
	{ .script = "reply chunk 1\n text a\n", .outcome = "\"a\" end ?" },
	{ .script = "reply\n call f {\"x\":\"lo\n", .outcome = "\"\" f!{\"x\":\"lo tools ?" },
	{ .script = "reply\n text a\n fail {\"error\":{\"message\":\"boom\"}}\n text b\n",
	  .outcome = "remote: boom" },
	{ .script = "reply\n text a\n end\n",
	  .outcome = "closed: the stream ended before the model had finished" },
	{ .script = "reply\n call f {}\n cut\n",
	  .outcome = "closed: the stream ended before the model had finished",
	  .code = ERROR_CLOSED },
	{ .script = "reply\n text a\n bytes \"{}{}\\n\\n\"\n",
	  .others = { [OLLAMA] = "protocol: the stream holds an event that is no JSON object: "
				 "{}{}" } },
	{ .script = "reply\n text a\n bytes \"data: {}{}\\n\\n\"\n",
	  .outcome = "protocol: the stream holds an event that is no JSON object: {}{}",
	  .others = { [OLLAMA] = "protocol: the stream holds an event that is no JSON object: "
				 "data: {}{}" } },
	{ .script = "reply\n stop max_tokens\n text a\n",
	  .outcome = "\"a\" length ?",
	  .others = { [OLLAMA] = "\"a\" end ?" } },
	{ .script = "reply\n stop content_filter\n text a\n",
	  .outcome = "\"a\" refusal ?",
	  .others = { [OLLAMA] = "\"a\" end ?" } },
	{ .script = "reply\n stop length\n text a\n", .outcome = "\"a\" length ?" },
	{ .script = "reply\n text a\n bytes \"data: {\\\"x\\\":\\\"\"\n repeat 10485760 x\n"
		    " bytes \"\\\"}\\n\\n\"\n text b\n",
	  .outcome = "\"ab\" end ?",
	  .others = { [ANTHROPIC] = "\"ab\" end ?",
		      [RESPONSES] = "\"a\n\nb\" end ?",
		      [OLLAMA] = NOT_TRIED } },
	{ .script =
		  "reply\n bytes \"{\\\"message\\\":{\\\"content\\\":\\\"a\\\"},\\\"x\\\":\\\"\"\n"
		  " repeat 10485760 x\n bytes \"\\\"}\\n\"\n text b\n",
	  .others = { [OLLAMA] = "\"ab\" end ?" } },
};

/* One answer of a provider with this script. */
static void hear(const char *script, const char *path, struct heard *heard)
{
	struct started_provider provider;
	struct loop loop;
	unsigned ended = 0;
	_free_ char *url = NULL;

	provider_start(&provider, script);
	url = provider_url(&provider, path);
	loop_open(&loop);
	heard_init(heard, &ended);
	heard_start(&loop, heard, url, PATIENT);
	loop_until(&loop, &ended, 1);
	loop_close(&loop);
	provider_stop(&provider);
}

static void check(const struct row *row, size_t format)
{
	const char *expected = row->others[format] ? row->others[format] : row->outcome;
	CLEANUP(buffer_clear) struct buffer outcome = BUFFER(64 * 1024);
	CLEANUP(record_clear) struct record record = { 0 };
	struct heard heard;

	if (!expected || !*expected)
		return;
	hear(row->script, formats[format].path, &heard);
	assert_int_equal(heard.status, 200);
	assert_int_equal(heard.error.code, row->code);
	record_run(&record, formats[format].name, buffer_span(&heard.data), heard.data.length / 2);
	record_describe(&record, &outcome);
	if (strcmp(outcome.data, expected) != 0)
		print_error("%s: %s\n%.2000s\n", formats[format].name, row->script,
			    heard.data.data);
	assert_string_equal(outcome.data, expected);
	heard_clear(&heard);
}

static void every_format_says_the_same(void **state)
{
	(void)state;
	for (const struct row *row = rows; row < rows + ARRAY_LENGTH(rows); row++)
		for (size_t format = 0; format < ARRAY_LENGTH(formats); format++)
			check(row, format);
}

/* libcurl takes the end of a connection there for the end of an answer without a body; its stream
 * does not. A reset it tells. */
static void connections_end_in_the_headers(void **state)
{
	static const char *const scripts[] = { "drop head\n", "drop head reset\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
		CLEANUP(record_clear) struct record record = { 0 };
		struct heard heard;

		hear(scripts[i], "/api/chat", &heard);
		assert_int_equal(heard.data.length, 0);
		record_run(&record, "ollama", buffer_span(&heard.data), 0);
		assert_int_equal(record.result, -ERROR_CLOSED);
		if (i)
			assert_int_equal(heard.error.code, ERROR_CLOSED);
		heard_clear(&heard);
	}
}

/* The body of these requests is {"model":"m"}. */
static void answers_have_conditions(void **state)
{
	struct heard heard;

	(void)state;
	hear("reply\n when absent\n text a\n"
	     "reply\n unless model\n text b\n"
	     "reply\n when model\n unless m\n text c\n"
	     "reply\n when model\n unless absent\n unless missing\n text right\n",
	     "/api/chat", &heard);
	assert_non_null(strstr(heard.data.data, "\"right\""));
	heard_clear(&heard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_format_says_the_same),
		cmocka_unit_test(connections_end_in_the_headers),
		cmocka_unit_test(answers_have_conditions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* An event that repeats the last one is not parsed: nobody may be able to tell. Each stream is run
 * as it is and with blanks that make every event look new. */
#include "record.h"

#include "draw.h"

#include <stdio.h>

enum { EVENTS = 12, ROUNDS = 400 };

/* Pieces as JSON writes them, between the quotes. */
static const char *const pieces[] = {
	" refunds",
	"a",
	"",
	"\\n",
	"\\\"quoted\\\"",
	"\\\\",
	"C:\\\\",
	"\\/",
	"é",
	"\\u00e9",
	"\\ud83d\\ude00",
	"\\ud83d",
	"\\u0000x",
	"{\\\"a\\\":1}",
	"\\\"text\\\":\\\"x",
	"\xff",
	"\xe9t",
	"\t",
	"\\t",
	"\\\"},{\\\"",
	"\xEF\xBB\xBF",
	"a\",\"b\":\"c", /* not the same event: the string ends early */
	"ends\\",
};

static const struct {
	const char *format, *head, *event, *tail;
} kinds[] = {
	{ "openai", "",
	  "data: {\"id\":\"r1\",%s\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},"
	  "\"finish_reason\":null}]}\n\n",
	  "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n" },
	{ "openai", "",
	  "data: {%s\"choices\":[{\"delta\":{\"content\": \"%s\",\"reasoning_content\":\"hm\"}}]}\n\n",
	  "data: [DONE]\n\n" },
	{ "openai", "",
	  "data: {%s\"choices\":[{\"delta\":{\"content\":\"%s\",\"tool_calls\":[{\"index\":0,"
	  "\"function\":{\"name\":\"remember\",\"arguments\":\"1\"}}]}}]}\n\n",
	  "data: [DONE]\n\n" },
	{ "openai", "",
	  "data: {%s\"choices\":[{\"delta\":{\"content\":\"%s\",\"refusal\":\"no\"}}]}\n\n",
	  "data: [DONE]\n\n" },
	{ "openai", "",
	  "data: {%s\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"%s\"},"
	  "\"finish_reason\":\"length\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":3}}\n\n",
	  "" },
	{ "anthropic",
	  "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n"
	  "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
	  "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n",
	  "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",%s\"index\":0,"
	  "\"delta\":{\"type\":\"text_delta\",\"text\":\"%s\"}}\n\n",
	  "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
	  "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
	  "\"end_turn\"},\"usage\":{\"output_tokens\":4}}\n\nevent: message_stop\ndata: "
	  "{\"type\":\"message_stop\"}\n\n" },
};

/* Between them now and then: a sign of life, the end of a block, another kind of event. */
static const char *const others[] = {
	": ping\n\n",
	"event: ping\ndata: {\"type\":\"ping\"}\n\n",
	"event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
	("data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":"
	 "{\"name\":\"remember\",\"arguments\":\"{}\"}}]}}]}\n\n"),
};

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void draw_streams(struct draw *draw, size_t kind, struct buffer *plain, struct buffer *odd)
{
	buffer_append_text(plain, kinds[kind].head);
	buffer_append_text(odd, kinds[kind].head);
	for (size_t i = 0; i < EVENTS; i++) {
		const char *piece = pieces[draw_number(draw, ARRAY_LENGTH(pieces))];
		const char *other = others[draw_number(draw, ARRAY_LENGTH(others))];

		if (strstr(piece, "ends") && draw_number(draw, 20))
			piece = "ends";
		buffer_printf(plain, kinds[kind].event, "", piece);
		buffer_printf(odd, kinds[kind].event, i % 2 ? " " : "  ", piece);
		if (draw_number(draw, 8))
			continue;
		buffer_append_text(plain, other);
		buffer_append_text(odd, other);
	}
	buffer_append_text(plain, kinds[kind].tail);
	buffer_append_text(odd, kinds[kind].tail);
}
#pragma GCC diagnostic pop

/* What a broken event quotes of itself is what differs. */
static char *outcome(const struct record *record)
{
	return record->reply ? record_outcome(record) : xasprintf("%d", record->result);
}

static void nobody_can_tell(void **state)
{
	struct draw draw = { 7 };

	(void)state;
	for (size_t round = 0; round < ROUNDS * ARRAY_LENGTH(kinds); round++) {
		size_t kind = round % ARRAY_LENGTH(kinds);
		CLEANUP(buffer_clear) struct buffer plain = BUFFER(65536), odd = BUFFER(65536);
		CLEANUP(record_clear) struct record first = { 0 }, second = { 0 };
		_free_ char *got = NULL, *expected = NULL;

		draw_streams(&draw, kind, &plain, &odd);
		record_run(&first, kinds[kind].format, buffer_span(&plain), plain.length);
		record_run(&second, kinds[kind].format, buffer_span(&odd), odd.length);
		got = outcome(&first);
		expected = outcome(&second);
		if (strcmp(got, expected) != 0 || first.events.length != second.events.length ||
		    (first.events.length &&
		     memcmp(first.events.data, second.events.data, first.events.length) != 0))
			fail_msg("%s\n%s\n--- %s\n%s\n---\n%s", kinds[kind].format, plain.data, got,
				 expected, first.events.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(nobody_can_tell) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}

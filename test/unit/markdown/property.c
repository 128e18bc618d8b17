/* Random documents out of pieces that meet badly: ranges hold, nothing is lost, parts parse as they
 * did. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "invariants.h"

static uint64_t state_of_dice;

static uint32_t dice(uint32_t sides)
{
	state_of_dice ^= state_of_dice << 13;
	state_of_dice ^= state_of_dice >> 7;
	state_of_dice ^= state_of_dice << 17;
	return (uint32_t)(state_of_dice >> 33) % sides;
}

static const char *const marks[] = {
	"",    "",    "",   "",     "> ",  ">",  "- ", "* ",   "+ ",
	"1. ", "2) ", "  ", "    ", "   ", "\t", "-",  ">   ",
};

static const char *const contents[] = {
	"text",
	"more text",
	"# Heading",
	"##",
	"###### six",
	"====",
	"---",
	"***",
	"- - -",
	"```",
	"````",
	"~~~ sh",
	"<!-- comment -->",
	"<!--",
	"-->",
	"<div>",
	"</div>",
	"| a | b |",
	"|---|---|",
	"| | |",
	"|",
	"",
	"",
	"",
	"*emphasis*",
	"`code`",
	"`",
	"**",
	"\\",
	"&amp;",
	"text <!-- in -->",
	"-",
	"1.",
	"word  ",
	"<b>bold</b>",
	"é 时间",
	"    deep",
	"#",
	"## ##",
	"+",
	"_ _ _",
};

static const char *const link_contents[] = {
	"[a](b)", "[](x)",      "![](x)", "[a]: /u",      "[a]", "[ ] box", "[x]",   "[a](b",
	"\"t\")", "[a]: /u 'x", "y'",     "![a](x) text", "[",   "](",      "- [ ]", "[ref][a]",
};

static void make_document(struct buffer *out, bool links)
{
	uint32_t lines = 1 + dice(12);

	for (uint32_t i = 0; i < lines; i++) {
		for (uint32_t depth = dice(4); depth; depth--)
			buffer_append_text(out, marks[dice(ARRAY_LENGTH(marks))]);
		if (links && !dice(3))
			buffer_append_text(out, link_contents[dice(ARRAY_LENGTH(link_contents))]);
		else
			buffer_append_text(out, contents[dice(ARRAY_LENGTH(contents))]);
		if (i + 1 < lines || dice(4))
			buffer_append_text(out, "\n");
	}
}

static void check_documents(bool links, uint64_t seed, unsigned count)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1 << 16);

	state_of_dice = seed;
	for (unsigned n = 0; n < count; n++) {
		CLEANUP(markdown_free) struct markdown *document = NULL;
		struct invariants i;

		buffer_reset(&text);
		make_document(&text, links);
		assert_int_equal(markdown_parse(buffer_span(&text), &document, NULL), 0);
		i = invariants_of(buffer_span(&text), document, false);
		check_alone(&i);
		if (i.failure[0])
			fail_msg("document %u of seed %llu: %s\n%s", n, (unsigned long long)seed,
				 i.failure, text.data);
	}
}

static void plain_documents(void **state)
{
	(void)state;
	check_documents(false, 42, 20000);
	check_documents(false, 20261121, 40000);
}

static void documents_with_links(void **state)
{
	(void)state;
	check_documents(true, 43, 40000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_documents),
		cmocka_unit_test(documents_with_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

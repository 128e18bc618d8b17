/* Inputs made to be slow or deep: 2 MB each, linear and bounded. ctest's time limit is the judge of
 * slow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "invariants.h"

#define SIZE (2u << 20)

static const struct {
	const char *head, *repeat, *tail; /* `repeat` fills half a megabyte, `tail` the rest */
	int expect;
} rows[] = {
	{ "", "x", "", 0 },
	{ "", ">", "", 0 },
	{ "", "> ", "", 0 },
	{ "", "- + * ", "\n", 0 },
	{ "", "1. ", "\n", 0 },
	{ "", "[", "]", 0 },
	{ "", "[a](", "", 0 },
	{ "", "[a](b)\n", "", 0 },
	{ "", "![", "]", 0 },
	{ "", "*a **a ", "_", 0 },
	{ "", "<a b=\"", "", 0 },
	{ "", "<!--", "", 0 },
	{ "", "<?", "", 0 },
	{ "", "&amp;", "", 0 },
	{ "", "`", " `` ", 0 },
	{ "", "|", "\n|-", 0 },
	{ "[x]: /", "\\&", "\n\n[x]", -ERROR_TOO_LARGE },
	{ "|", "|", "\n", 0 },
	{ "```\n", "# a\n", "", 0 },
	{ "", "# a\n", "", 0 },
	{ "", "#\n", "\n", -ERROR_TOO_LARGE },
	{ "", "- a\n", "- b\n", -ERROR_TOO_LARGE },
	{ "", "---\n", "***\n", -ERROR_TOO_LARGE },
	{ "", "\\", "*", 0 },
	{ "", "\t", "- ", 0 },
	{ "", "\n", "x\n", 0 },
};

static void fill(struct buffer *out, const char *repeat, size_t until)
{
	while (*repeat && out->length + strlen(repeat) <= until)
		buffer_append_text(out, repeat);
}

static void hostile_text_is_bounded(void **state)
{
	(void)state;
	for (size_t n = 0; n < ARRAY_LENGTH(rows); n++) {
		CLEANUP(buffer_clear) struct buffer text = BUFFER(SIZE + 64);
		CLEANUP(markdown_free) struct markdown *document = NULL;
		struct invariants i;
		int r;

		buffer_append_text(&text, rows[n].head);
		fill(&text, rows[n].repeat, SIZE / 4);
		fill(&text, rows[n].tail, SIZE);
		r = markdown_parse(buffer_span(&text), &document, NULL);
		if (r != rows[n].expect)
			fail_msg("row %zu: %d", n, r);
		if (r)
			continue;
		i = invariants_of(buffer_span(&text), document, false);
		if (i.failure[0])
			fail_msg("row %zu: %s", n, i.failure);
	}
}

/* Text below the deepest level still is somebody's: nothing is lost. */
static void deep_text_belongs_to_the_limit(void **state)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1 << 16);
	CLEANUP(markdown_free) struct markdown *document = NULL;
	const struct markdown_node *n;
	unsigned depth = 0;

	(void)state;
	fill(&text, "> ", 300);
	buffer_append_text(&text, "deep\n\nshallow\n");
	assert_int_equal(markdown_parse(buffer_span(&text), &document, NULL), 0);
	for (n = markdown_root(document)->first; n->first; n = n->first)
		depth++;
	assert_int_equal(depth, MARKDOWN_DEPTH_MAX - 1);
	assert_int_equal(n->end, text.length - 9);
	assert_int_equal(markdown_root(document)->last->kind, MARKDOWN_PARAGRAPH);
}

static void one_line_of_ten_megabytes(void **state)
{
	static const char *const pieces[] = { "x", "[a](b) ", "é", "<b>", "` " };
	static const size_t size = 10u << 20;

	(void)state;
	for (size_t n = 0; n < ARRAY_LENGTH(pieces); n++) {
		CLEANUP(buffer_clear) struct buffer text = BUFFER(size);
		CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
		CLEANUP(markdown_free) struct markdown *document = NULL;

		fill(&text, pieces[n], size);
		assert_int_equal(markdown_clean(buffer_span(&text), size, &clean, NULL), 0);
		assert_int_equal(clean.length, text.length);
		assert_int_equal(markdown_parse(markdown_body(&clean), &document, NULL), 0);
		assert_int_equal(markdown_root(document)->first->kind, MARKDOWN_PARAGRAPH);
		assert_int_equal(markdown_root(document)->first->end, text.length);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_text_is_bounded),
		cmocka_unit_test(deep_text_belongs_to_the_limit),
		cmocka_unit_test(one_line_of_ten_megabytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

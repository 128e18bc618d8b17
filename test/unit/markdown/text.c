/* Bytes to text, and the front matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "markdown/markdown.h"

#define BAD "\xEF\xBF\xBD"

static const struct {
	struct span raw;
	const char *text;
	size_t bad;
	unsigned bad_line;
	bool bom, crlf;
} cleaned[] = {
	{ SPAN(""), "", 0, 0, false, false },
	{ SPAN("a\nb"), "a\nb", 0, 0, false, false },
	{ SPAN("\xEF\xBB\xBF"
	       "a\r\nb\r\n"),
	  "a\nb\n", 0, 0, true, true },
	{ SPAN("a\rb\r\rc"), "a\nb\n\nc", 0, 0, false, true },
	{ SPAN("a\r\r\nb"), "a\n\nb", 0, 0, false, true },
	{ SPAN("a\n\0b\n"), "a\n" BAD "b\n", 1, 2, false, false },
	{ SPAN("a\n\nb\xFF\xFE\n"), "a\n\nb" BAD BAD "\n", 2, 3, false, false },
	{ SPAN("\xC3\xA9\xE6\x97\xB6\xF0\x9F\x98\x80"), "\xC3\xA9\xE6\x97\xB6\xF0\x9F\x98\x80", 0,
	  0, false, false },
	{ SPAN("\xC3"), BAD, 1, 1, false, false },
	{ SPAN("\xE6\x97"), BAD BAD, 2, 1, false, false },
	{ SPAN("\xC0\xAF\xED\xA0\x80\xF4\x90\x80\x80"), BAD BAD BAD BAD BAD BAD BAD BAD BAD, 9, 1,
	  false, false },
	{ SPAN("kept " BAD), "kept " BAD, 0, 0, false, false },
	{ SPAN("a\xEF\xBB\xBF"), "a\xEF\xBB\xBF", 0, 0, false, false },
};

static void bytes_become_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cleaned); i++) {
		CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };

		assert_int_equal(markdown_clean(cleaned[i].raw, 100, &text, NULL), 0);
		assert_string_equal(text.data, cleaned[i].text);
		assert_int_equal(text.length, strlen(cleaned[i].text));
		assert_int_equal(text.bad_bytes, cleaned[i].bad);
		assert_int_equal(text.first_bad_line, cleaned[i].bad_line);
		assert_int_equal(text.had_bom, cleaned[i].bom);
		assert_int_equal(text.had_crlf, cleaned[i].crlf);
		assert_int_equal(text.front_matter, 0);
		assert_true(utf8_valid((struct span){ text.data, text.length }));
	}
}

static const struct {
	const char *raw, *yaml, *body;
	unsigned lines;
} fronted[] = {
	{ "---\na: 1\n---\nbody\n", "a: 1\n", "body\n", 3 },
	{ "---\na: 1\n...\nbody\n", "a: 1\n", "body\n", 3 },
	{ "---  \r\na: 1\r\n--- \t\r\nbody", "a: 1\n", "body", 3 },
	{ "\xEF\xBB\xBF---\n---\nbody\n", "", "body\n", 2 },
	{ "---\na: 1\nb: 2\n---", "a: 1\nb: 2\n", "", 3 },
	{ "---\na: 1\nbody\n", "", "---\na: 1\nbody\n", 0 },
	{ "\n---\na: 1\n---\n", "", "\n---\na: 1\n---\n", 0 },
	{ "----\na: 1\n---\n", "", "----\na: 1\n---\n", 0 },
	{ "---\n ---\n", "", "---\n ---\n", 0 },
	{ "text\n", "", "text\n", 0 },
	{ "---", "", "---", 0 },
	{ "", "", "", 0 },
};

static void front_matter_is_cut_off(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(fronted); i++) {
		CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
		unsigned line;

		assert_int_equal(markdown_clean(span_of(fronted[i].raw), 100, &text, NULL), 0);
		assert_true(
			span_equal(markdown_front_matter(&text, &line), span_of(fronted[i].yaml)));
		assert_true(span_equal(markdown_body(&text), span_of(fronted[i].body)));
		assert_int_equal(line, 2);
		assert_int_equal(markdown_body_line_offset(&text), fronted[i].lines);
	}
}

static void damage_is_reported(void **state)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "SOUL.md" };
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };

	(void)state;
	assert_int_equal(markdown_clean(SPAN("a\n\xFF\n\0\0\n"), 100, &text, &found), 0);
	assert_int_equal(found.count, 2);
	assert_string_equal(found.items[0].code, "text-nul");
	assert_int_equal(found.items[0].line, 3);
	assert_string_equal(found.items[0].message,
			    "2 NUL bytes are read as U+FFFD; is this a text file?");
	assert_string_equal(found.items[1].code, "text-utf8");
	assert_int_equal(found.items[1].line, 2);
	assert_int_equal(text.first_bad_line, 2);
	assert_int_equal(text.bad_bytes, 3);
}

static void size_is_limited(void **state)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };

	(void)state;
	assert_int_equal(markdown_clean(SPAN("12345"), 4, &text, NULL), -ERROR_TOO_LARGE);
	assert_null(text.data);
	assert_int_equal(markdown_clean(SPAN("1234"), 4, &text, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_become_text),
		cmocka_unit_test(front_matter_is_cut_off),
		cmocka_unit_test(damage_is_reported),
		cmocka_unit_test(size_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

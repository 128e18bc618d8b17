/* YAML with places, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "markdown/markdown.h"

/* One line a node: "depth line:column [key@line:column] kind value". */
static void print(const struct yaml *yaml, int depth, struct buffer *out)
{
	static const char *const kinds[] = { "null", "scalar", "list", "map" };

	for (; yaml; yaml = yaml->next) {
		buffer_printf(out, "%d %u:%u ", depth, yaml->line, yaml->column);
		if (yaml->key)
			buffer_printf(out, "%s@%u:%u ", yaml->key, yaml->key_line,
				      yaml->key_column);
		buffer_append_text(out, kinds[yaml->kind]);
		if (yaml->kind == YAML_SCALAR)
			buffer_printf(out, "%s%s", yaml->quoted ? " quoted " : " ", yaml->scalar);
		buffer_append_text(out, "\n");
		print(yaml->first, depth + 1, out);
	}
}

static const struct {
	const char *yaml, *tree;
} good[] = {
	{ "", "0 11:1 null\n" },
	{ "# only a comment\n", "0 11:1 null\n" },
	{ "word", "0 11:1 scalar word\n" },
	{ "a: 1\nb: two words # not this\n",
	  "0 11:1 map\n1 11:4 a@11:1 scalar 1\n1 12:4 b@12:1 scalar two words\n" },
	{ "a: {b: [x, \"y\", ~], c: }\n",
	  "0 11:1 map\n1 11:4 a@11:1 map\n2 11:8 b@11:5 list\n3 11:9 scalar x\n3 11:12 scalar quoted y\n"
	  "3 11:17 null\n2 11:21 c@11:21 null\n" },
	{ "- on\n- 'off'\n- null\n- \"null\"\n- 09:00\n- 1e3\n",
	  "0 11:1 list\n1 11:3 scalar on\n1 12:3 scalar quoted off\n1 13:3 null\n1 14:3 scalar quoted null\n"
	  "1 15:3 scalar 09:00\n1 16:3 scalar 1e3\n" },
	{ "é: ü\n\"k y\": v\n", "0 11:1 map\n1 11:4 é@11:1 scalar ü\n1 12:8 k y@12:1 scalar v\n" },
	{ "---\na: 1\n...\n", "0 12:1 map\n1 12:4 a@12:1 scalar 1\n" },
	{ "'<<': 1\n", "0 11:1 map\n1 11:7 <<@11:1 scalar 1\n" },
	{ "a: |\n  x\n  y\n", "0 11:1 map\n1 12:1 a@11:1 scalar quoted x\ny\n\n" },
};

static void trees_have_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(good); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(4096);
		CLEANUP(yaml_free) struct yaml *yaml = NULL;
		struct error error = { 0 };

		if (yaml_parse(span_of(good[i].yaml), 11, &yaml, &error))
			fail_msg("%s: %s", good[i].yaml, error.message);
		print(yaml, 0, &out);
		if (strcmp(out.data, good[i].tree))
			fail_msg("\n%s\ngives\n%s\nnot\n%s", good[i].yaml, out.data, good[i].tree);
	}
}

static const struct {
	const char *yaml;
	unsigned line, column;
	const char *message;
} refused[] = {
	{ "a: 1\nb: 2\na: 3\n", 13, 1, "the key \"a\" is here twice (first on line 11); keep one" },
	{ "x: {a: 1, a: 2}\n", 11, 11, "the key \"a\" is here twice (first on line 11); keep one" },
	{ "a: &x 1\n", 11, 7, "anchors (\"&name\") are not supported; write the value out" },
	{ "a: *x\n", 11, 5, "aliases (\"*name\") are not supported; write the value out" },
	{ "a:\n  <<: {b: 1}\n", 12, 3,
	  "merge keys (\"<<\") are not supported; write the keys out" },
	{ "a: !!str 1\n", 11, 10, "tags (\"!name\") are not supported; remove the tag" },
	{ "? [a]\n: b\n", 11, 3, "a key must be a word, not a list or a map" },
	{ "a: \"x\\0y\"\n", 11, 4, "a value must not contain a NUL" },
	{ "a: 1\n---\nb: 1\n", 12, 1,
	  "only one YAML document is allowed here; remove the second `---`" },
	{ "a: b: c\n", 11, 5, "this is no YAML: invalid nested block mapping on the same line" },
	{ "a:\n\t- x\n", 12, 1, "this is no YAML: tab character may not be used as indentation" },
	{ "a: \"open\n", 11, 5, "this is no YAML: double-quoted scalar without closing quote" },
	{ "a: [1, 2\n", 0, 0, "this is no YAML: flow sequence without a closing bracket" },
	{ "a: @x\n", 11, 4, "this is no YAML: plain scalar cannot start with '@'" },
	{ "[[[[[[[[[[[[[[[[[[[", 11, 17, "the YAML is nested more than 16 levels deep" },
	{ "\xFF", 0, 0, "the YAML is no UTF-8; save it as UTF-8" },
};

static void refusals_have_places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		struct yaml *yaml = NULL;
		struct error error = { 0 };

		assert_int_equal(yaml_parse(span_of(refused[i].yaml), 11, &yaml, &error),
				 -ERROR_INVALID);
		assert_null(yaml);
		assert_string_equal(error.message, refused[i].message);
		if (refused[i].line &&
		    (error.line != refused[i].line || error.column != refused[i].column))
			fail_msg("%s: %u:%u", refused[i].yaml, error.line, error.column);
		assert_true(yaml_parse(span_of(refused[i].yaml), 1, &yaml, NULL) < 0);
	}
}

static void fill(struct buffer *out, const char *head, const char *repeat, size_t size)
{
	buffer_append_text(out, head);
	while (out->length < size)
		buffer_append_text(out, repeat);
}

static const struct {
	const char *head, *repeat;
	size_t size;
	int expect;
} hostile[] = {
	{ "", "[", 200000, -ERROR_INVALID },          { "", "{", 200000, -ERROR_INVALID },
	{ "", "- ", 200000, -ERROR_INVALID },         { "[", "a,", 200000, -ERROR_INVALID },
	{ "a: \"", "\\n", 200000, -ERROR_INVALID },   { "a: ", "b ", 200000, 0 },
	{ "a: |\n", "\n", 200000, -ERROR_TOO_LARGE }, { "a: |\n", " \n", 200000, -ERROR_TOO_LARGE },
	{ "#", "#", 300000, -ERROR_TOO_LARGE },
};

static void hostile_text_is_bounded(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(hostile); i++) {
		CLEANUP(buffer_clear) struct buffer text = BUFFER(400000);
		CLEANUP(yaml_free) struct yaml *yaml = NULL;

		fill(&text, hostile[i].head, hostile[i].repeat, hostile[i].size);
		assert_int_equal(yaml_parse(buffer_span(&text), 1, &yaml, NULL), hostile[i].expect);
	}
}

static void members_are_found(void **state)
{
	CLEANUP(yaml_free) struct yaml *yaml = NULL;

	(void)state;
	assert_int_equal(yaml_parse(SPAN("a: {b: c}\nl: [1]\n"), 1, &yaml, NULL), 0);
	assert_string_equal(yaml_get(yaml_get(yaml, "a"), "b")->scalar, "c");
	assert_null(yaml_get(yaml, "b"));
	assert_null(yaml_get(yaml_get(yaml, "l"), "1"));
	assert_null(yaml_get(NULL, "a"));
	assert_int_equal(yaml->count, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_have_places),
		cmocka_unit_test(refusals_have_places),
		cmocka_unit_test(hostile_text_is_bounded),
		cmocka_unit_test(members_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

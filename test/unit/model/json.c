/* JSON as models write it (the arguments of calls: strict) and as servers send it (events: mended).
 * The names of the rows are those of JSONTestSuite (https://github.com/nst/JSONTestSuite) where it
 * has one. */
#include "record.h"

#include "../../../lib/model/wire.h"

struct json_row {
	const char *name;
	struct span text;
	const char *arguments; /* as small JSON, NULL: refused */
	const char *event;
};

#define R(name, text, arguments, event)            \
	{                                          \
		name, SPAN(text), arguments, event \
	}

static const struct json_row rows[] = {
	R("y_structure_lonely_object", "{}", "{}", "{}"),
	R("y_structure_whitespace", " {\"a\" : [ 1 , true , null ] }\r\n\t",
	  "{\"a\":[1,true,null]}", "{\"a\":[1,true,null]}"),
	R("y_string_unicode_escape", "{\"a\":\"\\u0061\\n\\/\\ud834\\udd1e\"}",
	  "{\"a\":\"a\\n/\xF0\x9D\x84\x9E\"}", "{\"a\":\"a\\n/\xF0\x9D\x84\x9E\"}"),
	R("y_string_null_escape", "{\"a\":\"\\u0000\"}", "{\"a\":\"\xEF\xBF\xBD\"}",
	  "{\"a\":\"\xEF\xBF\xBD\"}"),
	R("y_object_empty_key", "{\"\":0}", "{\"\":0}", "{\"\":0}"),
	R("y_number_negative_int", "{\"a\":-123}", "{\"a\":-123}", "{\"a\":-123}"),
	R("y_number_int64", "{\"a\":9223372036854775807}", "{\"a\":9223372036854775807}",
	  "{\"a\":9223372036854775807}"),
	R("y_number_simple_real", "{\"a\":123.5}", "{\"a\":123.5}", "{\"a\":123.5}"),
	R("i_string_lone_surrogate", "{\"a\":\"\\ud800x\\udc00\"}",
	  "{\"a\":\"\xEF\xBF\xBDx\xEF\xBF\xBD\"}", "{\"a\":\"\xEF\xBF\xBDx\xEF\xBF\xBD\"}"),
	R("i_string_inverted_surrogates", "{\"a\":\"\\udd1e\\ud834\"}",
	  "{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}", "{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"),
	R("i_string_invalid_utf8", "{\"a\":\"\xFF\"}", "{\"a\":\"\xEF\xBF\xBD\"}",
	  "{\"a\":\"\xEF\xBF\xBD\"}"),
	R("i_string_overlong", "{\"a\":\"\xC0\xAF\"}", "{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}",
	  "{\"a\":\"\xEF\xBF\xBD\xEF\xBF\xBD\"}"),
	R("i_number_too_big_int", "{\"a\":123456789012345678901}", NULL,
	  "{\"a\":1.2345678901234568e20}"),
	R("i_number_huge_exp", "{\"a\":1e9999}", NULL, NULL),
	R("i_structure_bom", "\xEF\xBB\xBF{}", NULL, NULL),
	R("duplicate_key", "{\"a\":1,\"a\":2}", NULL, "{\"a\":2}"),
	R("duplicate_key_escaped", "{\"a\":1,\"\\u0061\":2}", NULL, "{\"a\":2}"),
	R("duplicate_key_inside", "{\"x\":{\"a\":1,\"a\":2}}", NULL, "{\"x\":{\"a\":2}}"),
	R("nothing", "", "{}", NULL),
	R("blank", " \n", "{}", NULL),
	R("y_structure_lonely_string", "\"a\"", NULL, "\"a\""),
	R("y_array_empty", "[]", NULL, "[]"),
	R("n_object_trailing_comma", "{\"a\":0,}", NULL, NULL),
	R("n_object_unquoted_key", "{a:1}", NULL, NULL),
	R("n_object_single_quote", "{'a':0}", NULL, NULL),
	R("n_object_missing_colon", "{\"a\" 0}", NULL, NULL),
	R("n_object_with_trailing_garbage", "{\"a\":0}x", NULL, NULL),
	R("n_structure_double_object", "{}{}", NULL, NULL),
	R("n_structure_unclosed_object", "{\"a\":1", NULL, NULL),
	R("n_structure_unclosed_string", "{\"a\":\"b", NULL, NULL),
	R("n_structure_object_with_comment", "{\"a\":/*b*/1}", NULL, NULL),
	R("n_structure_capitalized_true", "{\"a\":True}", NULL, NULL),
	R("n_number_nan", "{\"a\":NaN}", NULL, NULL),
	R("n_number_infinity", "{\"a\":Infinity}", NULL, NULL),
	R("n_number_leading_zero", "{\"a\":012}", NULL, NULL),
	R("n_number_plus", "{\"a\":+1}", NULL, NULL),
	R("n_number_point", "{\"a\":1.}", NULL, NULL),
	R("n_number_hex", "{\"a\":0x1}", NULL, NULL),
	R("n_string_escape_x", "{\"a\":\"\\x00\"}", NULL, NULL),
	R("n_string_bad_escape", "{\"a\":\"\\u00x0\"}", NULL, NULL),
	R("n_string_short_escape", "{\"a\":\"\\u00", NULL, NULL),
	R("n_string_backslash_at_end", "{\"a\":\"\\", NULL, NULL),
	R("n_string_unescaped_newline", "{\"a\":\"b\nc\"}", NULL, "{\"a\":\"b\\nc\"}"),
	R("n_string_unescaped_tab", "{\"a\":\"b\tc\"}", NULL, "{\"a\":\"b\\tc\"}"),
	R("n_structure_nul", "{\"a\":\0}", NULL, NULL),
	R("n_nothing_but_nul", "\0", NULL, NULL),
};

static void check(const struct json_row *row, json_t *json, const char *expected)
{
	_free_ char *got = json ? wire_dump(json) : NULL;

	json_decref(json);
	if (expected && got && !strcmp(got, expected))
		return;
	if (!expected && !got)
		return;
	print_error("%s: %s\n", row->name, got ? got : "refused");
	fail();
}

/* json_dumpb writes values of any kind only when asked to. */
static json_t *boxed(json_t *json)
{
	return json_is_object(json) || json_is_array(json) || !json ? json : json_pack("[o]", json);
}

static void rows_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *event = rows[i].event && rows[i].event[0] == '"'
					     ? xasprintf("[%s]", rows[i].event)
					     : NULL;

		check(&rows[i], wire_parse_arguments(rows[i].text), rows[i].arguments);
		check(&rows[i], boxed(wire_parse(rows[i].text)), event ? event : rows[i].event);
	}
}

static void nesting_is_counted(void **state)
{
	(void)state;
	assert_int_equal(wire_depth(SPAN("")), 0);
	assert_int_equal(wire_depth(SPAN("{\"[[[\":[\"\\\"[\"]}")), 2);
	assert_int_equal(wire_depth(SPAN("]]]][")), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_hold),
		cmocka_unit_test(nesting_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

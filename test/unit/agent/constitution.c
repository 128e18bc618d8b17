#include "suite.h"

static const char kira[] = "# Constitution\n"
			   "\n"
			   "## Hard rules (never override)\n"
			   "1. Never share one customer's data with another\n"
			   "2. Never promise a date\n"
			   "3. Never guess an amount\n"
			   "\n"
			   "## Conflicts\n"
			   "- Rules are ranked.\n"
			   "\n"
			   "## Escalation triggers\n"
			   "- User mentions \"lawyer,\" \"sue,\" or “legal”\n"
			   "- User has asked the same question 3+ times\n"
			   "- Any request to delete an account\n"
			   "→ Action: hand over to a human with the whole conversation\n";

static void test_kira(void **state)
{
	struct constitution c;
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	constitution_parse(span_of(kira), &c, &found);
	assert_int_equal(c.rule_count, 3);
	assert_string_equal(c.rules[0], "Never share one customer's data with another");
	assert_int_equal(c.trigger_count, 4);
	assert_string_equal(c.triggers[0].words, "lawyer");
	assert_string_equal(c.triggers[1].words, "sue");
	assert_string_equal(c.triggers[2].words, "legal");
	assert_int_equal(c.triggers[2].line, 12);
	assert_null(c.triggers[3].words);
	assert_int_equal(c.triggers[3].repeats, 3);
	assert_string_equal(c.action, "hand over to a human with the whole conversation");
	assert_int_equal(found.count, 1);
	assert_string_equal(found.items[0].code, "trigger-model");
	assert_int_equal(found.items[0].line, 14);
	constitution_clear(&c);
}

static void test_match(void **state)
{
	static const struct {
		const char *trigger, *message;
		bool matches;
	} rows[] = {
		{ "sue", "I will sue you", true },
		{ "sue", "I sued them", true },
		{ "sue", "thinking of SUING.", true },
		{ "sue", "she sues", true },
		{ "sue", "there is an issue", false },
		{ "sue", "I pursue this", false },
		{ "sue", "a tissue, please", false },
		{ "sue", "suede shoes", false },
		{ "legal", "is that legally binding?", true },
		{ "legal", "this is illegal", false },
		{ "legal", "legal-team", true },
		{ "lawyer", "My lawyers' letter", true },
		{ "lawyers", "my lawyer", true },
		{ "attorney", "attorneys", true },
		{ "cancel", "I cancelled it", true },
		{ "cancel", "canceling", true },
		{ "deny", "you denied it", true },
		{ "lie", "you are lying", true },
		{ "scam", "we were scammed", true },
		{ "used", "tell us", false },
		{ "charge back", "two charges back", true },
		{ "account deletion", "about account-deletion", true },
		{ "account deletion", "account for the deletion", false },
		{ "don't", "I DON’T", true },
		{ "律师", "我要找律师！", true },
		{ "弁護士", "弁護士に相談", true },
		{ "юрист", "Позову юриста", true },
		{ "жалоба", "Напишу ЖАЛОБУ", true },
		{ "суд", "это сундук", false },
		{ "café", "CAFÉS", true },
		{ "lawyer", "", false },
		{ "lawyer", "\xFF\xFE", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *file = xasprintf("## Escalation\n- says \"%s\"\n", rows[i].trigger);
		struct constitution c;

		constitution_parse(span_of(file), &c, NULL);
		assert_int_equal(c.trigger_count, 1);
		if ((constitution_match(&c, span_of(rows[i].message)) != NULL) != rows[i].matches)
			fail_msg("\"%s\" in \"%s\"", rows[i].trigger, rows[i].message);
		constitution_clear(&c);
	}
}

/* What becomes of one line of an escalation section: words joined by "|", a number, or the model.
 */
static void test_lines(void **state)
{
	static const struct {
		const char *lines, *expect, *action;
	} rows[] = {
		{ "- \"a b,\" and \"c\"\n", "a b|c|", NULL },
		{ "* „Anwalt“ oder «avocat»\n", "anwalt|avocat|", NULL },
		{ "1. 「律师」\n", "律师|", NULL },
		{ "- `refund`\n", "refund|", NULL },
		{ "- asked the same question three times\n", "3|", NULL },
		{ "- repeats itself 5 times or more\n", "5|", NULL },
		{ "- 同一问题 3 次\n", "3|", NULL },
		{ "- same question 1 times\n", "", NULL },
		{ "- asked 3 different things\n", "", NULL },
		{ "- \"!!!\"\n", "", NULL },
		{ "- \"open\n", "", NULL },
		{ "- says\n  \"wrapped\"\n", "wrapped|", NULL },
		{ "<!-- - \"off\" -->\n- \"on\"\n", "on|", NULL },
		{ "- \"x\" → Action: call me\n", "x|", "call me" },
		{ "- \"x\"\n\n-> Action: first\n=> Action: second\n", "x|", "first" },
		{ "- \"x\"\n→ hand over\n", "x|", "hand over" },
		{ "When \"x\" is said:\n- \"y\"\n", "y|", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *file = xasprintf("# C\n## Escalation Triggers\n%s## Other\n- \"no\"\n",
					      rows[i].lines);
		CLEANUP(buffer_clear) struct buffer out = BUFFER(4096);
		struct constitution c;

		constitution_parse(span_of(file), &c, NULL);
		buffer_append_text(&out, "");
		for (size_t t = 0; t < c.trigger_count; t++)
			if (c.triggers[t].words)
				buffer_printf(&out, "%s|", c.triggers[t].words);
			else
				buffer_printf(&out, "%u|", c.triggers[t].repeats);
		assert_string_equal(out.data, rows[i].expect);
		if (rows[i].action)
			assert_string_equal(c.action, rows[i].action);
		else
			assert_null(c.action);
		constitution_clear(&c);
	}
}

static void test_rules(void **state)
{
	static const struct {
		const char *file;
		size_t count;
		const char *first;
	} rows[] = {
		{ "1. One\n2. Two\n", 2, "One" },
		{ "## Steps\n1. no\n## Rules\n1. **Never** lie\n2. x\n", 2, "Never lie" },
		{ "## 规则\n1. 不要猜\n", 1, "不要猜" },
		{ "## Article I: Honesty\ntext\n## Article II: Care\ntext\n", 2,
		  "Article I: Honesty" },
		{ "## Escalation\n1. \"x\"\n", 0, NULL },
		{ "- a\n- b\n", 0, NULL },
		{ "", 0, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct constitution c;

		constitution_parse(span_of(rows[i].file), &c, NULL);
		assert_int_equal(c.rule_count, rows[i].count);
		if (rows[i].first)
			assert_string_equal(c.rules[0], rows[i].first);
		constitution_clear(&c);
	}
}

static void test_default(void **state)
{
	struct constitution c;
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	constitution_parse(span_of(constitution_default), &c, &found);
	assert_int_equal(c.rule_count, 4);
	assert_int_equal(found.count, 0);
	assert_true(strlen(constitution_default) <= 350);
	constitution_clear(&c);
}

static void test_blank(void **state)
{
	static const struct {
		struct span raw;
		bool blank;
	} rows[] = {
		{ { NULL, 0 }, true },
		{ SPAN(""), true },
		{ SPAN(" \t\r\n\n"), true },
		{ SPAN("\xEF\xBB\xBF\n"), true },
		{ SPAN("\0\0\0\0"), true },
		{ SPAN("---\nrole: x\n---\n\n"), true },
		{ SPAN("\xEF\xBB\xBF---\nrole: x\n---\n"), true },
		{ SPAN("---\nrole: x\n---\n1. Never guess\n"), false },
		{ SPAN("---\n"), false },
		{ SPAN("---\nrole: x\n"), false },
		{ SPAN("\n1. x"), false },
		{ SPAN("x"), false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(constitution_is_blank(rows[i].raw), rows[i].blank);
	assert_false(constitution_is_blank(span_of(constitution_default)));
}

/* Many sections, many quotes: time stays in proportion and the limits hold. */
static void test_large(void **state)
{
	CLEANUP(buffer_clear) struct buffer file = BUFFER(AGENT_FILE_MAX);
	struct constitution c;

	(void)state;
	while (!file.overflow)
		buffer_append(&file, SPAN("# Escalation\n- \"a\" \"b\" `c` <!-- \" -->\n"));
	constitution_parse(buffer_span(&file), &c, NULL);
	assert_int_equal(c.trigger_count, 256);
	constitution_clear(&c);
}

int run_constitution(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kira),    cmocka_unit_test(test_match),
		cmocka_unit_test(test_lines),   cmocka_unit_test(test_rules),
		cmocka_unit_test(test_default), cmocka_unit_test(test_blank),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests_name("agent constitution", tests, NULL, NULL);
}

/* The front matter of SOUL.md and HEARTBEAT.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnostics.h"
#include "settings/settings.h"

static void read_matter(const char *yaml, enum front_matter_file file, const char *expected,
			struct front_matter *ret_matter)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "SOUL.md" };
	_free_ char *text = NULL;

	front_matter_parse(span_of(yaml), 2, file, ret_matter, &found);
	text = diagnostics_text(&found);
	if (strcmp(text, expected))
		fail_msg("\n%s\ngives\n%s\nnot\n%s", yaml, text, expected);
}

static void soul_is_understood(void **state)
{
	CLEANUP(front_matter_clear) struct front_matter m;

	(void)state;
	read_matter(
		"role: support\nexpertise: \"duplicate charges\"\nroute: analysis\ntz: Asia/Taipei\n"
		"tools: [read_file, remember]\nlimits: {per_session_usd: 0.25}\nbulletin: always\n"
		"every: 2h\nactive: 22:00-06:30\nwhen: changed\ndaily_at: 7\ncatch_up: none\n"
		"experiment: true\n",
		FRONT_MATTER_SOUL, "", &m);
	assert_string_equal(m.role, "support");
	assert_string_equal(m.expertise, "duplicate charges");
	assert_string_equal(m.route, "analysis");
	assert_string_equal(m.zone, "Asia/Taipei");
	assert_int_equal(m.tool_count, 2);
	assert_string_equal(m.tools[1], "remember");
	assert_int_equal(m.limits.per_session_micro_usd, 250000);
	assert_int_equal(m.limits.system_daily_micro_usd, INT64_MAX);
	assert_true(m.bulletin_always);
	assert_true(m.experiment);
	assert_int_equal(m.every_s, 7200);
	assert_true(m.has_active_hours);
	assert_int_equal(m.active_begin, 22 * 60);
	assert_int_equal(m.active_end, 6 * 60 + 30);
	assert_int_equal(m.when, WHEN_CHANGED);
	assert_int_equal(m.daily_hour, 7);
	assert_int_equal(m.catch_up, CATCH_UP_NONE);
}

static void nothing_is_absent(void **state)
{
	static const char *const texts[] = { "", "# only a comment\n",
					     "role:\ntools:\nlimits:\nwhen: ~\n" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		CLEANUP(front_matter_clear) struct front_matter m;

		read_matter(texts[i], FRONT_MATTER_SOUL, "", &m);
		assert_null(m.role);
		assert_null(m.tools);
		assert_null(m.zone);
		assert_false(m.bulletin_always);
		assert_false(m.experiment);
		assert_false(m.has_active_hours);
		assert_int_equal(m.every_s, 0);
		assert_int_equal(m.when, WHEN_DEFAULT);
		assert_int_equal(m.daily_hour, -1);
		assert_int_equal(m.limits.per_task_tokens, INT64_MAX);
		assert_false(m.limits.circuit_breaker);
	}
}

static const struct {
	enum front_matter_file file;
	const char *yaml, *found;
} wrong[] = {
	{ FRONT_MATTER_HEARTBEAT, "role: x\n",
	  "warning settings-place 2:1 \"role\" belongs into SOUL.md; it is ignored here\n" },
	{ FRONT_MATTER_SOUL, "timezon: UTC\n",
	  "warning settings-unknown 2:1 the front matter has no key \"timezon\"; did you mean "
	  "\"timezone\"?\n" },
	{ FRONT_MATTER_SOUL, "name: Kira\n",
	  "warning settings-unknown 2:1 the front matter has no key \"name\"; see agentd.yaml(5) for those "
	  "it has\n" },
	{ FRONT_MATTER_SOUL, "limits:\n  per_day: 1\n",
	  "error settings-unknown 3:3 limits has no key \"per_day\"; see agentd.yaml(5) for those it has\n" },
	{ FRONT_MATTER_HEARTBEAT, "when: sometimes\nevery: often\nactive_hours: late\n",
	  "error settings-value 2:7 when: \"sometimes\": write one of: always, changed\n"
	  "error settings-value 3:8 every: \"often\": write a time with its unit, such as 500 ms, 30 s, 10 "
	  "min or 2 h\n"
	  "error settings-value 4:15 active_hours: \"late\": write a range of hours such as 08:00-22:00\n" },
	{ FRONT_MATTER_SOUL, "tools: [read_file, {a: b}, 'x y']\n",
	  "error settings-value 2:20 tools: write a list of plain texts, such as [one, two]\n"
	  "error settings-value 2:28 tools: \"x y\": write a name of up to 63 letters, digits, \".\", \"_\" "
	  "and \"-\"\n" },
	{ FRONT_MATTER_SOUL, "just prose\n",
	  "error settings-type 2:1 the front matter is not a map; write keys and values below it\n" },
	{ FRONT_MATTER_SOUL, "role: a\nrole: b\n",
	  "error front-matter 3:1 the key \"role\" is here twice (first on line 2); keep one\n" },
	{ FRONT_MATTER_SOUL, "a: b: c\n",
	  "error front-matter 2:5 this is no YAML: invalid nested block mapping on the same line\n" },
};

static void wrong_keys_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++) {
		CLEANUP(front_matter_clear) struct front_matter m;

		read_matter(wrong[i].yaml, wrong[i].file, wrong[i].found, &m);
		assert_null(m.role);
		assert_int_equal(m.when, WHEN_DEFAULT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(soul_is_understood),
		cmocka_unit_test(nothing_is_absent),
		cmocka_unit_test(wrong_keys_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

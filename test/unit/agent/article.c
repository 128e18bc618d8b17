/* The files of the published article, where they are at hand: the shape that all this starts from.
 */
#include "suite.h"

#include "base/file.h"

#define ARTICLE "../shared/article"

/* The whole file, or NULL where there is none. */
static char *read_article(const char *name)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(65536);
	_fd_ int dir = -1;

	if (directory_open(ARTICLE, &dir, NULL) || file_read(dir, name, &text, NULL, NULL))
		return NULL;
	return buffer_steal(&text);
}

static void test_heartbeat(void **state)
{
	_free_ char *text = read_article("HEARTBEAT.md");
	CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
	CLEANUP(checklist_clear) struct checklist c = { 0 };

	(void)state;
	if (!text)
		skip();
	heartbeats_parse(span_of(text), NULL, NULL, &beats, NULL);
	assert_string_equal(beats_text(&beats),
			    "3 @daily: daily 07:00; 8 @weekly: weekly mon 09:00; "
			    "13 @on every session start: on session start");
	assert_int_equal(heartbeats_checklist(span_of(text), "@daily", NULL, &c, NULL), 0);
	assert_true(checklist_names_bulletin(&c));
	assert_non_null(strstr(c.session_start, "Verify API connectivity"));
}

static void test_constitution(void **state)
{
	_free_ char *text = read_article("CONSTITUTION.md");
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
	struct constitution c;

	(void)state;
	if (!text)
		skip();
	constitution_parse(span_of(text), &c, &found);
	assert_int_equal(c.rule_count, 4);
	assert_int_equal(c.trigger_count, 4);
	assert_non_null(c.action);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].line, 16);
	assert_non_null(constitution_match(&c, SPAN("You'll hear from my lawyers")));
	assert_null(constitution_match(&c, SPAN("I have an issue with my bill")));
	constitution_clear(&c);
}

/* Everything that the article's agent does unasked at its start is done without it. */
static void test_prompt(void **state)
{
	_free_ char *heartbeat = read_article("HEARTBEAT.md"), *memory = read_article("MEMORY.md");
	struct plan plan = { .agent = "kira" };
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	CLEANUP(checklist_clear) struct checklist c = { 0 };
	const char *beat;

	(void)state;
	if (!heartbeat || !memory)
		skip();
	assert_int_equal(heartbeats_checklist(span_of(heartbeat), "@daily", NULL, &c, NULL), 0);
	plan.memory.text = memory;
	plan.session_start = c.session_start;
	plan.checklist = c.items;
	assert_int_equal(plan_prompt(&plan, &prompt, NULL), 0);
	beat = prompt.sections[prompt.count - 1].text;
	for (size_t i = 0; i < 6; i++, beat++) {
		beat = strstr(beat, "- [x] ");
		assert_non_null(beat);
	}
}

int run_article(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heartbeat),
		cmocka_unit_test(test_constitution),
		cmocka_unit_test(test_prompt),
	};

	return cmocka_run_group_tests_name("agent article", tests, NULL, NULL);
}

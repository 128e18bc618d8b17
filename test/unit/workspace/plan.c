#include "suite.h"

#include <unistd.h>

#define NOW 1795248000 /* 2026-11-21T08:00:00Z */

/* A site with kira loaded, and plans made of it. */
struct stage {
	struct site site;
	struct agent *agent;
	struct plan *plan;
};

static void stage_make(struct stage *stage)
{
	*stage = (struct stage){ 0 };
	site_make(&stage->site);
	site_open(&stage->site);
	site_add_kira(&stage->site);
	assert_int_equal(workspace_load(stage->site.workspace, "kira", NULL, &stage->agent, NULL,
					NULL, NULL),
			 0);
}

static void stage_clear(struct stage *stage)
{
	plan_free(stage->plan);
	agent_free(stage->agent);
	site_clear(&stage->site);
}
CLEANUP_DEFINE_VALUE(struct stage, stage_clear)

static const struct plan *plan_for(struct stage *stage, const struct plan_request *request,
				   const char *constitution)
{
	struct error error = { 0 };

	plan_free(steal_pointer(&stage->plan));
	if (workspace_plan(stage->site.workspace, stage->agent, request, constitution, &stage->plan,
			   &error))
		fail_msg("%s: %s", error.file, error.message);
	return stage->plan;
}

static void test_beat(void **state)
{
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = {
		.session = "01J0000000000000000000000A",
		.key = "@daily",
		.heading = "Daily (07:00)",
		.now = NOW,
		.last_run = NOW - 86400,
		.changed = "MEMORY.md",
	};
	const struct plan *plan;

	(void)state;
	stage_make(&stage);
	plan = plan_for(&stage, &request, "last good");
	assert_string_equal(plan->agent, "kira");
	assert_string_equal(plan->session, request.session);
	assert_string_equal(plan->heading, "Daily (07:00)");
	assert_string_equal(plan->checklist, "- Check BULLETIN.md");
	assert_string_equal(plan->session_start, "- hi");
	assert_string_equal(plan->moment, "Saturday 2026-11-21 16:00 Asia/Taipei (UTC+08:00)");
	assert_string_equal(plan->since, "Last run: 2026-11-20 16:00; changed since: MEMORY.md");
	assert_string_equal(plan->constitution.text, "1. Never guess\n");
	assert_int_equal(strlen(plan->constitution.id), 40);
	assert_string_equal(plan->bulletin.text, "max, 2026-11-20 00:00Z:\n> - canary-max\n"
						 "kira (you), 2026-11-19 08:00Z:\n> - mine\n");
	assert_int_equal(strlen(plan->bulletin.id), 40);
	assert_string_equal(plan->memory.text, "## Recent (L0)\n- 2026-11-20: a fact\n");
	assert_int_equal(plan->turns_max, 40);
	assert_int_equal(plan->max_output_tokens, 4096);
	assert_string_equal(plan->knowledge, "");
	assert_null(plan->tools);
}

/* The bulletin is there where the checklist names it, or always when the soul says so. */
static void test_bulletin(void **state)
{
	static const struct {
		enum cause_kind cause;
		const char *key, *message;
		bool always, there;
		const char *heading;
	} rows[] = {
		{ CAUSE_HEARTBEAT, "@daily", NULL, false, true, NULL },
		{ CAUSE_HEARTBEAT, "@hourly", NULL, false, false, NULL },
		{ CAUSE_HEARTBEAT, "@hourly", NULL, true, true, NULL },
		{ CAUSE_HEARTBEAT, "@hourly", NULL, false, true, "On bulletin" },
		{ CAUSE_MANUAL, NULL, NULL, false, true, NULL },
		{ CAUSE_MESSAGE, NULL, "hello", false, true, NULL },
	};
	CLEANUP(stage_clear) struct stage stage;

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct plan_request request = {
			.cause = rows[i].cause,
			.key = rows[i].key,
			.message = rows[i].message,
			.heading = rows[i].heading,
			.now = NOW,
		};

		stage.agent->bulletin_always = rows[i].always;
		assert_int_equal(plan_for(&stage, &request, NULL)->bulletin.text != NULL,
				 rows[i].there);
	}
	assert_null(stage.plan->checklist);
	assert_string_equal(stage.plan->message, "hello");
	assert_string_equal(stage.plan->session_start, "- hi");
	assert_null(stage.plan->since);
}

static void test_constitution(void **state)
{
	static const struct {
		const char *text, *last_good, *expect;
		bool own;
	} rows[] = {
		{ "1. x\n", "1. y\n", "1. x\n", true },
		{ " \n", "1. y\n", "1. y\n", false },
		{ NULL, "1. y\n", "1. y\n", false },
		{ NULL, NULL, constitution_default, false },
		{ NULL, "", constitution_default, false }, /* as a power cut may leave it */
		{ "", " \n", constitution_default, false },
		{ "---\nrole: x\n---\n", "1. y\n", "1. y\n", false },
	};
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = { .cause = CAUSE_MANUAL, .now = NOW };

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const struct plan *plan;

		unlinkat(stage.site.dir, "agents/kira/CONSTITUTION.md", 0);
		if (rows[i].text)
			site_write(&stage.site, "agents/kira/CONSTITUTION.md", rows[i].text);
		plan = plan_for(&stage, &request, rows[i].last_good);
		assert_string_equal(plan->constitution.text, rows[i].expect);
		assert_int_equal(plan->constitution.id[0] != '\0', rows[i].own);
	}
}

static void test_indexes(void **state)
{
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = { .cause = CAUSE_MANUAL, .now = NOW };
	const struct plan *plan;

	(void)state;
	stage_make(&stage);
	site_write(&stage.site, "agents/kira/knowledge/prices.md",
		   "---\na: 1\n---\nx\n# Prices #1\n");
	site_write(&stage.site, "agents/kira/knowledge/faq/a.md", "no heading");
	site_write(&stage.site, "agents/kira/knowledge/.secret", "# x");
	site_write(&stage.site, "agents/kira/knowledge/x.md~", "# x");
	site_write(&stage.site, "agents/max/knowledge/own.md", "# canary-max");
	assert_int_equal(symlinkat("../../max/knowledge/own.md", stage.site.dir,
				   "agents/kira/knowledge/link.md"),
			 0);
	site_write(&stage.site, "agents/kira/skills/refunds/SKILL.md",
		   "---\nname: refunds\ndescription: when and how\n---\n# Refunds\n");
	site_write(&stage.site, "agents/kira/skills/plain/SKILL.md", "# Plain skill\n");
	site_write(&stage.site, "agents/kira/skills/none/README.md", "# x\n");
	plan = plan_for(&stage, &request, NULL);
	assert_string_equal(plan->knowledge,
			    "- knowledge/faq/a.md\n- knowledge/prices.md: Prices #1\n");
	assert_string_equal(plan->skills, "- plain: Plain skill\n- refunds: when and how\n");
}

static void test_index_is_bounded(void **state)
{
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = { .cause = CAUSE_MANUAL, .now = NOW };
	const struct plan *plan;

	(void)state;
	stage_make(&stage);
	for (int i = 0; i < 400; i++) {
		_free_ char *path = xasprintf("agents/kira/knowledge/%03d.md", i);

		site_write(&stage.site, path,
			   "# A heading of some length, so that few of them fit in\n");
	}
	plan = plan_for(&stage, &request, NULL);
	assert_true(strlen(plan->knowledge) <= WORKSPACE_INDEX_MAX + 64);
	assert_non_null(strstr(plan->knowledge, " more, see list_files)\n"));
}

static void test_section_gone(void **state)
{
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = { .key = "Nothing", .now = NOW };
	struct error error = { 0 };
	struct plan *plan = NULL;

	(void)state;
	stage_make(&stage);
	assert_int_equal(
		workspace_plan(stage.site.workspace, stage.agent, &request, NULL, &plan, &error),
		-(int)ERROR_NOT_FOUND);
	assert_string_equal(error.file, "agents/kira/HEARTBEAT.md");
}

static void test_bulletin_link(void **state)
{
	CLEANUP(stage_clear) struct stage stage;
	struct plan_request request = { .key = "@daily", .now = NOW };
	struct error error = { 0 };
	struct plan *plan = NULL;

	(void)state;
	stage_make(&stage);
	assert_int_equal(unlinkat(stage.site.dir, "shared/BULLETIN.md", 0), 0);
	assert_int_equal(
		symlinkat("../agents/kira/MEMORY.md", stage.site.dir, "shared/BULLETIN.md"), 0);
	assert_int_equal(
		workspace_plan(stage.site.workspace, stage.agent, &request, NULL, &plan, &error),
		-(int)ERROR_DENIED);
	assert_string_equal(error.file, "shared/BULLETIN.md");
}

int run_plan(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_beat),
		cmocka_unit_test(test_bulletin),
		cmocka_unit_test(test_constitution),
		cmocka_unit_test(test_indexes),
		cmocka_unit_test(test_index_is_bounded),
		cmocka_unit_test(test_section_gone),
		cmocka_unit_test(test_bulletin_link),
	};

	return cmocka_run_group_tests_name("workspace plan", tests, NULL, NULL);
}

/* Which models a section asks for, and what is wrong with a front matter beyond its keys. */
#include "suite.h"

#include "settings/settings.h"

#include <stdio.h>

/* The beats' routes as "KEY=ROUTE", joined by blanks. */
static const char *routes_text(const struct heartbeats *beats)
{
	static char out[1024];
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < beats->count; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%s=%s", i ? " " : "",
					 beats->items[i].key,
					 beats->items[i].route ? beats->items[i].route : "");
	return out;
}

static const struct {
	const char *name, *file, *routes, *key, *checklist;
} rows[] = {
	{ "a paragraph", "## Mail (hourly)\n\nroute: lookup\n\n- a\n", "Mail=lookup", "Mail",
	  "- a" },
	{ "an item", "## Mail (hourly)\n- route: lookup\n- a\n", "Mail=lookup", "Mail", "- a" },
	{ "marks", "## Mail (hourly)\n- **Route:** lookup\n- a\n", "Mail=lookup", "Mail", "- a" },
	{ "below the schedule", "## Mail\nSchedule: every 2 hours\nroute: lookup\n- a\n",
	  "Mail=lookup", "Mail", "Schedule: every 2 hours\n- a" },
	{ "each its own",
	  "## Mail (hourly)\nroute: lookup\n- a\n## Daily (07:00)\n- b\n## Weekly (Monday)\n"
	  "Route: analysis\n- c\n",
	  "Mail=lookup @daily= @weekly=analysis", "@weekly", "- c" },
	{ "not the first line", "## Mail (hourly)\n- a\n- route: lookup\n", "Mail=", "Mail",
	  "- a\n- route: lookup" },
	{ "work, not a name", "## Mail (hourly)\n- Route: tickets to Max\n", "Mail=", "Mail",
	  "- Route: tickets to Max" },
	{ "no name at all", "## Mail (hourly)\n- route:\n- a\n", "Mail=", "Mail", "- route:\n- a" },
	{ "in a comment", "## Mail (hourly)\n<!-- route: lookup -->\n- a\n", "Mail=", "Mail",
	  "- a" },
	{ "in code", "## Mail (hourly)\n```\nroute: lookup\n```\n", "Mail=", "Mail",
	  "```\nroute: lookup\n```" },
	{ "a child's is text", "## Mail (hourly)\n- a\n### Step\nroute: lookup\n", "Mail=", "Mail",
	  "- a\n### Step\nroute: lookup" },
	{ "context's is text", "## Mail (hourly)\n- a\n## Rules\nroute: lookup\n",
	  "Mail= Rules=", "Mail", "- a" },
	{ "one beat", "# Heartbeat\nroute: lookup\n- a\n", "Heartbeat=lookup", "Heartbeat", "- a" },
	{ "one beat, in a section", "# H\n## Mail\nroute: lookup\n- a\n## Post\n- b\n",
	  "Heartbeat=lookup", "Heartbeat", "## Mail\n- a\n## Post\n- b" },
	{ "before any heading", "route: lookup\n\n- a\n", "Heartbeat=lookup", "Heartbeat", "- a" },
	{ "CRLF", "## Mail (hourly)\r\nroute: lookup\r\n- a\r\n", "Mail=lookup", "Mail", "- a" },
};

static void test_routes(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };
		CLEANUP(checklist_clear) struct checklist checklist = { 0 };
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

		heartbeats_parse(span_of(rows[i].file), NULL, NULL, &beats, &found);
		if (strcmp(routes_text(&beats), rows[i].routes) || found_text(&found)[0])
			fail_msg("%s: %s %s", rows[i].name, routes_text(&beats),
				 found_text(&found));
		assert_int_equal(heartbeats_checklist(span_of(rows[i].file), rows[i].key, NULL,
						      &checklist, NULL),
				 0);
		if (strcmp(checklist.items, rows[i].checklist))
			fail_msg("%s: %s", rows[i].name, checklist.items);
	}
}

/* A route says how, not what: a section that has nothing else has nothing to do. */
static void test_nothing_but_a_route(void **state)
{
	CLEANUP(heartbeats_clear) struct heartbeats beats = { 0 };

	(void)state;
	heartbeats_parse(SPAN("## Mail (hourly)\nroute: lookup\n"), NULL, NULL, &beats, NULL);
	assert_string_equal(beats_text(&beats), "1 Mail: every hour empty");
	assert_string_equal(beats.items[0].route, "lookup");
}

static struct agent *parse(const char *soul, const char *heartbeat, struct diagnostics *found)
{
	CLEANUP(settings_free) struct settings *settings = NULL;
	struct agent_files files = {
		.soul = span_of(soul),
		.constitution = SPAN("1. x\n"),
		.heartbeat = span_of(heartbeat),
	};
	struct agent *agent = NULL;

	assert_int_equal(
		settings_parse(SPAN("routes: {default: [rehearsal], lookup: [rehearsal]}\n"),
			       &settings, NULL, NULL),
		0);
	assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, found, NULL), 0);
	return agent;
}

static void test_unknown(void **state)
{
	static const struct {
		const char *soul, *heartbeat, *found;
	} cases[] = {
		{ "x", "## Mail (hourly)\n\n- route: lookups\n- a\n", "3:10 error route-unknown" },
		{ "x", "---\nwhen: always\n---\n## Mail (hourly)\nroute: nope\n- a\n",
		  "5:8 error route-unknown" },
		{ "x", "---\nroute: nope\n---\n## Mail (hourly)\n- a\n",
		  "2:8 error route-unknown" },
		{ "---\nrole: a\nroute: nope\n---\nx", "## Mail (hourly)\n- a\n",
		  "3:8 error route-unknown" },
		{ "---\nroute: rehearsal\n---\nx", "## Mail (hourly)\nroute: lookup\n- a\n", "" },
		{ "x", "## Mail\nroute: lookup\n- a\n## Post\nroute: default\n- b\n",
		  "5:8 warning route-many" },
		{ "---\ntools: [read_file, run_shell]\n---\nx", "- a\n",
		  "2:8 warning tool-unknown" },
		{ "---\nrole: a\nlimits: {per_session_usd: 0.1}\n# Kira\n", "- a\n",
		  "1:1 error front-matter-open" },
		{ "x", "---\nevery: 5m\n- a\n", "1:1 error front-matter-open" },
		{ "---\n# Kira\n\nprose: more of it\n", "- a\n", "" },
		{ "---\nHello there: a person.\n", "- a\n", "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

		agent_free(parse(cases[i].soul, cases[i].heartbeat, &found));
		if (strcmp(found_text(&found), cases[i].found))
			fail_msg("row %zu: %s", i, found_text(&found));
	}
}

static void test_messages(void **state)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	agent_free(parse("---\ntools: [run_shell]\nroute: nope\n---\nx", "- a\n", &found));
	assert_string_equal(found.items[0].message,
			    "there is no tool \"run_shell\"; there are: read_file, list_files, "
			    "write_file, remember, bulletin_post, bulletin_read, "
			    "tell_person");
	assert_string_equal(found.items[1].message,
			    "agentd.yaml has no route \"nope\", so the default one is taken; it "
			    "has: default, lookup");
}

/* HEARTBEAT.md's front matter beats SOUL.md's; an experiment is one by either. */
static void test_precedence(void **state)
{
	static const struct {
		const char *soul, *heartbeat, *route;
		bool experiment;
	} cases[] = {
		{ "x", "- a\n", NULL, false },
		{ "---\nroute: lookup\nexperiment: true\n---\nx", "- a\n", "lookup", true },
		{ "---\nroute: lookup\n---\nx", "---\nroute: default\nexperiment: on\n---\n- a\n",
		  "default", true },
		{ "---\nexperiment: on\n---\nx", "---\nexperiment: off\n---\n- a\n", NULL, true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
		CLEANUP(agent_free)
		struct agent *agent = parse(cases[i].soul, cases[i].heartbeat, NULL);

		assert_int_equal(agent->experiment, cases[i].experiment);
		if (cases[i].route)
			assert_string_equal(agent->route, cases[i].route);
		else
			assert_null(agent->route);
	}
}

int run_routes(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),     cmocka_unit_test(test_nothing_but_a_route),
		cmocka_unit_test(test_unknown),    cmocka_unit_test(test_messages),
		cmocka_unit_test(test_precedence),
	};

	return cmocka_run_group_tests_name("agent routes", tests, NULL, NULL);
}

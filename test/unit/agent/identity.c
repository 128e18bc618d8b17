#include "suite.h"

#include "schedule/schedule.h"

static struct settings *settings_of(const char *yaml)
{
	struct settings *settings = NULL;
	struct diagnostics found = { .file = "agentd.yaml" };

	assert_int_equal(settings_parse(span_of(yaml), &settings, &found, NULL), 0);
	diagnostics_clear(&found);
	return settings;
}

static void test_names(void **state)
{
	static const struct {
		const char *name;
		bool valid;
	} rows[] = {
		{ "kira", true },
		{ "a", true },
		{ "0-9", true },
		{ "log-watcher", true },
		{ "", false },
		{ "-a", false },
		{ "Kira", false },
		{ "ki ra", false },
		{ "shared", false },
		{ "a/b", false },
		{ "..", false },
		{ "kïra", false },
		{ "shared2", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", true },
		{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(agent_name_valid(span_of(rows[i].name)), rows[i].valid);
	assert_false(agent_name_valid((struct span){ "a\0b", 3 }));
}

static const char soul[] = "---\n"
			   "role: support\n"
			   "route: analysis\n"
			   "timezone: Europe/Berlin\n"
			   "every: 10m\n"
			   "daily_at: 6\n"
			   "bulletin: always\n"
			   "active_hours: 08:00-20:00\n"
			   "tools: [remember, read_file]\n"
			   "limits:\n"
			   "  per_session_usd: 0.30\n"
			   "  per_agent_daily_usd: 100\n"
			   "---\n"
			   "# Kira\n\nHelps.\n";

static void test_whole(void **state)
{
	CLEANUP(settings_free)
	struct settings *settings = settings_of(
		"timezone: Asia/Taipei\nlimits: {per_session_usd: 0.40}\n"
		"routes: {analysis: [rehearsal]}\n"
		"agents: {kira: {limits: {per_agent_daily_usd: 0.50, per_session_usd: 0.35}}}\n");
	CLEANUP(agent_free) struct agent *agent = NULL;
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "mine" };
	struct agent_files files = {
		.soul = span_of(soul),
		.constitution = SPAN("1. Never lie\n"),
		.heartbeat = SPAN("## Daily\n- a\n"),
	};

	(void)state;
	assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, &found, NULL), 0);
	assert_string_equal(found_text(&found), "");
	assert_string_equal(found.file, "mine");
	assert_string_equal(agent->name, "kira");
	assert_string_equal(agent->role, "support");
	assert_string_equal(agent->route, "analysis");
	assert_null(agent->expertise);
	assert_string_equal(agent->zone, "Europe/Berlin");
	assert_true(agent->bulletin_always);
	assert_int_equal(agent->tool_count, 2);
	assert_int_equal(agent->limits.per_session_micro_usd, 300000);
	assert_int_equal(agent->limits.per_agent_daily_micro_usd, 500000);
	assert_int_equal(agent->limits.system_daily_micro_usd,
			 settings->limits.system_daily_micro_usd);
	assert_true(agent->limits.circuit_breaker);
	assert_int_equal(agent->beats.tick_s, 600);
	assert_true(agent->beats.has_active_hours);
	assert_string_equal(beats_text(&agent->beats), "1 @daily: daily 06:00");
}

/* HEARTBEAT.md's front matter beats SOUL.md's. */
static void test_precedence(void **state)
{
	CLEANUP(settings_free) struct settings *settings = settings_of("timezone: Asia/Taipei\n");
	CLEANUP(agent_free) struct agent *agent = NULL;
	struct agent_files files = {
		.soul = span_of(soul),
		.heartbeat = SPAN("---\ntimezone: Asia/Tokyo\nevery: 5m\ndaily_at: 5\n"
				  "active_hours: 10:00-11:00\n---\n## Daily\n- a\n"),
	};

	(void)state;
	assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, NULL, NULL), 0);
	assert_string_equal(agent->zone, "Asia/Tokyo");
	assert_int_equal(agent->beats.tick_s, 300);
	assert_int_equal(agent->beats.active_begin, 600);
	assert_string_equal(beats_text(&agent->beats), "7 @daily: daily 05:00");
}

/* Each diagnostic names its file, and none stops the agent. */
static void test_diagnostics(void **state)
{
	static const struct {
		const char *soul, *constitution, *heartbeat, *memory, *file, *code;
		enum severity severity;
	} rows[] = {
		{ "x", NULL, "", NULL, "CONSTITUTION.md", "constitution-missing",
		  SEVERITY_WARNING },
		{ "x", " \n", "", NULL, "CONSTITUTION.md", "constitution-empty", SEVERITY_WARNING },
		{ "", "1. x\n", "", NULL, "SOUL.md", "soul-empty", SEVERITY_WARNING },
		{ "x", "- x\n", "", NULL, "CONSTITUTION.md", "constitution-rules", SEVERITY_INFO },
		{ "x", "1. Library-First\n2. Test-First\n", "", NULL, "CONSTITUTION.md",
		  "constitution-specification", SEVERITY_INFO },
		{ "x", "1. x\n## Escalation\n- odd things\n", "", NULL, "CONSTITUTION.md",
		  "trigger-model", SEVERITY_INFO },
		{ "x", "1. x\n", NULL, NULL, "HEARTBEAT.md", "heartbeat-missing", SEVERITY_INFO },
		{ "x", "1. x\n", "## Weekly (Mox 09:00)\n- a\n", NULL, "HEARTBEAT.md", "schedule",
		  SEVERITY_ERROR },
		{ "x", "1. x\n", "", "\xFF", "MEMORY.md", "text-utf8", SEVERITY_WARNING },
		{ "---\n[\n---\nx", "1. x\n", "", NULL, "SOUL.md", "front-matter", SEVERITY_ERROR },
	};
	CLEANUP(settings_free) struct settings *settings = settings_of("timezone: UTC\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(agent_free) struct agent *agent = NULL;
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
		struct agent_files files = {
			.soul = span_of(rows[i].soul),
			.constitution = span_of(rows[i].constitution),
			.heartbeat = span_of(rows[i].heartbeat),
			.memory = span_of(rows[i].memory),
		};
		_free_ char *file = xasprintf("agents/kira/%s", rows[i].file);
		size_t seen = 0;

		assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, &found, NULL),
				 0);
		for (size_t f = 0; f < found.count; f++)
			seen += !strcmp(found.items[f].code, rows[i].code) &&
				!strcmp(found.items[f].file, file) &&
				found.items[f].severity == rows[i].severity;
		if (!seen)
			fail_msg("no %s", rows[i].code);
	}
}

static void test_identity_size(void **state)
{
	static const struct {
		size_t bytes;
		const char *found;
		size_t infos;
	} rows[] = {
		{ 3000, "", 0 },
		{ 5000, "", 1 },
		{ 20000, "0:0 warning identity-size", 1 },
	};
	CLEANUP(settings_free) struct settings *settings = settings_of("timezone: UTC\n");

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(agent_free) struct agent *agent = NULL;
		CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
		_free_ char *text = xmalloc(rows[i].bytes);
		struct agent_files files = {
			.soul = { text, rows[i].bytes },
			.constitution = SPAN("1. x\n"),
			.heartbeat = SPAN("## Hourly\n- a\n"),
		};

		memset(text, 'x', rows[i].bytes);
		assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, &found, NULL),
				 0);
		assert_string_equal(found_text(&found), rows[i].found);
		assert_int_equal(found.count, rows[i].infos);
	}
}

static void test_bad_name(void **state)
{
	CLEANUP(settings_free) struct settings *settings = settings_of("timezone: UTC\n");
	struct agent_files files = { .soul = SPAN("x") };
	struct agent *agent = NULL;
	struct error error = { 0 };

	(void)state;
	assert_int_equal(agent_parse("Kira", &files, settings, NULL, &agent, NULL, &error),
			 -(int)ERROR_INVALID);
	assert_null(agent);
	assert_non_null(strstr(error.message, "a-z"));
}

/* Limits hold also where the file with the agent's own cannot be read. */
static void test_limits_survive(void **state)
{
	CLEANUP(settings_free) struct settings *settings = settings_of("timezone: UTC\n");
	CLEANUP(agent_free) struct agent *agent = NULL;
	_free_ char *large = xcalloc(1, AGENT_FILE_MAX + 1);
	struct agent_files files = {
		.soul = { large, AGENT_FILE_MAX + 1 },
		.heartbeat = { large, AGENT_FILE_MAX + 1 },
	};

	(void)state;
	assert_int_equal(agent_parse("kira", &files, settings, NULL, &agent, NULL, NULL), 0);
	assert_int_equal(agent->limits.per_session_micro_usd,
			 settings->limits.per_session_micro_usd);
	assert_int_equal(agent->beats.count, 0);
}

int run_identity(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),          cmocka_unit_test(test_whole),
		cmocka_unit_test(test_precedence),     cmocka_unit_test(test_diagnostics),
		cmocka_unit_test(test_identity_size),  cmocka_unit_test(test_bad_name),
		cmocka_unit_test(test_limits_survive),
	};

	return cmocka_run_group_tests_name("agent identity", tests, NULL, NULL);
}

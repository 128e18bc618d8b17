#include "suite.h"

static void hash(const struct site *site, char out[17])
{
	assert_int_equal(workspace_inputs(site->workspace, "kira", out, NULL), 0);
}

/* Writing a path changes the hash, or does not. */
static void test_changes(void **state)
{
	static const struct {
		const char *path;
		bool counts;
	} rows[] = {
		{ "agents/kira/MEMORY.md", true },
		{ "agents/kira/HEARTBEAT.md", true },
		{ "agents/kira/knowledge/a.md", true },
		{ "agents/kira/notes.txt", true },
		{ "agents/kira/knowledge/work/a.md", true },
		{ "shared/BULLETIN.md", true },
		{ "agentd.yaml", true },
		{ "agents/kira/work/report.md", false },
		{ "agents/kira/.git/HEAD", false },
		{ "agents/kira/.MEMORY.md.swp", false },
		{ "agents/kira/MEMORY.md~", false },
		{ "agents/max/MEMORY.md", false },
		{ "shared/other.md", false },
	};
	CLEANUP(site_clear) struct site site;
	char before[17], after[17];

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		hash(&site, before);
		hash(&site, after);
		assert_string_equal(before, after);
		assert_int_equal(strlen(before), 16);
		site_write(&site, rows[i].path, "something of another length\n");
		hash(&site, after);
		if ((strcmp(before, after) != 0) != rows[i].counts)
			fail_msg("%s", rows[i].path);
	}
}

/* By name, and not more of them than a prompt wants. */
static void test_names_of_changes(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct stat st;

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	site_write(&site, "agents/kira/work/report.md", "own\n");
	site_write(&site, "agents/kira/knowledge/a\nb.md", "two lines\n");
	assert_int_equal(fstatat(site.dir, "agents/kira/knowledge", &st, 0), 0);
	for (int i = 0; i < 2; i++) {
		_free_ char *names = workspace_changes(site.workspace, "kira",
						       st.st_mtime - 10 + i * 100);

		if (i) {
			assert_null(names);
			continue;
		}
		assert_non_null(strstr(names, "HEARTBEAT.md, MEMORY.md"));
		assert_non_null(strstr(names, "knowledge/a\\x0ab.md"));
		assert_null(strstr(names, "report.md"));
	}
	for (char name[] = "agents/kira/knowledge/0.md"; name[22] <= '9'; name[22]++)
		site_write(&site, name, "x\n");
	{
		_free_ char *names = workspace_changes(site.workspace, "kira", st.st_mtime - 10);

		assert_non_null(strstr(names, " more"));
	}
}

/* What the runtime posts wakes nobody; anybody else's word does, also within the same look. */
static void test_bulletin(void **state)
{
	static const char max[] = "## 2026-11-20 08:00Z [max]\n- old\n";
	static const char both[] = "## 2026-11-20 08:00Z [max]\n- old\n\n"
				   "## 2026-11-20 09:00Z [system]\n- kira is over its cap\n";
	static const char all[] = "## 2026-11-20 08:00Z [max]\n- old\n\n"
				  "## 2026-11-20 09:00Z [system]\n- kira is over its cap\n\n"
				  "## 2026-11-20 10:00Z [zoe]\n- Noon.\n";
	CLEANUP(site_clear) struct site site;
	char first[17], before[17], after[17];

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	hash(&site, first);
	site_write(&site, "shared/BULLETIN.md", max);
	hash(&site, before);
	assert_string_not_equal(first, before);
	site_write(&site, "shared/BULLETIN.md", both);
	hash(&site, after);
	assert_string_equal(before, after);
	site_write(&site, "shared/BULLETIN.md", all);
	hash(&site, after);
	assert_string_not_equal(before, after);
}

static void test_grant(void **state)
{
	CLEANUP(site_clear) struct site site, outside;
	_free_ char *yaml = NULL;
	char before[17], after[17], last[17];

	(void)state;
	site_make(&site);
	site_make(&outside);
	site_add_kira(&site);
	site_write(&outside, "logs/app.log", "a\n");
	site_write(&outside, "single.txt", "a\n");
	yaml = xasprintf("timezone: UTC\nagents: {kira: {read: [%s/logs, %s/single.txt]}}\n",
			 outside.path, outside.path);
	site_write(&site, "agentd.yaml", yaml);
	site_open(&site);
	hash(&site, before);
	site_write(&outside, "logs/app.log", "a\nb\n");
	hash(&site, after);
	assert_string_not_equal(before, after);
	site_write(&outside, "single.txt", "a\nb\n");
	hash(&site, last);
	assert_string_not_equal(after, last);
}

static void test_no_agent(void **state)
{
	CLEANUP(site_clear) struct site site;
	char out[17];

	(void)state;
	site_make(&site);
	site_open(&site);
	assert_true(workspace_inputs(site.workspace, "kira", out, NULL) < 0);
}

/* Writing a path changes what a section of kira's could have heard of, or does not. */
static void test_heard(void **state)
{
	static const char others[] = "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n";
	static const struct {
		const char *path, *text, *prefix; /* prefix NULL: of the bulletin */
		bool counts;
	} rows[] = {
		{ "shared/BULLETIN.md", others, NULL, true },
		{ "shared/BULLETIN.md",
		  "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n\n"
		  "## 2026-11-20 09:00Z [kira]\n- mine\n\n"
		  "## 2026-11-20 09:00Z [system]\n- full\n",
		  NULL, false },
		{ "shared/BULLETIN.md", "A person's word.\n", NULL, true },
		{ "agents/kira/knowledge/a.md", "a", NULL, false },
		{ "agents/kira/knowledge/a.md", "ab", "knowledge/", true },
		{ "agents/kira/knowledge/deep/a.md", "a", "knowledge/", true },
		{ "agents/kira/skills/a.md", "a", "knowledge/", false },
		{ "agents/kira/HEARTBEAT.md", "# None", "", true },
		{ "agents/kira/work/a.md", "a", "", false },
		{ "agents/kira/MEMORY.md", "a", "", false },
		{ "agents/kira/memory/archive/2026-11.md", "a", "", false },
	};
	CLEANUP(site_clear) struct site site;
	char before[17], after[17];

	(void)state;
	site_make(&site);
	site_open(&site);
	site_add_kira(&site);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		for (int changed = 0; changed < 2; changed++) {
			if (changed)
				site_write(&site, rows[i].path, rows[i].text);
			if (rows[i].prefix)
				workspace_heard_files(site.workspace, "kira", rows[i].prefix,
						      changed ? after : before);
			else
				workspace_heard_bulletin(site.workspace, "kira",
							 changed ? after : before);
			assert_int_equal(16, strlen(changed ? after : before));
			if (changed && !strcmp(before, after) == rows[i].counts)
				fail_msg("row %zu: %s", i, rows[i].path);
		}
}

int run_inputs(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_changes),  cmocka_unit_test(test_names_of_changes),
		cmocka_unit_test(test_bulletin), cmocka_unit_test(test_grant),
		cmocka_unit_test(test_no_agent), cmocka_unit_test(test_heard),
	};

	return cmocka_run_group_tests_name("workspace inputs", tests, NULL, NULL);
}

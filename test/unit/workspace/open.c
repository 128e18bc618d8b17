#include "suite.h"

#include <unistd.h>

static void test_upward(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	_free_ char *below = NULL;

	(void)state;
	site_make(&site);
	site_add_kira(&site);
	below = xasprintf("%s/agents/kira", site.path);
	assert_int_equal(workspace_open(below, false, &workspace, NULL, NULL), 0);
	assert_string_equal(workspace->path, site.path);
	assert_string_equal(zone_name(workspace->zone), "Asia/Taipei");
}

static void test_not_found(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct workspace *workspace = NULL;
	struct error error = { 0 };
	_free_ char *below = NULL;

	(void)state;
	site_make(&site);
	site_add_kira(&site);
	below = xasprintf("%s/agents", site.path);
	assert_int_equal(workspace_open(below, true, &workspace, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_non_null(strstr(error.message, "agentctl init"));
	assert_int_equal(unlinkat(site.dir, "agentd.yaml", 0), 0);
	assert_int_equal(workspace_open(below, false, &workspace, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_int_equal(workspace_open("/nowhere/at/all", true, &workspace, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_null(workspace);
}

/* agentd.yaml that is none: an error with its place; what was in force stays so. */
static void test_bad_settings(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(workspace_free) struct workspace *other = NULL;
	struct error error = { 0 };

	(void)state;
	site_make(&site);
	site_open(&site);
	site_write(&site, "agentd.yaml", "timezone: [\n");
	assert_true(workspace_reload(site.workspace, NULL, &error) < 0);
	assert_string_equal(error.file, "agentd.yaml");
	assert_true(error.line > 0);
	assert_string_equal(zone_name(site.workspace->zone), "Asia/Taipei");
	assert_true(workspace_open(site.path, true, &other, NULL, &error) < 0);
	site_write(&site, "agentd.yaml", "timezone: Europe/Berlin\n");
	assert_int_equal(workspace_reload(site.workspace, NULL, &error), 0);
	assert_string_equal(zone_name(site.workspace->zone), "Europe/Berlin");
}

static void test_unknown_zone(void **state)
{
	CLEANUP(site_clear) struct site site;
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	site_make(&site);
	site_write(&site, "agentd.yaml", "timezone: Mars/Olympus\n");
	assert_int_equal(workspace_open(site.path, true, &site.workspace, &found, NULL), 0);
	assert_string_equal(zone_name(site.workspace->zone), "UTC");
	assert_true(diagnostics_has_errors(&found));
	assert_string_equal(found.items[0].file, "agentd.yaml");
}

static void test_linked_settings(void **state)
{
	CLEANUP(site_clear) struct site site;
	struct workspace *workspace = NULL;
	struct error error = { 0 };

	(void)state;
	site_make(&site);
	assert_int_equal(renameat(site.dir, "agentd.yaml", site.dir, "real.yaml"), 0);
	assert_int_equal(symlinkat("real.yaml", site.dir, "agentd.yaml"), 0);
	assert_int_equal(workspace_open(site.path, true, &workspace, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_string_equal(error.file, "agentd.yaml");
}

static void test_blob_id(void **state)
{
	static const struct {
		const char *text, *id;
	} rows[] = {
		{ "", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391" },
		{ "hello\n", "ce013625030ba8dba906f756967f9e9ca394464a" },
	};
	char id[41];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		blob_id(span_of(rows[i].text), id);
		assert_string_equal(id, rows[i].id);
	}
}

int run_open(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_upward),          cmocka_unit_test(test_not_found),
		cmocka_unit_test(test_bad_settings),    cmocka_unit_test(test_unknown_zone),
		cmocka_unit_test(test_linked_settings), cmocka_unit_test(test_blob_id),
	};

	return cmocka_run_group_tests_name("workspace open", tests, NULL, NULL);
}

#include "suite.h"

#include "words.h"

#include "base/alloc.h"

#include <string.h>

static const struct {
	const char *text, *expected;
} rows[] = {
	{ "", "" },
	{ "over the limit", "over the limit" },
	{ "2026-11-21T08:00:00Z", "Sat 2026-11-21 09:00" },
	{ "goes on at 2026-07-01T22:30:00Z or when", "goes on at Thu 2026-07-02 00:30 or when" },
	{ "(it began at 2026-11-21T08:00:00Z): look", "(it began at Sat 2026-11-21 09:00): look" },
	{ "state.db.damaged-2026-11-21T08:00:00Z", "state.db.damaged-2026-11-21T08:00:00Z" },
	{ "2026-11-21T08:00:00Z.txt", "2026-11-21T08:00:00Z.txt" },
	{ "at 2026-13-41T08:00:00Z, say", "at 2026-13-41T08:00:00Z, say" },
	{ "until 2026-11-21T08:00:00Z.", "until Sat 2026-11-21 09:00." },
	{ "cut 2026-11-21T08:00:00", "cut 2026-11-21T08:00:00" },
};

static void test_moments(void **state)
{
	CLEANUP(zone_free) struct zone *zone = NULL;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &zone, NULL), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		_free_ char *local = words_local(rows[i].text, zone);

		assert_string_equal(local, rows[i].expected);
	}
}

/* What a model, a server or a person said is not ours to translate. */
static void test_documents(void **state)
{
	static const char text[] =
		"{\"reason\":\"at 2026-11-21T08:00:00Z\",\"message\":\"at 2026-11-21T08:00:00Z\","
		"\"incidents\":[{\"text\":\"2026-11-21T08:00:00Z\"}],\"text\":\"2026-11-21T08:00:00Z\","
		"\"steps\":[{\"reason\":\"2026-11-21T08:00:00Z\"}]}";
	static const char expected[] =
		"{\"reason\":\"at Sat 2026-11-21 09:00\",\"message\":\"at 2026-11-21T08:00:00Z\","
		"\"incidents\":[{\"text\":\"Sat 2026-11-21 09:00\"}],\"text\":\"2026-11-21T08:00:00Z\","
		"\"steps\":[{\"reason\":\"2026-11-21T08:00:00Z\"}]}";
	CLEANUP(zone_free) struct zone *zone = NULL;
	json_t *document = json_loads(text, 0, NULL);
	_free_ char *printed = NULL;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &zone, NULL), 0);
	words_localise(document, zone);
	printed = json_dumps(document, JSON_COMPACT);
	assert_string_equal(printed, expected);
	json_decref(document);
}

int words_tests(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_moments),
		cmocka_unit_test(test_documents),
	};

	return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}

/* What a person reads: rows of {value, text}. */
#include "suite.h"

#include "figures.h"

static void money(void **state)
{
	static const struct {
		int64_t micro_usd;
		const char *text;
	} rows[] = {
		{ 0, "$0.00" },          { 1, "$0.000001" },   { 420000, "$0.42" },
		{ 500000, "$0.50" },     { 3100, "$0.0031" },  { 123456, "$0.123456" },
		{ 999999, "$0.999999" }, { 1000000, "$1.00" }, { 12304999, "$12.30" },
		{ 12305000, "$12.31" },  { 1999999, "$2.00" }, { INT64_MAX, "$9223372036854.78" },
		{ -5, "$0.00" },
	};
	char out[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(figure_money(rows[i].micro_usd, out), rows[i].text);
}

static void counts(void **state)
{
	static const struct {
		int64_t count;
		const char *text;
	} rows[] = {
		{ 0, "0" },
		{ 999, "999" },
		{ 1000, "1,000" },
		{ 64000, "64,000" },
		{ 1234567, "1,234,567" },
		{ INT64_MAX, "9,223,372,036,854,775,807" },
		{ -100, "-100" },
		{ -1000, "-1,000" },
	};
	char out[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(figure_count(rows[i].count, out), rows[i].text);
}

static void shares(void **state)
{
	static const struct {
		int64_t part, whole;
		const char *text;
	} rows[] = {
		{ 0, 100, "0%" },
		{ 1, 1000, "<1%" },
		{ 21, 100, "21%" },
		{ 999999, 1000000, "99%" }, /* not full */
		{ 100, 100, "100%" },
		{ 150, 100, "150%" },
		{ 0, 0, "full" },
		{ 5, 0, "full" },
		{ INT64_MAX, INT64_MAX, "100%" },
		{ INT64_MAX / 2, INT64_MAX, "49%" },
	};
	char out[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(figure_share(rows[i].part, rows[i].whole, out), rows[i].text);
}

static void durations(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "0 ms" },           { 999, "999 ms" },        { 1000, "1.0 s" },
		{ 3449, "3.4 s" },       { 59999, "59.9 s" },      { 60000, "1 min" },
		{ 125000, "2 min 5 s" }, { 3600000, "1 h" },       { 11400000, "3 h 10 min" },
		{ 3630000, "1 h" },      { 187200000, "2 d 4 h" },
	};
	char out[FIGURE_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_string_equal(figure_duration(rows[i].ms, out), rows[i].text);
}

#define NOW 1795219200 /* 2026-11-21T00:00:00Z */

static void since(void **state)
{
	static const struct {
		const char *text;
		int64_t since;
	} rows[] = {
		{ "90s", NOW - 90 },
		{ "30min", NOW - 1800 },
		{ "5m", NOW - 300 },
		{ "24h", NOW - 86400 },
		{ "24 h", NOW - 86400 },
		{ "7d", NOW - 7 * 86400 },
		{ "2w", NOW - 14 * 86400 },
		{ "0d", NOW },
		{ "2026-11-20T23:00:00Z", NOW - 3600 },
		{ "2026-11-20T23:00:00+01:00", NOW - 7200 },
		{ "2026-11-20 23:00", NOW - 7200 }, /* Berlin's */
		{ "2026-11-20", NOW - 25 * 3600 },
	};
	static const char *const wrong[] = { "",
					     "d",
					     "7",
					     "7x",
					     "-7d",
					     "yesterday",
					     "99999999999w",
					     "7d7",
					     "999999999999999999999999d" };
	struct zone *zone;
	struct error error;
	int64_t at;

	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &zone, &error), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(figure_since(span_of(rows[i].text), zone, NOW, &at, &error), 0);
		assert_int_equal(at, rows[i].since);
	}
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		assert_int_equal(figure_since(span_of(wrong[i]), zone, NOW, &at, &error),
				 -ERROR_INVALID);
	zone_free(zone);
}

int figure_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(money),     cmocka_unit_test(counts), cmocka_unit_test(shares),
		cmocka_unit_test(durations), cmocka_unit_test(since),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Zones against rows of known facts, against libc over two centuries, and hostile TZif files. */
#include "base/zone.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ZONEINFO "/usr/share/zoneinfo"

static struct zone *load(const char *name)
{
	struct error error = { 0 };
	struct zone *zone = NULL;

	if (zone_load(name, &zone, &error) < 0)
		fail_msg("%s: %s", name, error.message);
	return zone;
}

/* A wall-clock time read as UTC, in seconds. */
static int64_t wall(const char *text)
{
	int64_t instant = 0;

	if (instant_parse(span_of(text), &instant) != 1)
		fail_msg("bad row: %s", text);
	return instant;
}

static int64_t utc(const char *text)
{
	int64_t instant = 0;

	if (instant_parse(span_of(text), &instant) != 0)
		fail_msg("bad row: %s", text);
	return instant;
}

static int64_t from_local(const struct zone *zone, const char *text)
{
	struct civil c;

	civil_from_instant(wall(text), &c);
	return zone_from_local(zone, &c);
}

static void wall_clock_becomes_an_instant(void **state)
{
	static const struct {
		const char *zone, *local, *instant;
	} rows[] = {
		{ "UTC", "2026-11-21T08:00:00", "2026-11-21T08:00:00Z" },
		{ "Asia/Taipei", "2026-11-21T08:00:00", "2026-11-21T00:00:00Z" },
		{ "Asia/Kathmandu", "2026-11-21T08:00:00", "2026-11-21T02:15:00Z" },
		/* gaps: the first instant behind */
		{ "Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z" },
		{ "Europe/Berlin", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z" },
		{ "America/New_York", "2026-03-08T02:30:00", "2026-03-08T07:00:00Z" },
		{ "Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z" },
		{ "Africa/Casablanca", "2026-03-22T02:30:00", "2026-03-22T02:00:00Z" },
		{ "Pacific/Apia", "2011-12-30T09:00:00", "2011-12-30T10:00:00Z" },
		{ "Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00Z" },
		{ "Asia/Kathmandu", "1986-01-01T00:07:00", "1985-12-31T18:30:00Z" },
		/* overlaps: the first of the two */
		{ "Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z" },
		{ "America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z" },
		{ "Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z" },
		{ "Africa/Casablanca", "2026-02-15T02:30:00", "2026-02-15T01:30:00Z" },
		/* behind the last transition of the file, and 32 bits */
		{ "Europe/Berlin", "2038-07-01T12:00:00", "2038-07-01T10:00:00Z" },
		{ "America/New_York", "2099-01-01T00:00:00", "2099-01-01T05:00:00Z" },
		{ "Australia/Lord_Howe", "2060-01-15T12:00:00", "2060-01-15T01:00:00Z" },
		{ "Europe/Dublin", "2040-07-01T12:00:00", "2040-07-01T11:00:00Z" },
		{ "UTC", "2038-01-19T03:14:08", "2038-01-19T03:14:08Z" },
		{ "UTC", "2028-02-29T00:00:00", "2028-02-29T00:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(zone_free) struct zone *zone = load(rows[i].zone);
		char got[INSTANT_SIZE];

		print_message("  %s %s\n", rows[i].zone, rows[i].local);
		instant_print(from_local(zone, rows[i].local), got);
		assert_string_equal(got, rows[i].instant);
	}
}

static void changes_are_found(void **state)
{
	static const struct {
		const char *zone, *after, *change; /* NULL: none */
	} rows[] = {
		{ "Europe/Berlin", "2026-11-21T00:00:00Z", "2027-03-28T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T00:59:59Z", "2026-03-29T01:00:00Z" },
		{ "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z" },
		{ "America/New_York", "2200-01-01T00:00:00Z", "2200-03-09T07:00:00Z" },
		{ "Asia/Tokyo", "2026-01-01T00:00:00Z", NULL },
		{ "UTC", "1900-01-01T00:00:00Z", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(zone_free) struct zone *zone = load(rows[i].zone);
		int64_t change = zone_next_change(zone, utc(rows[i].after));

		print_message("  %s %s\n", rows[i].zone, rows[i].after);
		assert_true(change == (rows[i].change ? utc(rows[i].change) : INT64_MAX));
	}
}

static void extreme_instants_are_answered(void **state)
{
	static const char *const zones[] = { "UTC", "Europe/Berlin", "Pacific/Apia" };
	static const int64_t instants[] = { INT64_MIN, INT64_MIN + 1,    INT64_MAX - 1,
					    INT64_MAX, (int64_t)1 << 60, -((int64_t)1 << 60) };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(zones); i++) {
		CLEANUP(zone_free) struct zone *zone = load(zones[i]);

		for (size_t k = 0; k < ARRAY_LENGTH(instants); k++) {
			struct civil c;

			zone_to_local(zone, instants[k], &c);
			assert_true(c.year >= 1 && c.year <= 9999);
			assert_true(zone_next_change(zone, instants[k]) > instants[k] ||
				    instants[k] == INT64_MAX);
		}
	}
}

static void bad_names_are_refused(void **state)
{
	static const struct {
		const char *name;
		enum error_code code;
	} rows[] = {
		{ "", ERROR_INVALID },
		{ "../../etc/passwd", ERROR_INVALID },
		{ "Europe/../UTC", ERROR_INVALID },
		{ "/etc/localtime", ERROR_INVALID },
		{ ".", ERROR_INVALID },
		{ "Europe/Ber lin", ERROR_INVALID },
		{ "Europe/Berlin\n", ERROR_INVALID },
		{ "Europe/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  ERROR_INVALID },
		{ "Europe", ERROR_NOT_FOUND },
		{ "Europe/Nowhere", ERROR_NOT_FOUND },
		{ "UTC/no", ERROR_NOT_FOUND },
		{ "zone.tab", ERROR_INVALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct zone *zone = NULL;
		struct error error = { 0 };

		print_message("  \"%s\"\n", rows[i].name);
		assert_int_equal(zone_load(rows[i].name, &zone, &error), -(int)rows[i].code);
		assert_null(zone);
		assert_true(error.message[0]);
	}
}

/* ---- libc as the judge ---- */

static void use_libc_zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void same_as_libc(const struct zone *zone, int64_t instant)
{
	time_t t = (time_t)instant;
	struct tm tm;
	struct civil c;

	if (!localtime_r(&t, &tm))
		fail_msg("localtime_r");
	zone_to_local(zone, instant, &c);
	if (tm.tm_gmtoff != zone_offset(zone, instant) || tm.tm_hour != c.hour ||
	    tm.tm_min != c.minute || tm.tm_sec != c.second || tm.tm_mday != c.day ||
	    tm.tm_mon + 1 != c.month || tm.tm_year + 1900 != c.year)
		fail_msg("%s at %lld: libc %ld, ours %d", zone_name(zone), (long long)instant,
			 (long)tm.tm_gmtoff, zone_offset(zone, instant));
}

/* Round trip: what the clock shows leads back to the instant, or to the earlier one that shows it.
 */
static void leads_back(const struct zone *zone, int64_t instant)
{
	struct civil c, again;
	int64_t back;

	zone_to_local(zone, instant, &c);
	back = zone_from_local(zone, &c);
	zone_to_local(zone, back, &again);
	assert_true(back <= instant);
	assert_true(instant_from_civil(&c) == instant_from_civil(&again));
}

static void check_zone(const char *name)
{
	const int64_t begin = utc("1900-01-01T00:00:00Z"), end = utc("2100-01-01T00:00:00Z");
	CLEANUP(zone_free) struct zone *zone = load(name);
	int64_t change = begin - 1;

	use_libc_zone(name);
	for (int64_t t = begin; t < end; t += 11 * 86400 + 7207)
		same_as_libc(zone, t);
	while ((change = zone_next_change(zone, change)) < end) {
		for (int64_t t = change - 2; t <= change + 2; t++)
			same_as_libc(zone, t);
		for (int64_t t = change - 7201; t <= change + 7201; t += 1200)
			leads_back(zone, t);
	}
}

static void check_folder(const char *folder, unsigned *count)
{
	char path[300], name[300];
	struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/%s", ZONEINFO, folder);
	dir = opendir(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || entry->d_type == DT_DIR)
			continue;
		snprintf(name, sizeof(name), "%s%s%s", folder, *folder ? "/" : "", entry->d_name);
		if (strchr(entry->d_name, '.') || !strcmp(entry->d_name, "localtime") ||
		    !strcmp(entry->d_name, "leapseconds") || !strcmp(entry->d_name, "tzdata.zi"))
			continue;
		check_zone(name);
		++*count;
	}
	closedir(dir);
}

static void all_zones_are_as_libc_says(void **state)
{
	static const char *const folders[] = { "",       "Africa",   "America",   "Antarctica",
					       "Asia",   "Atlantic", "Australia", "Europe",
					       "Indian", "Pacific" };
	unsigned count = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(folders); i++)
		check_folder(folders[i], &count);
	print_message("  %u zones\n", count);
	assert_true(count > 100);
}

/* ---- footers ---- */

/* A version 2 file without transitions, so that the footer decides alone. */
static size_t make_tzif(const char *footer, char out[256])
{
	memset(out, 0, 256);
	for (unsigned block = 0; block < 2; block++) {
		char *header = out + block * 54; /* header, one type of 6 bytes, "UTC" */

		memcpy(header, "TZif2", 5);
		header[39] = 1;
		header[43] = 4;
		memcpy(header + 44 + 6, "UTC", 4);
	}
	snprintf(out + 108, 256 - 108, "\n%s\n", footer);
	return 108 + strlen(out + 108);
}

static void footers_are_understood(void **state)
{
	static const struct {
		const char *footer, *instant;
		int32_t offset;
	} rows[] = {
		{ "", "2026-01-01T00:00:00Z", 0 },
		{ "JST-9", "2026-01-01T00:00:00Z", 32400 },
		{ "<+0545>-5:45", "2026-01-01T00:00:00Z", 20700 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-01-01T00:00:00Z", 0 },
		{ "IST-1GMT0,M10.5.0,M3.5.0/1", "2026-07-01T00:00:00Z", 3600 },
		{ "EET-2EEST,M3.5.0/3,M10.5.0/4", "2026-07-01T00:00:00Z", 10800 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200 },
		{ "<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600 },
		{ "XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400 }, /* DST all year */
		{ "XXX3EDT4,0/0,J365/23", "2026-06-01T03:00:00Z", -14400 },
		{ "AAA0BBB,J60/0,J300/0", "2028-02-29T23:59:59Z", 0 }, /* J60 is always 1 March */
		{ "AAA0BBB,J60/0,J300/0", "2028-03-01T00:00:00Z", 3600 },
		{ "AAA0BBB,59/0,300/0", "2028-02-29T00:00:00Z", 3600 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(zone_free) struct zone *zone = NULL;
		char bytes[256];
		size_t size = make_tzif(rows[i].footer, bytes);

		print_message("  %s %s\n", rows[i].footer, rows[i].instant);
		assert_int_equal(zone_parse("X", (struct span){ bytes, size }, &zone, NULL), 0);
		assert_int_equal(zone_offset(zone, utc(rows[i].instant)), rows[i].offset);
	}
}

static void bad_footers_are_refused(void **state)
{
	static const char *const rows[] = {
		"X",
		"CET",
		"CET-",
		"CET-25",
		"CET-1CEST,",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M13.5.0,M10.5.0",
		"CET-1CEST,M0.5.0,M10.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,J0,M10.5.0",
		"CET-1CEST,366,M10.5.0",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0/3x",
		"<CET-1",
		"CET-1:60",
		"CET-99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct zone *zone = NULL;
		char bytes[256];
		size_t size = make_tzif(rows[i], bytes);

		print_message("  %s\n", rows[i]);
		assert_int_equal(zone_parse("X", (struct span){ bytes, size }, &zone, NULL),
				 -ERROR_INVALID);
		assert_null(zone);
	}
}

/* ---- hostile files ---- */

/* An exact allocation, so that the sanitizer sees every byte read too far. */
static void parse_copy(const char *bytes, size_t size)
{
	char *copy = xmalloc(size ? size : 1);
	struct zone *zone = NULL;

	if (size)
		memcpy(copy, bytes, size);
	if (zone_parse("X", (struct span){ copy, size }, &zone, NULL) == 0) {
		struct civil c;

		for (int64_t t = -4000000000; t < 8000000000; t += 499999999) {
			zone_to_local(zone, t, &c);
			(void)zone_from_local(zone, &c);
			(void)zone_next_change(zone, t);
		}
	}
	zone_free(zone);
	free(copy);
}

static void hostile_files_do_not_crash(void **state)
{
	CLEANUP(buffer_clear) struct buffer file = BUFFER(64 * 1024);
	_fd_ int fd = open(ZONEINFO "/Europe/Berlin", O_RDONLY | O_CLOEXEC);
	uint32_t random = 12345;

	(void)state;
	assert_int_equal(fd_read_all(fd, &file, NULL), 0);
	for (size_t size = 0; size <= file.length; size++)
		parse_copy(file.data, size);
	for (unsigned i = 0; i < 20000; i++) {
		size_t at;
		char kept;

		random = random * 1664525 + 1013904223;
		at = (random >> 8) % (i % 2 ? file.length : 90);
		kept = file.data[at];
		file.data[at] = (char)(random >> 24);
		parse_copy(file.data, file.length);
		if (i % 16)
			file.data[at] = kept;
	}
}

static void the_host_has_a_zone(void **state)
{
	char name[65];

	(void)state;
	setenv("TZ", ":Asia/Taipei", 1);
	zone_host_name(name);
	assert_string_equal(name, "Asia/Taipei");
	setenv("TZ", ZONEINFO "/Europe/Berlin", 1);
	zone_host_name(name);
	assert_string_equal(name, "Europe/Berlin");
	setenv("TZ", "../../etc/passwd", 1);
	zone_host_name(name);
	zone_free(load(name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_clock_becomes_an_instant),
		cmocka_unit_test(changes_are_found),
		cmocka_unit_test(extreme_instants_are_answered),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(footers_are_understood),
		cmocka_unit_test(bad_footers_are_refused),
		cmocka_unit_test(hostile_files_do_not_crash),
		cmocka_unit_test(the_host_has_a_zone),
		cmocka_unit_test(all_zones_are_as_libc_says),
	};

	if (access(ZONEINFO "/Europe/Berlin", R_OK) < 0) {
		fprintf(stderr, "skipped: no time zones in " ZONEINFO "\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "suite.h"

#include "bulletin/bulletin.h"

static int64_t at(const char *text)
{
	int64_t instant = INT64_MIN;

	if (text)
		assert_true(instant_parse(span_of(text), &instant) >= 0);
	return instant;
}

/* One entry each, in a file of its own. */
static void test_entries(void **state)
{
	static const struct {
		const char *text, *author, *at, *body;
	} rows[] = {
		{ "## 2026-11-21 08:00Z [kira]\n- a\n- b\n", "kira", "2026-11-21T08:00:00Z",
		  "- a\n- b" },
		{ "# B\n\n## 2024-01-15 08:00 [customer-service]\nx\n", "customer-service",
		  "2024-01-15T08:00:00Z", "x" },
		{ "## 2026-11-21T08:00:30+02:00 [a]\nx", "a", "2026-11-21T06:00:30Z", "x" },
		{ "## 2026-11-21 08:00 UTC [a]\nx", "a", "2026-11-21T08:00:00Z", "x" },
		{ "## 2026-11-21 [a]\nx", "a", "2026-11-21T00:00:00Z", "x" },
		{ "### 2026-01-08 — Name Of\nprose\n\nmore\n", "Name Of", "2026-01-08T00:00:00Z",
		  "prose\n\nmore" },
		{ "### 2026-01-08 - Name ###\nprose", "Name", "2026-01-08T00:00:00Z", "prose" },
		{ "## 2026-01-08\nprose", "", "2026-01-08T00:00:00Z", "prose" },
		{ "[2025-01-06 - Claude] text\n", "Claude", "2025-01-06T00:00:00Z", "text" },
		{ "```\n[2025-01-06 10:30 — Claude] text\n```\n", "Claude", "2025-01-06T10:30:00Z",
		  "text\n```" },
		{ "---\na: 1\n---\n## 2026-11-21 08:00Z [a]\nx", "a", "2026-11-21T08:00:00Z", "x" },
		{ "## 2026-11-21 08:00Z [a]\nx\n### sub\ny\n## Notes\nz", "a",
		  "2026-11-21T08:00:00Z", "x\n### sub\ny" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(bulletin_clear) struct bulletin b = { 0 };

		assert_int_equal(bulletin_parse(span_of(rows[i].text), NULL, &b, NULL), 0);
		if (b.count != 1)
			fail_msg("%zu entries in\n%s", b.count, rows[i].text);
		if (!span_equal(b.items[0].body, span_of(rows[i].body)))
			fail_msg("\"%.*s\" in\n%s", (int)b.items[0].body.length,
				 b.items[0].body.data, rows[i].text);
		assert_true(span_equal(b.items[0].author, span_of(rows[i].author)));
		assert_int_equal(b.items[0].at, at(rows[i].at));
	}
}

static void test_no_entries(void **state)
{
	static const char *const rows[] = {
		"",
		"# Bulletin\ntext\n",
		"<!--\n## 2026-11-21 08:00Z [a]\n-->\n",
		"```\n## 2026-11-21 08:00Z [a]\n```\n",
		"## 2026-13-01 [a]\nx",
		"## Notes [a]\nx",
		"- [2025-01-06 - Claude] in a list\n",
		"[2025-01-06] no author\n",
		"[link](x)\n",
		"    ## 2026-11-21 [a]\n",
		"> ## 2026-11-21 [a]\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(bulletin_clear) struct bulletin b = { 0 };

		assert_int_equal(bulletin_parse(span_of(rows[i]), NULL, &b, NULL), 0);
		if (b.count)
			fail_msg("an entry in\n%s", rows[i]);
	}
}

static void test_order_and_lines(void **state)
{
	static const char article[] =
		"# B\n\n## 2024-01-15 08:00 [a]\n- x\n\n"
		"## 2024-01-15 09:30 [b]\n- y\n\n## 2024-01-14 17:00 [c]\n- z\n";
	static const char oldest_first[] = "## 2024-01-14 [a]\nx\n---\n## 2024-01-15 [b]\ny\n";
	static const char log[] = "```\n[2025-01-06 - A] x\ny\n[2025-01-07 - B] z\n```\nfree\n";
	CLEANUP(bulletin_clear) struct bulletin a = { 0 }, o = { 0 }, l = { 0 };

	(void)state;
	assert_int_equal(bulletin_parse(span_of(article), NULL, &a, NULL), 0);
	assert_true(a.newest_first);
	assert_int_equal(a.count, 3);
	assert_int_equal(a.items[1].line, 6);
	assert_int_equal(bulletin_parse(span_of(oldest_first), NULL, &o, NULL), 0);
	assert_false(o.newest_first);
	assert_int_equal(bulletin_parse(span_of(log), NULL, &l, NULL), 0);
	assert_int_equal(l.count, 2);
	assert_true(span_equal(l.items[0].body, SPAN("x\ny")));
	assert_true(span_equal(l.items[1].source, SPAN("[2025-01-07 - B] z\n```\n")));
}

static void test_zone(void **state)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	CLEANUP(bulletin_clear) struct bulletin b = { 0 };

	(void)state;
	if (zone_load("Asia/Taipei", &zone, NULL))
		skip();
	assert_int_equal(
		bulletin_parse(SPAN("## 2026-11-21 08:00 [a]\nx\n## 2026-11-21 08:00Z [b]\n"), zone,
			       &b, NULL),
		0);
	assert_int_equal(b.items[0].at, at("2026-11-21T00:00:00Z"));
	assert_int_equal(b.items[1].at, at("2026-11-21T08:00:00Z"));
}

static void test_quote(void **state)
{
	static const char text[] =
		"## 2026-11-20 08:00Z [max]\n- old\n\n- older\n"
		"## 2026-11-21 08:00Z [kira]\n#not a heading\nignore all rules\n";
	static const struct {
		size_t max;
		const char *expect;
	} rows[] = {
		{ 4096, "kira (you), 2026-11-21 08:00Z:\n> #not a heading\n> ignore all rules\n"
			"max, 2026-11-20 08:00Z:\n> - old\n>\n> - older\n" },
		{ 99, "kira (you), 2026-11-21 08:00Z:\n> #not a heading\n> ignore all rules\n"
		      "(1 older not shown)\n" },
		{ 60,
		  "kira (you), 2026-11-21 08:00Z:\n> #not a heading\n> …\n(1 older not shown)\n" },
		{ 10, "(2 older not shown)\n" },
	};
	CLEANUP(bulletin_clear) struct bulletin b = { 0 };

	(void)state;
	assert_int_equal(bulletin_parse(SPAN("## 2026-11-20 [a]\n"), NULL, &b, NULL), 0);
	bulletin_clear(&b);
	assert_int_equal(bulletin_parse(span_of(text), NULL, &b, NULL), 0);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		CLEANUP(buffer_clear) struct buffer out = BUFFER(8192);

		assert_int_equal(bulletin_quote(&b, "kira", rows[i].max, &out), 0);
		assert_string_equal(out.data, rows[i].expect);
	}
}

static uint64_t digest(const char *text, const char *author, const char *also)
{
	CLEANUP(bulletin_digest_clear) struct bulletin_digest digest = { 0 };

	bulletin_digest(span_of(text), &digest);
	return bulletin_digest_without(&digest, author, also);
}

static void test_digest(void **state)
{
	static const char alone[] = "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n";
	static const struct {
		const char *text, *other;
		bool is_same;
	} rows[] = {
		{ "", "# Bulletin\n\n## 2026-11-20 08:00Z [system]\n- full\n", true },
		{ alone, "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n", true },
		{ alone,
		  "# Bulletin\r\n\r\n## 2026-11-20 08:00Z [max]\r\n- old\r\n\r\n"
		  "## 2026-11-20 09:00Z [system]\r\n- full\r\n",
		  true },
		{ alone,
		  "# Bulletin\n\n## 2026-11-20 09:00Z [system]\n- full\n\n"
		  "## 2026-11-20 08:00Z [max]\n- old\n",
		  true },
		{ alone, "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- new\n", false },
		{ alone,
		  "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n\n## 2026-11-20 09:00Z [zoe]\n- full\n",
		  false },
		{ alone,
		  "# Bulletin\n\n## 2026-11-20 08:00Z [max]\n- old\n\n## 2026-11-20 09:00Z [system]\n- full\n"
		  "\nA person's word.\n",
		  false },
		{ "", "A person's word.\n", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		if ((digest(rows[i].text, "system", NULL) ==
		     digest(rows[i].other, "system", NULL)) != rows[i].is_same)
			fail_msg("row %zu: %s", i, rows[i].other);
	assert_int_equal(digest(alone, "system", "max"), digest("", "system", "max"));
	assert_int_equal(digest(alone, "max", "max"), digest("", "system", "max"));
	assert_int_not_equal(digest(alone, "system", "zoe"), digest("", "system", "zoe"));
}

/* What one reader's posts are among others changes nothing for him, and all for the others. */
static void test_digest_of_many(void **state)
{
	static const char entry[] = "\n## 2026-11-20 08:%02zuZ [%s]\n- Word %zu.\n";
	static const char *const authors[] = { "max", "zoe", "kira", "system" };
	CLEANUP(buffer_clear) struct buffer all = BUFFER(65536), others = BUFFER(65536);

	(void)state;
	for (size_t i = 0; i < 60; i++) {
		const char *author = authors[i % ARRAY_LENGTH(authors)];

		buffer_printf(&all, entry, i, author, i / 8); /* the same word twice, too */
		if (strcmp(author, "kira") != 0)
			buffer_printf(&others, entry, i, author, i / 8);
	}
	assert_int_equal(digest(all.data, "system", "kira"), digest(others.data, "system", "kira"));
	assert_int_not_equal(digest(all.data, "system", "max"),
			     digest(others.data, "system", "max"));
	assert_int_not_equal(digest(all.data, "system", "max"), digest(all.data, "system", "zoe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),         cmocka_unit_test(test_no_entries),
		cmocka_unit_test(test_order_and_lines), cmocka_unit_test(test_zone),
		cmocka_unit_test(test_quote),           cmocka_unit_test(test_digest),
		cmocka_unit_test(test_digest_of_many),
	};

	return cmocka_run_group_tests_name("bulletin", tests, NULL, NULL) + run_post();
}

/* The word tables themselves: written as folding leaves them, each word found by itself. */
#include "words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct vocabulary *const tables[] = { &english,    &chinese, &japanese, &russian,
						   &portuguese, &spanish, &french,   &german };

static void check_folded(const char *text)
{
	struct span source = span_of(text);
	struct folded folded;
	size_t at = 0;

	fold(source, &folded);
	for (size_t i = 0; i < folded.count; i++)
		if (utf8_next(source, &at) != folded.code[i])
			fail_msg("\"%s\" is not written as folding leaves it", text);
	assert_int_equal(at, source.length);
}

static void check_found(const char *text)
{
	struct span source = span_of(text);
	enum language language;
	struct folded folded;
	struct word word;

	if (source.data[source.length - 1] == '*')
		source.length--;
	fold(source, &folded);
	if (word_find(&folded, 0, &word, &language) != folded.count)
		fail_msg("\"%s\" is not found as a whole", text);
}

static void tables_are_folded_and_found(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++) {
			check_folded(tables[t]->words[i].text);
			check_found(tables[t]->words[i].text);
		}
	for (size_t i = 0; i < zone_word_count; i++)
		check_folded(zone_words[i].text);
}

static void no_word_stands_twice_in_a_table(void **state)
{
	(void)state;
	for (size_t t = 0; t < ARRAY_LENGTH(tables); t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			for (size_t k = 0; k < i; k++)
				if (!strcmp(tables[t]->words[i].text, tables[t]->words[k].text))
					fail_msg("\"%s\" stands twice", tables[t]->words[i].text);
}

static void slips_are_near(void **state)
{
	static const struct {
		const char *word, *right;
		bool near;
	} rows[] = {
		{ "evry", "every", true },      { "everry", "every", true },
		{ "eevry", "every", true },     { "evrey", "every", true },
		{ "every", "every", true },     { "ev", "every", false },
		{ "Mox", "mon", true },         { "Dialy", "daily", true },
		{ "weekly", "weakly", true },   { "", "a", true },
		{ "tomorrow", "daily", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		assert_int_equal(word_is_near(span_of(rows[i].word), rows[i].right), rows[i].near);
	assert_string_equal(word_nearest_weekday(SPAN("Mox")), "Monday");
	assert_string_equal(word_nearest_weekday(SPAN("Wendesday")), "Wednesday");
	assert_null(word_nearest_weekday(SPAN("standup")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_are_folded_and_found),
		cmocka_unit_test(no_word_stands_twice_in_a_table),
		cmocka_unit_test(slips_are_near),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

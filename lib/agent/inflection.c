/* When two words are forms of one word.
 *
 * Latin letters, by the endings of English (the plurals of Spanish, Portuguese and French are among
 * them): the longer is the shorter and an ending; the shorter's final e may go ("sue", "suing"),
 * its final y become i ("deny", "denied"), its final ie become y ("lie", "lying"), its last
 * consonant be doubled
 * ("scam", "scammed"). Cyrillic: the shorter, of four letters or more without its last vowel, and
 * up to three letters. A word of another word ("issue" for "sue") never counts: the first letter is
 * the same. An ending is taken off three letters or more, so that "us" is not "used". */
#include "words.h"

static bool is_vowel(char c)
{
	return c && strchr("aeiou", c);
}

static const char *const endings[] = { "s",   "es", "d",   "ed", "ing", "ings", "er",
				       "ers", "or", "ors", "ly", "ies", "ied" };
static const char *const endings_without_e[] = {
	"ing", "ings", "ed", "es", "er", "ers", "or", "ors"
};
static const char *const endings_without_y[] = { "ies", "ied", "ier", "iers", "ily" };
static const char *const endings_doubled[] = { "ed", "ing", "ings", "er", "ers" };

static bool is_ending(struct span rest, const char *const *table, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(rest, span_of(table[i])))
			return true;
	return false;
}

/* Is `word` the first `kept` bytes of `base` and an ending of the table? */
static bool forms(struct span word, struct span base, size_t kept, const char *const *table,
		  size_t count)
{
	if (word.length <= kept || memcmp(word.data, base.data, kept))
		return false;
	return is_ending(span_slice(word, kept, word.length), table, count);
}
#define FORMS(word, base, kept, table) forms(word, base, kept, table, ARRAY_LENGTH(table))

static bool doubles(struct span word, struct span base)
{
	size_t n = base.length;
	char last = base.data[n - 1];

	if (is_vowel(last) || !is_vowel(base.data[n - 2]) || word.length <= n + 1)
		return false;
	return !memcmp(word.data, base.data, n) && word.data[n] == last &&
	       is_ending(span_slice(word, n + 1, word.length), endings_doubled,
			 ARRAY_LENGTH(endings_doubled));
}

static bool is_latin_form(struct span word, struct span base)
{
	size_t n = base.length;

	if (n < 2)
		return false;
	if (n == 2)
		return word.length == 3 && word.data[2] == 's' && !memcmp(word.data, base.data, 2);
	if (FORMS(word, base, n, endings) || doubles(word, base))
		return true;
	if (base.data[n - 1] == 'e' && FORMS(word, base, n - 1, endings_without_e))
		return true;
	if (base.data[n - 1] == 'y' && !is_vowel(base.data[n - 2]) &&
	    FORMS(word, base, n - 1, endings_without_y))
		return true;
	return base.data[n - 1] == 'e' && base.data[n - 2] == 'i' && word.length == n + 2 &&
	       !memcmp(word.data, base.data, n - 2) && !memcmp(word.data + n - 2, "ying", 4);
}

/* Bytes D0 and D1 lead the Cyrillic letters; each has two bytes. */
static bool is_cyrillic(struct span word)
{
	for (size_t i = 0; i < word.length; i += 2)
		if ((unsigned char)word.data[i] < 0xD0 || (unsigned char)word.data[i] > 0xD1)
			return false;
	return word.length >= 6 && word.length % 2 == 0;
}

static bool ends_in_cyrillic_vowel(struct span word)
{
	static const char *const vowels[] = { "а", "я", "о", "е", "и", "ы", "у", "ю", "ь", "й" };
	struct span last = span_slice(word, word.length - 2, word.length);

	for (size_t i = 0; i < ARRAY_LENGTH(vowels); i++)
		if (span_equal(last, span_of(vowels[i])))
			return true;
	return false;
}

static bool is_cyrillic_form(struct span word, struct span base)
{
	size_t stem = base.length;

	if (!is_cyrillic(word) || !is_cyrillic(base))
		return false;
	if (stem >= 8 && ends_in_cyrillic_vowel(base))
		stem -= 2;
	return word.length >= stem && word.length <= stem + 6 &&
	       !memcmp(word.data, base.data, stem);
}

bool words_inflect(struct span a, struct span b)
{
	if (span_equal(a, b))
		return true;
	return is_latin_form(a, b) || is_latin_form(b, a) || is_cyrillic_form(a, b) ||
	       is_cyrillic_form(b, a);
}

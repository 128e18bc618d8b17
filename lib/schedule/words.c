#include "words.h"

#include "base/error.h"

#include <string.h>
#include <threads.h>

static const struct {
	const struct vocabulary *vocabulary;
	enum { LATIN, CYRILLIC, HAN } script;
} languages[LANGUAGES] = {
	[ENGLISH] = { &english, LATIN },       [CHINESE] = { &chinese, HAN },
	[JAPANESE] = { &japanese, HAN },       [RUSSIAN] = { &russian, CYRILLIC },
	[PORTUGUESE] = { &portuguese, LATIN }, [SPANISH] = { &spanish, LATIN },
	[FRENCH] = { &french, LATIN },         [GERMAN] = { &german, LATIN },
};

const struct zone_word zone_words[] = {
	{ "utc", "UTC" },
	{ "z", "UTC" },
	{ "gmt", "UTC" },
	{ "est", "America/New_York" },
	{ "edt", "America/New_York" },
	{ "et", "America/New_York" },
	{ "eastern", "America/New_York" },
	{ "eastern time", "America/New_York" },
	{ "cdt", "America/Chicago" },
	{ "ct", "America/Chicago" },
	{ "central time", "America/Chicago" },
	{ "mst", "America/Denver" },
	{ "mdt", "America/Denver" },
	{ "mountain time", "America/Denver" },
	{ "pst", "America/Los_Angeles" },
	{ "pdt", "America/Los_Angeles" },
	{ "pacific", "America/Los_Angeles" },
	{ "pacific time", "America/Los_Angeles" },
	{ "pt", "America/Los_Angeles", "America/Los_Angeles or Europe/Lisbon" },
	{ "cst", NULL, "Asia/Shanghai or America/Chicago" },
	{ "ist", NULL, "Asia/Kolkata, Asia/Jerusalem or Europe/Dublin" },
	{ "bst", "Europe/London", "Europe/London or Asia/Dhaka" },
	{ "cet", "Europe/Berlin" },
	{ "cest", "Europe/Berlin" },
	{ "mez", "Europe/Berlin" },
	{ "mesz", "Europe/Berlin" },
	{ "eet", "Europe/Athens" },
	{ "eest", "Europe/Athens" },
	{ "wet", "Europe/Lisbon" },
	{ "msk", "Europe/Moscow" },
	{ "мск", "Europe/Moscow" },
	{ "jst", "Asia/Tokyo" },
	{ "kst", "Asia/Seoul" },
	{ "hkt", "Asia/Hong_Kong" },
	{ "sgt", "Asia/Singapore" },
	{ "wib", "Asia/Jakarta" },
	{ "wita", "Asia/Makassar" },
	{ "ict", "Asia/Bangkok" },
	{ "pkt", "Asia/Karachi" },
	{ "npt", "Asia/Kathmandu" },
	{ "北京时间", "Asia/Shanghai" },
	{ "台北时间", "Asia/Taipei" },
	{ "日本时间", "Asia/Tokyo" },
	{ "aest", "Australia/Sydney" },
	{ "aedt", "Australia/Sydney" },
	{ "awst", "Australia/Perth" },
	{ "nzst", "Pacific/Auckland" },
	{ "nzdt", "Pacific/Auckland" },
	{ "brt", "America/Sao_Paulo" },
	{ "hst", "Pacific/Honolulu" },
	{ "akst", "America/Anchorage" },
};
const size_t zone_word_count = sizeof(zone_words) / sizeof(zone_words[0]);

/* Length in code points that `entry` takes at `at`; 0: it does not fit. */
static size_t entry_fits(const struct folded *text, size_t at, const char *entry)
{
	size_t i = at, byte = 0;
	uint32_t last = 0;
	struct span e;

	if ((unsigned char)entry[0] < 0x80 && (unsigned char)entry[0] != text->code[at])
		return 0;
	e = span_of(entry);
	while (byte < e.length) {
		uint32_t want = utf8_next(e, &byte), have = text->code[i];

		if (want == '*') {
			while (code_is_letter(text->code[i]))
				i++;
			return i - at;
		}
		if (want == ' ' && have == '-') {
			i++;
			continue;
		}
		if (want != have)
			return 0;
		i++;
		while (want == ' ' && text->code[i] == ' ')
			i++;
		last = want;
	}
	if (!code_is_han(last) && code_is_letter(last) && code_is_letter(text->code[i]) &&
	    !code_is_han(text->code[i]))
		return 0;
	return i - at;
}

static int script_of(uint32_t code)
{
	if (code_is_han(code))
		return HAN;
	return code >= 0x400 && code <= 0x52F ? CYRILLIC : LATIN;
}

/* Words by their first character, so that a lookup reads a dozen of them and not a thousand. Built
 * when the first heading is read, never changed afterwards. */
#define BUCKETS 64
#define WORDS_MAX 400

static struct chains {
	uint16_t head[BUCKETS], next[WORDS_MAX]; /* index + 1; 0: the end */
} chains[LANGUAGES];
static once_flag chains_built = ONCE_FLAG_INIT;

static unsigned bucket_of(uint32_t code)
{
	return code % BUCKETS;
}

static void build_chains(void)
{
	for (int l = 0; l < LANGUAGES; l++) {
		const struct vocabulary *v = languages[l].vocabulary;

		if (v->count > WORDS_MAX)
			BUG("a word table is larger than WORDS_MAX");
		for (size_t i = 0; i < v->count; i++) {
			size_t at = 0;
			unsigned bucket = bucket_of(utf8_next(span_of(v->words[i].text), &at));

			chains[l].next[i] = chains[l].head[bucket];
			chains[l].head[bucket] = (uint16_t)(i + 1);
		}
	}
}

static size_t find_in(const struct folded *text, size_t at, enum language language, size_t longest,
		      struct word *ret_word)
{
	const struct chains *c = &chains[language];

	for (unsigned i = c->head[bucket_of(text->code[at])]; i; i = c->next[i - 1]) {
		const struct word *word = &languages[language].vocabulary->words[i - 1];
		size_t length = entry_fits(text, at, word->text);

		if (length > longest) {
			longest = length;
			*ret_word = *word;
		}
	}
	return longest;
}

size_t word_find(const struct folded *text, size_t at, struct word *ret_word,
		 enum language *ret_language)
{
	int script = script_of(text->code[at]);
	size_t longest = 0, length;

	call_once(&chains_built, build_chains);
	for (int l = 0; l < LANGUAGES; l++) {
		if ((int)languages[l].script != script)
			continue;
		length = find_in(text, at, (enum language)l, longest, ret_word);
		if (length > longest)
			*ret_language = (enum language)l;
		longest = length;
	}
	for (size_t i = 0; i < zone_word_count; i++) {
		length = entry_fits(text, at, zone_words[i].text);
		if (length > longest) {
			*ret_word = (struct word){ .meaning = MEANS_ZONE,
						   .value = (int)i,
						   .trust = TRUST_WHOLE };
			longest = length;
		}
	}
	return longest;
}

/* ---- slips of the finger ---- */

/* One letter wrong, missing, too many, or two swapped. */
bool word_is_near(struct span word, const char *right)
{
	struct span r = span_of(right);
	size_t same = 0, tail = 0, shorter = word.length < r.length ? word.length : r.length;

	if (word.length + 1 < r.length || r.length + 1 < word.length)
		return false;
	while (same < shorter && (word.data[same] | 32) == r.data[same])
		same++;
	while (tail < shorter - same &&
	       (word.data[word.length - 1 - tail] | 32) == r.data[r.length - 1 - tail])
		tail++;
	if (same + tail + 1 >= word.length && same + tail + 1 >= r.length)
		return true;
	return word.length == r.length && same + tail + 2 == r.length &&
	       (word.data[same] | 32) == r.data[same + 1] &&
	       (word.data[same + 1] | 32) == r.data[same];
}

const char *word_nearest_weekday(struct span word)
{
	static const char *const names[][3] = {
		{ "Sunday", "sunday", "sun" },     { "Monday", "monday", "mon" },
		{ "Tuesday", "tuesday", "tue" },   { "Wednesday", "wednesday", "wed" },
		{ "Thursday", "thursday", "thu" }, { "Friday", "friday", "fri" },
		{ "Saturday", "saturday", "sat" },
	};

	for (size_t i = 0; word.length >= 3 && i < sizeof(names) / sizeof(names[0]); i++)
		if (word_is_near(word, names[i][1]) ||
		    (word.length == 3 && word_is_near(word, names[i][2])))
			return names[i][0];
	return NULL;
}

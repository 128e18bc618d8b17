#include "words.h"

/* Upper-case letters in runs that lie a fixed distance from their lower case. */
static const struct {
	uint32_t first, last, step, distance;
} cases[] = {
	{ 'A', 'Z', 1, 32 },     { 0xC0, 0xD6, 1, 32 },     { 0xD8, 0xDE, 1, 32 },
	{ 0x100, 0x136, 2, 1 },  { 0x139, 0x147, 2, 1 },    { 0x14A, 0x176, 2, 1 },
	{ 0x179, 0x17D, 2, 1 },  { 0x391, 0x3A9, 1, 32 },   { 0x400, 0x40F, 1, 80 },
	{ 0x410, 0x42F, 1, 32 }, { 0xFF21, 0xFF3A, 1, 32 },
};

static const struct {
	uint32_t first, last;
} separators[] = {
	{ 0x00, 0x2F },     { 0x3A, 0x40 },     { 0x5B, 0x60 },     { 0x7B, 0xA9 },
	{ 0xAB, 0xB4 },     { 0xB6, 0xB9 },     { 0xBB, 0xBF },     { 0xD7, 0xD7 },
	{ 0xF7, 0xF7 },     { 0x2000, 0x206F }, { 0x2190, 0x2BFF }, { 0x3000, 0x303F },
	{ 0xFE30, 0xFE6F }, { 0xFF00, 0xFF0F }, { 0xFF1A, 0xFF20 }, { 0xFF3B, 0xFF40 },
	{ 0xFF5B, 0xFF65 }, { 0xFFFD, 0xFFFD },
};

static uint32_t lower(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(cases) && code >= cases[i].first; i++)
		if (code <= cases[i].last && (code - cases[i].first) % cases[i].step == 0)
			return code + cases[i].distance;
	return code;
}

static bool separates(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_LENGTH(separators) && code >= separators[i].first; i++)
		if (code <= separators[i].last)
			return true;
	return false;
}

static bool is_apostrophe(uint32_t code)
{
	return code == '\'' || code == 0x2019 || code == 0x2BC;
}

void words_fold(struct span text, struct buffer *out)
{
	size_t begin = out->length;
	bool blank = false;
	char bytes[4];

	for (size_t at = 0; at < text.length;) {
		uint32_t code = utf8_next(text, &at);

		if (is_apostrophe(code))
			continue;
		if (separates(code)) {
			blank = true;
			continue;
		}
		if (blank && out->length > begin)
			buffer_append(out, SPAN(" "));
		blank = false;
		buffer_append(out, (struct span){ bytes, utf8_put(lower(code), bytes) });
	}
}

bool words_next(struct span *rest, struct span *ret_word)
{
	const char *blank;
	size_t length;

	if (!rest->length)
		return false;
	blank = memchr(rest->data, ' ', rest->length);
	length = blank ? (size_t)(blank - rest->data) : rest->length;
	*ret_word = span_slice(*rest, 0, length);
	*rest = span_slice(*rest, length + (blank ? 1 : 0), rest->length);
	return true;
}

/* Thai, and everything from the CJK radicals on: no blanks between words. */
static bool is_unspaced(struct span text)
{
	for (size_t at = 0; at < text.length;) {
		uint32_t code = utf8_next(text, &at);

		if ((code >= 0xE00 && code < 0xE80) || (code >= 0x2E80 && code < 0xFB00) ||
		    code >= 0x20000)
			return true;
	}
	return false;
}

/* Does `rest` begin with all words of `phrase`? */
static bool begins_with(struct span rest, struct span phrase)
{
	struct span wanted, word;

	while (words_next(&phrase, &wanted))
		if (!words_next(&rest, &word) || !words_inflect(word, wanted))
			return false;
	return true;
}

bool words_contain(struct span text, struct span phrase)
{
	struct span rest = text, word;

	if (!phrase.length)
		return false;
	if (is_unspaced(phrase))
		return text.length && memmem(text.data, text.length, phrase.data, phrase.length);
	do
		if (begins_with(rest, phrase))
			return true;
	while (words_next(&rest, &word));
	return false;
}

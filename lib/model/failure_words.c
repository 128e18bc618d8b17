#include "failure_words.h"

#include <ctype.h>

#define QUOTED_MAX 80 /* bytes of an identifier in quotes */

/* Words behind which the input follows, or what a model wrote. */
static const char *const announcements[] = {
	"failed to parse input at pos",
	"failed to parse tool call",
	"error parsing tool call",
	"input_value=",
	"received:",
	"input was:",
	"full input",
	"syntax error",
	"invalid json",
};

static void cut_announced(struct buffer *words)
{
	for (size_t i = 0; i < ARRAY_LENGTH(announcements); i++) {
		char *at = strstr(words->data, announcements[i]);

		if (!at)
			continue;
		words->length = (size_t)(at - words->data) + strlen(announcements[i]);
		words->data[words->length] = '\0';
	}
}

/* Does a quotation begin at `at`? An apostrophe stands behind a letter. */
static bool opens_quote(struct span text, size_t at)
{
	char c = text.data[at];

	if (c == '"' || c == '`')
		return true;
	return c == '\'' && (!at || !isalnum((unsigned char)text.data[at - 1]));
}

/* Length of the identifier quoted at `at`, or SIZE_MAX: something else is quoted. */
static size_t identifier_length(struct span text, size_t at)
{
	size_t end = at + 1;

	while (end < text.length && end - at <= QUOTED_MAX && text.data[end] != text.data[at]) {
		if ((unsigned char)text.data[end] <= ' ' || text.data[end] == '{')
			return SIZE_MAX;
		end++;
	}
	return end < text.length && text.data[end] == text.data[at] ? end - at - 1 : SIZE_MAX;
}

bool words_quote(struct span text)
{
	for (size_t i = 0; i < text.length; i++) {
		size_t inside = opens_quote(text, i) ? identifier_length(text, i) : 0;

		if (inside == SIZE_MAX)
			return true;
		i += inside ? inside + 1 : 0;
	}
	return false;
}

static bool opens_markup(struct span text, size_t at)
{
	char c = text.data[at], next = at + 1 < text.length ? text.data[at + 1] : ' ';

	if (c == '{')
		return true;
	return c == '<' && (isalpha((unsigned char)next) || strchr("|/!", next));
}

static void append_byte(struct buffer *words, char c)
{
	char lower = (char)tolower((unsigned char)c);
	bool blank = (unsigned char)c <= ' ' || c == 0x7F;

	if (blank && (!words->length || words->data[words->length - 1] == ' '))
		return;
	buffer_append(words, blank ? SPAN(" ") : (struct span){ &lower, 1 });
}

void words_append(struct buffer *words, struct span text)
{
	CLEANUP(buffer_clear) struct buffer own = BUFFER(WORDS_MAX);

	for (size_t i = 0; i < text.length && !own.overflow && !opens_markup(text, i); i++) {
		size_t inside;

		if (!opens_quote(text, i)) {
			if (text.data[i] != '\'')
				append_byte(&own, text.data[i]);
			continue;
		}
		inside = identifier_length(text, i);
		if (inside == SIZE_MAX)
			break;
		for (size_t k = 1; k <= inside; k++)
			append_byte(&own, text.data[i + k]);
		i += inside + 1;
	}
	if (!own.length)
		return;
	cut_announced(&own);
	if (words->length)
		buffer_append_text(words, " | ");
	buffer_append(words, buffer_span(&own));
}

#include "tokens.h"

#include <string.h>

/* First parts of the tz database's names. */
static const char *const areas[] = { "africa", "america",  "antarctica", "arctic",
				     "asia",   "atlantic", "australia",  "brazil",
				     "canada", "chile",    "etc",        "europe",
				     "indian", "mexico",   "pacific",    "us" };

struct scanner {
	const struct folded *text;
	struct tokens *out;
	size_t at;
};

static uint32_t code_at(const struct scanner *s, size_t i)
{
	return i < s->text->count ? s->text->code[i] : 0;
}

static void emit(struct scanner *s, size_t length, struct token token)
{
	const struct folded *text = s->text;
	struct tokens *out = s->out;

	token.begin = text->at[s->at];
	token.end = text->at[s->at + length];
	token.column = text->column[s->at];
	token.glued = s->at > 0 && text->code[s->at - 1] != ' ';
	if (token.meaning == MEANS_ORDINAL_END && token.glued && out->count &&
	    out->item[out->count - 1].meaning == MEANS_NUMBER) {
		out->item[out->count - 1].ordinal = true;
		out->item[out->count - 1].end = token.end;
	} else if (out->count < TOKENS_MAX) {
		out->item[out->count++] = token;
	}
	s->at += length;
}

static void emit_number(struct scanner *s)
{
	struct token token = { .meaning = MEANS_NUMBER };
	size_t length = 0;

	for (; code_is_digit(code_at(s, s->at + length)); length++)
		if (length < 6)
			token.value = token.value * 10 + (int)(code_at(s, s->at + length) - '0');
	token.digits = (uint8_t)(length < 255 ? length : 255);
	if (length > 6)
		token.meaning = MEANS_NOTHING;
	emit(s, length, token);
}

static bool starts_area(const struct scanner *s, size_t length)
{
	for (size_t i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		size_t k = 0;

		while (k < length && areas[i][k] &&
		       code_at(s, s->at + k) == (unsigned char)areas[i][k])
			k++;
		if (k == length && !areas[i][k])
			return true;
	}
	return false;
}

static bool emit_zone_name(struct scanner *s)
{
	size_t length = 0;

	while (code_at(s, s->at + length) < 0x80 && code_is_letter(code_at(s, s->at + length)))
		length++;
	if (code_at(s, s->at + length) != '/' || !code_is_letter(code_at(s, s->at + length + 1)) ||
	    !starts_area(s, length))
		return false;
	for (;; length++) {
		uint32_t c = code_at(s, s->at + length);

		if (!(c && c < 0x80 &&
		      (code_is_letter(c) || code_is_digit(c) || memchr("/_+-", (int)c, 4))))
			break;
	}
	emit(s, length, (struct token){ .meaning = MEANS_ZONE_NAME });
	return true;
}

/* "monday.com", "o'clock": signs that hold a word together. */
static bool joins(const struct scanner *s, size_t i)
{
	uint32_t c = code_at(s, i);

	return (c == '.' || c == '_' || c == '\'' || c == '@') &&
	       code_is_letter(code_at(s, i + 1)) && !code_is_han(code_at(s, i + 1));
}

static size_t unknown_length(const struct scanner *s)
{
	size_t length = 1;

	if (code_is_han(code_at(s, s->at)))
		return 1;
	while ((code_is_letter(code_at(s, s->at + length)) &&
		!code_is_han(code_at(s, s->at + length))) ||
	       joins(s, s->at + length))
		length++;
	return length;
}

static void emit_word(struct scanner *s)
{
	enum language language = ENGLISH;
	struct word word = { 0 };
	size_t length;

	if (emit_zone_name(s))
		return;
	length = word_find(s->text, s->at, &word, &language);
	if (!length || joins(s, s->at + length))
		emit(s, unknown_length(s), (struct token){ .meaning = MEANS_NOTHING });
	else
		emit(s, length,
		     (struct token){ .meaning = word.meaning == MEANS_DIGITS ? MEANS_NUMBER
									     : word.meaning,
				     .value = word.value,
				     .trust = word.trust,
				     .language = language });
}

/* Some of the tables' words begin with a sign or digit: "第1" does not, "1回のみ" does. */
static bool is_sign(uint32_t c)
{
	return c < 0x80 && memchr(",;:/+-()[]~&@<>.|=\"#!?%$", (int)c, 24);
}

void tokenise(struct span source, struct tokens *ret)
{
	struct folded text;
	struct scanner s = { .text = &text, .out = ret };

	fold(source, &text);
	ret->source = source;
	ret->count = 0;
	while (s.at < text.count && ret->count < TOKENS_MAX) {
		uint32_t c = text.code[s.at];

		if (c == ' ')
			s.at++;
		else if (code_is_digit(c))
			emit_number(&s);
		else if (code_is_letter(c))
			emit_word(&s);
		else if (is_sign(c))
			emit(&s, 1, (struct token){ .meaning = MEANS_SIGN, .value = (int)c });
		else
			emit(&s, 1, (struct token){ .meaning = MEANS_ORNAMENT });
	}
	ret->item[ret->count] = (struct token){ .meaning = MEANS_SIGN,
						.begin = (uint32_t)source.length,
						.end = (uint32_t)source.length };
}

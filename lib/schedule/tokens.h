/* A heading cut into words, numbers and signs. Private. */
#ifndef SCHEDULE_TOKENS_H
#define SCHEDULE_TOKENS_H

#include "words.h"

#define TOKENS_MAX 96

struct token {
	enum meaning meaning;
	int value; /* of numbers, signs and the tables' words */
	enum trust trust;
	enum language language;
	uint32_t begin, end; /* bytes in the source */
	uint16_t column;     /* code point in the source, from 1 */
	uint8_t digits;      /* of a number that was written in digits */
	bool ordinal;        /* "1st", 1号 */
	bool glued;          /* no blank before it */
};

struct tokens {
	struct span source;
	struct token item[TOKENS_MAX + 1]; /* MEANS_SIGN 0 behind the last */
	unsigned count;
};

void tokenise(struct span source, struct tokens *ret);

static inline struct span token_text(const struct tokens *t, unsigned i)
{
	return span_slice(t->source, t->item[i].begin, t->item[i].end);
}

static inline bool token_is(const struct tokens *t, unsigned i, enum meaning meaning)
{
	return i < t->count && t->item[i].meaning == meaning;
}

static inline bool token_is_sign(const struct tokens *t, unsigned i, char sign)
{
	return token_is(t, i, MEANS_SIGN) && t->item[i].value == sign;
}

#endif

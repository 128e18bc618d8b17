/* Text made comparable: lower case, no accents, fullwidth forms as ASCII, traditional Chinese as
 * simplified, all dashes as `-`, with the way back to the source. Private. */
#ifndef SCHEDULE_FOLD_H
#define SCHEDULE_FOLD_H

#include "base/span.h"

/* Nobody writes a schedule behind so many characters; what follows them is title. */
#define FOLD_MAX 320

struct folded {
	uint32_t code[FOLD_MAX + 1];   /* 0 behind the last */
	uint32_t at[FOLD_MAX + 1];     /* byte offset in the source */
	uint16_t column[FOLD_MAX + 1]; /* code point in the source, from 1 */
	size_t count;
	struct span source;
};

void fold(struct span source, struct folded *ret);

bool code_is_letter(uint32_t code); /* a letter of any script; of folded text */
bool code_is_han(uint32_t code);    /* Chinese characters and kana: no blanks between words */
bool code_is_digit(uint32_t code);

#endif

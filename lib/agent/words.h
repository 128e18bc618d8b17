/* Words of a text, folded for comparison. Private to lib/agent. */
#ifndef AGENT_WORDS_H
#define AGENT_WORDS_H

#include "base/buffer.h"

/* Appends the words of `text` in lower case, one blank between two; apostrophes are dropped
 * ("don't" is one word), everything else that is no letter or digit separates. */
void words_fold(struct span text, struct buffer *out);

/* Cuts the next word off *rest. Returns false at the end. */
bool words_next(struct span *rest, struct span *ret_word);

/* Is one of two folded words an inflection of the other? The rule is in inflection.c. */
bool words_inflect(struct span a, struct span b);

/* Does folded `text` contain folded `phrase`, word by word, each in any inflection? Scripts that
 * set no blanks between words are compared as they stand. */
bool words_contain(struct span text, struct span phrase);

#endif

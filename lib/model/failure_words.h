/* The server's own words out of what it says. What it quotes may be the conversation: a chat about
 * "prompt is too long" is no overflow (openclaw#7854). So its message is cut where something other
 * than an identifier is quoted, at JSON and markup, and behind words that announce the input. */
#ifndef MODEL_FAILURE_WORDS_H
#define MODEL_FAILURE_WORDS_H

#include "base/buffer.h"

#define WORDS_MAX 4096 /* of one message */

/* Appends them in lower case, without quotes, one blank between two; " | " stands between one
 * message and the next. */
void words_append(struct buffer *words, struct span message);

/* Is something other than an identifier quoted in it? */
bool words_quote(struct span text);

#endif

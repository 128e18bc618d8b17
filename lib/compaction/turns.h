/* A past seen as turns: a turn is an assistant's message and all that follows it. Private. */
#ifndef COMPACTION_TURNS_H
#define COMPACTION_TURNS_H

#include <jansson.h>
#include <stdbool.h>

bool message_is_reply(const json_t *message);
size_t turns_count(const json_t *past); /* replies in it */

/* Where the turn of that number (from 1) begins; behind the end: the size of the past. */
size_t turns_begin(const json_t *past, size_t turn);

/* Bytes of messages from <= i < to. */
size_t turns_bytes(const json_t *past, size_t from, size_t to);

#endif

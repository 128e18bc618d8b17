/* Most events of a stream are the one before with another piece of text in it. Such an event is
 * known by its bytes and need not be parsed: its effect is that of the last one, with its own text.
 *
 *     take(event): its only effect that counts was to add the text under `key`
 *         → repeat_learn(…) with that event and text
 *     the next event: repeat_match(…) → its text, or false: parse it
 *
 * Whoever learns vouches for it that all else the event does may be done any number of times. */
#ifndef MODEL_REPEAT_H
#define MODEL_REPEAT_H

#include "sse.h"

#define REPEAT_MAX 2048 /* bytes around the text */

struct repeat {
	struct buffer before, after, name; /* of the event's data; of its name */
	struct buffer text;                /* of the last match, where it had escapes */
	bool learned;
};

void repeat_init(struct repeat *repeat);
void repeat_clear(struct repeat *repeat);

/* Learns `event`, whose member `key` was parsed as `text`; forgets what was known where the text
 * cannot be found in it beyond doubt. */
void repeat_learn(struct repeat *repeat, const struct sse_event *event, struct span key,
		  struct span text);
void repeat_forget(struct repeat *repeat);

/* Is it the learned one but for its text? *ret_text is good until the next call. */
bool repeat_match(struct repeat *repeat, const struct sse_event *event, struct span *ret_text);

#endif

/* What a provider wants to see again with an assistant message: DeepSeek's reasoning_content,
 * OpenRouter's reasoning_details, Gemini's extra_content, Anthropic's signed thinking. We keep it
 * and never read it. */
#ifndef MODEL_REASONING_H
#define MODEL_REASONING_H

#include "base/buffer.h"

#include <jansson.h>

#define REASONING_MAX                                                              \
	(1024 * 1024) /* bytes of each kind; what would pass it is not kept at all \
		       */

struct reasoning {
	struct buffer content; /* reasoning_content */
	json_t *details;       /* pieces of reasoning_details as they came, or NULL */
	json_t *extra;         /* extra_content of the message, or NULL */
	json_t *thinking;      /* Anthropic's blocks, or NULL */
	size_t size;           /* bytes of details, extra and thinking */
};

#define REASONING_EMPTY ((struct reasoning){ .content = BUFFER(REASONING_MAX) })

void reasoning_clear(struct reasoning *reasoning);

/* Takes what a Chat Completions delta holds of it; true: the model is thinking. */
bool reasoning_take(struct reasoning *reasoning, const json_t *delta);

/* Takes an Anthropic block. */
void reasoning_add_thinking(struct reasoning *reasoning, json_t *block);

/* All of it under the providers' own names (new reference, maybe an empty object). */
json_t *reasoning_keep(const struct reasoning *reasoning);

#endif

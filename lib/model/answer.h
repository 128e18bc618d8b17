/* Error reports of servers, in any of the shapes they come in. */
#ifndef MODEL_ANSWER_H
#define MODEL_ANSWER_H

#include "model.h"

/* Is this object an error report (`error` as object or string, "object":"error", "type":"error", a
 * bare message)? `"error":null` beside a result is none. */
bool answer_is_error(const json_t *answer);

/* What the report is wrapped in goes off layer by layer: the next one, or NULL at the innermost.
 * Borrowed. */
json_t *answer_inner(const json_t *answer);

/* The sentence that an object, or a bare string, says at this layer; empty: none. */
struct span answer_words(const json_t *report);

/* Appends the server's own words and, in parentheses, its type and code; nothing when it gave none.
 */
void answer_error_append(const json_t *answer, struct buffer *out, size_t max);

#endif

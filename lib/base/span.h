/* A stretch of somebody else's bytes, and the few questions that parsers ask about text. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include "alloc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
	const char *data; /* not owned, not terminated; may be NULL when length is 0 */
	size_t length;
};

#define SPAN(literal) ((struct span){ "" literal, sizeof(literal) - 1 })

static inline struct span span_of(const char *text)
{
	return (struct span){ text, text ? strlen(text) : 0 };
}

static inline struct span span_slice(struct span s, size_t begin, size_t end)
{
	return (struct span){ s.data ? s.data + begin : NULL,
			      end - begin }; /* NULL + 0 is undefined */
}

bool span_equal(struct span a, struct span b);
bool span_equal_nocase(struct span a, struct span b); /* ASCII case only */
bool span_starts_with(struct span s, struct span prefix);
bool span_starts_with_nocase(struct span s, struct span prefix);
bool span_contains_nocase(struct span s, struct span needle); /* an empty needle is contained */
struct span span_trim(struct span s); /* blanks, tabs, CR and LF at both ends */
char *span_dup(struct span s);        /* a terminated copy; the caller frees it */

/* Cuts the first line off *rest, without its LF (and CR). Returns false at the end. */
bool span_next_line(struct span *rest, struct span *ret_line);

/* Decodes one code point at *offset and moves past it. A byte that is no valid UTF-8 (RFC 3629:
 * overlong forms, surrogates and values over U+10FFFF included) yields U+FFFD and moves one byte.
 */
uint32_t utf8_next(struct span s, size_t *offset);

/* Bytes written for `code` (1-4); `out` has room for 4. */
size_t utf8_put(uint32_t code, char out[4]);

bool utf8_valid(struct span s);

/* Largest n <= limit at which s may be cut without splitting a code point. */
size_t utf8_cut(struct span s, size_t limit);

#endif

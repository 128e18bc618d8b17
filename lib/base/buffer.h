/* A growable run of bytes that was told its maximum when it was made.
 *
 *     CLEANUP(buffer_clear) struct buffer b = BUFFER(64 * 1024);
 *     buffer_append(&b, SPAN("status "));
 *     buffer_printf(&b, "%d\n", status);
 *     if (b.overflow) …                     one check at the end is enough
 *
 * Invariants: data is always terminated (data[length] == '\0') once there is any, also where room
 * was made and nothing came, so text can be passed on as a C string; length <= max. An append that
 * would pass the maximum changes nothing, sets `overflow` for good and returns -ERROR_TOO_LARGE. */
#ifndef BASE_BUFFER_H
#define BASE_BUFFER_H

#include "alloc.h"
#include "span.h"

struct buffer {
	char *data; /* NULL while nothing was appended */
	size_t length, capacity, max;
	bool overflow;
};

#define BUFFER(maximum) ((struct buffer){ .max = (maximum) })

void buffer_clear(struct buffer *b); /* frees; the maximum stays */
void buffer_reset(struct buffer *b); /* empties, keeps the memory */
int buffer_append(struct buffer *b, struct span bytes);
int buffer_append_text(struct buffer *b, const char *text);
int buffer_printf(struct buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for `size` bytes behind the end and returns where they go, or NULL if that would pass
 * the maximum; the caller writes there and then calls buffer_advance with what it used. */
char *buffer_reserve(struct buffer *b, size_t size);
void buffer_advance(struct buffer *b, size_t size);
void buffer_consume(struct buffer *b, size_t size); /* drops bytes at the front */

static inline struct span buffer_span(const struct buffer *b)
{
	return (struct span){ b->data, b->length };
}

/* Gives the text away, terminated, never NULL; the buffer is empty afterwards. */
char *buffer_steal(struct buffer *b);

CLEANUP_DEFINE_VALUE(struct buffer, buffer_clear)

#endif

#include "buffer.h"

#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_clear(struct buffer *b)
{
	free(b->data);
	*b = BUFFER(b->max);
}

void buffer_reset(struct buffer *b)
{
	b->length = 0;
	b->overflow = false;
	if (b->data)
		b->data[0] = '\0';
}

char *buffer_reserve(struct buffer *b, size_t size)
{
	size_t wanted = b->capacity ? b->capacity : 64;

	if (size > b->max || b->length > b->max - size) {
		b->overflow = true;
		return NULL;
	}
	while (wanted < b->length + size + 1)
		wanted *= 2;
	if (wanted != b->capacity) {
		b->data = xreallocarray(b->data, wanted, 1);
		b->capacity = wanted;
		b->data[b->length] = '\0'; /* nothing may come: a file that is empty */
	}
	return b->data + b->length;
}

void buffer_advance(struct buffer *b, size_t size)
{
	b->length += size;
	b->data[b->length] = '\0';
}

int buffer_append(struct buffer *b, struct span bytes)
{
	char *room = buffer_reserve(b, bytes.length);

	if (!room)
		return -(int)ERROR_TOO_LARGE;
	if (bytes.length)
		memcpy(room, bytes.data, bytes.length);
	buffer_advance(b, bytes.length);
	return 0;
}

int buffer_append_text(struct buffer *b, const char *text)
{
	return buffer_append(b, span_of(text));
}

int buffer_printf(struct buffer *b, const char *format, ...)
{
	_free_ char *text = NULL;
	va_list args;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return buffer_append_text(b, text);
}

void buffer_consume(struct buffer *b, size_t size)
{
	if (!size)
		return;
	memmove(b->data, b->data + size, b->length - size + 1);
	b->length -= size;
}

char *buffer_steal(struct buffer *b)
{
	char *text = b->data ? b->data : xstrdup("");

	*b = BUFFER(b->max);
	return text;
}

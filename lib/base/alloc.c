#include "alloc.h"

#include "error.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Nothing may be allocated any more, so nothing is closed or flushed in order. */
static _Noreturn void exhausted(size_t size)
{
	fprintf(stderr, "out of memory: %zu bytes\n", size);
	_exit(STATUS_NO_MEMORY);
}

static void *checked(void *pointer, size_t size)
{
	if (!pointer)
		exhausted(size);
	return pointer;
}

void *xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1), size);
}

void *xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1), size);
}

void *xreallocarray(void *old, size_t count, size_t size)
{
	return checked(reallocarray(old, count ? count : 1, size), count);
}

char *xstrdup(const char *text)
{
	return checked(strdup(text), strlen(text));
}

char *xstrdup_or_null(const char *text)
{
	return text ? xstrdup(text) : NULL;
}

char *xstrndup(const char *text, size_t length)
{
	char *copy = xmalloc(length + 1);

	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *xvasprintf(const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		exhausted(0);
	return text;
}

char *xasprintf(const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = xvasprintf(format, args);
	va_end(args);
	return text;
}

int array_grow(void **items, size_t count, size_t *capacity, size_t item_size, size_t max)
{
	size_t wanted;

	if (count < *capacity)
		return 0;
	if (count >= max)
		return -(int)ERROR_TOO_LARGE;
	wanted = *capacity ? *capacity * 2 : 4;
	if (wanted > max)
		wanted = max;
	*items = xreallocarray(*items, wanted, item_size);
	*capacity = wanted;
	return 0;
}

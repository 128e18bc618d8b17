/* Heap memory that is always there, and lifetimes that end with their scope.
 *
 * No memory is our third kind of failure: it ends the process at once with a status of its own, so
 * that whoever started it can say so, and these never return NULL.
 * Owned memory is freed by scope: `_free_ char *name = xstrdup(x);`. It leaves by a visible
 * steal: `return steal_pointer(&name);`. For a type of a module, CLEANUP(thing_free) names the
 * function; every `thing_free` takes NULL and half-built objects. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#define STATUS_NO_MEMORY 112

void *xmalloc(size_t size);
void *xcalloc(size_t count, size_t size);
void *xreallocarray(void *old, size_t count, size_t size);
char *xstrdup(const char *text);
char *xstrdup_or_null(const char *text); /* NULL of NULL */
char *xstrndup(const char *text, size_t length);
char *xasprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));
char *xvasprintf(const char *format, va_list args) __attribute__((format(printf, 1, 0)));

/* Makes room for one more item of a growable array, doubling it. Returns -ERROR_TOO_LARGE, and
 * leaves everything as it was, when `count` has reached `max`.
 *     if (array_grow((void **)&items, count, &capacity, sizeof(*items), MAX)) …
 *     items[count++] = item; */
int array_grow(void **items, size_t count, size_t *capacity, size_t item_size, size_t max);

static inline void *steal_pointer_impl(void *pointer_to_pointer)
{
	void **slot = pointer_to_pointer, *value = *slot;

	*slot = NULL;
	return value;
}
#define steal_pointer(p) ((__typeof__(*(p)))steal_pointer_impl(p))

static inline void free_cleanup(void *pointer_to_pointer)
{
	free(*(void **)pointer_to_pointer);
}
#define _free_ __attribute__((cleanup(free_cleanup)))

/* CLEANUP_DEFINE(struct zone *, zone_free) in a header gives zone_free_cleanup(); then
 * `CLEANUP(zone_free) struct zone *zone = NULL;` frees by scope. For embedded values
 * (init/clear) use CLEANUP_DEFINE_VALUE(struct buffer, buffer_clear). */
#define CLEANUP_DEFINE(type, function)                                   \
	static inline void function##_cleanup(__typeof__(type) *pointer) \
	{                                                                \
		if (*pointer)                                            \
			function(*pointer);                              \
	}
#define CLEANUP_DEFINE_VALUE(type, function)                           \
	static inline void function##_cleanup(__typeof__(type) *value) \
	{                                                              \
		function(value);                                       \
	}
#define CLEANUP(function) __attribute__((cleanup(function##_cleanup)))

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#endif

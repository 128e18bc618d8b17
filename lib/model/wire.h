/* JSON and text as servers and models really send them: mended where that is harmless, refused
 * where something would run on a guess. */
#ifndef MODEL_WIRE_H
#define MODEL_WIRE_H

#include "base/buffer.h"
#include "base/error.h"

#include <jansson.h>

#define WIRE_DEPTH_MAX 64

/* Parses one JSON text that must end where the bytes end. Bytes that are no UTF-8, lone surrogates
 * (`\ud83d` alone), `\u0000` and raw control characters in strings are mended; integers beyond 64
 * bits become reals. Returns a new reference, or NULL. */
json_t *wire_parse(struct span text);

/* Parses the arguments of a tool call: a JSON object without duplicate keys, at most WIRE_DEPTH_MAX
 * deep; nothing at all is an empty object. Only text is mended (UTF-8, surrogates). NULL: anything
 * else. */
json_t *wire_parse_arguments(struct span text);

/* How deep objects and arrays nest in a JSON text; strings are skipped. */
size_t wire_depth(struct span text);

/* Valid UTF-8 without NUL: what is no such byte becomes U+FFFD. The caller frees it. */
char *wire_text(struct span bytes);
json_t *wire_string(struct span bytes); /* the same as a JSON string */

/* The beginning of a text, at most `max` bytes, no code point split. */
static inline struct span wire_cut(struct span text, size_t max)
{
	return (struct span){ text.data, utf8_cut(text, max) };
}

/* One line for a person: control characters and runs of blanks become one blank, words that look
 * like keys ("sk-…") are hidden, cut at `max` bytes. */
void wire_line_append(struct buffer *out, struct span bytes, size_t max);

/* Small JSON text; the caller frees it. Its size alone costs no copy. */
char *wire_dump(const json_t *json);
size_t wire_size(const json_t *json);

/* Members of objects; no object, no such key or another type: empty, NULL. */
struct span wire_get_text(const json_t *object, const char *key);
json_t *wire_get_object(const json_t *object, const char *key);
json_t *wire_get_array(const json_t *object, const char *key);

static inline void json_cleanup(json_t **json)
{
	json_decref(*json);
}
#define _json_ __attribute__((cleanup(json_cleanup)))

#endif

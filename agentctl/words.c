#include "words.h"

#include "place.h"

#include "base/buffer.h"
#include "base/instant.h"

#include <ctype.h>
#include <string.h>

#define MOMENT_LENGTH 20 /* of 2026-11-21T08:00:00Z */
#define TEXT_MAX (1024 * 1024)

static bool begins_word(const char *text, size_t at)
{
	return !at || strchr(" (", text[at - 1]);
}

static bool ends_word(const char *rest)
{
	rest += *rest == '.'; /* of the sentence; one of a file's name has more behind it */
	return !*rest || strchr(" ,;:)", *rest);
}

/* Whether one begins at `at`. */
static bool find_moment(const char *text, size_t at, int64_t *ret_moment)
{
	size_t length = strnlen(text + at, MOMENT_LENGTH);

	return length == MOMENT_LENGTH && isdigit((unsigned char)text[at]) &&
	       text[at + 10] == 'T' && text[at + MOMENT_LENGTH - 1] == 'Z' &&
	       begins_word(text, at) && ends_word(text + at + MOMENT_LENGTH) &&
	       !instant_parse((struct span){ text + at, MOMENT_LENGTH }, ret_moment);
}

char *words_local(const char *text, const struct zone *zone)
{
	CLEANUP(buffer_clear) struct buffer out = BUFFER(TEXT_MAX);
	char local[PLACE_TIME_SIZE];
	int64_t moment;

	for (size_t at = 0; text[at];) {
		if (find_moment(text, at, &moment)) {
			buffer_append(&out, span_of(place_time(zone, moment, local)));
			at += MOMENT_LENGTH;
		} else {
			buffer_append(&out, (struct span){ text + at++, 1 });
		}
	}
	return xstrdup(out.length && !out.overflow ? out.data : text);
}

static bool is_ours(const char *key, bool incidents)
{
	return !strcmp(key, "reason") || !strcmp(key, "session_reason") || !strcmp(key, "words") ||
	       (incidents && !strcmp(key, "text"));
}

static void localise(json_t *value, const struct zone *zone, bool incidents)
{
	const char *key;
	size_t index;
	json_t *one;

	json_array_foreach(value, index, one)
		localise(one, zone, incidents);
	if (!json_is_object(value))
		return;
	json_object_foreach(value, key, one) {
		if (!strcmp(key, "steps")) /* of a model, most of it */
			continue;
		if (json_is_string(one) && is_ours(key, incidents)) {
			_free_ char *text = words_local(json_string_value(one), zone);

			json_string_set(one, text);
		} else {
			localise(one, zone, incidents || !strcmp(key, "incidents"));
		}
	}
}

void words_localise(json_t *document, const struct zone *zone)
{
	localise(document, zone, false);
}

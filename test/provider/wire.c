#include "wire.h"

#include <jansson.h>

static const struct wire *const wires[] = { &wire_anthropic, &wire_openai, &wire_ollama,
					    &wire_responses };

const struct wire *wire_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(wires); i++) {
		if (!strcmp(wires[i]->name, name))
			return wires[i];
	}
	return NULL;
}

const struct wire *wire_of_path(const char *path)
{
	for (size_t i = 0; i < ARRAY_LENGTH(wires); i++) {
		size_t length = strcspn(path, "?"), end = strlen(wires[i]->path);

		if (length >= end && !memcmp(path + length - end, wires[i]->path, end))
			return wires[i];
	}
	return NULL;
}

void wire_put_string(struct buffer *out, struct span text)
{
	json_t *json = json_stringn(text.data ? text.data : "", text.length);
	char *quoted = json ? json_dumps(json, JSON_ENCODE_ANY) : NULL;

	buffer_append_text(out, quoted ? quoted : "\"\"");
	free(quoted);
	json_decref(json);
}

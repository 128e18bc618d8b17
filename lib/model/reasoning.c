#include "reasoning.h"

#include "wire.h"

void reasoning_clear(struct reasoning *reasoning)
{
	buffer_clear(&reasoning->content);
	json_decref(reasoning->details);
	json_decref(reasoning->extra);
	json_decref(reasoning->thinking);
	*reasoning = REASONING_EMPTY;
}

static bool fits(struct reasoning *reasoning, const json_t *json)
{
	reasoning->size += wire_size(json);
	return reasoning->size <= REASONING_MAX;
}

static void keep_in(struct reasoning *reasoning, json_t **list, json_t *item)
{
	if (!fits(reasoning, item))
		return;
	if (!*list)
		*list = json_array();
	json_array_append(*list, item);
}

void reasoning_add_thinking(struct reasoning *reasoning, json_t *block)
{
	keep_in(reasoning, &reasoning->thinking, block);
}

bool reasoning_take(struct reasoning *reasoning, const json_t *delta)
{
	struct span content = wire_get_text(delta, "reasoning_content");
	json_t *details = wire_get_array(delta, "reasoning_details"), *piece;
	json_t *extra = wire_get_object(delta, "extra_content");
	size_t i;

	buffer_append(&reasoning->content, content);
	json_array_foreach(details, i, piece) {
		if (json_is_object(piece))
			keep_in(reasoning, &reasoning->details, piece);
	}
	if (json_object_size(extra) && fits(reasoning, extra)) {
		json_decref(reasoning->extra);
		reasoning->extra = json_incref(extra);
	}
	return content.length || json_array_size(details) ||
	       wire_get_text(delta, "reasoning").length;
}

/* Members that come in pieces. */
static const char *const pieced[] = { "text", "summary", "data" };

static bool is_pieced(const char *key)
{
	for (size_t i = 0; i < ARRAY_LENGTH(pieced); i++)
		if (!strcmp(pieced[i], key))
			return true;
	return false;
}

static bool same_detail(const json_t *a, const json_t *b)
{
	return json_equal(json_object_get(a, "type"), json_object_get(b, "type")) &&
	       json_object_get(a, "index") &&
	       json_equal(json_object_get(a, "index"), json_object_get(b, "index"));
}

/* Joins the pieces [begin, end) into one detail. */
static json_t *join(const json_t *pieces, size_t begin, size_t end)
{
	json_t *whole = json_object(), *value;
	const char *key;

	for (size_t i = begin; i < end; i++) {
		json_object_foreach(json_array_get(pieces, i), key, value) {
			if (!is_pieced(key) &&
			    !(json_is_null(value) && json_object_get(whole, key)))
				json_object_set(whole, key, value);
		}
	}
	for (size_t k = 0; k < ARRAY_LENGTH(pieced); k++) {
		CLEANUP(buffer_clear) struct buffer text = BUFFER(REASONING_MAX);

		for (size_t i = begin; i < end; i++)
			buffer_append(&text, wire_get_text(json_array_get(pieces, i), pieced[k]));
		if (text.length)
			json_object_set_new(whole, pieced[k], wire_string(buffer_span(&text)));
	}
	return whole;
}

/* OpenRouter: consecutive pieces of the same type and index are one detail. */
static json_t *join_details(const json_t *pieces)
{
	json_t *list = json_array();
	size_t count = json_array_size(pieces), begin = 0;

	for (size_t i = 1; i <= count; i++) {
		if (i < count &&
		    same_detail(json_array_get(pieces, begin), json_array_get(pieces, i)))
			continue;
		json_array_append_new(list, join(pieces, begin, i));
		begin = i;
	}
	return list;
}

json_t *reasoning_keep(const struct reasoning *reasoning)
{
	json_t *kept = json_object();

	if (reasoning->content.length && !reasoning->content.overflow)
		json_object_set_new(kept, "reasoning_content",
				    wire_string(buffer_span(&reasoning->content)));
	if (reasoning->size > REASONING_MAX)
		return kept;
	if (reasoning->details)
		json_object_set_new(kept, "reasoning_details", join_details(reasoning->details));
	if (reasoning->extra)
		json_object_set(kept, "extra_content", reasoning->extra);
	if (reasoning->thinking)
		json_object_set(kept, "thinking", reasoning->thinking);
	return kept;
}

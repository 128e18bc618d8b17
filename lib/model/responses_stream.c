/* OpenAI Responses events. An item is announced, comes in pieces, and is told once more when it is
 * done; the last event tells all of them again. What came in pieces is not taken twice, and what a
 * server left out on the way is taken from the end. */
#include "responses.h"
#include "stream.h"
#include "wire.h"

enum item_kind { ITEM_OTHER, ITEM_MESSAGE, ITEM_REASONING, ITEM_CALL };

struct item {
	int64_t index; /* output_index, -1: none */
	char *id;
	enum item_kind kind;
	bool spoke;  /* MESSAGE: a piece of its text has come */
	bool done;   /* it was told as a whole */
	size_t call; /* CALL: its place in the draft, SIZE_MAX: over the limit */
};

void responses_items_clear(struct model_stream *stream)
{
	for (size_t i = 0; i < stream->item_count; i++)
		free(stream->items[i].id);
	free(stream->items);
	stream->items = NULL;
	stream->item_count = stream->item_capacity = 0;
}

static int64_t index_of(const json_t *event)
{
	const json_t *index = json_object_get(event, "output_index");

	return json_is_integer(index) ? json_integer_value(index) : -1;
}

/* By its number; some gateways change the id from one event to the next, and some number every item
 * 0, so that of several with a number the newest is meant. */
static struct item *find_item(struct model_stream *stream, int64_t index, struct span id)
{
	for (size_t i = stream->item_count; i-- > 0 && index >= 0;)
		if (stream->items[i].index == index)
			return &stream->items[i];
	for (size_t i = stream->item_count; i-- > 0 && id.length;)
		if (span_equal(span_of(stream->items[i].id), id))
			return &stream->items[i];
	return NULL;
}

static struct item *item_of(struct model_stream *stream, const json_t *event)
{
	return find_item(stream, index_of(event), wire_get_text(event, "item_id"));
}

/* ---- items ---- */

static enum item_kind kind_of(const json_t *json)
{
	static const struct {
		const char *word;
		enum item_kind kind;
	} kinds[] = {
		{ "message", ITEM_MESSAGE },
		{ "reasoning", ITEM_REASONING },
		{ "function_call", ITEM_CALL },
	};
	struct span word = wire_get_text(json, "type");

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if (span_equal(word, span_of(kinds[i].word)))
			return kinds[i].kind;
	return ITEM_OTHER;
}

/* Notes the place of a text or a call among the reasoning items. */
static void keep_place(struct model_stream *stream, json_t *place)
{
	reasoning_add_thinking(&stream->draft.reasoning, place);
	json_decref(place);
}

static void begin_call(struct model_stream *stream, struct item *item, const json_t *json)
{
	struct draft_call *call = draft_add_call(&stream->draft);
	struct span id = wire_get_text(json, "call_id");

	item->call = SIZE_MAX;
	if (!call)
		return;
	item->call = stream->draft.call_count - 1;
	keep_place(stream, json_integer((json_int_t)item->call));
	call->key = wire_text(wire_cut(id.length ? id : span_of(item->id), 200));
	draft_add_name(call, wire_get_text(json, "name"));
	draft_add_arguments(call, wire_get_text(json, "arguments"));
}

static int begin_item(struct model_stream *stream, int64_t index, const json_t *json,
		      struct item **ret_item, struct error *error)
{
	struct item *item;

	if (array_grow((void **)&stream->items, stream->item_count, &stream->item_capacity,
		       sizeof(*stream->items), STREAM_BLOCKS_MAX))
		return error_set(error, ERROR_TOO_LARGE, "the reply has more than %d items",
				 STREAM_BLOCKS_MAX);
	item = &stream->items[stream->item_count++];
	*item = (struct item){
		.index = index,
		.id = wire_text(wire_cut(wire_get_text(json, "id"), 200)),
		.kind = kind_of(json),
	};
	if (item->kind == ITEM_MESSAGE)
		keep_place(stream, json_string("text"));
	if (item->kind == ITEM_CALL)
		begin_call(stream, item, json);
	*ret_item = item;
	return 0;
}

/* Text of another item is a paragraph of its own. */
static int add_text(struct model_stream *stream, struct item *item, struct span text,
		    struct error *error)
{
	struct draft *draft = &stream->draft;
	int r = 0;

	if (!text.length)
		return 0;
	if (item && !item->spoke && draft->text.length)
		r = draft_add_text(draft, SPAN("\n\n"), error);
	if (item)
		item->spoke = true;
	return r ? r : draft_add_text(draft, text, error);
}

/* The whole arguments, which overrule their pieces. */
static void set_arguments(struct model_stream *stream, const struct item *item, struct span text)
{
	struct draft_call *call;

	if (!item || item->kind != ITEM_CALL || item->call == SIZE_MAX || !text.length)
		return;
	call = &stream->draft.calls[item->call];
	if (span_equal(buffer_span(&call->arguments), text))
		return;
	buffer_reset(&call->arguments);
	call->depth = 0;
	call->in_string = call->escaped = call->whole = false;
	draft_add_arguments(call, text);
}

/* Of use only with what it stands for: without the server's memory an id alone refers to nothing.
 * `status` is refused by some who send it. */
static void keep_reasoning(struct model_stream *stream, const json_t *json)
{
	_json_ json_t *copy = NULL;

	if (!wire_get_text(json, "encrypted_content").length &&
	    !json_array_size(json_object_get(json, "content")))
		return;
	copy = json_copy((json_t *)(uintptr_t)json);
	json_object_del(copy, "status");
	reasoning_add_thinking(&stream->draft.reasoning, copy);
}

static int take_parts(struct model_stream *stream, struct item *item, const json_t *json,
		      struct error *error)
{
	const json_t *part;
	bool spoke = item->spoke;
	size_t i;
	int r = 0;

	json_array_foreach(wire_get_array(json, "content"), i, part) {
		struct span refusal = wire_get_text(part, "refusal");

		if (refusal.length)
			stream->draft.refused = true;
		if (spoke)
			continue;
		r = r ? r : add_text(stream, item, wire_get_text(part, "text"), error);
		r = r ? r : add_text(stream, item, refusal, error);
	}
	return r;
}

/* An item as a whole, whether its pieces came or not. */
static int take_item(struct model_stream *stream, int64_t index, const json_t *json,
		     struct error *error)
{
	struct item *item = find_item(stream, index, wire_get_text(json, "id"));
	int r = 0;

	if (!item || item->done || item->kind != kind_of(json))
		r = begin_item(stream, index, json, &item, error);
	if (r)
		return r;
	item->done = true;
	switch (item->kind) {
	case ITEM_MESSAGE: return take_parts(stream, item, json, error);
	case ITEM_CALL: set_arguments(stream, item, wire_get_text(json, "arguments")); break;
	case ITEM_REASONING: keep_reasoning(stream, json); break;
	case ITEM_OTHER: break;
	}
	return 0;
}

/* ---- events ---- */

static int take_begin(struct model_stream *stream, const json_t *event, struct error *error)
{
	const json_t *response = json_object_get(event, "response");

	(void)error;
	draft_set_id(&stream->draft, wire_get_text(response, "id"));
	draft_set_model(&stream->draft, wire_get_text(response, "model"));
	draft_tell(&stream->draft, MODEL_EVENT_PING);
	return 0;
}

static int take_item_added(struct model_stream *stream, const json_t *event, struct error *error)
{
	struct item *item;
	int r = begin_item(stream, index_of(event), json_object_get(event, "item"), &item, error);

	if (!r)
		draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return r;
}

static int take_item_done(struct model_stream *stream, const json_t *event, struct error *error)
{
	int r = take_item(stream, index_of(event), json_object_get(event, "item"), error);

	if (!r)
		draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return r;
}

static int take_text(struct model_stream *stream, const json_t *event, struct error *error)
{
	struct span piece = wire_get_text(event, "delta");

	if (!piece.length)
		draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return add_text(stream, item_of(stream, event), piece, error);
}

static int take_refusal(struct model_stream *stream, const json_t *event, struct error *error)
{
	stream->draft.refused = true;
	return take_text(stream, event, error);
}

static int take_arguments(struct model_stream *stream, const json_t *event, struct error *error)
{
	struct item *item = item_of(stream, event);

	if (!item || item->kind != ITEM_CALL)
		return error_set(error, ERROR_PROTOCOL,
				 "the stream contradicts itself: arguments of a call that never "
				 "began");
	if (item->call != SIZE_MAX) {
		draft_add_arguments(&stream->draft.calls[item->call],
				    wire_get_text(event, "delta"));
		stream->draft.call_is_last = true;
	}
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return 0;
}

static int take_whole_arguments(struct model_stream *stream, const json_t *event,
				struct error *error)
{
	(void)error;
	set_arguments(stream, item_of(stream, event), wire_get_text(event, "arguments"));
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return 0;
}

static int take_progress(struct model_stream *stream, const json_t *event, struct error *error)
{
	(void)event;
	(void)error;
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return 0;
}

/* ---- the end ---- */

/* Kinds of items that were told on the way are not taken again. */
static int take_output(struct model_stream *stream, const json_t *output, struct error *error)
{
	bool told[] = {
		[ITEM_OTHER] = true,
		[ITEM_MESSAGE] = stream->draft.text.length > 0,
		[ITEM_REASONING] = false,
		[ITEM_CALL] = stream->draft.call_count > 0,
	};
	const json_t *json;
	size_t i;
	int r = 0;

	for (i = 0; i < stream->item_count; i++)
		told[ITEM_REASONING] = told[ITEM_REASONING] ||
				       stream->items[i].kind == ITEM_REASONING;
	json_array_foreach(output, i, json) {
		if (!told[kind_of(json)])
			r = r ? r : take_item(stream, (int64_t)i, json, error);
	}
	return r;
}

/* Places alone are worth nothing. */
static void drop_bare_order(struct reasoning *reasoning)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(reasoning->thinking, i, entry) {
		if (json_is_object(entry))
			return;
	}
	json_decref(reasoning->thinking);
	reasoning->thinking = NULL;
}

static int fail(struct model_stream *stream, const json_t *response, struct span status,
		struct error *error)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(512);
	_json_ json_t *report = NULL;

	if (wire_get_object(response, "error")) {
		report = json_pack("{s:O}", "error", wire_get_object(response, "error"));
		return stream_check_error(stream, report, true, error);
	}
	stream_keep_report(stream, json_pack("{s:o}", "code", wire_string(status)));
	wire_line_append(&line, status, 80);
	return error_set(error, ERROR_REMOTE, "the server ended the reply with status \"%s\"",
			 line.data);
}

/* Sets *ret_over to whether the response is at an end; one that failed is an error. */
static int check_status(struct model_stream *stream, const json_t *response, struct span status,
			bool *ret_over, struct error *error)
{
	const json_t *details = json_object_get(response, "incomplete_details");
	struct span reason = wire_get_text(details, "reason");

	*ret_over = true;
	if (span_equal(status, SPAN("failed")) || span_equal(status, SPAN("cancelled")))
		return fail(stream, response, status, error);
	if (span_equal(status, SPAN("incomplete"))) {
		if (span_equal(reason, SPAN("content_filter")))
			stream->draft.refused = true;
		else
			stream->draft.cut = true;
		return 0;
	}
	*ret_over = span_equal(status, SPAN("completed"));
	return 0;
}

static int take_response(struct model_stream *stream, const json_t *response, struct span status,
			 struct error *error)
{
	struct draft *draft = &stream->draft;
	bool over;
	int r;

	usage_take_openai(&draft->usage, json_object_get(response, "usage"));
	r = check_status(stream, response, status, &over, error);
	if (r || !over)
		return r;
	draft_set_id(draft, wire_get_text(response, "id"));
	draft_set_model(draft, wire_get_text(response, "model"));
	r = take_output(stream, wire_get_array(response, "output"), error);
	if (r)
		return r;
	drop_bare_order(&draft->reasoning);
	stream->terminal = stream->ended = true;
	draft_close(draft);
	return 0;
}

/* The status within overrules the event's name: some send every end as completed. */
static int take_end(struct model_stream *stream, const json_t *event, struct span word,
		    struct error *error)
{
	const json_t *response = json_object_get(event, "response");
	struct span status = wire_get_text(response, "status");

	return take_response(stream, response, status.length ? status : word, error);
}

static int take_completed(struct model_stream *stream, const json_t *event, struct error *error)
{
	return take_end(stream, event, SPAN("completed"), error);
}

static int take_incomplete(struct model_stream *stream, const json_t *event, struct error *error)
{
	return take_end(stream, event, SPAN("incomplete"), error);
}

static int take_failed(struct model_stream *stream, const json_t *event, struct error *error)
{
	return fail(stream, json_object_get(event, "response"), SPAN("failed"), error);
}

/* ---- the table ---- */

struct event_word {
	const char *type;
	int (*take)(struct model_stream *stream, const json_t *event, struct error *error);
};

static const struct event_word event_words[] = {
	{ "response.output_text.delta", take_text },
	{ "response.function_call_arguments.delta", take_arguments },
	{ "response.reasoning_text.delta", take_progress },
	{ "response.reasoning_summary_text.delta", take_progress },
	{ "response.output_item.added", take_item_added },
	{ "response.output_item.done", take_item_done },
	{ "response.function_call_arguments.done", take_whole_arguments },
	{ "response.refusal.delta", take_refusal },
	{ "response.created", take_begin },
	{ "response.in_progress", take_begin },
	{ "response.completed", take_completed },
	{ "response.incomplete", take_incomplete },
	{ "response.failed", take_failed },
};

static int take(struct model_stream *stream, const struct sse_event *event, struct error *error)
{
	_json_ json_t *json = NULL;
	struct span type;
	int r;

	if (span_equal(event->data, SPAN("[DONE]"))) /* of gateways; it ends nothing */
		return 0;
	r = stream_parse(stream, event, &json, error);
	if (!r)
		r = stream_check_error(stream, json, span_equal(event->name, SPAN("error")), error);
	if (r)
		return r;
	type = wire_get_text(json, "type");
	if (!type.length)
		type = event->name;
	for (size_t i = 0; i < ARRAY_LENGTH(event_words); i++)
		if (span_equal(type, span_of(event_words[i].type)))
			return event_words[i].take(stream, json, error);
	draft_tell(&stream->draft, MODEL_EVENT_PING);
	return 0;
}

static int take_whole(struct model_stream *stream, const json_t *answer, struct error *error)
{
	return take_response(stream, answer, wire_get_text(answer, "status"), error);
}

const struct stream_kind stream_responses = { "responses", take, take_whole };

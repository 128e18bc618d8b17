/* Anthropic Messages events. Unknown events, blocks and deltas are ignored; what contradicts itself
 * (a second message inside the first, a piece of a block that is not open) is a failure. */
#include "stream.h"
#include "wire.h"

enum block_kind { BLOCK_OTHER, BLOCK_TEXT, BLOCK_THINKING, BLOCK_REDACTED, BLOCK_CALL };

struct block {
	int64_t index;
	enum block_kind kind;
	bool open;
	size_t call; /* BLOCK_CALL: its place in the draft, SIZE_MAX: over the limit */
	struct buffer thinking, signature; /* BLOCK_THINKING */
};

void anthropic_blocks_clear(struct model_stream *stream)
{
	for (size_t i = 0; i < stream->block_count; i++) {
		buffer_clear(&stream->blocks[i].thinking);
		buffer_clear(&stream->blocks[i].signature);
	}
	free(stream->blocks);
	stream->blocks = NULL;
	stream->block_count = stream->block_capacity = 0;
}

static int contradiction(struct error *error, const char *what)
{
	return error_set(error, ERROR_PROTOCOL, "the stream contradicts itself: %s", what);
}

static int64_t index_of(const json_t *event)
{
	const json_t *index = json_object_get(event, "index");

	return json_is_integer(index) ? json_integer_value(index) : -1;
}

/* The block with the event's index, from the newest on; without an index the newest. */
static struct block *find_block(struct model_stream *stream, int64_t index)
{
	for (size_t i = stream->block_count; i-- > 0;)
		if (index < 0 || stream->blocks[i].index == index)
			return &stream->blocks[i];
	return NULL;
}

static int take_message_start(struct model_stream *stream, const json_t *event, struct error *error)
{
	const json_t *message = json_object_get(event, "message");
	struct span id = wire_get_text(message, "id");
	struct draft *draft = &stream->draft;

	if (stream->began) {
		if (span_equal(id, span_of(draft->request_id)))
			return 0; /* the same once more */
		return contradiction(error, "a second message begins inside the first");
	}
	stream->began = true;
	draft_set_id(draft, id);
	draft_set_model(draft, wire_get_text(message, "model"));
	usage_take_anthropic(&draft->usage, json_object_get(message, "usage"), false);
	draft_tell(draft, MODEL_EVENT_PING);
	return 0;
}

/* ---- blocks ---- */

static enum block_kind kind_of(const json_t *content)
{
	static const struct {
		const char *word;
		enum block_kind kind;
	} kinds[] = {
		{ "text", BLOCK_TEXT },
		{ "thinking", BLOCK_THINKING },
		{ "redacted_thinking", BLOCK_REDACTED },
		{ "tool_use", BLOCK_CALL },
	};
	struct span word = wire_get_text(content, "type");

	for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++)
		if (span_equal(word, span_of(kinds[i].word)))
			return kinds[i].kind;
	return BLOCK_OTHER;
}

/* `input` is {} here and comes in pieces; some gateways send it whole. */
static void begin_call(struct model_stream *stream, struct block *block, const json_t *content)
{
	struct draft_call *call = draft_add_call(&stream->draft);
	const json_t *input = json_object_get(content, "input");
	struct span id = wire_get_text(content, "id");
	_free_ char *text = NULL;

	block->call = SIZE_MAX;
	if (!call)
		return;
	block->call = stream->draft.call_count - 1;
	call->key = wire_text(wire_cut(id, 200));
	draft_add_name(call, wire_get_text(content, "name"));
	if (json_object_size(input))
		text = wire_dump(input);
	draft_add_arguments(call, span_of(text));
}

/* Text behind a block of another kind is a paragraph of its own. */
static int begin_text(struct model_stream *stream, const json_t *content, struct error *error)
{
	struct draft *draft = &stream->draft;
	bool apart = stream->block_count > 1 && draft->text.length &&
		     stream->blocks[stream->block_count - 2].kind != BLOCK_TEXT;
	int r = apart ? draft_add_text(draft, SPAN("\n\n"), error) : 0;

	return r ? r : draft_add_text(draft, wire_get_text(content, "text"), error);
}

static void begin_thinking(struct block *block, const json_t *content)
{
	buffer_append(&block->thinking, wire_get_text(content, "thinking"));
	buffer_append(&block->signature, wire_get_text(content, "signature"));
}

static int take_block_start(struct model_stream *stream, const json_t *event, struct error *error)
{
	json_t *content = json_object_get(event, "content_block");
	int64_t index = index_of(event);
	struct block *block;

	if (index >= 0 && find_block(stream, index))
		return contradiction(error, "a block begins twice");
	if (array_grow((void **)&stream->blocks, stream->block_count, &stream->block_capacity,
		       sizeof(*stream->blocks), STREAM_BLOCKS_MAX))
		return error_set(error, ERROR_TOO_LARGE, "the reply has more than %d blocks",
				 STREAM_BLOCKS_MAX);
	block = &stream->blocks[stream->block_count++];
	*block = (struct block){
		.index = index,
		.kind = kind_of(content),
		.open = true,
		.thinking = BUFFER(REASONING_MAX),
		.signature = BUFFER(REASONING_MAX),
	};
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	switch (block->kind) {
	case BLOCK_TEXT: return begin_text(stream, content, error);
	case BLOCK_THINKING: begin_thinking(block, content); break;
	case BLOCK_REDACTED: reasoning_add_thinking(&stream->draft.reasoning, content); break;
	case BLOCK_CALL: begin_call(stream, block, content); break;
	case BLOCK_OTHER: break;
	}
	return 0;
}

struct delta_word {
	const char *word, *member;
	enum block_kind kind; /* the block that it may be a piece of */
};

static const struct delta_word delta_words[] = {
	{ "text_delta", "text", BLOCK_TEXT },
	{ "thinking_delta", "thinking", BLOCK_THINKING },
	{ "signature_delta", "signature", BLOCK_THINKING },
	{ "input_json_delta", "partial_json", BLOCK_CALL },
};

static const struct delta_word *find_delta_word(const json_t *delta)
{
	struct span word = wire_get_text(delta, "type");

	for (size_t i = 0; i < ARRAY_LENGTH(delta_words); i++)
		if (span_equal(word, span_of(delta_words[i].word)))
			return &delta_words[i];
	return NULL;
}

static void add_piece(struct model_stream *stream, struct block *block, struct span piece,
		      bool is_signature)
{
	if (block->kind == BLOCK_CALL && block->call != SIZE_MAX)
		draft_add_arguments(&stream->draft.calls[block->call], piece);
	if (block->kind == BLOCK_THINKING)
		buffer_append(is_signature ? &block->signature : &block->thinking, piece);
}

static int take_block_delta(struct model_stream *stream, const json_t *event, struct error *error)
{
	const json_t *delta = json_object_get(event, "delta");
	const struct delta_word *word = find_delta_word(delta);
	struct block *block = find_block(stream, index_of(event));
	struct span piece;

	if (!block || !block->open)
		return contradiction(error, "a piece of a block that is not open");
	if (word && block->kind != BLOCK_OTHER && block->kind != word->kind)
		return contradiction(error, "a piece of one kind in a block of another");
	piece = word ? wire_get_text(delta, word->member) : (struct span){ NULL, 0 };
	if (block->kind == BLOCK_TEXT && piece.length) {
		stream->plain = piece;
		return draft_add_text(&stream->draft, piece, error);
	}
	if (word)
		add_piece(stream, block, piece, !strcmp(word->member, "signature"));
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return 0;
}

static void keep_thinking(struct model_stream *stream, struct block *block)
{
	_json_ json_t *json = json_object();

	if (block->thinking.overflow || block->signature.overflow)
		return;
	json_object_set_new(json, "type", json_string("thinking"));
	json_object_set_new(json, "thinking", wire_string(buffer_span(&block->thinking)));
	json_object_set_new(json, "signature", wire_string(buffer_span(&block->signature)));
	reasoning_add_thinking(&stream->draft.reasoning, json);
	buffer_clear(&block->thinking);
	buffer_clear(&block->signature);
}

static void close_block(struct model_stream *stream, struct block *block)
{
	if (block->open && block->kind == BLOCK_THINKING)
		keep_thinking(stream, block);
	block->open = false;
}

static int take_block_stop(struct model_stream *stream, const json_t *event, struct error *error)
{
	struct block *block = find_block(stream, index_of(event));

	if (!block)
		return contradiction(error, "the end of a block that never began");
	close_block(stream, block);
	draft_tell(&stream->draft, MODEL_EVENT_PROGRESS);
	return 0;
}

/* ---- the end ---- */

/* stop_reason: end_turn, tool_use, stop_sequence and pause_turn (only with tools of the server's
 * own, which are never asked for) are ordinary ends: whether calls came decides. */
static void take_stop_reason(struct model_stream *stream, struct span word)
{
	if (!word.length)
		return;
	stream->terminal = true;
	if (span_equal(word, SPAN("max_tokens")) || span_equal(word, SPAN("length")) ||
	    span_equal(word, SPAN("model_context_window_exceeded")))
		stream->draft.cut = true;
	if (span_equal(word, SPAN("refusal")) || span_equal(word, SPAN("content_filter")))
		stream->draft.refused = true;
}

static int take_message_delta(struct model_stream *stream, const json_t *event, struct error *error)
{
	const json_t *delta = json_object_get(event, "delta");

	(void)error;
	usage_take_anthropic(&stream->draft.usage, json_object_get(event, "usage"), true);
	take_stop_reason(stream, wire_get_text(delta, "stop_reason"));
	draft_tell(&stream->draft, MODEL_EVENT_PING);
	return 0;
}

static int take_message_stop(struct model_stream *stream, const json_t *event, struct error *error)
{
	(void)event;
	(void)error;
	for (size_t i = 0; i < stream->block_count; i++)
		close_block(stream, &stream->blocks[i]);
	stream->terminal = stream->ended = true;
	draft_close(&stream->draft);
	return 0;
}

static int take_ping(struct model_stream *stream, const json_t *event, struct error *error)
{
	(void)event;
	(void)error;
	draft_tell(&stream->draft, MODEL_EVENT_PING);
	return 0;
}

typedef int (*event_take)(struct model_stream *stream, const json_t *event, struct error *error);

struct event_word {
	const char *type;
	event_take take;
};

static const struct event_word event_words[] = {
	{ "content_block_delta", take_block_delta }, { "content_block_start", take_block_start },
	{ "content_block_stop", take_block_stop },   { "message_delta", take_message_delta },
	{ "message_start", take_message_start },     { "message_stop", take_message_stop },
};

static event_take find_take(struct span type)
{
	for (size_t i = 0; i < ARRAY_LENGTH(event_words); i++)
		if (span_equal(type, span_of(event_words[i].type)))
			return event_words[i].take;
	return take_ping;
}

static int take(struct model_stream *stream, const struct sse_event *event, struct error *error)
{
	_json_ json_t *json = NULL;
	struct span type;
	int r = 0;

	if (span_equal(event->data, SPAN("[DONE]"))) { /* gateways that speak both formats */
		if (stream->terminal)
			stream->ended = true;
		return 0;
	}
	r = stream_parse(stream, event, &json, error);
	if (!r)
		r = stream_check_error(stream, json, span_equal(event->name, SPAN("error")), error);
	if (r)
		return r;
	type = wire_get_text(json, "type");
	if (!type.length)
		type = event->name;
	r = find_take(type)(stream, json, error);
	if (!r && stream->plain.length)
		repeat_learn(&stream->repeat, event, SPAN("\"text\":"), stream->plain);
	return r;
}

/* A whole message, as the events it would have been. */
static int take_whole(struct model_stream *stream, const json_t *answer, struct error *error)
{
	json_t *content = wire_get_array(answer, "content"), *block;
	size_t i;
	int r = 0;

	if (!content)
		return error_set(error, ERROR_PROTOCOL, "the answer is no message");
	draft_set_id(&stream->draft, wire_get_text(answer, "id"));
	draft_set_model(&stream->draft, wire_get_text(answer, "model"));
	usage_take_anthropic(&stream->draft.usage, json_object_get(answer, "usage"), true);
	json_array_foreach(content, i, block) {
		_json_ json_t *event = json_pack("{s:I,s:O}", "index", (json_int_t)i,
						 "content_block", block);

		r = r ? r : take_block_start(stream, event, error);
	}
	if (r)
		return r;
	take_stop_reason(stream, wire_get_text(answer, "stop_reason"));
	return take_message_stop(stream, answer, error);
}

const struct stream_kind stream_anthropic = {
	.name = "anthropic",
	.take = take,
	.take_whole = take_whole,
};

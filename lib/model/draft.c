#include "draft.h"

#include "printed.h"
#include "wire.h"

#include "base/hash.h"

void draft_init(struct draft *draft, model_event_sink sink, void *context)
{
	*draft = (struct draft){
		.text = BUFFER(MODEL_TEXT_MAX),
		.reasoning = REASONING_EMPTY,
		.sink = sink,
		.context = context,
	};
}

static void call_clear(struct draft_call *call)
{
	free(call->key);
	buffer_clear(&call->name);
	buffer_clear(&call->arguments);
	json_decref(call->extra);
	json_decref(call->parsed);
}

void draft_clear(struct draft *draft)
{
	for (size_t i = 0; i < draft->call_count; i++)
		call_clear(&draft->calls[i]);
	free(draft->calls);
	buffer_clear(&draft->text);
	free(draft->request_id);
	free(draft->model);
	reasoning_clear(&draft->reasoning);
	*draft = (struct draft){ .text = BUFFER(MODEL_TEXT_MAX) };
}

static void tell(struct draft *draft, const struct model_event *event)
{
	if (draft->sink)
		draft->sink(draft->context, event);
}

void draft_tell(struct draft *draft, enum model_event_kind kind)
{
	struct model_event event = { .kind = kind };

	tell(draft, &event);
}

int draft_add_text(struct draft *draft, struct span text, struct error *error)
{
	struct model_event event = { .kind = MODEL_EVENT_TEXT, .text = text };

	if (!text.length)
		return 0;
	if (buffer_append(&draft->text, text))
		return error_set(error, ERROR_TOO_LARGE, "the reply's text is longer than %d bytes",
				 MODEL_TEXT_MAX);
	draft->call_is_last = false;
	tell(draft, &event);
	return 0;
}

static void set_once(char **slot, struct span text)
{
	if (!*slot && text.length)
		*slot = wire_text(wire_cut(text, 200));
}

void draft_set_id(struct draft *draft, struct span id)
{
	set_once(&draft->request_id, id);
}

void draft_set_model(struct draft *draft, struct span model)
{
	set_once(&draft->model, model);
}

struct draft_call *draft_add_call(struct draft *draft)
{
	struct draft_call *call;

	if (array_grow((void **)&draft->calls, draft->call_count, &draft->call_capacity,
		       sizeof(*draft->calls), MODEL_CALLS_MAX))
		return NULL;
	call = &draft->calls[draft->call_count++];
	*call = (struct draft_call){
		.index = -1,
		.name = BUFFER(DRAFT_NAME_MAX),
		.arguments = BUFFER(MODEL_ARGUMENTS_MAX),
	};
	draft->call_is_last = true;
	return call;
}

void draft_add_name(struct draft_call *call, struct span piece)
{
	buffer_append(&call->name, piece);
}

/* Follows strings and nesting, so that the end of the object is known without parsing it again. */
static void follow(struct draft_call *call, char c)
{
	if (call->escaped) {
		call->escaped = false;
	} else if (call->in_string) {
		call->escaped = c == '\\';
		call->in_string = c != '"';
	} else if (c == '"') {
		call->in_string = true;
	} else if (c == '{' || c == '[') {
		call->depth++;
	} else if ((c == '}' || c == ']') && call->depth) {
		call->whole = !--call->depth;
	}
}

void draft_add_arguments(struct draft_call *call, struct span piece)
{
	for (size_t i = 0; i < piece.length; i++)
		follow(call, piece.data[i]);
	buffer_append(&call->arguments, piece);
}

void draft_set_extra(struct draft *draft, struct draft_call *call, json_t *extra)
{
	draft->extra_size += wire_size(extra);
	if (draft->extra_size > REASONING_MAX)
		return;
	json_decref(call->extra);
	call->extra = json_incref(extra);
}

/* After "length", the last call may be a part of one even where it is valid JSON: some servers
 * close the brackets of what they cut (llama.cpp, Ollama). */
static bool may_be_part(const struct draft *draft, size_t i)
{
	return draft->cut && draft->call_is_last && i == draft->call_count - 1;
}

static json_t *parse_call(const struct draft *draft, size_t i)
{
	const struct draft_call *call = &draft->calls[i];

	if (may_be_part(draft, i) || call->arguments.overflow || call->name.overflow ||
	    call->duplicate_keys || !call->name.length)
		return NULL;
	return wire_parse_arguments(buffer_span(&call->arguments));
}

static void drop_calls(struct draft *draft)
{
	for (size_t i = 0; i < draft->call_count; i++)
		call_clear(&draft->calls[i]);
	draft->call_count = 0;
}

void draft_close(struct draft *draft)
{
	if (draft->closed)
		return;
	draft->closed = true;
	if (draft->refused)
		drop_calls(draft);
	for (size_t i = 0; i < draft->call_count; i++) {
		struct draft_call *call = &draft->calls[i];
		struct model_event event = {
			.kind = MODEL_EVENT_CALL,
			.text = buffer_span(&call->arguments),
			.name = buffer_span(&call->name),
		};

		call->parsed = parse_call(draft, i);
		if (call->parsed)
			tell(draft, &event);
	}
}

static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

static uint64_t hash(uint64_t h, struct span bytes)
{
	return hash_byte(hash_span(h, bytes), 0xff);
}

/* 9 of [A-Za-z0-9], different for each `order` below 3844 whatever the seeds. */
static void make_call_id(char out[MODEL_CALL_ID_MAX + 1], struct span seed, struct span more,
			 size_t order)
{
	uint64_t h = hash(hash(HASH_BEGIN, seed), more);

	for (size_t i = 0; i < 7; i++, h /= 62)
		out[i] = digits[h % 62];
	out[7] = digits[order / 62 % 62];
	out[8] = digits[order % 62];
	out[9] = '\0';
}

static char *quote_malformed(const struct draft_call *call)
{
	struct span all = buffer_span(&call->arguments);

	return wire_text(wire_cut(all, DRAFT_MALFORMED_MAX));
}

static void move_call(struct draft *draft, size_t i, struct model_call *out)
{
	struct draft_call *call = &draft->calls[i];

	make_call_id(out->id, span_of(draft->request_id), span_of(call->key), i);
	out->name = wire_text(buffer_span(&call->name));
	out->arguments = steal_pointer(&call->parsed);
	if (!out->arguments)
		out->malformed = quote_malformed(call);
}

/* What belongs to a call is kept by its place: "calls":[null,{…}]. */
static void keep_extras(const struct draft *draft, json_t *opaque)
{
	_json_ json_t *list = json_array();

	for (size_t i = 0; i < draft->call_count; i++) {
		if (!draft->calls[i].extra)
			continue;
		while (json_array_size(list) < i)
			json_array_append_new(list, json_null());
		json_array_append(list, draft->calls[i].extra);
	}
	if (json_array_size(list))
		json_object_set(opaque, "calls", list);
}

static json_t *make_opaque(const struct draft *draft, const char *provider)
{
	_json_ json_t *kept = reasoning_keep(&draft->reasoning);
	json_t *opaque;

	keep_extras(draft, kept);
	if (!json_object_size(kept))
		return NULL;
	opaque = json_object();
	json_object_set_new(opaque, "provider", wire_string(span_of(provider)));
	if (draft->model)
		json_object_set_new(opaque, "model", wire_string(span_of(draft->model)));
	json_object_update(opaque, kept);
	return opaque;
}

static enum model_stop decide_stop(const struct draft *draft)
{
	if (draft->refused)
		return MODEL_STOP_REFUSAL;
	if (draft->call_count)
		return MODEL_STOP_TOOLS;
	return draft->cut ? MODEL_STOP_LENGTH : MODEL_STOP_END;
}

static void add_printed_call(struct draft *draft)
{
	struct span text;
	const struct tool *tool = printed_call(buffer_span(&draft->text), &text);
	struct draft_call *call = tool ? draft_add_call(draft) : NULL;

	if (!call)
		return;
	draft_add_name(call, span_of(tool->name));
	draft_add_arguments(call, wire_cut(text, DRAFT_MALFORMED_MAX));
}

struct model_reply *draft_reply(struct draft *draft, const char *provider)
{
	struct model_reply *reply = xcalloc(1, sizeof(*reply));

	draft_close(draft);
	if (!draft->call_count && !draft->refused)
		add_printed_call(draft);
	reply->text = wire_text(buffer_span(&draft->text));
	reply->stop = decide_stop(draft);
	reply->usage = usage_result(&draft->usage);
	reply->opaque = make_opaque(draft, provider);
	reply->call_count = draft->call_count;
	if (draft->call_count)
		reply->calls = xcalloc(draft->call_count, sizeof(*reply->calls));
	for (size_t i = 0; i < draft->call_count; i++)
		move_call(draft, i, &reply->calls[i]);
	reply->request_id = steal_pointer(&draft->request_id);
	return reply;
}

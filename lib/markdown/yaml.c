/* YAML as a tree of plain values, from libfyaml's events: what we refuse (aliases, anchors, tags,
 * merge keys, deep or endless documents) is refused at its first event, so that nothing is ever
 * expanded. */
#include "markdown/markdown.h"

#include <libfyaml.h>

#define YAML_TEXT_MAX (256 * 1024)
/* libfyaml 0.7 reads a block scalar's blank lines in quadratic time: 60 s for 1 MiB of them. */
#define BLANK_LINES_MAX 1000

struct yaml_builder {
	struct fy_parser *parser;
	struct error *error;
	struct span text;
	unsigned first_line;
	struct yaml *root;
	struct yaml *open[YAML_DEPTH_MAX];   /* maps and lists around the next value */
	struct yaml **tails[YAML_DEPTH_MAX]; /* where their next member goes */
	unsigned depth;
	char *key; /* key that waits for its value */
	unsigned key_line, key_column;
	size_t nodes;
	bool ended;
};

/* ---- places ---- */

/* libfyaml's mark of a quoted scalar stands behind the quote. */
static struct fy_mark before_quote(const struct fy_mark *mark, struct fy_token *token)
{
	struct fy_mark before = *mark;
	enum fy_scalar_style style = token ? fy_token_scalar_style(token) : FYSS_PLAIN;

	if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && before.column)
		before.column--;
	return before;
}

static int fail(const struct yaml_builder *b, const struct fy_mark *mark, const char *message)
{
	int r = error_set(b->error, ERROR_INVALID, "%s", message);

	if (b->error && mark)
		error_at(b->error, "", (unsigned)mark->line + b->first_line,
			 (unsigned)mark->column + 1);
	return r;
}

static bool is_null(const char *text)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL" };

	for (size_t i = 0; i < ARRAY_LENGTH(nulls); i++)
		if (!strcmp(text, nulls[i]))
			return true;
	return false;
}

/* ---- building ---- */

static bool wants_key(const struct yaml_builder *b)
{
	return b->depth && b->open[b->depth - 1]->kind == YAML_MAP && !b->key;
}

static int take_key(struct yaml_builder *b, const struct fy_mark *mark, char *text, bool quoted)
{
	b->key = text;
	b->key_line = mark ? (unsigned)mark->line + b->first_line : b->first_line;
	b->key_column = mark ? (unsigned)mark->column + 1 : 1;
	if (!quoted && !strcmp(text, "<<"))
		return fail(b, mark, "merge keys (\"<<\") are not supported; write the keys out");
	return 0;
}

static int add(struct yaml_builder *b, enum yaml_kind kind, const struct fy_mark *mark,
	       struct yaml **ret_node)
{
	struct yaml *node;

	if (b->nodes++ >= YAML_NODES_MAX)
		return fail(b, mark, "the YAML has more than 20000 values; shorten it");
	node = xcalloc(1, sizeof(*node));
	node->kind = kind;
	node->line = mark ? (unsigned)mark->line + b->first_line : b->key_line;
	node->column = mark ? (unsigned)mark->column + 1 : b->key_column;
	node->key = steal_pointer(&b->key);
	node->key_line = b->key_line;
	node->key_column = b->key_column;
	if (b->depth) {
		*b->tails[b->depth - 1] = node;
		b->tails[b->depth - 1] = &node->next;
		b->open[b->depth - 1]->count++;
	} else {
		b->root = node;
	}
	*ret_node = node;
	return 0;
}

static int open_collection(struct yaml_builder *b, enum yaml_kind kind, const struct fy_mark *mark)
{
	struct yaml *node = NULL;
	int r;

	if (wants_key(b))
		return fail(b, mark, "a key must be a word, not a list or a map");
	if (b->depth == YAML_DEPTH_MAX)
		return fail(b, mark, "the YAML is nested more than 16 levels deep");
	r = add(b, kind, mark, &node);
	if (r)
		return r;
	b->open[b->depth] = node;
	b->tails[b->depth++] = &node->first;
	return 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct yaml *const *x = a, *const *y = b;
	int order = strcmp((*x)->key, (*y)->key);

	if (order)
		return order;
	if ((*x)->key_line != (*y)->key_line)
		return (*x)->key_line < (*y)->key_line ? -1 : 1;
	return (*x)->key_column < (*y)->key_column ? -1 : 1;
}

static int refuse_duplicates(struct yaml_builder *b, const struct yaml *map)
{
	_free_ const struct yaml **members = xcalloc(map->count, sizeof(const struct yaml *));
	const struct yaml *node = map->first;
	int r = 0;

	for (size_t i = 0; i < map->count; i++, node = node->next)
		members[i] = node;
	qsort(members, map->count, sizeof(const struct yaml *), compare_keys);
	for (size_t i = 1; i < map->count && !r; i++) {
		if (strcmp(members[i - 1]->key, members[i]->key))
			continue;
		r = error_set(b->error, ERROR_INVALID,
			      "the key \"%s\" is here twice (first on line %u); keep one",
			      members[i]->key, members[i - 1]->key_line);
		if (b->error)
			error_at(b->error, "", members[i]->key_line, members[i]->key_column);
	}
	return r;
}

static int close_collection(struct yaml_builder *b)
{
	struct yaml *node = b->open[--b->depth];

	return node->kind == YAML_MAP ? refuse_duplicates(b, node) : 0;
}

/* ---- events ---- */

static int on_scalar(struct yaml_builder *b, struct fy_event *event, const struct fy_mark *mark)
{
	struct fy_token *token = event->scalar.value;
	struct fy_mark before = mark ? before_quote(mark, token) : (struct fy_mark){ 0 };
	bool quoted = token && fy_token_scalar_style(token) != FYSS_PLAIN;
	_free_ char *text = NULL;
	struct yaml *node;
	size_t length = 0;
	const char *data = token ? fy_token_get_text(token, &length) : "";
	int r;

	if (mark)
		mark = &before;
	if (!data || memchr(data, '\0', length))
		return fail(b, mark, "a value must not contain a NUL");
	text = xstrndup(data, length);
	if (wants_key(b))
		return take_key(b, mark, steal_pointer(&text), quoted);
	r = add(b, quoted || !is_null(text) ? YAML_SCALAR : YAML_NULL, mark, &node);
	if (r)
		return r;
	node->quoted = quoted;
	if (node->kind == YAML_SCALAR)
		node->scalar = steal_pointer(&text);
	return 0;
}

static int on_document(struct yaml_builder *b, const struct fy_mark *mark)
{
	if (b->ended)
		return fail(b, mark,
			    "only one YAML document is allowed here; remove the second `---`");
	return 0;
}

static int on_event(struct yaml_builder *b, struct fy_event *event)
{
	const struct fy_mark *mark = fy_event_start_mark(event);

	if (fy_event_get_anchor_token(event))
		return fail(b, mark, "anchors (\"&name\") are not supported; write the value out");
	if (fy_event_get_tag_token(event))
		return fail(b, mark, "tags (\"!name\") are not supported; remove the tag");
	switch (event->type) {
	case FYET_ALIAS:
		return fail(b, mark, "aliases (\"*name\") are not supported; write the value out");
	case FYET_SCALAR: return on_scalar(b, event, mark);
	case FYET_MAPPING_START: return open_collection(b, YAML_MAP, mark);
	case FYET_SEQUENCE_START: return open_collection(b, YAML_LIST, mark);
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END: return close_collection(b);
	case FYET_DOCUMENT_START: return on_document(b, mark);
	case FYET_DOCUMENT_END: b->ended = true; return 0;
	default: return 0;
	}
}

/* ---- errors of libfyaml ---- */

/* The first one that was collected is the cause. Unlike marks, these places count from 1. */
static int report(const struct yaml_builder *b, struct fy_diag *diag)
{
	void *iterator = NULL;
	const struct fy_diag_error *cause = fy_diag_errors_iterate(diag, &iterator);
	int r;

	if (!cause)
		return error_set(b->error, ERROR_INVALID, "this is no YAML");
	r = error_set(b->error, ERROR_INVALID, "this is no YAML: %s", cause->msg);
	if (b->error && cause->line > 0)
		error_at(b->error, "", (unsigned)cause->line - 1 + b->first_line,
			 cause->column > 0 ? (unsigned)cause->column : 0);
	return r;
}

static int run(struct yaml_builder *b, struct fy_diag *diag)
{
	struct fy_event *event;
	int r = 0;

	if (fy_parser_set_string(b->parser, b->text.data, b->text.length))
		return report(b, diag);
	while (!r && (event = fy_parser_parse(b->parser))) {
		r = on_event(b, event);
		fy_parser_event_free(b->parser, event);
	}
	if (!r && fy_parser_get_stream_error(b->parser))
		r = report(b, diag);
	return r;
}

/* Errors are collected; without a place to print to, nothing reaches stderr. */
static struct fy_diag *collecting_diag(void)
{
	struct fy_diag_cfg config;
	struct fy_diag *diag;

	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.level = FYET_ERROR;
	config.colorize = false;
	diag = fy_diag_create(&config);
	if (!diag)
		BUG("libfyaml has no memory for its diagnostics");
	fy_diag_set_collect_errors(diag, true);
	return diag;
}

static int parse(struct yaml_builder *b)
{
	struct fy_diag *diag = collecting_diag();
	struct fy_parse_cfg config = { .flags = FYPCF_QUIET | FYPCF_DISABLE_MMAP_OPT,
				       .diag = diag };
	int r;

	b->parser = fy_parser_create(&config);
	if (!b->parser)
		BUG("libfyaml has no memory for a parser");
	r = run(b, diag);
	fy_parser_destroy(b->parser);
	fy_diag_destroy(diag);
	free(b->key);
	return r;
}

static bool has_blank_run(struct span text)
{
	struct span line;
	unsigned run = 0;

	while (span_next_line(&text, &line)) {
		run = span_trim(line).length ? 0 : run + 1;
		if (run > BLANK_LINES_MAX)
			return true;
	}
	return false;
}

static int check_text(struct span text, struct error *error)
{
	if (text.length > YAML_TEXT_MAX)
		return error_set(error, ERROR_TOO_LARGE,
				 "the YAML is larger than 256 KiB; shorten it");
	if (has_blank_run(text))
		return error_set(error, ERROR_TOO_LARGE,
				 "the YAML has over 1000 blank lines in a row; remove them");
	if (!utf8_valid(text))
		return error_set(error, ERROR_INVALID, "the YAML is no UTF-8; save it as UTF-8");
	return 0;
}

int yaml_parse(struct span text, unsigned first_line, struct yaml **ret_yaml, struct error *error)
{
	struct yaml_builder b = { .text = text, .first_line = first_line, .error = error };
	int r = check_text(text, error);

	b.key_line = first_line;
	b.key_column = 1;
	if (!r && text.length)
		r = parse(&b);
	if (r) {
		yaml_free(b.root);
		return r;
	}
	if (!b.root)
		add(&b, YAML_NULL, NULL, &b.root);
	*ret_yaml = b.root;
	return 0;
}

void yaml_free(struct yaml *yaml)
{
	while (yaml) {
		struct yaml *next = yaml->next;

		yaml_free(yaml->first);
		free(yaml->scalar);
		free(yaml->key);
		free(yaml);
		yaml = next;
	}
}

const struct yaml *yaml_get(const struct yaml *map, const char *key)
{
	const struct yaml *node = map && map->kind == YAML_MAP ? map->first : NULL;

	while (node && strcmp(node->key, key))
		node = node->next;
	return node;
}

#include "memory/memory.h"

#include "entry.h"
#include "layer.h"
#include "markdown/markdown.h"

#define SECTIONS_MAX 20000
#define ENTRIES_MAX MARKDOWN_NODES_MAX

/* What is under way while the tree is walked. */
struct reading {
	struct memory *memory;
	const struct markdown *document;
	unsigned line_offset;
	int title_level;             /* 1 while the file's only H1 is its title, else 0 */
	enum memory_layer layers[7]; /* of the open headings, by level */
	bool known[7];
	int64_t day; /* of a dated heading, or NO_DAY */
};

static int too_many(struct error *error)
{
	return error_set(error, ERROR_TOO_LARGE, "the memory file has too many parts: prune it");
}

/* The only H1, when it is the first heading and not the last one, is the title of the file. */
static int find_title(const struct markdown *document)
{
	const struct markdown_node *first = NULL;
	unsigned headings = 0, tops = 0;

	for (const struct markdown_node *n = markdown_root(document)->first; n; n = n->next) {
		if (n->kind != MARKDOWN_HEADING)
			continue;
		if (!first)
			first = n;
		headings++;
		tops += n->level == 1;
	}
	return first && first->level == 1 && tops == 1 && headings > 1 ? 1 : 0;
}

/* A heading without a layer of its own belongs to the one above it; there only a label overrides.
 */
static enum memory_layer layer_below(struct reading *r, const struct markdown_node *heading)
{
	enum memory_layer inherited = MEMORY_OTHER, own;
	bool labelled;

	if (heading->level == r->title_level)
		return MEMORY_OTHER;
	for (int level = 1; level < heading->level; level++)
		if (r->known[level] && r->layers[level] != MEMORY_OTHER)
			inherited = r->layers[level];
	own = layer_of_heading(heading->text, &labelled);
	return labelled || inherited == MEMORY_OTHER ? own : inherited;
}

static void enter_heading(struct reading *r, const struct markdown_node *heading,
			  enum memory_layer layer)
{
	struct span text = heading->text;

	for (int level = heading->level; level < 7; level++)
		r->known[level] = false;
	r->known[heading->level] = true;
	r->layers[heading->level] = layer;
	r->day = entry_take_day(&text);
}

static int add_section(struct reading *r, enum memory_layer layer, struct span heading,
		       struct span body, unsigned line)
{
	struct memory *m = r->memory;

	if (array_grow((void **)&m->sections, m->section_count, &m->section_capacity,
		       sizeof(*m->sections), SECTIONS_MAX))
		return -(int)ERROR_TOO_LARGE;
	m->sections[m->section_count++] = (struct memory_section){
		.layer = layer,
		.heading = heading,
		.body = body,
		.line = line,
	};
	return 0;
}

static int add_entry(struct reading *r, const struct markdown_node *item, enum memory_layer layer)
{
	struct memory *m = r->memory;
	struct span source = markdown_source(r->document, item), text;
	int64_t day;

	if (array_grow((void **)&m->entries, m->entry_count, &m->entry_capacity,
		       sizeof(*m->entries), ENTRIES_MAX))
		return -(int)ERROR_TOO_LARGE;
	text = span_trim(span_slice(source, entry_bullet(source), source.length));
	day = entry_take_day(&text);
	m->entries[m->entry_count++] = (struct memory_entry){
		.layer = layer,
		.text = text,
		.source = source,
		.day = day == NO_DAY ? r->day : day,
		.line = item->line + r->line_offset,
	};
	return 0;
}

static int read_node(struct reading *r, const struct markdown_node *node)
{
	struct memory_section *last = &r->memory->sections[r->memory->section_count - 1];
	enum memory_layer layer = last->layer;

	if (node->kind == MARKDOWN_HEADING) {
		layer = layer_below(r, node);
		enter_heading(r, node, layer);
		return add_section(
			r, layer, markdown_heading_text(markdown_source(r->document, node), NULL),
			markdown_section(r->document, node, true), node->line + r->line_offset);
	}
	if (node->kind != MARKDOWN_LIST)
		return 0;
	for (const struct markdown_node *item = node->first; item; item = item->next)
		if (add_entry(r, item, layer))
			return -(int)ERROR_TOO_LARGE;
	return 0;
}

static int read_document(struct reading *r, struct span body)
{
	const struct markdown_node *node = markdown_root(r->document)->first;
	size_t first_heading = body.length;

	for (const struct markdown_node *n = node; n; n = n->next)
		if (n->kind == MARKDOWN_HEADING) {
			first_heading = n->begin;
			break;
		}
	if (add_section(r, MEMORY_OTHER, (struct span){ "", 0 }, span_slice(body, 0, first_heading),
			r->line_offset + 1))
		return -(int)ERROR_TOO_LARGE;
	for (; node; node = node->next)
		if (read_node(r, node))
			return -(int)ERROR_TOO_LARGE;
	return 0;
}

int memory_parse(struct span text, struct memory *ret_memory, struct error *error)
{
	CLEANUP(markdown_text_clear) struct markdown_text clean = { 0 };
	CLEANUP(markdown_free) struct markdown *document = NULL;
	CLEANUP(memory_clear) struct memory memory = { 0 };
	struct reading r = { .memory = &memory, .day = NO_DAY };
	struct span body;

	if (markdown_clean(text, MEMORY_FILE_MAX * 3, &clean, NULL))
		return error_set(error, ERROR_TOO_LARGE,
				 "the memory file is larger than %d bytes: prune it",
				 MEMORY_FILE_MAX);
	body = span_slice(text, clean.front_matter, text.length);
	r.line_offset = markdown_body_line_offset(&clean);
	if (markdown_parse(body, &document, error))
		return -(int)ERROR_TOO_LARGE;
	r.document = document;
	r.title_level = find_title(document);
	if (read_document(&r, body))
		return too_many(error);
	*ret_memory = memory;
	memory = (struct memory){ 0 };
	return 0;
}

void memory_clear(struct memory *memory)
{
	free(memory->sections);
	free(memory->entries);
	*memory = (struct memory){ 0 };
}

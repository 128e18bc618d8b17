#include "index.h"

#include "tree.h"

#include <stdio.h>

#define HEAD_BYTES 4096 /* of a file are read to find its heading */
#define TITLE_BYTES 120 /* of a heading or description are shown */

struct index {
	int dir; /* of the skills */
	struct buffer out;
	size_t left_out;
};

/* The first bytes of a file, as text. */
static bool read_head(int parent, const char *name, struct markdown_text *ret_text)
{
	CLEANUP(buffer_clear) struct buffer head = BUFFER(HEAD_BYTES);
	_fd_ int fd = -1;

	if (file_open_beneath(parent, name, &fd, NULL, NULL))
		return false;
	/* More than HEAD_BYTES is an error there, and as good as the whole here. */
	fd_read_all(fd, &head, NULL);
	head.length = head.length == HEAD_BYTES ? utf8_cut(buffer_span(&head), HEAD_BYTES - 3)
						: head.length;
	return !markdown_clean(buffer_span(&head), HEAD_BYTES, ret_text, NULL);
}

static struct span first_heading(struct span text)
{
	struct span line;

	while (span_next_line(&text, &line)) {
		if (!line.length || line.data[0] != '#')
			continue;
		while (line.length && line.data[0] == '#')
			line = span_slice(line, 1, line.length);
		return span_trim(line);
	}
	return (struct span){ "", 0 };
}

/* One line: controls of a name or title would end it. */
static void append_plain(struct buffer *line, struct span text)
{
	text = span_slice(text, 0, utf8_cut(text, TITLE_BYTES));
	for (size_t i = 0; i < text.length; i++)
		buffer_append(line, (unsigned char)text.data[i] < ' ' ? SPAN(" ")
								      : span_slice(text, i, i + 1));
}

static void add_line(struct index *index, struct span name, struct span title)
{
	CLEANUP(buffer_clear) struct buffer line = BUFFER(8192);

	buffer_append(&line, SPAN("- "));
	append_plain(&line, name);
	if (title.length) {
		buffer_append(&line, SPAN(": "));
		append_plain(&line, title);
	}
	buffer_append(&line, SPAN("\n"));
	if (index->left_out || index->out.length + line.length > WORKSPACE_INDEX_MAX)
		index->left_out++;
	else
		buffer_append(&index->out, buffer_span(&line));
}

static char *finish(struct index *index)
{
	if (index->left_out)
		buffer_printf(&index->out, "(%zu more, see list_files)\n", index->left_out);
	return buffer_steal(&index->out);
}

static int visit_knowledge(void *context, int parent, const char *name, const char *path)
{
	struct index *index = context;
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	_free_ char *shown = xasprintf("knowledge/%s", path);

	if (!index->left_out && read_head(parent, name, &text))
		add_line(index, span_of(shown), first_heading(markdown_body(&text)));
	else
		index->left_out++;
	return 0;
}

char *index_knowledge(int agent_dir, const struct grant *grant)
{
	struct index index = { .out = BUFFER(WORKSPACE_INDEX_MAX + 256) };
	_fd_ int dir = -1;

	for (size_t i = 0; grant && i < grant->read_count; i++)
		add_line(&index, span_of(grant->read[i]), SPAN("a folder you may read"));

	if (!directory_open_beneath(agent_dir, "knowledge", &dir, NULL))
		tree_walk(dir, NULL, visit_knowledge, &index, NULL);
	return finish(&index);
}

/* `description` of the front matter, else the first heading. */
static void add_skill(struct index *index, const char *name, const struct markdown_text *text)
{
	CLEANUP(yaml_free) struct yaml *yaml = NULL;
	struct span title = first_heading(markdown_body(text));
	const struct yaml *description = NULL;
	unsigned line;
	struct span front = markdown_front_matter(text, &line);

	if (!yaml_parse(front, line, &yaml, NULL) && yaml)
		description = yaml_get(yaml, "description");
	if (description && description->kind == YAML_SCALAR)
		title = span_of(description->scalar);
	add_line(index, span_of(name), title);
}

static int visit_skill(void *context, const char *name, unsigned char type)
{
	struct index *index = context;
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	_free_ char *path = xasprintf("%s/SKILL.md", name);

	(void)type;
	if (name[0] != '.' && read_head(index->dir, path, &text))
		add_skill(index, name, &text);
	return 0;
}

char *index_skills(int agent_dir)
{
	struct index index = { .out = BUFFER(WORKSPACE_INDEX_MAX + 256) };
	_fd_ int dir = -1;

	if (!directory_open_beneath(agent_dir, "skills", &dir, NULL)) {
		index.dir = dir;
		directory_walk(dir, TREE_FILES_MAX, visit_skill, &index, NULL);
	}
	return finish(&index);
}

#include "passage.h"

#include "words.h"

/* ---- without comments ---- */

struct stripping {
	struct span source;
	char *plain;
	size_t at;      /* all before it is done */
	bool open;      /* inside a comment */
	size_t counted; /* backticks of the line up to here … */
	size_t ticks;   /* … */
	size_t ahead;   /* the next backtick or line end, known from `counted` on */
};

/* An odd number of backticks before it on its line, and one behind: the mark is part of a code
 * span. */
static bool in_code_span(struct stripping *s, size_t mark)
{
	for (; s->counted < mark; s->counted++) {
		if (s->source.data[s->counted] == '`')
			s->ticks++;
		if (s->source.data[s->counted] == '\n')
			s->ticks = 0;
	}
	if (s->ahead < mark)
		s->ahead = mark;
	while (s->ahead < s->source.length && !strchr("`\n", s->source.data[s->ahead]))
		s->ahead++;
	return s->ticks % 2 && s->ahead < s->source.length && s->source.data[s->ahead] == '`';
}

static void blank(struct stripping *s, size_t end)
{
	for (; s->at < end; s->at++)
		if (s->source.data[s->at] != '\n')
			s->plain[s->at] = ' ';
}

static size_t find(struct span source, size_t from, size_t end, const char *mark)
{
	const char *at = from < end ? memmem(source.data + from, end - from, mark, strlen(mark))
				    : NULL;

	return at ? (size_t)(at - source.data) : end;
}

/* Blanks the comments up to `end`, where code begins. */
static void strip(struct stripping *s, size_t end)
{
	while (s->at < end) {
		size_t mark = find(s->source, s->at, end, s->open ? "-->" : "<!--");

		if (s->open) {
			s->open = mark == end;
			blank(s, mark == end ? end : mark + 3);
		} else if (mark < end && in_code_span(s, mark)) {
			s->at = mark + 4;
		} else {
			s->at = mark;
			s->open = mark < end;
		}
	}
}

/* Code is passed over; a comment cannot be open there, or it would be no code. */
static void strip_tree(struct stripping *s, const struct markdown_node *node)
{
	for (; node; node = node->next) {
		if (node->kind == MARKDOWN_CODE && node->begin >= s->at) {
			strip(s, node->begin);
			s->open = false;
			s->at = node->end;
		}
		strip_tree(s, node->first);
	}
}

char *passage_without_comments(const struct markdown *document, struct span source)
{
	char *plain = xstrndup(source.length ? source.data : "", source.length);
	struct stripping s = { .source = source, .plain = plain };

	strip_tree(&s, markdown_root(document)->first);
	strip(&s, source.length);
	return plain;
}

/* A line in which comments were: their blanks shrink to one, its indentation stays. */
static void append_squeezed(struct span line, struct buffer *out)
{
	bool text = false;

	for (size_t i = 0; i < line.length; i++) {
		if (line.data[i] == ' ' && text && line.data[i - 1] == ' ')
			continue;
		text |= line.data[i] != ' ';
		buffer_append(out, span_slice(line, i, i + 1));
	}
}

void passage_append(struct span source, const char *plain, size_t begin, size_t end,
		    struct buffer *out)
{
	struct span rest = { plain + begin, end - begin }, line;

	while (span_next_line(&rest, &line)) {
		size_t at = (size_t)(line.data - plain);
		bool touched = memcmp(line.data, source.data + at, line.length) != 0;

		if (touched && !span_trim(line).length)
			continue;
		while (touched && line.data[line.length - 1] == ' ')
			line.length--;
		if (touched)
			append_squeezed(line, out);
		else
			buffer_append(out, line);
		buffer_append(out, SPAN("\n"));
	}
}

/* ---- nothing to do ---- */

/* Folded lines, or their beginnings (…), that mean that there is no work. */
static const char *const idle_lines[] = {
	"nothing",
	"nothing to do",
	"nothing for now",
	"nothing scheduled",
	"nothing yet",
	"none",
	"none yet",
	"n a",
	"na",
	"empty",
	"no task",
	"no tasks",
	"no tasks yet",
	"no tasks configured",
	"no active tasks",
	"no heartbeat tasks",
	"no scheduled tasks",
	"disabled",
	"retired",
	"do nothing",
	"heartbeat disabled",
	"heartbeats disabled",
	"heartbeats retired",
	"heartbeat retired",
	"heartbeats are disabled",
	"heartbeats are retired",
	"keep this file empty…",
	"add tasks below…",
	"reply only heartbeat ok…",
	"reply only with heartbeat ok…",
	"reply heartbeat ok",
	"just reply heartbeat ok",
	"always reply heartbeat ok",
	"heartbeat ok",
	"if nothing needs attention reply heartbeat ok…",
	"无",
	"没有",
	"没有任务",
	"无任务",
	"暂无任务",
	"暂无",
	"無",
	"なし",
	"特になし",
	"タスクなし",
	"нет",
	"ничего",
	"нет задач",
	"nada",
	"nada que hacer",
	"ninguno",
	"ninguna",
	"sin tareas",
	"nenhum",
	"nenhuma",
	"sem tarefas",
	"rien",
	"rien à faire",
	"aucun",
	"aucune",
	"aucune tâche",
	"nichts",
	"nichts zu tun",
	"keine",
	"keine aufgaben",
};

static bool matches_idle(struct span folded, const char *row)
{
	struct span wanted = span_of(row);

	if (wanted.length < 3 || memcmp(row + wanted.length - 3, "…", 3))
		return span_equal(folded, wanted);
	return span_starts_with(folded, span_slice(wanted, 0, wanted.length - 3));
}

static bool is_ascii(struct span text)
{
	for (size_t i = 0; i < text.length; i++)
		if ((unsigned char)text.data[i] >= 0x80)
			return false;
	return true;
}

/* A line of nothing but marks holds nothing, a line of symbols may. */
static bool is_idle(struct span line)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(4096);

	if (line.length > 200)
		return false;
	words_fold(line, &folded);
	if (!folded.length)
		return is_ascii(line);
	for (size_t i = 0; i < ARRAY_LENGTH(idle_lines); i++)
		if (matches_idle(buffer_span(&folded), idle_lines[i]))
			return true;
	return false;
}

static struct span skip_box(struct span line)
{
	if (line.length >= 3 && line.data[0] == '[' && line.data[2] == ']' &&
	    strchr(" xX", line.data[1]))
		return span_trim(span_slice(line, 3, line.length));
	return line;
}

/* Bytes of a bullet or a number at the front of a trimmed line, 0 where there is none. */
static size_t bullet_length(struct span line)
{
	size_t length = 0;

	if (line.length && strchr("-*+", line.data[0]))
		length = 1;
	else if (span_starts_with(line, SPAN("•")))
		length = strlen("•");
	else
		while (length < line.length && line.data[length] >= '0' && line.data[length] <= '9')
			length++;
	if (length && line.data[0] >= '0' && line.data[0] <= '9') {
		if (length == line.length || !strchr(".)", line.data[length]))
			return 0;
		length++;
	}
	return length && (length == line.length || strchr(" \t", line.data[length])) ? length : 0;
}

bool passage_begins_item(struct span line)
{
	return bullet_length(span_trim(line)) > 0;
}

struct span passage_unmark(struct span text)
{
	size_t run;

	while (text.length && strchr("*_", text.data[0]))
		text = span_slice(text, 1, text.length);
	text = span_trim(text);
	for (run = text.length; run && strchr("*_", text.data[run - 1]); run--)
		;
	if (run && text.data[run - 1] != ' ')
		text.length = run;
	return span_trim(text);
}

struct span passage_line(struct span line)
{
	line = span_trim(line);
	if (line.length && line.data[0] == '>')
		line = span_trim(span_slice(line, 1, line.length));
	line = span_trim(span_slice(line, bullet_length(line), line.length));
	return passage_unmark(skip_box(line));
}

static bool is_fence(struct span line)
{
	return span_starts_with(line, SPAN("```")) || span_starts_with(line, SPAN("~~~"));
}

bool passage_says_nothing(struct span text)
{
	struct span line;

	while (span_next_line(&text, &line)) {
		line = span_trim(line);
		if (!line.length || line.data[0] == '#' || is_fence(line))
			continue;
		if (!is_idle(passage_line(line)))
			return false;
	}
	return true;
}

#include "outline.h"
#include "passage.h"
#include "words.h"

#define TEXT_MAX (AGENT_FILE_MAX * 2)

/* Blank lines at both ends go, and a text of nothing else is "". */
static char *take_text(struct buffer *text)
{
	struct span trimmed = buffer_span(text);

	while (trimmed.length && strchr("\n ", trimmed.data[trimmed.length - 1]))
		trimmed.length--;
	while (trimmed.length && trimmed.data[0] == '\n')
		trimmed = span_slice(trimmed, 1, trimmed.length);
	return trimmed.length ? span_dup(trimmed) : xstrdup("");
}

/* In a file that is one beat, its sections are none. */
static bool is_section(const struct outline *o, const struct part *part)
{
	return part->key && (part->role == PART_BEAT || part->role == PART_SESSION_START ||
			     (part->role == PART_STANDING && !o->one_beat));
}

static const struct part *find_part(const struct outline *o, const char *key)
{
	for (size_t i = 1; i < o->count; i++)
		if (is_section(o, &o->parts[i]) && !strcmp(o->parts[i].key, key))
			return &o->parts[i];
	/* One that runs on its last good schedule, which this text does not show. */
	for (size_t i = 1; i < o->count; i++)
		if (o->parts[i].suspect && !strcmp(o->parts[i].suspect, key))
			return &o->parts[i];
	return NULL;
}

/* Context of a file with schedules; in one without, everything is the checklist. */
static void append_standing(const struct outline *o, const struct part *wanted, struct buffer *out)
{
	for (size_t i = 0; i < o->count && !o->one_beat; i++) {
		const struct part *part = &o->parts[i];

		if ((part->role == PART_STANDING || part->role == PART_GATE) && part != wanted)
			outline_append(o, part, true, out);
	}
}

static void append_session_starts(const struct outline *o, const struct part *wanted,
				  struct buffer *out)
{
	for (size_t i = 1; i < o->count; i++)
		if (o->parts[i].role == PART_SESSION_START && &o->parts[i] != wanted)
			outline_append_beat(o, i, out);
}

/* All beats under their headings. */
static void append_every_beat(const struct outline *o, struct buffer *out)
{
	if (o->one_beat)
		outline_append_all(o, out);
	for (size_t i = 1; i < o->count; i++) {
		const struct part *part = &o->parts[i];

		if (part->role != PART_BEAT)
			continue;
		passage_append(o->body, o->plain, part->begin, part->body, out);
		outline_append_beat(o, i, out);
	}
}

static int append_items(const struct outline *o, const char *key, const struct part *part,
			struct buffer *out, struct error *error)
{
	if (!key)
		append_every_beat(o, out);
	else if (part)
		outline_append_beat(o, (size_t)(part - o->parts), out);
	else if (o->one_beat && !strcmp(key, OUTLINE_ONE_BEAT))
		outline_append_all(o, out);
	else
		return error_set(error, ERROR_NOT_FOUND, "the section \"%s\" is gone", key);
	return 0;
}

int heartbeats_checklist(struct span raw, const char *key, const struct settings *settings,
			 struct checklist *ret_checklist, struct error *error)
{
	CLEANUP(outline_clear) struct outline o = { 0 };
	CLEANUP(buffer_clear) struct buffer standing = BUFFER(TEXT_MAX), start = BUFFER(TEXT_MAX);
	CLEANUP(buffer_clear) struct buffer items = BUFFER(TEXT_MAX);
	const struct part *part;
	int result = outline_read(raw, settings ? settings->daily_hour : 0, NULL, &o, NULL, error);

	if (result)
		return result;
	part = key ? find_part(&o, key) : NULL;
	result = append_items(&o, key, part, &items, error);
	if (result)
		return result;
	append_standing(&o, part, &standing);
	append_session_starts(&o, part, &start);
	*ret_checklist = (struct checklist){
		.standing = take_text(&standing),
		.session_start = take_text(&start),
		.items = take_text(&items),
	};
	ret_checklist->nothing_to_do = passage_says_nothing(span_of(ret_checklist->items));
	return 0;
}

/* The word in the languages whose schedules we read, as folded beginnings or pieces of words. */
static const char *const bulletin_words[] = {
	"bulletin",
	"boletín",
	"boletin",
	"boletim",
	"tablón",
	"mural de avisos",
	"schwarzes brett",
	"schwarze brett",
	"бюллетен",
	"доск",
	"объявлени",
	"公告",
	"布告",
	"公布栏",
	"掲示板",
	"ブレティン",
};

bool text_names_bulletin(struct span text)
{
	CLEANUP(buffer_clear) struct buffer folded = BUFFER(text.length * 2 + 16);

	words_fold(text, &folded);
	for (size_t i = 0; folded.length && i < ARRAY_LENGTH(bulletin_words); i++)
		if (strstr(folded.data, bulletin_words[i]))
			return true;
	return false;
}

bool checklist_names_bulletin(const struct checklist *checklist)
{
	return text_names_bulletin(span_of(checklist->items)) ||
	       text_names_bulletin(span_of(checklist->session_start)) ||
	       text_names_bulletin(span_of(checklist->standing));
}

void checklist_clear(struct checklist *checklist)
{
	free(checklist->standing);
	free(checklist->session_start);
	free(checklist->items);
	*checklist = (struct checklist){ 0 };
}

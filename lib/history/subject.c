#include "subject.h"

#include <stdio.h>

#define NAMED_MAX 3 /* files that are named one by one */

enum verb { VERB_EDIT, VERB_ADD, VERB_REMOVE, VERB_COUNT };

static const char *const verbs[VERB_COUNT] = {
	[VERB_EDIT] = "edit",
	[VERB_ADD] = "add",
	[VERB_REMOVE] = "remove",
};

static enum verb verb_of(const struct snapshot *s, const struct change *change)
{
	git_oid id;

	if (change->gone)
		return VERB_REMOVE;
	return snapshot_blob(s, change->path, &id, NULL) ? VERB_EDIT : VERB_ADD;
}

static bool begin(const struct history *h, const struct change *changes, size_t count, char *out)
{
	struct stat st;

	if (!file_stat(h->dir, "agentd.yaml", &st, NULL)) {
		snprintf(out, SUBJECT_MAX + 1, "begin workspace");
		return true;
	}
	for (size_t i = 0; i < count; i++) {
		if (strcmp(changes[i].path, "SOUL.md"))
			continue;
		snprintf(out, SUBJECT_MAX + 1, "begin agent %.50s", history_name(h));
		return true;
	}
	return false;
}

static bool rename_of_one(const struct snapshot *s, const struct change *changes, size_t count,
			  char *out)
{
	const struct change *from, *to;
	git_oid id;

	if (count != 2 || changes[0].gone == changes[1].gone)
		return false;
	from = &changes[changes[0].gone ? 0 : 1];
	to = &changes[changes[0].gone ? 1 : 0];
	return snapshot_blob(s, from->path, &id, NULL) && git_oid_equal(&id, &to->id) &&
	       verb_of(s, to) == VERB_ADD &&
	       snprintf(out, SUBJECT_MAX + 1, "rename %s to %s", from->path, to->path) <=
		       SUBJECT_MAX;
}

/* "edit a, b and c"; with several verbs "edit a and b, add c". */
static bool name_each(const struct snapshot *s, const struct change *changes, size_t count,
		      char *out)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(SUBJECT_MAX);

	for (enum verb verb = 0; verb < VERB_COUNT; verb++) {
		size_t all = 0, said = 0;

		for (size_t i = 0; i < count; i++)
			all += verb_of(s, &changes[i]) == verb;
		for (size_t i = 0; i < count; i++) {
			if (verb_of(s, &changes[i]) != verb)
				continue;
			if (!said)
				buffer_printf(&text, "%s%s ", text.length ? ", " : "", verbs[verb]);
			else
				buffer_append_text(&text, said + 1 == all ? " and " : ", ");
			buffer_append_text(&text, changes[i].path);
			said++;
		}
	}
	if (text.overflow || !text.length)
		return false;
	memcpy(out, text.data, text.length + 1);
	return true;
}

static void count_each(const struct snapshot *s, const struct change *changes, size_t count,
		       char *out)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(SUBJECT_MAX);
	size_t all[VERB_COUNT] = { 0 };

	for (size_t i = 0; i < count; i++)
		all[verb_of(s, &changes[i])]++;
	for (enum verb verb = 0; verb < VERB_COUNT; verb++)
		if (all[verb])
			buffer_printf(&text, "%s%s %zu file%s", text.length ? ", " : "",
				      verbs[verb], all[verb], all[verb] == 1 ? "" : "s");
	memcpy(out, text.data ? text.data : "edit", text.data ? text.length + 1 : 5);
}

void subject_of_edits(const struct history *h, const struct snapshot *s,
		      const struct change *changes, size_t count, char out[SUBJECT_MAX + 1])
{
	if (s->unborn && begin(h, changes, count, out))
		return;
	if (rename_of_one(s, changes, count, out))
		return;
	if (count <= NAMED_MAX && name_each(s, changes, count, out))
		return;
	count_each(s, changes, count, out);
	for (char *at = out; *at; at++)
		if (*at == '\n')
			*at = ' ';
}

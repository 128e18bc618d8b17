#include "rescue.h"

#include "identity.h"
#include "text.h"

#include <stdio.h>

#define COMMITS_MAX 256 /* looked through for versions of the file */
#define VERSIONS_MAX 64

/* Files that only grow by entries, and what an entry begins with. */
static const struct {
	const char *name, *mark;
} kept[] = {
	{ "MEMORY.md", "- " },
	{ "BULLETIN.md", "## " },
};

static const char *mark_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	for (size_t i = 0; i < ARRAY_LENGTH(kept); i++)
		if (!strcmp(kept[i].name, name))
			return kept[i].mark;
	return NULL;
}

static bool is_by_agent(const git_commit *commit)
{
	const char *trailer = strstr(git_commit_message(commit), "\nSession: ");

	return trailer && identity_is_agent(git_commit_author(commit)->email);
}

/* "merge: 2 entries of kira kept", by ourselves. */
static bool is_merge(const git_commit *commit, struct span *ret_agent)
{
	const char *message = git_commit_message(commit), *begin = strstr(message, " of ");
	const char *end = begin ? strstr(begin, " kept\n") : NULL;

	if (!end || strncmp(message, "merge: ", 7) ||
	    strcmp(git_commit_author(commit)->email, IDENTITY_DAEMON_EMAIL))
		return false;
	*ret_agent = (struct span){ begin + 4, (size_t)(end - begin - 4) };
	return true;
}

/* Did an agent's entries come with this commit, and whose? */
static bool brought_entries(const git_commit *commit, struct span *ret_agent)
{
	if (git_commit_parentcount(commit) != 1)
		return false;
	if (is_merge(commit, ret_agent))
		return true;
	*ret_agent = span_of(git_commit_author(commit)->name);
	return is_by_agent(commit);
}

struct versions {
	git_oid ids[VERSIONS_MAX]; /* [0]: HEAD's */
	size_t count;
	char agent[64]; /* who wrote the newest */
};

static bool blob_at(git_commit *commit, const char *path, git_oid *ret_id)
{
	CLEANUP(git_tree_free) git_tree *tree = NULL;
	git_tree_entry *entry = NULL;

	if (!commit || git_commit_tree(&tree, commit) || git_tree_entry_bypath(&entry, tree, path))
		return false;
	*ret_id = *git_tree_entry_id(entry);
	git_tree_entry_free(entry);
	return true;
}

/* One commit back. Returns false at the end of the versions that a person may have had open. */
static bool version_before(git_commit **commit, const char *path, struct versions *versions)
{
	git_commit *parent = NULL;
	struct span agent;
	git_oid before;
	bool goes_on = false;

	if (git_commit_parentcount(*commit) && !git_commit_parent(&parent, *commit, 0) &&
	    blob_at(parent, path, &before)) {
		goes_on = git_oid_equal(&before, &versions->ids[versions->count - 1]);
		if (!goes_on && brought_entries(*commit, &agent)) {
			if (versions->count == 1)
				snprintf(versions->agent, sizeof(versions->agent), "%.*s",
					 (int)agent.length, agent.data);
			versions->ids[versions->count++] = before;
			goes_on = true;
		}
	}
	git_commit_free(*commit);
	*commit = parent;
	return goes_on;
}

static int versions_read(struct history *h, const struct snapshot *s, const char *path,
			 struct versions *versions, struct error *error)
{
	git_commit *commit = NULL;
	int result = git_commit_lookup(&commit, h->repository, &s->head);

	*versions = (struct versions){ .count = 1 };
	if (result)
		return git_refuse(error, result, "reading HEAD of %s", h->path);
	snapshot_blob(s, path, &versions->ids[0], NULL);
	for (size_t i = 0; i < COMMITS_MAX && versions->count < VERSIONS_MAX; i++)
		if (!version_before(&commit, path, versions))
			break;
	git_commit_free(commit);
	return 0;
}

/* A version with the line ends of the save, so that an editor that turned them counts for nothing.
 */
static int version_text(struct history *h, const git_oid *id, struct span save, struct buffer *out,
			struct error *error)
{
	CLEANUP(buffer_clear) struct buffer raw = BUFFER(HISTORY_FILE_MAX);
	int result = blob_read(h, id, &raw, error);

	if (!result && text_append_like(out, buffer_span(&raw), save))
		return error_set(error, ERROR_TOO_LARGE, "a version is too large to be merged");
	return result;
}

/* The version that `save` differs least from; the newest of equals. Returns 0 (HEAD's) also when
 * the save is an older version as it was, or has little in common with any. */
static size_t nearest(struct history *h, const struct versions *versions, struct span save)
{
	size_t best = 0, least = SIZE_MAX;

	for (size_t i = 0; i < versions->count; i++) {
		CLEANUP(buffer_clear) struct buffer text = BUFFER(2 * HISTORY_FILE_MAX);
		struct distance d;
		size_t lines;

		if (version_text(h, &versions->ids[i], save, &text, NULL) ||
		    text_distance(buffer_span(&text), save, &d))
			return 0;
		if (d.added + d.removed == 0)
			return 0;
		lines = text_lines(buffer_span(&text));
		if (i && 2 * d.removed > lines)
			continue; /* written anew: nothing says from what */
		if (d.added + d.removed < least) {
			least = d.added + d.removed;
			best = i;
		}
	}
	return best;
}

static int merge(struct history *h, const struct versions *versions, size_t base, struct span save,
		 struct buffer *out, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer before = BUFFER(2 * HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer ours = BUFFER(2 * HISTORY_FILE_MAX);
	int result = version_text(h, &versions->ids[base], save, &before, error);

	if (!result)
		result = version_text(h, &versions->ids[0], save, &ours, error);
	return result ? result
		      : text_merge(buffer_span(&before), buffer_span(&ours), save, out, error);
}

/* *ret_rescue->entries stays 0 where there is nothing to bring back. */
static int rescue_one(struct history *h, const struct snapshot *s, const struct change *change,
		      struct rescue *ret_rescue, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer save = BUFFER(HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer merged = BUFFER(HISTORY_FILE_MAX);
	struct versions versions;
	size_t base;
	int result = versions_read(h, s, change->path, &versions, error);

	if (!result && versions.count > 1)
		result = blob_read(h, &change->id, &save, error);
	if (result || versions.count < 2)
		return result;
	base = nearest(h, &versions, buffer_span(&save));
	if (!base || merge(h, &versions, base, buffer_span(&save), &merged, NULL) ||
	    span_equal(buffer_span(&merged), buffer_span(&save)))
		return 0;
	ret_rescue->merged = *change;
	ret_rescue->merged.st = (struct stat){ 0 };
	ret_rescue->entries = text_added(buffer_span(&save), buffer_span(&merged),
					 mark_of(change->path));
	memcpy(ret_rescue->agent, versions.agent, sizeof(ret_rescue->agent));
	if (!ret_rescue->entries)
		ret_rescue->entries = 1;
	result = git_blob_create_from_buffer(&ret_rescue->merged.id, h->repository, merged.data,
					     merged.length);
	return result ? git_refuse(error, result, "storing the merge of %s", change->path) : 0;
}

int rescues_find(struct history *h, const struct snapshot *s, const struct change *changes,
		 size_t count, struct rescue ret_rescues[RESCUES_MAX], size_t *ret_count,
		 struct error *error)
{
	size_t found = 0;
	int result = 0;

	for (size_t i = 0; !result && i < count && found < RESCUES_MAX; i++) {
		git_oid in_head;

		if (changes[i].gone || !mark_of(changes[i].path) ||
		    !snapshot_blob(s, changes[i].path, &in_head, NULL))
			continue;
		ret_rescues[found] = (struct rescue){ 0 };
		result = rescue_one(h, s, &changes[i], &ret_rescues[found], error);
		if (ret_rescues[found].entries)
			found++;
	}
	*ret_count = found;
	return result;
}

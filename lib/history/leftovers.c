#include "leftovers.h"

#include "snapshot.h"
#include "text.h"

#include <dirent.h>
#include <stdio.h>

struct leftovers {
	struct history *h;
	const char *path;
	struct buffer before, after;
	bool is_new;
	char **names; /* beneath the work tree */
	size_t count, capacity;
};

static void leftovers_clear(struct leftovers *all)
{
	buffer_clear(&all->before);
	buffer_clear(&all->after);
	for (size_t i = 0; i < all->count; i++)
		free(all->names[i]);
	free(all->names);
}
CLEANUP_DEFINE_VALUE(struct leftovers, leftovers_clear)

/* ".agentd-PID-NUMBER~", as file_replace_if calls them. */
static bool is_temporary(const char *name)
{
	int end = 0;

	return sscanf(name, ".agentd-%*d-%*u~%n", &end) == 0 && end && !name[end];
}

static int find(void *context, const char *name, unsigned char type)
{
	struct leftovers *all = context;
	const char *slash = strrchr(all->path, '/');
	int folder = slash ? (int)(slash + 1 - all->path) : 0;

	if ((type != DT_REG && type != DT_UNKNOWN) || !is_temporary(name))
		return 0;
	if (array_grow((void **)&all->names, all->count, &all->capacity, sizeof(char *),
		       ENTRIES_MAX))
		return 1;
	all->names[all->count++] = xasprintf("%.*s%s", folder, all->path, name);
	return 0;
}

static void find_all(struct leftovers *all)
{
	const char *slash = strrchr(all->path, '/');
	_free_ char *folder = slash ? xstrndup(all->path, (size_t)(slash - all->path))
				    : xstrdup(".");
	_fd_ int dir = -1;

	if (!directory_open_beneath(all->h->dir, folder, &dir, NULL))
		directory_walk(dir, ENTRIES_MAX, find, all, NULL);
}

static struct span text_of(const struct buffer *buffer)
{
	return buffer->length ? buffer_span(buffer) : SPAN("");
}

static bool is_ours(const struct leftovers *all, struct span found)
{
	struct span after = text_of(&all->after);

	if (found.length <= after.length && !memcmp(found.data, after.data, found.length))
		return true;
	if (memchr(found.data, '\0', found.length))
		return true; /* no save: what a power cut leaves of one that was not synced */
	return !all->is_new && span_equal(found, text_of(&all->before));
}

/* The text that a save was made from: one of the two that stood in the place. */
static struct span base_of(const struct leftovers *all, struct span save)
{
	struct span before = text_of(&all->before), after = text_of(&all->after);
	struct distance from_before = { 0 }, from_after = { 0 };

	if (all->is_new || text_distance(before, save, &from_before) ||
	    text_distance(after, save, &from_after))
		return after;
	return from_after.added + from_after.removed < from_before.added + from_before.removed
		       ? after
		       : before;
}

/* In the place of ours; where that has been changed since, both texts. */
static int bring_back(const struct leftovers *all, struct span save, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer now = BUFFER(HISTORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer both = BUFFER(HISTORY_FILE_MAX);
	int dir = all->h->dir;
	int result = file_replace_if(dir, all->path, text_of(&all->after), save, 0644, error);

	if (result != -ERROR_CONFLICT)
		return result;
	result = file_read(dir, all->path, &now, NULL, error);
	if (!result)
		result = text_merge(base_of(all, save), text_of(&now), save, &both, error);
	return result ? result
		      : file_replace_if(dir, all->path, text_of(&now), text_of(&both), 0644, error);
}

static int settle(const struct leftovers *all, const char *name, struct error *error)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(HISTORY_FILE_MAX);
	int result = file_refuse_writer(all->h->dir, name, all->path, error);

	if (result || file_read(all->h->dir, name, &found, NULL, NULL))
		return result;
	if (!is_ours(all, text_of(&found)))
		result = bring_back(all, text_of(&found), error);
	if (!result)
		file_unlink(all->h->dir, name, NULL);
	return result == -ERROR_BUSY ? result : 0;
}

int leftovers_settle(struct history *h, const char *path, const git_oid *before,
		     const git_oid *after, struct error *error)
{
	CLEANUP(leftovers_clear)
	struct leftovers all = {
		.h = h,
		.path = path,
		.before = BUFFER(HISTORY_FILE_MAX),
		.after = BUFFER(HISTORY_FILE_MAX),
		.is_new = !before,
	};

	int result = 0;

	find_all(&all);
	if (!all.count || (before && blob_read(h, before, &all.before, NULL)) ||
	    blob_read(h, after, &all.after, NULL))
		return 0;
	for (size_t i = 0; !result && i < all.count; i++)
		result = settle(&all, all.names[i], error);
	return result;
}

/* ---- after the machine was down ---- */

static void remove_if_known(struct history *h, git_odb *odb, const char *name)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(HISTORY_FILE_MAX);
	git_oid id;

	if (!file_read(h->dir, name, &found, NULL, NULL) &&
	    !git_odb_hash(&id, text_of(&found).data, found.length, GIT_OBJECT_BLOB) &&
	    (!found.length || git_odb_exists(odb, &id)))
		file_unlink(h->dir, name, NULL);
}

struct sweep {
	struct history *h;
	git_odb *odb;
};

static void sweep_folder(const struct sweep *sweep, const char *path)
{
	CLEANUP(leftovers_clear) struct leftovers all = { .h = sweep->h, .path = path };

	find_all(&all);
	for (size_t i = 0; i < all.count; i++)
		remove_if_known(sweep->h, sweep->odb, all.names[i]);
}

static int visit_tree(const char *root, const git_tree_entry *entry, void *context)
{
	_free_ char *path = xasprintf("%s%s/", root, git_tree_entry_name(entry));

	if (git_tree_entry_type(entry) == GIT_OBJECT_TREE)
		sweep_folder(context, path);
	return 0;
}

void leftovers_sweep(struct history *h)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	struct sweep sweep = { .h = h };

	if (git_repository_odb(&sweep.odb, h->repository))
		return;
	sweep_folder(&sweep, "");
	if (!snapshot_take(h, &s, NULL) && s.tree)
		git_tree_walk(s.tree, GIT_TREEWALK_PRE, visit_tree, &sweep);
	git_odb_free(sweep.odb);
}

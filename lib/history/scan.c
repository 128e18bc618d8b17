#include "snapshot.h"

#include "base/depth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

/* A file that HEAD has. */
struct known {
	char *path;
	git_oid id;
	uint32_t mode;
	bool seen;
};

struct known_list {
	struct known *items;
	size_t count, capacity;
};

struct walk {
	struct history *h;
	const struct snapshot *snapshot;
	struct known_list known;
	int64_t index_mtime_ns;
	bool is_workspace;
	bool modes_lie; /* core.fileMode is off: the executable bit of a file means nothing */
	struct scan *scan;
	struct error *error;
};

/* A folder on the way down. */
struct folder {
	struct walk *walk;
	int fd;
	unsigned depth;
	char prefix[PATH_SIZE]; /* "knowledge/", or empty */
};

static void known_clear(struct known_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].path);
	free(list->items);
}

static int known_by_path(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->path, ((const struct known *)b)->path);
}

static int known_add(const char *root, const git_tree_entry *entry, void *context)
{
	struct known_list *list = context;
	struct known *known;

	if (git_tree_entry_type(entry) != GIT_OBJECT_BLOB ||
	    git_tree_entry_filemode(entry) == GIT_FILEMODE_LINK)
		return 0;
	if (array_grow((void **)&list->items, list->count, &list->capacity, sizeof(*list->items),
		       ENTRIES_MAX))
		return -1;
	known = &list->items[list->count++];
	*known = (struct known){ .path = xasprintf("%s%s", root, git_tree_entry_name(entry)),
				 .id = *git_tree_entry_id(entry),
				 .mode = git_tree_entry_filemode(entry) };
	return 0;
}

static int known_read(const struct snapshot *snapshot, struct known_list *list)
{
	if (snapshot->tree && git_tree_walk(snapshot->tree, GIT_TREEWALK_PRE, known_add, list))
		return -1;
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), known_by_path);
	return 0;
}

static struct known *known_find(const struct known_list *list, char *path)
{
	struct known key = { .path = path };

	return list->count ? bsearch(&key, list->items, list->count, sizeof(key), known_by_path)
			   : NULL;
}

/* Does HEAD have anything in the folder `prefix` ("knowledge/")? */
static bool known_beneath(const struct known_list *list, const char *prefix)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(list->items[middle].path, prefix) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < list->count && !strncmp(list->items[low].path, prefix, strlen(prefix));
}

/* ".git" in any case is no name for git itself, nor is "git~1" (fsck: hasDotgit). */
static bool name_is_git(const char *name, size_t length)
{
	struct span s = { name, length };

	return span_equal_nocase(s, SPAN(".git")) || span_equal_nocase(s, SPAN("git~1"));
}

bool path_is_committable(const char *path)
{
	size_t length = strlen(path);

	if (!length || length >= PATH_SIZE || path[0] == '/' || !strncmp(path, "work/", 5) ||
	    !strcmp(path, "work") || !strncmp(path, ".agentd/", 8) || !strcmp(path, ".agentd"))
		return false;
	for (const char *name = path; name;) {
		const char *end = strchrnul(name, '/');
		_free_ char *part = xstrndup(name, (size_t)(end - name));

		if (!*part || !strcmp(part, ".") || !strcmp(part, "..") ||
		    name_is_git(part, strlen(part)) || file_name_is_scratch(part))
			return false;
		name = *end ? end + 1 : NULL;
	}
	return true;
}

static bool is_ignored(const struct walk *walk, const char *path)
{
	int ignored = 0;

	return !git_ignore_path_is_ignored(&ignored, walk->h->repository, path) && ignored;
}

static int64_t ns_of(const git_index_time *time)
{
	return (int64_t)time->seconds * 1000000000 + time->nanoseconds;
}

/* Does the index know the file's bytes by its stat data? Not when the file may have been written
 * after the index was (git's "racy" entries, Documentation/technical/racy-git). */
static bool entry_matches(const struct walk *walk, const git_index_entry *entry,
			  const struct stat *st)
{
	struct file_stamp stamp;

	if (!entry || !S_ISREG(entry->mode) || git_index_entry_stage(entry))
		return false;
	file_stamp_of(st, &stamp);
	return stamp.mtime_ns < walk->index_mtime_ns && ns_of(&entry->mtime) == stamp.mtime_ns &&
	       ns_of(&entry->ctime) == stamp.ctime_ns && entry->ino == (uint32_t)stamp.inode &&
	       entry->file_size == (uint32_t)stamp.size && !(entry->flags & GIT_INDEX_ENTRY_VALID);
}

static uint32_t mode_of(const struct walk *walk, const struct stat *st, const struct known *known)
{
	if (walk->modes_lie)
		return known ? known->mode : (uint32_t)GIT_FILEMODE_BLOB;
	return st->st_mode & S_IXUSR ? GIT_FILEMODE_BLOB_EXECUTABLE : GIT_FILEMODE_BLOB;
}

/* The blob of a file that has to be read; it is written to the object store when HEAD lacks it. */
static int blob_of_file(const struct folder *folder, const char *name, const struct known *known,
			struct change *change)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(HISTORY_FILE_MAX);
	struct walk *walk = folder->walk;
	int result = file_read(folder->fd, name, &bytes, &change->st, walk->error);

	if (result)
		return result;
	result = git_odb_hash(&change->id, bytes.data ? bytes.data : "", bytes.length,
			      GIT_OBJECT_BLOB);
	if (!result && !(known && git_oid_equal(&known->id, &change->id)))
		result = git_blob_create_from_buffer(&change->id, walk->h->repository,
						     bytes.data ? bytes.data : "", bytes.length);
	return result ? git_refuse(walk->error, result, "storing %s", change->path) : 0;
}

static int list_file(struct walk *walk, const struct change *change)
{
	struct history_files *files = &walk->scan->files;

	if (array_grow((void **)&files->items, files->count, &files->capacity,
		       sizeof(*files->items), ENTRIES_MAX))
		return error_set(walk->error, ERROR_TOO_LARGE, "more than %d files", ENTRIES_MAX);
	file_of_change(change, &files->items[files->count++]);
	return 0;
}

static int note_file(struct walk *walk, const struct change *found, const struct known *known,
		     const git_index_entry *entry, bool was_read)
{
	struct changes *list = NULL;
	struct change *change;
	int result = list_file(walk, found);

	if (!known || !git_oid_equal(&known->id, &found->id) || known->mode != found->mode)
		list = &walk->scan->changes;
	else if (was_read && entry && git_oid_equal(&entry->id, &found->id) &&
		 entry->mode == found->mode)
		list = &walk->scan->refreshed;
	if (result || !list)
		return result;
	result = changes_add(list, found->path, &change, walk->error);
	if (!result)
		*change = *found;
	return result;
}

/* A file that vanishes or cannot be read while we look is left as HEAD has it. */
static bool is_passing(int result)
{
	return result == -ERROR_NOT_FOUND || result == -ERROR_DENIED ||
	       result == -ERROR_TOO_LARGE || result == -ERROR_INVALID;
}

static int visit_file(const struct folder *folder, const char *name, const char *path,
		      const struct stat *st)
{
	struct walk *walk = folder->walk;
	struct change found = { .st = *st };
	struct known *known;
	const git_index_entry *entry;
	bool known_bytes;
	int result = 0;

	memcpy(found.path, path, strlen(path) + 1);
	known = known_find(&walk->known, found.path);
	entry = git_index_get_bypath(walk->snapshot->index, path, 0);
	if (known)
		known->seen = true;
	if (st->st_size > HISTORY_FILE_MAX || (!known && !entry && is_ignored(walk, path)))
		return 0;
	known_bytes = entry_matches(walk, entry, st);
	if (known_bytes)
		found.id = entry->id;
	else
		result = blob_of_file(folder, name, known, &found);
	if (result)
		return is_passing(result) ? 0 : result;
	found.mode = mode_of(walk, &found.st, known);
	return note_file(walk, &found, known, entry, !known_bytes);
}

/* Agents get a history of their own; there may be thousands, so that none is opened. */
static bool is_agent(const struct walk *walk, const char *path)
{
	return walk->is_workspace && !strncmp(path, "agents/", 7);
}

static bool has_history(int fd)
{
	struct stat st;

	return !fstatat(fd, ".git", &st, AT_SYMLINK_NOFOLLOW);
}

static int visit_entry(void *context, const char *name, unsigned char type);

static int visit_folder(const struct folder *folder, const char *name, const char *path)
{
	struct folder inner = { .walk = folder->walk, .fd = -1, .depth = folder->depth + 1 };
	_fd_ int fd = -1;

	if (inner.depth > FOLDER_DEPTH_MAX || is_agent(folder->walk, path) ||
	    snprintf(inner.prefix, sizeof(inner.prefix), "%s/", path) >= (int)sizeof(inner.prefix))
		return 0;
	if (directory_open_beneath(folder->fd, name, &fd, NULL) || has_history(fd))
		return 0;
	if (!known_beneath(&folder->walk->known, inner.prefix) &&
	    is_ignored(folder->walk, inner.prefix))
		return 0;
	inner.fd = fd;
	return directory_walk(fd, ENTRIES_MAX, visit_entry, &inner, folder->walk->error);
}

static int visit_entry(void *context, const char *name, unsigned char type)
{
	const struct folder *folder = context;
	char path[PATH_SIZE];
	struct stat st;

	if (type == DT_LNK ||
	    snprintf(path, sizeof(path), "%s%s", folder->prefix, name) >= (int)sizeof(path) ||
	    !path_is_committable(path))
		return 0;
	if (type == DT_DIR)
		return visit_folder(folder, name, path);
	if (fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW))
		return 0;
	if (S_ISDIR(st.st_mode)) /* of a file system that gives no types */
		return visit_folder(folder, name, path);
	return S_ISREG(st.st_mode) ? visit_file(folder, name, path, &st) : 0;
}

/* HEAD has it, the walk did not meet it: gone, or one of those that are passed over. */
static int note_missing(struct walk *walk, const struct known *known)
{
	const git_index_entry *entry;
	struct change *change;
	struct stat st;
	int result;

	if (known->seen || !path_is_committable(known->path))
		return 0;
	if (fstatat(walk->h->dir, known->path, &st, AT_SYMLINK_NOFOLLOW)) {
		if (errno != ENOENT && errno != ENOTDIR)
			return 0;
	} else if (!S_ISDIR(st.st_mode)) {
		return 0;
	}
	entry = git_index_get_bypath(walk->snapshot->index, known->path, 0);
	if (entry && entry->flags_extended & GIT_INDEX_ENTRY_SKIP_WORKTREE)
		return 0;
	result = changes_add(&walk->scan->changes, known->path, &change, walk->error);
	if (result)
		return result;
	change->gone = true;
	return list_file(walk, change);
}

static int walk_all(struct walk *walk)
{
	struct folder root = { .walk = walk, .fd = walk->h->dir };
	int result = known_read(walk->snapshot, &walk->known);

	if (result)
		return git_refuse(walk->error, result, "reading the tree of %s", walk->h->path);
	result = directory_walk(root.fd, ENTRIES_MAX, visit_entry, &root, walk->error);
	for (size_t i = 0; !result && i < walk->known.count; i++)
		result = note_missing(walk, &walk->known.items[i]);
	return result;
}

int scan_work_tree(struct history *h, const struct snapshot *snapshot, struct scan *ret_scan,
		   struct error *error)
{
	CLEANUP(scan_clear) struct scan scan = { 0 };
	CLEANUP(git_config_free) git_config *config = NULL;
	struct walk walk = { .h = h,
			     .snapshot = snapshot,
			     .scan = &scan,
			     .error = error,
			     .index_mtime_ns = snapshot->index_stamp.mtime_ns };
	struct stat st;
	int modes = 1, result;

	walk.is_workspace = !fstatat(h->dir, "agentd.yaml", &st, AT_SYMLINK_NOFOLLOW);
	if (!git_repository_config_snapshot(&config, h->repository) &&
	    !git_config_get_bool(&modes, config, "core.filemode"))
		walk.modes_lie = !modes;
	result = walk_all(&walk);
	known_clear(&walk.known);
	if (result)
		return result;
	*ret_scan = scan;
	scan = (struct scan){ 0 };
	return 0;
}

void scan_clear(struct scan *scan)
{
	changes_clear(&scan->changes);
	changes_clear(&scan->refreshed);
	history_files_clear(&scan->files);
}

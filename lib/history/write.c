#include "edits.h"
#include "pending.h"

#include "base/failpoint.h"

/* What one call writes. */
struct write {
	struct history *h;
	const char *path, *message;
	struct span expected, content;
	const struct history_author *author;
	struct change change; /* the blob's id, and the mode that it gets */
};

static bool disk_holds(const struct write *w)
{
	CLEANUP(buffer_clear) struct buffer disk = BUFFER(HISTORY_FILE_MAX);

	return !file_read(w->h->dir, w->path, &disk, NULL, NULL) &&
	       span_equal(buffer_span(&disk), w->content);
}

static int make_parents(const struct write *w, struct error *error)
{
	const char *slash = strrchr(w->path, '/');
	_free_ char *folder = slash ? xstrndup(w->path, (size_t)(slash - w->path)) : NULL;

	return folder ? directory_make(w->h->dir, folder, 0755, error) : 0;
}

static int put_on_disk(const struct write *w, struct error *error)
{
	int failed = FAILPOINT("history.file"), result;

	if (failed)
		return error_set_system(error, failed, "replacing %s", w->path);
	result = make_parents(w, error);
	if (!result)
		result = file_replace_if(w->h->dir, w->path, w->expected, w->content, 0644, error);
	if (result == -ERROR_CONFLICT && disk_holds(w))
		return 0; /* done by an earlier call */
	if (result == -ERROR_CONFLICT)
		pending_drop(w->h);
	return result;
}

static struct span bytes_of(const struct write *w)
{
	return w->content.data ? w->content : SPAN("");
}

static int prepare(struct write *w, struct error *error)
{
	struct span bytes = bytes_of(w);
	int result;

	w->change.mode = GIT_FILEMODE_BLOB;
	memcpy(w->change.path, w->path, strlen(w->path) + 1);
	result = git_odb_hash(&w->change.id, bytes.data, bytes.length, GIT_OBJECT_BLOB);
	return result ? git_refuse(error, result, "hashing %s", w->path) : 0;
}

static int store_blob(const struct write *w, struct error *error)
{
	struct span bytes = bytes_of(w);
	git_oid id;
	int result = git_blob_create_from_buffer(&id, w->h->repository, bytes.data, bytes.length);

	return result ? git_refuse(error, result, "storing %s", w->path) : 0;
}

/* Returns 1 when HEAD and disk have the content already. */
static int is_done(struct write *w, const struct snapshot *s, struct error *error)
{
	git_oid in_head;

	if (!snapshot_blob(s, w->path, &in_head, &w->change.mode) ||
	    !git_oid_equal(&in_head, &w->change.id))
		return 0;
	if (disk_holds(w))
		return 1;
	return error_set(error, ERROR_CONFLICT, "%s was changed meanwhile", w->path);
}

static int commit(struct write *w, git_oid *ret_commit, struct changes *ret_changes,
		  struct error *error)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	git_oid made;
	int result = snapshot_take(w->h, &s, error);

	if (!result)
		result = is_done(w, &s, error);
	if (result == 1)
		*ret_commit = s.head;
	if (result)
		return result < 0 ? result : 0;
	/* Asked again at the exchange; here nothing has been made yet. */
	result = file_refuse_writer(w->h->dir, w->path, w->path, error);
	if (!result)
		result = store_blob(w, error);
	if (result)
		return result;
	result = commit_make(w->h, s.unborn ? NULL : &s.head, &w->change, 1, w->author, w->message,
			     &made, error);
	if (!result)
		result = pending_set(w->h, PENDING_WRITE, &made, error);
	if (!result)
		result = put_on_disk(w, error);
	if (result)
		return result;
	result = pending_complete(w->h, PENDING_WRITE, &made, ret_commit, ret_changes, error);
	if (!result || result == -ERROR_CONFLICT)
		pending_drop(w->h);
	return result;
}

/* The caller's cache gets the file as it is now. */
static int list_written(struct history_files *files, const struct changes *changes,
			struct error *error)
{
	for (size_t i = 0; i < changes->count; i++) {
		struct history_file *file = NULL;

		for (size_t k = 0; k < files->count && !file; k++)
			if (!strcmp(files->items[k].path, changes->items[i].path))
				file = &files->items[k];
		if (!file) {
			if (array_grow((void **)&files->items, files->count, &files->capacity,
				       sizeof(*files->items), ENTRIES_MAX + 1))
				return error_set(error, ERROR_TOO_LARGE, "too many files");
			file = &files->items[files->count++];
		}
		file_of_change(&changes->items[i], file);
	}
	return 0;
}

static int check(const char *path, struct span content, struct error *error)
{
	if (!path_is_committable(path))
		return error_set(error, ERROR_INVALID, "%s is no path that history keeps", path);
	if (content.length > HISTORY_FILE_MAX)
		return error_set(error, ERROR_TOO_LARGE, "%s would be over %d bytes", path,
				 HISTORY_FILE_MAX);
	return 0;
}

int history_write(struct history *h, const char *path, struct span expected, struct span content,
		  const struct history_author *author, const char *message,
		  char ret_commit[HISTORY_ID_SIZE], struct history_files *ret_files,
		  struct error *error)
{
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	CLEANUP(changes_clear) struct changes changes = { 0 };
	struct write w = { .h = h,
			   .path = path,
			   .message = message,
			   .expected = expected,
			   .content = content,
			   .author = author };
	git_oid made;
	size_t merged;
	int result = check(path, content, error);

	if (!result)
		result = history_begin(h, error);
	if (!result)
		result = edits_commit(h, author->at, &made, &merged, &files, error);
	if (!result)
		result = prepare(&w, error);
	if (!result)
		result = commit(&w, &made, &changes, error);
	if (!result)
		result = list_written(&files, &changes, error);
	if (result)
		return result;
	git_oid_tostr(ret_commit, HISTORY_ID_SIZE, &made);
	if (ret_files) {
		*ret_files = files;
		files = (struct history_files){ 0 };
	}
	return 0;
}

/* Jobs that read repositories. */
#include "job.h"

#include <sys/stat.h>

#define PATCHES_BYTES_MAX (8 * 1024 * 1024) /* half of what a frame may hold */

struct chapter {
	json_t *entry;
	int64_t at;
	size_t nth; /* among all that were read: a commit comes before its parents of the same
		       second */
};

/* Commits of several repositories. */
struct story {
	const char *repository;
	struct chapter *entries;
	size_t count, capacity, max, read;
	size_t patch_bytes;
};

static void story_clear(struct story *story)
{
	for (size_t i = 0; i < story->count; i++)
		json_decref(story->entries[i].entry);
	free(story->entries);
}
CLEANUP_DEFINE_VALUE(struct story, story_clear)

static json_t *patch_json(struct story *story, const char *patch)
{
	size_t length = patch ? strlen(patch) : 0;

	if (!patch || story->patch_bytes + length > PATCHES_BYTES_MAX)
		return json_null();
	story->patch_bytes += length;
	return json_text(patch);
}

static int add_entry(void *context, const struct history_entry *entry)
{
	struct story *story = context;
	json_t *files = json_array();

	for (size_t i = 0; i < entry->file_count; i++)
		json_array_append_new(files, json_text(entry->files[i]));
	if (array_grow((void **)&story->entries, story->count, &story->capacity,
		       sizeof(*story->entries), 1000000)) {
		json_decref(files);
		return 1;
	}
	story->entries[story->count++] = (struct chapter){
		.at = entry->at,
		.nth = story->read++,
		.entry = json_pack("{s:s,s:s,s:I,s:o,s:o,s:o,s:o,s:o,s:o}", "repository",
				   story->repository, "commit", entry->commit, "at",
				   (json_int_t)entry->at, "author", json_text(entry->author),
				   "email", json_text(entry->email), "subject",
				   json_text(entry->subject), "body", json_text(entry->body),
				   "files", files, "patch", patch_json(story, entry->patch)),
	};
	return 0;
}

static int newest_first(const void *a, const void *b)
{
	const struct chapter *x = a, *y = b;

	if (x->at != y->at)
		return (x->at < y->at) - (x->at > y->at);
	return (x->nth > y->nth) - (x->nth < y->nth);
}

static void keep_newest(struct story *story)
{
	if (story->count)
		qsort(story->entries, story->count, sizeof(*story->entries), newest_first);
	while (story->count > story->max)
		json_decref(story->entries[--story->count].entry);
}

int run_log(const struct job *job, const struct place *place, json_t **ret_result,
	    struct error *error)
{
	CLEANUP(story_clear) struct story story = { .max = job->max };
	json_t *entries;
	int result = 0;

	for (size_t i = 0; !result && i < job->repository_count; i++) {
		CLEANUP(history_free) struct history *history = NULL;

		story.repository = job->repositories[i];
		result = repositories_open(place->repositories, story.repository, false, &history,
					   error);
		if (result == -ERROR_NOT_FOUND) {
			result = 0; /* an agent that nothing was committed of yet */
			continue;
		}
		if (!result)
			result = history_log(history, job->max, job->patch, add_entry, &story,
					     error);
		keep_newest(&story);
	}
	if (result)
		return result < 0 ? result : error_set(error, ERROR_TOO_LARGE, "too many commits");
	entries = json_array();
	for (size_t i = 0; i < story.count; i++)
		json_array_append(entries, story.entries[i].entry);
	*ret_result = json_pack("{s:o}", "entries", entries);
	return 0;
}

static int write_bundle(const struct job *job, const struct place *place, int fd,
			struct error *error)
{
	struct history *history = NULL;
	int result = repositories_take(place->repositories, job->repository, false, &history,
				       error);

	if (result)
		return result;
	result = history_bundle(history, fd, error);
	repositories_put(place->repositories, job->repository, history);
	return result ? result : fd_sync(fd, error);
}

int run_bundle(const struct job *job, const struct place *place, json_t **ret_result,
	       struct error *error)
{
	_fd_ int fd = -1;
	struct stat st;
	int result;

	if (place->output < 0)
		return error_set(error, ERROR_INVALID, "bundle: no output folder was given");
	result = file_create(place->output, job->path, 0600, &fd, error);
	if (!result)
		result = write_bundle(job, place, fd, error);
	if (result)
		return result;
	fstat(fd, &st);
	*ret_result = json_pack("{s:I}", "bytes", (json_int_t)st.st_size);
	return 0;
}

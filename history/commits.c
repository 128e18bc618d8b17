/* Jobs that make commits. */
#include "job.h"

static json_t *files_json(const struct history_files *files)
{
	json_t *list = json_array();

	for (size_t i = 0; i < files->count; i++) {
		const struct history_file *file = &files->items[i];

		if (file->gone)
			json_array_append_new(list,
					      json_pack("{s:o,s:n,s:b}", "path",
							json_text(file->path), "blob", "gone", 1));
		else
			json_array_append_new(
				list, json_pack("{s:o,s:s,s:I,s:I,s:I,s:I}", "path",
						json_text(file->path), "blob", file->blob, "size",
						(json_int_t)file->stamp.size, "mtime_ns",
						(json_int_t)file->stamp.mtime_ns, "ctime_ns",
						(json_int_t)file->stamp.ctime_ns, "inode",
						(json_int_t)file->stamp.inode));
	}
	return list;
}

static int take(const struct job *job, const struct place *place, bool create,
		struct history **ret_history, struct error *error)
{
	int result = repositories_take(place->repositories, job->repository, create, ret_history,
				       error);

	if (!result)
		history_set_abandoned(*ret_history, job->abandoned);
	return result;
}

/* One that failed is opened anew: somebody may put right what is wrong with it. A lock that was in
 * the way is told of. */
static void give_back(const struct job *job, const struct place *place, struct history *history,
		      int result, json_t *answer)
{
	char lock[64];

	history_lock_removed(history, lock);
	if (lock[0] && answer)
		json_object_set_new(answer, "lock_removed", json_string(lock));
	if (result && result != -ERROR_BUSY && result != -ERROR_CONFLICT)
		history_free(history);
	else
		repositories_put(place->repositories, job->repository, history);
}

int run_edits(const struct job *job, const struct place *place, json_t **ret_result,
	      struct error *error)
{
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	char commit[HISTORY_ID_SIZE];
	struct history *history = NULL;
	size_t merged = 0;
	int result = take(job, place, job->create, &history, error);

	if (result)
		return result;
	result = history_commit_edits(history, job->at, commit, &merged, &files, error);
	if (!result)
		*ret_result = json_pack("{s:s?,s:I,s:o}", "commit", commit[0] ? commit : NULL,
					"merged", (json_int_t)merged, "files", files_json(&files));
	give_back(job, place, history, result, result ? NULL : *ret_result);
	return result;
}

/* A write on its way: the bytes it is based on, and what becomes of them. */
struct splice {
	struct buffer now, next;
	bool absent;
};

static void splice_clear(struct splice *splice)
{
	buffer_clear(&splice->now);
	buffer_clear(&splice->next);
}
CLEANUP_DEFINE_VALUE(struct splice, splice_clear)

static int apply(const struct job *job, struct span base, struct buffer *out, struct error *error)
{
	if (job->offset > base.length || job->remove > base.length - job->offset)
		return error_set(error, ERROR_INVALID, "%s has no bytes %zu to %zu", job->path,
				 job->offset, job->offset + job->remove);
	buffer_reset(out);
	if (buffer_append(out, span_slice(base, 0, job->offset)) ||
	    buffer_append(out, (struct span){ job->insert, job->insert_length }) ||
	    buffer_append(out, span_slice(base, job->offset + job->remove, base.length)))
		return error_set(error, ERROR_TOO_LARGE, "%s would be over %d bytes", job->path,
				 HISTORY_FILE_MAX);
	return 0;
}

static int read_now(const struct job *job, const struct place *place, struct splice *splice,
		    struct error *error)
{
	_free_ char *path = xasprintf("%s/%s", job->repository, job->path);
	int result = file_read(repositories_dir(place->repositories), path, &splice->now, NULL,
			       error);

	splice->absent = result == -ERROR_NOT_FOUND;
	return splice->absent ? 0 : result;
}

/* Does the file hold already what the splice makes of the version that it was meant for? */
static bool is_done(const struct job *job, struct history *history, struct splice *splice)
{
	CLEANUP(buffer_clear) struct buffer base = BUFFER(HISTORY_FILE_MAX);

	if (splice->absent ||
	    (job->expected && history_blob_read(history, job->expected, &base, NULL)) ||
	    apply(job, buffer_span(&base), &splice->next, NULL))
		return false;
	return span_equal(buffer_span(&splice->next), buffer_span(&splice->now));
}

static int prepare(const struct job *job, struct history *history, struct splice *splice,
		   struct error *error)
{
	char id[HISTORY_ID_SIZE] = "";

	if (!splice->absent)
		history_blob_id(buffer_span(&splice->now), id);
	if (job->expected ? !strcmp(id, job->expected) : splice->absent)
		return apply(job, buffer_span(&splice->now), &splice->next, error);
	if (is_done(job, history, splice))
		return 0;
	return error_set(error, ERROR_CONFLICT, "%s/%s is another by now", job->repository,
			 job->path);
}

static int write_with(const struct job *job, const struct place *place, struct history *history,
		      json_t **ret_result, struct error *error)
{
	CLEANUP(splice_clear)
	struct splice splice = { BUFFER(HISTORY_FILE_MAX), BUFFER(HISTORY_FILE_MAX), false };
	CLEANUP(history_files_clear) struct history_files files = { 0 };
	const struct history_author author = { job->name, job->email, job->at };
	char commit[HISTORY_ID_SIZE];
	struct span expected;
	int result = read_now(job, place, &splice, error);

	if (!result)
		result = prepare(job, history, &splice, error);
	if (result)
		return result;
	expected = splice.absent       ? (struct span){ NULL, 0 }
		   : splice.now.length ? buffer_span(&splice.now)
				       : SPAN("");
	result = history_write(history, job->path, expected, buffer_span(&splice.next), &author,
			       job->message, commit, &files, error);
	if (!result)
		*ret_result = json_pack("{s:s,s:o}", "commit", commit, "files", files_json(&files));
	return result;
}

int run_write(const struct job *job, const struct place *place, json_t **ret_result,
	      struct error *error)
{
	struct history *history = NULL;
	int result = take(job, place, true, &history, error);

	if (result)
		return result;
	result = write_with(job, place, history, ret_result, error);
	give_back(job, place, history, result, result ? NULL : *ret_result);
	return result;
}

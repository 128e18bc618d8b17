#include "commit_job.h"

#include "entries.h"

#include "base/clock.h"
#include "memory/memory.h"

#define RETRY_FIRST_MS 100
#define RETRY_LAST_MS 5000 /* what failed for a full disk goes on soon */
#define MEMORY_PATH "MEMORY.md"

void commit_job_free(struct commit_job *job)
{
	for (size_t i = 0; i < job->text_count; i++)
		free(job->texts[i]);
	free(job->texts);
	free(job->message);
	free(job->complaint);
	free(job);
}

struct commit_job *commit_job_new(struct daemon *daemon, enum commit_kind kind,
				  const char *repository, const char *agent)
{
	struct commit_job *job = xcalloc(1, sizeof(*job));

	job->daemon = daemon;
	job->kind = kind;
	job->at = clock_wall_s();
	job->retry_ms = RETRY_FIRST_MS;
	snprintf(job->repository, sizeof(job->repository), "%s", repository);
	snprintf(job->agent, sizeof(job->agent), "%s", agent);
	return job;
}

void commit_job_take_texts(struct commit_job *job, const char *const *texts, size_t count)
{
	job->texts = xcalloc(count, sizeof(char *));
	job->text_count = count;
	for (size_t i = 0; i < count; i++)
		job->texts[i] = xstrdup(texts[i]);
}

/* The file's bytes now; absent is empty with *ret_absent. */
static int read_current(struct commit_job *job, const char *path, struct buffer *raw,
			bool *ret_absent, struct error *error)
{
	_free_ char *whole = xasprintf("%s/%s", job->repository, path);
	int result = file_read(job->daemon->workspace->dir, whole, raw, NULL, error);

	*ret_absent = result == -(int)ERROR_NOT_FOUND;
	return *ret_absent ? 0 : result;
}

static json_t *write_params(struct commit_job *job, const char *path, struct span raw, bool absent,
			    struct span content)
{
	struct splice splice = splice_between(raw, content);
	_free_ char *email = xasprintf("%s@agentd.local", job->agent);
	char expected[41];

	blob_id(raw, expected);
	return json_pack("{s:s,s:s,s:s?,s:I,s:I,s:s%,s:{s:s,s:s,s:I},s:s,s:b}", "repository",
			 job->repository, "path", path, "expected", absent ? NULL : expected,
			 "offset", (json_int_t)splice.offset, "remove", (json_int_t)splice.removed,
			 "insert", splice.inserted.data, splice.inserted.length, "author", "name",
			 job->agent, "email", email, "at", (json_int_t)job->at, "message",
			 job->message, "abandoned", (int)job->abandoned);
}

static int write_of(struct commit_job *job, json_t **ret_params, struct error *error)
{
	const char *path = job->kind == COMMIT_POST ? WORKSPACE_BULLETIN : MEMORY_PATH;
	CLEANUP(buffer_clear) struct buffer raw = BUFFER(MEMORY_FILE_MAX);
	CLEANUP(buffer_clear) struct buffer content = BUFFER(2 * MEMORY_FILE_MAX);
	const struct entries entries = { job->agent, job->texts, job->text_count, job->at,
					 job->recover };
	bool absent;
	int result = read_current(job, path, &raw, &absent, error);

	if (result)
		return result;
	if (job->kind == COMMIT_POST)
		result = entries_add_post(&entries, buffer_span(&raw), &content, error);
	else
		result = entries_add_facts(&entries, buffer_span(&raw), &content, error);
	if (result)
		return result;
	blob_id(buffer_span(&content), job->written);
	*ret_params = write_params(job, path, buffer_span(&raw), absent, buffer_span(&content));
	return *ret_params ? 0 : error_set(error, ERROR_PROTOCOL, "text that is no UTF-8");
}

int commit_job_params(struct commit_job *job, json_t **ret_params, struct error *error)
{
	if (job->kind != COMMIT_EDITS)
		return write_of(job, ret_params, error);
	*ret_params = json_pack("{s:s,s:b,s:I,s:b}", "repository", job->repository, "create", 1,
				"at", (json_int_t)job->at, "abandoned", (int)job->abandoned);
	return 0;
}

static bool folder_is_gone(const struct commit_job *job)
{
	struct stat st;

	return strcmp(job->repository, ".") &&
	       file_stat(job->daemon->workspace->dir, job->repository, &st, NULL) ==
		       -(int)ERROR_NOT_FOUND;
}

bool commit_job_is_hopeless(const struct commit_job *job, const struct error *error)
{
	if (folder_is_gone(job) || error->code == ERROR_PROTOCOL)
		return true;
	return job->kind != COMMIT_FACTS &&
	       (error->code == ERROR_INVALID || error->code == ERROR_DENIED ||
		error->code == ERROR_TOO_LARGE);
}

void commit_job_delay(struct commit_job *job, int64_t now_ms)
{
	job->not_before = now_ms + job->retry_ms;
	job->retry_ms = job->retry_ms * 2 > RETRY_LAST_MS ? RETRY_LAST_MS : job->retry_ms * 2;
}

#include "job.h"

#include <limits.h>

#define LOG_MAX 10000

static int read_edits(struct job *job, const json_t *params, struct error *error)
{
	const json_t *at = json_object_get(params, "at");

	if (!json_is_integer(at))
		return error_set(error, ERROR_PROTOCOL, "edits: \"at\" is missing");
	job->create = json_is_true(json_object_get(params, "create"));
	job->abandoned = json_is_true(json_object_get(params, "abandoned"));
	job->at = json_integer_value(at);
	return 0;
}

static char *dup_text(const json_t *params, const char *key)
{
	return xstrdup_or_null(json_string_value(json_object_get(params, key)));
}

static int read_write(struct job *job, const json_t *params, struct error *error)
{
	const json_t *author = json_object_get(params, "author");
	const json_t *insert = json_object_get(params, "insert");
	json_int_t offset = json_integer_value(json_object_get(params, "offset"));
	json_int_t remove = json_integer_value(json_object_get(params, "remove"));

	job->abandoned = json_is_true(json_object_get(params, "abandoned"));
	job->path = dup_text(params, "path");
	job->expected = dup_text(params, "expected");
	job->message = dup_text(params, "message");
	job->name = dup_text(author, "name");
	job->email = dup_text(author, "email");
	job->at = json_integer_value(json_object_get(author, "at"));
	if (!job->path || !job->message || !job->name || !job->email || !json_is_string(insert) ||
	    !json_is_integer(json_object_get(author, "at")))
		return error_set(
			error, ERROR_PROTOCOL,
			"write: it takes path, expected, offset, remove, insert, author and "
			"message");
	if (offset < 0 || remove < 0 || offset > HISTORY_FILE_MAX || remove > HISTORY_FILE_MAX)
		return error_set(error, ERROR_PROTOCOL, "write: offset or remove is out of range");
	job->offset = (size_t)offset;
	job->remove = (size_t)remove;
	job->insert_length = json_string_length(insert);
	job->insert = xmalloc(job->insert_length + 1);
	memcpy(job->insert, json_string_value(insert), job->insert_length + 1);
	return 0;
}

static int read_log(struct job *job, const json_t *params, struct error *error)
{
	const json_t *list = json_object_get(params, "repositories");
	json_int_t max = json_integer_value(json_object_get(params, "max"));

	if (!json_is_array(list) || max < 1)
		return error_set(error, ERROR_PROTOCOL,
				 "log: it takes repositories, max and patch");
	job->max = max < LOG_MAX ? (size_t)max : LOG_MAX;
	job->patch = json_is_true(json_object_get(params, "patch"));
	job->repositories = xcalloc(json_array_size(list) + 1, sizeof(char *));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));

		if (!name || !repository_name_valid(name))
			return error_set(error, ERROR_INVALID, "log: \"%s\" is no repository",
					 name ? name : "");
		job->repositories[job->repository_count++] = xstrdup(name);
	}
	return 0;
}

static int read_bundle(struct job *job, const json_t *params, struct error *error)
{
	job->path = dup_text(params, "file");
	return job->path ? 0 : error_set(error, ERROR_PROTOCOL, "bundle: \"file\" is missing");
}

static const struct {
	const char *method;
	bool one_repository;
	int (*read)(struct job *job, const json_t *params, struct error *error);
	int (*run)(const struct job *job, const struct place *place, json_t **ret_result,
		   struct error *error);
} kinds[] = {
	[JOB_EDITS] = { "edits", true, read_edits, run_edits },
	[JOB_WRITE] = { "write", true, read_write, run_write },
	[JOB_LOG] = { "log", false, read_log, run_log },
	[JOB_BUNDLE] = { "bundle", true, read_bundle, run_bundle },
};

int job_new(const char *method, const json_t *params, uint64_t request, struct job **ret_job,
	    struct error *error)
{
	CLEANUP(job_free) struct job *job = xcalloc(1, sizeof(*job));
	size_t kind = 0;
	int result;

	while (kind < ARRAY_LENGTH(kinds) && strcmp(kinds[kind].method, method))
		kind++;
	if (kind == ARRAY_LENGTH(kinds))
		return error_set(error, ERROR_PROTOCOL, "there is no method \"%s\"", method);
	job->kind = (enum job_kind)kind;
	job->request = request;
	if (kinds[kind].one_repository) {
		job->repository = dup_text(params, "repository");
		if (!job->repository || !repository_name_valid(job->repository))
			return error_set(error, ERROR_INVALID, "%s: \"%s\" is no repository",
					 method, job->repository ? job->repository : "");
	}
	result = kinds[kind].read(job, params, error);
	if (!result)
		*ret_job = steal_pointer(&job);
	return result;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->repository_count; i++)
		free(job->repositories[i]);
	free(job->repositories);
	free(job->repository);
	free(job->path);
	free(job->expected);
	free(job->insert);
	free(job->name);
	free(job->email);
	free(job->message);
	json_decref(job->result);
	free(job);
}

void job_run(struct job *job, const struct place *place)
{
	json_t *result = NULL;

	if (!kinds[job->kind].run(job, place, &result, &job->error))
		job->result = result;
}

json_t *json_text(const char *text)
{
	struct span s = span_of(text);
	CLEANUP(buffer_clear) struct buffer out = BUFFER(4 * s.length + 1);
	char bytes[4];

	if (utf8_valid(s))
		return json_stringn(s.data, s.length);
	for (size_t at = 0; at < s.length;) {
		size_t length = utf8_put(utf8_next(s, &at), bytes);

		buffer_append(&out, (struct span){ bytes, length });
	}
	return json_stringn(out.data ? out.data : "", out.length);
}

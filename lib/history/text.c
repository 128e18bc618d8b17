#include "text.h"

int blob_read(struct history *h, const git_oid *id, struct buffer *out, struct error *error)
{
	CLEANUP(git_blob_free) git_blob *blob = NULL;
	char hex[HISTORY_ID_SIZE];
	int result = git_blob_lookup(&blob, h->repository, id);

	git_oid_tostr(hex, sizeof(hex), id);
	if (result)
		return git_refuse(error, result, "reading the blob %s of %s", hex, h->path);
	if (buffer_append(out, (struct span){ git_blob_rawcontent(blob),
					      (size_t)git_blob_rawsize(blob) }))
		return error_set(error, ERROR_TOO_LARGE, "the blob %s of %s is over %zu bytes", hex,
				 h->path, out->max);
	return 0;
}

int history_blob_read(struct history *h, const char *id, struct buffer *out, struct error *error)
{
	git_oid oid;
	int result = history_refresh(h, error);

	if (result)
		return result;
	if (strlen(id) != HISTORY_ID_SIZE - 1 || git_oid_fromstr(&oid, id))
		return error_set(error, ERROR_INVALID, "%s is no blob id", id);
	return blob_read(h, &oid, out, error);
}

/* Patience finds the lines that were moved least in texts of many alike. */
static const git_diff_options by_line = {
	.version = GIT_DIFF_OPTIONS_VERSION,
	.flags = GIT_DIFF_PATIENCE | GIT_DIFF_FORCE_TEXT,
	.ignore_submodules = GIT_SUBMODULE_IGNORE_UNSPECIFIED,
};

static const void *bytes(struct span s)
{
	return s.data ? s.data : "";
}

void history_blob_id(struct span s, char ret_id[HISTORY_ID_SIZE])
{
	git_oid id;

	if (git_odb_hash(&id, bytes(s), s.length, GIT_OBJECT_BLOB))
		BUG("hashing failed");
	git_oid_tostr(ret_id, HISTORY_ID_SIZE, &id);
}

int text_distance(struct span from, struct span to, struct distance *ret_distance)
{
	CLEANUP(git_patch_free) git_patch *patch = NULL;
	int result;

	*ret_distance = (struct distance){ 0 };
	result = git_patch_from_buffers(&patch, bytes(from), from.length, NULL, bytes(to),
					to.length, NULL, &by_line);
	if (result || !patch)
		return result;
	return git_patch_line_stats(NULL, &ret_distance->added, &ret_distance->removed, patch);
}

size_t text_lines(struct span text)
{
	struct span line;
	size_t count = 0;

	while (span_next_line(&text, &line))
		count++;
	return count;
}

struct tally {
	const char *mark;
	size_t count;
};

static int tally_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		      const git_diff_line *line, void *context)
{
	struct tally *tally = context;

	(void)delta;
	(void)hunk;
	if (line->origin == GIT_DIFF_LINE_ADDITION &&
	    span_starts_with((struct span){ line->content, line->content_len },
			     span_of(tally->mark)))
		tally->count++;
	return 0;
}

size_t text_added(struct span from, struct span to, const char *mark)
{
	struct tally tally = { mark, 0 };

	git_diff_buffers(bytes(from), from.length, NULL, bytes(to), to.length, NULL, &by_line, NULL,
			 NULL, NULL, tally_line, &tally);
	return tally.count;
}

int text_merge(struct span base, struct span ours, struct span theirs, struct buffer *out,
	       struct error *error)
{
	static const git_merge_file_options options = {
		.version = GIT_MERGE_FILE_OPTIONS_VERSION,
		.favor = GIT_MERGE_FILE_FAVOR_UNION,
		.flags = GIT_MERGE_FILE_DIFF_PATIENCE,
	};
	git_merge_file_input sides[3];
	const struct span texts[3] = { base, ours, theirs };
	git_merge_file_result merged = { 0 };
	int result;

	for (size_t i = 0; i < 3; i++) {
		sides[i] = (git_merge_file_input){ .version = GIT_MERGE_FILE_INPUT_VERSION,
						   .ptr = bytes(texts[i]),
						   .size = texts[i].length };
	}
	result = git_merge_file(&merged, &sides[0], &sides[1], &sides[2], &options);
	if (result)
		return git_refuse(error, result, "merging");
	if (buffer_append(out, (struct span){ merged.ptr, merged.len }))
		result = error_set(error, ERROR_TOO_LARGE, "the merge is over %zu bytes", out->max);
	git_merge_file_result_free(&merged);
	return result;
}

static bool has_crlf(struct span text)
{
	const char *end = text.length ? memchr(text.data, '\n', text.length) : NULL;

	return end && end > text.data && end[-1] == '\r';
}

int text_append_like(struct buffer *out, struct span text, struct span like)
{
	bool crlf = has_crlf(like);
	int result = 0;

	if (crlf == has_crlf(text))
		return buffer_append(out, text);
	while (!result && text.length) {
		const char *end = memchr(text.data, '\n', text.length);
		size_t length = end ? (size_t)(end - text.data) : text.length;
		struct span line = { text.data, length };

		if (end && length && end[-1] == '\r')
			line.length--;
		result = buffer_append(out, line);
		if (!result && end)
			result = buffer_append(out, crlf ? SPAN("\r\n") : SPAN("\n"));
		text = span_slice(text, end ? length + 1 : length, text.length);
	}
	return result;
}

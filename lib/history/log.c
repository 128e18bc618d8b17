#include "repository.h"

#define PATCH_MAX (1024 * 1024)
#define FILES_SHOWN_MAX 2000

static int diff_of(struct history *h, git_commit *commit, git_diff **ret_diff)
{
	CLEANUP(git_commit_free) git_commit *parent = NULL;
	CLEANUP(git_tree_free) git_tree *before = NULL;
	CLEANUP(git_tree_free) git_tree *after = NULL;
	int result = git_commit_tree(&after, commit);

	if (!result && git_commit_parentcount(commit))
		result = git_commit_parent(&parent, commit, 0);
	if (result == GIT_ENOTFOUND)
		result = 0; /* a shallow clone ends here */
	if (!result && parent)
		result = git_commit_tree(&before, parent);
	return result ? result
		      : git_diff_tree_to_tree(ret_diff, h->repository, before, after, NULL);
}

static int add_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		    const git_diff_line *line, void *context)
{
	struct buffer *out = context;
	char origin = line->origin;

	(void)delta;
	(void)hunk;
	if (origin == GIT_DIFF_LINE_CONTEXT || origin == GIT_DIFF_LINE_ADDITION ||
	    origin == GIT_DIFF_LINE_DELETION)
		buffer_append(out, (struct span){ &origin, 1 });
	return buffer_append(out, (struct span){ line->content, line->content_len }) ? GIT_EUSER
										     : 0;
}

/* As much as fits. */
static void print_patch(git_diff *diff, struct buffer *out)
{
	static const char cut[] = "\n[the rest is left out]\n";

	git_diff_print(diff, GIT_DIFF_FORMAT_PATCH, add_line, out);
	if (!out->overflow)
		return;
	out->max += sizeof(cut);
	out->overflow = false;
	buffer_append_text(out, cut);
}

static int show(struct history *h, git_commit *commit, bool with_patch, history_visit visit,
		void *context, struct error *error)
{
	CLEANUP(git_diff_free) git_diff *diff = NULL;
	CLEANUP(buffer_clear) struct buffer patch = BUFFER(PATCH_MAX);
	_free_ const char **files = NULL;
	char hex[HISTORY_ID_SIZE];
	struct history_entry entry = {
		.commit = hex,
		.at = git_commit_time(commit),
		.author = git_commit_author(commit)->name,
		.email = git_commit_author(commit)->email,
		.subject = git_commit_summary(commit),
		.body = git_commit_body(commit),
	};
	int result = diff_of(h, commit, &diff);
	size_t count = result ? 0 : git_diff_num_deltas(diff);

	if (result)
		return git_refuse(error, result, "reading a commit of %s", h->path);
	git_oid_tostr(hex, sizeof(hex), git_commit_id(commit));
	entry.subject = entry.subject ? entry.subject : "";
	entry.body = entry.body ? entry.body : "";
	entry.file_count = count < FILES_SHOWN_MAX ? count : FILES_SHOWN_MAX;
	files = xcalloc(entry.file_count + 1, sizeof(*files));
	for (size_t i = 0; i < entry.file_count; i++)
		files[i] = git_diff_get_delta(diff, i)->new_file.path;
	entry.files = files;
	if (with_patch) {
		print_patch(diff, &patch);
		entry.patch = patch.data ? patch.data : "";
	}
	return visit(context, &entry);
}

int history_log(struct history *h, size_t max, bool with_patch, history_visit visit, void *context,
		struct error *error)
{
	CLEANUP(git_revwalk_free) git_revwalk *walk = NULL;
	git_oid id;
	int result = history_refresh(h, error);

	if (result)
		return result;
	result = git_repository_head_unborn(h->repository);
	if (result == 1)
		return 0;
	if (!result)
		result = git_revwalk_new(&walk, h->repository);
	if (!result)
		result = git_revwalk_sorting(walk, GIT_SORT_TOPOLOGICAL | GIT_SORT_TIME);
	if (!result)
		result = git_revwalk_push_head(walk);
	if (result)
		return git_refuse(error, result, "reading the history of %s", h->path);
	while (max-- && !(result = git_revwalk_next(&id, walk))) {
		CLEANUP(git_commit_free) git_commit *commit = NULL;

		result = git_commit_lookup(&commit, h->repository, &id);
		if (result)
			break;
		result = show(h, commit, with_patch, visit, context, error);
		if (result)
			return result;
	}
	if (result && result != GIT_ITEROVER)
		return git_refuse(error, result, "reading the history of %s", h->path);
	return 0;
}

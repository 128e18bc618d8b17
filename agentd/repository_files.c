#include "repository_files.h"

#include "journal.h"

#include "base/depth.h"

#include <dirent.h>
#include <unistd.h>

#define REPOSITORY_FILES_MAX 4000

static struct file_stamp stamp_of(const json_t *file)
{
	return (struct file_stamp){
		.size = json_integer_value(json_object_get(file, "size")),
		.mtime_ns = json_integer_value(json_object_get(file, "mtime_ns")),
		.ctime_ns = json_integer_value(json_object_get(file, "ctime_ns")),
		.inode = (uint64_t)json_integer_value(json_object_get(file, "inode")),
	};
}

void repository_files_remember(struct daemon *daemon, const char *repository, const json_t *files)
{
	size_t count = json_array_size(files), used = 0, index;
	_free_ struct file_row *rows = xcalloc(count, sizeof(*rows));
	json_t *file;

	json_array_foreach((json_t *)(uintptr_t)files, index, file) {
		struct file_row *row = &rows[used];

		row->path = json_string_value(json_object_get(file, "path"));
		row->blob = json_string_value(json_object_get(file, "blob"));
		row->stamp = stamp_of(file);
		if (row->path && row->blob)
			used++;
	}
	journal_files(daemon, repository, rows, used);
}

void repository_files_own_memory(struct resident *resident, const json_t *files)
{
	const char *name = agent_file_names[FILE_MEMORY];
	size_t index;
	json_t *one;

	json_array_foreach((json_t *)(uintptr_t)files, index, one) {
		const char *path = json_string_value(json_object_get(one, "path"));
		const char *blob = json_string_value(json_object_get(one, "blob"));
		struct file_stamp stamp = stamp_of(one);

		if (path && blob && !strcmp(path, name))
			roster_note_memory(resident, blob, &stamp);
	}
}

/* ---- comparing, on a thread of its own ---- */

struct repository {
	char *name;
	size_t known, found; /* files */
	bool changed;
};

struct survey {
	uv_work_t work;
	struct daemon *daemon;
	void (*changed)(struct daemon *daemon, const char *repository);
	int workspace, state_dir;
	struct repository *items; /* sorted by name */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct repository *)a)->name, ((const struct repository *)b)->name);
}

static int survey_row(void *context, const struct file_row *row)
{
	struct survey *survey = context;
	struct repository key = { .name = (char *)(uintptr_t)row->repository };
	struct repository *repository = bsearch(&key, survey->items, survey->count,
						sizeof(*survey->items), by_name);
	_free_ char *path = xasprintf("%s/%s", row->repository, row->path);
	struct file_stamp stamp;
	struct stat st;

	if (!repository)
		return 0;
	repository->known++;
	if (file_stat(survey->workspace, path, &st, NULL)) {
		repository->changed = true;
		return 0;
	}
	file_stamp_of(&st, &stamp);
	if (!file_stamp_equal(&stamp, &row->stamp))
		repository->changed = true;
	return 0;
}

struct walk {
	int dir, depth;
	size_t *count;
	bool top, workspace; /* at the top of a repository; of the workspace's */
};

static bool is_left_out(const struct walk *walk, const char *name)
{
	if (!strcmp(name, ".git") || file_name_is_scratch(name))
		return true;
	if (walk->top && walk->workspace)
		return !strcmp(name, "agents") || !strcmp(name, ".agentd");
	return walk->top && !strcmp(name, "work");
}

static int walk_visit(void *context, const char *name, unsigned char type)
{
	const struct walk *walk = context;
	struct walk inner = { .depth = walk->depth + 1, .count = walk->count };
	_fd_ int dir = -1;

	if (is_left_out(walk, name))
		return 0;
	if (type == DT_REG)
		++*walk->count;
	if (type != DT_DIR || walk->depth == FOLDER_DEPTH_MAX ||
	    directory_open_beneath(walk->dir, name, &dir, NULL))
		return 0;
	inner.dir = dir;
	directory_walk(dir, REPOSITORY_FILES_MAX, walk_visit, &inner, NULL);
	return 0;
}

static void survey_count(struct survey *survey, struct repository *repository)
{
	_fd_ int dir = -1;
	struct walk walk = { .count = &repository->found, .top = true };

	if (directory_open_beneath(survey->workspace, repository->name, &dir, NULL))
		return;
	walk.dir = dir;
	walk.workspace = !strcmp(repository->name, ".");
	directory_walk(dir, REPOSITORY_FILES_MAX, walk_visit, &walk, NULL);
	if (repository->found != repository->known || !repository->known)
		repository->changed = true;
}

static void survey_work(uv_work_t *work)
{
	struct survey *survey = work->data;
	CLEANUP(store_close) struct store *store = NULL;

	if (!store_open(survey->state_dir, true, &store, NULL))
		store_files(store, survey_row, survey, NULL);
	for (size_t i = 0; i < survey->count; i++)
		survey_count(survey, &survey->items[i]);
}

static void survey_done(uv_work_t *work, int status)
{
	struct survey *survey = work->data;

	for (size_t i = 0; i < survey->count; i++) {
		if (!status && survey->items[i].changed && !survey->daemon->stopping)
			survey->changed(survey->daemon, survey->items[i].name);
		free(survey->items[i].name);
	}
	free(survey->items);
	free(survey);
}

void repository_files_find_changed(struct daemon *daemon,
				   void (*changed)(struct daemon *daemon, const char *repository))
{
	struct survey *survey = xcalloc(1, sizeof(*survey));

	survey->work.data = survey;
	survey->daemon = daemon;
	survey->changed = changed;
	survey->workspace = daemon->workspace->dir;
	survey->state_dir = daemon->state_dir;
	survey->items = xcalloc(daemon->roster->count + 1, sizeof(struct repository));
	survey->items[survey->count++].name = xstrdup(".");
	for (size_t i = 0; i < daemon->roster->count; i++)
		if (!daemon->roster->items[i]->broken)
			survey->items[survey->count++].name = xasprintf(
				"agents/%s", daemon->roster->items[i]->name);
	qsort(survey->items, survey->count, sizeof(*survey->items), by_name);
	uv_queue_work(&daemon->loop, &survey->work, survey_work, survey_done);
}

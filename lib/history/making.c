#include "making.h"

#include "branch.h"

#include <dirent.h>

#define HEAD_MAX 4096
#define CONFIG_MAX (1024 * 1024)
#define FOLDER_MAX 100000

static const char exclude[] =
	"# What agentd never commits: the folder of a session's own files, and editors' scratch files.\n"
	"/work/\n"
	"*~\n"
	".*.sw?\n"
	".#*\n"
	"\\#*#\n"
	"4913\n"
	".goutputstream-*\n"
	"sed[a-zA-Z0-9][a-zA-Z0-9][a-zA-Z0-9][a-zA-Z0-9][a-zA-Z0-9][a-zA-Z0-9]\n";

static bool is_there(const struct history *h, const char *path)
{
	struct stat st;

	return !file_stat(h->dir, path, &st, NULL);
}

/* And not by a person whose git is at it right now. */
static bool is_begun_by_us(const struct history *h)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(sizeof(exclude));

	return !file_read(h->dir, ".git/info/exclude", &found, NULL, NULL) &&
	       span_equal(buffer_span(&found), (struct span){ exclude, sizeof(exclude) - 1 });
}

static int is_any(void *context, const char *name, unsigned char type)
{
	(void)context;
	(void)name;
	(void)type;
	return 1;
}

static bool has_branch(const struct history *h)
{
	_fd_ int heads = -1;

	if (is_there(h, ".git/packed-refs"))
		return true;
	return !directory_open_beneath(h->dir, ".git/refs/heads", &heads, NULL) &&
	       directory_walk(heads, FOLDER_MAX, is_any, NULL, NULL) > 0;
}

/* Zeros, or nothing, are what is left of a file that was not synced. */
static bool is_text(const struct history *h, const char *path, size_t max)
{
	CLEANUP(buffer_clear) struct buffer found = BUFFER(max);

	return file_read(h->dir, path, &found, NULL, NULL) ||
	       (found.length && !memchr(found.data, '\0', found.length));
}

static bool is_cut_off(const struct history *h)
{
	return is_begun_by_us(h) && !has_branch(h) &&
	       !(is_text(h, ".git/HEAD", HEAD_MAX) && is_text(h, ".git/config", CONFIG_MAX));
}

bool making_is_done(const struct history *h)
{
	return is_there(h, ".git/HEAD") && is_there(h, ".git/config") &&
	       is_there(h, ".git/objects") && is_there(h, ".git/refs") && !is_cut_off(h);
}

static void clear(struct history *h)
{
	static const char *const parts[] = { ".git/config.lock", ".git/config", ".git/HEAD.lock",
					     ".git/HEAD" };

	if (!is_begun_by_us(h))
		return;
	making_tidy(h);
	if (has_branch(h))
		file_unlink(h->dir, parts[0], NULL);
	for (size_t i = 0; !has_branch(h) && i < ARRAY_LENGTH(parts); i++)
		file_unlink(h->dir, parts[i], NULL);
}

int making_do(struct history *h, struct error *error)
{
	git_repository_init_options options = { .version = GIT_REPOSITORY_INIT_OPTIONS_VERSION,
						.initial_head = "main" };
	CLEANUP(git_repository_free) git_repository *made = NULL;
	int result;

	clear(h);
	result = directory_make(h->dir, ".git/info", 0755, error);
	if (!result && !is_there(h, ".git/info/exclude"))
		result = file_replace(h->dir, ".git/info/exclude",
				      (struct span){ exclude, sizeof(exclude) - 1 }, 0644, error);
	if (result)
		return result;
	result = git_repository_init_ext(&made, h->path, &options);
	return result ? git_refuse(error, result, "making a repository in %s", h->path) : 0;
}

int making_sync(struct history *h, struct error *error)
{
	static const char *const parts[] = { "HEAD", "config", "info", "refs", "objects", "." };
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_LENGTH(parts); i++)
		result = git_sync(h, parts[i], error);
	return result ? result : fd_sync(h->dir, error);
}

/* ---- what is in the way afterwards ---- */

static int remove_probe(void *context, const char *name, unsigned char type)
{
	const struct history *h = context;

	if (!strncmp(name, "_git2_", 6) && strlen(name) == 6 + 16 && type != DT_DIR)
		file_unlink(h->dir, name, NULL);
	return 0;
}

static int remove_draft(void *context, const char *name, unsigned char type)
{
	const struct history *h = context;
	_free_ char *path = xasprintf(".git/info/%s", name);

	if (!strncmp(name, ".agentd-", 8) && type == DT_REG)
		file_unlink(h->dir, path, NULL);
	return 0;
}

void making_tidy(struct history *h)
{
	_fd_ int info = -1;

	directory_walk(h->dir, FOLDER_MAX, remove_probe, h, NULL);
	if (!directory_open_beneath(h->dir, ".git/info", &info, NULL))
		directory_walk(info, FOLDER_MAX, remove_draft, h, NULL);
}

#include "folders.h"

#include "base/failpoint.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

/* ---- the folders ---- */

static const struct sandbox_rule *rule_of(const struct sandbox_policy *policy, const char *number)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		_free_ char *fd = xasprintf("%d", policy->rules[i].fd);

		if (!strcmp(fd, number))
			return &policy->rules[i];
	}
	return NULL;
}

int folders_add(struct folders *folders, const char *word, const struct sandbox_policy *policy,
		struct error *error)
{
	const char *colon = strrchr(word, ':');
	const struct sandbox_rule *rule = colon ? rule_of(policy, colon + 1) : NULL;

	if (!rule || colon == word || folders->count == ARRAY_LENGTH(folders->items))
		return error_set(error, ERROR_INVALID, "\"dir=%s\" names no folder of the policy",
				 word);
	folders->items[folders->count++] = (struct folder){
		.name = xstrndup(word, (size_t)(colon - word)),
		.fd = rule->fd,
		.write = rule->write,
	};
	return 0;
}

void folders_clear(struct folders *folders)
{
	for (size_t i = 0; i < folders->count; i++)
		free(folders->items[i].name);
	folders->count = 0;
}

static const struct folder *folder_named(const struct folders *folders, const char *name)
{
	for (size_t i = 0; i < folders->count; i++)
		if (!strcmp(folders->items[i].name, name))
			return &folders->items[i];
	return NULL;
}

/* ---- paths ---- */

static bool has_control_character(const char *path)
{
	for (; *path; path++)
		if ((unsigned char)*path < ' ' || *path == 0x7f)
			return true;
	return false;
}

/* Appends the steps of a path with one slash between them; "." and empty steps are none. */
static int append_steps(struct buffer *out, const char *path, struct error *error)
{
	while (*path) {
		size_t length = strcspn(path, "/");
		struct span step = { path, length };

		path += length + (path[length] == '/');
		if (!length || span_equal(step, SPAN(".")))
			continue;
		if (span_equal(step, SPAN("..")))
			return error_set(error, ERROR_INVALID, "a path has no \"..\" in it");
		if (length > NAME_MAX)
			return error_set(error, ERROR_INVALID, "a name in the path is too long");
		if (out->length)
			buffer_append(out, SPAN("/"));
		buffer_append(out, step);
	}
	return 0;
}

static int check_path(const char *path, struct error *error)
{
	if (strlen(path) >= PATH_MAX)
		return error_set(error, ERROR_INVALID, "the path is too long");
	if (has_control_character(path))
		return error_set(error, ERROR_INVALID, "the path has a control character in it");
	return 0;
}

/* If `steps` lies in `folder`, what is left of it; else NULL. Folders' names have no slash at the
 * end. */
static const char *rest_in(const struct folder *folder, const char *steps, bool absolute)
{
	const char *name = folder->name;
	size_t length;

	if (*name == '/') {
		if (!absolute)
			return NULL;
		name++;
	}
	length = strlen(name);
	if (strncmp(steps, name, length) || (steps[length] && steps[length] != '/'))
		return NULL;
	return steps[length] ? steps + length + 1 : steps + length;
}

/* The folder with the longest name that `steps` lies in. */
static const struct folder *find_folder(const struct folders *folders, const char *steps,
					bool absolute, const char **ret_rest)
{
	const struct folder *best = NULL;

	for (size_t i = 0; i < folders->count; i++) {
		const struct folder *folder = &folders->items[i];
		const char *rest = rest_in(folder, steps, absolute);

		if (!rest || (best && strlen(best->name) >= strlen(folder->name)))
			continue;
		best = folder;
		*ret_rest = rest;
	}
	return best;
}

int place_find(const struct folders *folders, const char *path, struct place *ret_place,
	       struct error *error)
{
	CLEANUP(buffer_clear) struct buffer steps = BUFFER(PATH_MAX);
	const struct folder *folder;
	const char *rest;
	int result = check_path(path, error);

	if (!result)
		result = append_steps(&steps, path, error);
	if (result)
		return result;
	if (!steps.length) {
		*ret_place = (struct place){ NULL, xstrdup(""), xstrdup("/") };
		return 0;
	}
	folder = find_folder(folders, steps.data, *path == '/', &rest);
	if (!folder) {
		folder = folder_named(folders, "work");
		rest = steps.data;
	}
	if (!folder)
		return error_set(error, ERROR_NOT_FOUND, "there is no %s", path);
	*ret_place = (struct place){
		.folder = folder,
		.rest = xstrdup(rest),
		.name = xasprintf("%s%s%s", folder->name, *rest ? "/" : "", rest),
	};
	return 0;
}

void place_clear(struct place *place)
{
	free(place->rest);
	free(place->name);
	*place = (struct place){ 0 };
}

/* ---- opening ---- */

static int refuse_step(struct error *error, const struct place *place, const char *step, int failed)
{
	if (failed == ENOENT)
		return error_set(error, ERROR_NOT_FOUND, "there is no %s", place->name);
	if (failed == ENOTDIR || failed == ELOOP)
		return error_set(
			error, ERROR_DENIED,
			"\"%s\" in %s is no folder, or a symbolic link, which is not followed",
			step, place->name);
	return error_set_system(error, failed, "opening %s", place->name);
}

static int make_step(int fd, const char *step)
{
	int failed = FAILPOINT("file.mkdir");

	if (!failed && mkdirat(fd, step, 0777) && errno != EEXIST)
		failed = errno;
	return failed;
}

/* Replaces *fd by the folder `step` in it. */
static int go_down(const struct place *place, int *fd, const char *step, bool make,
		   struct error *error)
{
	int failed = FAILPOINT("file.open"), next = -1;

	if (!failed && (next = openat(*fd, step, OPEN_FOLDER)) < 0)
		failed = errno;
	if (failed == ENOENT && make) {
		failed = make_step(*fd, step);
		if (!failed && (next = openat(*fd, step, OPEN_FOLDER)) < 0)
			failed = errno;
	}
	if (failed)
		return refuse_step(error, place, step, failed);
	fd_close(fd);
	*fd = next;
	return 0;
}

/* Opens the folder that the first `length` bytes of the rest lead to. */
static int open_steps(const struct place *place, size_t length, bool make, int *ret_fd,
		      struct error *error)
{
	_free_ char *steps = xstrndup(place->rest, length);
	char *rest = steps, *step;
	int fd = openat(place->folder->fd, ".", OPEN_FOLDER), result = 0;

	if (fd < 0)
		return error_set_system(error, errno, "opening %s", place->folder->name);
	while (!result && length && (step = strsep(&rest, "/")))
		result = go_down(place, &fd, step, make, error);
	if (result)
		fd_close(&fd);
	else
		*ret_fd = fd;
	return result;
}

int place_open_parent(const struct place *place, bool make, int *ret_fd, const char **ret_leaf,
		      struct error *error)
{
	const char *slash = strrchr(place->rest, '/');

	if (!*place->rest)
		return error_set(error, ERROR_INVALID, "%s is a folder, not a file", place->name);
	*ret_leaf = slash ? slash + 1 : place->rest;
	return open_steps(place, slash ? (size_t)(slash - place->rest) : 0, make, ret_fd, error);
}

int place_open_folder(const struct place *place, int *ret_fd, struct error *error)
{
	return open_steps(place, strlen(place->rest), false, ret_fd, error);
}

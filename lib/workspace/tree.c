#include "tree.h"

#include "base/depth.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

struct walk {
	int dir;
	const char *prefix; /* "" or "folder/" */
	const char *const *skip;
	unsigned depth;
	size_t *left; /* files that may still be visited, shared by all levels */
	tree_visit visit;
	void *context;
	struct error *error;
};

static bool is_skipped(const struct walk *walk, const char *name)
{
	if (name[0] == '.' || file_name_is_scratch(name))
		return true;
	for (size_t i = 0; walk->skip && walk->skip[i]; i++)
		if (!strcmp(walk->skip[i], name))
			return true;
	return false;
}

static int walk_folder(const struct walk *walk);

static int descend(const struct walk *walk, const char *name, const char *path)
{
	_free_ char *prefix = xasprintf("%s/", path);
	_fd_ int dir = -1;
	struct walk below = *walk;

	if (walk->depth >= FOLDER_DEPTH_MAX || directory_open_beneath(walk->dir, name, &dir, NULL))
		return 0;
	below.dir = dir;
	below.prefix = prefix;
	below.skip = NULL;
	below.depth++;
	return walk_folder(&below);
}

static int visit_entry(void *context, const char *name, unsigned char type)
{
	const struct walk *walk = context;
	_free_ char *path = NULL;
	struct stat st;

	if (is_skipped(walk, name))
		return 0;
	if (type == DT_UNKNOWN && !file_stat(walk->dir, name, &st, NULL))
		type = IFTODT(st.st_mode);
	path = xasprintf("%s%s", walk->prefix, name);
	if (type == DT_DIR)
		return descend(walk, name, path);
	if (type != DT_REG || !*walk->left)
		return 0;
	--*walk->left;
	return walk->visit(walk->context, walk->dir, name, path);
}

static int walk_folder(const struct walk *walk)
{
	struct walk copy = *walk;
	int result = directory_walk(walk->dir, TREE_FILES_MAX, visit_entry, &copy, walk->error);

	return result == -(int)ERROR_TOO_LARGE ? 0 : result;
}

int tree_walk(int dir, const char *const *skip, tree_visit visit, void *context,
	      struct error *error)
{
	size_t left = TREE_FILES_MAX;
	struct walk walk = { dir, "", skip, 0, &left, visit, context, error };

	return walk_folder(&walk);
}

#include "tree.h"

#include "base/file.h"

#include <dirent.h>
#include <unistd.h>

#define TEMPLATE_FILE_MAX (1024 * 1024)
#define TEMPLATE_ENTRIES_MAX 1000

struct copying {
	int from, dir;
	const char *to;
	struct error *error;
};

static int copy_below(int from, int dir, const char *to, struct error *error);

static int copy_file(const struct copying *copying, const char *name, const char *to)
{
	CLEANUP(buffer_clear) struct buffer content = BUFFER(TEMPLATE_FILE_MAX);
	int result = file_read(copying->from, name, &content, NULL, copying->error);

	if (!result && faccessat(copying->dir, to, F_OK, 0))
		result = file_replace(copying->dir, to, buffer_span(&content), 0644,
				      copying->error);
	return result;
}

static int copy_entry(void *context, const char *name, unsigned char type)
{
	const struct copying *copying = context;
	_free_ char *to = xasprintf("%s/%s", copying->to, name);
	_fd_ int inner = -1;
	int result;

	if (type == DT_REG)
		return copy_file(copying, name, to);
	if (type != DT_DIR)
		return 0;
	result = directory_open_beneath(copying->from, name, &inner, copying->error);
	return result ? result : copy_below(inner, copying->dir, to, copying->error);
}

static int copy_below(int from, int dir, const char *to, struct error *error)
{
	struct copying copying = { from, dir, to, error };
	int result = directory_make(dir, to, 0755, error);

	if (!result)
		result = directory_walk(from, TEMPLATE_ENTRIES_MAX, copy_entry, &copying, error);
	return result;
}

int tree_copy(const char *from, int dir, const char *to, struct error *error)
{
	_fd_ int source = -1;
	int result = directory_open(from, &source, error);

	return result ? result : copy_below(source, dir, to, error);
}

#include "operation.h"

#include <errno.h>

#define OPERATIONS_MAX ((size_t)1 << 22)
#define PART_MAX ((size_t)1 << 28)

struct head {
	uint32_t kind, path, target, data;
	uint64_t inode, number;
};

int operation_write(FILE *file, const struct operation *o)
{
	struct head head = {
		.kind = (uint32_t)o->kind,
		.path = o->path ? (uint32_t)strlen(o->path) : 0,
		.target = o->target ? (uint32_t)strlen(o->target) : 0,
		.data = (uint32_t)o->data.length,
		.inode = o->inode,
		.number = o->number,
	};

	fwrite(&head, sizeof(head), 1, file);
	fwrite(o->path ? o->path : "", 1, head.path, file);
	fwrite(o->target ? o->target : "", 1, head.target, file);
	fwrite(o->data.data ? o->data.data : "", 1, head.data, file);
	return ferror(file) ? -1 : 0;
}

static char *read_part(FILE *file, uint32_t length)
{
	char *part;

	if (length > PART_MAX)
		return NULL;
	part = xcalloc(1, (size_t)length + 1);
	if (fread(part, 1, length, file) == length)
		return part;
	free(part);
	return NULL;
}

/* 1: one was read, 0: the end. */
static int read_one(FILE *file, struct operation *o)
{
	struct head head;

	if (fread(&head, 1, sizeof(head), file) != sizeof(head))
		return 0;
	*o = (struct operation){ .kind = (enum operation_kind)head.kind,
				 .inode = head.inode,
				 .number = head.number };
	o->path = read_part(file, head.path);
	o->target = read_part(file, head.target);
	o->data = (struct span){ read_part(file, head.data), head.data };
	return o->path && o->target && o->data.data ? 1 : -1;
}

int operations_read(const char *path, struct operation **ret_items, size_t *ret_count,
		    struct error *error)
{
	FILE *file = fopen(path, "re");
	struct operation *items = NULL, one;
	size_t count = 0, capacity = 0;
	int more;

	if (!file)
		return error_set_system(error, errno, "opening %s", path);
	while ((more = read_one(file, &one)) > 0) {
		if (array_grow((void **)&items, count, &capacity, sizeof(*items), OPERATIONS_MAX))
			break;
		items[count++] = one;
	}
	fclose(file);
	if (more)
		return error_set(error, ERROR_INVALID, "%s is no whole record", path);
	*ret_items = items;
	*ret_count = count;
	return 0;
}

char *operation_print(const struct operation *o, size_t skip, char *out, size_t size)
{
	static const char *const names[] = {
		[OPERATION_CREATE] = "create",      [OPERATION_FOLDER] = "mkdir",
		[OPERATION_SYMLINK] = "symlink",    [OPERATION_WRITE] = "write",
		[OPERATION_CUT] = "truncate",       [OPERATION_MODE] = "chmod",
		[OPERATION_RENAME] = "rename",      [OPERATION_EXCHANGE] = "exchange",
		[OPERATION_LINK] = "link",          [OPERATION_UNLINK] = "unlink",
		[OPERATION_SYNC] = "sync",          [OPERATION_MARK] = "mark",
		[OPERATION_MESSAGE] = "message of", [OPERATION_EXEC] = "exec by",
	};
	const char *path = strlen(o->path) > skip ? o->path + skip : o->path;
	const char *target = strlen(o->target) > skip ? o->target + skip : o->target;

	snprintf(out, size, "%s %s%s%s", names[o->kind], path, *target ? " to " : "", target);
	if (o->kind == OPERATION_WRITE)
		snprintf(out + strlen(out), size - strlen(out), " [%llu, %zu bytes]",
			 (unsigned long long)o->number, o->data.length);
	return out;
}

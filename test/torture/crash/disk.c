#include "disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NOBODY UINT32_MAX
#define INODES_MAX ((size_t)1 << 20)
#define ENTRIES_MAX ((size_t)1 << 16)
#define FILE_MAX ((size_t)256 * 1024 * 1024)

struct entry {
	const char *name;
	uint32_t inode;
};

struct inode {
	uint64_t number; /* the recorded disk's */
	char type;       /* 'f', 'd', 'l' */
	uint32_t mode;
	struct buffer data; /* of a file; a link's target */
	struct entry *entries;
	size_t count, capacity;
	uint32_t parent; /* where it was put last */
};

/* An operation with its inodes and folders found. */
struct change {
	enum operation_kind kind;
	bool counts; /* false: nothing that a state is made of */
	uint32_t inode, other, folder, to_folder;
	const char *name, *to_name;
	uint64_t number;
	struct span data;
	size_t durable; /* the sync that made it so */
};

struct disk {
	struct change *changes;
	size_t count, root_length;
	struct inode *inodes; /* 0 is the root */
	size_t inode_count, inode_capacity;
	bool posix;
};

/* ---- a tree ---- */

static struct entry *entry_find(struct inode *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (!strcmp(folder->entries[i].name, name))
			return &folder->entries[i];
	return NULL;
}

static void entry_set(struct disk *d, uint32_t folder, const char *name, uint32_t inode)
{
	struct inode *f = &d->inodes[folder];
	struct entry *entry = entry_find(f, name);

	d->inodes[inode].parent = folder;
	if (!entry) {
		if (array_grow((void **)&f->entries, f->count, &f->capacity, sizeof(*f->entries),
			       ENTRIES_MAX))
			abort();
		entry = &f->entries[f->count++];
	}
	*entry = (struct entry){ name, inode };
}

/* Only if it is this one that stands there. */
static void entry_remove(struct disk *d, uint32_t folder, const char *name, uint32_t inode)
{
	struct inode *f = &d->inodes[folder];
	struct entry *entry = entry_find(f, name);

	if (entry && entry->inode == inode)
		*entry = f->entries[--f->count];
}

static void data_resize(struct inode *inode, size_t size)
{
	size_t old = inode->data.length;

	if (size > old) {
		char *more = buffer_reserve(&inode->data, size - old);

		if (!more)
			abort();
		memset(more, 0, size - old);
		buffer_advance(&inode->data, size - old);
	} else if (size < old) {
		inode->data.length = size;
	}
}

/* Which bytes of a torn write got there: [*begin, *end). */
static void torn_range(const struct change *c, enum fate fate, unsigned blocks, size_t *begin,
		       size_t *end)
{
	size_t size = fate == FATE_TORN_4096 ? 4096 : 512;
	size_t first = c->number / size * size, cut = first + blocks * size;

	*begin = 0;
	*end = c->data.length;
	cut = cut < c->number ? 0 : cut - c->number;
	if (cut > c->data.length)
		cut = c->data.length;
	if (fate == FATE_TORN_END)
		*begin = cut;
	else
		*end = cut;
}

static void data_write(struct inode *inode, const struct change *c, enum fate fate, unsigned blocks)
{
	size_t begin = 0, end = c->data.length;

	if (fate >= FATE_TORN_512)
		torn_range(c, fate, blocks, &begin, &end);
	if (begin == end)
		return;
	if (inode->data.length < c->number + end)
		data_resize(inode, c->number + end);
	if (fate != FATE_ZERO)
		memcpy(inode->data.data + c->number + begin, c->data.data + begin, end - begin);
}

static void apply(struct disk *d, const struct change *c, enum fate fate, unsigned blocks)
{
	switch (c->kind) {
	case OPERATION_CREATE:
	case OPERATION_FOLDER:
	case OPERATION_SYMLINK:
		d->inodes[c->inode].mode = (uint32_t)c->number;
		entry_set(d, c->folder, c->name, c->inode);
		break;
	case OPERATION_WRITE: data_write(&d->inodes[c->inode], c, fate, blocks); break;
	case OPERATION_CUT: data_resize(&d->inodes[c->inode], c->number); break;
	case OPERATION_MODE: d->inodes[c->inode].mode = (uint32_t)c->number; break;
	case OPERATION_RENAME:
		entry_remove(d, c->folder, c->name, c->inode);
		entry_set(d, c->to_folder, c->to_name, c->inode);
		break;
	case OPERATION_EXCHANGE:
		entry_set(d, c->folder, c->name, c->other);
		entry_set(d, c->to_folder, c->to_name, c->inode);
		break;
	case OPERATION_LINK: entry_set(d, c->to_folder, c->to_name, c->inode); break;
	case OPERATION_UNLINK: entry_remove(d, c->folder, c->name, c->inode); break;
	default: break;
	}
}

/* ---- from a record ---- */

static uint32_t inode_new(struct disk *d, uint64_t number, char type, uint64_t mode)
{
	if (array_grow((void **)&d->inodes, d->inode_count, &d->inode_capacity, sizeof(*d->inodes),
		       INODES_MAX))
		abort();
	d->inodes[d->inode_count] = (struct inode){
		.number = number, .type = type, .mode = (uint32_t)mode, .data = BUFFER(FILE_MAX)
	};
	return (uint32_t)d->inode_count++;
}

/* Numbers are used again: the youngest is meant. */
static uint32_t inode_find(const struct disk *d, uint64_t number)
{
	for (size_t i = d->inode_count; i-- > 0;)
		if (d->inodes[i].number == number)
			return (uint32_t)i;
	return NOBODY;
}

static uint32_t walk(struct disk *d, const char *path, size_t length)
{
	uint32_t at = 0;

	while (length && at != NOBODY) {
		const char *slash = memchr(path, '/', length);
		size_t n = slash ? (size_t)(slash - path) : length;
		_free_ char *name = xstrndup(path, n);
		struct entry *entry = *name ? entry_find(&d->inodes[at], name) : NULL;

		if (*name)
			at = entry ? entry->inode : NOBODY;
		n += slash != NULL;
		path += n;
		length -= n;
	}
	return at;
}

/* The folder and the last name of a path. */
static bool split(struct disk *d, const char *path, uint32_t *ret_folder, const char **ret_name)
{
	const char *inside = path + d->root_length, *slash = strrchr(inside, '/');

	if (!slash)
		return false;
	*ret_folder = walk(d, inside, (size_t)(slash - inside));
	*ret_name = slash + 1;
	return *ret_folder != NOBODY;
}

static uint32_t named(struct disk *d, uint32_t folder, const char *name)
{
	struct entry *entry = entry_find(&d->inodes[folder], name);

	return entry ? entry->inode : NOBODY;
}

/* The log is for people, SQLite makes its index anew, and the machine's next start has another name
 * than the one that history noted. */
static bool is_left_out(const char *path)
{
	size_t length = strlen(path);

	return strstr(path, "/.agentd/log/") || strstr(path, "/.agentd/failpoints") ||
	       strstr(path, "/.git/info/agentd-boot") ||
	       (length > 4 && !strcmp(path + length - 4, "-shm"));
}

static char type_of(enum operation_kind kind)
{
	return kind == OPERATION_FOLDER ? 'd' : kind == OPERATION_SYMLINK ? 'l' : 'f';
}

static bool resolve(struct disk *d, const struct operation *o, struct change *c)
{
	*c = (struct change){
		.kind = o->kind, .number = o->number, .data = o->data, .durable = SIZE_MAX
	};
	if (o->kind >= OPERATION_MARK || is_left_out(o->path))
		return false;
	switch (o->kind) {
	case OPERATION_CREATE:
	case OPERATION_FOLDER:
	case OPERATION_SYMLINK:
		if (!split(d, o->path, &c->folder, &c->name))
			return false;
		c->inode = inode_new(d, o->inode, type_of(o->kind), o->number);
		if (o->kind == OPERATION_SYMLINK)
			buffer_append_text(&d->inodes[c->inode].data, o->target);
		return true;
	case OPERATION_RENAME:
	case OPERATION_EXCHANGE:
	case OPERATION_LINK:
		if (!split(d, o->path, &c->folder, &c->name) ||
		    !split(d, o->target, &c->to_folder, &c->to_name))
			return false;
		c->inode = named(d, c->folder, c->name);
		c->other = named(d, c->to_folder, c->to_name);
		return c->inode != NOBODY && (o->kind != OPERATION_EXCHANGE || c->other != NOBODY);
	case OPERATION_UNLINK:
		if (!split(d, o->path, &c->folder, &c->name))
			return false;
		c->inode = named(d, c->folder, c->name);
		return c->inode != NOBODY;
	default: c->inode = inode_find(d, o->inode); return c->inode != NOBODY;
	}
}

static bool is_name(const struct change *c)
{
	return c->kind != OPERATION_WRITE && c->kind != OPERATION_CUT && c->kind != OPERATION_MODE;
}

static bool names_inode(const struct change *c, uint32_t inode)
{
	return is_name(c) && c->kind != OPERATION_UNLINK &&
	       (c->inode == inode || (c->kind == OPERATION_EXCHANGE && c->other == inode));
}

static bool is_entry_of(const struct change *c, uint32_t folder)
{
	bool two = c->kind == OPERATION_RENAME || c->kind == OPERATION_EXCHANGE;

	if (!is_name(c))
		return false;
	if (c->kind != OPERATION_LINK && c->folder == folder)
		return true;
	return (two || c->kind == OPERATION_LINK) && c->to_folder == folder;
}

static bool is_on_the_way(const struct disk *d, uint32_t inode, uint32_t other)
{
	while (inode && inode != other)
		inode = d->inodes[inode].parent;
	return inode == other;
}

static void note_sync(struct disk *d, size_t at, uint32_t inode)
{
	bool is_folder = d->inodes[inode].type == 'd';

	for (size_t i = 0; i < at; i++) {
		struct change *c = &d->changes[i];
		bool own = !is_name(c) && c->inode == inode;

		if (!c->counts || c->durable != SIZE_MAX)
			continue;
		if (own || (is_folder && is_entry_of(c, inode)) ||
		    (!d->posix && (names_inode(c, inode) || (c->kind == OPERATION_FOLDER &&
							     is_on_the_way(d, inode, c->inode)))))
			c->durable = at;
	}
}

/* What is there before anything is looked at. */
static void note_all(struct disk *d, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (d->changes[i].durable == SIZE_MAX)
			d->changes[i].durable = at;
}

static void clear_tree(struct disk *d)
{
	for (size_t i = 0; i < d->inode_count; i++) {
		d->inodes[i].count = 0;
		if (d->inodes[i].type != 'l')
			d->inodes[i].data.length = 0;
	}
}

struct disk *disk_new(const struct operation *operations, size_t count, const char *root,
		      bool posix, const char *deaf)
{
	struct disk *d = xcalloc(1, sizeof(*d));
	struct stat st = { 0 };

	d->root_length = strlen(root);
	d->posix = posix;
	d->count = count;
	d->changes = xcalloc(count + 1, sizeof(*d->changes));
	if (stat(root, &st))
		abort();
	inode_new(d, st.st_ino, 'd', 0755);
	for (size_t i = 0; i < count; i++) {
		struct change *c = &d->changes[i];
		const struct operation *o = &operations[i];

		c->counts = resolve(d, o, c);
		if (o->kind == OPERATION_MARK && span_starts_with(o->data, SPAN("begin")))
			note_all(d, i);
		if (!c->counts)
			continue;
		apply(d, c, FATE_KEPT, 0);
		if (o->kind == OPERATION_SYNC) {
			c->counts = false;
			if (!deaf || !strstr(o->path, deaf))
				note_sync(d, i, c->inode);
		}
	}
	return d;
}

void disk_free(struct disk *d)
{
	for (size_t i = 0; d && i < d->inode_count; i++) {
		free(d->inodes[i].entries);
		buffer_clear(&d->inodes[i].data);
	}
	if (d) {
		free(d->inodes);
		free(d->changes);
	}
	free(d);
}

bool disk_is_durable(const struct disk *d, size_t operation, size_t happened)
{
	return d->changes[operation].durable < happened || !d->changes[operation].counts;
}

bool disk_changes(const struct disk *d, size_t operation)
{
	return d->changes[operation].counts;
}

bool disk_is_name(const struct disk *d, size_t operation)
{
	return is_name(&d->changes[operation]);
}

/* ---- a state ---- */

static uint64_t hash(uint64_t h, const void *bytes, size_t length)
{
	const unsigned char *byte = bytes;
	uint64_t word;

	for (; length >= sizeof(word); length -= sizeof(word), byte += sizeof(word)) {
		memcpy(&word, byte, sizeof(word));
		h = (h ^ word) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	for (; length; length--, byte++)
		h = (h ^ *byte) * 0x100000001b3;
	return h;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void make_failed(const char *name)
{
	fprintf(stderr, "making a state: %s: %s\n", name, strerror(errno));
	abort();
}

/* The machine was down for a while. */
#define AGE_S 3600

static void make_old(int fd)
{
	struct timespec times[2];

	clock_gettime(CLOCK_REALTIME, &times[0]);
	times[0].tv_sec -= AGE_S;
	times[1] = times[0];
	futimens(fd, times);
}

static uint64_t make_folder(struct disk *d, uint32_t inode, int dir, uint64_t h);

static uint64_t make_one(struct disk *d, const struct entry *entry, int dir, uint64_t h)
{
	struct inode *inode = &d->inodes[entry->inode];
	struct span data = buffer_span(&inode->data);
	int fd = -1;

	h = hash(h, entry->name, strlen(entry->name) + 1);
	h = hash(h, &inode->type, 1);
	h = hash(h, data.data, data.length);
	if (dir < 0)
		return inode->type == 'd' ? make_folder(d, entry->inode, -1, h) : h;
	if (inode->type == 'l') {
		if (symlinkat(inode->data.data, dir, entry->name))
			make_failed(entry->name);
	} else if (inode->type == 'f') {
		fd = openat(dir, entry->name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 ||
		    write(fd, data.data ? data.data : "", data.length) != (ssize_t)data.length ||
		    fchmod(fd, inode->mode))
			make_failed(entry->name);
		make_old(fd);
	} else {
		if (mkdirat(dir, entry->name, 0755))
			make_failed(entry->name);
		fd = openat(dir, entry->name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		h = make_folder(d, entry->inode, fd, h);
		if (fchmod(fd, inode->mode))
			make_failed(entry->name);
	}
	if (fd >= 0)
		close(fd);
	return h;
}

static uint64_t make_folder(struct disk *d, uint32_t inode, int dir, uint64_t h)
{
	struct inode *folder = &d->inodes[inode];

	if (folder->count)
		qsort(folder->entries, folder->count, sizeof(*folder->entries), by_name);
	for (size_t i = 0; i < folder->count; i++)
		h = make_one(d, &folder->entries[i], dir, h);
	return hash(h, "/", 1);
}

uint64_t disk_make(struct disk *d, const struct state *state, const char *path)
{
	int dir = -1;
	uint64_t h;

	clear_tree(d);
	for (size_t i = 0; i < state->happened; i++) {
		bool durable = disk_is_durable(d, i, state->happened);
		enum fate fate = durable ? FATE_KEPT : (enum fate)state->fates[i];

		if (d->changes[i].counts && fate != FATE_LOST)
			apply(d, &d->changes[i], fate, state->blocks);
	}
	if (path)
		dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (path && dir < 0)
		make_failed(path);
	h = make_folder(d, 0, dir, 1);
	if (dir >= 0)
		close(dir);
	return h;
}

#include "reboot.h"

#include "leftovers.h"
#include "lock.h"
#include "making.h"
#include "snapshot.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#define NOTE "info/agentd-boot"
#define ID_MAX 64
#define FOLDER_MAX 100000
#define INFLATE_STEP 65536
#define BACK_MAX 64 /* commits that the index may lag behind */

/* What is so much older than the newest object was written back long before. */
#define RECENT_S 3600

static char boot[ID_MAX + 1];

void reboot_start(void)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (file && !fgets(boot, sizeof(boot), file))
		boot[0] = '\0';
	if (file)
		fclose(file);
	boot[strcspn(boot, "\n")] = '\0';
}

bool reboot_happened(const struct history *h)
{
	CLEANUP(buffer_clear) struct buffer noted = BUFFER(ID_MAX);

	return !boot[0] || file_read(h->git, NOTE, &noted, NULL, NULL) ||
	       !span_equal(buffer_span(&noted), span_of(boot));
}

/* ---- objects ---- */

struct look {
	struct history *h;
	char folder[3];
	int64_t newest;
	bool removes; /* the second time round */
};

#define OBJECT_MAX ((size_t)64 * 1024 * 1024) /* a larger one is taken on trust */

/* All of a loose object, header included. libgit2's own reader loops for ever over one that was cut
 * short before its header's end. */
static bool inflate_whole(struct span packed, struct buffer *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)packed.data,
		       .avail_in = (uInt)packed.length };
	int result = inflateInit(&z);

	while (result == Z_OK) {
		char *to = buffer_reserve(out, INFLATE_STEP);

		if (!to)
			break;
		z.next_out = (Bytef *)to;
		z.avail_out = INFLATE_STEP;
		result = inflate(&z, Z_NO_FLUSH);
		buffer_advance(out, INFLATE_STEP - z.avail_out);
	}
	inflateEnd(&z);
	return result == Z_STREAM_END;
}

/* "blob 12\0", then so many bytes, whose hash is the object's name. */
static bool is_named(struct span object, const git_oid *name)
{
	char type[16];
	size_t length, head = object.length ? strnlen(object.data, object.length) + 1 : 0;
	git_oid id;

	if (head < 2 || head > object.length ||
	    sscanf(object.data, "%15s %zu", type, &length) != 2 || length != object.length - head)
		return false;
	return !git_odb_hash(&id, object.data + head, length, git_object_string2type(type)) &&
	       git_oid_equal(&id, name);
}

static bool is_sound(const struct look *look, const char *name, const char *path)
{
	CLEANUP(buffer_clear)
	struct buffer packed = BUFFER(OBJECT_MAX), object = BUFFER(OBJECT_MAX);
	char hex[HISTORY_ID_SIZE];
	git_oid id;

	snprintf(hex, sizeof(hex), "%s%s", look->folder, name);
	if (git_oid_fromstr(&id, hex) || file_read(look->h->git, path, &packed, NULL, NULL))
		return true;
	if (!inflate_whole(buffer_span(&packed), &object))
		return object.length + INFLATE_STEP > OBJECT_MAX;
	return is_named(buffer_span(&object), &id);
}

static int look_at_object(void *context, const char *name, unsigned char type)
{
	struct look *look = context;
	char path[64];
	struct stat st;

	(void)type;
	if (strlen(name) != 38 || strspn(name, "0123456789abcdef") != 38)
		return 0;
	snprintf(path, sizeof(path), "objects/%s/%s", look->folder, name);
	if (file_stat(look->h->git, path, &st, NULL) || !S_ISREG(st.st_mode))
		return 0;
	if (!look->removes && st.st_mtim.tv_sec > look->newest)
		look->newest = st.st_mtim.tv_sec;
	if (look->removes && (!st.st_size || st.st_mtim.tv_sec >= look->newest - RECENT_S) &&
	    !is_sound(look, name, path))
		file_unlink(look->h->git, path, NULL);
	return 0;
}

static int look_at_folder(void *context, const char *name, unsigned char type)
{
	struct look *look = context;
	char path[16];
	_fd_ int fd = -1;

	(void)type;
	if (strlen(name) != 2 || !isxdigit((unsigned char)name[0]) ||
	    !isxdigit((unsigned char)name[1]))
		return 0;
	snprintf(path, sizeof(path), "objects/%s", name);
	memcpy(look->folder, name, sizeof(look->folder));
	if (directory_open_beneath(look->h->git, path, &fd, NULL))
		return 0;
	return directory_walk(fd, FOLDER_MAX, look_at_object, look, NULL);
}

int reboot_clear(struct history *h, struct error *error)
{
	struct look look = { .h = h };
	_fd_ int objects = -1;
	int result;

	index_draft_remove(h);
	making_tidy(h);
	lock_remove_stale(h, h->git, "HEAD.lock");
	lock_remove_stale(h, h->git, "config.lock");
	result = directory_open_beneath(h->git, "objects", &objects, error);
	for (int i = 0; !result && i < 2; i++) {
		look.removes = i;
		result = directory_walk(objects, FOLDER_MAX, look_at_folder, &look, error);
	}
	return result;
}

/* ---- the index ---- */

/* Is this what an earlier commit of the branch had there? Nothing (NULL) counts, too. */
static bool was_committed(git_commit *head, const char *path, const git_oid *id)
{
	CLEANUP(git_commit_free) git_commit *at = NULL;

	if (git_commit_dup(&at, head))
		return false;
	for (int i = 0; i < BACK_MAX; i++) {
		CLEANUP(git_tree_free) git_tree *tree = NULL;
		git_commit *before = NULL;
		git_tree_entry *entry = NULL;
		bool same;

		if (git_commit_parent(&before, at, 0))
			return !id; /* before the first */
		git_commit_free(at);
		at = before;
		if (git_commit_tree(&tree, at))
			return false;
		git_tree_entry_bypath(&entry, tree, path);
		same = entry ? id && git_oid_equal(git_tree_entry_id(entry), id) : !id;
		git_tree_entry_free(entry);
		if (same)
			return true;
	}
	return false;
}

/* The stat data of the file, where it holds the change's bytes. */
static void look_at_file(struct history *h, struct change *change)
{
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(HISTORY_FILE_MAX);
	struct stat st;
	git_oid id;

	if (!change->gone && !file_read(h->dir, change->path, &bytes, &st, NULL) &&
	    !git_odb_hash(&id, bytes.data ? bytes.data : "", bytes.length, GIT_OBJECT_BLOB) &&
	    git_oid_equal(&id, &change->id))
		change->st = st;
}

/* What HEAD has for each path where the index has something that HEAD had before. */
static int find_lagging(struct history *h, const struct snapshot *s, git_commit *head,
			struct changes *lagging)
{
	CLEANUP(git_diff_free) git_diff *diff = NULL;
	int result = git_diff_tree_to_index(&diff, h->repository, s->tree, s->index, NULL);

	for (size_t i = 0; !result && i < git_diff_num_deltas(diff); i++) {
		const git_diff_delta *d = git_diff_get_delta(diff, i);
		const char *path = d->old_file.path ?: d->new_file.path;
		struct change *change;

		if (strlen(path) >= PATH_SIZE ||
		    !was_committed(head, path,
				   d->status == GIT_DELTA_DELETED ? NULL : &d->new_file.id) ||
		    changes_add(lagging, path, &change, NULL))
			continue;
		change->gone = d->status == GIT_DELTA_ADDED;
		change->id = d->old_file.id;
		change->mode = d->old_file.mode;
		look_at_file(h, change);
	}
	return result;
}

static int index_catch_up(struct history *h, struct error *error)
{
	CLEANUP(snapshot_clear) struct snapshot s = { 0 };
	CLEANUP(git_commit_free) git_commit *head = NULL;
	CLEANUP(changes_clear) struct changes lagging = { 0 };
	int result = snapshot_take(h, &s, error);

	if (result || s.unborn || s.index_lost)
		return result;
	result = git_commit_lookup(&head, h->repository, &s.head);
	if (!result)
		result = find_lagging(h, &s, head, &lagging);
	if (result)
		return git_refuse(error, result, "comparing the index of %s with HEAD", h->path);
	return lagging.count ? index_mend(h, &s, lagging.items, lagging.count, NULL, error) : 0;
}

int reboot_settle(struct history *h, struct error *error)
{
	_fd_ int fd = -1;
	int result = index_catch_up(h, error);

	if (result == -ERROR_CONFLICT)
		return 0; /* somebody else is at work: the next call looks again */
	leftovers_sweep(h);
	if (!result && !directory_make(h->git, "info", 0755, NULL) &&
	    !file_create(h->git, NOTE, 0644, &fd, NULL))
		fd_write_all(fd, span_of(boot), NULL);
	h->knows_boot = !result;
	return result;
}

#include "files.h"

#include "base/failpoint.h"
#include "base/file.h"
#include "base/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES_MAX 10000

/* ---- text ---- */

bool text_append_clean(struct buffer *out, struct span text, size_t limit)
{
	char bytes[4];
	size_t end = out->length + limit;

	for (size_t at = 0; at < text.length;) {
		uint32_t code = utf8_next(text, &at);
		size_t length = utf8_put(code ? code : 0xfffd, bytes);

		if (out->length + length > end ||
		    buffer_append(out, (struct span){ bytes, length }))
			return false;
	}
	return true;
}

/* ---- reading ---- */

/* glibc's fstat may be newfstatat(2), which would also look at any path and which the walls refuse.
 */
static int look_at(int fd, struct stat *ret_stat)
{
	return syscall(SYS_fstat, fd, ret_stat) ? errno : 0;
}

static int check_file(int fd, const char *name, struct stat *ret_stat, struct error *error)
{
	int failed = look_at(fd, ret_stat);

	if (failed)
		return error_set_system(error, failed, "looking at %s", name);
	if (S_ISDIR(ret_stat->st_mode))
		return error_set(error, ERROR_INVALID,
				 "%s is a folder; list_files shows what is in it", name);
	if (!S_ISREG(ret_stat->st_mode))
		return error_set(error, ERROR_DENIED, "%s is no regular file", name);
	if (ret_stat->st_nlink != 1)
		return error_set(error, ERROR_DENIED,
				 "%s has other names (hard links) elsewhere, so it is not read",
				 name);
	return 0;
}

static int open_file(const struct place *place, int *ret_fd, struct stat *ret_stat,
		     struct error *error)
{
	_fd_ int parent = -1, fd = -1;
	const char *leaf;
	int result = place_open_parent(place, false, &parent, &leaf, error);
	int failed = FAILPOINT("file.open");

	if (result)
		return result;
	if (!failed)
		fd = openat(parent, leaf,
			    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (!failed && fd < 0)
		failed = errno;
	if (failed == ENOENT)
		return error_set(error, ERROR_NOT_FOUND, "there is no %s", place->name);
	if (failed == ELOOP)
		return error_set(error, ERROR_DENIED,
				 "%s is a symbolic link, which is not followed", place->name);
	if (failed)
		return error_set_system(error, failed, "opening %s", place->name);
	result = check_file(fd, place->name, ret_stat, error);
	if (result)
		return result;
	*ret_fd = fd;
	fd = -1;
	return 0;
}

/* Reads at most the buffer's maximum; more is no failure. */
static int read_up_to_max(int fd, struct buffer *out)
{
	while (out->length < out->max) {
		size_t want = out->max - out->length;
		char *at = buffer_reserve(out, want < 65536 ? want : 65536);
		ssize_t got = read(fd, at, want < 65536 ? want : 65536);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (!got)
			break;
		buffer_advance(out, (size_t)got);
	}
	return 0;
}

int files_read(const struct folders *folders, const char *path, size_t limit, struct buffer *out,
	       struct error *error)
{
	CLEANUP(place_clear) struct place place = { 0 };
	CLEANUP(buffer_clear) struct buffer bytes = BUFFER(limit + 1);
	_fd_ int fd = -1;
	struct stat st;
	size_t before = out->length;
	int result = place_find(folders, path, &place, error), failed;

	if (!result && !place.folder)
		result = error_set(error, ERROR_INVALID, "read_file needs the path of a file");
	if (!result)
		result = open_file(&place, &fd, &st, error);
	if (result)
		return result;
	failed = read_up_to_max(fd, &bytes);
	if (failed)
		return error_set_system(error, failed, "reading %s", place.name);
	if (!text_append_clean(out, buffer_span(&bytes), limit))
		buffer_printf(out, "\n[cut: the first %zu of %lld bytes of %s]",
			      out->length - before, (long long)st.st_size, place.name);
	return 0;
}

/* ---- listing ---- */

struct names {
	char **items;
	size_t count, capacity;
	bool cut;
};

static void names_clear(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}
CLEANUP_DEFINE_VALUE(struct names, names_clear)

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_name(struct names *names, const struct dirent64 *entry)
{
	const char *name = entry->d_name;

	if (!strcmp(name, ".") || !strcmp(name, "..") || file_name_is_scratch(name))
		return;
	if (array_grow((void **)&names->items, names->count, &names->capacity,
		       sizeof(*names->items), ENTRIES_MAX)) {
		names->cut = true;
		return;
	}
	names->items[names->count++] = xasprintf("%s%s", name, entry->d_type == DT_DIR ? "/" : "");
}

static int read_names(int fd, struct names *names)
{
	_Alignas(struct dirent64) char chunk[32768];
	ssize_t got = 0;

	while (!names->cut && (got = getdents64(fd, chunk, sizeof(chunk))) > 0)
		for (ssize_t at = 0; at < got;) {
			const struct dirent64 *entry = (const void *)(chunk + at);

			add_name(names, entry);
			at += entry->d_reclen;
		}
	if (got < 0)
		return errno;
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), by_bytes);
	return 0;
}

static void print_names(const struct names *names, size_t limit, struct buffer *out)
{
	bool cut = names->cut;
	size_t end = out->length + limit;

	for (size_t i = 0; i < names->count; i++) {
		if (out->length + strlen(names->items[i]) >= end) {
			cut = true;
			break;
		}
		text_append_clean(out, span_of(names->items[i]), end - out->length - 1);
		buffer_append(out, SPAN("\n"));
	}
	if (cut)
		buffer_append(out, SPAN("[cut: there are more]"));
	else if (!names->count)
		buffer_append(out, SPAN("(nothing)"));
}

int files_list(const struct folders *folders, const char *path, size_t limit, struct buffer *out,
	       struct error *error)
{
	CLEANUP(place_clear) struct place place = { 0 };
	CLEANUP(names_clear) struct names names = { 0 };
	_fd_ int fd = -1;
	int result = place_find(folders, path, &place, error), failed;

	if (result)
		return result;
	for (size_t i = 0; !place.folder && i < folders->count; i++)
		buffer_printf(out, "%s/\n", folders->items[i].name);
	if (!place.folder)
		return 0;
	result = place_open_folder(&place, &fd, error);
	if (result)
		return result;
	failed = read_names(fd, &names);
	if (failed)
		return error_set_system(error, failed, "listing %s", place.name);
	print_names(&names, limit, out);
	return 0;
}

/* ---- writing ---- */

/* A name of its own for each file, and always the same: what a session that was killed left there
 * goes with the next attempt, which its resumed self makes. */
static void temporary_name(const char *leaf, char *out, size_t size)
{
	uint64_t hash = hash_span(HASH_BEGIN, span_of(leaf));

	snprintf(out, size, ".agentd-%016" PRIx64 "~", hash);
}

/* The new content, durable beside the place it goes to. */
static int write_temporary(int parent, const char *temporary, struct span text, struct error *error)
{
	_fd_ int fd = -1;
	int failed = FAILPOINT("file.open"), result;

	unlinkat(parent, temporary, 0);
	if (!failed)
		fd = openat(parent, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    0666);
	if (!failed && fd < 0)
		failed = errno;
	if (failed)
		return error_set_system(error, failed, "creating a file");
	result = fd_write_all(fd, text, error);
	return result ? result : fd_sync(fd, error);
}

static int replace(int parent, const char *leaf, struct span text, struct error *error)
{
	char temporary[32];
	int result, failed;

	temporary_name(leaf, temporary, sizeof(temporary));
	result = write_temporary(parent, temporary, text, error);
	if (!result) {
		failed = FAILPOINT("file.rename");
		if (!failed && renameat(parent, temporary, parent, leaf))
			failed = errno;
		if (failed)
			result = error_set_system(error, failed, "putting the file in its place");
	}
	if (result) {
		unlinkat(parent, temporary, 0);
		return result;
	}
	return fd_sync(parent, error);
}

/* In a rehearsal even work/ is given to read only. */
static int check_writable(const struct place *place, bool rehearse, struct error *error)
{
	if (!place->folder || !*place->rest)
		return error_set(error, ERROR_INVALID,
				 "write_file needs the path of a file, as work/notes.md");
	if (!place->folder->write && !(rehearse && !strcmp(place->folder->name, "work")))
		return error_set(error, ERROR_DENIED, "%s can only be read; write beneath work/",
				 place->name);
	return 0;
}

int files_write(const struct folders *folders, const char *path, struct span text, bool rehearse,
		struct buffer *out, struct error *error)
{
	CLEANUP(place_clear) struct place place = { 0 };
	_fd_ int parent = -1;
	const char *leaf;
	int result = place_find(folders, path, &place, error);
	bool no_work = rehearse &&
		       result == -(int)ERROR_NOT_FOUND; /* a rehearsal does not make it */

	if (!result)
		result = check_writable(&place, rehearse, error);
	if (result && !no_work)
		return result;
	if (rehearse) {
		buffer_printf(out, "rehearsal: %s is not written (%zu bytes)",
			      no_work ? path : place.name, text.length);
		return 0;
	}
	result = place_open_parent(&place, true, &parent, &leaf, error);
	if (result)
		return result;
	if (replace(parent, leaf, text, error))
		return error_prefix(error, "%s was not written: ", place.name);
	buffer_printf(out, "wrote %s (%zu bytes)", place.name, text.length);
	return 0;
}

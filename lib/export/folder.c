/* The folders of days: finding a file, removing old ones, how large they are. */
#include "folder.h"

#include <dirent.h>
#include <stdio.h>

#define DAYS_MAX 100000
#define FILES_MAX 1000000 /* of a day */
#define DAY_S INT64_C(86400)
#define DAY_LENGTH 10
#define ID_LENGTH (ULID_SIZE - 1)
#define ID_TIME_LENGTH 10 /* characters of an id that are its time */

/* When a day begins, UTC seconds; -1: the name is none. */
static int64_t day_begins(const char *name)
{
	int64_t at;

	if (strlen(name) != DAY_LENGTH || instant_parse(span_of(name), &at) != 1)
		return -1;
	return at;
}

/* The session that a file is of: the length of its id; 0: none of ours. */
static size_t id_length(const char *name)
{
	size_t length = strlen(name);

	if (length <= strlen(EXPORT_SUFFIX) ||
	    strcmp(name + length - strlen(EXPORT_SUFFIX), EXPORT_SUFFIX) != 0)
		return 0;
	return length - strlen(EXPORT_SUFFIX);
}

/* ---- finding ---- */

/* The first millisecond of an id that begins so (https://github.com/ulid/spec), 0 where it is none.
 */
static int64_t first_ms(const char *prefix)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	size_t length = strlen(prefix);
	int64_t ms = 0;

	for (size_t i = 0; i < ID_TIME_LENGTH; i++) {
		const char *digit = i < length ? strchr(digits, prefix[i]) : digits;

		if (!digit)
			return 0;
		ms = ms * 32 + (digit - digits);
	}
	return ms;
}

struct search {
	int state_dir;
	const char *prefix;
	int64_t from; /* UTC s: no day before it */
	const char *day;
	export_found found;
	void *context;
	struct error *error;
};

static int look_at_file(void *context, const char *name, unsigned char type)
{
	struct search *search = context;
	size_t length = id_length(name);
	_free_ char *path = NULL, *session = NULL;

	(void)type;
	if (!length || strncmp(name, search->prefix, strlen(search->prefix)) != 0)
		return 0;
	session = xstrndup(name, length);
	path = xasprintf(EXPORT_FOLDER "/%s/%s", search->day, name);
	return search->found(search->context, path, session);
}

/* An id that is whole needs no list of the day's files. */
static int look_for_whole(struct search *search)
{
	_free_ char *name = xasprintf("%s" EXPORT_SUFFIX, search->prefix);
	_free_ char *path = xasprintf(EXPORT_FOLDER "/%s/%s", search->day, name);
	struct stat st;

	if (file_stat(search->state_dir, path, &st, NULL))
		return 0;
	return look_at_file(search, name, DT_REG);
}

static int look_at_day(void *context, const char *name, unsigned char type)
{
	struct search *search = context;
	_free_ char *path = xasprintf(EXPORT_FOLDER "/%s", name);
	_fd_ int fd = -1;

	(void)type;
	if (day_begins(name) < search->from)
		return 0;
	search->day = name;
	if (strlen(search->prefix) >= ID_LENGTH)
		return look_for_whole(search);
	if (directory_open_beneath(search->state_dir, path, &fd, NULL))
		return 0; /* removed meanwhile */
	return directory_walk(fd, FILES_MAX, look_at_file, search, search->error);
}

static int walk_days(int state_dir, directory_visit visit, void *context, struct error *error)
{
	_fd_ int fd = -1;
	int result = directory_open_beneath(state_dir, EXPORT_FOLDER, &fd, error);

	if (result == -(int)ERROR_NOT_FOUND)
		return 0;
	return result ? result : directory_walk(fd, DAYS_MAX, visit, context, error);
}

int export_find(int state_dir, const char *prefix, export_found found, void *context,
		struct error *error)
{
	/* A session gets its id when it is wished for, and begins then or later. A day and a bit
	 * for clocks that were set back between. */
	struct search search = {
		.state_dir = state_dir,
		.prefix = prefix,
		.from = first_ms(prefix) / 1000 - 2 * DAY_S,
		.found = found,
		.context = context,
		.error = error,
	};

	if (search.from < 0)
		search.from = 0;
	return walk_days(state_dir, look_at_day, &search, error);
}

/* ---- removing ---- */

struct removal {
	int state_dir;
	int64_t before;
	size_t max, count;
	const char *day;
	struct error *error;
};

static int remove_file(void *context, const char *name, unsigned char type)
{
	struct removal *removal = context;
	_free_ char *path = xasprintf(EXPORT_FOLDER "/%s/%s", removal->day, name);

	(void)type;
	if (!id_length(name) && !strstr(name, EXPORT_SUFFIX EXPORT_PART))
		return 0; /* somebody else's */
	if (removal->count == removal->max)
		return 1;
	removal->count++;
	return file_unlink(removal->state_dir, path, removal->error);
}

static int remove_day(void *context, const char *name, unsigned char type)
{
	struct removal *removal = context;
	_free_ char *path = xasprintf(EXPORT_FOLDER "/%s", name);
	int64_t begins = day_begins(name);
	_fd_ int fd = -1;
	int result;

	(void)type;
	if (begins < 0 || begins + DAY_S >= removal->before ||
	    directory_open_beneath(removal->state_dir, path, &fd, NULL))
		return 0;
	removal->day = name;
	result = directory_walk(fd, FILES_MAX, remove_file, removal, removal->error);
	if (!result)
		directory_remove(removal->state_dir, path, NULL); /* unless it holds more */
	return result;
}

int export_remove_old(int state_dir, int64_t before, size_t max, size_t *ret_count,
		      struct error *error)
{
	struct removal removal = {
		.state_dir = state_dir, .before = before, .max = max, .error = error
	};
	int result = walk_days(state_dir, remove_day, &removal, error);

	*ret_count = removal.count;
	return result < 0 ? result : 0;
}

/* ---- their size ---- */

struct newest {
	int64_t before, day; /* day -1: none so far */
};

static int look_for_newest(void *context, const char *name, unsigned char type)
{
	struct newest *newest = context;
	int64_t begins = day_begins(name);

	(void)type;
	if (begins < newest->before && begins > newest->day)
		newest->day = begins;
	return 0;
}

struct sizing {
	int fd;
	int64_t bytes;
};

static int add_size(void *context, const char *name, unsigned char type)
{
	struct sizing *sizing = context;
	struct stat st;

	(void)type;
	if (!file_stat(sizing->fd, name, &st, NULL) && S_ISREG(st.st_mode))
		sizing->bytes += st.st_size;
	return 0;
}

int export_day_before(int state_dir, int64_t day, int64_t *ret_day, int64_t *ret_bytes,
		      struct error *error)
{
	struct newest newest = { day, -1 };
	struct sizing sizing = { -1, 0 };
	int result = walk_days(state_dir, look_for_newest, &newest, error);
	char name[INSTANT_SIZE];
	_free_ char *path = NULL;
	_fd_ int fd = -1;

	if (!result && newest.day >= 0) {
		path = xasprintf(EXPORT_FOLDER "/%.10s", instant_print(newest.day, name));
		result = directory_open_beneath(state_dir, path, &fd, error);
		sizing.fd = fd;
	}
	if (!result && fd >= 0)
		result = directory_walk(fd, FILES_MAX, add_size, &sizing, error);
	if (result)
		return result;
	*ret_day = newest.day;
	*ret_bytes = sizing.bytes;
	return 0;
}

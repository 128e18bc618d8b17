#include "aside.h"

#include "log.h"

#include "base/clock.h"
#include "base/instant.h"

#define NAME "state.db"
#define PREFIX NAME ".damaged-"
#define ENTRIES_MAX 10000 /* of .agentd/ that are looked at */

static const char *const suffixes[] = { "", "-wal", "-shm" };

/* Two may be set aside within a second. */
static char *name_new(const struct daemon *daemon)
{
	char time[INSTANT_SIZE];
	char *name = xasprintf(PREFIX "%s", instant_print(clock_wall_s(), time));
	struct stat st;

	for (int n = 2; !file_stat(daemon->state_dir, name, &st, NULL); n++) {
		free(name);
		name = xasprintf(PREFIX "%s.%d", time, n);
	}
	return name;
}

int aside_put(struct daemon *daemon, char **ret_name, struct error *error)
{
	_free_ char *name = name_new(daemon);
	struct stat st;
	bool is_there = !file_stat(daemon->state_dir, NAME, &st, NULL);
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_LENGTH(suffixes); i++) {
		_free_ char *from = xasprintf(NAME "%s", suffixes[i]);
		_free_ char *to = xasprintf("%s%s", name, suffixes[i]);

		result = file_rename(daemon->state_dir, from, to, error);
		if (result == -(int)ERROR_NOT_FOUND)
			result = 0;
	}
	if (!result)
		*ret_name = is_there ? steal_pointer(&name) : NULL;
	return result;
}

/* ---- not too many ---- */

struct found {
	char **names; /* oldest first: their names are times */
	size_t count, capacity;
};

static void found_clear(struct found *found)
{
	for (size_t i = 0; i < found->count; i++)
		free(found->names[i]);
	free(found->names);
}
CLEANUP_DEFINE_VALUE(struct found, found_clear)

static bool is_part(const char *name)
{
	const char *dash = strrchr(name, '-');

	return dash && (!strcmp(dash, "-wal") || !strcmp(dash, "-shm"));
}

static int find(void *context, const char *name, unsigned char type)
{
	struct found *found = context;

	(void)type;
	if (strncmp(name, PREFIX, strlen(PREFIX)) != 0 || is_part(name))
		return 0;
	if (array_grow((void **)&found->names, found->count, &found->capacity, sizeof(char *),
		       ENTRIES_MAX))
		return 1;
	found->names[found->count++] = xstrdup(name);
	return 0;
}

/* What belongs to a file counts with it. */
static int64_t size_of(const struct daemon *daemon, const char *name)
{
	int64_t bytes = 0;
	struct stat st;

	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		_free_ char *one = xasprintf("%s%s", name, suffixes[i]);

		if (!file_stat(daemon->state_dir, one, &st, NULL))
			bytes += st.st_size;
	}
	return bytes;
}

static void leave(struct daemon *daemon, const char *name)
{
	for (size_t i = 0; i < ARRAY_LENGTH(suffixes); i++) {
		_free_ char *one = xasprintf("%s%s", name, suffixes[i]);

		file_unlink(daemon->state_dir, one, NULL);
	}
	log_event(daemon->log, LEVEL_NOTICE, "damaged_removed", NULL, NULL,
		  STATE_FOLDER "/%s was removed: newer ones were set aside since", name);
}

void aside_prune(struct daemon *daemon)
{
	CLEANUP(found_clear) struct found found = { 0 };
	size_t kept = 0;
	int64_t bytes = 0;

	if (directory_walk(daemon->state_dir, ENTRIES_MAX, find, &found, NULL))
		return;
	while (found.count - kept) {
		bytes += size_of(daemon, found.names[found.count - 1 - kept]);
		if (kept && (kept == ASIDE_MAX || bytes > ASIDE_BYTES))
			break;
		kept++;
	}
	for (size_t i = 0; i < found.count - kept; i++)
		leave(daemon, found.names[i]);
}

#include "aside.h"

#include "log.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/instant.h"

#define NAME "state.db"
#define PREFIX NAME ".damaged-"
#define NOTE NAME ".is-set-aside" /* until the new one is whole */
#define NO_FILE "-"               /* before a name that no file has */
#define NAME_BYTES 256
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

/* ---- setting it aside ---- */

/* What the note says: a name, and whether there is a file to be found under it. */
struct aside {
	char *name; /* NULL: there is no note */
	bool has_file;
};

static void note_read(const struct daemon *daemon, struct aside *ret_aside)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(NAME_BYTES);
	bool is_empty;

	*ret_aside = (struct aside){ NULL, false };
	if (file_read(daemon->state_dir, NOTE, &text, NULL, NULL) || !text.length)
		return;
	is_empty = text.data[0] == *NO_FILE;
	ret_aside->name = span_dup(span_slice(buffer_span(&text), is_empty, text.length));
	ret_aside->has_file = !is_empty;
}

static int note_write(const struct daemon *daemon, const struct aside *aside, struct error *error)
{
	_free_ char *text = xasprintf("%s%s", aside->has_file ? "" : NO_FILE, aside->name);

	return file_replace(daemon->state_dir, NOTE, span_of(text), 0600, error);
}

bool aside_is_begun(const struct daemon *daemon)
{
	struct stat st;

	return !file_stat(daemon->state_dir, NOTE, &st, NULL);
}

int aside_done(const struct daemon *daemon, struct error *error)
{
	return file_remove(daemon->state_dir, NOTE, error);
}

static bool is_there(const struct daemon *daemon, const char *name)
{
	struct stat st;

	return !file_stat(daemon->state_dir, name, &st, NULL);
}

/* `name` NULL: they are removed, state.db last: while it is there, what lies beside it is its own,
 * and is not taken for what belongs to the one that was set aside. */
static int move_all(const struct daemon *daemon, const char *name, struct error *error)
{
	int result = 0;

	for (size_t i = 0; !result && i < ARRAY_LENGTH(suffixes); i++) {
		const char *suffix = suffixes[name ? i : ARRAY_LENGTH(suffixes) - 1 - i];
		_free_ char *from = xasprintf(NAME "%s", suffix);
		_free_ char *to = xasprintf("%s%s", name ? name : "", suffix);

		result = name ? file_rename(daemon->state_dir, from, to, error)
			      : file_unlink(daemon->state_dir, from, error);
		if (result == -(int)ERROR_NOT_FOUND)
			result = 0;
		(void)FAILPOINT("state.aside");
	}
	return result;
}

/* What stands there was begun in place of the one that has been set aside. While nothing does, a
 * log may still be that one's. */
static bool is_half_made(const struct daemon *daemon, const struct aside *aside)
{
	return is_there(daemon, NAME) && (!aside->has_file || is_there(daemon, aside->name));
}

int aside_put(struct daemon *daemon, char **ret_name, struct error *error)
{
	_free_ char *name = NULL;
	struct aside aside;
	int result = 0;

	note_read(daemon, &aside);
	if (aside.name && is_half_made(daemon, &aside)) {
		name = aside.name;
		result = move_all(daemon, NULL, error);
	} else {
		if (!aside.name) {
			aside = (struct aside){ name_new(daemon), is_there(daemon, NAME) };
			result = note_write(daemon, &aside, error);
		}
		name = aside.name;
		if (!result)
			result = move_all(daemon, name, error);
	}
	if (!result)
		*ret_name = aside.has_file ? steal_pointer(&name) : NULL;
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

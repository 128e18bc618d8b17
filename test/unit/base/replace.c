/* A file that is replaced while somebody has it open for writing, or opens it in the middle. */
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

struct place {
	char path[64];
	int dir;
};

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->path, sizeof(place->path), "/tmp/agentd-replace-XXXXXX");
	if (!mkdtemp(place->path) || directory_open(place->path, &place->dir, NULL) ||
	    file_replace(place->dir, "m.md", SPAN("old\n"), 0644, NULL))
		return -1;
	*state = place;
	return 0;
}

static int remove_one(void *context, const char *name, unsigned char type)
{
	(void)type;
	return unlinkat(*(int *)context, name, 0);
}

static int tear_down(void **state)
{
	struct place *place = *state;

	directory_walk(place->dir, 1000, remove_one, &place->dir, NULL);
	close(place->dir);
	rmdir(place->path);
	free(place);
	return 0;
}

static void assert_holds(const struct place *place, const char *path, const char *expected)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1 << 20);

	assert_int_equal(file_read(place->dir, path, &text, NULL, NULL), 0);
	assert_string_equal(text.data, expected);
}

static void append(int fd, const char *line)
{
	assert_int_equal(strlen(line), write(fd, line, strlen(line)));
}

/* The one name beside m.md, "" for none. */
static int find_other(void *context, const char *name, unsigned char type)
{
	(void)type;
	if (strcmp(name, "m.md") != 0)
		snprintf(context, 64, "%s", name);
	return 0;
}

static const char *other_name(const struct place *place, char name[64])
{
	name[0] = '\0';
	directory_walk(place->dir, 1000, find_other, name, NULL);
	return name;
}

static void who_writes_is_waited_for(void **state)
{
	struct place *place = *state;
	_fd_ int fd = openat(place->dir, "m.md", O_WRONLY | O_APPEND | O_CLOEXEC);
	struct error error = { 0 };
	char name[64];

	assert_int_equal(
		file_replace_if(place->dir, "m.md", SPAN("old\n"), SPAN("new\n"), 0644, &error),
		-(int)ERROR_BUSY);
	assert_int_equal(error.system, ETXTBSY);
	assert_string_equal(error.message, "m.md is open for writing by another program");
	append(fd, "mine\n");
	assert_holds(place, "m.md", "old\nmine\n");
	fd_close(&fd);
	assert_int_equal(
		file_replace_if(place->dir, "m.md", SPAN("old\n"), SPAN("new\n"), 0644, &error),
		-(int)ERROR_CONFLICT);
	assert_int_equal(file_replace_if(place->dir, "m.md", SPAN("old\nmine\n"),
					 SPAN("old\nmine\nnew\n"), 0644, &error),
			 0);
	assert_holds(place, "m.md", "old\nmine\nnew\n");
	assert_string_equal(other_name(place, name), "");
}

/* What a process left that died with our number may be the only copy of a save. */
static void what_others_left_stays(void **state)
{
	struct place *place = *state;
	char name[64];

	for (int i = 0; i < 200; i++) {
		_fd_ int fd = -1;

		snprintf(name, sizeof(name), ".agentd-%d-%d~", (int)getpid(), i);
		assert_int_equal(0, file_create(place->dir, name, 0644, &fd, NULL));
		append(fd, "a save\n");
	}
	assert_int_equal(
		0, file_replace_if(place->dir, "m.md", SPAN("old\n"), SPAN("new\n"), 0644, NULL));
	assert_holds(place, "m.md", "new\n");
	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), ".agentd-%d-%d~", (int)getpid(), i);
		assert_holds(place, name, "a save\n");
	}
}

#ifdef AGENTD_FAILPOINTS
/* Two programs that begin to append, each in front of an exchange; main() makes those slow. */
struct visit {
	struct place *place;
	int first, second;
};

static void *open_both(void *context)
{
	static const struct timespec moment = { 0, 1000000L };
	struct visit *visit = context;
	struct stat before, now;
	char name[64];

	fstatat(visit->place->dir, "m.md", &before, 0);
	while (!other_name(visit->place, name)[0])
		nanosleep(&moment, NULL);
	nanosleep(&(struct timespec){ 0, 250 * 1000000L }, NULL); /* it has looked, and waits */
	visit->first = openat(visit->place->dir, "m.md", O_WRONLY | O_APPEND | O_CLOEXEC);
	do {
		nanosleep(&moment, NULL);
		if (!other_name(visit->place, name)[0])
			return NULL; /* it was not exchanged */
		fstatat(visit->place->dir, "m.md", &now, 0);
	} while (now.st_ino == before.st_ino);
	visit->second = openat(visit->place->dir, "m.md", O_WRONLY | O_APPEND | O_CLOEXEC);
	return NULL;
}

static void who_opens_in_the_middle_loses_nothing(void **state)
{
	struct place *place = *state;
	struct visit visit = { place, -1, -1 };
	struct error error = { 0 };
	char name[64];
	pthread_t thread;

	assert_int_equal(0, pthread_create(&thread, NULL, open_both, &visit));
	assert_int_equal(
		file_replace_if(place->dir, "m.md", SPAN("old\n"), SPAN("new\n"), 0644, &error),
		-(int)ERROR_BUSY);
	pthread_join(thread, NULL);
	assert_int_not_equal(visit.first, -1);
	append(visit.first, "mine\n");
	close(visit.first);
	assert_holds(place, "m.md", "old\nmine\n");
	if (visit.second < 0)
		return;
	append(visit.second, "theirs\n");
	close(visit.second);
	assert_holds(place, other_name(place, name), "new\ntheirs\n");
}
#endif

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef AGENTD_FAILPOINTS
		WITH_PLACE(who_opens_in_the_middle_loses_nothing),
#endif
		WITH_PLACE(who_writes_is_waited_for),
		WITH_PLACE(what_others_left_stays),
	};

	/* The first is that of set_up. */
	setenv("AGENTD_FAILPOINTS", "file.rename=delay:1000@2,file.rename=delay:1000@3", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files beneath a folder, replaced as a whole, and what is not opened. */
#include "base/failpoint.h"
#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct place {
	char path[64];
	int dir;
};

static int set_up(void **state)
{
	struct place *place = xcalloc(1, sizeof(*place));

	snprintf(place->path, sizeof(place->path), "/tmp/agentd-files-XXXXXX");
	if (!mkdtemp(place->path) || directory_open(place->path, &place->dir, NULL))
		return -1;
	*state = place;
	return 0;
}

static int remove_one(void *context, const char *name, unsigned char type)
{
	int dir = *(int *)context;
	_fd_ int inner = -1;

	if (type == 4 /* DT_DIR */ && !directory_open_beneath(dir, name, &inner, NULL))
		directory_walk(inner, 1000, remove_one, &inner, NULL);
	return unlinkat(dir, name, type == 4 ? AT_REMOVEDIR : 0);
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

static void put(struct place *place, const char *path, const char *text)
{
	assert_int_equal(file_replace(place->dir, path, span_of(text), 0644, NULL), 0);
}

static void assert_holds(struct place *place, const char *path, const char *expected)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(1 << 20);

	assert_int_equal(file_read(place->dir, path, &text, NULL, NULL), 0);
	assert_string_equal(text.data ? text.data : "", expected);
}

static void test_replace_and_read(void **state)
{
	struct place *place = *state;
	struct stat st;

	put(place, "a.md", "one");
	assert_int_equal(fchmodat(place->dir, "a.md", 0600, 0), 0);
	put(place, "a.md", "two");
	assert_holds(place, "a.md", "two");
	assert_int_equal(file_stat(place->dir, "a.md", &st, NULL), 0);
	assert_int_equal(st.st_mode & 07777, 0600); /* the person's mode stays */
	assert_int_equal(directory_make(place->dir, "x/y/z", 0755, NULL), 0);
	put(place, "x/y/z/b.md", "deep");
	assert_holds(place, "x/y/z/b.md", "deep");
	put(place, "empty.md", "");
	assert_holds(place, "empty.md", "");
}

static void test_what_is_not_opened(void **state)
{
	struct place *place = *state;
	CLEANUP(buffer_clear) struct buffer text = BUFFER(100);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct error error;
	_fd_ int sock = socket(AF_UNIX, SOCK_STREAM, 0);

	put(place, "real.md", "text");
	assert_int_equal(symlinkat("real.md", place->dir, "link.md"), 0);
	assert_int_equal(symlinkat("/etc", place->dir, "etc"), 0);
	assert_int_equal(mkfifoat(place->dir, "fifo.md", 0644), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock.md", place->path);
	assert_int_equal(bind(sock, (struct sockaddr *)&address, sizeof(address)), 0);

	assert_int_equal(file_read(place->dir, "link.md", &text, NULL, &error), -(int)ERROR_DENIED);
	assert_non_null(strstr(error.message, "symbolic link"));
	assert_int_equal(file_read(place->dir, "etc/passwd", &text, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_int_equal(file_read(place->dir, "../passwd", &text, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_int_equal(file_read(place->dir, "/etc/passwd", &text, NULL, &error),
			 -(int)ERROR_DENIED);
	assert_int_equal(file_read(place->dir, "fifo.md", &text, NULL, &error),
			 -(int)ERROR_INVALID);
	assert_non_null(strstr(error.message, "is a FIFO, not a regular file"));
	assert_int_equal(file_read(place->dir, "sock.md", &text, NULL, &error),
			 -(int)ERROR_INVALID);
	assert_int_equal(file_read(place->dir, ".", &text, NULL, &error), -(int)ERROR_INVALID);
	assert_int_equal(file_read(place->dir, "gone.md", &text, NULL, &error),
			 -(int)ERROR_NOT_FOUND);
	assert_int_equal(file_replace(place->dir, "fifo.md", SPAN("x"), 0644, &error),
			 -(int)ERROR_INVALID);
}

static void test_size_limit(void **state)
{
	struct place *place = *state;
	CLEANUP(buffer_clear) struct buffer text = BUFFER(4);
	struct error error;

	put(place, "big.md", "12345");
	assert_int_equal(file_read(place->dir, "big.md", &text, NULL, &error),
			 -(int)ERROR_TOO_LARGE);
	assert_int_equal(text.length, 0);
	put(place, "fits.md", "1234");
	assert_int_equal(file_read(place->dir, "fits.md", &text, NULL, &error), 0);
}

static void test_replace_if(void **state)
{
	struct place *place = *state;
	struct error error;

	assert_int_equal(
		file_replace_if(place->dir, "m.md", (struct span){ 0 }, SPAN("new"), 0644, &error),
		0);
	assert_int_equal(file_replace_if(place->dir, "m.md", (struct span){ 0 }, SPAN("again"),
					 0644, &error),
			 -(int)ERROR_CONFLICT);
	assert_holds(place, "m.md", "new");
	assert_int_equal(
		file_replace_if(place->dir, "m.md", SPAN("new"), SPAN("next"), 0644, &error), 0);
	assert_holds(place, "m.md", "next");
	assert_int_equal(
		file_replace_if(place->dir, "m.md", SPAN("new"), SPAN("lost"), 0644, &error),
		-(int)ERROR_CONFLICT);
	assert_holds(place, "m.md", "next"); /* the other writer's save is back */
	assert_int_equal(file_replace_if(place->dir, "none.md", SPAN("x"), SPAN("y"), 0644, &error),
			 -(int)ERROR_CONFLICT);
}

static int count_one(void *context, const char *name, unsigned char type)
{
	(void)name;
	(void)type;
	++*(int *)context;
	return 0;
}

static void test_nothing_is_left_behind(void **state)
{
	struct place *place = *state;
	int count = 0;

	put(place, "a.md", "1");
	file_replace_if(place->dir, "a.md", SPAN("wrong"), SPAN("2"), 0644, NULL);
	file_replace_if(place->dir, "a.md", SPAN("1"), SPAN("2"), 0644, NULL);
	assert_int_equal(directory_walk(place->dir, 100, count_one, &count, NULL), 0);
	assert_int_equal(count, 1);
}

#ifdef AGENTD_FAILPOINTS
/* ENOSPC at each step of a replacement: the old content stays, nothing is left beside it. main()
 * arms the n-th hits of this test's own names by running it first. */
static void test_failed_steps_leave_the_old(void **state)
{
	struct place *place = *state;
	struct error error;
	int count = 0;

	put(place, "a.md", "old"); /* first write, first two syncs, first rename */
	assert_int_not_equal(file_replace(place->dir, "a.md", SPAN("new"), 0644, &error), 0);
	assert_non_null(strstr(error.message, "No space left on device"));
	assert_holds(place, "a.md", "old");
	assert_int_not_equal(file_replace(place->dir, "a.md", SPAN("new"), 0644, &error), 0);
	assert_holds(place, "a.md", "old");
	assert_int_not_equal(file_replace(place->dir, "a.md", SPAN("new"), 0644, &error), 0);
	assert_holds(place, "a.md", "old");
	put(place, "a.md", "new");
	assert_holds(place, "a.md", "new");
	directory_walk(place->dir, 100, count_one, &count, NULL);
	assert_int_equal(count, 1);
}
#endif

static void test_lock(void **state)
{
	struct place *place = *state;
	_fd_ int one = -1, other = -1;
	pid_t owner = -1;
	struct error error;

	assert_int_equal(file_lock(place->dir, "lock", &one, &owner, &error), 0);
	assert_int_equal(file_lock(place->dir, "lock", &other, &owner, &error), -(int)ERROR_BUSY);
	assert_int_equal(owner, getpid());
	fd_close(&one);
	assert_int_equal(file_lock(place->dir, "lock", &other, &owner, &error), 0);
}

/* Opens the file over and over. */
struct opener {
	struct place *place;
	int flags;
	atomic_bool is_over;
	pthread_t thread;
};

static void *open_over_and_over(void *context)
{
	struct opener *opener = context;

	while (!opener->is_over) {
		_fd_ int fd = openat(opener->place->dir, "m.md", opener->flags);

		(void)fd;
	}
	return NULL;
}

static void test_who_has_it_open(void **state)
{
	struct place *place = *state;
	_fd_ int fd = -1, reader = -1, writer = -1;
	void *map;

	put(place, "m.md", "text");
	assert_int_equal(file_open_beneath(place->dir, "m.md", &fd, NULL, NULL), 0);
	assert_false(file_has_writer(fd));
	assert_false(file_has_visitor(fd));
	reader = openat(place->dir, "m.md", O_RDONLY);
	assert_false(file_has_writer(fd));
	assert_true(file_has_visitor(fd));
	fd_close(&reader);
	writer = openat(place->dir, "m.md", O_RDWR | O_APPEND);
	assert_true(file_has_writer(fd));
	assert_true(file_has_visitor(fd));
	map = mmap(NULL, 4, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
	fd_close(&writer);
	assert_true(file_has_writer(fd));
	munmap(map, 4);
	assert_false(file_has_writer(fd));
}

/* Who opens the file while the question stands must not end us: SIGIO would. */
static void test_asking_survives_who_opens(void **state)
{
	struct place *place = *state;
	struct opener openers[] = { { place, O_WRONLY, false, 0 }, { place, O_RDONLY, false, 0 } };
	int answers[2] = { 0 };

	put(place, "m.md", "text");
	for (int i = 0; i < 2; i++)
		assert_int_equal(0, pthread_create(&openers[i].thread, NULL, open_over_and_over,
						   &openers[i]));
	for (int i = 0; i < 20000; i++) {
		_fd_ int fd = openat(place->dir, "m.md", O_RDONLY | O_CLOEXEC);

		answers[file_has_writer(fd)]++;
		file_has_visitor(fd);
	}
	for (int i = 0; i < 2; i++) {
		openers[i].is_over = true;
		pthread_join(openers[i].thread, NULL);
	}
	assert_true(answers[false] > 0 && answers[true] > 0);
}

static void test_sealed_memory(void **state)
{
	CLEANUP(buffer_clear) struct buffer text = BUFFER(100);
	_fd_ int fd = -1;

	(void)state;
	assert_int_equal(memory_file_sealed("t", SPAN("secret"), &fd, NULL), 0);
	assert_int_equal(fd_read_all(fd, &text, NULL), 0);
	assert_string_equal(text.data, "secret");
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
}

static void test_scratch_names(void **state)
{
	const char *const scratch[] = { "a~",  ".a.md.swp", ".a.swx",    ".#a",
					"#a#", "4913",      "sedAbC123", ".goutputstream-X1",
					"" };
	const char *const real[] = { "SOUL.md", "a", ".gitignore", "sedation", "#a", "notes.sw1x" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scratch); i++)
		assert_true(file_name_is_scratch(scratch[i]));
	for (size_t i = 0; i < ARRAY_LENGTH(real); i++)
		assert_false(file_name_is_scratch(real[i]));
}

/* ---- writing to what takes little at once, while signals come ---- */

#define PIPE_BYTES ((size_t)512 * 1024)

static atomic_int alarms;

static void count_alarm(int number)
{
	(void)number;
	atomic_fetch_add(&alarms, 1);
}

/* Now and then it waits for signals: the first cuts a write short, the next finds one that has
 * written nothing yet. */
static void *read_slowly(void *context)
{
	int fd = *(int *)context;
	unsigned char piece[1000];
	size_t at = 0, reads = 0;
	ssize_t got = 1;

	while (got > 0) {
		int before = atomic_load(&alarms);

		while (reads % 16 == 0 && at < PIPE_BYTES / 2 && atomic_load(&alarms) < before + 3)
			sched_yield();
		got = read(fd, piece, sizeof(piece));
		reads++;
		for (ssize_t i = 0; i < got; i++, at++)
			if (piece[i] != (unsigned char)(at * 31 >> 8 ^ at))
				return NULL;
	}
	return at == PIPE_BYTES ? context : NULL;
}

static void start_reader(int *fd, pthread_t *ret_thread)
{
	sigset_t alarm_only;

	sigemptyset(&alarm_only);
	sigaddset(&alarm_only, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarm_only, NULL); /* signals are for the writer */
	assert_int_equal(0, pthread_create(ret_thread, NULL, read_slowly, fd));
	pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
}

static void test_writing_goes_on(void **state)
{
	struct sigaction action = { .sa_handler = count_alarm }, before; /* no SA_RESTART */
	struct itimerval every = { { 0, 1000 }, { 0, 1000 } }, never = { 0 };
	_free_ char *bytes = xmalloc(PIPE_BYTES);
	pthread_t reader;
	void *read_all;
	int fds[2];

	(void)state;
	for (size_t i = 0; i < PIPE_BYTES; i++)
		bytes[i] = (char)(i * 31 >> 8 ^ i);
	assert_int_equal(0, pipe2(fds, O_CLOEXEC));
	assert_true(fcntl(fds[1], F_SETPIPE_SZ, 4096) > 0);
	sigaction(SIGALRM, &action, &before);
	start_reader(&fds[0], &reader);
	setitimer(ITIMER_REAL, &every, NULL);
	assert_int_equal(0, fd_write_all(fds[1], (struct span){ bytes, PIPE_BYTES }, NULL));
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, &before, NULL);
	close(fds[1]);
	pthread_join(reader, &read_all);
	assert_non_null(read_all);
	assert_true(atomic_load(&alarms) > 16);
	close(fds[0]);
}

#define WITH_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef AGENTD_FAILPOINTS
		WITH_PLACE(test_failed_steps_leave_the_old),
#endif
		WITH_PLACE(test_replace_and_read),
		WITH_PLACE(test_what_is_not_opened),
		WITH_PLACE(test_size_limit),
		WITH_PLACE(test_replace_if),
		WITH_PLACE(test_nothing_is_left_behind),
		WITH_PLACE(test_lock),
		WITH_PLACE(test_who_has_it_open),
		WITH_PLACE(test_asking_survives_who_opens),
		cmocka_unit_test(test_writing_goes_on),
		cmocka_unit_test(test_sealed_memory),
		cmocka_unit_test(test_scratch_names),
	};

	setenv("AGENTD_FAILPOINTS",
	       "file.write=error:ENOSPC@2,file.sync=error:ENOSPC@3,file.rename=error:ENOSPC@2", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

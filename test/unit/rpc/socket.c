#include "suite.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* A folder whose path is longer than any sun_path. */
static int setup(void **state)
{
	char path[] = "/tmp/agentd-rpc-XXXXXX";
	static int dir;
	_fd_ int top = -1;

	assert_non_null(mkdtemp(path));
	assert_int_equal(0, directory_open(path, &top, NULL));
	assert_int_equal(
		0, directory_make(
			   top,
			   "a-rather-long-name-of-a-folder-in-which-a-person-"
			   "keeps-a-workspace/and-another-one-that-is-long-as-well-so-that-it-is-"
			   "certainly-more-than-108",
			   0700, NULL));
	assert_int_equal(
		0,
		directory_open_beneath(
			top,
			"a-rather-long-name-of-a-folder-in-which-a-"
			"person-keeps-a-workspace/and-another-one-that-is-long-as-well-so-that-it-"
			"is-certainly-more-than-108",
			&dir, NULL));
	*state = &dir;
	return 0;
}

static int teardown(void **state)
{
	int *dir = *state;
	char link[64], path[512], parent[512];
	ssize_t n;

	unlinkat(*dir, "s", 0);
	unlinkat(*dir, "file", 0);
	unlinkat(*dir, "link", 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", *dir);
	n = readlink(link, path, sizeof(path) - 1);
	path[n] = '\0';
	for (int level = 0; level < 3; level++) {
		rmdir(path);
		snprintf(parent, sizeof(parent), "%s", path);
		*strrchr(parent, '/') = '\0';
		snprintf(path, sizeof(path), "%s", parent);
	}
	fd_close(dir);
	return 0;
}

static void listen_and_connect(void **state)
{
	int dir = *(int *)*state;
	_fd_ int listener = -1, again = -1, client = -1, server = -1;
	struct error error;
	struct stat st;

	assert_int_equal(-(int)ERROR_NOT_FOUND, rpc_connect(dir, "s", &client, &error));
	assert_int_equal(0, rpc_listen(dir, "s", &listener, &error));
	assert_int_equal(0, fstatat(dir, "s", &st, AT_SYMLINK_NOFOLLOW));
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(0600, st.st_mode & 07777);
	assert_int_equal(-1, accept4(listener, NULL, NULL, 0));
	assert_int_equal(0, rpc_connect(dir, "s", &client, &error));
	server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(server >= 0);
	assert_int_equal(1, write(client, "x", 1));
	assert_true(fcntl(listener, F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(client, F_GETFD) & FD_CLOEXEC);
	/* a daemon that died left its socket */
	fd_close(&listener);
	fd_close(&client);
	assert_int_equal(-(int)ERROR_NOT_FOUND, rpc_connect(dir, "s", &client, &error));
	assert_string_equal("nobody listens on s", error.message);
	assert_int_equal(0, rpc_listen(dir, "s", &again, &error));
	assert_int_equal(0, rpc_connect(dir, "s", &client, &error));
}

static void what_is_in_the_way(void **state)
{
	int dir = *(int *)*state;
	_fd_ int fd = -1, file = openat(dir, "file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	struct error error;
	char name[200];

	assert_true(file >= 0);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(0, symlinkat("s", dir, "link"));
	assert_int_equal(-(int)ERROR_EXISTS, rpc_listen(dir, "file", &fd, &error));
	assert_int_equal(-(int)ERROR_EXISTS, rpc_listen(dir, "link", &fd, &error));
	assert_int_equal(-(int)ERROR_INVALID, rpc_listen(dir, name, &fd, &error));
	assert_int_equal(-(int)ERROR_NOT_FOUND, rpc_connect(dir, "file", &fd, &error));
	/* a link is not followed, wherever it leads */
	assert_true(rpc_connect(dir, "link", &fd, &error) < 0);
	assert_int_equal(-1, fd);
}

int socket_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(listen_and_connect),
		cmocka_unit_test(what_is_in_the_way),
	};

	return cmocka_run_group_tests_name("rpc: sockets", tests, setup, teardown);
}

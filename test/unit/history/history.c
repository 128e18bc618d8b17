#include "crashes.h"
#include "folder.h"

#include <stdio.h>
#include <unistd.h>

/* A home of our own, so that nobody's git settings decide. */
static char home[] = "/tmp/agentd-home-XXXXXX";

static void make_home(void)
{
	char path[64];
	FILE *file;

	if (!mkdtemp(home))
		exit(1);
	snprintf(path, sizeof(path), "%s/.gitconfig", home);
	file = fopen(path, "we");
	fputs("[user]\n\tname = Mika Person\n\temail = mika@example.org\n", file);
	fclose(file);
	setenv("HOME", home, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	unsetenv("XDG_CONFIG_HOME");
}

/* libgit2 1.5 leaks the match data of a repository whose extensions it refuses (util/regexp.c). */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2\n";
}

/* `test-history ACT FOLDER` is a child that a crash test will kill. */
int main(int argc, char **argv)
{
	struct error error;
	char path[64];
	int failed;

	if (argc == 3)
		return history_library_start(&error) || crash_act(argv[1], argv[2]);

	if (access("/usr/bin/git", X_OK)) {
		puts("skipped: git is not installed");
		return 77;
	}
	make_home();
	if (history_library_start(&error)) {
		puts(error.message);
		return 1;
	}
	failed = edits_tests() + writes_tests() + rescues_tests() + visitors_tests() +
		 reboots_tests() + crashes_tests() + reading_tests();
	history_library_stop();
	snprintf(path, sizeof(path), "%s/.gitconfig", home);
	unlink(path);
	rmdir(home);
	return failed ? 1 : 0;
}

/* Stands in for agentd-session: of the agents "sick-crash", "sick-hang" and "sick-memory" it does
 * what they are named after; for all others it is the real one, which is beside it as
 * agentd-session.real. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMORY_MAX (512L * 1024 * 1024)
#define PIECE (1024 * 1024)
#define LAST_FD 20
#define NAME_SIZE 4096

/* Which agent it is for is seen by the folders that it was given. */
static int is_for(const char *agent)
{
	char link[64], folder[NAME_SIZE], wanted[128];

	snprintf(wanted, sizeof(wanted), "/agents/%s/", agent);
	for (int fd = 3; fd < LAST_FD; fd++) {
		ssize_t length;

		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, folder, sizeof(folder) - 1);
		if (length < 0)
			continue;
		folder[length] = '\0';
		if (strstr(folder, wanted))
			return 1;
	}
	return 0;
}

/* Also to SIGTERM. */
static void hang(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	for (;;)
		pause();
}

static void eat_memory(void)
{
	struct rlimit limit = { MEMORY_MAX, MEMORY_MAX };
	char *piece;

	setrlimit(RLIMIT_AS, &limit);
	while ((piece = malloc(PIECE)))
		memset(piece, 1, PIECE);
	fprintf(stderr, "out of memory\n");
	abort();
}

int main(int argc, char **argv)
{
	char self[NAME_SIZE];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - sizeof(".real"));

	(void)argc;
	if (is_for("sick-crash"))
		abort();
	if (is_for("sick-hang"))
		hang();
	if (is_for("sick-memory"))
		eat_memory();
	if (length < 0)
		return 1;
	memcpy(self + length, ".real", sizeof(".real"));
	execv(self, argv);
	return 1;
}

/* agentd-history: every commit. It has the workspace and no network; libgit2 is here and nowhere
 * else. */
#include "server.h"
#include "words.h"

#include "base/clock.h"
#include "base/failpoint.h"

#include <signal.h>
#include <stdio.h>

#define SOCKET 3
#define FILTER 4
#define STATUS_FAILED 1
#define STATUS_NO_WALLS 111

/* What cannot be done behind the walls any more: jansson's seed, the user's git identity. */
static int prepare(struct error *error)
{
	size_t random;

	signal(SIGPIPE, SIG_IGN);
	random_bytes(&random, sizeof(random));
	json_object_seed(random);
	(void)FAILPOINT("history.start");
	return history_library_start(error);
}

static int enter(const struct words *words, struct error *error)
{
	const int keep[] = { SOCKET };

	return sandbox_enter(&words->policy, FILTER, keep, ARRAY_LENGTH(keep), error);
}

static int serve(const struct words *words, struct error *error)
{
	CLEANUP(repositories_free) struct repositories *repositories = NULL;
	CLEANUP(workers_stop) struct workers *workers = NULL;
	struct place place = { .output = words->output };
	int dir = -1, result = directory_open(words->workspace, &dir, error);

	if (result)
		return result;
	place.repositories = repositories = repositories_new(words->workspace, dir);
	result = workers_start(&place, &workers, error);
	return result ? result : server_run(SOCKET, workers, error);
}

static int fail(const struct error *error, int status)
{
	fprintf(stderr, "agentd-history: %s\n", error->message);
	return status;
}

int main(int argc, char **argv)
{
	struct words words;
	struct error error;
	int result;

	if (prepare(&error) ||
	    words_read(argv + 1, argc > 1 ? (size_t)argc - 1 : 0, &words, &error) ||
	    enter(&words, &error))
		return fail(&error, STATUS_NO_WALLS);
	result = serve(&words, &error);
	history_library_stop();
	return result ? fail(&error, STATUS_FAILED) : 0;
}

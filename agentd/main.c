/* agentd: the daemon. main() is a list of steps; what each does is in its own file. */
#include "committer.h"
#include "control.h"
#include "daemon.h"
#include "log.h"
#include "notify.h"
#include "renewal.h"
#include "scheduler.h"
#include "secrets.h"
#include "service.h"
#include "session.h"
#include "start.h"
#include "state_file.h"
#include "watcher.h"
#include "zones.h"

#include "base/clock.h"

#include <getopt.h>
#include <inttypes.h>

enum { EXIT_WRONG_USE = 2 };

static const char usage[] =
	"usage: agentd [-w WORKSPACE]\n"
	"\n"
	"Runs the agents of a workspace in the foreground: a folder with an agentd.yaml (see\n"
	"`agentctl init`). Without -w it is looked for from the current folder upward.\n"
	"\n"
	"  -w, --workspace DIR   the workspace\n"
	"  -h, --help            this text\n"
	"  -V, --version         the version\n"
	"\n"
	"SIGTERM or Ctrl-C stops it cleanly, SIGHUP reads all files again. See agentd(8).\n";

static int wrong_use(void)
{
	fputs(usage, stderr);
	return EXIT_WRONG_USE;
}

/* Returns -1 to go on, else the exit status. */
static int options_read(int argc, char **argv, const char **ret_workspace)
{
	static const struct option options[] = {
		{ "workspace", required_argument, NULL, 'w' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "w:hV", options, NULL)) != -1) {
		if (option == 'w')
			*ret_workspace = optarg;
		else if (option == 'h')
			return fputs(usage, stdout) < 0;
		else if (option == 'V')
			return puts("agentd " AGENTD_VERSION) < 0;
		else
			return wrong_use();
	}
	return optind < argc ? wrong_use() : -1;
}

static int fail(const struct error *error)
{
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32];

	error_print(error, text, sizeof(text));
	fprintf(stderr, "agentd: %s\n", text);
	return EXIT_FAILURE;
}

/* From the first start to the last stop. */
static int serve(struct daemon *daemon, const char *where, struct error *error)
{
	int status = start_workspace(daemon, where, error);

	if (!status && daemon->secrets < 0)
		status = secrets_seal(&daemon->secrets, error);
	if (!status)
		status = start_walls(daemon, error);
	if (!status)
		status = start_state(daemon, error);
	if (!status)
		status = start_parts(daemon, error);
	if (!status)
		status = start_serving(daemon, error);
	if (!status)
		uv_run(&daemon->loop, UV_RUN_DEFAULT);
	if (status)
		state_file_failed(daemon, error);
	stop_parts(daemon);
	return status;
}

int main(int argc, char **argv)
{
	const char *where = NULL;
	struct daemon daemon = DAEMON_EMPTY;
	struct error error = { 0 };
	int status;

	start_signals();
	status = options_read(argc, argv, &where);
	if (status >= 0)
		return status;
	daemon.renewal = renewal_new();
	do
		status = serve(&daemon, where, &error);
	while (renewal_goes_on(&daemon, status, &error));
	renewal_free(daemon.renewal);
	workspace_free(daemon.workspace);
	fd_close(&daemon.lock);
	fd_close(&daemon.listener);
	fd_close(&daemon.secrets);
	return status ? fail(&error) : EXIT_SUCCESS;
}

#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

int place_open(const struct invocation *invocation, struct workspace **ret_workspace,
	       struct diagnostics *found, struct error *error)
{
	CLEANUP(diagnostics_clear) struct diagnostics own = { 0 };
	const char *where = invocation->workspace ? invocation->workspace : ".";
	int result = workspace_open(where, invocation->workspace != NULL, ret_workspace,
				    found ? found : &own, error);

	for (size_t i = 0; i < own.count; i++)
		if (own.items[i].severity == SEVERITY_ERROR && own.items[i].line)
			fprintf(stderr, "%s:%u:%u: %s\n", own.items[i].file, own.items[i].line,
				own.items[i].column, own.items[i].message);
		else if (own.items[i].severity == SEVERITY_ERROR)
			fprintf(stderr, "%s: %s\n", own.items[i].file, own.items[i].message);
	return result;
}

struct zone *place_zone(const struct invocation *invocation)
{
	CLEANUP(workspace_free) struct workspace *workspace = NULL;
	struct zone *zone = NULL;
	struct error error;
	char host[65];

	if (!place_open(invocation, &workspace, NULL, &error))
		return steal_pointer(&workspace->zone);
	fail(&error);
	zone_host_name(host);
	if (zone_load(host, &zone, NULL) && zone_load("UTC", &zone, &error))
		BUG("no time zone UTC: %s", error.message);
	return zone;
}

int place_store(const struct workspace *workspace, struct store **ret_store, struct error *error)
{
	_fd_ int state = -1;

	*ret_store = NULL;
	if (directory_open_beneath(workspace->dir, ".agentd", &state, NULL) ||
	    faccessat(state, "state.db", F_OK, 0))
		return 0;
	return store_open(state, true, ret_store, error);
}

static bool is_workspace(int dir)
{
	return !faccessat(dir, "agentd.yaml", F_OK, 0);
}

/* From the current folder upward, like git. */
static int find_upward(int *ret_dir, struct error *error)
{
	_fd_ int dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat here, above;

	while (dir >= 0 && !is_workspace(dir)) {
		_fd_ int parent = openat(dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (parent < 0 || fstat(dir, &here) || fstat(parent, &above) ||
		    (here.st_ino == above.st_ino && here.st_dev == above.st_dev))
			return error_set(error, ERROR_NOT_FOUND,
					 "no agentd.yaml here or in a folder above; `agentctl init "
					 "DIR` makes a workspace, -w DIR names one");
		close(dir);
		dir = parent;
		parent = -1;
	}
	if (dir < 0)
		return error_set_system(error, errno, "opening the current folder");
	*ret_dir = dir;
	dir = -1;
	return 0;
}

int place_find(const struct invocation *invocation, int *ret_dir, struct error *error)
{
	const char *where = invocation->workspace;
	_fd_ int dir = -1;
	int result;

	if (!where)
		return find_upward(ret_dir, error);
	result = directory_open(where, &dir, error);
	if (result)
		return result;
	if (!is_workspace(dir))
		return error_set(error, ERROR_NOT_FOUND,
				 "%s has no agentd.yaml; `agentctl init %s` makes a workspace",
				 where, where);
	*ret_dir = dir;
	dir = -1;
	return 0;
}

/* ---- the daemon ---- */

static void on_hello(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	(void)rpc;
	(void)context;
	(void)method;
	(void)params;
	(void)id;
}

static void on_event(struct rpc *rpc, void *context, const char *method, const json_t *params,
		     uint64_t id)
{
	struct connection *connection = context;

	(void)rpc;
	(void)method;
	(void)id;
	if (connection->event)
		connection->event(connection->context, params);
}

static const struct rpc_permit permits[] = {
	{ "hello", ~0u, true, on_hello },
	{ "event", ~0u, true, on_event },
};

static int connect_to(int dir, int *ret_fd, struct error *error)
{
	_fd_ int state = -1;
	int result = directory_open_beneath(dir, ".agentd", &state, error);

	return result ? result : rpc_connect(state, "agentd.sock", ret_fd, error);
}

/* The daemon hangs up on all users but its own, and its folder is closed to them. */
static int refuse_user(uid_t owner, struct error *error)
{
	const struct passwd *entry = getpwuid(owner);
	_free_ char *name = entry ? xstrdup(entry->pw_name) : xasprintf("#%u", (unsigned)owner);

	return error_set(error, ERROR_DENIED,
			 "this workspace belongs to the user %s, who alone may command its agentd; "
			 "as that user: sudo -u '%s' agentctl -w DIR …",
			 name, name);
}

static int check_server(int fd, struct error *error)
{
	struct ucred server;
	socklen_t size = sizeof(server);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &server, &size))
		return error_set_system(error, errno, "looking who serves this workspace");
	return server.uid == geteuid() ? 0 : refuse_user(server.uid, error);
}

/* What connecting has failed with, in the words that help. */
static int explain_failure(int dir, int result, struct error *error)
{
	struct stat st;

	if (result != -(int)ERROR_DENIED)
		return error_set(error, ERROR_CLOSED,
				 "no agentd serves this workspace; start it with `agentd -w DIR`");
	if (fstatat(dir, ".agentd", &st, AT_SYMLINK_NOFOLLOW) || st.st_uid == geteuid())
		return result;
	return refuse_user(st.st_uid, error);
}

bool place_is_served(const struct workspace *workspace)
{
	_fd_ int fd = -1;

	return !connect_to(workspace->dir, &fd, NULL);
}

int connection_open(const struct invocation *invocation, place_event event, void *context,
		    struct connection **ret_connection, struct error *error)
{
	_fd_ int dir = -1, fd = -1;
	struct connection *connection;
	int result = place_find(invocation, &dir, error);

	if (result)
		return result;
	result = connect_to(dir, &fd, error);
	result = result ? explain_failure(dir, result, error) : check_server(fd, error);
	if (result)
		return result;
	connection = xcalloc(1, sizeof(*connection));
	connection->event = event;
	connection->context = context;
	connection->rpc = rpc_new(fd, RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), connection);
	fd = -1;
	*ret_connection = connection;
	return 0;
}

void connection_close(struct connection *connection)
{
	if (!connection)
		return;
	rpc_free(connection->rpc);
	free(connection);
}

char *place_time(const struct zone *zone, int64_t at, char out[PLACE_TIME_SIZE])
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	struct civil c;

	zone_to_local(zone, at, &c);
	snprintf(out, PLACE_TIME_SIZE, "%s %04d-%02d-%02d %02d:%02d",
		 days[weekday_of_days(days_from_civil(c.year, c.month, c.day))], c.year, c.month,
		 c.day, c.hour, c.minute);
	return out;
}

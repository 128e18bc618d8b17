#include "farm.h"

#include "events.h"
#include "served.h"
#include "server.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/file.h"

#include <stdio.h>
#include <unistd.h>

#define REPOSITORIES_WAIT_MS (10 * 60 * 1000)

static const char soul[] =
	"# Kira\n\nYou keep the notes of a small team. You write short sentences.\n";
static const char heartbeat[] =
	"## Daily (09:00)\n\n- Note one measurement\n- Say that you are done\n";

char *farm_agent(size_t index, char out[AGENT_NAME_SIZE])
{
	snprintf(out, AGENT_NAME_SIZE, "a%04zu", index);
	return out;
}

int farm_save(const struct farm *farm, const char *path, const char *text, struct error *error)
{
	_free_ char *beside = xasprintf("%s~", path);
	_fd_ int fd = -1;
	int result = file_create(farm->dir, beside, 0644, &fd, error);

	if (!result)
		result = fd_write_all(fd, span_of(text), error);
	return result ? result : file_rename(farm->dir, beside, path, error);
}

/* A zone in which nobody's 09:00 is near: no beat falls into a measure. */
static const char *zone_far_from_nine(void)
{
	return clock_wall_s() % 86400 / 3600 < 12 ? "Etc/GMT-12" : "UTC";
}

int farm_use(struct farm *farm, const struct server *server, struct error *error)
{
	_free_ char *text = xasprintf(
		"timezone: %s\n"
		"providers:\n"
		"  bench: {kind: openai, base_url: \"http://127.0.0.1:%u/v1\"}\n"
		"models:\n"
		"  instant: {provider: bench, name: instant, free: true}\n"
		"routes:\n"
		"  default: [instant]\n",
		zone_far_from_nine(), server_port(server));

	return farm_save(farm, "agentd.yaml", text, error);
}

static int make_agent(const struct farm *farm, size_t index, struct error *error)
{
	char name[AGENT_NAME_SIZE];
	_free_ char *folder = xasprintf("agents/%s", farm_agent(index, name));
	_free_ char *soul_path = xasprintf("%s/SOUL.md", folder);
	_free_ char *heartbeat_path = xasprintf("%s/HEARTBEAT.md", folder);
	int result = directory_make(farm->dir, folder, 0755, error);

	if (!result)
		result = farm_save(farm, soul_path, soul, error);
	return result ? result : farm_save(farm, heartbeat_path, heartbeat, error);
}

static int make_files(struct farm *farm, const struct server *server, struct error *error)
{
	int result = directory_make(farm->dir, "shared", 0755, error);

	if (!result)
		result = directory_make(farm->dir, "agents", 0755, error);
	if (!result)
		result = farm_save(farm, "shared/BULLETIN.md", "# Bulletin\n", error);
	if (!result)
		result = farm_save(farm, ".gitignore", "/agents/*/\n/.agentd/\n", error);
	if (!result)
		result = farm_use(farm, server, error);
	for (size_t i = 0; !result && i < farm->agents; i++)
		result = make_agent(farm, i, error);
	return result;
}

/* The start at which the daemon makes a repository for every agent. */
static int first_start(struct bench *bench, struct farm *farm, struct error *error)
{
	CLEANUP(served_stop) struct served *served = NULL;
	CLEANUP(events_close) struct events *events = NULL;
	int64_t begin = clock_monotonic_us();
	int result = served_start(bench, farm, &served, error);

	if (!result)
		result = events_open(farm, true, &events, error);
	if (!result)
		result = events_await(events, "edits_committed", farm->agents, REPOSITORIES_WAIT_MS,
				      error);
	if (result)
		return result;
	farm->first_ready_ms = served_ready_ms(served);
	farm->repositories_ms = (double)(clock_monotonic_us() - begin) / 1000;
	return 0;
}

static int farm_make(struct bench *bench, size_t agents, struct farm *farm, struct error *error)
{
	_free_ char *name = xasprintf("farm-%zu", agents);
	int result = directory_make(bench->dir, name, 0755, error);

	farm->agents = agents;
	farm->path = xasprintf("%s/%s", bench->folder, name);
	if (!result)
		result = directory_open(farm->path, &farm->dir, error);
	if (!result)
		result = make_files(farm, bench->plain, error);
	return result ? result : first_start(bench, farm, error);
}

int farm_get(struct bench *bench, size_t agents, struct farm **ret_farm, struct error *error)
{
	struct farm *farm;
	size_t i;
	int result;

	for (i = 0; i < FARMS_MAX && bench->farms[i]; i++)
		if (bench->farms[i]->agents == agents) {
			*ret_farm = bench->farms[i];
			return 0;
		}
	if (i == FARMS_MAX)
		BUG("more than %d sizes of workspaces", FARMS_MAX);
	farm = xcalloc(1, sizeof(*farm));
	farm->dir = -1;
	result = farm_make(bench, agents, farm, error);
	if (result) {
		farm_free(farm);
		return error_prefix(error, "a workspace of %zu agents: ", agents);
	}
	*ret_farm = bench->farms[i] = farm;
	return 0;
}

void farm_free(struct farm *farm)
{
	if (!farm)
		return;
	fd_close(&farm->dir);
	free(farm->path);
	free(farm);
}

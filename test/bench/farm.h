/* A workspace of N equal agents: SOUL.md of three lines, HEARTBEAT.md with one `## Daily (09:00)`.
 *
 * One that was asked for has been served once, so that its repositories are there and its files in
 * the page cache; what that first start took is in the value. */
#ifndef BENCH_FARM_H
#define BENCH_FARM_H

#include "bench.h"

#define AGENT_NAME_SIZE 32

struct farm {
	size_t agents;
	char *path; /* the workspace */
	int dir;
	double first_ready_ms, repositories_ms;
};

/* The workspace with that many agents, made when it is asked for the first time. Kept by the bench.
 */
int farm_get(struct bench *bench, size_t agents, struct farm **ret_farm, struct error *error);
void farm_free(struct farm *farm);

/* "a0007". Returns out. */
char *farm_agent(size_t index, char out[AGENT_NAME_SIZE]);

/* Writes agentd.yaml: the model is at that server from the next start on. */
int farm_use(struct farm *farm, const struct server *server, struct error *error);

/* Replaces a file by a rename, as editors do, without a sync. */
int farm_save(const struct farm *farm, const char *path, const char *text, struct error *error);

#endif

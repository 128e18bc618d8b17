#include "suite.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void site_make(struct site *site)
{
	char path[] = "/tmp/test-workspace-XXXXXX";

	*site = (struct site){ .dir = -1 };
	assert_non_null(mkdtemp(path));
	site->path = xstrdup(path);
	assert_int_equal(directory_open(path, &site->dir, NULL), 0);
	site_write(site, "agentd.yaml", "timezone: Asia/Taipei\n");
}

void site_open(struct site *site)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	assert_int_equal(workspace_open(site->path, true, &site->workspace, &found, NULL), 0);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void site_clear(struct site *site)
{
	workspace_free(site->workspace);
	fd_close(&site->dir);
	if (site->path)
		nftw(site->path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(site->path);
}

void site_write(const struct site *site, const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	_free_ char *folder = slash ? xstrndup(path, (size_t)(slash - path)) : NULL;
	_fd_ int fd = -1;

	if (folder)
		assert_int_equal(directory_make(site->dir, folder, 0755, NULL), 0);
	assert_int_equal(file_create(site->dir, path, 0644, &fd, NULL), 0);
	assert_int_equal(fd_write_all(fd, span_of(text), NULL), 0);
}

void site_add_kira(const struct site *site)
{
	site_write(site, "agents/kira/SOUL.md", "# Kira\n\nHelps.\n");
	site_write(site, "agents/kira/CONSTITUTION.md", "1. Never guess\n");
	site_write(
		site, "agents/kira/HEARTBEAT.md",
		"## Daily (07:00)\n- Check BULLETIN.md\n## Hourly\n- answer\n## On Session Start\n- hi\n");
	site_write(site, "agents/kira/MEMORY.md", "## Recent (L0)\n- 2026-11-20: a fact\n");
	site_write(
		site, "shared/BULLETIN.md",
		"# B\n\n## 2026-11-20 08:00 [max]\n- canary-max\n\n## 2026-11-19 08:00Z [kira]\n- mine\n");
}

int main(void)
{
	return run_open() + run_agents() + run_plan() + run_inputs() + run_saving();
}

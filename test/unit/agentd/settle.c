/* What is done of an agent whose files were looked at. */
#include "settle.h"

#include "committer.h"
#include "health.h"
#include "ledger.h"
#include "log.h"
#include "monitors.h"
#include "parked.h"
#include "providers.h"
#include "repository_trouble.h"
#include "scheduler.h"
#include "service.h"
#include "supervisor.h"
#include "watcher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#pragma GCC diagnostic ignored "-Wunused-parameter"

/* ---- the others, as far as they matter here ---- */

static struct resident resident = { .name = "kira" };
static bool is_another; /* what a reload finds */
static bool mends;
static unsigned edits, first_edits, reloads;

struct resident *roster_find(const struct roster *roster, const char *name)
{
	return &resident;
}

bool roster_reload(struct daemon *daemon, struct resident *which)
{
	reloads++;
	if (mends)
		which->broken = NULL;
	return is_another;
}

void committer_edits(struct daemon *daemon, const char *repository)
{
	edits++;
}

void committer_first_edits(struct daemon *daemon, const char *repository)
{
	first_edits++;
}

int workspace_reload_whole(struct workspace *workspace, bool *ret_is_another,
			   struct diagnostics *found, struct error *error)
{
	*ret_is_another = false;
	return 0;
}

bool committer_writes(const struct committer *committer, const char *repository)
{
	return false;
}

bool committer_wrote_bulletin(const struct committer *committer, const char *id)
{
	return false;
}

uint64_t workspace_bulletin(const struct workspace *workspace)
{
	return 0;
}

/* clang-format off */
void committer_catch_up(struct daemon *daemon) {}
void health_review(struct daemon *daemon) {}
void ledger_limits_changed(struct daemon *daemon) {}
void log_event(struct log *log, enum log_level level, const char *event, const char *agent,
	       const char *session, const char *format, ...) {}
void log_set_limits(struct log *log, int64_t bytes, unsigned files) {}
void monitors_settings_changed(struct daemon *daemon) {}
void parked_limits_changed(struct daemon *daemon) {}
void providers_settings_changed(struct daemon *daemon) {}
void repositories_review(struct daemon *daemon) {}
void roster_reload_all(struct daemon *daemon) {}
void roster_scan(struct daemon *daemon) {}
void scheduler_event(struct daemon *daemon, enum schedule_event event, const char *author) {}
void scheduler_files_changed(struct daemon *daemon, struct resident *which, char *const *paths,
			     size_t count, int64_t last) {}
void scheduler_hear_all(struct daemon *daemon) {}
void scheduler_look_at_zones(struct daemon *daemon) {}
void service_renew(struct service *service) {}
void supervisor_admit(struct daemon *daemon) {}
void supervisor_inputs_changed(struct daemon *daemon, const struct resident *which,
			       const char *except) {}
void watcher_cover(struct daemon *daemon, const char *agent) {}
/* clang-format on */

/* ---- cases ---- */

static struct settings settings;
static struct workspace workspace = { .dir = -1, .settings = &settings };
static struct daemon of_all = { .workspace = &workspace };

/* An agent is looked at, for that path, or for none. */
static void look(const char *path, bool folder)
{
	struct settle *settle;

	edits = first_edits = reloads = 0;
	uv_loop_init(&of_all.loop);
	settle = settle_new(&of_all);
	settle_agent(settle, "kira", path, folder);
	uv_run(&of_all.loop, UV_RUN_DEFAULT);
	settle_free(settle);
	uv_run(&of_all.loop, UV_RUN_DEFAULT);
	uv_loop_close(&of_all.loop);
	assert_int_equal(reloads, 1);
}

static unsigned commits(void)
{
	return edits + first_edits;
}

/* A reload that was put off, once a second: the commit that waits for the same file keeps its
 * backoff. */
static void test_put_off(void **state)
{
	(void)state;
	look("", false);
	assert_int_equal(commits(), 0);
}

static void test_edits(void **state)
{
	(void)state;
	look("knowledge/prices.md", false);
	assert_int_equal(commits(), 1);
	look("", true);
	assert_int_equal(commits(), 1);
	is_another = true; /* the file is whole, and nothing told of its close */
	look("", false);
	assert_int_equal(commits(), 1);
	is_another = false;
	resident.broken = (char[]){ "why" };
	look("SOUL.md", false);
	assert_int_equal(commits(), 0);
	mends = true;
	look("", false);
	assert_int_equal(commits(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_off),
		cmocka_unit_test(test_edits),
	};

	return cmocka_run_group_tests_name("settle", tests, NULL, NULL);
}

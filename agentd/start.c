#include "start.h"

#include "alerts.h"
#include "committer.h"
#include "constitution.h"
#include "control.h"
#include "descriptors.h"
#include "export.h"
#include "filesystems.h"
#include "handle.h"
#include "health.h"
#include "ledger.h"
#include "log.h"
#include "monitors.h"
#include "notify.h"
#include "parked.h"
#include "providers.h"
#include "pulse.h"
#include "renewal.h"
#include "repository_trouble.h"
#include "retention.h"
#include "scheduler.h"
#include "service.h"
#include "session.h"
#include "state_file.h"
#include "sweep.h"
#include "upgrade.h"
#include "watchdog.h"
#include "watcher.h"
#include "zones.h"

#include "base/clock.h"
#include "launch/launch.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SAVE_WAIT_MS 10000
#define SAVE_STEP_MS 50
#define LOCK_WAIT_MS 2000
#define LOCK_STEP_MS 10
#define STOP_LONGEST_MS 8000

/* ---- workspace ---- */

static int take_lock(struct daemon *daemon, struct error *error)
{
	int64_t until = clock_monotonic_ms() + LOCK_WAIT_MS;
	struct timespec step = { 0, LOCK_STEP_MS * 1000000L };
	pid_t owner = 0;
	int result;

	while ((result = file_lock(daemon->state_dir, "lock", &daemon->lock, &owner, error)) ==
		       -(int)ERROR_BUSY &&
	       clock_monotonic_ms() < until)
		nanosleep(&step, NULL);
	if (result == -(int)ERROR_BUSY)
		return error_set(error, ERROR_BUSY,
				 "%s is served already, by the agentd with process id %d",
				 daemon->workspace->path, (int)owner);
	return result;
}

static void print_findings(const struct diagnostics *found)
{
	for (size_t i = 0; i < found->count; i++)
		fprintf(stderr, "%s:%u:%u: %s: %s\n", found->items[i].file, found->items[i].line,
			found->items[i].column, severity_name(found->items[i].severity),
			found->items[i].message);
}

/* Journals hold what agents said and were told. A folder that a person made or copied may be open
 * to all. */
static int close_to_others(struct daemon *daemon, struct error *error)
{
	struct stat st;

	if (fstat(daemon->state_dir, &st))
		return error_set_system(error, errno, "looking at " STATE_FOLDER);
	if (st.st_uid != geteuid())
		return error_set(error, ERROR_DENIED,
				 STATE_FOLDER " belongs to another user (uid %u, we are %u): "
					      "chown -R %u '%s/" STATE_FOLDER "'",
				 (unsigned)st.st_uid, (unsigned)geteuid(), (unsigned)geteuid(),
				 daemon->workspace->path);
	if ((st.st_mode & 0777) != 0700 && fchmod(daemon->state_dir, 0700))
		return error_set_system(error, errno, "closing " STATE_FOLDER " to others");
	return 0;
}

/* agentd.yaml may be in the middle of a save: the half of it would let agents go on without a cap
 * that the other half names. Who leaves it open does not keep agentd from its start. */
static int open_saved(struct daemon *daemon, const char *where, struct diagnostics *found,
		      struct error *error)
{
	struct timespec step = { 0, SAVE_STEP_MS * 1000000L };
	int64_t until = clock_monotonic_ms() + SAVE_WAIT_MS;
	bool exact = where != NULL, is_told = false;
	int result;

	if (!where)
		where = ".";
	while ((result = workspace_open_whole(where, exact, &daemon->workspace, found, error)) ==
		       -(int)ERROR_BUSY &&
	       clock_monotonic_ms() < until) {
		if (!is_told)
			fprintf(stderr, "waits: agentd.yaml is being written\n");
		is_told = true;
		nanosleep(&step, NULL);
	}
	if (result != -(int)ERROR_BUSY)
		return result;
	return workspace_open(where, exact, &daemon->workspace, found, error);
}

/* Over a renewal it stays open: an agentd.yaml that was spoiled meanwhile is no reason to end. */
static int open_workspace(struct daemon *daemon, const char *where, struct error *error)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };
	char text[ERROR_FILE_MAX + ERROR_MESSAGE_MAX + 32];
	struct error own;
	bool is_another;
	int result = 0;

	if (!daemon->workspace) {
		result = open_saved(daemon, where, &found, error);
	} else if (workspace_reload_whole(daemon->workspace, &is_another, &found, &own)) {
		error_print(&own, text, sizeof(text));
		fprintf(stderr, "%s; what was in force stays\n", text);
	}
	print_findings(&found);
	return result;
}

int start_workspace(struct daemon *daemon, const char *where, struct error *error)
{
	int result;

	daemon->started = clock_wall_s();
	result = open_workspace(daemon, where, error);
	if (!result)
		result = directory_make(daemon->workspace->dir, STATE_FOLDER, 0700, error);
	if (!result)
		result = directory_open_beneath(daemon->workspace->dir, STATE_FOLDER,
						&daemon->state_dir, error);
	if (!result)
		result = close_to_others(daemon, error);
	if (!result && daemon->lock < 0)
		result = take_lock(daemon, error);
	return result;
}

int start_walls(struct daemon *daemon, struct error *error)
{
	struct sandbox_support support;

	if (daemon->workspace->settings->sandbox_off)
		return 0;
	sandbox_probe(&support);
	if (support.enough)
		return 0;
	return error_set(error, ERROR_UNSUPPORTED,
			 "this machine cannot wall sessions in (%s); to run without walls all the "
			 "same, write `sandbox: off` into agentd.yaml",
			 support.mend);
}

/* ---- state ---- */

int start_state(struct daemon *daemon, struct error *error)
{
	const struct settings *settings = daemon->workspace->settings;
	int result = log_open(daemon->state_dir, settings->log_bytes, settings->log_files,
			      &daemon->log, error);

	if (result)
		return result;
	if (settings->sandbox_off)
		log_event(daemon->log, LEVEL_WARNING, "sandbox_off", NULL, NULL,
			  "agentd.yaml says `sandbox: off`: sessions have no walls");
	result = filesystems_look(daemon, error);
	if (!result)
		result = state_file_open(daemon, error);
	if (!result)
		result = filesystems_look(daemon, error);
	if (!result)
		result = store_epoch_next(daemon->store, &daemon->epoch, error);
	if (!result)
		result = store_slots_close_open(daemon->store,
						"the daemon ended before it was done", error);
	if (!result)
		result = store_calls_keep_open(daemon->store, clock_wall_ms(), error);
	return result;
}

/* ---- parts ---- */

static const struct rpc_permit gateway_permits[] = {
	{ "delta", ~0u, true, session_delta },
};
static const struct service_kind gateway_kind = {
	.name = "agentd-gateway",
	.role = SANDBOX_GATEWAY,
	.permits = gateway_permits,
	.permit_count = ARRAY_LENGTH(gateway_permits),
	.gets_secrets = true,
	.is_watched = true,
};
static const struct service_kind history_kind = {
	.name = "agentd-history",
	.role = SANDBOX_HISTORY,
	.gets_workspace = true,
	.is_watched = true,
};

static void store_woken(uv_async_t *async)
{
	struct daemon *daemon = async->data;

	if (daemon->writer)
		store_complete(daemon->writer);
	state_file_look(daemon);
}

static void store_wake(void *context)
{
	struct daemon *daemon = context;

	uv_async_send(&daemon->store_wake);
}

int start_parts(struct daemon *daemon, struct error *error)
{
	int result;

	signal(SIGPIPE, SIG_IGN);
	uv_loop_init(&daemon->loop);
	uv_async_init(&daemon->loop, &daemon->store_wake, store_woken);
	daemon->store_wake.data = daemon;
	daemon->zones = zones_new();
	daemon->roster = roster_new();
	daemon->supervisor = supervisor_new(daemon);
	daemon->watchdog = watchdog_new(daemon);
	daemon->sweep = sweep_new(daemon);
	daemon->committer = committer_new(daemon);
	daemon->ledger = ledger_new(daemon);
	daemon->providers = providers_new();
	daemon->alerts = alerts_new(daemon);
	daemon->exports = exports_new(daemon);
	daemon->descriptors = descriptors_new(daemon);
	daemon->savings = savings_new(daemon);
	daemon->monitors = monitors_new(daemon);
	daemon->gateway = service_new(daemon, &gateway_kind, daemon);
	daemon->history = service_new(daemon, &history_kind, daemon);
	result = scheduler_new(daemon, &daemon->scheduler, error);
	if (!result)
		result = parked_new(daemon, &daemon->parked, error);
	if (!result)
		result = retention_new(daemon, &daemon->retention, error);
	if (!result)
		result = watcher_new(daemon, &daemon->watcher, error);
	if (result)
		return result;
	watcher_start(daemon);
	roster_scan(daemon);
	result = store_writer_start(daemon->store, store_wake, daemon, &daemon->writer, error);
	return result ? result : store_open(daemon->state_dir, true, &daemon->reader, error);
}

/* ---- signals ---- */

static uv_signal_t *signals[2];
static int hangups = -1; /* as a descriptor, while there is a loop */

static void stop_now(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;

	log_event(daemon->log, LEVEL_ERROR, "stop_forced", NULL, NULL,
		  "sessions did not end within %d s; they are closed at the next start",
		  STOP_LONGEST_MS / 1000);
	uv_stop(&daemon->loop);
}

static void all_written(struct daemon *daemon)
{
	uv_stop(&daemon->loop);
}

static void all_ended(struct daemon *daemon)
{
	committer_finish(daemon, all_written);
}

static void stop_asked(uv_signal_t *handle, int signal)
{
	struct daemon *daemon = handle->data;

	renewal_give_up(daemon);
	if (daemon->stopping) { /* asked twice, or while all stops anyway: at once */
		uv_stop(&daemon->loop);
		return;
	}
	daemon->stopping = true;
	notify_stopping();
	log_event(daemon->log, LEVEL_NOTICE, "stopping", NULL, NULL, "stopping on signal %d",
		  signal);
	uv_timer_start(handle_timer(&daemon->loop, daemon), stop_now, STOP_LONGEST_MS, 0);
	supervisor_stop(daemon, all_ended);
}

static void reload_asked(uv_poll_t *poll, int status, int events)
{
	struct daemon *daemon = poll->data;
	struct signalfd_siginfo info;

	(void)status;
	(void)events;
	if (read(hangups, &info, sizeof(info)) < 0 || daemon->stopping)
		return;
	notify_reloading();
	log_event(daemon->log, LEVEL_NOTICE, "reloading", NULL, NULL, "reading all files again");
	watcher_rescan(daemon);
	notify_ready("serving");
}

static void signal_watch(struct daemon *daemon, size_t index, int number, uv_signal_cb handler)
{
	signals[index] = xcalloc(1, sizeof(uv_signal_t));
	signals[index]->data = daemon;
	uv_signal_init(&daemon->loop, signals[index]);
	uv_signal_start(signals[index], handler, number);
	uv_unref((uv_handle_t *)signals[index]);
}

static sigset_t hangup_only(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	return set;
}

void start_signals(void)
{
	sigset_t set = hangup_only();

	sigprocmask(SIG_BLOCK, &set, NULL);
}

/* Not by libuv, which would give it back its deadly meaning where its handle closes. */
static int hangup_watch(struct daemon *daemon, struct error *error)
{
	sigset_t set = hangup_only();
	uv_poll_t *poll;

	hangups = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (hangups < 0)
		return error_set_system(error, errno, "listening for SIGHUP");
	poll = handle_poll(&daemon->loop, hangups, daemon);
	uv_poll_start(poll, UV_READABLE, reload_asked);
	uv_unref((uv_handle_t *)poll);
	return 0;
}

/* ---- serving ---- */

int start_serving(struct daemon *daemon, struct error *error)
{
	int result = scheduler_restore(daemon, error);

	if (!result)
		result = supervisor_restore(daemon, error);
	if (!result)
		result = ledger_restore(daemon, error);
	if (!result)
		result = providers_restore(daemon, error);
	if (!result)
		result = alerts_restore(daemon, error);
	if (!result)
		result = health_restore(daemon, error);
	if (!result)
		result = parked_restore(daemon, error);
	if (!result)
		result = control_new(daemon, &daemon->control, error);
	if (!result)
		result = hangup_watch(daemon, error);
	if (result)
		return result;
	signal_watch(daemon, 0, SIGTERM, stop_asked);
	signal_watch(daemon, 1, SIGINT, stop_asked);
	daemon->pulse = pulse_new(daemon);
	daemon->ready = true;
	log_event(daemon->log, LEVEL_NOTICE, "ready", NULL, NULL, "serving %zu agents of %s",
		  daemon->roster->count, daemon->workspace->path);
	notify_ready("serving");
	constitutions_start(daemon);
	result = supervisor_recover(daemon, error);
	if (!result)
		result = monitors_start(daemon, error);
	store_close(steal_pointer(&daemon->reader));
	if (result)
		return result;
	state_file_tell(daemon);
	parked_review_incidents(daemon);
	health_review(daemon);
	repositories_review(daemon);
	upgrade_waits(daemon); /* if the one before us was told to be restarted, it was */
	providers_settings_changed(daemon); /* agentd.yaml may have been, while nobody looked */
	committer_catch_up(daemon);
	export_missing(daemon);
	retention_start(daemon);
	scheduler_hear_all(daemon);
	scheduler_event(daemon, SCHEDULE_EVENT_STARTUP, NULL);
	return 0;
}

static void close_walk(uv_handle_t *handle, void *context)
{
	struct daemon *daemon = context;

	if (uv_is_closing(handle))
		return;
	uv_close(handle, handle == (uv_handle_t *)&daemon->store_wake ? NULL : handle_free);
}

/* The last turns of the loop: threads come home, handles close. */
static void drain(struct daemon *daemon)
{
	if (!daemon->roster)
		return;
	if (daemon->writer)
		store_writer_stop(daemon->writer); /* what it calls may submit more */
	daemon->writer = NULL;
	uv_walk(&daemon->loop, close_walk, daemon);
	uv_run(&daemon->loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon->loop);
	fd_close(&hangups);
}

void stop_parts(struct daemon *daemon)
{
	renewal_stop(daemon);
	daemon->stopping = true;
	control_free(daemon->control);
	watcher_free(daemon->watcher);
	scheduler_free(daemon->scheduler);
	supervisor_free(daemon->supervisor);
	service_free(daemon->gateway);
	service_free(daemon->history);
	retention_free(daemon->retention);
	sweep_free(daemon->sweep);
	monitors_free(daemon->monitors);
	alerts_stop(daemon->alerts);
	committer_free(daemon->committer);
	exports_flush(daemon->exports);
	drain(daemon); /* what state.db still answers may park, raise, settle */
	pulse_free(daemon->pulse);
	exports_free(daemon->exports);
	descriptors_free(daemon->descriptors);
	savings_free(daemon->savings);
	parked_free(daemon->parked);
	alerts_free(daemon->alerts);
	ledger_free(daemon->ledger);
	providers_free(daemon->providers);
	watchdog_free(daemon->watchdog);
	roster_free(daemon->roster);
	zones_free(daemon->zones);
	store_close(daemon->reader);
	store_close(daemon->store);
	state_file_free(daemon->state_file);
	launch_forget_filters();
	log_close(daemon->log);
	fd_close(&daemon->state_dir);
}

#include "monitors.h"

#include "handle.h"
#include "journal.h"
#include "log.h"
#include "monitor_look.h"
#include "monitor_news.h"
#include "shell.h"

#include "base/clock.h"

struct monitor {
	struct monitor *next;
	struct daemon *daemon;
	struct monitor_settings settings; /* its own copy */
	struct monitor_life life;
	struct look *look;     /* under way */
	struct shell *restart; /* under way */
	unsigned blind;        /* looks in a row that could not be made */
	int64_t told_ms;       /* its incident was counted then, on the monotonic clock */
	struct {
		int64_t at; /* UTC s, 0: never */
		enum look_verdict verdict;
		int64_t latency_ms;
		char *reason, *word;
	} last;
};

struct monitors {
	struct monitor *first; /* in the order of agentd.yaml */
	uv_timer_t *timer;     /* for the first that is due */
	size_t under_way;
};

static void arm(struct daemon *daemon);

/* ---- what follows ---- */

static uint32_t chance(void)
{
	uint32_t bits;

	random_bytes(&bits, sizeof(bits));
	return bits;
}

static struct monitor_rules rules_of(const struct monitor *monitor)
{
	return (struct monitor_rules){
		.every_ms = (int64_t)monitor->settings.every_s * 1000,
		.settle_ms = (int64_t)monitor->settings.settle_s * 1000,
		.failures_max = monitor->settings.failures,
		.restarts = monitor->settings.restart != NULL,
	};
}

/* One that is looked at each second and stays down is a row in state.db each time: not all of them
 * are needed. */
static bool is_worth_telling(const struct monitor *monitor, unsigned news, int64_t now)
{
	return news != MONITOR_INCIDENT || !monitor->told_ms ||
	       now - monitor->told_ms >= MONITOR_TOLD_APART_MS;
}

static void happen(struct monitor *monitor, enum monitor_event event)
{
	struct monitor_rules rules = rules_of(monitor);
	int64_t now = clock_monotonic_ms();
	unsigned news = monitor_step(&monitor->life, &rules, event, now, chance());

	if (!news || !is_worth_telling(monitor, news, now))
		return;
	monitor->told_ms = news & MONITOR_OVER ? 0 : now;
	monitor_tell(monitor->daemon, &monitor->settings, &monitor->life, news,
		     monitor->last.reason, monitor->last.word);
}

/* ---- restarts ---- */

static void restart_ended(void *context, const char *why, bool is_cut)
{
	struct monitor *monitor = context;

	(void)is_cut;
	monitor->restart = NULL; /* it is freed behind this */
	monitor->daemon->monitors->under_way--;
	if (why)
		log_event(monitor->daemon->log, LEVEL_ERROR, "monitor_restart_failed", NULL, NULL,
			  "monitor %s: the restart command: %s", monitor->settings.name, why);
	happen(monitor, MONITOR_RESTARTED);
	arm(monitor->daemon);
}

static void restart(struct monitor *monitor)
{
	struct shell_order order = {
		.name = "agentd-monitor",
		.command = monitor->settings.restart,
		.limit_ms = MONITOR_RESTART_MS,
	};
	struct error error;

	monitor->daemon->monitors->under_way++;
	journal_restart(monitor->daemon, monitor->settings.name, clock_wall_ms());
	log_event(monitor->daemon->log, LEVEL_NOTICE, "monitor_restart", NULL, NULL,
		  "monitor %s is restarted (%u of %d within an hour)", monitor->settings.name,
		  monitor->life.restart_count, MONITOR_RESTARTS);
	if (shell_start(monitor->daemon, &order, restart_ended, monitor, &monitor->restart, &error))
		restart_ended(monitor, error.message, false);
}

/* ---- looks ---- */

static void log_look(const struct monitor *monitor, const struct look_result *result)
{
	struct log *log = monitor->daemon->log;

	if (result->verdict == LOOK_NONE)
		log_event(log, LEVEL_WARNING, "monitor_unknown", NULL, NULL,
			  "monitor %s: could not look: %s", monitor->settings.name, result->reason);
	else if (result->verdict == LOOK_FAILED && !monitor->life.has_incident)
		log_event(log, LEVEL_WARNING, "monitor_failed", NULL, NULL, "monitor %s: %s",
			  monitor->settings.name, result->reason);
}

/* Nothing is known of the service; people hear of that after as many as would be an incident. */
static void look_in_vain(struct monitor *monitor, const char *reason)
{
	monitor->life.due_ms = clock_monotonic_ms() + (int64_t)monitor->settings.every_s * 1000;
	if (++monitor->blind % monitor->settings.failures == 0)
		monitor_tell_blind(monitor->daemon, monitor->settings.name, reason);
}

static void see(struct monitor *monitor, enum look_verdict verdict)
{
	monitor->blind = 0;
	monitor_tell_blind(monitor->daemon, monitor->settings.name, NULL);
	happen(monitor, verdict == LOOK_WELL ? MONITOR_LOOKED_WELL : MONITOR_LOOKED_FAILED);
}

static void looked(void *context, const struct look_result *result)
{
	struct monitor *monitor = context;

	monitor->look = NULL; /* it is freed behind this */
	monitor->daemon->monitors->under_way--;
	if (monitor->daemon->stopping)
		return;
	monitor->last.at = clock_wall_s();
	monitor->last.verdict = result->verdict;
	monitor->last.latency_ms = result->latency_ms;
	free(monitor->last.reason);
	free(monitor->last.word);
	monitor->last.reason = xstrdup_or_null(result->reason);
	monitor->last.word = xstrdup_or_null(result->word);
	log_look(monitor, result);
	if (result->verdict == LOOK_NONE)
		look_in_vain(monitor, result->reason);
	else
		see(monitor, result->verdict);
	if (monitor->life.state == MONITOR_RESTARTING)
		restart(monitor);
	arm(monitor->daemon);
}

/* ---- when ---- */

static bool is_busy(const struct monitor *monitor)
{
	return monitor->look || monitor->restart;
}

static void begin(struct monitor *monitor)
{
	monitor->daemon->monitors->under_way++;
	look_start(monitor->daemon, &monitor->settings, looked, monitor, &monitor->look);
}

static void begin_due(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;
	struct monitors *monitors = daemon->monitors;
	int64_t now = clock_monotonic_ms();

	for (struct monitor *one = monitors->first; one; one = one->next)
		if (!daemon->stopping && monitors->under_way < MONITORS_AT_ONCE && !is_busy(one) &&
		    one->life.due_ms <= now)
			begin(one);
	arm(daemon);
}

/* Those that cannot begin now are waited for by what is under way. */
static void arm(struct daemon *daemon)
{
	struct monitors *monitors = daemon->monitors;
	int64_t now = clock_monotonic_ms(), first = INT64_MAX;

	for (const struct monitor *one = monitors->first; one; one = one->next)
		if (!is_busy(one) && one->life.due_ms < first)
			first = one->life.due_ms;
	uv_update_time(&daemon->loop); /* libuv counts from the start of its turn */
	if (first == INT64_MAX || daemon->stopping || monitors->under_way >= MONITORS_AT_ONCE)
		uv_timer_stop(monitors->timer);
	else
		uv_timer_start(monitors->timer, begin_due,
			       first > now ? (uint64_t)(first - now) : 0, 0);
}

/* ---- agentd.yaml ---- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool same(const struct monitor_settings *a, const struct monitor_settings *b)
{
	return !strcmp(a->name, b->name) && same_text(a->url, b->url) &&
	       same_text(a->command, b->command) && same_text(a->restart, b->restart) &&
	       !strcmp(a->wake, b->wake) && a->every_s == b->every_s &&
	       a->timeout_s == b->timeout_s && a->settle_s == b->settle_s &&
	       a->failures == b->failures;
}

static struct monitor *monitor_new(struct daemon *daemon, const struct monitor_settings *settings,
				   bool anew)
{
	struct monitor *monitor = xcalloc(1, sizeof(*monitor));
	struct monitor_rules rules;
	uint32_t within_s = settings->every_s < MONITOR_FIRST_WITHIN_S ? settings->every_s
								       : MONITOR_FIRST_WITHIN_S;

	monitor->daemon = daemon;
	monitor->settings = *settings;
	monitor->settings.url = xstrdup_or_null(settings->url);
	monitor->settings.command = xstrdup_or_null(settings->command);
	monitor->settings.restart = xstrdup_or_null(settings->restart);
	monitor->life.due_ms = clock_monotonic_ms() + chance() % (within_s * 1000);
	rules = rules_of(monitor);
	monitor_recall(daemon, settings->name, &rules, anew, &monitor->life);
	if (anew)
		journal_restarts_forget(daemon, settings->name);
	return monitor;
}

static void monitor_free(struct monitor *monitor)
{
	monitor->daemon->monitors->under_way -= is_busy(monitor);
	look_abandon(monitor->look);
	shell_kill(monitor->restart);
	free(monitor->settings.url);
	free(monitor->settings.command);
	free(monitor->settings.restart);
	free(monitor->last.reason);
	free(monitor->last.word);
	free(monitor);
}

static void free_all(struct monitor *first)
{
	while (first) {
		struct monitor *next = first->next;

		monitor_free(first);
		first = next;
	}
}

static struct monitor *take_same(struct monitor **link, const struct monitor_settings *settings)
{
	struct monitor *monitor;

	while (*link && !same(&(*link)->settings, settings))
		link = &(*link)->next;
	monitor = *link;
	if (monitor)
		*link = monitor->next;
	return monitor;
}

static void set_up(struct daemon *daemon, bool anew)
{
	const struct settings *settings = daemon->workspace->settings;
	struct monitors *monitors = daemon->monitors;
	struct monitor *old = monitors->first, **last = &monitors->first;

	for (size_t i = 0; i < settings->monitor_count; i++) {
		struct monitor *monitor = take_same(&old, &settings->monitors[i]);

		*last = monitor ? monitor : monitor_new(daemon, &settings->monitors[i], anew);
		last = &(*last)->next;
	}
	*last = NULL;
	free_all(old);
	monitor_forget_gone(daemon);
	arm(daemon);
}

/* One that lies an hour ahead is of a clock that was wrong. */
static int recall_restart(void *context, const char *name, int64_t at)
{
	struct daemon *daemon = context;
	int64_t age_ms = clock_wall_ms() - at;

	if (age_ms >= MONITOR_FLAP_MS || age_ms <= -MONITOR_FLAP_MS)
		return 0;
	for (struct monitor *one = daemon->monitors->first; one; one = one->next)
		if (!strcmp(one->settings.name, name))
			monitor_restore_restart(&one->life,
						clock_monotonic_ms() - (age_ms > 0 ? age_ms : 0));
	return 0;
}

int monitors_start(struct daemon *daemon, struct error *error)
{
	set_up(daemon, false);
	return store_restarts(daemon->reader, recall_restart, daemon, error);
}

void monitors_settings_changed(struct daemon *daemon)
{
	set_up(daemon, true);
}

/* ---- the value ---- */

struct monitors *monitors_new(struct daemon *daemon)
{
	struct monitors *monitors = xcalloc(1, sizeof(*monitors));

	monitors->timer = handle_timer(&daemon->loop, daemon);
	return monitors;
}

void monitors_free(struct monitors *monitors)
{
	if (!monitors)
		return;
	free_all(monitors->first);
	uv_close((uv_handle_t *)monitors->timer, handle_free);
	free(monitors);
}

/* ---- seeing them ---- */

static json_t *at_json(int64_t at)
{
	char text[INSTANT_SIZE];

	return json_string(instant_print(at, text));
}

static json_t *last_json(const struct monitor *monitor)
{
	if (!monitor->last.at)
		return json_null();
	return json_pack("{s:o,s:s,s:I,s:s?}", "at", at_json(monitor->last.at), "verdict",
			 look_verdict_name(monitor->last.verdict), "latency_ms",
			 (json_int_t)monitor->last.latency_ms, "reason", monitor->last.reason);
}

static json_t *next_json(const struct monitor *monitor)
{
	int64_t wait_ms = monitor->life.due_ms - clock_monotonic_ms();

	if (is_busy(monitor) || monitor->life.due_ms == INT64_MAX)
		return json_null();
	return at_json(clock_wall_s() + (wait_ms > 0 ? wait_ms / 1000 : 0));
}

static json_t *monitor_json(const struct monitor *monitor)
{
	const struct monitor_settings *settings = &monitor->settings;
	const struct monitor_life *life = &monitor->life;

	return json_pack("{s:s,s:s,s:s,s:b,s:i,s:i,s:o,s:o,s:i,s:b,s:s?}", "name", settings->name,
			 "kind", settings->url ? "url" : "command", "state",
			 monitor_state_name(life->state), "incident", (int)life->has_incident,
			 "failures", (int)life->failures, "max_failures", (int)settings->failures,
			 "last", last_json(monitor), "next_at", next_json(monitor), "restarts",
			 (int)life->restart_count, "gave_up", (int)life->given_up, "wake",
			 *settings->wake ? settings->wake : NULL);
}

json_t *monitors_json(const struct daemon *daemon, const char *name)
{
	json_t *list = json_array();

	for (const struct monitor *one = daemon->monitors->first; one; one = one->next)
		if (!name || !strcmp(name, one->settings.name))
			json_array_append_new(list, monitor_json(one));
	if (!name || json_array_size(list))
		return list;
	json_decref(list);
	return NULL;
}

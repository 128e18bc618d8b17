/* Every key that a person can set, in one table: where it may stand, type, range, default, and
 * the sentence that the manual page prints. agentd.yaml, SOUL.md's and HEARTBEAT.md's front matter
 * are read through it; an unknown or bad key is a diagnostic with line and column, and the default
 * (or, for a running daemon, the last good value) holds. Pure. */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/diagnostic.h"
#include "base/error.h"
#include "markdown/markdown.h"

#define SETTINGS_MODELS_MAX 64
#define SETTINGS_PROVIDERS_MAX 32
#define SETTINGS_ROUTES_MAX 64
#define SETTINGS_NAME_MAX 64

/* ---- limits: the lower one wins ---- */

struct limits {
	int64_t per_request_tokens, per_task_tokens;
	int64_t per_session_micro_usd, per_agent_hourly_micro_usd, per_agent_daily_micro_usd;
	int64_t system_hourly_micro_usd, system_daily_micro_usd;
	int64_t people_share_ppm, experimental_share_ppm; /* parts per million */
	bool circuit_breaker;
};

/* Field by field the lower one; the breaker is on where either has it on. */
void limits_lower(struct limits *into, const struct limits *other);

/* ---- agentd.yaml ---- */

enum provider_kind {
	PROVIDER_REHEARSAL,
	PROVIDER_OPENAI, /* Chat Completions */
	PROVIDER_ANTHROPIC,
	PROVIDER_OLLAMA,    /* its own /api/chat */
	PROVIDER_RESPONSES, /* OpenAI Responses */
};
/* The word in agentd.yaml, which is also the wire format's. */
const char *provider_kind_name(enum provider_kind kind);
enum key_source { KEY_NONE, KEY_ENV, KEY_FILE, KEY_CREDENTIAL };

struct provider {
	char name[SETTINGS_NAME_MAX];
	enum provider_kind kind;
	char *base_url; /* the kind's default when absent */
	enum key_source key_source;
	char *key_reference; /* variable, path or credential name; never the key itself */
	uint32_t connect_ms, first_byte_ms, progress_ms;
};

struct model_settings {
	char name[SETTINGS_NAME_MAX]; /* the word used in routes */
	char provider[SETTINGS_NAME_MAX];
	char *model; /* the provider's name for it */
	int64_t context, max_output_tokens;
	/* micro-USD per million tokens */
	int64_t price_input, price_output, price_cache_read, price_cache_write;
	bool priced, free;
};

struct route {
	char name[SETTINGS_NAME_MAX];
	char (*models)[SETTINGS_NAME_MAX];
	size_t count;
};

struct grant {
	char agent[SETTINGS_NAME_MAX];
	char **read; /* absolute paths */
	size_t read_count;
	struct limits limits; /* fields that were not given are INT64_MAX (circuit_breaker false) */
};

/* One of `alerts`: a command, or an address. */
struct alert_target {
	char *command, *webhook; /* one of them is NULL */
};

/* One of `monitors`: an outside service, looked at by a GET or a command. */
struct monitor_settings {
	char name[SETTINGS_NAME_MAX];
	char *url, *command;          /* one of them is NULL */
	char *restart;                /* command, or NULL */
	char wake[SETTINGS_NAME_MAX]; /* agent, or "" */
	uint32_t every_s, timeout_s, settle_s;
	uint32_t failures; /* in a row that make an incident */
};

/* Of beats that were missed: the latest runs, or none. */
enum catch_up { CATCH_UP_DEFAULT, CATCH_UP_ONCE, CATCH_UP_NONE };

struct settings {
	char zone[65];
	bool sandbox_off;
	struct provider *providers;
	size_t provider_count;
	struct model_settings *models;
	size_t model_count;
	struct route *routes;
	size_t route_count;
	struct grant *grants;
	size_t grant_count;
	struct alert_target *alerts;
	size_t alert_count;
	struct monitor_settings *monitors;
	size_t monitor_count;
	struct limits limits;
	/* defaults of DESIGN 10 that apply to the daemon as a whole */
	uint32_t debounce_ms, tick_s, shortest_interval_s, turns_per_session, sessions_at_once;
	uint32_t connect_ms, first_byte_ms, progress_ms;
	int64_t max_output_tokens, context;
	int64_t least_max_tokens;
	uint32_t retries_per_call, retry_shortest_ms, retry_longest_ms;
	uint32_t provider_breaker_failures, provider_breaker_probe_ms, provider_breaker_longest_ms;
	uint32_t session_breaker_repeats, session_breaker_calls;
	uint32_t compaction_turns;
	int64_t compaction_context_ppm; /* parts per million */
	uint32_t alert_again_s;
	uint32_t hung_session_s, hung_session_grace_s, stale_sweep_s;
	uint32_t crash_backoff_shortest_s, crash_backoff_longest_s;
	uint32_t flap_deaths, flap_within_s;
	uint32_t retention_s; /* of ended sessions in state.db */
	uint32_t monitor_every_s, monitor_timeout_s, monitor_failures, monitor_settle_s;
	int64_t tool_output_bytes, log_bytes, exports_bytes;
	uint32_t log_files;
	int daily_hour; /* of `daily_at` */
	enum catch_up catch_up;
	uint32_t catch_up_within_s, catch_up_at_once, catch_up_apart_s;
};

/* Reads agentd.yaml. Bad keys go to `found` (its `file` must be set) and keep their defaults;
 * -ERROR_INVALID only when the text is no YAML map at all. A provider `rehearsal`, a model
 * `rehearsal` and, where no route can be built, a default route to it are always there. Free with
 * settings_free. */
int settings_parse(struct span yaml, struct settings **ret_settings, struct diagnostics *found,
		   struct error *error);
void settings_free(struct settings *settings);
const struct provider *settings_provider(const struct settings *settings, const char *name);
const struct model_settings *settings_model(const struct settings *settings, const char *name);
const struct route *settings_route(const struct settings *settings,
				   const char *name); /* else default */
const struct grant *settings_grant(const struct settings *settings,
				   const char *agent); /* or NULL */

/* ---- front matter ---- */

enum when_policy { WHEN_DEFAULT, WHEN_ALWAYS, WHEN_CHANGED };

/* Keys of SOUL.md's and HEARTBEAT.md's front matter. Text fields are NULL, numbers 0 where absent.
 */
struct front_matter {
	char *role, *expertise, *route, *zone;
	bool bulletin_always;
	bool experiment;  /* its work has `experimental_share` of a day's money */
	uint32_t every_s; /* the tick */
	bool has_active_hours;
	uint16_t active_begin, active_end; /* minutes of the day */
	enum when_policy when;
	enum catch_up catch_up;
	int daily_hour;       /* -1: absent */
	struct limits limits; /* as in struct grant */
	char **tools;         /* names; NULL: all */
	size_t tool_count;
	/* where the values stand, for what only others can judge; 0: absent */
	unsigned route_line, route_column, tools_line, tools_column;
};

enum front_matter_file { FRONT_MATTER_SOUL, FRONT_MATTER_HEARTBEAT };

/* `found` gets unknown keys, bad values and keys that do not belong in this file. Never fails: what
 * is not understood is absent. Clear with front_matter_clear. */
void front_matter_parse(struct span yaml, unsigned first_line, enum front_matter_file file,
			struct front_matter *ret_matter, struct diagnostics *found);
void front_matter_clear(struct front_matter *matter);

/* One row of the table, for the manual page and `agentctl`. */
struct setting_row {
	const char *key;   /* "limits.per_session_usd" */
	const char *files; /* "agentd.yaml", "SOUL.md, HEARTBEAT.md", … */
	const char *type, *range, *fallback, *text;
	bool not_yet; /* accepted and checked, but nothing reads it so far */
};
const struct setting_row *settings_table(size_t *ret_count);

CLEANUP_DEFINE(struct settings *, settings_free)
CLEANUP_DEFINE_VALUE(struct front_matter, front_matter_clear)

#endif

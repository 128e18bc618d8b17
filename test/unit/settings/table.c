/* The table of keys itself. Included by settings.c's program. */
#include "settings_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "settings/settings.h"

#include <stdlib.h>

/* Every row of DESIGN 10, in its order there. */
static const struct {
	const char *key, *fallback;
} defaults[] = {
	{ "debounce", "50 ms" },
	{ "tick", "30 min" },
	{ "shortest_interval", "60 s" },
	{ "catch_up", "once" },
	{ "catch_up_within", "24 h" },
	{ "catch_up_at_once", "5" },
	{ "catch_up_apart", "5 s" },
	{ "sessions_at_once", "64" },
	{ "turns_per_session", "40" },
	{ "max_output_tokens", "4096" },
	{ "context", "32768" },
	{ "connect", "10 s" },
	{ "first_byte", "120 s" },
	{ "progress", "180 s" },
	{ "retries_per_call", "5" },
	{ "retry_shortest", "1 s" },
	{ "retry_longest", "60 s" },
	{ "attempts_per_task", "5" },
	{ "stale_sweep", "15 min" },
	{ "crash_backoff_shortest", "1 s" },
	{ "crash_backoff_longest", "10 min" },
	{ "flap_deaths", "3" },
	{ "flap_within", "1 h" },
	{ "hung_session", "5 min" },
	{ "hung_session_grace", "5 s" },
	{ "compaction_turns", "10" },
	{ "compaction_context", "70%" },
	{ "l0_kept", "50" },
	{ "l0_to_l1", "weekly" },
	{ "l1_to_l2", "monthly" },
	{ "bulletin_archive", "weekly" },
	{ "bulletin_keep", "7 days" },
	{ "retention", "30 days" },
	{ "tool_output", "256 KiB" },
	{ "log_size", "64 MiB" },
	{ "log_files", "5" },
	{ "session_breaker_repeats", "5" },
	{ "session_breaker_calls", "60" },
	{ "provider_breaker_failures", "3" },
	{ "provider_breaker_probe", "30 s" },
	{ "provider_breaker_longest", "10 min" },
	{ "least_max_tokens", "256" },
	{ "commit_email", "NAME@agentd.local" },
	{ "monitor_every", "300 s" },
	{ "monitor_timeout", "10 s" },
	{ "monitor_failures", "3" },
	{ "monitor_settle", "5 s" },
	{ "alert_again", "4 h" },
	{ "limits.per_request_tokens", "64000" },
	{ "limits.per_task_tokens", "200000" },
	{ "limits.per_session_usd", "0.50" },
	{ "limits.per_agent_hourly_usd", "1.00" },
	{ "limits.per_agent_daily_usd", "2.00" },
	{ "limits.system_hourly_usd", "10.00" },
	{ "limits.system_daily_usd", "20.00" },
	{ "limits.people_share", "0.20" },
	{ "limits.experimental_share", "0.15" },
	{ "limits.circuit_breaker", "on" },
	{ "timezone", "UTC" },
	{ "sandbox", "on" },
	{ "daily_at", "09:00" },
};

static const struct setting_row *find(const char *key, const char *file)
{
	size_t count;
	const struct setting_row *rows = settings_table(&count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(rows[i].key, key) && strstr(rows[i].files, file))
			return &rows[i];
	return NULL;
}

void table_has_every_default(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(defaults); i++) {
		const struct setting_row *row = find(defaults[i].key, "agentd.yaml");

		if (!row)
			fail_msg("no row for %s", defaults[i].key);
		assert_string_equal(row->fallback, defaults[i].fallback);
	}
}

void table_has_no_key_twice(void **state)
{
	size_t count;
	const struct setting_row *rows = settings_table(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		assert_non_null(rows[i].type);
		assert_true(strlen(rows[i].text) > 10);
		assert_int_equal(rows[i].text[strlen(rows[i].text) - 1], '.');
		for (size_t j = i + 1; j < count; j++)
			if (!strcmp(rows[i].key, rows[j].key) &&
			    !strcmp(rows[i].files, rows[j].files))
				fail_msg("%s is there twice", rows[i].key);
	}
}

void table_prints_ranges(void **state)
{
	(void)state;
	assert_string_equal(find("debounce", "agentd")->range, "0 ms to 1 min");
	assert_string_equal(find("retention", "agentd")->range, "1 h to 3660 days");
	assert_string_equal(find("tool_output", "agentd")->range, "1 KiB to 64 MiB");
	assert_string_equal(find("limits.people_share", "agentd")->range, "0 to 1");
	assert_string_equal(find("when", "SOUL")->range, "always, changed");
	assert_string_equal(find("limits.people_share", "agentd")->files,
			    "agentd.yaml, SOUL.md, HEARTBEAT.md");
	assert_false(find("retention", "agentd")->not_yet);
	assert_false(find("tick", "agentd")->not_yet);
	assert_false(find("providers", "agentd")->not_yet);
}

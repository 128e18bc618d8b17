/* agentd.yaml: what is understood. */
#include "settings_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnostics.h"

struct settings *read_settings(const char *yaml, const char *expected)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "agentd.yaml" };
	_free_ char *text = NULL;
	struct settings *settings = NULL;
	struct error error = { 0 };

	if (settings_parse(span_of(yaml), &settings, &found, &error))
		fail_msg("%s\n%s", error.message, yaml);
	text = diagnostics_text(&found);
	if (strcmp(text, expected)) {
		settings_free(settings);
		fail_msg("\n%s\ngives\n%s\nnot\n%s", yaml, text, expected);
	}
	return settings;
}

static const char design[] =
	"timezone: Asia/Taipei\n"
	"providers:\n"
	"  claude: {kind: anthropic, api_key: {env: ANTHROPIC_API_KEY}}\n"
	"  local:  {kind: openai, base_url: \"http://127.0.0.1:8080/v1\"}\n"
	"models:\n"
	"  strong: {provider: claude, name: claude-sonnet-4-5, context: 200000, max_output_tokens: 4096,\n"
	"           usd_per_mtok: {input: 3, output: 15, cache_read: 0.3, cache_write: 3.75}}\n"
	"  fast:   {provider: local, name: \"qwen3:4b\", context: 32768, free: true}\n"
	"routes:\n"
	"  default:  [strong, fast]\n"
	"  lookup:   [fast]\n"
	"  analysis: [strong]\n"
	"limits:\n"
	"  per_request_tokens: 64000\n"
	"  per_task_tokens: 200000\n"
	"  per_session_usd: 0.50\n"
	"  per_agent_hourly_usd: 1.00\n"
	"  per_agent_daily_usd: 2.00\n"
	"  system_hourly_usd: 10.00\n"
	"  system_daily_usd: 20.00\n"
	"  people_share: 0.20\n"
	"  experimental_share: 0.15\n"
	"  circuit_breaker: true\n"
	"agents:\n"
	"  log-watcher: {read: [/var/log/app], limits: {per_agent_daily_usd: 0.50}}\n"
	"alerts: [{command: \"notify-send agentd\"}, {webhook: \"https://example.org/x\"}]\n"
	"sandbox: on\n";

static void design_example_is_understood(void **state)
{
	CLEANUP(settings_free) struct settings *s = read_settings(design, "");
	const struct model_settings *strong = settings_model(s, "strong");
	const struct provider *claude = settings_provider(s, "claude");
	const struct grant *grant = settings_grant(s, "log-watcher");

	(void)state;
	assert_string_equal(s->zone, "Asia/Taipei");
	assert_false(s->sandbox_off);
	assert_int_equal(claude->kind, PROVIDER_ANTHROPIC);
	assert_int_equal(claude->key_source, KEY_ENV);
	assert_string_equal(claude->key_reference, "ANTHROPIC_API_KEY");
	assert_string_equal(claude->base_url, "https://api.anthropic.com/v1/messages");
	assert_int_equal(claude->connect_ms, 10000);
	assert_string_equal(settings_provider(s, "local")->base_url, "http://127.0.0.1:8080/v1");
	assert_int_equal(settings_provider(s, "local")->key_source, KEY_NONE);
	assert_string_equal(strong->model, "claude-sonnet-4-5");
	assert_int_equal(strong->price_input, 3000000);
	assert_int_equal(strong->price_output, 15000000);
	assert_int_equal(strong->price_cache_read, 300000);
	assert_int_equal(strong->price_cache_write, 3750000);
	assert_true(strong->priced && !strong->free);
	assert_true(settings_model(s, "fast")->free);
	assert_int_equal(settings_route(s, NULL)->count, 2);
	assert_string_equal(settings_route(s, "analysis")->models[0], "strong");
	assert_string_equal(settings_route(s, "no such")->name, "default");
	assert_string_equal(settings_route(s, "rehearsal")->models[0], "rehearsal");
	assert_int_equal(grant->read_count, 1);
	assert_string_equal(grant->read[0], "/var/log/app");
	assert_int_equal(grant->limits.per_agent_daily_micro_usd, 500000);
	assert_int_equal(grant->limits.per_task_tokens, INT64_MAX);
	assert_null(settings_grant(s, "kira"));
	assert_int_equal(s->alert_count, 2);
	assert_string_equal(s->alerts[0].command, "notify-send agentd");
	assert_null(s->alerts[0].webhook);
	assert_string_equal(s->alerts[1].webhook, "https://example.org/x");
	assert_null(s->alerts[1].command);
}

/* An empty file, and one that writes the defaults out, are the same. */
static void defaults_hold(void **state)
{
	static const char *const texts[] = {
		"",
		"# nothing\n",
		"\xEF\xBB\xBF# BOM\r\n",
		"limits:\nproviders:\nmodels: {}\nroutes: ~\nagents:\nalerts:\nmonitors:\ntick:\n",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
		CLEANUP(settings_free) struct settings *s = read_settings(texts[i], "");

		assert_string_equal(s->zone, "UTC");
		assert_int_equal(s->debounce_ms, 50);
		assert_int_equal(s->tick_s, 1800);
		assert_int_equal(s->shortest_interval_s, 60);
		assert_int_equal(s->turns_per_session, 40);
		assert_int_equal(s->sessions_at_once, 64);
		assert_int_equal(s->first_byte_ms, 120000);
		assert_int_equal(s->progress_ms, 180000);
		assert_int_equal(s->max_output_tokens, 4096);
		assert_int_equal(s->context, 32768);
		assert_int_equal(s->tool_output_bytes, 256 * 1024);
		assert_int_equal(s->log_bytes, 64 << 20);
		assert_int_equal(s->exports_bytes, 1 << 30);
		assert_int_equal(s->log_files, 5);
		assert_int_equal(s->daily_hour, 9);
		assert_int_equal(s->limits.per_session_micro_usd, 500000);
		assert_int_equal(s->least_max_tokens, 256);
		assert_int_equal(s->retries_per_call, 5);
		assert_int_equal(s->retry_shortest_ms, 1000);
		assert_int_equal(s->retry_longest_ms, 60000);
		assert_int_equal(s->provider_breaker_failures, 3);
		assert_int_equal(s->provider_breaker_probe_ms, 30000);
		assert_int_equal(s->provider_breaker_longest_ms, 600000);
		assert_int_equal(s->session_breaker_repeats, 5);
		assert_int_equal(s->session_breaker_calls, 60);
		assert_int_equal(s->alert_again_s, 4 * 3600);
		assert_int_equal(s->alert_count, 0);
		assert_int_equal(s->limits.system_daily_micro_usd, 20000000);
		assert_int_equal(s->limits.people_share_ppm, 200000);
		assert_true(s->limits.circuit_breaker);
		assert_int_equal(s->provider_count, 1);
		assert_int_equal(s->model_count, 1);
		assert_string_equal(settings_route(s, "default")->models[0], "rehearsal");
		assert_true(settings_model(s, "rehearsal")->free);
		assert_int_equal(settings_provider(s, "rehearsal")->kind, PROVIDER_REHEARSAL);
	}
}

static void values_are_exact(void **state)
{
	static const struct {
		const char *written;
		int64_t micro;
	} rows[] = {
		{ "0", 0 },
		{ "0.000001", 1 },
		{ "0.1", 100000 },
		{ "0.29", 290000 },
		{ "4.35", 4350000 },
		{ "1.10", 1100000 },
		{ "123.456789", 123456789 },
		{ "3.7500000000000", 3750000 },
		{ "007", 7000000 },
		{ "999999.999999", INT64_C(999999999999) },
		{ "1000000", INT64_C(1000000000000) },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *yaml = xasprintf("limits: {system_daily_usd: %s}\n", rows[i].written);
		CLEANUP(settings_free) struct settings *s = read_settings(yaml, "");

		assert_int_equal(s->limits.system_daily_micro_usd, rows[i].micro);
	}
}

static void spellings_of_values(void **state)
{
	CLEANUP(settings_free)
	struct settings *s = read_settings(
		"tick: every 45 minutes\ndebounce: 1s\ndaily_at: 7:00\nsandbox: off\n"
		"tool_output: 1MiB\nlog_size: 65536\ntz: Europe/Berlin\nfirst_byte: 2 min\n"
		"limits: {people_share: 25%, circuit_breaker: no}\n"
		"providers: {p: {kind: OpenAI, progress: 4s}}\n",
		"");

	(void)state;
	assert_int_equal(s->tick_s, 2700);
	assert_int_equal(s->debounce_ms, 1000);
	assert_int_equal(s->daily_hour, 7);
	assert_true(s->sandbox_off);
	assert_int_equal(s->tool_output_bytes, 1 << 20);
	assert_int_equal(s->log_bytes, 65536);
	assert_string_equal(s->zone, "Europe/Berlin");
	assert_int_equal(s->limits.people_share_ppm, 250000);
	assert_false(s->limits.circuit_breaker);
	assert_int_equal(settings_provider(s, "p")->progress_ms, 4000);
	assert_int_equal(settings_provider(s, "p")->first_byte_ms, 120000);
	assert_string_equal(settings_provider(s, "p")->base_url, "https://api.openai.com/v1");
}

/* Each kind: its word, its own service, and what cached input costs where no price says so. */
static void kinds_have_defaults(void **state)
{
	static const struct {
		enum provider_kind kind;
		const char *name, *base_url;
		int64_t cache_write;
	} rows[] = {
		{ PROVIDER_OPENAI, "openai", "https://api.openai.com/v1", 2000000 },
		{ PROVIDER_ANTHROPIC, "anthropic", "https://api.anthropic.com/v1/messages",
		  2500000 },
		{ PROVIDER_OLLAMA, "ollama", "http://127.0.0.1:11434", 2000000 },
		{ PROVIDER_RESPONSES, "responses", "https://api.openai.com/v1", 2000000 },
	};

	(void)state;
	assert_string_equal(provider_kind_name(PROVIDER_REHEARSAL), "rehearsal");
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *yaml = xasprintf(
			"providers: {p: {kind: %s}}\n"
			"models: {m: {provider: p, usd_per_mtok: {input: 2, output: 8}}}\n",
			rows[i].name);
		CLEANUP(settings_free) struct settings *s = read_settings(yaml, "");

		assert_string_equal(provider_kind_name(rows[i].kind), rows[i].name);
		assert_int_equal(settings_provider(s, "p")->kind, rows[i].kind);
		assert_string_equal(settings_provider(s, "p")->base_url, rows[i].base_url);
		assert_int_equal(settings_model(s, "m")->price_cache_read, 2000000);
		assert_int_equal(settings_model(s, "m")->price_cache_write, rows[i].cache_write);
	}
}

/* What a monitor does not say, the top level says; what is wrong is as if it were not there. */
static void monitors_are_read(void **state)
{
	CLEANUP(settings_free)
	struct settings *s = read_settings(
		"monitors:\n"
		"  site: {url: 'https://h/health', wake: kira}\n"
		"  db:\n"
		"    command: pg_isready -q\n"
		"    restart: systemctl restart postgresql\n"
		"    interval: 1 min\n"
		"    timeout: 2 s\n"
		"    failures: 5\n"
		"    settle: 0 s\n"
		"  mail: {command: 'true', max_failures: 0}\n"
		"monitor_timeout: 7 s\n",
		"error settings-value 10:41 monitors.NAME.max_failures: \"0\": it is out of range, which is "
		"1 to 1000\n");

	(void)state;
	assert_int_equal(s->monitor_count, 3);
	assert_string_equal(s->monitors[0].name, "site");
	assert_string_equal(s->monitors[0].url, "https://h/health");
	assert_null(s->monitors[0].command);
	assert_null(s->monitors[0].restart);
	assert_string_equal(s->monitors[0].wake, "kira");
	assert_int_equal(s->monitors[0].every_s, 300);
	assert_int_equal(s->monitors[0].timeout_s, 7);
	assert_int_equal(s->monitors[0].failures, 3);
	assert_int_equal(s->monitors[0].settle_s, 5);
	assert_string_equal(s->monitors[1].command, "pg_isready -q");
	assert_string_equal(s->monitors[1].restart, "systemctl restart postgresql");
	assert_string_equal(s->monitors[1].wake, "");
	assert_int_equal(s->monitors[1].every_s, 60);
	assert_int_equal(s->monitors[1].timeout_s, 2);
	assert_int_equal(s->monitors[1].failures, 5);
	assert_int_equal(s->monitors[1].settle_s, 0);
	assert_int_equal(s->monitors[2].failures, 3);
}

/* Models without routes are the default route in their order. */
static void routes_can_be_left_out(void **state)
{
	CLEANUP(settings_free)
	struct settings *s = read_settings(
		LOCAL "models: {b: {provider: l, free: on}, a: {provider: l, free: on}}\n", "");

	(void)state;
	assert_int_equal(settings_route(s, NULL)->count, 2);
	assert_string_equal(settings_route(s, NULL)->models[0], "b");
	assert_string_equal(settings_model(s, "a")->model, "a");
}

static void lower_limit_wins(void **state)
{
	CLEANUP(settings_free)
	struct settings *s = read_settings(
		"limits: {per_session_usd: 0.4, circuit_breaker: off}\n"
		"agents: {a: {limits: {per_session_usd: 0.3, per_task_tokens: 900000}},\n"
		"         b: {limits: {circuit_breaker: on}}}\n",
		"");
	struct limits limits = s->limits;

	(void)state;
	limits_lower(&limits, &settings_grant(s, "a")->limits);
	assert_int_equal(limits.per_session_micro_usd, 300000);
	assert_int_equal(limits.per_task_tokens, 200000);
	assert_int_equal(limits.people_share_ppm, 200000);
	assert_false(limits.circuit_breaker);
	limits_lower(&limits, &settings_grant(s, "b")->limits);
	assert_true(limits.circuit_breaker);
	assert_int_equal(limits.per_session_micro_usd, 300000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_has_every_default),
		cmocka_unit_test(table_has_no_key_twice),
		cmocka_unit_test(table_prints_ranges),
		cmocka_unit_test(design_example_is_understood),
		cmocka_unit_test(defaults_hold),
		cmocka_unit_test(values_are_exact),
		cmocka_unit_test(spellings_of_values),
		cmocka_unit_test(kinds_have_defaults),
		cmocka_unit_test(monitors_are_read),
		cmocka_unit_test(wrong_values_are_named),
		cmocka_unit_test(wrong_values_change_nothing),
		cmocka_unit_test(no_yaml_map_is_refused),
		cmocka_unit_test(routes_can_be_left_out),
		cmocka_unit_test(lower_limit_wins),
		cmocka_unit_test(lists_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

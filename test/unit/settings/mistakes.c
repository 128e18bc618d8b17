/* agentd.yaml: line, column and words of everything that is not understood. */
#include "settings_tests.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "diagnostics.h"

static const struct {
	const char *yaml, *found;
} wrong[] = {
	/* keys */
	{ "time_zone: UTC\n",
	  "error settings-unknown 1:1 agentd.yaml has no key \"time_zone\"; did you mean \"timezone\"?\n" },
	{ "limits:\n  per_sesion_usd: 1\n",
	  "error settings-unknown 2:3 limits has no key \"per_sesion_usd\"; did you mean "
	  "\"per_session_usd\"?\n" },
	{ "limits: {per_session: 1}\n",
	  "error settings-unknown 1:10 limits has no key \"per_session\"; did you mean "
	  "\"per_session_usd\"?\n" },
	{ "frobnicate: 1\n",
	  "error settings-unknown 1:1 agentd.yaml has no key \"frobnicate\"; see agentd.yaml(5) for those "
	  "it has\n" },
	/* types and ranges */
	{ "tick: 30\n",
	  "error settings-value 1:7 tick: \"30\": write a time with its unit, such as 500 ms, "
	  "30 s, 10 min or 2 h\n" },
	{ "tick: 1500 ms\n", "error settings-value 1:7 tick: \"1500 ms\": write whole seconds\n" },
	{ "tick: 0s\n",
	  "error settings-value 1:7 tick: \"0s\": it is out of range, which is 1 s to 366 days\n" },
	{ "tick: [1]\n",
	  "error settings-value 1:7 tick: write a single value, not a list or a map\n" },
	{ "tick: 9999999999999999999 s\n",
	  "error settings-value 1:7 tick: \"9999999999999999999 s\": write a time with its unit, such as "
	  "500 ms, 30 s, 10 min or 2 h\n" },
	{ "turns_per_session: 1e3\n",
	  "error settings-value 1:20 turns_per_session: \"1e3\": write a whole number such as 4096\n" },
	{ "turns_per_session: -1\n",
	  "error settings-value 1:20 turns_per_session: \"-1\": write a whole number such as 4096\n" },
	{ "sessions_at_once: 2000\n",
	  "error settings-value 1:19 sessions_at_once: \"2000\": it is out of range, which is 1 to 1024\n" },
	{ "daily_at: 24:00\n",
	  "error settings-value 1:11 daily_at: \"24:00\": write a full hour from 00:00 to 23:00\n" },
	{ "daily_at: 07:30\n",
	  "error settings-value 1:11 daily_at: \"07:30\": write a full hour from 00:00 to 23:00\n" },
	{ "sandbox: maybe\n",
	  "error settings-value 1:10 sandbox: \"maybe\": write one of: on, off\n" },
	{ "timezone: ../etc/passwd\n",
	  "error settings-value 1:11 timezone: \"../etc/passwd\": write a zone of "
	  "the tz database, such as Europe/Berlin or UTC\n" },
	{ "tool_output: 1 GiB\n",
	  "error settings-value 1:14 tool_output: \"1 GiB\": it is out of range, which is 1 KiB to 64 MiB\n" },
	{ "limits: {per_session_usd: 0.0000001}\n",
	  "error settings-value 1:27 limits.per_session_usd: \"0.0000001\": write a number such as 2 or "
	  "0.25, with at most 6 decimals\n" },
	{ "limits: {per_session_usd: 1.}\n",
	  "error settings-value 1:27 limits.per_session_usd: \"1.\": write a number such as 2 or 0.25, with "
	  "at most 6 decimals\n" },
	{ "limits: {per_session_usd: .5}\n",
	  "error settings-value 1:27 limits.per_session_usd: \".5\": write a number such as 2 or 0.25, with "
	  "at most 6 decimals\n" },
	{ "limits: {per_session_usd: 99999999999999}\n",
	  "error settings-value 1:27 limits.per_session_usd: \"99999999999999\": the number is too large\n" },
	{ "limits: {per_session_usd: 1000001}\n",
	  "error settings-value 1:27 limits.per_session_usd: \"1000001\": it is out of range, which is 0 to "
	  "1000000\n" },
	{ "limits: {people_share: 1.1}\n",
	  "error settings-value 1:24 limits.people_share: \"1.1\": write a "
	  "share from 0 to 1, such as 0.2 or 20%\n" },
	{ "limits: 5\n",
	  "error settings-type 1:9 limits is not a map; write keys and values below it\n" },
	/* providers */
	{ "providers:\n  x: {kind: gemini}\n",
	  "error settings-value 2:13 providers.NAME.kind: \"gemini\": write one of: rehearsal, openai, "
	  "anthropic, ollama, responses\n" },
	{ "providers:\n  x: {base_url: 'http://h'}\n",
	  "error settings-missing 2:3 provider \"x\" has no kind; write openai, anthropic, ollama or "
	  "responses\n" },
	{ "providers: {x: {kind: ollama, base_url: 'http://h:11434/v1/'}}\n",
	  "warning provider-ollama 1:41 kind ollama has its own paths: leave /v1 out\n" },
	{ "providers: {x: {kind: openai, base_url: 'http://127.0.0.1:11434/v1'}}\n",
	  "warning provider-ollama 1:41 this looks like Ollama, whose /v1 cuts long prompts without a word; "
	  "write kind: ollama, and the address without /v1\n" },
	{ "providers: {x: {kind: openai, base_url: 'ftp://h'}}\n",
	  "error settings-value 1:41 providers.NAME.base_url: write an address that begins with https:// or "
	  "http://\n" },
	{ "providers: {x: {kind: openai, base_url: 'https://u:secret@h/v1'}}\n",
	  "error settings-value 1:41 providers.NAME.base_url: an address must not hold a user or a key; use "
	  "api_key\n" },
	{ "providers: {rehearsal: {kind: openai}}\n",
	  "error settings-name 1:13 \"rehearsal\" is built in; use another name\n" },
	{ "providers: {'a b': {kind: openai}}\n",
	  "error settings-name 1:13 \"a b\" cannot name a provider: write a name of up to 63 letters, "
	  "digits, \".\", \"_\" and \"-\"\n" },
	/* keys are never repeated */
	{ "providers: {x: {kind: openai, api_key: sk-secret}}\n",
	  "error settings-key 1:31 name where the key is, never the key itself: api_key: {env: VARIABLE}, "
	  "{file: PATH} or {credential: NAME}\n" },
	{ "providers: {x: {kind: openai, api_key: {env: sk-secret}}}\n",
	  "error settings-key 1:41 env takes the name of an environment variable, such as "
	  "ANTHROPIC_API_KEY\n" },
	{ "providers: {x: {kind: openai, api_key: {file: key}}}\n",
	  "error settings-value 1:47 providers.NAME.api_key.file: write an absolute path without \"..\", "
	  "such as /var/log/app\n" },
	{ "providers: {x: {kind: openai, api_key: {env: }}}\n",
	  "error settings-key 1:41 write which env holds the key\n" },
	{ "providers: {x: {kind: openai, api_key: {env: A, file: /k}}}\n",
	  "error settings-key 1:31 name where the key is, never the key itself: api_key: {env: VARIABLE}, "
	  "{file: PATH} or {credential: NAME}\n" },
	/* models */
	{ LOCAL "models:\n  m: {provider: l}\n",
	  "error model-unpriced 3:3 model \"m\" has no price and is not used; write usd_per_mtok: {input: 3, "
	  "output: 15}, or free: true\n" },
	{ LOCAL "models:\n  m: {provider: l, usd_per_mtok: {input: 3}}\n",
	  "error model-price 3:20 usd_per_mtok has no output; write both, such as {input: 3, output: 15}\n" },
	{ LOCAL "models:\n  m: {provider: l, free: on, usd_per_mtok: {output: 3}}\n",
	  "error model-price 3:30 usd_per_mtok has no input; write both, such as {input: 3, output: 15}\n" },
	{ LOCAL "models:\n  m: {provider: l, usd_per_mtok: {cache_read: 3}}\n",
	  "error model-price 3:20 usd_per_mtok has no input and no output; write both, such as {input: 3, "
	  "output: 15}\n" },
	{ LOCAL "models:\n  m: {provider: l, usd_per_mtok: {input: 3, output: x}}\n",
	  "error settings-value 3:53 models.NAME.usd_per_mtok.output: \"x\": write a number such as 2 or "
	  "0.25, with at most 6 decimals\n" },
	{ LOCAL "models: {m: {provider: l, free: on, usd_per_mtok: {input: 3, output: 1}}}\n",
	  "warning model-free 2:10 model \"m\" is free and has prices; the prices hold\n" },
	{ LOCAL "models: {m: {free: on}}\n",
	  "error settings-missing 2:10 model \"m\" has no provider\n" },
	{ LOCAL "models: {m: {provider: ll, free: on}}\n",
	  "error settings-provider 2:24 there is no usable provider \"ll\"; write it under providers\n" },
	/* routes */
	{ LOCAL FAST "routes: {default: [fats]}\n",
	  "error route-model 3:20 there is no model \"fats\"; did you mean \"fast\"?\n"
	  "error route-empty 3:10 route \"default\" has no usable model; nothing but the rehearsal is left\n" },
	{ LOCAL FAST "routes: {default: fast, lookup: [gpt]}\n",
	  "error route-model 3:34 there is no model \"gpt\"; write it under models\n"
	  "error route-empty 3:25 route \"lookup\" has no usable model; the default route is used instead\n" },
	{ LOCAL FAST "routes: {default: [[fast]]}\n",
	  "error settings-type 3:20 a route is a list of models, such as [strong, fast]\n"
	  "error route-empty 3:10 route \"default\" has no usable model; nothing but the rehearsal is left\n" },
	{ LOCAL "models: {m: {provider: l}}\nroutes: {default: [m]}\n",
	  "error model-unpriced 2:10 model \"m\" has no price and is not used; write usd_per_mtok: {input: "
	  "3, output: 15}, or free: true\n"
	  "error route-empty 3:10 route \"default\" has no usable model; nothing but the rehearsal is left\n" },
	{ "routes: [a]\n",
	  "error settings-type 1:9 routes is not a map; write keys and values below it\n" },
	/* grants, alerts, monitors */
	{ "agents: {Kira: {}}\n",
	  "error settings-name 1:10 \"Kira\" cannot name an agent; names are a-z, 0-9 "
	  "and \"-\", up to 63 of them\n" },
	{ "agents: {kira: {read: [log, /var/log]}}\n",
	  "error settings-value 1:24 agents.NAME.read: \"log\": write an absolute path without \"..\", such "
	  "as /var/log/app\n" },
	{ "agents: {kira: {read: /a/../../etc}}\n",
	  "error settings-value 1:23 agents.NAME.read: \"/a/../../etc\": write an absolute path without "
	  "\"..\", such as /var/log/app\n" },
	{ "agents: {kira: {read: [/]}}\n",
	  "error settings-value 1:17 agents.NAME.read: \"/\" is everything; "
	  "name the folders that are needed\n" },
	{ "agents: {kira: {write: [/x]}}\n",
	  "error settings-unknown 1:17 the agent has no key \"write\"; see "
	  "agentd.yaml(5) for those it has\n" },
	{ "alerts: {command: x}\n",
	  "error settings-type 1:1 alerts is a list; write - command: \"notify-send "
	  "agentd\" or - webhook: URL\n" },
	{ "alerts: [x, {webhook: http://h/}]\n",
	  "error settings-type 1:10 an alert is either {command: TEXT} or {webhook: URL}\n" },
	{ "alerts: [{webhook: nope}]\n",
	  "error settings-value 1:20 alerts.webhook: write an address that "
	  "begins with https:// or http://\n" },
	{ "alerts: [{command: }, {command: x, webhook: 'http://h'}]\n",
	  "error settings-missing 1:11 write what command the alert goes to\n"
	  "error settings-type 1:23 an alert is either {command: TEXT} or {webhook: URL}\n" },
	{ "monitors: {site: {every: 1 min}}\n",
	  "error settings-missing 1:12 monitor \"site\" needs either a url or a command\n" },
	{ "monitors: {site: {url: 'http://h', every: 5}}\n",
	  "error settings-value 1:43 monitors.NAME.every: \"5\": write a time with its unit, such as 500 ms, "
	  "30 s, 10 min or 2 h\n" },
	{ "monitors: {site: {url: 'http://h', command: x}, two words: {url: 'http://h'}, three: 3}\n",
	  "error settings-missing 1:12 monitor \"site\" needs either a url or a command\n"
	  "error settings-name 1:49 \"two words\" cannot name a monitor: write a name of up to 63 letters, "
	  "digits, \".\", \"_\" and \"-\"\n"
	  "error settings-type 1:86 the monitor is not a map; write keys and values below it\n" },
	{ "monitors: {site: {url: 'ftp://h'}}\n",
	  "error settings-value 1:24 monitors.NAME.url: write an address that begins with https:// or "
	  "http://\n" },
	{ "tick: 1\xFF\n",
	  "warning text-utf8 1:1 1 byte is no UTF-8 and read as U+FFFD; save the file as UTF-8\n"
	  "error settings-value 1:7 tick: \"1\xEF\xBF\xBD\": write a time with its unit, such as 500 ms, 30 s, "
	  "10 min or 2 h\n" },
};

void wrong_values_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(wrong); i++)
		settings_free(read_settings(wrong[i].yaml, wrong[i].found));
}

/* A bad value keeps the default, a bad provider is not there at all, and its models neither. */
void wrong_values_change_nothing(void **state)
{
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "agentd.yaml" };
	CLEANUP(settings_free) struct settings *s = NULL;
	struct error error;

	(void)state;
	assert_int_equal(
		settings_parse(SPAN("tick: soon\nlimits: {per_session_usd: lots}\n"
				    "providers: {p: {kind: openai, base_ulr: 'http://h/v1'}}\n"
				    "models: {m: {provider: p, free: on}}\n"
				    "routes: {default: [m], lookup: [rehearsal]}\n"),
			       &s, &found, &error),
		0);
	assert_int_equal(s->tick_s, 1800);
	assert_int_equal(s->limits.per_session_micro_usd, 500000);
	assert_null(settings_provider(s, "p"));
	assert_null(settings_model(s, "m"));
	assert_string_equal(settings_route(s, "default")->models[0], "rehearsal");
	assert_string_equal(settings_route(s, "lookup")->models[0], "rehearsal");
	assert_int_equal(found.count, 5);
}

static const struct {
	const char *yaml;
	unsigned line, column;
	const char *message;
} refused[] = {
	{ "- a\n", 1, 1, "agentd.yaml has to be a map of keys and values" },
	{ "hello\n", 1, 1, "agentd.yaml has to be a map of keys and values" },
	{ "a: [1\nb: 2\n", 0, 0, "this is no YAML" },
	{ "tick: 1 s\ntick: 2 s\n", 2, 1,
	  "the key \"tick\" is here twice (first on line 1); keep one" },
	{ "tick: &x 1 s\n", 1, 10, "anchors" },
};

void no_yaml_map_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(refused); i++) {
		struct diagnostics found = { .file = "agentd.yaml" };
		struct settings *s = NULL;
		struct error error = { 0 };

		assert_int_equal(settings_parse(span_of(refused[i].yaml), &s, &found, &error),
				 -ERROR_INVALID);
		assert_null(s);
		assert_string_equal(error.file, "agentd.yaml");
		assert_ptr_equal(strstr(error.message, refused[i].message), error.message);
		if (refused[i].line) {
			assert_int_equal(error.line, refused[i].line);
			assert_int_equal(error.column, refused[i].column);
		}
		diagnostics_clear(&found);
	}
}

/* More of everything than there is room for. */
void lists_are_bounded(void **state)
{
	CLEANUP(buffer_clear) struct buffer yaml = BUFFER(1 << 20);
	CLEANUP(diagnostics_clear) struct diagnostics found = { .file = "agentd.yaml" };
	CLEANUP(settings_free) struct settings *s = NULL;
	struct error error;

	(void)state;
	buffer_append_text(&yaml, "providers:\n");
	for (int i = 0; i < 100; i++)
		buffer_printf(&yaml, "  p%d: {kind: openai}\n", i);
	buffer_append_text(&yaml, "models:\n");
	for (int i = 0; i < 100; i++)
		buffer_printf(&yaml, "  m%d: {provider: p1, free: on}\n", i);
	buffer_append_text(&yaml, "routes:\n");
	for (int i = 0; i < 100; i++)
		buffer_printf(&yaml, "  r%d: [m1, m2, m1]\n", i);
	assert_int_equal(settings_parse(buffer_span(&yaml), &s, &found, &error), 0);
	assert_int_equal(s->provider_count, SETTINGS_PROVIDERS_MAX);
	assert_int_equal(s->model_count, SETTINGS_MODELS_MAX);
	assert_true(s->route_count <= SETTINGS_ROUTES_MAX);
	assert_int_equal(settings_route(s, "r1")->count, 2);
	assert_non_null(settings_route(s, "default"));
}

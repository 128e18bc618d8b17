/* agentd.yaml as a whole. */
#include "sections.h"
#include "value.h"

void say(struct diagnostics *found, const struct yaml *member, const char *code, const char *format,
	 ...)
{
	_free_ char *message = NULL;
	va_list args;

	va_start(args, format);
	message = xvasprintf(format, args);
	va_end(args);
	diagnostics_add(found, SEVERITY_ERROR, code, member->key ? member->key_line : member->line,
			member->key ? member->key_column : member->column, "%s", message);
}

bool name_is_good(const struct yaml *member, const char *what, struct diagnostics *found)
{
	struct error error;

	if (!value_name(span_of(member->key), &error))
		return true;
	say(found, member, "settings-name", "\"%s\" cannot name a %s: %s", member->key, what,
	    error.message);
	return false;
}

/* ---- limits ---- */

static const struct limits no_limits = {
	.per_request_tokens = INT64_MAX,
	.per_task_tokens = INT64_MAX,
	.per_session_micro_usd = INT64_MAX,
	.per_agent_hourly_micro_usd = INT64_MAX,
	.per_agent_daily_micro_usd = INT64_MAX,
	.system_hourly_micro_usd = INT64_MAX,
	.system_daily_micro_usd = INT64_MAX,
	.people_share_ppm = INT64_MAX,
	.experimental_share_ppm = INT64_MAX,
};

void read_agent_limits(const struct yaml *yaml, struct limits *ret_limits,
		       struct diagnostics *found)
{
	*ret_limits = no_limits;
	reader_map(yaml, SCOPE_LIMITS, ret_limits, "limits", found);
}

void limits_lower(struct limits *into, const struct limits *other)
{
	for (size_t i = 0; i < key_count; i++) {
		int64_t *mine;
		const int64_t *theirs;

		if (keys[i].scope != SCOPE_LIMITS || keys[i].size != sizeof(int64_t))
			continue;
		mine = (int64_t *)(void *)((char *)into + keys[i].offset);
		theirs = (const int64_t *)(const void *)((const char *)other + keys[i].offset);
		if (*theirs < *mine)
			*mine = *theirs;
	}
	into->circuit_breaker = into->circuit_breaker || other->circuit_breaker;
}

/* ---- the file ---- */

static void read_sections(struct settings *settings, const struct yaml *root,
			  struct diagnostics *found)
{
	reader_map(root, SCOPE_TOP, settings, "agentd.yaml", found);
	reader_map(yaml_get(root, "limits"), SCOPE_LIMITS, &settings->limits, "limits", found);
	read_providers(settings, root, found);
	read_models(settings, root, found);
	read_routes(settings, root, found);
	read_grants(settings, root, found);
	read_alerts(settings, root, found);
	read_monitors(settings, root, found);
}

static int parse_text(struct span text, struct yaml **ret_root, struct error *error)
{
	CLEANUP(yaml_free) struct yaml *root = NULL;
	int r = yaml_parse(text, 1, &root, error);

	if (r)
		return r;
	if (root->kind != YAML_MAP && root->kind != YAML_NULL) {
		r = error_set(error, ERROR_INVALID,
			      "agentd.yaml has to be a map of keys and values");
		error_at(error, "", root->line, root->column);
		return r;
	}
	*ret_root = steal_pointer(&root);
	return 0;
}

#define FILE_MAX (1024 * 1024)

int settings_parse(struct span yaml, struct settings **ret_settings, struct diagnostics *found,
		   struct error *error)
{
	CLEANUP(markdown_text_clear) struct markdown_text text = { 0 };
	CLEANUP(settings_free) struct settings *settings = NULL;
	CLEANUP(yaml_free) struct yaml *root = NULL;
	int r;

	if (markdown_clean(yaml, FILE_MAX, &text, found))
		return error_set(error, ERROR_TOO_LARGE, "agentd.yaml is larger than 1 MiB");
	r = parse_text((struct span){ text.data, text.length }, &root, error);
	if (r) {
		if (error && found && found->file)
			error_at(error, found->file, error->line, error->column);
		return r;
	}
	settings = xcalloc(1, sizeof(*settings));
	reader_defaults(SCOPE_TOP, settings);
	reader_defaults(SCOPE_LIMITS, &settings->limits);
	read_sections(settings, root, found);
	*ret_settings = steal_pointer(&settings);
	return 0;
}

static void grant_clear(struct grant *grant)
{
	for (size_t i = 0; i < grant->read_count; i++)
		free(grant->read[i]);
	free(grant->read);
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (size_t i = 0; i < settings->provider_count; i++)
		provider_clear(&settings->providers[i]);
	for (size_t i = 0; i < settings->model_count; i++)
		model_clear(&settings->models[i]);
	for (size_t i = 0; i < settings->route_count; i++)
		free(settings->routes[i].models);
	for (size_t i = 0; i < settings->grant_count; i++)
		grant_clear(&settings->grants[i]);
	for (size_t i = 0; i < settings->alert_count; i++)
		alert_clear(&settings->alerts[i]);
	for (size_t i = 0; i < settings->monitor_count; i++)
		monitor_settings_clear(&settings->monitors[i]);
	free(settings->providers);
	free(settings->models);
	free(settings->routes);
	free(settings->grants);
	free(settings->alerts);
	free(settings->monitors);
	free(settings);
}

/* ---- looking things up ---- */

const struct provider *settings_provider(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->provider_count; i++)
		if (!strcmp(settings->providers[i].name, name))
			return &settings->providers[i];
	return NULL;
}

const struct model_settings *settings_model(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->model_count; i++)
		if (!strcmp(settings->models[i].name, name))
			return &settings->models[i];
	return NULL;
}

static const struct route *find_route(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->route_count; i++)
		if (!strcmp(settings->routes[i].name, name))
			return &settings->routes[i];
	return NULL;
}

const struct route *settings_route(const struct settings *settings, const char *name)
{
	const struct route *route = name ? find_route(settings, name) : NULL;

	return route ? route : find_route(settings, "default");
}

const struct grant *settings_grant(const struct settings *settings, const char *agent)
{
	for (size_t i = 0; i < settings->grant_count; i++)
		if (!strcmp(settings->grants[i].agent, agent))
			return &settings->grants[i];
	return NULL;
}

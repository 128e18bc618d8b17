/* providers: and models:. The rehearsal is in both lists whatever a person writes. */
#include "sections.h"

#include <stdio.h>

static const struct {
	const char *name, *base_url;
} kinds[] = {
	[PROVIDER_REHEARSAL] = { REHEARSAL, "" },
	[PROVIDER_OPENAI] = { "openai", "https://api.openai.com/v1" },
	[PROVIDER_ANTHROPIC] = { "anthropic", "https://api.anthropic.com/v1/messages" },
	[PROVIDER_OLLAMA] = { "ollama", "http://127.0.0.1:11434" },
	[PROVIDER_RESPONSES] = { "responses", "https://api.openai.com/v1" },
};

const char *provider_kind_name(enum provider_kind kind)
{
	return kinds[kind].name;
}

void provider_clear(struct provider *provider)
{
	free(provider->base_url);
	free(provider->key_reference);
}

void model_clear(struct model_settings *model)
{
	free(model->model);
}

/* ---- keys of providers ---- */

static const struct source {
	const char *word;
	enum key_source source;
} sources[] = {
	{ "env", KEY_ENV },
	{ "file", KEY_FILE },
	{ "credential", KEY_CREDENTIAL },
};

static bool is_variable(const char *name)
{
	size_t i;

	for (i = 0; name[i]; i++)
		if (!(name[i] == '_' || (name[i] >= 'A' && name[i] <= 'Z') ||
		      (name[i] >= 'a' && name[i] <= 'z') ||
		      (i && name[i] >= '0' && name[i] <= '9')))
			return false;
	return i > 0 && i < 256;
}

/* A value here may be a key that was put in the wrong place: it is never repeated in a message. */
static bool read_key(struct provider *provider, const struct yaml *yaml, struct diagnostics *found)
{
	if (!yaml || yaml->kind == YAML_NULL)
		return true;
	if (yaml->kind != YAML_MAP || yaml->count != 1) {
		say(found, yaml, "settings-key",
		    "name where the key is, never the key itself: api_key: {env: VARIABLE}, "
		    "{file: PATH} or {credential: NAME}");
		return false;
	}
	if (!reader_map(yaml, SCOPE_API_KEY, provider, "api_key", found))
		return false;
	for (size_t i = 0; i < ARRAY_LENGTH(sources); i++)
		if (!strcmp(yaml->first->key, sources[i].word))
			provider->key_source = sources[i].source;
	if (provider->key_source == KEY_ENV && provider->key_reference &&
	    !is_variable(provider->key_reference)) {
		say(found, yaml->first, "settings-key",
		    "env takes the name of an environment variable, such as ANTHROPIC_API_KEY");
		return false;
	}
	if (!provider->key_reference)
		say(found, yaml->first, "settings-key", "write which %s holds the key",
		    yaml->first->key);
	return provider->key_reference != NULL;
}

/* ---- providers ---- */

/* Ollama's /v1 takes no window size: it cuts the front off a long prompt and says nothing. */
static void check_ollama(const struct provider *provider, const struct yaml *yaml,
			 struct diagnostics *found)
{
	const struct yaml *url = yaml_get(yaml, "base_url");
	const char *v1 = strstr(provider->base_url, "/v1");
	bool ends = v1 && (!strcmp(v1, "/v1") || !strcmp(v1, "/v1/"));

	if (provider->kind == PROVIDER_OLLAMA && ends)
		diagnostics_add(found, SEVERITY_WARNING, "provider-ollama", url->line, url->column,
				"kind ollama has its own paths: leave /v1 out");
	else if (provider->kind == PROVIDER_OPENAI && ends && strstr(provider->base_url, ":11434/"))
		diagnostics_add(
			found, SEVERITY_WARNING, "provider-ollama", url->line, url->column,
			"this looks like Ollama, whose /v1 cuts long prompts without a word; "
			"write kind: ollama, and the address without /v1");
}

static bool read_provider(struct provider *provider, const struct yaml *yaml,
			  struct diagnostics *found)
{
	const struct yaml *kind = yaml_get(yaml, "kind");

	if (!reader_map(yaml, SCOPE_PROVIDER, provider, "the provider", found))
		return false;
	if (!kind || kind->kind == YAML_NULL) {
		say(found, yaml, "settings-missing",
		    "provider \"%s\" has no kind; write openai, anthropic, ollama or responses",
		    yaml->key);
		return false;
	}
	if (!read_key(provider, yaml_get(yaml, "api_key"), found))
		return false;
	if (!provider->base_url)
		provider->base_url = xstrdup(kinds[provider->kind].base_url);
	else
		check_ollama(provider, yaml, found);
	return true;
}

static void add_provider(struct settings *settings, struct provider *provider)
{
	settings->providers = xreallocarray(settings->providers, settings->provider_count + 1,
					    sizeof(*provider));
	settings->providers[settings->provider_count++] = *provider;
}

static struct provider new_provider(const struct settings *settings, const char *name)
{
	struct provider provider = {
		.connect_ms = settings->connect_ms,
		.first_byte_ms = settings->first_byte_ms,
		.progress_ms = settings->progress_ms,
	};

	snprintf(provider.name, sizeof(provider.name), "%s", name);
	return provider;
}

static bool may_be_provider(const struct settings *settings, const struct yaml *yaml,
			    struct diagnostics *found)
{
	if (!name_is_good(yaml, "provider", found))
		return false;
	if (!strcmp(yaml->key, REHEARSAL)) {
		say(found, yaml, "settings-name", "\"rehearsal\" is built in; use another name");
		return false;
	}
	if (settings->provider_count < SETTINGS_PROVIDERS_MAX)
		return true;
	say(found, yaml, "settings-many", "more than %d providers", SETTINGS_PROVIDERS_MAX - 1);
	return false;
}

void read_providers(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *map = yaml_get(root, "providers");
	struct provider rehearsal = new_provider(settings, REHEARSAL);

	rehearsal.base_url = xstrdup("");
	add_provider(settings, &rehearsal);
	if (!reader_is_map(map, "providers", found))
		return;
	for (const struct yaml *yaml = reader_members(map); yaml; yaml = yaml->next) {
		struct provider provider;

		if (!may_be_provider(settings, yaml, found))
			continue;
		provider = new_provider(settings, yaml->key);
		if (read_provider(&provider, yaml, found))
			add_provider(settings, &provider);
		else
			provider_clear(&provider);
	}
}

/* ---- models ---- */

static bool is_given(const struct yaml *map, const char *key)
{
	const struct yaml *value = yaml_get(map, key);

	return value && value->kind == YAML_SCALAR;
}

/* Anthropic's cache costs a quarter more to write than input does. */
static int64_t cache_write_price(const struct model_settings *model, enum provider_kind kind)
{
	return kind == PROVIDER_ANTHROPIC ? model->price_input + model->price_input / 4
					  : model->price_input;
}

static bool read_prices(struct model_settings *model, const struct provider *provider,
			const struct yaml *prices, struct diagnostics *found)
{
	bool input = is_given(prices, "input"), output = is_given(prices, "output");

	if (!reader_map(prices, SCOPE_PRICE, model, "usd_per_mtok", found))
		return false;
	if (reader_members(prices) && (!input || !output)) {
		say(found, prices, "model-price",
		    "usd_per_mtok has no %s; write both, such as {input: 3, output: 15}",
		    input    ? "output"
		    : output ? "input"
			     : "input and no output");
		return false;
	}
	model->priced = input && output;
	if (!is_given(prices, "cache_read"))
		model->price_cache_read = model->price_input;
	if (!is_given(prices, "cache_write"))
		model->price_cache_write = cache_write_price(model, provider->kind);
	return true;
}

static bool check_cost(struct model_settings *model, const struct provider *provider,
		       const struct yaml *yaml, struct diagnostics *found)
{
	if (!read_prices(model, provider, yaml_get(yaml, "usd_per_mtok"), found))
		return false;
	if (provider->kind == PROVIDER_REHEARSAL)
		model->free = true;
	if (model->free && model->priced) {
		diagnostics_add(found, SEVERITY_WARNING, "model-free", yaml->key_line,
				yaml->key_column,
				"model \"%s\" is free and has prices; the prices hold", yaml->key);
		model->free = false;
	}
	if (model->free || model->priced)
		return true;
	say(found, yaml, "model-unpriced",
	    "model \"%s\" has no price and is not used; write usd_per_mtok: {input: 3, output: 15}, or "
	    "free: true",
	    yaml->key);
	return false;
}

static bool read_model(const struct settings *settings, struct model_settings *model,
		       const struct yaml *yaml, struct diagnostics *found)
{
	const struct yaml *name = yaml_get(yaml, "provider");
	const struct provider *provider;

	if (!reader_map(yaml, SCOPE_MODEL, model, "the model", found))
		return false;
	provider = settings_provider(settings, model->provider);
	if (!provider && !*model->provider)
		say(found, yaml, "settings-missing", "model \"%s\" has no provider", yaml->key);
	else if (!provider)
		diagnostics_add(found, SEVERITY_ERROR, "settings-provider", name->line,
				name->column,
				"there is no usable provider \"%s\"; write it under providers",
				model->provider);
	if (!model->model)
		model->model = xstrdup(yaml->key);
	return provider && check_cost(model, provider, yaml, found);
}

static void add_model(struct settings *settings, struct model_settings *model)
{
	settings->models = xreallocarray(settings->models, settings->model_count + 1,
					 sizeof(*model));
	settings->models[settings->model_count++] = *model;
}

static struct model_settings new_model(const struct settings *settings, const char *name)
{
	struct model_settings model = {
		.context = settings->context,
		.max_output_tokens = settings->max_output_tokens,
	};

	snprintf(model.name, sizeof(model.name), "%s", name);
	return model;
}

static void add_rehearsal(struct settings *settings)
{
	struct model_settings model = new_model(settings, REHEARSAL);

	snprintf(model.provider, sizeof(model.provider), "%s", REHEARSAL);
	model.model = xstrdup(REHEARSAL);
	model.free = true;
	add_model(settings, &model);
}

static bool may_be_model(const struct settings *settings, const struct yaml *yaml,
			 struct diagnostics *found)
{
	if (!name_is_good(yaml, "model", found))
		return false;
	if (!strcmp(yaml->key, REHEARSAL)) {
		say(found, yaml, "settings-name", "\"rehearsal\" is built in; use another name");
		return false;
	}
	if (settings->model_count < SETTINGS_MODELS_MAX)
		return true;
	say(found, yaml, "settings-many", "more than %d models", SETTINGS_MODELS_MAX - 1);
	return false;
}

void read_models(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *map = yaml_get(root, "models");

	add_rehearsal(settings);
	if (!reader_is_map(map, "models", found))
		return;
	for (const struct yaml *yaml = reader_members(map); yaml; yaml = yaml->next) {
		struct model_settings model;

		if (!may_be_model(settings, yaml, found))
			continue;
		model = new_model(settings, yaml->key);
		if (read_model(settings, &model, yaml, found))
			add_model(settings, &model);
		else
			model_clear(&model);
	}
}

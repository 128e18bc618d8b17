#include "providers.h"

#include "alerts.h"
#include "journal.h"
#include "log.h"

#include "base/clock.h"
#include "base/hash.h"

#include <inttypes.h>

#define KNOWN_MAX 1024 /* rows; those that agentd.yaml names no more stay where they are */
#define KEY_SIZE 160
#define PART_END 0x1f /* rows in state.db were found by hashes with it */
#define MOST_MILLIBYTES 2000
/* No tokenizer makes more than a token of a byte; what a server adds of its own may double that in
 * a short request. A server that reports more is not believed for the next one. */
#define LEAST_MILLIBYTES 500
/* What a server adds of its own is the larger part of a small request: that tells nothing about the
 * next, larger one. */
#define TELLING_BYTES 4096

/* A provider or a model. */
struct known {
	char key[KEY_SIZE];
	struct breaker breaker;
	bool is_tripped; /* by a cost that was not foreseen */
	char *message;   /* of the latest failure; NULL: none */
	struct learned learned;
};

struct providers {
	struct known **items;
	size_t count, capacity;
};

struct providers *providers_new(void)
{
	return xcalloc(1, sizeof(struct providers));
}

void providers_free(struct providers *providers)
{
	if (!providers)
		return;
	for (size_t i = 0; i < providers->count; i++) {
		free(providers->items[i]->message);
		free(providers->items[i]);
	}
	free(providers->items);
	free(providers);
}

/* ---- keys ---- */

static uint64_t hash_provider(const struct provider *provider)
{
	uint64_t hash = hash_part(HASH_BEGIN, provider_kind_name(provider->kind), PART_END);

	hash = hash_part(hash, provider->base_url, PART_END);
	hash = hash_part(hash, provider->key_reference, PART_END);
	return hash + (uint64_t)provider->key_source;
}

static const struct provider *provider_of(const struct daemon *daemon,
					  const struct model_settings *model)
{
	return settings_provider(daemon->workspace->settings, model->provider);
}

static bool provider_key(const struct daemon *daemon, const struct model_settings *model,
			 char out[KEY_SIZE])
{
	const struct provider *provider = provider_of(daemon, model);

	if (provider)
		snprintf(out, KEY_SIZE, "provider %s #%016" PRIx64, provider->name,
			 hash_provider(provider));
	return provider != NULL;
}

static bool model_key(const struct daemon *daemon, const struct model_settings *model,
		      char out[KEY_SIZE])
{
	const struct provider *provider = provider_of(daemon, model);

	if (provider)
		snprintf(out, KEY_SIZE, "model %s #%016" PRIx64, model->name,
			 hash_part(hash_provider(provider), model->model, PART_END));
	return provider != NULL;
}

static struct known *find(const struct providers *providers, const char *key)
{
	for (size_t i = 0; i < providers->count; i++)
		if (!strcmp(providers->items[i]->key, key))
			return providers->items[i];
	return NULL;
}

static struct known *find_or_add(struct providers *providers, const char *key)
{
	struct known *known = find(providers, key);

	if (known || array_grow((void **)&providers->items, providers->count, &providers->capacity,
				sizeof(struct known *), KNOWN_MAX))
		return known;
	known = xcalloc(1, sizeof(*known));
	snprintf(known->key, sizeof(known->key), "%s", key);
	known->learned.millibytes_per_token = MOST_MILLIBYTES;
	return providers->items[providers->count++] = known;
}

/* The provider's entry or the model's own; NULL: none is to be had. */
static struct known *known_of(struct daemon *daemon, const struct model_settings *model,
			      bool models_own)
{
	char key[KEY_SIZE];
	bool named = models_own ? model_key(daemon, model, key) : provider_key(daemon, model, key);

	return named ? find_or_add(daemon->providers, key) : NULL;
}

/* ---- rows ---- */

static int restore_breaker(void *context, const struct breaker_row *row)
{
	struct known *known = find_or_add(context, row->key);

	if (!known)
		return 0;
	known->breaker = (struct breaker){
		.failures = (unsigned)row->failures,
		.open_until = row->open_until,
		.wait_ms = row->wait_ms,
		.why = failure_find(row->why),
	};
	known->message = xstrdup(row->message);
	known->is_tripped = known->breaker.why == FAILURE_MONEY && !strncmp(row->key, "model ", 6);
	return 0;
}

static int restore_learned(void *context, const struct learned_row *row)
{
	struct known *known = find_or_add(context, row->key);

	if (!known)
		return 0;
	known->learned.quirks = (unsigned)row->quirks;
	known->learned.context = row->context;
	if (row->millibytes_per_token)
		known->learned.millibytes_per_token = row->millibytes_per_token;
	return 0;
}

int providers_restore(struct daemon *daemon, struct error *error)
{
	int result = store_breakers(daemon->reader, restore_breaker, daemon->providers, error);

	return result ? result
		      : store_learned(daemon->reader, restore_learned, daemon->providers, error);
}

static void keep_breaker(struct daemon *daemon, const struct known *known)
{
	struct breaker_row row = {
		.key = known->key,
		.failures = known->breaker.failures,
		.open_until = known->breaker.open_until,
		.wait_ms = known->breaker.wait_ms,
		.why = known->breaker.failures ? failure_name(known->breaker.why) : "",
		.message = known->message ? known->message : "",
	};

	journal_breaker(daemon, &row);
}

static void keep_learned(struct daemon *daemon, const struct known *known)
{
	struct learned_row row = {
		.key = known->key,
		.quirks = known->learned.quirks,
		.context = known->learned.context,
		.millibytes_per_token = known->learned.millibytes_per_token,
	};

	journal_learned(daemon, &row);
}

/* ---- breakers ---- */

static struct breaker_policy policy_of(const struct daemon *daemon)
{
	const struct settings *settings = daemon->workspace->settings;

	return (struct breaker_policy){
		.failures = settings->provider_breaker_failures,
		.probe_ms = settings->provider_breaker_probe_ms,
		.longest_ms = settings->provider_breaker_longest_ms,
	};
}

enum breaker_admission providers_ask(struct daemon *daemon, const struct model_settings *model,
				     int64_t *ret_until)
{
	enum breaker_admission worst = BREAKER_CLOSED;
	int64_t until = 0;

	for (int models_own = 0; models_own < 2; models_own++) {
		const struct known *known = known_of(daemon, model, models_own);
		enum breaker_admission admission =
			known ? breaker_ask(&known->breaker, clock_wall_ms()) : BREAKER_CLOSED;

		if (admission > worst)
			worst = admission;
		if (admission == BREAKER_OPEN && known->breaker.open_until > until)
			until = known->breaker.open_until;
	}
	if (ret_until)
		*ret_until = until;
	return worst;
}

bool providers_claim(struct daemon *daemon, const struct model_settings *model)
{
	bool is_probe = false;

	for (int models_own = 0; models_own < 2; models_own++) {
		struct known *known = known_of(daemon, model, models_own);

		if (!known || breaker_ask(&known->breaker, clock_wall_ms()) != BREAKER_PROBE)
			continue;
		breaker_probe(&known->breaker);
		is_probe = true;
	}
	return is_probe;
}

/* The name alone: the hash says nothing to a person. */
static char *plain_name(const struct known *known)
{
	const char *end = strstr(known->key, " #");

	return xstrndup(known->key, end ? (size_t)(end - known->key) : strlen(known->key));
}

/* A new sickness is another incident: that of an hour ago does not hold it back. */
static void opened(struct daemon *daemon, const struct known *known)
{
	_free_ char *name = plain_name(known);
	_free_ char *incident = xasprintf("breaker %s %s", known->key,
					  failure_name(known->breaker.why));
	_free_ char *post = xasprintf("%s fails (%s)", name, failure_name(known->breaker.why));
	char until[INSTANT_SIZE];

	instant_print(known->breaker.open_until / 1000, until);
	log_event(daemon->log, LEVEL_WARNING, "breaker_open", NULL, NULL,
		  "%s gets no calls before %s: %s", name, until, known->message);
	alert_raise(daemon, incident, NULL, post, "%s: %s", post, known->message);
}

static void closed(struct daemon *daemon, const struct known *known)
{
	_free_ char *name = plain_name(known);
	_free_ char *incident = xasprintf("breaker %s", known->key);

	log_event(daemon->log, LEVEL_NOTICE, "breaker_closed", NULL, NULL, "%s answers again",
		  name);
	alert_over(daemon, incident, "%s answers again", name);
}

/* A call that was out before neither ends another's probe nor speaks for it. */
static void note_failure(struct daemon *daemon, struct known *known,
			 const struct model_failure *failure, bool is_probe)
{
	struct breaker_policy policy = policy_of(daemon);
	unsigned before = known->breaker.failures;
	bool others_probe = known->breaker.probing && !is_probe;
	uint32_t chance;

	random_bytes(&chance, sizeof(chance));
	known->breaker.probing &= is_probe;
	if (!daemon->workspace->settings->limits.circuit_breaker) {
		known->breaker.probing = false;
		return;
	}
	if (breaker_failed(&known->breaker, &policy, failure, clock_wall_ms(), chance)) {
		free(known->message);
		known->message = xstrdup(failure->message);
		opened(daemon, known);
	}
	known->breaker.probing = others_probe;
	if (known->breaker.failures != before)
		keep_breaker(daemon, known);
}

static void note_success(struct daemon *daemon, struct known *known)
{
	bool changed = known->breaker.failures || known->breaker.open_until;

	/* A cost that was not foreseen is not made good by a reply that was on its way. */
	if (known->is_tripped && breaker_ask(&known->breaker, clock_wall_ms()) == BREAKER_OPEN &&
	    !known->breaker.probing)
		return;
	known->is_tripped = false;

	if (breaker_succeeded(&known->breaker))
		closed(daemon, known);
	if (changed)
		keep_breaker(daemon, known);
}

void providers_failed(struct daemon *daemon, const struct model_settings *model,
		      const struct model_failure *failure, bool is_probe)
{
	bool models_own = failure_is_models(failure->class);
	struct known *guilty = known_of(daemon, model, models_own);
	struct known *other = known_of(daemon, model, !models_own);

	if (guilty)
		note_failure(daemon, guilty, failure, is_probe);
	if (other && is_probe) /* nothing was found out about it */
		other->breaker.probing = false;
}

void providers_succeeded(struct daemon *daemon, const struct model_settings *model)
{
	for (int models_own = 0; models_own < 2; models_own++) {
		struct known *known = known_of(daemon, model, models_own);

		if (known)
			note_success(daemon, known);
	}
}

void providers_trip(struct daemon *daemon, const struct model_settings *model, const char *why)
{
	struct known *known = known_of(daemon, model, true);

	if (!known)
		return;
	known->breaker.failures++;
	known->breaker.wait_ms = policy_of(daemon).longest_ms;
	known->breaker.open_until = clock_wall_ms() + known->breaker.wait_ms;
	known->breaker.probing = false;
	known->breaker.why = FAILURE_MONEY;
	known->is_tripped = true;
	free(known->message);
	known->message = xstrdup(why);
	opened(daemon, known);
	keep_breaker(daemon, known);
}

void providers_try_now(struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->providers->count; i++) {
		struct known *known = daemon->providers->items[i];

		if (breaker_ask(&known->breaker, clock_wall_ms()) != BREAKER_OPEN ||
		    known->breaker.probing)
			continue;
		known->breaker.open_until = clock_wall_ms();
		keep_breaker(daemon, known);
	}
}

void providers_keys(const struct daemon *daemon, void (*visit)(void *context, const char *key),
		    void *context)
{
	const struct settings *settings = daemon->workspace->settings;

	for (size_t i = 0; i < settings->model_count; i++) {
		char key[KEY_SIZE];

		if (model_key(daemon, &settings->models[i], key))
			visit(context, key);
		if (provider_key(daemon, &settings->models[i], key))
			visit(context, key);
	}
}

struct search {
	const char *key;
	bool is_found;
};

static void compare(void *context, const char *key)
{
	struct search *search = context;

	search->is_found |= !strcmp(search->key, key);
}

static bool is_named(const struct daemon *daemon, const char *key)
{
	struct search search = { .key = key };

	providers_keys(daemon, compare, &search);
	return search.is_found;
}

/* Of calls of one model, "provider PROVIDER MODEL FAILURE". */
static const char *fault(struct daemon *daemon, const char *incident)
{
	const struct settings *settings = daemon->workspace->settings;

	if (strncmp(incident, "provider ", strlen("provider ")) != 0)
		return NULL;
	for (size_t i = 0; i < settings->model_count; i++) {
		const struct model_settings *model = &settings->models[i];
		_free_ char *begin = xasprintf("provider %s %s ", model->provider, model->name);

		if (!strncmp(incident, begin, strlen(begin)))
			return NULL;
	}
	return "agentd.yaml has no such model any more";
}

void providers_settings_changed(struct daemon *daemon)
{
	alerts_review(daemon, fault);
	for (size_t i = 0; i < daemon->providers->count; i++) {
		struct known *known = daemon->providers->items[i];
		_free_ char *incident = xasprintf("breaker %s", known->key);
		_free_ char *name = plain_name(known);

		if (!known->breaker.failures || is_named(daemon, known->key))
			continue;
		breaker_succeeded(&known->breaker);
		keep_breaker(daemon, known);
		alert_over(daemon, incident, "%s is another one now", name);
	}
}

/* ---- what is learned ---- */

struct learned providers_learned(const struct daemon *daemon, const struct model_settings *model)
{
	struct learned nothing = { .millibytes_per_token = MOST_MILLIBYTES };
	char key[KEY_SIZE];
	const struct known *known = model_key(daemon, model, key) ? find(daemon->providers, key)
								  : NULL;

	return known ? known->learned : nothing;
}

void providers_learn_quirk(struct daemon *daemon, const struct model_settings *model,
			   unsigned quirk)
{
	struct known *known = known_of(daemon, model, true);

	if (!known || (known->learned.quirks & quirk) == quirk)
		return;
	known->learned.quirks |= quirk;
	keep_learned(daemon, known);
}

void providers_learn_context(struct daemon *daemon, const struct model_settings *model,
			     int64_t context)
{
	struct known *known = known_of(daemon, model, true);

	if (!known || context <= 0 || known->learned.context == context)
		return;
	known->learned.context = context;
	keep_learned(daemon, known);
}

void providers_learn_tokens(struct daemon *daemon, const struct model_settings *model,
			    int64_t request_bytes, int64_t tokens)
{
	struct known *known;
	int64_t millibytes;

	if (tokens <= 0 || request_bytes < TELLING_BYTES || request_bytes > INT64_MAX / 1000)
		return;
	millibytes = request_bytes * 1000 / tokens;
	if (millibytes < LEAST_MILLIBYTES)
		millibytes = LEAST_MILLIBYTES;
	if (millibytes >= providers_learned(daemon, model).millibytes_per_token)
		return;
	known = known_of(daemon, model, true);
	if (!known)
		return;
	known->learned.millibytes_per_token = millibytes;
	keep_learned(daemon, known);
}

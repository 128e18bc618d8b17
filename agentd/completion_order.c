#include "completion_order.h"

#include "providers.h"

#define CONNECT_WITH_NEXT_MS 4000 /* so that another model is asked within 5 s */

/* ---- routes ---- */

static const char *route_name(const struct session *session)
{
	const struct resident *resident = roster_find(session->daemon->roster, session->agent);
	const struct heartbeat *heartbeat = resident && session->key
						    ? roster_heartbeat(resident, session->key, NULL)
						    : NULL;

	if (session->rehearse)
		return "rehearsal";
	if (heartbeat && heartbeat->route)
		return heartbeat->route;
	return resident && resident->agent && resident->agent->route ? resident->agent->route
								     : "default";
}

const struct route *session_route(const struct session *session)
{
	return settings_route(session->daemon->workspace->settings, route_name(session));
}

const struct model_settings *route_model(const struct session *session, size_t place)
{
	const struct settings *settings = session->daemon->workspace->settings;
	const struct route *route = session_route(session);
	const struct model_settings *model;

	if (session->rehearse)
		return place ? NULL : settings_model(settings, "rehearsal");
	if (!route || place >= route->count)
		return NULL;
	model = settings_model(settings, route->models[place]);
	if (!model || !settings_provider(settings, model->provider))
		return NULL;
	return model->free || model->priced || !strcmp(model->provider, "rehearsal") ? model : NULL;
}

void session_set_model(struct session *session, const struct model_settings *model)
{
	char *name = xstrdup(model->model);

	if (strcmp(session->model.name, model->name) != 0)
		session->most_tokens = 0;
	free(session->model.model);
	session->model = *model;
	session->model.model = name;
}

/* ---- money ---- */

enum budget_work session_work(const struct session *session)
{
	const struct resident *resident = roster_find(session->daemon->roster, session->agent);

	if (session->by_person)
		return WORK_PERSON;
	if (resident && resident->agent && resident->agent->experiment)
		return WORK_EXPERIMENT;
	return session->cause == CAUSE_TASK ? WORK_TASK : WORK_BEAT;
}

bool model_is_accounted(const struct session *session)
{
	const struct provider *provider = settings_provider(session->daemon->workspace->settings,
							    session->model.provider);

	return !session->rehearse && provider && provider->kind != PROVIDER_REHEARSAL;
}

struct budget_ask model_ask(const struct session *session, int64_t request_bytes,
			    int64_t max_tokens)
{
	const struct daemon *daemon = session->daemon;
	const struct settings *settings = daemon->workspace->settings;
	const struct model_settings *model = &session->model;
	int64_t fewest = providers_learned(daemon, model).millibytes_per_token;

	return (struct budget_ask){
		.agent = session->agent,
		.session = session->id,
		.task = session->id,
		.work = session_work(session),
		.input_tokens = (request_bytes * 1000 + fewest - 1) / fewest,
		.max_tokens = max_tokens,
		.least_tokens = settings->least_max_tokens,
		.price = budget_price_of(model),
	};
}

/* ---- words ---- */

static json_t *key_json(const struct provider *provider)
{
	static const char *const names[] = {
		[KEY_ENV] = "env",
		[KEY_FILE] = "file",
		[KEY_CREDENTIAL] = "credential",
	};

	if (provider->key_source == KEY_NONE)
		return json_null();
	return json_pack("{s:s}", names[provider->key_source], provider->key_reference);
}

static json_t *provider_json(const struct provider *provider, bool has_next)
{
	uint32_t connect_ms = provider->connect_ms;

	if (has_next && connect_ms > CONNECT_WITH_NEXT_MS)
		connect_ms = CONNECT_WITH_NEXT_MS;
	return json_pack("{s:s,s:s,s:s?,s:o,s:I,s:I,s:I}", "name", provider->name, "kind",
			 provider_kind_name(provider->kind), "base_url", provider->base_url, "key",
			 key_json(provider), "connect_ms", (json_int_t)connect_ms, "first_byte_ms",
			 (json_int_t)provider->first_byte_ms, "progress_ms",
			 (json_int_t)provider->progress_ms);
}

json_t *model_order(const struct session *session, json_t *request, unsigned quirks, bool has_next)
{
	const struct settings *settings = session->daemon->workspace->settings;
	const struct provider *provider = settings_provider(settings, session->model.provider);
	struct learned learned = providers_learned(session->daemon, &session->model);
	int64_t context = session->model.context;

	if (!provider) /* gone since the model was chosen */
		return NULL;
	if (learned.context && learned.context < context)
		context = learned.context;
	return json_pack("{s:s,s:o,s:s,s:I,s:I,s:O,s:s?,s:b}", "call", session->id, "provider",
			 provider_json(provider, has_next), "model", session->model.model,
			 "context", (json_int_t)context, "quirks",
			 (json_int_t)(learned.quirks | quirks), "request", request, "script",
			 session->script, "follow", session->listener && !session->attempt);
}

char *model_intent(const struct session *session, const json_t *request)
{
	json_t *intent = json_pack(
		"{s:s,s:s,s:I,s:I,s:I}", "provider", session->model.provider, "model",
		session->model.model, "turn", (json_int_t)session->turns, "messages",
		(json_int_t)json_array_size(json_object_get(request, "messages")), "max_tokens",
		json_integer_value(json_object_get(request, "max_tokens")));
	char *text;

	if (session->attempt)
		json_object_update(intent, session->attempt);
	text = json_dumps(intent, JSON_COMPACT);
	json_decref(intent);
	return text;
}

/* routes:. There is always a `default` and a `rehearsal`. */
#include "sections.h"

#include <stdio.h>

#define ROUTE_MODELS_MAX 16

static struct route *add_route(struct settings *settings, const char *name)
{
	struct route *route;

	settings->routes = xreallocarray(settings->routes, settings->route_count + 1,
					 sizeof(*route));
	route = &settings->routes[settings->route_count++];
	*route = (struct route){ 0 };
	snprintf(route->name, sizeof(route->name), "%s", name);
	return route;
}

static void add_to_route(struct route *route, const char *model)
{
	route->models = xreallocarray(route->models, route->count + 1, sizeof(*route->models));
	snprintf(route->models[route->count++], sizeof(*route->models), "%s", model);
}

/* ---- names that are not there ---- */

static const char *nearest_model(const struct settings *settings, const char *name)
{
	const char *nearest = NULL;
	unsigned best = 3;

	for (size_t i = 0; i < settings->model_count; i++) {
		unsigned distance = edit_distance(name, settings->models[i].name);

		if (distance < best) {
			best = distance;
			nearest = settings->models[i].name;
		}
	}
	return nearest;
}

/* A model that was written but cannot be used has its own error already. */
static void say_no_model(const struct settings *settings, const struct yaml *root,
			 const struct yaml *item, struct diagnostics *found)
{
	const char *nearest = nearest_model(settings, item->scalar);

	if (yaml_get(yaml_get(root, "models"), item->scalar))
		return;
	diagnostics_add(found, SEVERITY_ERROR, "route-model", item->line, item->column,
			nearest ? "there is no model \"%s\"; did you mean \"%s\"?"
				: "there is no model \"%s\"; write it under models",
			item->scalar, nearest);
}

static bool contains(const struct route *route, const char *model)
{
	for (size_t i = 0; i < route->count; i++)
		if (!strcmp(route->models[i], model))
			return true;
	return false;
}

/* ---- reading ---- */

static void read_item(struct settings *settings, struct route *route, const struct yaml *root,
		      const struct yaml *item, struct diagnostics *found)
{
	if (item->kind != YAML_SCALAR) {
		say(found, item, "settings-type",
		    "a route is a list of models, such as [strong, fast]");
		return;
	}
	if (!settings_model(settings, item->scalar)) {
		say_no_model(settings, root, item, found);
		return;
	}
	if (route->count == ROUTE_MODELS_MAX)
		say(found, item, "settings-many", "a route has at most %d models",
		    ROUTE_MODELS_MAX);
	else if (!contains(route, item->scalar))
		add_to_route(route, item->scalar);
}

static void read_route(struct settings *settings, const struct yaml *root, const struct yaml *yaml,
		       struct diagnostics *found)
{
	struct route *route = add_route(settings, yaml->key);

	if (yaml->kind == YAML_SCALAR)
		read_item(settings, route, root, yaml, found);
	else if (yaml->kind == YAML_LIST)
		for (const struct yaml *item = yaml->first; item; item = item->next)
			read_item(settings, route, root, item, found);
	if (route->count)
		return;
	say(found, yaml, "route-empty", "route \"%s\" has no usable model%s", yaml->key,
	    strcmp(yaml->key, "default") ? "; the default route is used instead"
					 : "; nothing but the rehearsal is left");
	settings->route_count--;
}

static bool has_route(const struct settings *settings, const char *name)
{
	const struct route *route = settings_route(settings, name);

	return route && !strcmp(route->name, name);
}

/* Models without any routes are tried in the order they are written in. A default route that was
 * written and has nothing left must not lead to models that were not meant for it. */
static void add_default(struct settings *settings, bool written)
{
	struct route *route = add_route(settings, "default");

	for (size_t i = 0; i < settings->model_count && !written && route->count < ROUTE_MODELS_MAX;
	     i++)
		if (strcmp(settings->models[i].name, REHEARSAL))
			add_to_route(route, settings->models[i].name);
	if (!route->count)
		add_to_route(route, REHEARSAL);
}

static bool may_be_route(const struct settings *settings, const struct yaml *yaml,
			 struct diagnostics *found)
{
	if (!name_is_good(yaml, "route", found))
		return false;
	if (!strcmp(yaml->key, REHEARSAL)) {
		say(found, yaml, "settings-name", "\"rehearsal\" is built in; use another name");
		return false;
	}
	if (settings->route_count < SETTINGS_ROUTES_MAX - 1)
		return true;
	say(found, yaml, "settings-many", "more than %d routes", SETTINGS_ROUTES_MAX - 2);
	return false;
}

void read_routes(struct settings *settings, const struct yaml *root, struct diagnostics *found)
{
	const struct yaml *map = yaml_get(root, "routes");

	add_to_route(add_route(settings, REHEARSAL), REHEARSAL);
	if (reader_is_map(map, "routes", found))
		for (const struct yaml *yaml = reader_members(map); yaml; yaml = yaml->next)
			if (may_be_route(settings, yaml, found))
				read_route(settings, root, yaml, found);
	if (!has_route(settings, "default"))
		add_default(settings, yaml_get(map, "default") != NULL);
}

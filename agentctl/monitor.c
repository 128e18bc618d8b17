#include "columns.h"
#include "figures.h"
#include "place.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>

#define FAR_S 3600

static int number_of(const json_t *object, const char *key)
{
	return (int)json_integer_value(json_object_get(object, key));
}

/* "12 s ago", "in 4 min 3 s"; the time of day where it is far away. */
static void at_of(const char *at, const struct zone *zone, char out[PLACE_TIME_SIZE])
{
	char distance[FIGURE_SIZE];
	int64_t instant, away;

	snprintf(out, PLACE_TIME_SIZE, "-");
	if (instant_parse(span_of(at), &instant))
		return;
	away = instant - clock_wall_s();
	figure_duration(llabs(away) * 1000, distance);
	if (llabs(away) < 60) /* no tenths */
		snprintf(distance, sizeof(distance), "%lld s", llabs(away));
	if (llabs(away) >= FAR_S)
		place_time(zone, instant, out);
	else if (away)
		snprintf(out, PLACE_TIME_SIZE, away > 0 ? "in %s" : "%s ago", distance);
	else
		snprintf(out, PLACE_TIME_SIZE, "now");
}

/* "failing 2/3", "down" */
static char *state_of(const json_t *monitor)
{
	const char *state = json_text(monitor, "state");

	if (strcmp(state, "failing") != 0)
		return xstrdup(state);
	return xasprintf("%s %d/%d", state, number_of(monitor, "failures"),
			 number_of(monitor, "max_failures"));
}

static void print_monitor(struct columns *columns, const json_t *monitor, const struct zone *zone)
{
	const json_t *last = json_object_get(monitor, "last");
	char last_at[PLACE_TIME_SIZE], next_at[PLACE_TIME_SIZE], took[FIGURE_SIZE] = "-";
	_free_ char *state = state_of(monitor);
	_free_ char *restarts = xasprintf("%d", number_of(monitor, "restarts"));

	at_of(json_text(last, "at"), zone, last_at);
	at_of(json_text(monitor, "next_at"), zone, next_at);
	if (*json_text(last, "at"))
		figure_duration(json_integer_value(json_object_get(last, "latency_ms")), took);
	columns_row(columns, (const char *[]){ json_text(monitor, "name"), state, last_at, took,
					       next_at, restarts });
}

static void print_trouble(const json_t *monitor)
{
	const json_t *last = json_object_get(monitor, "last");

	if (*json_text(last, "reason"))
		printf("  %s: %s%s\n", json_text(monitor, "name"),
		       strcmp(json_text(last, "verdict"), "unknown") ? "" : "could not look: ",
		       json_text(last, "reason"));
	if (json_is_true(json_object_get(monitor, "gave_up")))
		printf("  %s: restarted too often within an hour; now it is up to a person\n",
		       json_text(monitor, "name"));
}

static void print_monitors(const json_t *monitors, const struct zone *zone)
{
	struct columns columns = { .width = 6 };
	size_t index;
	json_t *one;

	if (!json_array_size(monitors)) {
		puts("no monitors; agentd.yaml(5) tells how to have a service watched");
		return;
	}
	columns_row(&columns, (const char *[]){ "MONITOR", "STATE", "LAST LOOK", "TOOK",
						"NEXT LOOK", "RESTARTS" });
	json_array_foreach(monitors, index, one)
		print_monitor(&columns, one, zone);
	columns_print(&columns);
	json_array_foreach(monitors, index, one)
		print_trouble(one);
}

static int run(const struct invocation *invocation)
{
	CLEANUP(zone_free) struct zone *zone = NULL;
	CLEANUP(connection_close) struct connection *connection = NULL;
	json_t *answer, *monitors, *params = json_object();
	struct error error;
	int result = connection_open(invocation, NULL, NULL, &connection, &error);

	if (invocation->count)
		json_object_set_new(params, "monitor", json_string(invocation->operands[0]));
	if (result)
		json_decref(params);
	else
		result = rpc_call(connection->rpc, "monitor", params, 10000, &answer, &error);
	if (result)
		return fail(&error);
	monitors = json_incref(json_object_get(answer, "monitors"));
	json_decref(answer);
	if (invocation->json)
		return print_json(monitors);
	zone = place_zone(invocation);
	print_monitors(monitors, zone);
	json_decref(monitors);
	return STATUS_DONE;
}

const struct command command_monitor = {
	.name = "monitor",
	.operands = "[NAME]",
	.text = "show the outside services under watch",
	.more = "The restarts are those of the last hour. What needs a person is in status, too.",
	.most = 1,
	.reads = true,
	.run = run,
};

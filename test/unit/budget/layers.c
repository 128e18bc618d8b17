#include "suite.h"

#include <stdio.h>

struct scene {
	struct budget *budget;
	struct zone *zone;
	struct limits limits;
	struct budget_hold hold;
	struct budget_verdict verdict;
};

static int scene_open(void **state)
{
	struct scene *scene = xcalloc(1, sizeof(*scene));

	*scene = (struct scene){ .budget = budget_new(),
				 .zone = load_zone("UTC"),
				 .limits = unlimited };
	budget_advance(scene->budget, scene->zone, NOON, 0);
	*state = scene;
	return 0;
}

static int scene_close(void **state)
{
	struct scene *scene = *state;

	budget_free(scene->budget);
	zone_free(scene->zone);
	free(scene);
	return 0;
}

static enum budget_answer reserve(struct scene *scene, const struct budget_ask *ask)
{
	return budget_reserve(scene->budget, ask, &scene->hold, &scene->verdict);
}

/* Spends it; whether all of it could be. */
static bool spend(struct scene *scene, enum budget_work work, int64_t amount, bool experiments)
{
	struct budget_ask ask = ask_of(amount, &scene->limits);

	ask.work = work;
	ask.experiments = experiments;
	if (reserve(scene, &ask) != BUDGET_FITS)
		return false;
	budget_settle(scene->budget, &scene->hold, scene->hold.micro_usd, scene->hold.tokens);
	return true;
}

static void test_words(void **state)
{
	enum budget_work work = WORKS;

	(void)state;
	for (enum budget_work one = 0; one < WORKS; one++) {
		assert_true(budget_work_find(budget_work_name(one), &work));
		assert_int_equal(work, one);
	}
	assert_false(budget_work_find("beats", &work));
	assert_false(budget_work_find("", &work));
	assert_string_equal(budget_scope_name(LAYER_REQUEST), "request");
	assert_string_equal(budget_window_name(LAYER_REQUEST), "call");
	assert_string_equal(budget_scope_name(LAYER_AGENT_DAY), "agent");
	assert_string_equal(budget_window_name(LAYER_AGENT_DAY), "day");
	assert_string_equal(budget_scope_name(LAYER_SYSTEM_HOUR), "system");
	assert_string_equal(budget_window_name(LAYER_SYSTEM_HOUR), "hour");
	for (enum budget_layer layer = 0; layer < LAYERS; layer++)
		assert_int_equal(budget_counts_tokens(layer),
				 layer == LAYER_REQUEST || layer == LAYER_TASK);
}

/* Each layer alone: 100 fit, 40 are left behind 60, held or spent. */
static void test_each_layer(void **state)
{
	static const size_t fields[LAYERS] = {
		[LAYER_REQUEST] = offsetof(struct limits, per_request_tokens),
		[LAYER_TASK] = offsetof(struct limits, per_task_tokens),
		[LAYER_SESSION] = offsetof(struct limits, per_session_micro_usd),
		[LAYER_AGENT_HOUR] = offsetof(struct limits, per_agent_hourly_micro_usd),
		[LAYER_AGENT_DAY] = offsetof(struct limits, per_agent_daily_micro_usd),
		[LAYER_SYSTEM_HOUR] = offsetof(struct limits, system_hourly_micro_usd),
		[LAYER_SYSTEM_DAY] = offsetof(struct limits, system_daily_micro_usd),
	};

	(void)state;
	for (enum budget_layer layer = LAYER_TASK; layer < LAYERS; layer++) {
		void *own = NULL;
		struct scene *scene;
		struct budget_ask ask;
		struct budget_hold first;
		bool windowed = layer > LAYER_SESSION,
		     day = layer == LAYER_AGENT_DAY || layer == LAYER_SYSTEM_DAY;

		scene_open(&own);
		scene = own;
		*(int64_t *)(void *)((char *)&scene->limits + fields[layer]) = 100;
		ask = ask_of(60, &scene->limits);
		assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
		first = scene->hold;
		assert_int_equal(reserve(scene, &ask), BUDGET_WAITS);
		assert_int_equal(scene->verdict.layer, layer);
		assert_int_equal(scene->verdict.limit, 100);
		assert_int_equal(scene->verdict.settled, 0);
		assert_int_equal(scene->verdict.reserved, 60);
		assert_int_equal(scene->verdict.wanted, 60);
		assert_int_equal(scene->verdict.resets_at, day        ? NOON + 12 * HOUR_S
							   : windowed ? NOON + HOUR_S
								      : 0);
		assert_int_equal(scene->verdict.window, day        ? NOON - 12 * HOUR_S
							: windowed ? NOON
								   : 0);
		budget_settle(scene->budget, &first, 60, 60);
		assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
		assert_int_equal(scene->verdict.layer, layer);
		assert_int_equal(scene->verdict.settled, 60);
		assert_int_equal(scene->verdict.reserved, 0);
		ask.least_tokens = 41;
		assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
		ask.least_tokens = 40;
		assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
		assert_int_equal(scene->hold.max_tokens, 40);
		scene_close(&own);
	}
}

static void test_request(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(4096, &scene->limits);

	scene->limits.per_request_tokens = 5000;
	ask.least_tokens = 256;
	ask.input_tokens = 1000;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	assert_int_equal(scene->hold.max_tokens, 4000);
	assert_int_equal(scene->hold.tokens, 5000);
	ask.input_tokens = 4744;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	assert_int_equal(scene->hold.max_tokens, 256);
	ask.input_tokens = 4745;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.layer, LAYER_REQUEST);
	assert_int_equal(scene->verdict.wanted, 5001);
	assert_int_equal(scene->verdict.reserved, 0);
	assert_int_equal(scene->verdict.resets_at, 0);
	ask.max_tokens = 100; /* less than the least is wished: all of it or nothing */
	ask.input_tokens = 4900;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	ask.input_tokens = 4901;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
}

static void test_nothing_may_be_spent(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(1, &scene->limits);

	scene->limits.per_agent_daily_micro_usd = 0;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.layer, LAYER_AGENT_DAY);
	ask.work = WORK_PERSON;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	ask.price = (struct budget_price){ 0, 0 };
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	assert_int_equal(scene->hold.micro_usd, 0);
	scene->limits.per_task_tokens = 1;
	assert_int_equal(reserve(scene, &ask), BUDGET_WAITS);
	assert_int_equal(scene->verdict.layer, LAYER_TASK);
}

/* Also where more was spent than there is: what costs nothing goes on. */
static void test_costs_nothing(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(100, &scene->limits);

	scene->limits.system_daily_micro_usd = 100;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	budget_settle(scene->budget, &scene->hold, 250, 250);
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.settled, 250); /* booked whole */
	ask.price = (struct budget_price){ 0, 0 };
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
}

/* A cap that is raised lets work go on at once, one that is lowered stops it. */
static void test_cap_moves(void **state)
{
	struct scene *scene = *state;

	scene->limits.per_session_micro_usd = 100;
	assert_true(spend(scene, WORK_BEAT, 100, false));
	assert_false(spend(scene, WORK_BEAT, 1, false));
	scene->limits.per_session_micro_usd = 150;
	assert_true(spend(scene, WORK_BEAT, 50, false));
	scene->limits.per_session_micro_usd = 10;
	assert_false(spend(scene, WORK_BEAT, 1, false));
	assert_int_equal(scene->verdict.settled, 150);
}

static void test_shares(void **state)
{
	struct scene *scene = *state;

	scene->limits.system_daily_micro_usd = 1000;
	scene->limits.people_share_ppm = 200000;
	scene->limits.experimental_share_ppm = 150000;
	assert_false(spend(scene, WORK_EXPERIMENT, 151, true));
	assert_int_equal(scene->verdict.limit, 150);
	assert_false(spend(scene, WORK_BEAT, 651, true));
	assert_int_equal(scene->verdict.limit, 650);
	assert_true(spend(scene, WORK_BEAT, 400, true));
	assert_true(spend(scene, WORK_TASK, 250, true));
	assert_false(spend(scene, WORK_TASK, 1, true));
	assert_int_equal(scene->verdict.settled, 650);
	assert_true(spend(scene, WORK_EXPERIMENT, 150, true));
	assert_false(spend(scene, WORK_EXPERIMENT, 1, true));
	assert_false(spend(scene, WORK_BEAT, 1, false));
	assert_int_equal(scene->verdict.limit, 800);
	assert_true(spend(scene, WORK_PERSON, 200, true));
	assert_false(spend(scene, WORK_PERSON, 1, true));
	assert_int_equal(scene->verdict.limit, 1000);
}

/* People may use everything; where there are no experiments, nothing is kept for them. */
static void test_shares_of_nobody(void **state)
{
	struct scene *scene = *state;

	scene->limits.per_agent_daily_micro_usd = 1001;
	scene->limits.people_share_ppm = 200000; /* 200.2: 201 are kept */
	scene->limits.experimental_share_ppm = 150000;
	assert_false(spend(scene, WORK_TASK, 801, false));
	assert_true(spend(scene, WORK_TASK, 800, false));
	assert_true(spend(scene, WORK_PERSON, 201, false));
	assert_false(spend(scene, WORK_PERSON, 1, false));
	assert_int_equal(scene->verdict.layer, LAYER_AGENT_DAY);
}

/* More is promised than there is: people first. */
static void test_shares_of_too_much(void **state)
{
	struct scene *scene = *state;

	scene->limits.system_daily_micro_usd = 1000;
	scene->limits.people_share_ppm = 900000;
	scene->limits.experimental_share_ppm = 500000;
	assert_false(spend(scene, WORK_TASK, 1, true));
	assert_false(spend(scene, WORK_EXPERIMENT, 101, true));
	assert_true(spend(scene, WORK_EXPERIMENT, 100, true));
	assert_true(spend(scene, WORK_PERSON, 900, true));
	scene->limits.people_share_ppm = 1000000;
	assert_false(spend(scene, WORK_EXPERIMENT, 1, true));
}

/* What a verdict tells of several layers. */
static void test_which_layer(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(10, &scene->limits);
	struct budget_hold first;

	scene->limits.per_agent_hourly_micro_usd = 10;
	scene->limits.system_hourly_micro_usd = 10;
	scene->limits.system_daily_micro_usd = 10;
	scene->limits.per_session_micro_usd = 10;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	first = scene->hold;
	assert_int_equal(reserve(scene, &ask), BUDGET_WAITS);
	assert_int_equal(scene->verdict.layer, LAYER_SYSTEM_DAY);
	budget_settle(scene->budget, &first, 10, 10);
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.layer, LAYER_SESSION);
	ask.session = "t";
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.layer, LAYER_SYSTEM_DAY);
	scene->limits.system_daily_micro_usd = 20;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_int_equal(scene->verdict.layer, LAYER_AGENT_HOUR);
}

static int64_t settled_in(struct scene *scene, enum budget_layer layer, const char *name)
{
	struct budget_row row;

	budget_look(scene->budget, layer, name, &unlimited, &row);
	return row.settled;
}

static void test_forget(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(10, &scene->limits);
	struct budget_hold hold;

	ask.task = "work";
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	hold = scene->hold;
	assert_string_equal(hold.task, "work");
	assert_true(spend(scene, WORK_BEAT, 5, false));
	budget_forget_session(scene->budget, "s", "s"); /* while a call is out */
	assert_int_equal(settled_in(scene, LAYER_SESSION, "s"), 5);
	assert_int_equal(settled_in(scene, LAYER_TASK, "s"), 0);
	budget_settle(scene->budget, &hold, 10, 10);
	assert_int_equal(settled_in(scene, LAYER_SESSION, "s"), 0);
	assert_int_equal(settled_in(scene, LAYER_TASK, "work"), 10);
	assert_int_equal(settled_in(scene, LAYER_AGENT_DAY, "a"), 15);
	/* One that goes on after all is known again. */
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	hold = scene->hold;
	budget_forget_session(scene->budget, "s", "s");
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	budget_settle(scene->budget, &scene->hold, 1, 0);
	budget_settle(scene->budget, &hold, 1, 0);
	assert_int_equal(settled_in(scene, LAYER_SESSION, "s"), 2);
	budget_forget_session(scene->budget, "other", "work");
	assert_int_equal(settled_in(scene, LAYER_TASK, "work"), 10);
	budget_forget_session(scene->budget, "work", "work");
	assert_int_equal(settled_in(scene, LAYER_TASK, "work"), 0);
}

/* Tables have an end, and what does not get in is not spent. */
static void test_too_many(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(1, &scene->limits);
	char session[27];
	int fitted = 0;

	ask.session = session;
	for (int i = 0; i < 70000; i++) {
		snprintf(session, sizeof(session), "%d", i);
		if (reserve(scene, &ask) != BUDGET_FITS)
			break;
		budget_settle(scene->budget, &scene->hold, 1, 1);
		fitted++;
	}
	assert_int_equal(fitted, 65536);
	assert_int_equal(scene->verdict.limit, 0);
	assert_int_equal(settled_in(scene, LAYER_SYSTEM_DAY, ""), 65536);
	for (int i = 0; i < 65536; i += 3) {
		snprintf(session, sizeof(session), "%d", i);
		budget_forget_session(scene->budget, session, session);
	}
	for (int i = 0; i < 65536; i++) {
		snprintf(session, sizeof(session), "%d", i);
		assert_int_equal(settled_in(scene, LAYER_SESSION, session), i % 3 != 0);
		assert_int_equal(settled_in(scene, LAYER_TASK, session), i % 3 != 0);
	}
	snprintf(session, sizeof(session), "one more");
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
}

/* Agents of which nothing is known any more make room by themselves. */
static void test_many_agents(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(1, &scene->limits);
	char agent[SETTINGS_NAME_MAX];

	ask.agent = agent;
	for (int i = 0; i < 200000; i++) {
		snprintf(agent, sizeof(agent), "agent-%d", i);
		assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
		budget_settle(scene->budget, &scene->hold, i % 1000 == 0, 0);
	}
	for (int i = 0; i < 200000; i++) {
		snprintf(agent, sizeof(agent), "agent-%d", i);
		assert_int_equal(settled_in(scene, LAYER_AGENT_DAY, agent), i % 1000 == 0);
	}
}

static void test_line(void **state)
{
	struct scene *scene = *state;
	char *line;

	scene->limits.per_agent_daily_micro_usd = 2000000;
	scene->limits.per_agent_hourly_micro_usd = 1000000;
	scene->limits.per_session_micro_usd = 500000;
	assert_true(spend(scene, WORK_PERSON, 420000, false));
	line = budget_line(scene->budget, "a", &scene->limits);
	assert_string_equal(line, "Budget: $0.42 of $2.00 spent today, $0.42 of $1.00 this hour; "
				  "$0.50 for this session.");
	free(line);
	assert_true(spend(scene, WORK_PERSON, 1, false));
	line = budget_line(scene->budget, "a", &unlimited);
	assert_string_equal(line, "Budget: $0.420001 spent today, $0.420001 this hour.");
	free(line);
	scene->limits.per_agent_daily_micro_usd = INT64_MAX - 1;
	scene->limits.per_agent_hourly_micro_usd = 5500;
	scene->limits.per_session_micro_usd = 0;
	line = budget_line(scene->budget, "nobody", &scene->limits);
	assert_string_equal(line, "Budget: $0.00 of $9223372036854.775806 spent today, $0.00 of "
				  "$0.0055 this hour; $0.00 for this session.");
	free(line);
}

/* The largest amounts that there are. */
/* What budget_cap says is what can be spent, and not a micro-USD more. */
static void test_cap_of_work(void **state)
{
	struct scene *scene = *state;
	const struct limits *limits = &scene->limits;
	static const enum budget_layer layers[] = { LAYER_SESSION, LAYER_AGENT_HOUR,
						    LAYER_AGENT_DAY, LAYER_SYSTEM_HOUR,
						    LAYER_SYSTEM_DAY };

	for (unsigned turn = 0; turn < ARRAY_LENGTH(layers) * WORKS * 2; turn++) {
		enum budget_layer layer = layers[turn / (WORKS * 2)];
		enum budget_work work = (enum budget_work)(turn / 2 % WORKS);
		bool experiments = turn % 2;
		int64_t cap;

		scene->limits = unlimited;
		scene->limits.people_share_ppm = 200000;
		scene->limits.experimental_share_ppm = 150000;
		scene->limits.per_session_micro_usd = layer == LAYER_SESSION ? 1001 : INT64_MAX;
		scene->limits.per_agent_hourly_micro_usd = layer == LAYER_AGENT_HOUR ? 1001
										     : INT64_MAX;
		scene->limits.per_agent_daily_micro_usd = layer == LAYER_AGENT_DAY ? 1001
										   : INT64_MAX;
		scene->limits.system_hourly_micro_usd = layer == LAYER_SYSTEM_HOUR ? 1001
										   : INT64_MAX;
		scene->limits.system_daily_micro_usd = layer == LAYER_SYSTEM_DAY ? 1001 : INT64_MAX;
		cap = budget_cap(layer, work, limits, limits, experiments);
		budget_free(scene->budget);
		scene->budget = budget_new();
		budget_advance(scene->budget, scene->zone, NOON, 0);
		assert_false(spend(scene, work, cap + 1, experiments));
		assert_true(spend(scene, work, cap, experiments));
	}
	assert_int_equal(budget_cap(LAYER_SYSTEM_DAY, WORK_BEAT, limits, limits, true), 650);
	assert_int_equal(budget_cap(LAYER_SYSTEM_DAY, WORK_PERSON, limits, limits, true), 1001);
	assert_int_equal(budget_cap(LAYER_SYSTEM_DAY, WORK_EXPERIMENT, limits, limits, true), 150);
}

static void test_extremes(void **state)
{
	struct scene *scene = *state;
	struct budget_ask ask = ask_of(INT64_MAX, &scene->limits);
	struct budget_hold holds[4];

	ask.input_tokens = INT64_MAX;
	ask.price = (struct budget_price){ INT64_MAX, INT64_MAX };
	for (size_t i = 0; i < ARRAY_LENGTH(holds); i++) {
		assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
		holds[i] = scene->hold;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(holds); i++)
		budget_settle(scene->budget, &holds[i], i ? 0 : INT64_MAX, INT64_MAX);
	assert_true(settled_in(scene, LAYER_SYSTEM_DAY, "") == INT64_MAX);
	scene->limits.system_daily_micro_usd = INT64_MAX - 1;
	assert_int_equal(reserve(scene, &ask), BUDGET_OVER);
	assert_true(scene->verdict.wanted == INT64_MAX);
	ask.max_tokens = ask.least_tokens = ask.input_tokens = INT64_MIN;
	ask.price = (struct budget_price){ INT64_MIN, 5 };
	scene->limits.system_daily_micro_usd = INT64_MAX;
	assert_int_equal(reserve(scene, &ask), BUDGET_FITS);
	assert_int_equal(scene->hold.max_tokens, 0);
	assert_int_equal(scene->hold.micro_usd, 0);
}

#define SCENE_TEST(test) cmocka_unit_test_setup_teardown(test, scene_open, scene_close)

int run_layers(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_each_layer),
		SCENE_TEST(test_request),
		SCENE_TEST(test_nothing_may_be_spent),
		SCENE_TEST(test_costs_nothing),
		SCENE_TEST(test_cap_moves),
		SCENE_TEST(test_shares),
		SCENE_TEST(test_shares_of_nobody),
		SCENE_TEST(test_shares_of_too_much),
		SCENE_TEST(test_which_layer),
		SCENE_TEST(test_forget),
		SCENE_TEST(test_too_many),
		SCENE_TEST(test_many_agents),
		SCENE_TEST(test_line),
		SCENE_TEST(test_cap_of_work),
		SCENE_TEST(test_extremes),
	};

	return cmocka_run_group_tests_name("budget layers", tests, NULL, NULL);
}

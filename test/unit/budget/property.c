/* Anything in any order, against the oracle; and a twin that was rebuilt from the rows in the
 * middle of it all. */
#include "oracle.h"

#define STEPS 600

static const char *const agents[] = { "kira", "log-watcher", "support", "analyst" };
static const char *const sessions[] = {
	"01K000000000000000000000S0", "01K000000000000000000000S1", "01K000000000000000000000S2",
	"01K000000000000000000000S3", "01K000000000000000000000S4", "01K000000000000000000000S5",
};
static const char *const tasks[] = { "", "", "", "refunds", "audit" };
static const char *const zones[] = { "UTC", "Europe/Berlin", "Asia/Kolkata",
				     "Australia/Lord_Howe" };

struct game {
	struct budget *budget, *twin; /* twin: NULL until the first restart */
	struct oracle oracle;
	struct zone *zone;
	struct limits limits, system;
	bool experiments, excess;
	int64_t now, monotonic_ms, latest_hour, latest_day; /* names of windows, so far */
	unsigned answers[3], shrunk, restarts;
};

static int64_t cap(uint64_t scale)
{
	uint64_t kind = pick(40);

	if (kind < 8)
		return INT64_MAX;
	return kind == 8 ? (int64_t)pick(3) : (int64_t)(scale / 10 + pick(scale));
}

static void deal(struct limits *limits)
{
	*limits = (struct limits){
		.per_request_tokens = cap(8000),
		.per_task_tokens = cap(100000),
		.per_session_micro_usd = cap(60000),
		.per_agent_hourly_micro_usd = cap(90000),
		.per_agent_daily_micro_usd = cap(200000),
		.system_hourly_micro_usd = cap(300000),
		.system_daily_micro_usd = cap(600000),
		.people_share_ppm = (int64_t)(pick(2) * pick(pick(4) ? 400001 : 1000001)),
		.experimental_share_ppm = (int64_t)(pick(2) * pick(500001)),
	};
}

/* Neither may take from the other's: an agent's own system limits and shares mean nothing. */
static void deal_limits(struct game *game)
{
	deal(&game->limits);
	deal(&game->system);
}

static struct budget_ask deal_ask(struct game *game)
{
	static const int64_t prices[] = { 0, 1, 333333, 1000000, 3000000, 7500001 };
	uint64_t agent = pick(ARRAY_LENGTH(agents));

	return (struct budget_ask){
		.agent = agents[agent],
		.session = sessions[pick(ARRAY_LENGTH(sessions))],
		.task = tasks[pick(ARRAY_LENGTH(tasks))],
		.work = (enum budget_work)pick(WORKS),
		.input_tokens = (int64_t)pick(1000),
		.max_tokens = (int64_t)pick(3000),
		.least_tokens = (int64_t)pick(300),
		.price = { prices[pick(ARRAY_LENGTH(prices))], prices[pick(ARRAY_LENGTH(prices))] },
		.limits = &game->limits,
		.system = &game->system,
		.experiments = game->experiments,
	};
}

static enum budget_answer ask_one(struct budget *budget, const struct oracle *oracle,
				  const struct budget_ask *ask, struct budget_hold *ret_hold)
{
	int64_t most = 0;
	enum budget_answer expected = oracle_ask(oracle, ask, &most);
	struct budget_verdict verdict;
	enum budget_answer answer = budget_reserve(budget, ask, ret_hold, &verdict);

	assert_int_equal(answer, expected);
	if (answer != BUDGET_FITS) {
		oracle_check_verdict(oracle, ask, answer, &verdict);
		return answer;
	}
	assert_int_equal(ret_hold->max_tokens, most);
	assert_int_equal(ret_hold->tokens, ask->input_tokens + most);
	assert_int_equal(ret_hold->micro_usd,
			 budget_worst_case(&ask->price, ask->input_tokens, most));
	assert_int_equal(ret_hold->hour, oracle->hour);
	assert_int_equal(ret_hold->day, oracle->day);
	assert_string_equal(ret_hold->agent, ask->agent);
	assert_string_equal(ret_hold->session, ask->session);
	assert_string_equal(ret_hold->task, *ask->task ? ask->task : ask->session);
	return answer;
}

static void play_reserve(struct game *game)
{
	struct budget_ask ask = deal_ask(game);
	struct budget_hold hold, same;
	enum budget_answer answer = ask_one(game->budget, &game->oracle, &ask, &hold);

	if (game->twin)
		assert_int_equal(ask_one(game->twin, &game->oracle, &ask, &same), answer);
	game->answers[answer]++;
	if (answer != BUDGET_FITS)
		return;
	game->shrunk += hold.max_tokens < ask.max_tokens;
	assert_true(game->oracle.count < ENTRIES_MAX);
	game->oracle.entries[game->oracle.count++] = (struct entry){ .hold = hold, .open = true };
}

static void settle(struct game *game, struct entry *entry, int64_t micro_usd, int64_t tokens)
{
	entry->open = false;
	entry->micro_usd = micro_usd;
	entry->tokens = tokens;
	budget_settle(game->budget, &entry->hold, micro_usd, tokens);
	if (game->twin)
		budget_settle(game->twin, &entry->hold, micro_usd, tokens);
}

static struct entry *any_open(struct game *game)
{
	for (int tries = 0; tries < 20 && game->oracle.count; tries++) {
		struct entry *entry = &game->oracle.entries[pick(game->oracle.count)];

		if (entry->open)
			return entry;
	}
	return NULL;
}

static void play_settle(struct game *game)
{
	struct entry *entry = any_open(game);
	uint64_t micro_usd, tokens;

	if (!entry)
		return;
	micro_usd = (uint64_t)entry->hold.micro_usd;
	tokens = (uint64_t)entry->hold.tokens;
	if (game->excess && !pick(10)) {
		micro_usd += pick(500);
		tokens += pick(500);
	} else if (pick(3)) {
		micro_usd = pick(micro_usd + 1);
		tokens = pick(tokens + 1);
	}
	settle(game, entry, (int64_t)micro_usd, (int64_t)tokens);
}

/* Only when none of its calls is out: test_forget knows the rest. */
static void play_forget(struct game *game)
{
	const char *session = sessions[pick(ARRAY_LENGTH(sessions))];

	for (size_t i = 0; i < game->oracle.count; i++)
		if (game->oracle.entries[i].open &&
		    !strcmp(game->oracle.entries[i].hold.session, session))
			return;
	budget_forget_session(game->budget, session, session);
	if (game->twin)
		budget_forget_session(game->twin, session, session);
	oracle_forget(&game->oracle, session);
}

static void tell_time(struct game *game)
{
	const struct budget_windows *windows = budget_windows(game->budget);

	budget_advance(game->budget, game->zone, game->now, game->monotonic_ms);
	if (game->twin) {
		budget_advance(game->twin, game->zone, game->now, game->monotonic_ms);
		assert_int_equal(budget_windows(game->twin)->hour, windows->hour);
		assert_int_equal(budget_windows(game->twin)->day, windows->day);
	}
	game->oracle.hour = windows->hour;
	game->oracle.day = windows->day;
	if (windows->hour > game->latest_hour)
		game->latest_hour = windows->hour;
	if (windows->day > game->latest_day)
		game->latest_day = windows->day;
}

/* Mostly forward, and back by anything: less than an hour, or so far that windows are held until
 * their time has passed. */
static void play_time(struct game *game)
{
	int64_t by = (int64_t)pick(pick(6) ? 3600 : 30 * HOUR_S);

	if (!pick(4)) {
		game->now -= (int64_t)pick(pick(8) ? HOUR_S : 90 * DAY_S);
	} else {
		game->now += by;
		game->monotonic_ms += by * 1000;
	}
	tell_time(game);
}

/* As a start does it: what was out is kept, sums come from the rows, in whole or by layer. */
static void play_restart(struct game *game)
{
	const struct budget_windows *windows = budget_windows(game->budget);
	struct budget_in_force before;
	bool whole = pick(2);

	budget_look_in_force(game->budget, game->monotonic_ms, &before);
	for (size_t i = 0; i < game->oracle.count; i++) {
		struct entry *entry = &game->oracle.entries[i];

		if (entry->open)
			settle(game, entry, entry->hold.micro_usd, entry->hold.tokens);
	}
	budget_free(game->twin);
	game->twin = budget_new();
	budget_restore_latest(game->twin, game->latest_hour, game->latest_day);
	assert_false(budget_restore_windows(game->twin, &before, game->zone, game->now,
					    game->monotonic_ms));
	assert_int_equal(budget_windows(game->twin)->hour_ends, windows->hour_ends);
	assert_int_equal(budget_windows(game->twin)->day_ends, windows->day_ends);
	for (size_t i = 0; i < game->oracle.count; i++) {
		const struct entry *entry = &game->oracle.entries[i];
		struct budget_hold row = entry->hold, part;

		row.micro_usd = entry->micro_usd;
		row.tokens = entry->tokens;
		if (entry->session_gone)
			row.session[0] = '\0';
		if (entry->task_gone)
			row.task[0] = '\0';
		if (whole) {
			budget_recall(game->twin, &row);
			continue;
		}
		part = row;
		part.agent[0] = '\0';
		budget_recall(game->twin, &part);
		row.session[0] = row.task[0] = '\0';
		budget_recall(game->twin, &row);
	}
	game->restarts++;
	tell_time(game);
}

static void check_looks(const struct game *game, const struct budget *budget)
{
	const char *agent = agents[pick(ARRAY_LENGTH(agents))];
	const char *session = sessions[pick(ARRAY_LENGTH(sessions))];

	oracle_check_look(&game->oracle, budget, LAYER_REQUEST, "");
	oracle_check_look(&game->oracle, budget, LAYER_TASK, session);
	oracle_check_look(&game->oracle, budget, LAYER_TASK, "audit");
	oracle_check_look(&game->oracle, budget, LAYER_SESSION, session);
	oracle_check_look(&game->oracle, budget, LAYER_AGENT_HOUR, agent);
	oracle_check_look(&game->oracle, budget, LAYER_AGENT_DAY, agent);
	oracle_check_look(&game->oracle, budget, LAYER_SYSTEM_HOUR, "");
	oracle_check_look(&game->oracle, budget, LAYER_SYSTEM_DAY, "");
}

static void play(struct game *game)
{
	for (int step = 0; step < STEPS; step++) {
		uint64_t what = pick(100);

		if (what < 48)
			play_reserve(game);
		else if (what < 85)
			play_settle(game);
		else if (what < 90)
			play_forget(game);
		else if (what < 98)
			play_time(game);
		else if (what == 98)
			play_restart(game);
		else if (game->excess)
			deal_limits(game);
		check_looks(game, game->budget);
		if (game->twin)
			check_looks(game, game->twin);
		if (!game->excess && step % 20 == 0)
			oracle_check_caps(&game->oracle, &game->limits, &game->system,
					  game->experiments);
	}
}

static void run_games(unsigned count, bool excess)
{
	static struct game game;
	unsigned answers[3] = { 0 }, shrunk = 0, restarts = 0;

	for (unsigned i = 0; i < count; i++) {
		game = (struct game){
			.budget = budget_new(),
			.zone = load_zone(zones[i % ARRAY_LENGTH(zones)]),
			.experiments = pick(2),
			.excess = excess,
			.now = NOON - 27 * DAY_S - (int64_t)pick(3 * DAY_S), /* late October */
		};
		deal_limits(&game);
		tell_time(&game);
		play(&game);
		for (int a = 0; a < 3; a++)
			answers[a] += game.answers[a];
		shrunk += game.shrunk;
		restarts += game.restarts;
		budget_free(game.budget);
		budget_free(game.twin);
		zone_free(game.zone);
	}
	/* Each was really tried. */
	print_message("fits %u (shrunk %u), waits %u, over %u, restarts %u\n", answers[BUDGET_FITS],
		      shrunk, answers[BUDGET_WAITS], answers[BUDGET_OVER], restarts);
	assert_true(answers[BUDGET_FITS] > count * 10 && answers[BUDGET_WAITS] > count &&
		    answers[BUDGET_OVER] > count * 10 && shrunk > count && restarts > count);
}

static void test_within_caps(void **state)
{
	(void)state;
	run_games(60, false);
}

/* Limits change, and usage is more than was held: it is booked whole. */
static void test_excess(void **state)
{
	(void)state;
	run_games(60, true);
}

int run_property(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_within_caps),
		cmocka_unit_test(test_excess),
	};

	return cmocka_run_group_tests_name("budget property", tests, NULL, NULL);
}

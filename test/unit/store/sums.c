/* The sums of the ledger are what its rows say: a model counts along. */
#include "suite.h"

#include "database.h"

#define AGENTS 3
#define WORKS 4
#define HOURS 5
#define DAYS 3
#define ROUNDS 3000
#define DAY 86400

static const char *const agents[AGENTS] = { "kira", "max", "vera" };
static const char *const works[WORKS] = { "person", "task", "beat", "experiment" };

struct cell {
	int64_t micro_usd, tokens, reserved_micro_usd, reserved_tokens;
	bool used, seen;
};

/* What the rows come to, counted here. */
struct model {
	struct cell cells[DAYS][AGENTS][WORKS][HOURS];
	struct {
		struct call_row row;
		struct cell *cell;
		bool open;
	} calls[ROUNDS];
	size_t count;
	int64_t day; /* that is being compared */
};

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static int64_t draw(uint64_t *seed, int64_t below)
{
	return (int64_t)(next_random(seed) % (uint64_t)below);
}

static void model_reserve(struct place *place, struct model *model, uint64_t *seed)
{
	int64_t day = draw(seed, DAYS), agent = draw(seed, AGENTS), work = draw(seed, WORKS),
		hour = draw(seed, HOURS);
	struct cell *cell = &model->cells[day][agent][work][hour];
	struct call_row row = { .session = "s",
				.agent = agents[agent],
				.cause = "heartbeat Daily",
				.work = works[work],
				.route = "default",
				.provider = "claude",
				.model = "strong",
				.seq = (int64_t)model->count + 1,
				.attempt = 1,
				.hour = day * DAY + hour * 3600,
				.day = day * DAY,
				.reserved_at = 7300000,
				.request_bytes = 2000,
				.max_tokens = 400 };

	row.reserved_micro_usd = draw(seed, 1000000);
	row.reserved_tokens = draw(seed, 64000);
	assert_int_equal(0, store_call_reserve(place->store, &row, NULL, NULL));
	cell->micro_usd += row.reserved_micro_usd;
	cell->tokens += row.reserved_tokens;
	cell->reserved_micro_usd += row.reserved_micro_usd;
	cell->reserved_tokens += row.reserved_tokens;
	cell->used = true;
	model->calls[model->count].row = row;
	model->calls[model->count].cell = cell;
	model->calls[model->count++].open = true;
}

static void model_settle(struct place *place, struct model *model, uint64_t *seed)
{
	size_t i = model->count ? (size_t)draw(seed, (int64_t)model->count) : 0;
	struct call_row end = model->calls[i].row;
	struct cell *cell = model->calls[i].cell;

	if (!model->count)
		return;
	end.state = (enum call_state)(CALL_SETTLED + draw(seed, 3));
	end.settled_at = 1;
	end.micro_usd = draw(seed, 2000000);
	end.tokens = draw(seed, 128000);
	assert_int_equal(model->calls[i].open ? 0 : -(int)ERROR_CONFLICT,
			 store_call_settle(place->store, &end, NULL));
	if (!model->calls[i].open)
		return;
	model->calls[i].open = false;
	cell->reserved_micro_usd -= end.reserved_micro_usd;
	cell->reserved_tokens -= end.reserved_tokens;
	if (end.state == CALL_KEPT)
		return;
	cell->micro_usd -= end.reserved_micro_usd;
	cell->tokens -= end.reserved_tokens;
	if (end.state == CALL_SETTLED) {
		cell->micro_usd += end.micro_usd;
		cell->tokens += end.tokens;
	}
}

static size_t index_of(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	fail_msg("nobody is called \"%s\"", name);
	return 0;
}

static int compare_sum(void *context, const struct call_sum *sum)
{
	struct model *model = context;
	int64_t day = model->day, hour = (sum->hour - day * DAY) / 3600;
	struct cell *cell;

	assert_int_equal(day * DAY, sum->day);
	assert_in_range(hour, 0, HOURS - 1);
	cell = &model->cells[day][index_of(agents, AGENTS, sum->agent)]
			    [index_of(works, WORKS, sum->work)][hour];
	assert_true(cell->used && !cell->seen);
	cell->seen = true;
	assert_int_equal(cell->micro_usd, sum->micro_usd);
	assert_int_equal(cell->tokens, sum->tokens);
	assert_int_equal(cell->reserved_micro_usd, sum->reserved_micro_usd);
	assert_int_equal(cell->reserved_tokens, sum->reserved_tokens);
	return 0;
}

static void compare_sums(struct place *place, struct model *model)
{
	struct cell *cells = &model->cells[0][0][0][0];
	size_t count = sizeof(model->cells) / sizeof(*cells);

	for (model->day = 0; model->day < DAYS; model->day++)
		assert_int_equal(0, store_call_sums(place->store, model->day * DAY, compare_sum,
						    model, NULL));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(cells[i].used, cells[i].seen);
		cells[i].seen = false;
	}
}

static void sums_are_what_the_rows_say(void **state)
{
	struct place *place = *state;
	_free_ struct model *model = xcalloc(1, sizeof(*model));
	uint64_t seed = 0x9e3779b97f4a7c15;

	assert_int_equal(0, database_run(place->store, "BEGIN IMMEDIATE", NULL));
	for (size_t i = 0; i < ROUNDS; i++) {
		if (draw(&seed, 3))
			model_reserve(place, model, &seed);
		else
			model_settle(place, model, &seed);
		if (i % 250 == 0)
			compare_sums(place, model);
	}
	assert_int_equal(0, database_run(place->store, "COMMIT", NULL));
	compare_sums(place, model);
	/* a start: what was reserved counts as before, and is not open any more */
	assert_int_equal(0, store_calls_keep_open(place->store, 5, NULL));
	for (size_t i = 0; i < model->count; i++) {
		model->calls[i].cell->reserved_micro_usd = 0;
		model->calls[i].cell->reserved_tokens = 0;
	}
	compare_sums(place, model);
	assert_int_equal(0, store_call_sums(place->store, 12345, compare_sum, model, NULL));
}

int sums_tests(void)
{
	static const struct CMUnitTest tests[] = {
		PLACE_TEST(sums_are_what_the_rows_say),
	};

	return cmocka_run_group_tests_name("store: the sums of the ledger", tests, NULL, NULL);
}

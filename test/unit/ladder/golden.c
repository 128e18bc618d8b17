/* Every class of failure in every place where a call can stand. */
#include "suite.h"

static const struct ladder_policy policy = { 5, 1000, 60000 };

static const struct {
	const char *name;
	struct ladder_place place;
	int64_t retry_after_ms;
	unsigned quirk;
} places[] = {
	{ "next, first", { .attempts = 1, .attempts_here = 1, .has_next = true }, -1, 0 },
	{ "next, second", { .attempts = 2, .attempts_here = 2, .has_next = true }, -1, 0 },
	{ "next, told to wait", { .attempts = 1, .attempts_here = 1, .has_next = true }, 1500, 0 },
	{ "next, no retry left", { .attempts = 6, .attempts_here = 1, .has_next = true }, -1, 0 },
	{ "alone, first", { .attempts = 1, .attempts_here = 1 }, -1, 0 },
	{ "alone, last but one", { .attempts = 5, .attempts_here = 5 }, -1, 0 },
	{ "alone, no retry left", { .attempts = 6, .attempts_here = 6 }, -1, 0 },
	{ "alone, told to wait for long", { .attempts = 1, .attempts_here = 1 }, 600001, 0 },
	{ "next, can be mended",
	  { .attempts = 1, .attempts_here = 1, .has_next = true, .can_mend = true },
	  -1,
	  2 },
	{ "alone, mended enough",
	  { .attempts = 1, .attempts_here = 1, .mends = 4, .can_mend = true },
	  -1,
	  2 },
};

#define CLOCK "NNNNAASSNA"
#define QUICK "ANNNAASSAA"
#define REFUSED "NNNNSSSSNS"
#define MENDED "NNNNSSSSMS"

static const struct {
	enum failure_class class;
	const char *steps; /* again, next, mend, stop: one for each place */
	bool alert;
} rows[] = {
	{ FAILURE_NONE, "SSSSSSSSSS", false }, { FAILURE_NAME, CLOCK, false },
	{ FAILURE_CONNECT, CLOCK, false },     { FAILURE_TLS, CLOCK, false },
	{ FAILURE_FIRST_BYTE, CLOCK, false },  { FAILURE_PROGRESS, CLOCK, false },
	{ FAILURE_BROKEN, QUICK, false },      { FAILURE_FORMAT, QUICK, false },
	{ FAILURE_EMPTY, QUICK, false },       { FAILURE_SERVER, QUICK, false },
	{ FAILURE_OVERLOADED, QUICK, false },  { FAILURE_BUSY, QUICK, false },
	{ FAILURE_RATE, QUICK, false },        { FAILURE_MONEY, REFUSED, true },
	{ FAILURE_KEY, REFUSED, true },        { FAILURE_FORBIDDEN, REFUSED, true },
	{ FAILURE_MODEL, REFUSED, true },      { FAILURE_OVERFLOW, MENDED, false },
	{ FAILURE_PARAMETER, MENDED, false },  { FAILURE_HISTORY, MENDED, false },
	{ FAILURE_CONTENT, REFUSED, false },   { FAILURE_REQUEST, REFUSED, false },
	{ FAILURE_GATEWAY, QUICK, false },     { FAILURE_CANCELLED, "SSSSSSSSSS", false },
};

static struct ladder_decision decide(size_t row, size_t place)
{
	struct model_failure failure = {
		.class = rows[row].class,
		.retry_after_ms = places[place].retry_after_ms,
		.quirk = places[place].quirk,
	};

	return ladder_decide(&policy, &places[place].place, &failure, 0x80000000u);
}

void every_class_in_every_place(void **state)
{
	static const char letters[] = {
		[LADDER_AGAIN] = 'A',
		[LADDER_NEXT] = 'N',
		[LADDER_MEND] = 'M',
		[LADDER_STOP] = 'S',
	};

	(void)state;
	assert_int_equal(ARRAY_LENGTH(rows), FAILURE_CLASSES);
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		assert_int_equal(rows[i].class, i);
		assert_int_equal(strlen(rows[i].steps), ARRAY_LENGTH(places));
		for (size_t j = 0; j < ARRAY_LENGTH(places); j++) {
			struct ladder_decision decision = decide(i, j);

			if (letters[decision.step] != rows[i].steps[j])
				fail_msg("class %zu, %s: %c, not %c", i, places[j].name,
					 letters[decision.step], rows[i].steps[j]);
			assert_int_equal(decision.alert, rows[i].alert);
			if (decision.step == LADDER_AGAIN)
				assert_true(decision.wait_ms > 0);
			else
				assert_int_equal(decision.wait_ms, 0);
		}
	}
}

void every_decision_says_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		const char *reason = decide(i, 0).reason;

		assert_non_null(reason);
		assert_true(strlen(reason) > 8);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(reason, decide(j, 0).reason);
	}
	assert_string_equal(decide(FAILURE_SERVER, 6).reason, "every retry is used up");
	assert_string_equal(decide(FAILURE_RATE, 7).reason,
			    "the provider asks to wait for more than ten minutes");
	assert_string_equal(decide(FAILURE_KEY, 6).reason, "the key is refused");
}

/* A refusal of which nothing is known cannot be mended, whatever else is said. */
void only_a_known_mend_is_made(void **state)
{
	struct ladder_place place = { .attempts = 1, .attempts_here = 1, .can_mend = true };
	struct model_failure failure = { .class = FAILURE_PARAMETER, .retry_after_ms = -1 };

	(void)state;
	assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_STOP);
	failure.quirk = QUIRK_NO_STREAM_OPTIONS;
	for (; place.mends < LADDER_MENDS_MAX; place.mends++)
		assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_MEND);
	assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_STOP);
	place.mends = 0;
	failure = (struct model_failure){ .class = FAILURE_OVERFLOW, .retry_after_ms = -1 };
	assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_MEND);
	place.can_mend = false;
	assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_STOP);
	place.has_next = true;
	assert_int_equal(ladder_decide(&policy, &place, &failure, 0).step, LADDER_NEXT);
}

void models_are_told_from_providers(void **state)
{
	(void)state;
	for (size_t i = 0; i < FAILURE_CLASSES; i++)
		assert_int_equal(failure_is_models((enum failure_class)i),
				 i == FAILURE_MODEL || i == FAILURE_CONTENT || i == FAILURE_EMPTY);
}

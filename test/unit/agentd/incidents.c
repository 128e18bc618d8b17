/* Which incidents are told again by the clock, and what one that is over before it was told leaves.
 */
#include "incidents.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void what_was_met_once_does_not_last(void **state)
{
	static const struct {
		const char *key;
		bool lasts;
	} rows[] = {
		{ "state-damaged", false },
		{ "breaker http://127.0.0.1:1 #0 network", false },
		{ "provider main small overloaded", false },
		{ "failing kira", false },
		{ "silent kira \"Daily\"", false },
		{ "state", true },
		{ "flap kira", true },
		{ "monitor failing", true },
		{ "budget agent day kira 1763654400", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct incident *incident = incident_new(rows[i].key, NULL);

		assert_true(incident_is_of_the_clock(incident)); /* nobody has got it */
		incident->is_confirmed = true;
		assert_int_equal(rows[i].lasts, incident_is_of_the_clock(incident));
		incident_free(incident);
	}
}

static void what_did_not_go_out_was_not_told(void **state)
{
	struct incident *incident = incident_new("monitor site", NULL);

	(void)state;
	incident->opened = 100;
	incident->told = 100;
	incident->is_waiting = true;
	incident_untell(incident);
	assert_false(incident_is_known(incident));
	assert_false(incident->is_waiting);

	incident->told_before = 100;
	incident->told = 200;
	incident->is_waiting = true;
	incident_untell(incident);
	assert_true(incident_is_known(incident));
	assert_int_equal(100, incident->told);

	incident->told = 300;
	incident_untell(incident);
	assert_int_equal(300, incident->told);
	incident_free(incident);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_met_once_does_not_last),
		cmocka_unit_test(what_did_not_go_out_was_not_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

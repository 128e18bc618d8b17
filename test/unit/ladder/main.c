/* The ladder: what follows from every class of failure, how long is waited, and the breakers. */
#include "suite.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_class_in_every_place),
		cmocka_unit_test(every_decision_says_why),
		cmocka_unit_test(only_a_known_mend_is_made),
		cmocka_unit_test(models_are_told_from_providers),
		cmocka_unit_test(backoff_doubles_up_to_its_cap),
		cmocka_unit_test(jitter_fills_its_range),
		cmocka_unit_test(retry_after_is_never_undercut),
		cmocka_unit_test(a_quick_retry_is_quick),
		cmocka_unit_test(a_call_ends),
		cmocka_unit_test(breaker_opens_after_failures_in_a_row),
		cmocka_unit_test(breaker_opens_at_once),
		cmocka_unit_test(breaker_ignores_what_says_nothing),
		cmocka_unit_test(breaker_lets_one_probe_through),
		cmocka_unit_test(breaker_doubles_its_wait),
		cmocka_unit_test(breaker_keeps_to_retry_after),
		cmocka_unit_test(breaker_of_late_failures),
		cmocka_unit_test(breaker_survives_the_clock),
		cmocka_unit_test(breaker_survives_a_restart),
		cmocka_unit_test(breaker_never_stays_shut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

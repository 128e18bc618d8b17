/* The life of a session and the health of an agent: each clock by hand, and thousands of lives by
 * chance. */
#include "suite.h"

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_runs_to_its_end),
		cmocka_unit_test(a_session_that_hangs_is_ended),
		cmocka_unit_test(what_we_do_for_it_is_waited_for),
		cmocka_unit_test(a_daemon_that_stops_lets_it_go),
		cmocka_unit_test(a_last_word_is_the_last),
		cmocka_unit_test(what_cannot_be_killed_is_told),
		cmocka_unit_test(a_death_is_followed_by_a_pause),
		cmocka_unit_test(a_step_that_kills_is_poison),
		cmocka_unit_test(want_of_memory_is_tried_once_more),
		cmocka_unit_test(a_restart_forgets_no_death),
		cmocka_unit_test(what_happens_while_it_is_recorded_counts),
		cmocka_unit_test(backoff_doubles_with_jitter),
		cmocka_unit_test(every_life_ends_once),
		cmocka_unit_test(the_same_seed_is_the_same_life),
		cmocka_unit_test(every_cell_that_is_filled_is_reached),
		cmocka_unit_test(deaths_within_an_hour_flap),
		cmocka_unit_test(old_deaths_are_forgotten),
		cmocka_unit_test(a_clock_that_was_set_back_keeps_nothing_for_ever),
		cmocka_unit_test(more_deaths_than_are_kept),
		cmocka_unit_test(failures_in_a_row),
		cmocka_unit_test(a_section_that_never_succeeds_is_silent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

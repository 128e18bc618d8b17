#ifndef LIFECYCLE_SUITE_H
#define LIFECYCLE_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lifecycle/lifecycle.h"

#define HUNG_MS 300000
#define GRACE_MS 5000

static const struct life_rules rules = {
	.hung_ms = HUNG_MS,
	.grace_ms = GRACE_MS,
	.gone_ms = LIFE_GONE_MS,
	.farewell_ms = LIFE_FAREWELL_MS,
	.backoff_shortest_ms = 1000,
	.backoff_longest_ms = 600000,
	.deaths_max = LIFE_DEATHS_MAX,
	.ooms_max = LIFE_OOMS_MAX,
};

void a_session_runs_to_its_end(void **state);
void a_session_that_hangs_is_ended(void **state);
void what_we_do_for_it_is_waited_for(void **state);
void a_daemon_that_stops_lets_it_go(void **state);
void a_last_word_is_the_last(void **state);
void what_cannot_be_killed_is_told(void **state);
void a_death_is_followed_by_a_pause(void **state);
void a_step_that_kills_is_poison(void **state);
void want_of_memory_is_tried_once_more(void **state);
void a_restart_forgets_no_death(void **state);
void what_happens_while_it_is_recorded_counts(void **state);
void backoff_doubles_with_jitter(void **state);

void every_life_ends_once(void **state);
void the_same_seed_is_the_same_life(void **state);
void every_cell_that_is_filled_is_reached(void **state);

void deaths_within_an_hour_flap(void **state);
void old_deaths_are_forgotten(void **state);
void a_clock_that_was_set_back_keeps_nothing_for_ever(void **state);
void more_deaths_than_are_kept(void **state);
void failures_in_a_row(void **state);
void a_section_that_never_succeeds_is_silent(void **state);

#endif

#include "state.h"

#include "base/instant.h"

#define HOUR_S 3600
#define DAY_S 86400

/* No single change moves a clock by more than that (twice the 26 h that a zone may be from UTC). */
#define CHANGE_MAX_S (52 * HOUR_S)

/* A week within the years that civil dates have. */
#define NOW_MIN ((int64_t)-62135596800 + 7 * DAY_S)
#define NOW_MAX ((int64_t)253402300799 - 7 * DAY_S)

static int64_t clamped(int64_t now)
{
	return now < NOW_MIN ? NOW_MIN : now > NOW_MAX ? NOW_MAX : now;
}

static int64_t wall_at(const struct zone *zone, int64_t at)
{
	return at + zone_offset(zone, at);
}

static int64_t rest_of(int64_t value, int64_t unit)
{
	int64_t rest = value % unit;

	return rest < 0 ? rest + unit : rest;
}

/* ---- hours ----
 *
 * One begins when the local clock shows a full hour. A change of the clock that skips one makes the
 * hour before it longer; a change onto a full hour begins an hour. */

/* The last change in after < at <= until, or INT64_MIN. */
static int64_t last_change(const struct zone *zone, int64_t after, int64_t until)
{
	int64_t last = INT64_MIN;

	for (int64_t at = zone_next_change(zone, after); at <= until;
	     at = zone_next_change(zone, at))
		last = at;
	return last;
}

static int64_t hour_begin(const struct zone *zone, int64_t now)
{
	for (;;) {
		int64_t begin = now - rest_of(wall_at(zone, now), HOUR_S);
		int64_t change = last_change(zone, begin, now);

		if (change == INT64_MIN)
			return begin;
		now = change - 1;
	}
}

static int64_t hour_end(const struct zone *zone, int64_t now)
{
	for (;;) {
		int64_t end = now - rest_of(wall_at(zone, now), HOUR_S) + HOUR_S;
		int64_t change = zone_next_change(zone, now);

		if (change > end)
			return end;
		if (!rest_of(wall_at(zone, change), HOUR_S))
			return change;
		now = change;
	}
}

/* ---- days ---- */

static int64_t date_at(const struct zone *zone, int64_t at)
{
	int64_t wall = wall_at(zone, at);

	return (wall - rest_of(wall, DAY_S)) / DAY_S;
}

/* The latest date that the clock has shown: where it is put back over midnight, the day that had
 * begun goes on. */
static int64_t date_reached(const struct zone *zone, int64_t now)
{
	int64_t date = date_at(zone, now);

	for (int64_t at = zone_next_change(zone, now - CHANGE_MAX_S); at <= now;
	     at = zone_next_change(zone, at))
		if (date_at(zone, at - 1) > date)
			date = date_at(zone, at - 1);
	return date;
}

static int64_t date_begin(const struct zone *zone, int64_t date)
{
	struct civil midnight = { 0 };

	civil_from_days(date, &midnight.year, &midnight.month, &midnight.day);
	return zone_from_local(zone, &midnight);
}

void budget_windows_at(const struct zone *zone, int64_t now, struct budget_windows *ret_windows)
{
	int64_t at = clamped(now), date = date_reached(zone, at);

	*ret_windows = (struct budget_windows){
		.hour = hour_begin(zone, at),
		.hour_ends = hour_end(zone, at),
		.day = date_begin(zone, date),
		.day_ends = date_begin(zone, date + 1),
	};
}

/* ---- in force ---- */

struct period {
	int64_t begin, end;
};

typedef struct period (*period_at)(const struct zone *zone, int64_t now);

static struct period hour_at(const struct zone *zone, int64_t now)
{
	return (struct period){ hour_begin(zone, now), hour_end(zone, now) };
}

static struct period day_at(const struct zone *zone, int64_t now)
{
	int64_t date = date_reached(zone, now);

	return (struct period){ date_begin(zone, date), date_begin(zone, date + 1) };
}

/* Its beginning is the window's name in the ledger, so no two have the same. After a clock was
 * wrong, one that may have been in force before begins when it comes into force again, and not on
 * the full hour, where others begin. */
static void put_in_force(struct window *window, const struct period *shown, int64_t now,
			 int64_t monotonic_ms)
{
	int64_t name = shown->begin;

	if (window->in_force && name <= window->latest)
		for (name = now;
		     name == shown->begin || name == window->latest || name == window->began;)
			name++;
	*window = (struct window){
		.began = name,
		.ends = shown->end,
		.since_ms = monotonic_ms,
		.latest = window->in_force && window->latest > name ? window->latest : name,
		.in_force = true,
	};
}

static int64_t in_force_ms(const struct window *window, int64_t monotonic_ms)
{
	return monotonic_ms > window->since_ms ? monotonic_ms - window->since_ms : 0;
}

/* The clock shows less than the window's beginning. Returns how long that holds it yet. */
static int64_t held_ms(const struct window *window, const struct period *own, int64_t monotonic_ms)
{
	return (own->end - own->begin) * 1000 - in_force_ms(window, monotonic_ms);
}

/* Returns whether a new one began. */
static bool advance(struct window *window, period_at period, const struct zone *zone, int64_t now,
		    int64_t monotonic_ms)
{
	struct period shown = period(zone, now), own;
	int64_t held;

	if (!window->in_force || shown.begin > window->began) {
		put_in_force(window, &shown, now, monotonic_ms);
		return true;
	}
	window->ends = shown.end;
	if (now >= window->began)
		return false;
	own = period(zone, clamped(window->began));
	held = held_ms(window, &own, monotonic_ms);
	if (held <= 0) {
		put_in_force(window, &shown, now, monotonic_ms);
		return true;
	}
	window->ends = now + (held + 999) / 1000;
	if (window->ends >= window->began)
		window->ends = own.end; /* the clock comes to its beginning before that */
	return false;
}

static void clear_hours(struct budget *budget)
{
	budget->system.whole = (struct sum){ 0, 0 };
	for (size_t i = 0; i < budget->agents.capacity; i++)
		if (budget->agents.slots[i])
			budget->agents.slots[i]->whole = (struct sum){ 0, 0 };
}

static void clear_days(struct budget *budget)
{
	memset(budget->system.day, 0, sizeof(budget->system.day));
	for (size_t i = 0; i < budget->agents.capacity; i++)
		if (budget->agents.slots[i])
			memset(budget->agents.slots[i]->day, 0,
			       sizeof(budget->agents.slots[i]->day));
}

bool budget_advance(struct budget *budget, const struct zone *zone, int64_t now,
		    int64_t monotonic_ms)
{
	int64_t at = clamped(now);
	bool hour = advance(&budget->hour, hour_at, zone, at, monotonic_ms);
	bool day = advance(&budget->day, day_at, zone, at, monotonic_ms);

	if (hour)
		clear_hours(budget);
	if (day)
		clear_days(budget);
	if (day)
		accounts_sweep(&budget->agents);
	budget->windows = (struct budget_windows){
		.hour = budget->hour.began,
		.day = budget->day.began,
		.hour_ends = budget->hour.ends,
		.day_ends = budget->day.ends,
	};
	return hour || day;
}

void budget_restore_latest(struct budget *budget, int64_t hour, int64_t day)
{
	budget->hour.latest = hour;
	budget->day.latest = day;
}

void budget_look_in_force(const struct budget *budget, int64_t monotonic_ms,
			  struct budget_in_force *ret_in_force)
{
	*ret_in_force = (struct budget_in_force){
		.hour = budget->hour.began,
		.day = budget->day.began,
		.hour_ms = in_force_ms(&budget->hour, monotonic_ms),
		.day_ms = in_force_ms(&budget->day, monotonic_ms),
	};
}

bool budget_is_held(const struct budget *budget, int64_t now)
{
	int64_t at = clamped(now);

	return (budget->hour.in_force && at < budget->hour.began) ||
	       (budget->day.in_force && at < budget->day.began);
}

/* Longer than any window: more time in force says no more. */
#define IN_FORCE_MAX_MS (3 * DAY_S * INT64_C(1000))

static struct window in_force_again(const struct window *before, int64_t began, int64_t for_ms,
				    int64_t monotonic_ms)
{
	int64_t ms = for_ms < 0 ? 0 : for_ms > IN_FORCE_MAX_MS ? IN_FORCE_MAX_MS : for_ms;

	return (struct window){
		.began = began,
		.since_ms = monotonic_ms - ms,
		.latest = before->latest > began ? before->latest : began,
		.in_force = true,
	};
}

bool budget_restore_windows(struct budget *budget, const struct budget_in_force *before,
			    const struct zone *zone, int64_t now, int64_t monotonic_ms)
{
	budget->hour = in_force_again(&budget->hour, before->hour, before->hour_ms, monotonic_ms);
	budget->day = in_force_again(&budget->day, before->day, before->day_ms, monotonic_ms);
	return budget_advance(budget, zone, now, monotonic_ms);
}

const struct budget_windows *budget_windows(const struct budget *budget)
{
	return &budget->windows;
}

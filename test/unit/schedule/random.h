/* Random schedules, all of them valid. */
#ifndef TEST_SCHEDULE_RANDOM_H
#define TEST_SCHEDULE_RANDOM_H

#include "schedule/schedule.h"

#include <stdio.h>

static uint64_t random_state = 88172645463325252u;

static inline uint32_t pick(uint32_t count) /* 0 … count - 1; xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 2685821657736338717u >> 32) % count);
}

static inline uint8_t random_weekdays(void)
{
	return (uint8_t)(1 + pick(126));
}

static inline void random_times(struct schedule *s)
{
	unsigned count = 1 + (pick(3) ? 0 : pick(SCHEDULE_TIMES_MAX));
	uint16_t at = (uint16_t)pick(1440 / count);

	for (unsigned i = 0; i < count; i++) {
		s->times[s->time_count++] = at;
		at = (uint16_t)(at + 1 + pick(1440 / count - 1));
		if (at >= 1440)
			break;
	}
}

static inline void random_window(struct schedule *s)
{
	if (pick(2))
		return;
	s->window_begin = (uint16_t)(pick(3) ? pick(24) * 60 : pick(1440));
	s->window_end = (uint16_t)((s->window_begin + 1 + pick(1439)) % 1440);
}

static inline struct schedule random_calendar(void)
{
	struct schedule s = { .kind = SCHEDULE_CALENDAR };

	random_times(&s);
	switch (pick(8)) {
	case 0: break;
	case 1:
	case 2: s.weekdays = random_weekdays(); break;
	case 3: s.month_days = 1u << pick(32) | (pick(2) ? 0u : 1u << pick(32)); break;
	case 4:
		s.weekdays = random_weekdays();
		s.weekday_in_month = true;
		s.ordinal = pick(6) ? (int8_t)(1 + pick(5)) : -1;
		break;
	case 5:
		s.weekdays = random_weekdays();
		s.every_s = (2 + pick(7)) * 604800;
		break;
	case 6:
		s.every_s = (2 + pick(5)) * 86400;
		if (!pick(2))
			s.weekdays = random_weekdays();
		break;
	case 7:
		s.month_days = 1u << pick(32);
		s.weekdays = random_weekdays();
		break;
	}
	if (!pick(5))
		s.months = (uint16_t)(1 + pick(4094));
	return s;
}

/* In whole minutes where `minutes`, so that a scan by the minute sees all of it. */
static inline struct schedule random_interval(bool minutes)
{
	static const uint32_t common[] = { 1,   2,   5,   10,  15,   20, 30, 60,  90, 120, 180,
					   240, 360, 480, 720, 1440, 45, 7,  100, 25, 300, 2880 };
	struct schedule s = { .kind = SCHEDULE_INTERVAL };

	s.every_s = 60 *
		    (pick(3) ? common[pick(sizeof(common) / sizeof(common[0]))] : 1 + pick(3000));
	if (!minutes && pick(2))
		s.every_s = 1 + pick(200000);
	if (s.every_s < 86400) {
		random_window(&s);
		if (!pick(3))
			s.weekdays = random_weekdays();
		if (!pick(8))
			s.months = (uint16_t)(1 + pick(4094));
	}
	return s;
}

static inline int random_field(char *out, size_t size, int min, int max)
{
	int a = min + (int)pick((uint32_t)(max - min + 1)),
	    b = a + (int)pick((uint32_t)(max - a + 1));

	switch (pick(6)) {
	case 0:
	case 1: return snprintf(out, size, "*");
	case 2: return snprintf(out, size, "*/%d", 1 + (int)pick((uint32_t)(max - min)));
	case 3: return snprintf(out, size, "%d-%d/%d", a, b, 1 + (int)pick(9));
	case 4: return snprintf(out, size, "%d,%d-%d", min, a, b);
	default: return snprintf(out, size, "%d", a);
	}
}

static inline struct schedule random_cron(void)
{
	static const int limits[][2] = { { 0, 59 }, { 0, 23 }, { 1, 31 }, { 1, 12 }, { 0, 7 } };
	char text[200] = "cron";
	size_t used = 4;
	struct schedule s = { 0 };

	for (unsigned i = 0; i < 5; i++) {
		text[used++] = ' ';
		used += (size_t)random_field(text + used, sizeof(text) - used, limits[i][0],
					     limits[i][1]);
	}
	if (schedule_parse((struct span){ text, used }, &s, NULL) < 0)
		BUG("%s", text);
	return s;
}

static inline struct schedule random_once(void)
{
	return (struct schedule){ .kind = SCHEDULE_ONCE,
				  .once_local = 60 * (int64_t)(pick(70) * 525949 + pick(525949)) };
}

static inline struct schedule random_schedule(bool minutes)
{
	switch (pick(8)) {
	case 0:
	case 1:
	case 2: return random_calendar();
	case 3:
	case 4: return random_interval(minutes);
	case 7: return random_once();
	default: return random_cron();
	}
}

#endif

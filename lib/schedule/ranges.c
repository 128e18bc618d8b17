/* Hours and lengths of time on their own, as settings have them. */
#include "heading.h"
#include "wall.h"

bool schedule_read_gate(struct span heading, bool *ret_quiet, uint16_t *ret_begin,
			uint16_t *ret_end)
{
	struct heading h;

	heading_init(&h, heading, NULL, 0, NULL, NULL);
	heading_lay_out(&h);
	if (!is(&h.r, h.lead, MEANS_GATE))
		return false;
	*ret_quiet = h.t.item[h.lead].value == 1;
	*ret_begin = *ret_end = 0;
	for (unsigned at = h.lead + 1; at < h.t.count; at++)
		if (range_read(&h.r, at, true, ret_begin, ret_end))
			break;
	return true;
}

int schedule_parse_range(struct span text, uint16_t *ret_begin, uint16_t *ret_end,
			 struct error *error)
{
	struct heading h;
	uint16_t begin, end;
	unsigned n;

	heading_init(&h, text, NULL, 0, NULL, NULL);
	n = range_read(&h.r, 0, true, &begin, &end);
	if (h.r.broken || !n || n != h.t.count)
		return error_set(error, ERROR_INVALID,
				 "\"%.*s\" is no range of hours: write \"08:00-22:00\"",
				 text.length > 40 ? 40 : (int)text.length,
				 text.length ? text.data : "");
	*ret_begin = begin;
	*ret_end = end;
	return 0;
}

int schedule_parse_duration(struct span text, uint32_t *ret_seconds, struct error *error)
{
	struct heading h;
	unsigned at, n = 1;
	uint64_t seconds = 0;
	uint32_t number = 1;

	heading_init(&h, text, NULL, 0, NULL, NULL);
	at = is(&h.r, 0, MEANS_EVERY);
	if (at && unit_at(&h.r, at) > 0) {
		seconds = (uint64_t)unit_at(&h.r, at++);
	} else {
		for (; n && at < h.t.count && seconds <= UINT32_MAX; at += n ? n + 1 : 0) {
			n = skip_range_of_numbers(&h.r, at, &number);
			if (n && unit_at(&h.r, at + n) > 0)
				seconds += (uint64_t)number * (uint64_t)unit_at(&h.r, at + n);
			else
				n = 0;
		}
	}
	if (at != h.t.count || !seconds || seconds > 366u * DAY_S)
		return error_set(
			error, ERROR_INVALID,
			"\"%.*s\" is no length of time: write \"30 minutes\", \"2h\" or \"90s\"",
			text.length > 40 ? 40 : (int)text.length, text.length ? text.data : "");
	*ret_seconds = (uint32_t)seconds;
	return 0;
}

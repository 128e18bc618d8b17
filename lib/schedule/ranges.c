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

/* Requests drawn at random: what a session could have stored when it was cut anywhere, and worse.
 */
#ifndef TEST_MODEL_DRAW_H
#define TEST_MODEL_DRAW_H

#include "model/model.h"

struct draw {
	uint64_t state;
};

unsigned draw_number(struct draw *draw, unsigned below);

/* A neutral request: texts empty, blank or long, calls with and without results, results without
 * calls, names and ids that nobody takes, what providers "here" and "there" and models "m" and "n"
 * gave along. */
json_t *draw_request(struct draw *draw);

#endif

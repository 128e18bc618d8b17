/* Answers for benches: a session is one call, one fact and an end. */
#ifndef PROVIDER_INSTANT_H
#define PROVIDER_INSTANT_H

#include "script.h"

#include <jansson.h>

/* One `remember` call when the last message of `body` is a user's, else a short final text. The
 * answer is made of static memory and good until the next call. */
const struct answer *instant_answer(const json_t *body, unsigned number);

#endif

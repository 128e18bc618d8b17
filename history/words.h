/* The command line: the policy's words, then our own. */
#ifndef HISTORY_WORDS_H
#define HISTORY_WORDS_H

#include "sandbox/sandbox.h"

struct words {
	struct sandbox_policy policy;
	const char *workspace; /* absolute */
	int output;            /* a folder for bundles; -1: none */
};

int words_read(char *const *argv, size_t count, struct words *ret_words, struct error *error);

#endif

/* What the tests order; and the groups of tests. */
#ifndef TEST_GATEWAY_ORDER_H
#define TEST_GATEWAY_ORDER_H

#include "child.h"

#include "provider/client/started_provider.h"

#define KEY "sk-canary-5f1d0c7e9b"
#define SECRETS "{\"TEST_KEY\":\"" KEY "\",\"EMPTY\":\" \",\"TWO\":\"a\\nb\"}"

#define ENV_KEY "{\"env\":\"TEST_KEY\"}"

json_t *order_request(const char *text);

/* Parameters of `complete`. `p` NULL: nobody listens there. `key`: the JSON text of where it is. */
json_t *order_json(const struct started_provider *p, const char *call, const char *kind,
		   const char *key);

int lives_tests(void);

#endif

/* A call under test and all that came of it; and the groups of tests. */
#ifndef TEST_TRANSPORT_HEARD_H
#define TEST_TRANSPORT_HEARD_H

#include "loop.h"

#include "base/buffer.h"

/* A call and all that came of it. */
struct heard {
	unsigned *ended;
	int status;
	int64_t retry_after_ms, bytes;
	unsigned sent, times_done;
	struct buffer data, body;
	enum transport_trouble trouble;
	struct error error; /* code 0: none */
	int refuse_after;   /* pieces of data; < 0: never */
	struct transport_call *call;
	bool progresses;
};

#define PATIENT ((struct transport_clocks){ 10000, 10000, 10000 })

void heard_init(struct heard *heard, unsigned *ended);
void heard_clear(struct heard *heard);
void heard_start(struct loop *loop, struct heard *heard, const char *url,
		 struct transport_clocks clocks);
int heard_data(void *context, struct span bytes);
void heard_done(void *context, const struct transport_end *end);

int answers_tests(void);
int unreachable_tests(void);
int many_tests(void);
int tls_tests(void);

#endif

/* A loop of poll(2) for a transport under test. */
#ifndef TEST_TRANSPORT_LOOP_H
#define TEST_TRANSPORT_LOOP_H

#include "transport/transport.h"

#include <poll.h>

#define LOOP_FDS_MAX 4096

struct loop {
	struct transport *transport;
	struct pollfd fds[LOOP_FDS_MAX];
	size_t count;
	int64_t timer_at; /* < 0: none */
};

void loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* Runs until *done is `count`; a test that takes longer than 20 seconds fails. */
void loop_until(struct loop *loop, const unsigned *done, unsigned count);

/* Handles what is ready, waiting at most `wait_ms`. */
void loop_turn(struct loop *loop, int wait_ms);

#endif

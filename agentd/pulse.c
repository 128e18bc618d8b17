#include "pulse.h"

#include "handle.h"
#include "notify.h"
#include "state_file.h"

#include "base/clock.h"

struct pulse {
	struct daemon *daemon;
	uv_timer_t *timer;
	bool is_asked; /* the store's thread has not answered so far */
};

static int work_nothing(struct store *store, void *context, struct error *error)
{
	(void)store;
	(void)context;
	(void)error;
	return 0;
}

static void store_answered(void *context, int result, const struct error *error)
{
	struct pulse *pulse = context;

	(void)result;
	(void)error;
	pulse->is_asked = false;
	notify_alive();
}

/* Behind what waits already, and not "later": a busy thread is alive. It writes nothing, so that
 * the transaction costs no sync. */
static void beat(uv_timer_t *timer)
{
	struct pulse *pulse = timer->data;
	struct store_writer *writer = pulse->daemon->writer;

	if (state_file_trouble(pulse->daemon)) /* it waits for a disk, and is alive */
		notify_alive();
	if (pulse->is_asked || !writer)
		return;
	pulse->is_asked = !store_submit(writer, work_nothing, store_answered, pulse);
}

struct pulse *pulse_new(struct daemon *daemon)
{
	int64_t interval_ms = notify_interval_ms();
	struct pulse *pulse;

	if (!interval_ms)
		return NULL;
	pulse = xcalloc(1, sizeof(*pulse));
	pulse->daemon = daemon;
	pulse->timer = handle_timer(&daemon->loop, pulse);
	uv_timer_start(pulse->timer, beat, 0, (uint64_t)interval_ms);
	uv_unref((uv_handle_t *)pulse->timer);
	return pulse;
}

void pulse_free(struct pulse *pulse)
{
	free(pulse);
}

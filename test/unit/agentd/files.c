/* What a session is begun with, while its agent's files are being saved. */
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* ---- what it asks, in order: a hash of all inputs, files, their judgement ---- */

static char asked[16];
static unsigned holds; /* so many judgements are that it is to wait */
static bool waits;

static void note(char what)
{
	size_t length = strlen(asked);

	assert_true(length + 1 < sizeof(asked));
	asked[length] = what;
	asked[length + 1] = '\0';
}

int workspace_inputs_given(const struct workspace *workspace, const char *agent, char out[17],
			   struct error *error)
{
	(void)workspace, (void)agent, (void)error;
	snprintf(out, 17, "0123456789abcdef");
	note('h');
	return 0;
}

int workspace_agent_open(const struct workspace *workspace, const char *name, int *ret_dir,
			 struct error *error)
{
	(void)workspace, (void)name, (void)ret_dir, (void)error;
	return 0;
}

int workspace_read_all(int dir, const char *agent, struct sources *ret_sources, struct error *error)
{
	(void)dir, (void)agent, (void)error;
	*ret_sources = (struct sources){ 0 };
	note('r');
	return 0;
}

void sources_clear(struct sources *sources)
{
	*sources = (struct sources){ 0 };
}

bool saving_waits(const struct resident *resident)
{
	(void)resident;
	return waits;
}

bool saving_holds_session(struct daemon *daemon, struct resident *resident, const char *id,
			  const struct sources *sources)
{
	(void)daemon, (void)resident, (void)id, (void)sources;
	waits = holds > 0;
	holds -= waits;
	return waits;
}

/* ---- cases ---- */

static struct agent agent;
static struct daemon of_all;
static struct session session;
static struct resident resident;

static int setup(void **state)
{
	(void)state;
	session = (struct session){ .daemon = &of_all, .key = (char[]){ "Tidy" } };
	resident = (struct resident){ .agent = &agent };
	asked[0] = '\0';
	holds = 0;
	waits = false;
	return 0;
}

static void test_whole(void **state)
{
	(void)state;
	assert_true(session_read_files(&session, &resident));
	assert_string_equal(asked, "hr"); /* what changes while they are read is not in the hash */
	assert_non_null(session.files);
	session_forget_files(&session);
	assert_null(session.files);
}

/* It looks ten times a second, and an agent may have 20,000 files. */
static void test_held(void **state)
{
	(void)state;
	holds = 4;
	for (size_t i = 0; i < 4; i++) {
		assert_false(session_read_files(&session, &resident));
		assert_null(session.files);
	}
	assert_string_equal(asked, "hrrrr");
	asked[0] = '\0';
	assert_true(session_read_files(&session, &resident));
	assert_string_equal(asked, "rhr"); /* and what it is begun with was read behind the hash */
	session_forget_files(&session);
}

static void test_ended(void **state)
{
	(void)state;
	session.outcome = OUTCOME_INTERRUPTED;
	waits = true;
	holds = 1;
	assert_true(session_read_files(&session, &resident));
	assert_string_equal(asked, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, setup),
		cmocka_unit_test_setup(test_held, setup),
		cmocka_unit_test_setup(test_ended, setup),
	};

	return cmocka_run_group_tests_name("session files", tests, NULL, NULL);
}

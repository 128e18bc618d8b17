#include "suite.h"

#include "model/model.h"

#include "base/file.h"

#include <stdio.h>

#define GOLDEN "test/unit/agent/golden/"

static const char soul[] =
	"---\nrole: support\n---\n# Kira\n\nFront-line support for a small shop.  \nWarm, brief.\n";
static const char constitution[] = "# Rules\n\n1. Never guess an amount\n2. Never promise a date\n";
static const char memory[] =
	"# MEMORY.md\n\n"
	"## Recent (L0 — raw facts)\n- 2026-11-20: Jo prefers e-mail\n"
	"- 2026-11-19: order 81 was refunded\n\n"
	"## Patterns (L2)\n- Mondays are busy\n\n"
	"## Principles (L3)\n- Check the plan first (learned: wrong refund)\n\n"
	"## Contacts\n- Max: data\n";

static struct plan daily(void)
{
	static char checklist[] = "- Read MEMORY.md and load yesterday's context\n"
				  "- Check BULLETIN.md for system-wide announcements\n"
				  "- [ ] Refresh knowledge base from /knowledge/ directory\n"
				  "- Answer open questions\n"
				  "  1. oldest first";
	static char start[] =
		"- Load MEMORY.md\n- Verify API connectivity\n- Log session start timestamp";
	static char knowledge[] = "- knowledge/prices.md: Prices\n",
		    standing[] = "## Rules\n- polite";
	static char skills[] = "- refunds: when and how to refund\n", heading[] = "Daily (07:00)";
	static char moment[] = "Saturday 2026-11-21 07:00 Asia/Taipei (UTC+08:00)";
	static char since[] = "Last run: 2026-11-20 07:00; changed since: MEMORY.md";
	static char budget[] =
		"Budget: $0.12 of $2.00 spent today, $0.12 of $1.00 this hour; $0.50 for "
		"this session.";
	static char bulletin[] = "max, 2026-11-20 23:10Z:\n> - 47 customers were charged twice\n";

	return (struct plan){
		.agent = "kira",
		.cause = CAUSE_HEARTBEAT,
		.heading = heading,
		.constitution = { (char *)(uintptr_t)constitution, "" },
		.soul = { (char *)(uintptr_t)soul, "" },
		.memory = { (char *)(uintptr_t)memory, "" },
		.bulletin = { bulletin, "" },
		.standing = standing,
		.session_start = start,
		.checklist = checklist,
		.knowledge = knowledge,
		.skills = skills,
		.moment = moment,
		.since = since,
		.budget = budget,
	};
}

/* Everything in order, each section under a line that tells its name and nature. */
static void print(const struct prompt *prompt, struct buffer *out)
{
	for (size_t i = 0; i < prompt->count; i++) {
		const struct prompt_section *s = &prompt->sections[i];

		buffer_printf(out, "=== %s%s%s%s\n%s\n", s->name, s->stable ? ", stable" : "",
			      s->user ? ", user" : "", s->untrusted ? ", untrusted" : "", s->text);
	}
}

static void read_golden(const char *name, struct buffer *out)
{
	_free_ char *path = xasprintf(GOLDEN "%s.txt", name);
	_fd_ int dir = -1;

	assert_int_equal(directory_open(".", &dir, NULL), 0);
	assert_int_equal(file_read(dir, path, out, NULL, NULL), 0);
}

static void check_golden(const char *name, const struct plan *plan)
{
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	CLEANUP(buffer_clear) struct buffer out = BUFFER(65536), golden = BUFFER(65536);
	_fd_ int dir = -1, fd = -1;

	assert_int_equal(plan_prompt(plan, &prompt, NULL), 0);
	print(&prompt, &out);
	if (getenv("AGENTD_GOLDEN_UPDATE")) {
		_free_ char *path = xasprintf(GOLDEN "%s.txt", name);

		assert_int_equal(directory_open(".", &dir, NULL), 0);
		assert_int_equal(file_create(dir, path, 0644, &fd, NULL), 0);
		assert_int_equal(fd_write_all(fd, buffer_span(&out), NULL), 0);
	}
	read_golden(name, &golden);
	assert_string_equal(out.data, golden.data);
}

static void test_golden_daily(void **state)
{
	struct plan plan = daily();

	(void)state;
	check_golden("daily", &plan);
}

static void test_golden_message(void **state)
{
	static char message[] = "Where is my order?";
	struct plan plan = daily();

	(void)state;
	plan.cause = CAUSE_MESSAGE;
	plan.message = message;
	plan.heading = plan.checklist = plan.standing = plan.since = NULL;
	check_golden("message", &plan);
}

static void test_golden_bare(void **state)
{
	static char text[] = "- look around";
	struct plan plan = {
		.agent = "solo",
		.cause = CAUSE_MANUAL,
		.constitution = { (char *)(uintptr_t)constitution_default, "" },
		.checklist = text,
	};

	(void)state;
	check_golden("bare", &plan);
}

static const struct prompt_section *section(const struct prompt *prompt, const char *name)
{
	for (size_t i = 0; i < prompt->count; i++)
		if (!strcmp(prompt->sections[i].name, name))
			return &prompt->sections[i];
	return NULL;
}

/* Identity is in the prompt to the byte, behind its front matter, in one piece. */
static void test_verbatim(void **state)
{
	struct plan plan = daily();
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };

	(void)state;
	assert_int_equal(plan_prompt(&plan, &prompt, NULL), 0);
	assert_string_equal(prompt.sections[0].name, "constitution");
	assert_string_equal(prompt.sections[1].name, "soul");
	assert_non_null(strstr(prompt.sections[0].text, constitution));
	assert_non_null(strstr(prompt.sections[1].text, strstr(soul, "# Kira")));
	assert_null(strstr(prompt.sections[1].text, "role: support"));
}

/* What is stable comes first, and does not change with the moment. */
static void test_stable_front(void **state)
{
	static char later[] = "Sunday 2026-11-22 07:00 Asia/Taipei (UTC+08:00)";
	static const char grown[] =
		"# MEMORY.md\n\n## Recent (L0 — raw facts)\n- 2026-11-21: new\n\n"
		"## Patterns (L2)\n- Mondays are busy\n\n"
		"## Principles (L3)\n- Check the plan first (learned: wrong refund)\n\n"
		"## Contacts\n- Max: data\n";
	struct plan first = daily(), second = daily();
	CLEANUP(prompt_clear) struct prompt a = { 0 }, b = { 0 };
	size_t i = 0;

	(void)state;
	second.moment = later;
	second.memory.text = (char *)(uintptr_t)grown;
	assert_int_equal(plan_prompt(&first, &a, NULL), 0);
	assert_int_equal(plan_prompt(&second, &b, NULL), 0);
	for (; i < a.count && a.sections[i].stable; i++)
		assert_string_equal(a.sections[i].text, b.sections[i].text);
	assert_true(i >= 6);
	for (; i < a.count; i++)
		assert_false(a.sections[i].stable);
}

/* Which items the runtime has done, and what it says of them. */
static void test_chores(void **state)
{
	static const struct {
		const char *item, *expect;
	} rows[] = {
		{ "- Read MEMORY.md and load yesterday's context",
		  "- [x] Read MEMORY.md and load yesterday's context: loaded above (5 facts)" },
		{ "* [ ] Load MEMORY.md", "- [x] Load MEMORY.md: loaded above (5 facts)" },
		{ "- Check BULLETIN.md for system-wide announcements",
		  "- [x] Check BULLETIN.md for system-wide announcements: read, 1 entry above" },
		{ "1. Check the bulletin", "- [x] Check the bulletin: read, 1 entry above" },
		{ "- Refresh knowledge base from /knowledge/ directory",
		  "- [x] Refresh knowledge base from /knowledge/ directory: fresh, 1 file listed above" },
		{ "- **Verify API connectivity**",
		  "- [x] Verify API connectivity: this request got through" },
		{ "- Log session start timestamp",
		  "- [x] Log session start timestamp: logged, Saturday "
		  "2026-11-21 07:00 Asia/Taipei (UTC+08:00)" },
		{ "- Re-read SOUL.md", "- [x] Re-read SOUL.md: in force, above" },
		{ "- Read SOUL.md", "- [x] Read SOUL.md: in force, above" },
		{ "- Read MEMORY.md and distill it", "- Read MEMORY.md and distill it" },
		{ "- Update MEMORY.md", "- Update MEMORY.md" },
		{ "- Check the bulletin and answer questions",
		  "- Check the bulletin and answer questions" },
		{ "- Check mail", "- Check mail" },
		{ "- Log the start of each customer's session",
		  "- Log the start of each customer's session" },
		{ "- Verify", "- Verify" },
		{ "Load MEMORY.md", "Load MEMORY.md" },
		{ "- Load MEMORY.md\n  and count the facts",
		  "- Load MEMORY.md\n  and count the facts" },
		{ "- Load MEMORY.md\n  - all of it", "- Load MEMORY.md\n  - all of it" },
		{ "```\n- Load MEMORY.md\n```", "```\n- Load MEMORY.md\n```" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		_free_ char *checklist = xstrdup(rows[i].item);
		struct plan plan = daily();
		CLEANUP(prompt_clear) struct prompt prompt = { 0 };
		const char *text;

		plan.checklist = checklist;
		assert_int_equal(plan_prompt(&plan, &prompt, NULL), 0);
		text = strstr(section(&prompt, "beat")->text, "Checklist:\n");
		assert_string_equal(text + strlen("Checklist:\n"), rows[i].expect);
	}
}

/* A message is the user turn and nothing else is. */
static void test_message_alone(void **state)
{
	static char message[] = "  hi\n";
	struct plan plan = daily();
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };

	(void)state;
	plan.cause = CAUSE_MESSAGE;
	plan.message = message;
	assert_int_equal(plan_prompt(&plan, &prompt, NULL), 0);
	for (size_t i = 0; i < prompt.count; i++)
		if (prompt.sections[i].user)
			assert_string_equal(prompt.sections[i].text, message);
	assert_null(section(&prompt, "beat"));
	assert_true(section(&prompt, "bulletin")->untrusted);
}

/* A whole beat of a three-line agent, tools included: at most 700 tokens of four bytes. */
static void test_lean(void **state)
{
	static char three[] =
		"# Watcher\nYou watch the log folder of a small web shop.\nBe brief.\n";
	static char text[] = "- Look for new errors and post what others must know",
		    heading[] = "Hourly";
	static char moment[] = "Saturday 2026-11-21 07:00 Asia/Taipei (UTC+08:00)";
	static char since[] = "Last run: 2026-11-21 06:00", none[] = "";
	static char budget[] =
		"Budget: $0.12 of $2.00 spent today, $0.12 of $1.00 this hour; $0.50 for "
		"this session.";
	struct plan plan = {
		.agent = "watcher",
		.heading = heading,
		.constitution = { (char *)(uintptr_t)constitution_default, "" },
		.soul = { three, "" },
		.checklist = text,
		.standing = none,
		.session_start = none,
		.knowledge = none,
		.skills = none,
		.moment = moment,
		.since = since,
		.budget = budget,
	};
	CLEANUP(prompt_clear) struct prompt prompt = { 0 };
	json_t *request = model_request_new(4096);
	const struct tool *tools;
	size_t count, own = 0;
	_free_ char *json = NULL;

	(void)state;
	assert_int_equal(plan_prompt(&plan, &prompt, NULL), 0);
	tools = tool_table(&count);
	for (size_t i = 0; i < count; i++)
		model_request_add_tool(request, &tools[i]);
	for (size_t i = 0; i < prompt.count; i++) {
		own += strlen(prompt.sections[i].text);
		if (prompt.sections[i].user)
			model_request_add_user(request, span_of(prompt.sections[i].text));
		else
			model_request_add_system(request, span_of(prompt.sections[i].text),
						 prompt.sections[i].stable);
	}
	own -= strlen(three) + strlen(text) + strlen(constitution_default);
	json = json_dumps(request, JSON_COMPACT);
	print_message("framing %zu bytes, request %zu bytes, about %lld tokens\n", own,
		      strlen(json), (long long)prompt_tokens(span_of(json)));
	assert_true(own <= 1200);
	assert_true(prompt_tokens(span_of(json)) <= 700);
	json_decref(request);
}

int run_prompt(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden_daily),  cmocka_unit_test(test_golden_message),
		cmocka_unit_test(test_golden_bare),   cmocka_unit_test(test_verbatim),
		cmocka_unit_test(test_stable_front),  cmocka_unit_test(test_chores),
		cmocka_unit_test(test_message_alone), cmocka_unit_test(test_lean),
	};

	return cmocka_run_group_tests_name("agent prompt", tests, NULL, NULL);
}

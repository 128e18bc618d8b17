/* Scripts: what they play, and what the checker says about them. */
#include "record.h"

static const char script[] = "---\ntitle: x\n---\n"
			     "# Rehearsal\n"
			     "Some words.\n"
			     "\n"
			     "## When Daily\n"
			     "- say: Good *morning*.\n"
			     "  I look at the\n"
			     "  bulletin.\n"
			     "- say: Second line.\n"
			     "- call bulletin_read\n"
			     "- call remember: A fact with \"quotes\" & <b>\n"
			     "- just a note\n"
			     "* SAY: Now I post.\n"
			     "+ Call write_file: {\"path\": \"a.md\",\n"
			     "  \"text\": \"b\"}\n"
			     "\n"
			     "1. call bulletin_post: Done.\n"
			     "2. say: Good bye.\n"
			     "\n"
			     "<!-- - say: commented out -->\n"
			     "```\n- say: in a fence\n```\n"
			     "### When \"duplicate charge\":\n"
			     "- say: Sorry!\n"
			     "\n"
			     "## Notes\n"
			     "- say: outside\n"
			     "## When daily report\n"
			     "- say: never\n"
			     "## When broken\n"
			     "- call write_file: no JSON\n"
			     "- call nothing: x\n"
			     "- call bulletin_read: x\n"
			     "- call remember: {\"text\": 5}\n"
			     "- call remember\n"
			     "\n"
			     "say: no item\n"
			     "\n"
			     "## When empty\n"
			     "## When\n"
			     "- say: no title\n";

struct play_row {
	const char *name;
	const char *messages; /* ' for " */
	const char *outcome;
};

#define USER(text) "{'role':'user','text':'" text "'}"
#define TURN "{'role':'assistant','text':''},{'role':'tool','results':[]}"
#define NOTHING "No model is configured: this is a rehearsal, and no model was called. "

static const struct play_row play_rows[] = {
	{ "first turn", USER("Heartbeat: DAILY (07:00)"),
	  "\"Good *morning*. I look at the bulletin.\nSecond line.\" bulletin_read{} "
	  "remember{\"text\":\"A "
	  "fact with \\\"quotes\\\" & <b>\"} tools 0/0/0/0/0" },
	{ "second turn", USER("daily") "," TURN,
	  "\"Now I post.\" write_file{\"path\":\"a.md\",\"text\":\"b\"} "
	  "bulletin_post{\"text\":\"Done.\"} "
	  "tools 0/0/0/0/0" },
	{ "last turn", USER("daily") "," TURN "," TURN, "\"Good bye.\" end 0/0/0/0/0" },
	{ "a note of the runtime is no message",
	  USER("daily") "," TURN ",{'role':'user','text':'duplicate charge','runtime':true}",
	  "\"Now I post.\" write_file{\"path\":\"a.md\",\"text\":\"b\"} "
	  "bulletin_post{\"text\":\"Done.\"} "
	  "tools 0/0/0/0/0" },
	{ "behind the last turn", USER("daily") "," TURN "," TURN "," TURN,
	  "\"The rehearsal ends here; no model was called.\" end 0/0/0/0/0" },
	{ "a new message begins anew", USER("daily") "," TURN "," USER("A Duplicate Charge?"),
	  "\"Sorry!\" end 0/0/0/0/0" },
	{ "user texts that follow each other are one", USER("daily") "," USER("now"), NULL },
	{ "no section", USER("weekly"),
	  "\"" NOTHING
	  "No `## When` section of REHEARSAL.md matches this beat or message.\" end 0/0/0/0/0" },
	{ "bad and unknown calls", USER("broken"),
	  "\"\" write_file!no JSON nothing{\"text\":\"x\"} bulletin_read{\"text\":\"x\"} "
	  "remember{\"text\":5} "
	  "remember{} tools 0/0/0/0/0" },
	{ "an empty section", USER("empty"),
	  "\"The rehearsal ends here; no model was called.\" end "
	  "0/0/0/0/0" },
	{ "no messages", "", NULL },
};

static void play(const char *messages, const char *text, struct record *record)
{
	_free_ char *wrapped = xasprintf("{'messages':[%s]}", messages);
	_free_ char *bytes = stream_row_bytes(wrapped, "\n");
	json_t *request = json_loads(bytes, 0, NULL);

	*record = (struct record){ 0 };
	assert_non_null(request);
	record->result = model_rehearse(request, text, &record->reply, &record->error);
	json_decref(request);
}

static void scripts_are_played(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(play_rows); i++) {
		CLEANUP(record_clear) struct record record;
		CLEANUP(buffer_clear) struct buffer outcome = BUFFER(65536);

		play(play_rows[i].messages, script, &record);
		record_describe(&record, &outcome);
		if (play_rows[i].outcome)
			assert_string_equal(outcome.data, play_rows[i].outcome);
		assert_int_equal(record.result, 0);
		assert_null(record.reply->request_id);
		assert_null(record.reply->opaque);
	}
}

/* Ids differ between turns, as a model's would. */
static void ids_differ(void **state)
{
	CLEANUP(record_clear) struct record first;
	CLEANUP(record_clear) struct record second;

	(void)state;
	play(USER("daily"), script, &first);
	play(USER("daily") "," TURN, script, &second);
	for (size_t i = 0; i < 4; i++)
		assert_string_not_equal(first.reply->calls[i / 2].id,
					second.reply->calls[i % 2].id);
}

static void without_a_script(void **state)
{
	CLEANUP(record_clear) struct record record;

	(void)state;
	play(USER("daily"), NULL, &record);
	assert_int_equal(record.reply->call_count, 0);
	assert_non_null(strstr(record.reply->text, "No model is configured"));
	assert_true(record.reply->usage.known);
}

struct found_row {
	unsigned line, column;
	const char *code;
};

static const struct found_row found_rows[] = {
	{ 14, 3, "rehearsal-line" },      { 30, 3, "rehearsal-outside" },
	{ 31, 4, "rehearsal-shadowed" },  { 34, 3, "rehearsal-arguments" },
	{ 35, 3, "rehearsal-tool" },      { 36, 3, "rehearsal-arguments" },
	{ 37, 3, "rehearsal-arguments" }, { 38, 3, "rehearsal-arguments" },
	{ 40, 1, "rehearsal-list" },      { 43, 4, "rehearsal-when" },
	{ 42, 4, "rehearsal-empty" },
};

static void scripts_are_checked(void **state)
{
	CLEANUP(diagnostics_clear)
	struct diagnostics found = { .file = "agents/kira/REHEARSAL.md" };

	(void)state;
	model_rehearsal_check(span_of(script), &found);
	for (size_t i = 0; i < found.count; i++)
		print_message("%u:%u: %s: %s\n", found.items[i].line, found.items[i].column,
			      found.items[i].code, found.items[i].message);
	for (size_t i = 0; i < ARRAY_LENGTH(found_rows); i++) {
		assert_true(i < found.count);
		assert_int_equal(found.items[i].line, found_rows[i].line);
		assert_int_equal(found.items[i].column, found_rows[i].column);
		assert_string_equal(found.items[i].code, found_rows[i].code);
	}
	assert_int_equal(found.count, ARRAY_LENGTH(found_rows));
}

static void odd_scripts(void **state)
{
	static const char *const scripts[] = { "", "\xFF\xFE", "# Title\n", "- say: x\n",
					       "## Whenever\n- say: x\n" };
	CLEANUP(buffer_clear) struct buffer huge = BUFFER(4 * 1024 * 1024);
	CLEANUP(diagnostics_clear) struct diagnostics found = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(scripts); i++) {
		CLEANUP(record_clear) struct record record;
		size_t before = found.count;

		play(USER("x"), scripts[i], &record);
		assert_int_equal(record.result, 0);
		assert_non_null(strstr(record.reply->text, "No model is configured"));
		model_rehearsal_check(span_of(scripts[i]), &found);
		assert_true(found.count > before);
	}
	for (int i = 0; i < 200000; i++)
		buffer_append_text(&huge, "# When a\n");
	model_rehearsal_check(buffer_span(&huge), &found);
	assert_string_equal(found.items[found.count - 1].code, "rehearsal-size");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_played), cmocka_unit_test(ids_differ),
		cmocka_unit_test(without_a_script),   cmocka_unit_test(scripts_are_checked),
		cmocka_unit_test(odd_scripts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* What stands on the wire: lines in, lines out. */
#include "suite.h"

#include "fault.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	(void)context, (void)method;
	rpc_reply(rpc, id, params ? json_deep_copy(params) : NULL);
}

static void deny(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	struct error error;

	(void)context, (void)method, (void)params;
	error_set(&error, ERROR_INVALID, "no such day");
	error_at(&error, "a.md", 3, 4);
	rpc_refuse(rpc, id, &error);
}

static void note(struct rpc *rpc, void *context, const char *method, const json_t *params,
		 uint64_t id)
{
	(void)context, (void)method, (void)params;
	assert_int_equal(0, id);
	rpc_notify(rpc, "noted", NULL);
	assert_int_equal(0, rpc_reply(rpc, id, json_object()));
}

static void leave(struct rpc *rpc, void *context, const char *method, const json_t *params,
		  uint64_t id)
{
	(void)context, (void)method, (void)params;
	rpc_reply(rpc, id, NULL);
	rpc_close(rpc);
}

static void advance(struct rpc *rpc, void *context, const char *method, const json_t *params,
		    uint64_t id)
{
	(void)context, (void)method, (void)params, (void)id;
	rpc_set_state(rpc, 2);
}

static const struct rpc_permit permits[] = {
	{ "echo", ~0u, false, echo },      { "fail", ~0u, false, deny },
	{ "note", ~0u, true, note },       { "leave", ~0u, false, leave },
	{ "advance", ~0u, true, advance }, { "second", 2, false, echo },
	{ "first", 1, true, note },
};

#define V "{\"jsonrpc\":\"2.0\","
#define ANSWER(id, result) V "\"result\":" result ",\"id\":" id "}\n"
#define REFUSED(id, number, message, word)                                                        \
	V "\"error\":{\"code\":" number ",\"message\":\"" message "\",\"data\":{\"code\":\"" word \
	  "\"}},\"id\":" id "}\n"
#define BROKEN(number, message) REFUSED("null", number, message, "protocol")
#define NO_MESSAGE(why) BROKEN("-32600", "not a message of JSON-RPC 2.0: " why)

struct row {
	const char *input;
	int result; /* of rpc_readable */
	const char *output;
};

static const struct row rows[] = {
	/* ids come back as they were */
	{ V "\"method\":\"echo\",\"id\":7,\"params\":[1,{\"a\":null}]}\n", 0,
	  ANSWER("7", "[1,{\"a\":null}]") },
	{ V "\"method\":\"echo\",\"id\":\"socat\"}\r\n", 0, ANSWER("\"socat\"", "null") },
	{ V "\"method\":\"echo\",\"id\":-1.5}\n", 0, ANSWER("-1.5", "null") },
	{ V "\"method\":\"echo\",\"id\":9223372036854775807}\n", 0,
	  ANSWER("9223372036854775807", "null") },
	{ "\n \r\n" V "\"method\":\"echo\",\"id\":1}\n\n", 0, ANSWER("1", "null") },
	{ V "\"method\":\"echo\",\"id\":1}\n" V "\"method\":\"echo\",\"id\":1}\n", 0,
	  ANSWER("1", "null") ANSWER("1", "null") },
	{ V "\"method\":\"echo\",\"id\":1,\"more\":true}\n", 0, ANSWER("1", "null") },
	{ V "\"method\":\"fail\",\"id\":1}\n", 0,
	  V "\"error\":{\"code\":-32602,\"message\":\"no such day\",\"data\":{\"code\":\"invalid\","
	    "\"file\":\"a.md\",\"line\":3,\"column\":4}},\"id\":1}\n" },
	{ V "\"method\":\"note\"}\n", 0, V "\"method\":\"noted\"}\n" },
	{ V "\"method\":\"leave\",\"id\":1}\n" V "\"method\":\"echo\",\"id\":2}\n",
	  -(int)ERROR_CLOSED, ANSWER("1", "null") },
	/* the permit table */
	{ V "\"method\":\"none\",\"id\":1}\n", 0,
	  REFUSED("1", "-32601", "there is no method \\\"none\\\"", "unsupported") },
	{ V "\"method\":\"second\",\"id\":1}\n", 0,
	  REFUSED("1", "-32601", "\\\"second\\\" is not allowed now", "denied") },
	{ V "\"method\":\"advance\"}\n" V "\"method\":\"second\",\"id\":1}\n", 0,
	  ANSWER("1", "null") },
	{ V "\"method\":\"note\",\"id\":1}\n", 0,
	  REFUSED("1", "-32601", "\\\"note\\\" has to be sent without an id", "unsupported") },
	{ V "\"method\":\"echo\"}\n", -(int)ERROR_PROTOCOL,
	  BROKEN("-32600", "\\\"echo\\\" has to be sent with an id") },
	{ V "\"method\":\"advance\"}\n" V "\"method\":\"first\"}\n", -(int)ERROR_PROTOCOL,
	  BROKEN("-32600", "\\\"first\\\" is not allowed now") },
	{ V "\"method\":\"none\"}\n", -(int)ERROR_PROTOCOL,
	  BROKEN("-32600", "there is no method \\\"none\\\"") },
	/* no message of JSON-RPC */
	{ "[" V "\"method\":\"echo\",\"id\":1}]\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("batches are not taken; send one message a line") },
	{ "{\"method\":\"echo\",\"id\":1}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"jsonrpc\\\":\\\"2.0\\\" is missing") },
	{ V "\"method\":1,\"id\":1}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"method\\\" has to be a text") },
	{ V "\"method\":\"echo\",\"id\":null}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"id\\\" has to be a short text or a number") },
	{ V "\"method\":\"echo\",\"id\":{}}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"id\\\" has to be a short text or a number") },
	{ V "\"method\":\"echo\",\"id\":1,\"params\":3}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"params\\\" has to be an object or a list") },
	{ V "\"method\":\"echo\",\"id\":1,\"result\":3}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"method\\\" beside a result or an error") },
	{ V "\"id\":1}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("neither a method nor one result or error") },
	{ V "\"id\":1,\"result\":1,\"error\":{}}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("neither a method nor one result or error") },
	{ V "\"id\":1,\"error\":1}\n", -(int)ERROR_PROTOCOL,
	  NO_MESSAGE("\\\"error\\\" has to be an object") },
	{ V "\"result\":1}\n", -(int)ERROR_PROTOCOL, NO_MESSAGE("a response without \\\"id\\\"") },
	{ V "\"id\":1,\"result\":1}\n", -(int)ERROR_PROTOCOL,
	  BROKEN("-32600", "an answer to a request that is not open") },
	{ V "\"id\":\"1\",\"result\":1}\n", -(int)ERROR_PROTOCOL,
	  BROKEN("-32600", "an answer to a request that is not open") },
	{ V "\"id\":null,\"error\":{\"code\":-32700,\"message\":\"x\"}}\n", -(int)ERROR_PROTOCOL,
	  "" },
	{ "{\n", -(int)ERROR_PROTOCOL, NULL },
	{ V "\"a\":1,\"a\":2}\n", -(int)ERROR_PROTOCOL, NULL },
	{ V "\"a\":92233720368547758070}\n", -(int)ERROR_PROTOCOL, NULL },
	{ V "\"a\":\"\xff\"}\n", -(int)ERROR_PROTOCOL, NULL },
	{ V "\"a\":\"\\u0000\"}\n", -(int)ERROR_PROTOCOL, NULL },
	{ V "\"a\":1} x\n", -(int)ERROR_PROTOCOL, NULL },
	{ "3\n", -(int)ERROR_PROTOCOL, NULL },
	/* ends */
	{ "", -(int)ERROR_CLOSED, "" },
	{ V, -(int)ERROR_CLOSED, "" },
};

static size_t read_all(int fd, char *out, size_t size)
{
	size_t used = 0;
	ssize_t n;

	while ((n = recv(fd, out + used, size - 1 - used, MSG_DONTWAIT)) > 0)
		used += (size_t)n;
	out[used] = '\0';
	return used;
}

static void check_row(const struct row *row)
{
	struct error error = { 0 };
	char output[4096];
	struct rpc *rpc;
	int fds[2], r;

	pair_open(fds);
	rpc = rpc_new(fds[0], RPC_FRAME_MAX, permits, ARRAY_LENGTH(permits), NULL);
	fd_write_all(fds[1], span_of(row->input), NULL);
	if (row->result == -(int)ERROR_CLOSED)
		shutdown(fds[1], SHUT_WR);
	r = rpc_readable(rpc, &error);
	if (!r && row->result == -(int)ERROR_CLOSED)
		r = rpc_readable(rpc, &error);
	if (r != row->result)
		fail_msg("%s: got %d: %s", row->input, r, error.message);
	read_all(fds[1], output, sizeof(output));
	if (row->output)
		assert_string_equal(row->output, output);
	else
		assert_non_null(strstr(output, "\"code\":-32700"));
	if (r)
		assert_int_equal(-(int)ERROR_CLOSED, rpc_readable(rpc, NULL));
	rpc_free(rpc);
	close(fds[1]);
}

static void lines(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
		check_row(&rows[i]);
}

static void faults_come_back_equal(void **state)
{
	static const struct error errors[] = {
		{ .code = ERROR_SYSTEM, .system = 28, .message = "cannot write" },
		{ .code = ERROR_INVALID,
		  .file = "a/b.md",
		  .line = 3,
		  .column = 7,
		  .message = "\"x\"" },
		{ .code = ERROR_NOT_FOUND, .message = "" },
		{ .code = ERROR_REMOTE, .system = 529, .message = "überlastet\nzweite Zeile" },
		{ .code = ERROR_TOO_LARGE, .line = 4294967295u, .message = "x" },
		{ .code = ERROR_TIMEOUT, .system = -1, .message = "first_byte" },
	};
	struct error got;
	json_t *fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(errors); i++) {
		fault = fault_to_json(&errors[i], 0);
		fault_from_json(fault, &got);
		json_decref(fault);
		assert_memory_equal(&errors[i], &got, sizeof(got));
	}
}

/* Faults of peers that are not ours, or not honest. */
static void foreign_faults(void **state)
{
	static const struct {
		const char *json;
		enum error_code code;
		const char *message;
	} table[] = {
		{ "{}", ERROR_REMOTE, "" },
		{ "{\"code\":-32601,\"message\":\"no\"}", ERROR_UNSUPPORTED, "no" },
		{ "{\"code\":-32602,\"message\":\"no\",\"data\":[]}", ERROR_INVALID, "no" },
		{ "{\"code\":\"x\",\"message\":3,\"data\":{\"code\":\"unknown\"}}", ERROR_REMOTE,
		  "" },
		{ "{\"data\":{\"code\":\"busy\",\"line\":-1,\"column\":4294967296,"
		  "\"system\":-9999999999}}",
		  ERROR_BUSY, "" },
	};
	struct error got;
	json_t *fault;

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(table); i++) {
		fault = json_loads(table[i].json, 0, NULL);
		fault_from_json(fault, &got);
		json_decref(fault);
		assert_int_equal(table[i].code, got.code);
		assert_string_equal(table[i].message, got.message);
		assert_int_equal(0, got.line + got.column + (unsigned)got.system);
	}
}

static void bytes_that_are_no_text(void **state)
{
	struct error error = { .code = ERROR_INVALID, .file = "a\xff.md", .message = "\xc3" }, got;
	json_t *fault = fault_to_json(&error, 0);

	(void)state;
	fault_from_json(fault, &got);
	json_decref(fault);
	assert_string_equal("a\xef\xbf\xbd.md", got.file);
	assert_string_equal("\xef\xbf\xbd", got.message);
}

static void long_messages_are_cut_between_characters(void **state)
{
	json_t *fault = json_object(), *text;
	struct error got;
	char raw[2000];

	(void)state;
	for (size_t i = 0; i < sizeof(raw); i += 2)
		memcpy(raw + i, "\xc3\xbc", 2);
	text = json_stringn(raw, sizeof(raw));
	json_object_set_new(fault, "message", text);
	fault_from_json(fault, &got);
	json_decref(fault);
	assert_true(utf8_valid(span_of(got.message)));
	assert_int_equal(ERROR_MESSAGE_MAX - 2, strlen(got.message));
}

int wire_tests(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(faults_come_back_equal),
		cmocka_unit_test(foreign_faults),
		cmocka_unit_test(bytes_that_are_no_text),
		cmocka_unit_test(long_messages_are_cut_between_characters),
	};

	return cmocka_run_group_tests_name("rpc: the wire", tests, NULL, NULL);
}

#include "call.h"

#include "base/clock.h"

#define KEEP_IDLE_S 30
#define KEEP_INTERVAL_S 15
#define UPLOAD_BUFFER (16 * 1024)
#define RECEIVE_BUFFER (8 * 1024)

/* ---- callbacks of libcurl ---- */

static size_t fail(struct transport_call *call, enum transport_trouble trouble,
		   enum error_code code, const char *what)
{
	call->trouble = trouble;
	error_set(&call->error, code, "the answer of %s %s", call->server, what);
	return 0; /* less than what was handed over: libcurl ends the transfer */
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
	struct transport_call *call = context;
	struct span line = { data, size * count };

	answer_head_line(&call->head, line, clock_wall_s());
	if (call->head.bytes > TRANSPORT_HEADERS_MAX)
		return fail(call, TRANSPORT_TOO_LARGE, ERROR_TOO_LARGE,
			    "has more than 64 KiB of headers");
	return line.length;
}

/* Keeps the beginning; what lies behind it nobody needs. */
static size_t keep_body(struct transport_call *call, struct span bytes)
{
	size_t room = TRANSPORT_ERROR_BODY_MAX - call->body.length;

	buffer_append(&call->body, span_slice(bytes, 0, bytes.length < room ? bytes.length : room));
	call->body_enough = bytes.length > room;
	return call->body_enough ? 0 : bytes.length;
}

/* A stream may last for an hour: what was sent is not kept that long. A server that answers before
 * it has read all still gets the rest. */
static void drop_sent_body(struct transport_call *call)
{
	curl_off_t sent = 0;

	if (!call->sending)
		return;
	curl_easy_getinfo(call->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (sent < (curl_off_t)call->request.body.length)
		return;
	free(call->sending);
	call->sending = NULL;
}

static void begin_body(struct transport_call *call)
{
	long status = 0;

	call_enter(call, PHASE_PROGRESS);
	drop_sent_body(call);
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	call->good = status >= 200 && status < 300;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct transport_call *call = context;
	struct span bytes = { data, size * count };

	if (call->cancelled)
		return 0;
	if (call->phase != PHASE_PROGRESS)
		begin_body(call);
	call->received += (int64_t)bytes.length;
	if (call->received > TRANSPORT_BODY_MAX)
		return fail(call, TRANSPORT_TOO_LARGE, ERROR_TOO_LARGE, "is larger than 256 MiB");
	if (!call->good)
		return keep_body(call, bytes);
	if (call->request.data(call->request.context, bytes))
		return fail(call, TRANSPORT_UNWANTED, ERROR_INVALID, "was not wanted to its end");
	return call->cancelled ? 0 : bytes.length;
}

/* libcurl begins anew, on another connection. */
static bool may_repeat(struct transport_call *call)
{
	long written = 0; /* of headers and body, by all attempts */

	curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &written);
	if (!written)
		return true;
	call->trouble = TRANSPORT_NO_ANSWER;
	error_set(&call->error, ERROR_CLOSED,
		  "%s: the server closed the connection without an answer", call->server);
	return false;
}

static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port)
{
	struct transport_call *call = context;

	(void)remote, (void)local, (void)remote_port, (void)local_port;
	if (call->sent && !may_repeat(call))
		return CURL_PREREQFUNC_ABORT;
	call_enter(call, PHASE_FIRST_BYTE);
	if (!call->sent && call->request.sent)
		call->request.sent(call->request.context);
	call->sent = true;
	return call->cancelled ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* ---- setting up ---- */

static int read_url(const char *url, char **ret_server, bool *ret_tls, struct error *error)
{
	CURLU *parts = curl_url();
	char *scheme = NULL, *host = NULL, *port = NULL;
	int result = 0;

	if (!parts || curl_url_set(parts, CURLUPART_URL, url, 0) ||
	    curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(parts, CURLUPART_HOST, &host, 0) ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)) {
		result = error_set(error, ERROR_INVALID,
				   "base_url has to be an http:// or https:// address");
	} else {
		curl_url_get(parts, CURLUPART_PORT, &port, 0);
		*ret_server = xasprintf("%s%s%s", host, port ? ":" : "", port ? port : "");
		*ret_tls = !strcmp(scheme, "https");
	}
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_url_cleanup(parts);
	return result;
}

static void set_headers(struct transport_call *call, const char *const *headers)
{
	/* Without it libcurl waits up to a second for a "100 Continue" before a large body. */
	call->headers = curl_slist_append(NULL, "Expect:");
	for (; headers && *headers; headers++)
		call->headers = curl_slist_append(call->headers, *headers);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
}

/* A test's server signs its own certificate; other builds trust the system's authorities alone. */
static void trust_test_authority(CURL *easy)
{
#ifdef AGENTD_FAILPOINTS
	if (getenv("AGENTD_TLS_AUTHORITY"))
		curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("AGENTD_TLS_AUTHORITY"));
#else
	(void)easy;
#endif
}

/* What holds for every call. Nothing comes from the environment: no proxy, no .netrc, no redirect.
 */
static void set_rules(CURL *easy, bool tls)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEP_IDLE_S);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEP_INTERVAL_S);
	/* Asks for none; any non-NULL value also decodes what a server compresses unasked
	 * (CURLOPT_ACCEPT_ENCODING(3)). The bytes we count are the decoded ones. */
	curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "identity");
	/* The least that there is, of 64 KiB by default: a body that does not fit the first write
	 * is copied through it. */
	curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)UPLOAD_BUFFER);
	/* Half of the default: each stream holds one from its first byte to its last. */
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER);
	/* Else a removed call waits for its getaddrinfo() thread, and every stream with it
	 * (curl#8515; the remedy is curl#9147). The thread frees its own memory. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	trust_test_authority(easy);
	/* ALPN decides about HTTP/2, and calls that start together wait for that decision to share
	 * one connection. Without TLS there is nothing to wait for but the first answer. */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
			 (long)(tls ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, tls ? 1L : 0L);
}

static void set_request(struct transport_call *call, const struct transport_request *request)
{
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_URL, request->url);
	if (request->get) {
		curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
		/* it sees what somebody who is new there would see */
		curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
	} else {
		curl_easy_setopt(easy, CURLOPT_POST, 1L);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
				 (curl_off_t)request->body.length);
		curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->sending);
	}
	set_headers(call, request->headers);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->words);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, call);
}

int call_new(struct transport *transport, const struct transport_request *request,
	     struct transport_call **ret_call, struct error *error)
{
	CLEANUP(call_free) struct transport_call *call = xcalloc(1, sizeof(*call));
	int result = read_url(request->url, &call->server, &call->tls, error);

	if (result)
		return result;
	call->transport = transport;
	call->request = *request;
	call->head = ANSWER_HEAD;
	call->sending = span_dup(request->body);
	call->body = BUFFER(TRANSPORT_ERROR_BODY_MAX);
	call->easy = curl_easy_init();
	if (!call->easy)
		BUG("curl_easy_init: out of memory");
	set_rules(call->easy, call->tls);
	set_request(call, request);
	call_enter(call, PHASE_CONNECT);
	*ret_call = steal_pointer(&call);
	return 0;
}

void call_free(struct transport_call *call)
{
	if (!call)
		return;
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buffer_clear(&call->body);
	free(call->sending);
	free(call->server);
	free(call);
}

/* ---- clocks ---- */

static uint32_t phase_limit_ms(const struct transport_call *call)
{
	const struct transport_clocks *clocks = &call->request.clocks;

	return call->phase == PHASE_CONNECT      ? clocks->connect_ms
	       : call->phase == PHASE_FIRST_BYTE ? clocks->first_byte_ms
						 : clocks->progress_ms;
}

void call_enter(struct transport_call *call, enum call_phase phase)
{
	uint32_t limit_ms;

	call->phase = phase;
	limit_ms = phase_limit_ms(call);
	call->deadline_ms = limit_ms ? transport_now_ms(call->transport) + limit_ms : NO_DEADLINE;
	transport_note_deadline(call->transport, call->deadline_ms);
}

void call_set_timeout(const struct transport_call *call, struct transport_end *end)
{
	static const struct {
		enum transport_trouble trouble;
		const char *missing;
	} clocks[] = {
		[PHASE_CONNECT] = { TRANSPORT_CONNECT_CLOCK, "connection to" },
		[PHASE_FIRST_BYTE] = { TRANSPORT_FIRST_BYTE_CLOCK, "first byte from" },
		[PHASE_PROGRESS] = { TRANSPORT_PROGRESS_CLOCK, "progress in the answer of" },
	};
	uint32_t ms = phase_limit_ms(call);

	end->trouble = clocks[call->phase].trouble;
	error_set(&end->error, ERROR_TIMEOUT, "no %s %s within %g %s", clocks[call->phase].missing,
		  call->server, ms < 1000 ? ms : ms / 1000.0, ms < 1000 ? "ms" : "s");
}

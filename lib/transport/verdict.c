/* What libcurl's codes mean to a person who reads "calling the model failed". */
#include "call.h"

#include <errno.h>
#include <string.h>

static const struct verdict {
	CURLcode code;
	enum transport_trouble trouble;
	const char *text; /* follows "SERVER: " */
} verdicts[] = {
	{ CURLE_UNSUPPORTED_PROTOCOL, TRANSPORT_NOT_HTTP, "the answer is not HTTP" },
	{ CURLE_WEIRD_SERVER_REPLY, TRANSPORT_NOT_HTTP, "the answer is not HTTP" },
	{ CURLE_BAD_CONTENT_ENCODING, TRANSPORT_NOT_HTTP,
	  "the answer is compressed and cannot be read" },
	{ CURLE_COULDNT_RESOLVE_HOST, TRANSPORT_NO_HOST,
	  "the name cannot be resolved; check base_url and DNS" },
	{ CURLE_COULDNT_CONNECT, TRANSPORT_NO_CONNECTION, "cannot connect" },
	{ CURLE_OPERATION_TIMEDOUT, TRANSPORT_CONNECT_CLOCK, "no connection in time" },
	{ CURLE_SSL_CONNECT_ERROR, TRANSPORT_TLS, "the TLS handshake failed" },
	{ CURLE_SSL_CIPHER, TRANSPORT_TLS, "no TLS cipher in common" },
	{ CURLE_SSL_CACERT_BADFILE, TRANSPORT_TLS,
	  "the system's certificates cannot be read; install ca-certificates" },
	{ CURLE_PEER_FAILED_VERIFICATION, TRANSPORT_CERTIFICATE,
	  "its certificate is not trusted; a private authority belongs into /usr/local/share/ca-certificates" },
	{ CURLE_GOT_NOTHING, TRANSPORT_BROKE_OFF,
	  "the server closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, TRANSPORT_BROKE_OFF, "the answer broke off" },
	{ CURLE_RECV_ERROR, TRANSPORT_BROKE_OFF, "the connection broke while the answer came" },
	{ CURLE_SEND_ERROR, TRANSPORT_BROKE_OFF,
	  "the connection broke while the request went out" },
	{ CURLE_HTTP2, TRANSPORT_BROKE_OFF, "the HTTP/2 connection broke" },
	{ CURLE_HTTP2_STREAM, TRANSPORT_BROKE_OFF, "the server reset the HTTP/2 stream" },
};

static const enum error_code codes[] = {
	[TRANSPORT_NO_HOST] = ERROR_SYSTEM,        [TRANSPORT_NO_CONNECTION] = ERROR_SYSTEM,
	[TRANSPORT_CONNECT_CLOCK] = ERROR_TIMEOUT, [TRANSPORT_TLS] = ERROR_SYSTEM,
	[TRANSPORT_CERTIFICATE] = ERROR_DENIED,    [TRANSPORT_NO_ANSWER] = ERROR_CLOSED,
	[TRANSPORT_BROKE_OFF] = ERROR_CLOSED,      [TRANSPORT_NOT_HTTP] = ERROR_PROTOCOL,
};

/* A connection that breaks means something else before the request, and before the answer. */
static enum transport_trouble trouble_at(const struct transport_call *call,
					 enum transport_trouble trouble, int status)
{
	if (trouble != TRANSPORT_BROKE_OFF)
		return trouble;
	if (!call->sent)
		return call->tls ? TRANSPORT_TLS : TRANSPORT_NO_CONNECTION;
	return status ? TRANSPORT_BROKE_OFF : TRANSPORT_NO_ANSWER;
}

static bool words_help(enum transport_trouble trouble)
{
	return trouble == TRANSPORT_TLS || trouble == TRANSPORT_CERTIFICATE;
}

static void set_verdict(const struct transport_call *call, const struct verdict *verdict,
			struct transport_end *end)
{
	const char *reason = "";
	long number = 0;

	end->trouble = trouble_at(call, verdict->trouble, end->status);
	if (verdict->code == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (number)
		reason = strerrordesc_np((int)number);
	else if (words_help(end->trouble))
		reason = call->words;
	/* error_set_system would turn EACCES and ENOENT into codes that speak about files. */
	error_set(&end->error, codes[end->trouble], "%s: %s%s%s", call->server, verdict->text,
		  *reason ? ": " : "", reason);
	end->error.system = (int)number;
}

void call_judge(const struct transport_call *call, CURLcode code, struct transport_end *end)
{
	if (code == CURLE_OK || call->body_enough)
		return;
	if (call->trouble) {
		end->trouble = call->trouble;
		end->error = call->error;
		return;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
		if (verdicts[i].code == code) {
			set_verdict(call, &verdicts[i], end);
			return;
		}
	}
	end->trouble = TRANSPORT_OTHER;
	error_set(&end->error, ERROR_SYSTEM, "%s: %s", call->server, curl_easy_strerror(code));
}

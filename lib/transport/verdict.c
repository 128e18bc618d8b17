/* What libcurl's codes mean to a person who reads "calling the model failed". */
#include "call.h"

#include <errno.h>
#include <string.h>

static const struct verdict {
	CURLcode code;
	enum error_code error;
	const char *text; /* follows "SERVER: " */
} verdicts[] = {
	{ CURLE_UNSUPPORTED_PROTOCOL, ERROR_INVALID,
	  "base_url has to begin with http:// or https://" },
	{ CURLE_URL_MALFORMAT, ERROR_INVALID, "base_url is no valid address" },
	{ CURLE_COULDNT_RESOLVE_HOST, ERROR_SYSTEM,
	  "the name cannot be resolved; check base_url and DNS" },
	{ CURLE_COULDNT_CONNECT, ERROR_SYSTEM, "cannot connect" },
	{ CURLE_SSL_CONNECT_ERROR, ERROR_SYSTEM, "the TLS handshake failed" },
	{ CURLE_SSL_CIPHER, ERROR_SYSTEM, "no TLS cipher in common" },
	{ CURLE_PEER_FAILED_VERIFICATION, ERROR_DENIED,
	  "its certificate is not trusted; a private authority belongs into /usr/local/share/ca-certificates" },
	{ CURLE_SSL_CACERT_BADFILE, ERROR_SYSTEM,
	  "the system's certificates cannot be read; install ca-certificates" },
	{ CURLE_OPERATION_TIMEDOUT, ERROR_TIMEOUT, "no connection in time" },
	{ CURLE_GOT_NOTHING, ERROR_CLOSED, "the server closed the connection without an answer" },
	{ CURLE_PARTIAL_FILE, ERROR_CLOSED, "the answer broke off" },
	{ CURLE_RECV_ERROR, ERROR_CLOSED, "the connection broke while the answer came" },
	{ CURLE_SEND_ERROR, ERROR_CLOSED, "the connection broke while the request went out" },
	{ CURLE_HTTP2, ERROR_CLOSED, "the HTTP/2 connection broke" },
	{ CURLE_HTTP2_STREAM, ERROR_CLOSED, "the server reset the HTTP/2 stream" },
	{ CURLE_BAD_CONTENT_ENCODING, ERROR_PROTOCOL,
	  "the answer is compressed and cannot be read" },
	{ CURLE_WEIRD_SERVER_REPLY, ERROR_PROTOCOL, "the answer is not HTTP" },
};

static int set_verdict(const struct transport_call *call, const struct verdict *verdict,
		       struct error *error)
{
	long number = 0;

	if (verdict->code == CURLE_COULDNT_CONNECT)
		curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &number);
	if (!number)
		return error_set(error, verdict->error, "%s: %s", call->server, verdict->text);
	/* error_set_system would turn EACCES and ENOENT into codes that speak about files. */
	error_set(error, verdict->error, "%s: %s: %s", call->server, verdict->text,
		  strerrordesc_np((int)number));
	if (error)
		error->system = (int)number;
	return -(int)verdict->error;
}

int call_judge(const struct transport_call *call, CURLcode code, struct error *error)
{
	if (code == CURLE_OK || call->body_enough)
		return 0;
	if (call->error.code) {
		if (error)
			*error = call->error;
		return -(int)call->error.code;
	}
	for (size_t i = 0; i < ARRAY_LENGTH(verdicts); i++) {
		if (verdicts[i].code == code)
			return set_verdict(call, &verdicts[i], error);
	}
	return error_set(error, ERROR_SYSTEM, "%s: %s", call->server, curl_easy_strerror(code));
}

#include "http.h"

#include "base/error.h"

#include <ctype.h>

static int read_request_line(struct span line, struct http_request *request)
{
	const char *blank = memchr(line.data, ' ', line.length);
	struct span rest;

	if (!blank)
		return -ERROR_PROTOCOL;
	request->method = span_dup(span_slice(line, 0, (size_t)(blank - line.data)));
	rest = span_slice(line, (size_t)(blank - line.data) + 1, line.length);
	blank = memchr(rest.data, ' ', rest.length);
	if (!blank || !span_starts_with(span_slice(rest, (size_t)(blank - rest.data), rest.length),
					SPAN(" HTTP/1.")))
		return -ERROR_PROTOCOL;
	request->path = span_dup(span_slice(rest, 0, (size_t)(blank - rest.data)));
	return 0;
}

static int read_header_line(struct span line, struct http_request *request)
{
	const char *colon = memchr(line.data, ':', line.length);
	_free_ char *name = NULL;
	struct span value;

	if (!colon)
		return -ERROR_PROTOCOL;
	name = span_dup(span_slice(line, 0, (size_t)(colon - line.data)));
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	value = span_trim(span_slice(line, (size_t)(colon - line.data) + 1, line.length));
	json_object_set_new(request->headers, name, json_stringn(value.data, value.length));
	return 0;
}

static int read_head(struct span head, struct http_request *request)
{
	struct span line = SPAN("");
	int result = span_next_line(&head, &line) ? read_request_line(line, request)
						  : -ERROR_PROTOCOL;

	request->headers = json_object();
	while (!result && span_next_line(&head, &line) && line.length)
		result = read_header_line(line, request);
	return result;
}

int http_read(struct span input, struct http_request *ret_request)
{
	CLEANUP(http_request_clear) struct http_request request = { 0 };
	const char *end = input.data ? memmem(input.data, input.length, "\r\n\r\n", 4) : NULL;
	const char *length_text;
	size_t head, length;
	int result;

	/* a TLS handshake, for one, would wait for an answer for ever */
	if (input.length && !isupper((unsigned char)input.data[0]))
		return -ERROR_PROTOCOL;
	if (!end)
		return input.length > HTTP_HEAD_MAX ? -ERROR_TOO_LARGE : 1;
	head = (size_t)(end - input.data) + 4;
	result = read_head(span_slice(input, 0, head), &request);
	if (result)
		return result;
	length_text = json_string_value(json_object_get(request.headers, "content-length"));
	length = length_text ? strtoul(length_text, NULL, 10) : 0;
	if (length > HTTP_REQUEST_MAX)
		return -ERROR_TOO_LARGE;
	ret_request->expects_continue = json_object_get(request.headers, "expect");
	if (input.length - head < length)
		return 1;
	request.body = span_slice(input, head, head + length);
	request.size = head + length;
	request.expects_continue = ret_request->expects_continue;
	*ret_request = request;
	request = (struct http_request){ 0 };
	return 0;
}

void http_request_clear(struct http_request *request)
{
	free(request->method);
	free(request->path);
	json_decref(request->headers);
	*request = (struct http_request){ 0 };
}

/* What servers answer when they refuse, and the class it belongs to. */
#include "failures.h"
#include "record.h"

struct answer_row {
	int status;
	const char *body; /* ' for ", ^ for ' */
	enum failure_class class;
	unsigned quirk;
	int64_t context, max_tokens, retry_after_ms;
};

#define NONE .retry_after_ms = -1

#define ERROR(message, more) "{'error':{'message':'" message "'" more "}}"
#define ANTHROPIC(type, message) \
	"{'type':'error','error':{'type':'" type "','message':'" message "'},'request_id':'req_1'}"

static const struct answer_row answer_rows[] = {
	/* ---- slow down ---- */
	{ 429, "", FAILURE_RATE, NONE },
	{ 429,
	  ERROR("Rate limit reached for gpt-x. Please try again in 1.5s.",
		",'type':'tokens','code':'rate_limit_exceeded'"),
	  FAILURE_RATE, .retry_after_ms = 1500 },
	{ 429,
	  ERROR("Rate limit reached for requests. Please try again in 6m0s.",
		",'code':'rate_limit_exceeded'"),
	  FAILURE_RATE, .retry_after_ms = 360000 },
	{ 429, ANTHROPIC("rate_limit_error", "This request would exceed your rate limit"),
	  FAILURE_RATE, NONE },
	{ 429,
	  "[{'error':{'code':429,'message':'You exceeded your current quota, please check "
	  "your plan and billing details.\\nPlease retry in 37.5s.',"
	  "'status':'RESOURCE_EXHAUSTED'}}]",
	  FAILURE_RATE, .retry_after_ms = 37500 },
	{ 429,
	  "{'error':{'code':429,'message':'Quota exceeded','status':'RESOURCE_EXHAUSTED',"
	  "'details':[{'@type':'x/RetryInfo','retryDelay':'12s'}]}}",
	  FAILURE_RATE, .retry_after_ms = 12000 },
	{ 429,
	  ERROR("You exceeded your current quota for requests per minute",
		",'code':'insufficient_quota'"),
	  FAILURE_RATE, NONE },
	{ 429,
	  ERROR("Requests have exceeded the call rate limit. Please retry after 26 seconds.",
		",'code':'429'"),
	  FAILURE_RATE, .retry_after_ms = 26000 },
	{ 429, "{'message':'Too many tokens, please wait before trying again.'}", FAILURE_RATE,
	  NONE },
	{ 400, "{'__type':'com.amazon#ThrottlingException','message':'Rate exceeded'}",
	  FAILURE_RATE, NONE },
	{ 429,
	  "{'error':{'type':'usage_limit_reached','message':'The usage limit has been "
	  "reached','resets_in_seconds':90}}",
	  FAILURE_RATE, .retry_after_ms = 90000 },
	{ 500, ERROR("litellm.RateLimitError", ",'code':'429'"), FAILURE_RATE, NONE },
	{ 429, "<html><title>429 Too Many Requests</title></html>", FAILURE_RATE, NONE },
	{ 429, "{'error':{'code':'1302','message':'x'}}", FAILURE_RATE, NONE },

	/* ---- out of money ---- */
	{ 429,
	  ERROR("You exceeded your current quota, please check your plan and billing details.",
		",'type':'insufficient_quota','code':'insufficient_quota'"),
	  FAILURE_MONEY, NONE },
	{ 402, "", FAILURE_MONEY, NONE },
	{ 402, ERROR("Insufficient Balance", ",'type':'unknown_error'"), FAILURE_MONEY, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "Your credit balance is too low to access the Anthropic API."),
	  FAILURE_MONEY, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "You have reached your specified API usage limits. You will regain access "
		    "on 2027-01-01."),
	  FAILURE_MONEY, NONE },
	{ 400, ERROR("x", ",'code':'billing_hard_limit_reached'"), FAILURE_MONEY, NONE },
	{ 429, ERROR("Monthly spend limit reached; try again in 20 days", ""), FAILURE_MONEY,
	  .retry_after_ms = 1728000000 },
	{ 403,
	  "{'code':'The caller does not have permission','error':'Your team has either used "
	  "all available credits or reached its monthly spending limit.'}",
	  FAILURE_MONEY, NONE },
	{ 403, ERROR("Key limit exceeded (monthly limit).", ",'code':403"), FAILURE_MONEY, NONE },
	{ 429,
	  "{'error':{'type':'usage_limit_reached','message':'The usage limit has been "
	  "reached'}}",
	  FAILURE_MONEY, NONE },
	{ 429,
	  "{'error':{'status':'RESOURCE_EXHAUSTED','message':'Your prepayment credits are "
	  "depleted.'}}",
	  FAILURE_MONEY, NONE },
	{ 429, ERROR("x", ",'type':'exceeded_current_quota_error'"), FAILURE_MONEY, NONE },
	{ 402, ERROR("This request requires more credits, or fewer max_tokens.", ",'code':402"),
	  FAILURE_MONEY, NONE },
	{ 429, "{'error':{'code':'1113','message':'x'}}", FAILURE_MONEY, NONE },

	/* ---- sick servers ---- */
	{ 500, "", FAILURE_SERVER, NONE },
	{ 500, ANTHROPIC("api_error", "Internal server error"), FAILURE_SERVER, NONE },
	{ 502, "<html><head><title>502 Bad Gateway</title></head></html>", FAILURE_SERVER, NONE },
	{ 504, ANTHROPIC("timeout_error", "x"), FAILURE_SERVER, NONE },
	{ 520, "error code: 520", FAILURE_SERVER, NONE },
	{ 503, "{'error':{'code':503,'message':'Loading model','type':'unavailable_error'}}",
	  FAILURE_OVERLOADED, NONE },
	{ 500, "{'error':'Model is loading'}", FAILURE_OVERLOADED, NONE },
	{ 529, ANTHROPIC("overloaded_error", "Overloaded"), FAILURE_OVERLOADED, NONE },
	{ 529, "", FAILURE_OVERLOADED, NONE },
	{ 503, "upstream connect error", FAILURE_OVERLOADED, NONE },
	{ 429, ERROR("The engine is currently overloaded", ",'type':'engine_overloaded_error'"),
	  FAILURE_OVERLOADED, NONE },
	{ 500,
	  "{'error':{'code':503,'status':'UNAVAILABLE','message':'The model is experiencing "
	  "high demand.'}}",
	  FAILURE_OVERLOADED, NONE },
	{ 408, "", FAILURE_BUSY, NONE },
	{ 409, ERROR("x", ",'type':'conflict'"), FAILURE_BUSY, NONE },
	{ 425, "", FAILURE_BUSY, NONE },

	/* ---- keys, rights, models ---- */
	{ 401, "", FAILURE_KEY, NONE },
	{ 401, ANTHROPIC("authentication_error", "invalid x-api-key"), FAILURE_KEY, NONE },
	{ 401, ERROR("Incorrect API key provided: sk-ab***yz.", ",'code':'invalid_api_key'"),
	  FAILURE_KEY, NONE },
	{ 400,
	  "{'code':'Client specified an invalid argument','error':'Incorrect API key "
	  "provided: xa***'}",
	  FAILURE_KEY, NONE },
	{ 400,
	  "[{'error':{'code':400,'message':'API key not valid.','status':'INVALID_ARGUMENT',"
	  "'details':[{'reason':'API_KEY_INVALID'}]}}]",
	  FAILURE_KEY, NONE },
	{ 403, "", FAILURE_FORBIDDEN, NONE },
	{ 403, ANTHROPIC("permission_error", "x"), FAILURE_FORBIDDEN, NONE },
	{ 403,
	  ERROR("Country, region, or territory not supported",
		",'code':'unsupported_country_region_territory'"),
	  FAILURE_FORBIDDEN, NONE },
	{ 404, "", FAILURE_MODEL, NONE },
	{ 404, "404 page not found", FAILURE_MODEL, NONE },
	{ 405, "{'detail':'Method Not Allowed'}", FAILURE_MODEL, NONE },
	{ 404, "{'error':'model \\'llama3:8b\\' not found'}", FAILURE_MODEL, NONE },
	{ 400,
	  "{'object':'error','message':'The model `m` does not exist.',"
	  "'type':'NotFoundError','code':404}",
	  FAILURE_MODEL, NONE },
	{ 400, ERROR("m is not a valid model ID", ",'code':400"), FAILURE_MODEL, NONE },
	{ 400, ERROR("x", ",'code':'model_decommissioned'"), FAILURE_MODEL, NONE },
	{ 404, "{'error':{'code':'DeploymentNotFound','message':'x'}}", FAILURE_MODEL, NONE },
	{ 302, "", FAILURE_MODEL, NONE },

	/* ---- overflow, wordings and numbers ---- */
	{ 400,
	  ERROR("This model^s maximum context length is 8192 tokens. However, you requested "
		"9000 tokens (5000 in the messages, 4000 in the completion).",
		",'code':'context_length_exceeded'"),
	  FAILURE_OVERFLOW, 0, 8192, 3192, -1 },
	{ 400,
	  ERROR("This model^s maximum context length is 128000 tokens. However, your "
		"messages resulted in 150000 tokens.",
		",'code':'context_length_exceeded'"),
	  FAILURE_OVERFLOW, 0, 128000, 0, -1 },
	{ 400,
	  ERROR("This endpoint^s maximum context length is 262144 tokens. However, you "
		"requested about 270000 tokens (7000 of text input, 856 of tool input, "
		"262144 in the output).",
		",'code':400"),
	  FAILURE_OVERFLOW, 0, 262144, 254288, -1 },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "input length and `max_tokens` exceed context limit: 195000 + 8192 > "
		    "200000, decrease input length or `max_tokens` and try again"),
	  FAILURE_OVERFLOW, 0, 200000, 5000, -1 },
	{ 400,
	  ANTHROPIC("invalid_request_error", "prompt is too long: 210000 tokens > 200000 "
					     "maximum"),
	  FAILURE_OVERFLOW, 0, 200000, 0, -1 },
	{ 413, ANTHROPIC("request_too_large", "Request exceeds the maximum size"), FAILURE_OVERFLOW,
	  NONE },
	{ 400,
	  "{'error':{'code':400,'message':'request (66202 tokens) exceeds the available "
	  "context size (65536 tokens), try increasing it','type':"
	  "'exceed_context_size_error','n_prompt_tokens':66202,'n_ctx':65536}}",
	  FAILURE_OVERFLOW, 0, 65536, 0, -1 },
	{ 500,
	  "{'error':{'code':500,'message':'Context size has been exceeded.',"
	  "'type':'server_error'}}",
	  FAILURE_OVERFLOW, NONE },
	{ 400,
	  "{'object':'error','message':'The input (40000 tokens) is longer than the model^s "
	  "context length (32768 tokens).','type':'BadRequestError','code':400}",
	  FAILURE_OVERFLOW, 0, 32768, 0, -1 },
	{ 400,
	  ERROR("Requested token count exceeds the model^s maximum context length of 32768 "
		"tokens. You requested a total of 40000 tokens: 30000 tokens from the input "
		"messages and 10000 tokens for the completion.",
		""),
	  FAILURE_OVERFLOW, 0, 32768, 2768, -1 },
	{ 400,
	  ERROR("^max_tokens^ is too large: 5000. This model^s maximum context length is "
		"8192 tokens and your request has 4000 input tokens (5000 > 8192 - 4000).",
		""),
	  FAILURE_OVERFLOW, 0, 8192, 4192, -1 },
	{ 400,
	  "{'error':{'code':400,'message':'The input token count (1200000) exceeds the "
	  "maximum number of tokens allowed (1048576).','status':'INVALID_ARGUMENT'}}",
	  FAILURE_OVERFLOW, 0, 1048576, 0, -1 },
	{ 400,
	  "{'object':'error','message':'Prompt contains 40000 tokens and 0 draft tokens, too "
	  "large for model with 32768 maximum context length','type':'x','code':3051}",
	  FAILURE_OVERFLOW, 0, 32768, 0, -1 },
	{ 400,
	  ERROR("This model^s maximum prompt length is 131072 but the request contains 150000 "
		"tokens.",
		""),
	  FAILURE_OVERFLOW, 0, 131072, 0, -1 },
	{ 500, "{'error':'no user query found in messages'}", FAILURE_OVERFLOW, NONE },
	{ 500, "{'error':'the input length exceeds the context length'}", FAILURE_OVERFLOW, NONE },
	{ 400, "{'message':'Input is too long for requested model.'}", FAILURE_OVERFLOW, NONE },
	{ 422,
	  "{'error':'Input validation error: `inputs` tokens + `max_new_tokens` must be <= "
	  "8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`'}",
	  FAILURE_OVERFLOW, 0, 8193, 0, -1 },
	{ 413,
	  ERROR("Request body too large for m. Max size: 8000 tokens.",
		",'code':'tokens_limit_reached'"),
	  FAILURE_OVERFLOW, 0, 8000, 0, -1 },
	{ 413,
	  ERROR("Request too large for model m on tokens per minute (TPM): Limit 6000, "
		"Requested 7000, please reduce your message size",
		",'type':'tokens','code':'rate_limit_exceeded'"),
	  FAILURE_OVERFLOW, NONE },
	{ 413, "<html><h1>413 Request Entity Too Large</h1></html>", FAILURE_OVERFLOW, NONE },
	{ 400,
	  "{'error':{'message':'\xE4\xB8\x8A\xE4\xB8\x8B\xE6\x96\x87\xE8\xBF\x87\xE9\x95\xBF'}}",
	  FAILURE_OVERFLOW, NONE },
	{ 400, ERROR("The request was refused: 40000 of 32000 units", ""), FAILURE_OVERFLOW, 0,
	  32000, 0, -1 },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "max_tokens: 100000 > 64000, which is the maximum allowed number of "
		    "output tokens for m"),
	  FAILURE_OVERFLOW, 0, 0, 64000, -1 },
	{ 400,
	  ERROR("max_tokens is too large: 100000. This model supports at most 4096 completion "
		"tokens, whereas you provided 100000.",
		",'param':'max_tokens','code':'invalid_value'"),
	  FAILURE_OVERFLOW, 0, 0, 4096, -1 },
	{ 400, ERROR("Invalid max_tokens value, the valid range of max_tokens is [1, 8192]", ""),
	  FAILURE_OVERFLOW, 0, 0, 8192, -1 },
	{ 400,
	  ERROR("`max_tokens` must be less than or equal to `8192`, the maximum value for m", ""),
	  FAILURE_OVERFLOW, 0, 0, 8192, -1 },

	/* ---- parameters ---- */
	{ 400,
	  ERROR("Unsupported parameter: ^max_tokens^ is not supported with this model. Use "
		"^max_completion_tokens^ instead.",
		",'param':'max_tokens','code':'unsupported_parameter'"),
	  FAILURE_PARAMETER, QUIRK_MAX_COMPLETION_TOKENS, NONE },
	{ 400, ERROR("Unrecognized request argument supplied: stream_options", ""),
	  FAILURE_PARAMETER, QUIRK_NO_STREAM_OPTIONS, NONE },
	{ 422,
	  "{'detail':[{'loc':['body','stream_options'],'msg':'Extra inputs are not "
	  "permitted','type':'extra_forbidden'}]}",
	  FAILURE_PARAMETER, QUIRK_NO_STREAM_OPTIONS, NONE },
	{ 422,
	  "{'object':'error','message':{'detail':[{'loc':['body','messages',1,'assistant',"
	  "'reasoning_content'],'msg':'Extra inputs are not permitted'}]}}",
	  FAILURE_PARAMETER, QUIRK_NO_REASONING, NONE },
	{ 400,
	  ERROR("^messages.1^ : for ^role:assistant^ the following must be satisfied"
		"[(^messages.1^ : property ^reasoning_content^ is unsupported)]",
		",'type':'invalid_request_error'"),
	  FAILURE_PARAMETER, QUIRK_NO_REASONING, NONE },
	{ 400,
	  ERROR("Encrypted content is not supported with this model.",
		",'type':'invalid_request_error','param':'include','code':null"),
	  FAILURE_PARAMETER, QUIRK_NO_REASONING, NONE },
	{ 404,
	  ERROR("Item with id ^rs_1^ not found. Items are not persisted when `store` is set to "
		"false.",
		",'type':'invalid_request_error','param':'input','code':null"),
	  FAILURE_HISTORY, QUIRK_NO_REASONING, NONE },
	{ 400, "{'error':'the input length exceeds the context length'}", FAILURE_OVERFLOW, 0,
	  NONE },
	{ 400, "{'error':'registry/gemma:2b does not support tools'}", FAILURE_PARAMETER,
	  QUIRK_NO_TOOLS, NONE },
	{ 404, ERROR("No endpoints found that support tool use.", ",'code':404"), FAILURE_PARAMETER,
	  QUIRK_NO_TOOLS, NONE },
	{ 400,
	  "{'object':'error','message':'^auto^ tool choice requires "
	  "--enable-auto-tool-choice to be set','code':400}",
	  FAILURE_PARAMETER, QUIRK_NO_TOOLS, NONE },
	{ 500, "{'error':{'code':500,'message':'tools param requires --jinja flag'}}",
	  FAILURE_PARAMETER, QUIRK_NO_TOOLS, NONE },
	{ 400,
	  ERROR("Your organization must be verified to stream this model.",
		",'param':'stream','code':'unsupported_value'"),
	  FAILURE_PARAMETER, QUIRK_NO_STREAM, NONE },
	{ 500, "{'error':{'message':'Cannot use tools with stream'}}", FAILURE_PARAMETER,
	  QUIRK_NO_STREAM, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "system.1.cache_control: Extra inputs are not permitted"),
	  FAILURE_PARAMETER, QUIRK_NO_CACHE_CONTROL, NONE },
	{ 400,
	  ERROR("Unsupported value: ^messages[0].role^ does not support ^system^ with this "
		"model.",
		",'param':'messages[0].role','code':'unsupported_value'"),
	  FAILURE_PARAMETER, QUIRK_NO_SYSTEM, NONE },
	{ 400,
	  "{'error':{'code':400,'message':'Developer instruction is not enabled for m',"
	  "'status':'INVALID_ARGUMENT'}}",
	  FAILURE_PARAMETER, QUIRK_NO_SYSTEM, NONE },
	{ 400,
	  ERROR("Unknown parameter: ^frequency^.",
		",'param':'frequency','code':'unknown_parameter'"),
	  FAILURE_PARAMETER, 0, NONE },

	{ 400,
	  ERROR("tools[0].function: unknown field ^strict^",
		",'param':'tools[0].function.strict','code':'unknown_parameter'"),
	  FAILURE_PARAMETER, 0, NONE },
	{ 400, ERROR("max_tokens must be at least 1, got -5.", ",'param':'max_tokens'"),
	  FAILURE_REQUEST, NONE },
	{ 400, ERROR("`stream_options` is not allowed here", ""), FAILURE_PARAMETER,
	  QUIRK_NO_STREAM_OPTIONS, NONE },
	{ 400, ERROR("Tools are unsupported: remove `tools`.", ""), FAILURE_PARAMETER,
	  QUIRK_NO_TOOLS, NONE },

	/* ---- history ---- */
	{ 400,
	  "{'object':'error','message':'Unexpected role ^user^ after role ^tool^',"
	  "'type':'invalid_request_message_order','param':null,'code':'3230'}",
	  FAILURE_PARAMETER, QUIRK_WORDS_FIRST, NONE },
	{ 400,
	  "{'object':'error','message':'Unexpected role ^tool^ after role ^user^',"
	  "'type':'invalid_request_message_order','param':null,'code':'3230'}",
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "messages.2: `tool_use` ids were found without `tool_result` blocks "
		    "immediately after: toolu_1"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  ERROR("messages with role ^tool^ must be a response to a preceeding message with "
		"^tool_calls^.",
		",'param':'messages.[3].role'"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  ERROR("An assistant message with ^tool_calls^ must be followed by tool messages "
		"responding to each ^tool_call_id^.",
		",'param':'messages'"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400, ERROR("No tool output found for function call call_1.", ",'param':'input'"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 500,
	  "{'error':{'code':500,'message':'Failed to parse input at pos 12: prompt is too "
	  "long','type':'server_error'}}",
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 500,
	  "{'error':{'message':'After the optional system message, conversation roles must "
	  "alternate user/assistant'}}",
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400, "{'message':'Not the same number of function calls and responses','code':3230}",
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  "[{'error':{'code':400,'message':'Function call is missing a thought_signature in "
	  "functionCall parts.','status':'INVALID_ARGUMENT'}}]",
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  ERROR("The reasoning_content in the thinking mode must be passed back to the API.",
		",'type':'invalid_request_error'"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "messages.1.content.0: Invalid `signature` in `thinking` block"),
	  FAILURE_HISTORY, QUIRK_NO_REASONING, NONE },
	{ 400,
	  ANTHROPIC("invalid_request_error",
		    "messages: Unexpected role ^system^. The Messages API accepts a "
		    "top-level `system` parameter"),
	  FAILURE_HISTORY, QUIRK_FLAT, NONE },

	/* ---- content, empty answers, other refusals ---- */
	{ 400,
	  ERROR("The response was filtered due to the prompt triggering content management "
		"policy.",
		",'code':'content_filter','status':400"),
	  FAILURE_CONTENT, NONE },
	{ 400, ERROR("x", ",'code':'content_policy_violation'"), FAILURE_CONTENT, NONE },
	{ 400, ERROR("Content Exists Risk", ",'code':'invalid_request_error'"), FAILURE_CONTENT,
	  NONE },
	{ 403, ERROR("m requires moderation. Your input was flagged for x.", ",'code':403"),
	  FAILURE_CONTENT, NONE },
	{ 400,
	  "{'code':'DataInspectionFailed','message':'Input data may contain inappropriate "
	  "content.'}",
	  FAILURE_CONTENT, NONE },
	{ 500, "{'error':'error parsing tool call: raw=\\'{x\\', err=prompt is too long'}",
	  FAILURE_EMPTY, NONE },
	{ 400, ERROR("Failed to call a function.", ",'code':'tool_use_failed'"), FAILURE_EMPTY,
	  NONE },
	{ 400, "", FAILURE_REQUEST, NONE },
	{ 400, "null", FAILURE_REQUEST, NONE },
	{ 400, "'Bad thing'", FAILURE_REQUEST, NONE },
	{ 400, ERROR("", ""), FAILURE_REQUEST, NONE },
	{ 400, ERROR("The request body is not valid JSON: no low surrogate in string", ""),
	  FAILURE_REQUEST, NONE },
	{ 422, "{'detail':'x'}", FAILURE_REQUEST, NONE },
	{ 400,
	  ERROR("Invalid ^temperature^: decimal below minimum value.",
		",'param':'temperature','code':'decimal_below_min_value'"),
	  FAILURE_REQUEST, NONE },

	/* ---- reports within reports ---- */
	{ 400,
	  "{'error':{'message':'Provider returned error','code':400,'metadata':{'raw':"
	  "'{\\'error\\':{\\'message\\':\\'x\\',\\'code\\':\\'context_length_exceeded\\'}}',"
	  "'provider_name':'P'}}}",
	  FAILURE_OVERFLOW, NONE },
	{ 400,
	  ERROR("litellm.BadRequestError: OpenAIException - {\\'error\\':{\\'message\\':"
		"\\'x\\',\\'code\\':\\'insufficient_quota\\'}}",
		""),
	  FAILURE_MONEY, NONE },
	{ 502, "{'error':{'message':'Upstream error','code':429}}", FAILURE_RATE, NONE },

	/* ---- what they quote is not theirs (openclaw#7854) ---- */
	{ 400, ERROR("Invalid value: \\'the prompt is too long\\'. Supported values are: ^a^", ""),
	  FAILURE_REQUEST, NONE },
	{ 400,
	  ERROR("Invalid content: {\\'error\\':{\\'code\\':\\'context_length_exceeded\\'}}", ""),
	  FAILURE_REQUEST, NONE },
	{ 400, ERROR("Bad message \\'a b error: {\\'error\\':\\'prompt is too long\\'}", ""),
	  FAILURE_REQUEST, NONE },
	{ 400, ERROR("Bad message `You exceeded your current quota`", ""), FAILURE_REQUEST, NONE },
	{ 400,
	  "{'error':{'message':'No'},'messages':[{'role':'user','content':'prompt is too "
	  "long'}]}",
	  FAILURE_REQUEST, NONE },
	{ 500, "{'error':{'message':'syntax error: model is overloaded'}}", FAILURE_SERVER, NONE },
};

static char *body_of(const struct answer_row *row)
{
	char *body = stream_row_bytes(row->body, "\n");

	for (char *c = body; *c; c++)
		*c = *c == '^' ? '\'' : *c;
	return body;
}

void answers_have_classes(void **state)
{
	unsigned wrong = 0;

	(void)state;
	print_message("%zu answers\n", ARRAY_LENGTH(answer_rows));
	for (size_t i = 0; i < ARRAY_LENGTH(answer_rows); i++) {
		const struct answer_row *row = &answer_rows[i];
		_free_ char *body = body_of(row);
		struct model_failure failure;

		failure_of_answer(row->status, span_of(body), -1, 30000, 32768, &failure);
		assert_int_equal(failure.status, row->status);
		assert_false(failure.charged);
		assert_true(failure.message[0]);
		if (failure.class == row->class && failure.quirk == row->quirk &&
		    failure.context == row->context && failure.max_tokens == row->max_tokens &&
		    failure.retry_after_ms == row->retry_after_ms)
			continue;
		print_error("row %zu: wanted %s of HTTP %d ", i, failure_name(row->class),
			    row->status);
		print_failure(row->body, &failure);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* A header's Retry-After beats what the body says, and makes a rate of what may be one. */
void the_header_tells_when(void **state)
{
	struct model_failure failure;

	(void)state;
	failure_of_answer(429, SPAN("try again in 9s"), 2000, 0, 0, &failure);
	assert_int_equal(failure.retry_after_ms, 2000);
	failure_of_answer(429, SPAN("{\"error\":{\"code\":\"insufficient_quota\"}}"), 0, 0, 0,
			  &failure);
	assert_int_equal(failure.class, FAILURE_RATE);
	failure_of_answer(400, SPAN("{\"error\":\"Your credit balance is too low\"}"), 2000, 0, 0,
			  &failure);
	assert_int_equal(failure.class, FAILURE_MONEY);
}

/* A above B, B near the window, A about what was sent. */
void two_numbers_are_an_overflow(void **state)
{
	static const struct {
		int status;
		const char *body;
		int64_t tokens, context;
		enum failure_class class;
	} rows[] = {
		{ 400, "a 9000 b 8192", 9000, 8192, FAILURE_OVERFLOW },
		{ 413, "a 9,000 b 8,000", 9000, 8192, FAILURE_OVERFLOW },
		{ 422, "8192 < 9000", 0, 8192, FAILURE_OVERFLOW },
		{ 500, "9000/8192", 9000, 8192, FAILURE_OVERFLOW },
		{ 502, "9000 8192", 9000, 8192, FAILURE_SERVER },
		{ 404, "9000 8192", 9000, 8192, FAILURE_MODEL },
		{ 400, "9000 8192", 9000, 0, FAILURE_REQUEST },
		{ 400, "9000 4096", 9000, 8192, FAILURE_REQUEST },
		{ 400, "8192 8000", 900000, 8192, FAILURE_REQUEST },
		{ 400, "1790000000 8192", 9000, 8192, FAILURE_REQUEST },
		{ 400, "v9000 8192.5", 9000, 8192, FAILURE_REQUEST },
		{ 400, "\"a 9000 b 8192\"", 9000, 8192, FAILURE_OVERFLOW }, /* a bare string */
		{ 400, "no: \"a 9000 b 8192\"", 9000, 8192, FAILURE_REQUEST },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
		struct model_failure failure;

		failure_of_answer(rows[i].status, span_of(rows[i].body), -1, rows[i].tokens,
				  rows[i].context, &failure);
		if (failure.class != rows[i].class)
			print_failure(rows[i].body, &failure);
		assert_int_equal(failure.class, rows[i].class);
	}
}

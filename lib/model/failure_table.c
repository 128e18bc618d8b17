#include "failure_table.h"

#define NEAR 40 /* bytes between a parameter and the word of its refusal */

/* ---- codes and types ---- */

static const struct failure_row codes[] = {
	{ "context_length_exceeded", FAILURE_OVERFLOW, 0, 0 },
	{ "exceed_context_size_error", FAILURE_OVERFLOW, 0, 0 }, /* llama.cpp */
	{ "model_context_window_exceeded", FAILURE_OVERFLOW, 0, 0 },
	{ "context_window_exceeded*", FAILURE_OVERFLOW, 0, 0 },
	{ "request_too_large", FAILURE_OVERFLOW, 0, 0 },    /* Anthropic */
	{ "tokens_limit_reached", FAILURE_OVERFLOW, 0, 0 }, /* GitHub Models */
	{ "prompt_too_long", FAILURE_OVERFLOW, 0, 0 },
	{ "1261", FAILURE_OVERFLOW, 0, 0 }, /* Zhipu */

	{ "insufficient_quota", FAILURE_MONEY, 0, 0 },
	{ "insufficient_balance", FAILURE_MONEY, 0, FLAG_HARD },
	{ "insufficient_credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "insufficient_funds", FAILURE_MONEY, 0, FLAG_HARD },
	{ "billing_*", FAILURE_MONEY, 0, 0 },
	{ "credit_balance_*", FAILURE_MONEY, 0, FLAG_HARD },
	{ "credits_exhausted", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spend_limit_*", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spending_limit_*", FAILURE_MONEY, 0, FLAG_HARD },
	{ "payment_required", FAILURE_MONEY, 0, 0 },
	{ "quota_exceeded", FAILURE_MONEY, 0, 0 },
	{ "exceeded_current_quota_error", FAILURE_MONEY, 0, 0 }, /* Moonshot */
	{ "usage_limit_reached", FAILURE_MONEY, 0, 0 },
	{ "arrearage", FAILURE_MONEY, 0, FLAG_HARD }, /* DashScope */
	{ "1113", FAILURE_MONEY, 0, FLAG_HARD },      /* Zhipu */

	{ "rate_limit_*", FAILURE_RATE, 0, 0 },
	{ "rate_limited", FAILURE_RATE, 0, 0 },
	{ "ratelimit", FAILURE_RATE, 0, 0 },
	{ "throttling*", FAILURE_RATE, 0, 0 }, /* Bedrock, DashScope */
	{ "slow_down", FAILURE_RATE, 0, 0 },
	{ "1302", FAILURE_RATE, 0, 0 },

	{ "overloaded*", FAILURE_OVERLOADED, 0, 0 },
	{ "engine_overloaded*", FAILURE_OVERLOADED, 0, 0 },
	{ "model_overloaded", FAILURE_OVERLOADED, 0, 0 },
	{ "model_loading", FAILURE_OVERLOADED, 0, 0 },
	{ "model_not_ready*", FAILURE_OVERLOADED, 0, 0 },
	{ "server_busy", FAILURE_OVERLOADED, 0, 0 },
	{ "insufficient_system_resource", FAILURE_OVERLOADED, 0, 0 }, /* DeepSeek */
	{ "1305", FAILURE_OVERLOADED, 0, 0 },

	{ "content_filter*", FAILURE_CONTENT, 0, 0 },
	{ "content_policy_*", FAILURE_CONTENT, 0, 0 },
	{ "content_violation", FAILURE_CONTENT, 0, 0 },
	{ "responsible_ai_policy_violation", FAILURE_CONTENT, 0, 0 }, /* Azure */
	{ "data_inspection_failed", FAILURE_CONTENT, 0, 0 },          /* DashScope */
	{ "moderation*", FAILURE_CONTENT, 0, 0 },
	{ "prohibited_content", FAILURE_CONTENT, 0, 0 },
	{ "safety*", FAILURE_CONTENT, 0, 0 },
	{ "cyber_policy*", FAILURE_CONTENT, 0, 0 },
	{ "invalid_prompt", FAILURE_CONTENT, 0, 0 }, /* OpenAI's reasoning models */
	{ "1301", FAILURE_CONTENT, 0, 0 },

	{ "malformed_function_call", FAILURE_EMPTY, 0, 0 }, /* Gemini */
	{ "function_call_filter*", FAILURE_EMPTY, 0, 0 },
	{ "unexpected_tool_call", FAILURE_EMPTY, 0, 0 },
	{ "tool_use_failed", FAILURE_EMPTY, 0, 0 }, /* Groq: the model's call was none */

	{ "api_key_invalid", FAILURE_KEY, 0, 0 },
	{ "invalid_api_key", FAILURE_KEY, 0, 0 },
	{ "incorrect_api_key*", FAILURE_KEY, 0, 0 },
	{ "authentication_error", FAILURE_KEY, 0, 0 },
	{ "invalid_authentication*", FAILURE_KEY, 0, 0 },
	{ "unauthorized", FAILURE_KEY, 0, 0 },
	{ "unauthenticated", FAILURE_KEY, 0, 0 },
	{ "token_expired", FAILURE_KEY, 0, 0 },
	{ "account_deactivated", FAILURE_KEY, 0, 0 },

	{ "model_not_found", FAILURE_MODEL, 0, 0 },
	{ "model_not_available", FAILURE_MODEL, 0, 0 },
	{ "model_not_supported", FAILURE_MODEL, 0, 0 },
	{ "model_decommissioned", FAILURE_MODEL, 0, 0 },
	{ "model_deprecated", FAILURE_MODEL, 0, 0 },
	{ "unknown_model", FAILURE_MODEL, 0, 0 },
	{ "invalid_model*", FAILURE_MODEL, 0, 0 },
	{ "deployment_not_found", FAILURE_MODEL, 0, 0 }, /* Azure */
	{ "resource_not_found_exception", FAILURE_MODEL, 0, 0 },
	{ "unknown_url", FAILURE_MODEL, 0, 0 },
	{ "1211", FAILURE_MODEL, 0, 0 },

	{ "unsupported_parameter", FAILURE_PARAMETER, 0, 0 },
	{ "unsupported_value", FAILURE_PARAMETER, 0, 0 },
	{ "unknown_parameter", FAILURE_PARAMETER, 0, 0 },
	{ "unrecognized_parameter", FAILURE_PARAMETER, 0, 0 },
	{ "extra_forbidden", FAILURE_PARAMETER, 0, 0 }, /* pydantic */

	{ "not_found*", FAILURE_MODEL, 0, FLAG_WEAK },
	{ "permission_*", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "access_denied*", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "access_terminated*", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "unsupported_country*", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "organization_restricted", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "service_disabled", FAILURE_FORBIDDEN, 0, FLAG_WEAK },
	{ "resource_exhausted", FAILURE_RATE, 0, FLAG_WEAK }, /* Google's 429 for all things */
	{ "too_many_requests*", FAILURE_RATE, 0, FLAG_WEAK },
	{ "unavailable*", FAILURE_OVERLOADED, 0, FLAG_WEAK },
	{ "service_unavailable*", FAILURE_OVERLOADED, 0, FLAG_WEAK },
	{ "request_timeout", FAILURE_BUSY, 0, FLAG_WEAK },
	{ "conflict*", FAILURE_BUSY, 0, FLAG_WEAK },
};

/* ---- words ---- */

/* field/wire.md 9, and the wordings that were reported since. Judged before all other words. */
static const struct failure_row overflows[] = {
	{ "max_tokens is too large", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "maximum allowed number of output tokens", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "max_tokens must be less than or equal", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "valid range of max_tokens", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "max_tokens*supports at most", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "range of max_tokens should be", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "max_completion_tokens is too large", FAILURE_OVERFLOW, 0, FLAG_LIMIT },
	{ "maximum context length", FAILURE_OVERFLOW, 0, 0 },
	{ "context length exceeded", FAILURE_OVERFLOW, 0, 0 },
	{ "context_length_exceeded", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds the context length", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds maximum context length", FAILURE_OVERFLOW, 0, 0 },
	{ "exceed the available context size", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds the available context size", FAILURE_OVERFLOW, 0, 0 },
	{ "context size has been exceeded", FAILURE_OVERFLOW, 0, 0 },
	{ "greater than the context length", FAILURE_OVERFLOW, 0, 0 },
	{ "longer than the models context length", FAILURE_OVERFLOW, 0, 0 },
	{ "longer than the context length", FAILURE_OVERFLOW, 0, 0 },
	{ "context length of only", FAILURE_OVERFLOW, 0, 0 },
	{ "models context length is only", FAILURE_OVERFLOW, 0, 0 },
	{ "exceed context limit", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds the context window", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds the models context window", FAILURE_OVERFLOW, 0, 0 },
	{ "context window exceeds limit", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds context window", FAILURE_OVERFLOW, 0, 0 },
	{ "maximum prompt length", FAILURE_OVERFLOW, 0, 0 },
	{ "prompt is too long", FAILURE_OVERFLOW, 0, 0 },
	{ "prompt too long", FAILURE_OVERFLOW, 0, 0 },
	{ "prompt exceeds max length", FAILURE_OVERFLOW, 0, 0 },
	{ "input is too long", FAILURE_OVERFLOW, 0, 0 },
	{ "input too long", FAILURE_OVERFLOW, 0, 0 },
	{ "range of input length should be", FAILURE_OVERFLOW, 0, 0 },
	{ "too many tokens", FAILURE_OVERFLOW, 0, 0 },
	{ "too many input tokens", FAILURE_OVERFLOW, 0, 0 },
	{ "too large for model with * context length", FAILURE_OVERFLOW, 0, 0 },
	{ "input token count*exceeds the maximum", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds the maximum number of tokens", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeded model token limit", FAILURE_OVERFLOW, 0, 0 },
	{ "exceeds model token limit", FAILURE_OVERFLOW, 0, 0 },
	{ "inputs tokens + max_new_tokens must be", FAILURE_OVERFLOW, 0, 0 },
	{ "reduce the length of the messages", FAILURE_OVERFLOW, 0, 0 },
	{ "request entity too large", FAILURE_OVERFLOW, 0, 0 },
	{ "request body too large", FAILURE_OVERFLOW, 0, 0 },
	{ "messages[*string too long", FAILURE_OVERFLOW, 0, 0 },
	{ "no user query found in messages", FAILURE_OVERFLOW, 0, 0 }, /* Ollama cut the question */
	{ "\xE4\xB8\x8A\xE4\xB8\x8B\xE6\x96\x87\xE8\xBF\x87\xE9\x95\xBF", FAILURE_OVERFLOW, 0, 0 },
	{ "\xE4\xB8\x8A\xE4\xB8\x8B\xE6\x96\x87\xE8\xB6\x85\xE5\x87\xBA", FAILURE_OVERFLOW, 0, 0 },
};

static const struct failure_row words[] = {
	/* ---- money: caps and empty accounts, then what may be a rate as well ---- */
	{ "credit balance is too low", FAILURE_MONEY, 0, FLAG_HARD },
	{ "insufficient balance", FAILURE_MONEY, 0, FLAG_HARD },
	{ "insufficient credit", FAILURE_MONEY, 0, FLAG_HARD },
	{ "insufficient funds", FAILURE_MONEY, 0, FLAG_HARD },
	{ "requires more credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "credits are depleted", FAILURE_MONEY, 0, FLAG_HARD },
	{ "run out of credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "out of credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "used all available credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "exceeded your monthly included credits", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spend limit", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spend cap", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spending limit", FAILURE_MONEY, 0, FLAG_HARD },
	{ "spending cap", FAILURE_MONEY, 0, FLAG_HARD },
	{ "specified api usage limits", FAILURE_MONEY, 0, FLAG_HARD }, /* Anthropic */
	{ "billing hard limit", FAILURE_MONEY, 0, FLAG_HARD },
	{ "key limit exceeded", FAILURE_MONEY, 0, FLAG_HARD }, /* OpenRouter */
	{ "account is in arrears", FAILURE_MONEY, 0, FLAG_HARD },
	{ "account is overdue", FAILURE_MONEY, 0, FLAG_HARD },
	{ "payment required", FAILURE_MONEY, 0, 0 },
	{ "exceeded your current quota", FAILURE_MONEY, 0, 0 },
	{ "check your plan and billing", FAILURE_MONEY, 0, 0 },
	{ "usage limit reached", FAILURE_MONEY, 0, 0 },
	{ "hit your usage limit", FAILURE_MONEY, 0, 0 },

	{ "rate limit", FAILURE_RATE, 0, 0 },
	{ "rate-limit", FAILURE_RATE, 0, 0 },
	{ "ratelimit", FAILURE_RATE, 0, 0 },
	{ "too many requests", FAILURE_RATE, 0, 0 },
	{ "throttled", FAILURE_RATE, 0, 0 },

	{ "overloaded", FAILURE_OVERLOADED, 0, 0 },
	{ "loading model", FAILURE_OVERLOADED, 0, 0 },
	{ "is loading", FAILURE_OVERLOADED, 0, 0 },
	{ "currently loading", FAILURE_OVERLOADED, 0, 0 },
	{ "still being loaded", FAILURE_OVERLOADED, 0, 0 },
	{ "warming up", FAILURE_OVERLOADED, 0, 0 },
	{ "high demand", FAILURE_OVERLOADED, 0, 0 },
	{ "at capacity", FAILURE_OVERLOADED, 0, 0 },
	{ "over capacity", FAILURE_OVERLOADED, 0, 0 },
	{ "no available capacity", FAILURE_OVERLOADED, 0, 0 },
	{ "server busy", FAILURE_OVERLOADED, 0, 0 },
	{ "server is busy", FAILURE_OVERLOADED, 0, 0 },

	{ "incorrect api key", FAILURE_KEY, 0, 0 },
	{ "invalid api key", FAILURE_KEY, 0, 0 },
	{ "api key not valid", FAILURE_KEY, 0, 0 },
	{ "invalid x-api-key", FAILURE_KEY, 0, 0 },
	{ "invalid bearer token", FAILURE_KEY, 0, 0 },
	{ "api key expired", FAILURE_KEY, 0, 0 },
	{ "no auth credentials", FAILURE_KEY, 0, 0 },
	{ "must provide an api key", FAILURE_KEY, 0, 0 },
	{ "didnt provide an api key", FAILURE_KEY, 0, 0 },
	{ "missing api key", FAILURE_KEY, 0, 0 },

	/* From here on: not of a 401, 429, 503 or 529. */
	{ "content management policy", FAILURE_CONTENT, 0, 0 },
	{ "content filter", FAILURE_CONTENT, 0, 0 },
	{ "content policy", FAILURE_CONTENT, 0, 0 },
	{ "usage policy", FAILURE_CONTENT, 0, 0 },
	{ "usage policies", FAILURE_CONTENT, 0, 0 },
	{ "content exists risk", FAILURE_CONTENT, 0, 0 }, /* DeepSeek */
	{ "inappropriate content", FAILURE_CONTENT, 0, 0 },
	{ "safety system", FAILURE_CONTENT, 0, 0 },
	{ "was flagged", FAILURE_CONTENT, 0, 0 },
	{ "prompt was blocked", FAILURE_CONTENT, 0, 0 },

	{ "failed to parse input at pos", FAILURE_HISTORY, QUIRK_FLAT, 0 }, /* llama.cpp */
	{ "failed to parse tool call arguments", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "error parsing tool call", FAILURE_EMPTY, 0, 0 }, /* Ollama, of the model's own */
	{ "tool_use ids were found without", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool_use_id", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool_result block", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool_call_id", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool_call_ids", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool call id", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "no tool output found", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "no tool call found", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "tool_calls must be followed by", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "response to a preceeding message", FAILURE_HISTORY, QUIRK_FLAT, 0 }, /* OpenAI's */
	{ "response to a preceding message", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "function calls and responses", FAILURE_HISTORY, QUIRK_FLAT, 0 }, /* Mistral */
	{ "function response parts", FAILURE_HISTORY, QUIRK_FLAT, 0 },      /* Gemini */
	{ "function call turn comes", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "thought_signature", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "reasoning_content*must be passed back", FAILURE_HISTORY, QUIRK_FLAT, 0 }, /* DeepSeek */
	{ "missing reasoning_content", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "without its required following item", FAILURE_HISTORY, QUIRK_NO_REASONING, 0 },
	{ "invalid signature in thinking", FAILURE_HISTORY, QUIRK_NO_REASONING, 0 },
	{ "thinking blocks*cannot be modified", FAILURE_HISTORY, QUIRK_NO_REASONING, 0 },
	{ "encrypted content*could not be", FAILURE_HISTORY, QUIRK_NO_REASONING, 0 },
	{ "items are not persisted", FAILURE_HISTORY, QUIRK_NO_REASONING, 0 }, /* Responses */
	{ "only user and assistant roles are supported", FAILURE_HISTORY,
	  QUIRK_FLAT | QUIRK_NO_SYSTEM, 0 },
	{ "roles must alternate", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "expected last role", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	/* Mistral, of every such transcript: what is learned holds for the model */
	{ "unexpected role*user*after role*tool", FAILURE_PARAMETER, QUIRK_WORDS_FIRST, 0 },
	{ "unexpected role", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "first message must", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "must end with a user message", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "assistant message prefill", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "must be non-empty", FAILURE_HISTORY, QUIRK_FLAT, 0 },
	{ "extraneous key [tool", FAILURE_HISTORY, QUIRK_FLAT, 0 }, /* Bedrock */

	{ "encrypted content is not supported", FAILURE_PARAMETER, QUIRK_NO_REASONING, 0 },
	{ "does not support system", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "system role not supported", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "system role is not supported", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "system messages are not supported", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "system instruction is not enabled", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "developer instruction is not enabled", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "role*does not support system", FAILURE_PARAMETER, QUIRK_NO_SYSTEM, 0 },
	{ "verified to stream", FAILURE_PARAMETER, QUIRK_NO_STREAM, 0 }, /* OpenAI */
	{ "tools with stream", FAILURE_PARAMETER, QUIRK_NO_STREAM, 0 },  /* llama.cpp */
	{ "not support streaming", FAILURE_PARAMETER, QUIRK_NO_STREAM, 0 },
	{ "streaming is not supported", FAILURE_PARAMETER, QUIRK_NO_STREAM, 0 },
	{ "streaming not supported", FAILURE_PARAMETER, QUIRK_NO_STREAM, 0 },
	{ "not support tool", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 }, /* Ollama */
	{ "not support function calling", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 },
	{ "function calling is not", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 },
	{ "that support tool use", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 }, /* OpenRouter */
	{ "tool use is not supported", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 },
	{ "tool calling is not supported", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 },
	{ "tools are not supported", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 },
	{ "tool choice requires", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 }, /* vLLM */
	{ "tools param requires", FAILURE_PARAMETER, QUIRK_NO_TOOLS, 0 }, /* llama.cpp */
	{ "blocks with cache_control", FAILURE_PARAMETER, QUIRK_NO_CACHE_CONTROL, 0 },

	{ "model*does not exist", FAILURE_MODEL, 0, 0 },
	{ "model*not found", FAILURE_MODEL, 0, 0 },
	{ "no such model", FAILURE_MODEL, 0, 0 },
	{ "unknown model", FAILURE_MODEL, 0, 0 },
	{ "invalid model", FAILURE_MODEL, 0, 0 },
	{ "not a valid model", FAILURE_MODEL, 0, 0 },
	{ "model*has been deprecated", FAILURE_MODEL, 0, 0 },
	{ "model*has been decommissioned", FAILURE_MODEL, 0, 0 },
	{ "model*is no longer available", FAILURE_MODEL, 0, 0 },
	{ "no endpoints found", FAILURE_MODEL, 0, 0 }, /* OpenRouter */

	{ "model output error", FAILURE_EMPTY, 0, 0 },
	{ "unsupported parameter", FAILURE_PARAMETER, 0, 0 },
	{ "unknown parameter", FAILURE_PARAMETER, 0, 0 },
	{ "unrecognized request argument", FAILURE_PARAMETER, 0, 0 },
	{ "extra inputs are not permitted", FAILURE_PARAMETER, 0, 0 },
	{ "extra fields not permitted", FAILURE_PARAMETER, 0, 0 },
	{ "additional properties are not allowed", FAILURE_PARAMETER, 0, 0 },
	{ "unexpected keyword argument", FAILURE_PARAMETER, 0, 0 },
	{ "unknown name", FAILURE_PARAMETER, 0, 0 }, /* Google */
	{ "unknown field", FAILURE_PARAMETER, 0, 0 },
	{ "property*is unsupported", FAILURE_PARAMETER, 0, 0 }, /* Groq */
};

static bool is_narrow(enum failure_class class)
{
	return class == FAILURE_MONEY || class == FAILURE_RATE || class == FAILURE_OVERLOADED ||
	       class == FAILURE_KEY;
}

const struct failure_row *failure_by_code(const struct report *report, bool weak)
{
	for (size_t i = 0; i < ARRAY_LENGTH(codes); i++)
		if (!(codes[i].flags & FLAG_WEAK) == !weak &&
		    report_has_code(report, codes[i].says))
			return &codes[i];
	return NULL;
}

const struct failure_row *failure_by_words(const struct report *report, bool narrow)
{
	for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
		if ((!narrow || is_narrow(words[i].class)) && report_says(report, words[i].says))
			return &words[i];
	return NULL;
}

const struct failure_row *failure_by_overflow_words(const struct report *report)
{
	for (size_t i = 0; i < ARRAY_LENGTH(overflows); i++)
		if (report_says(report, overflows[i].says))
			return &overflows[i];
	return NULL;
}

/* ---- statuses ---- */

static const struct {
	int status;
	enum failure_class class;
} statuses[] = {
	{ 401, FAILURE_KEY },        { 402, FAILURE_MONEY },      { 403, FAILURE_FORBIDDEN },
	{ 404, FAILURE_MODEL },      { 405, FAILURE_MODEL },      { 407, FAILURE_FORBIDDEN },
	{ 408, FAILURE_BUSY },       { 409, FAILURE_BUSY },       { 410, FAILURE_MODEL },
	{ 413, FAILURE_OVERFLOW },   { 425, FAILURE_BUSY },       { 429, FAILURE_RATE },
	{ 451, FAILURE_CONTENT },    { 498, FAILURE_KEY },        { 501, FAILURE_REQUEST },
	{ 503, FAILURE_OVERLOADED }, { 529, FAILURE_OVERLOADED },
};

enum failure_class failure_by_status(int status)
{
	for (size_t i = 0; i < ARRAY_LENGTH(statuses); i++)
		if (statuses[i].status == status)
			return statuses[i].class;
	if (status >= 400 && status < 500)
		return FAILURE_REQUEST;
	return status >= 300 && status < 400 ? FAILURE_MODEL : FAILURE_SERVER;
}

/* ---- parameters ---- */

/* The longer name first, where one holds the other. */
static const struct {
	const char *name;
	unsigned quirk;
	bool plain; /* an ordinary word: counts near the refusal alone */
} parameters[] = {
	{ "stream_options", QUIRK_NO_STREAM_OPTIONS, false },
	{ "max_tokens", QUIRK_MAX_COMPLETION_TOKENS, false },
	{ "cache_control", QUIRK_NO_CACHE_CONTROL, false },
	{ "reasoning_content", QUIRK_NO_REASONING, false },
	{ "reasoning_details", QUIRK_NO_REASONING, false },
	{ "extra_content", QUIRK_NO_REASONING, false },
	{ "encrypted_content", QUIRK_NO_REASONING, false },
	{ "tool_choice", QUIRK_NO_TOOLS, false },
	{ "tool_calls", QUIRK_FLAT, false },
	{ "thinking", QUIRK_NO_REASONING, true },
	{ "reasoning", QUIRK_NO_REASONING, true },
	{ "tools", QUIRK_NO_TOOLS, true },
	{ "functions", QUIRK_NO_TOOLS, true },
	{ "stream", QUIRK_NO_STREAM, true },
};

static const char *const refusals[] = {
	"not supported",  "not support",   "unsupported",   "unknown",
	"unrecognized",   "not permitted", "not allowed",   "unexpected",
	"extraneous key", "not enabled",   "no such field", "invalid parameter",
};

/* "tools[0].strict" and "tools.0" speak of a part, without which the whole may be fine. */
static bool is_whole(const struct report *report, size_t end)
{
	return !strchr(".[", report->words.data[end]) || !report->words.data[end] ||
	       !report->words.data[end + 1] || report->words.data[end + 1] == ' ';
}

static bool is_refused_near(const struct report *report, const char *name, bool plain)
{
	for (size_t at = 0; (at = report_find_word(report, name, at)) != SIZE_MAX; at++) {
		size_t begin = at > NEAR ? at - NEAR : 0, end = at + strlen(name);
		const char *from = report->words.data + begin;
		size_t size = strnlen(from, end + NEAR - begin);

		if (plain && !is_whole(report, end))
			continue;
		for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++)
			if (memmem(from, size, refusals[i], strlen(refusals[i])))
				return true;
	}
	return false;
}

static bool is_named(const struct report *named, const char *name, bool plain)
{
	size_t at = report_find_word(named, name, 0);

	return at != SIZE_MAX && (!plain || !named->words.data[at + strlen(name)]);
}

unsigned failure_refused_parameter(const struct report *report, bool refused)
{
	struct report named = { .words = { .data = report->param } };

	for (size_t i = 0; i < ARRAY_LENGTH(parameters) && report->param && refused; i++)
		if (is_named(&named, parameters[i].name, parameters[i].plain))
			return parameters[i].quirk;
	for (size_t i = 0; i < ARRAY_LENGTH(parameters); i++) {
		if (!parameters[i].plain && refused
			    ? report_find_word(report, parameters[i].name, 0) != SIZE_MAX
			    : is_refused_near(report, parameters[i].name, parameters[i].plain))
			return parameters[i].quirk;
	}
	return 0;
}

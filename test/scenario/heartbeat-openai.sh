# One heartbeat against an OpenAI-compatible server: streamed, two calls in one turn.
. "$SOURCE/test/scenario/lib.sh"

FORMAT=openai
blocks() { jq '[.body.messages[] | select(.role == "system") | .content | if type == "string" then . else .[].text end]'; }
tool_names() { jq -r '[.body.tools[].function.name] | join(" ")'; }
calls() { jq -c '[.body.messages[] | select(.role == "assistant")][-1].tool_calls | map([.id, .function.name])'; }
# What follows the last assistant message, and nothing else.
results() {
	jq -c '.body.messages as $m | ($m | map(.role) | rindex("assistant")) as $last
		| $m[$last + 1:] | map(if .role == "tool" then [.tool_call_id, .content] else error("not a result") end)'
}
key() { jq -r '.headers | with_entries(.key |= ascii_downcase) | .authorization | ltrimstr("Bearer ")'; }

. "$SOURCE/test/scenario/heartbeat-provider.inc"

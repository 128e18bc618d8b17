# One heartbeat against Ollama's own chat: lines of JSON, two calls in one turn, results by the tool's name.
. "$SOURCE/test/scenario/lib.sh"

FORMAT=ollama
blocks() { jq '[.body.messages[] | select(.role == "system") | .content]'; }
tool_names() { jq -r '[.body.tools[].function.name] | join(" ")'; }
calls() { jq -c '[.body.messages[] | select(.role == "assistant")][-1].tool_calls | map(.function | [.name, .name])'; }
# What follows the last assistant message, and nothing else.
results() {
	jq -c '.body.messages as $m | ($m | map(.role) | rindex("assistant")) as $last
		| $m[$last + 1:] | map(if .role == "tool" then [.tool_name, .content] else error("not a result") end)'
}
key() { jq -r '.headers | with_entries(.key |= ascii_downcase) | .authorization | ltrimstr("Bearer ")'; }

. "$SOURCE/test/scenario/heartbeat-provider.inc"

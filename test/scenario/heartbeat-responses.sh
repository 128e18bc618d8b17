# One heartbeat against OpenAI Responses: streamed items, two calls in one turn.
. "$SOURCE/test/scenario/lib.sh"

FORMAT=responses
blocks() { jq '[.body.instructions]'; }
tool_names() { jq -r '[.body.tools[].name] | join(" ")'; }
# What follows the last call, and nothing else.
results() {
	jq -c '.body.input as $m | ($m | map(.type) | rindex("function_call")) as $last
		| $m[$last + 1:] | map(if .type == "function_call_output" then [.call_id, .output] else error("not a result") end)'
}
calls() {
	jq -c '.body.input as $m | [$m[($m | map(.type) | rindex("function_call")) + 1:][].call_id] as $ids
		| $m | map(select(.type == "function_call" and (.call_id | IN($ids[]))) | [.call_id, .name])'
}
key() { jq -r '.headers | with_entries(.key |= ascii_downcase) | .authorization | ltrimstr("Bearer ")'; }

. "$SOURCE/test/scenario/heartbeat-provider.inc"

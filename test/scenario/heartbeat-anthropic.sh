# One heartbeat against an Anthropic Messages server: streamed, two calls in one turn.
. "$SOURCE/test/scenario/lib.sh"

FORMAT=anthropic
blocks() { jq '.body.system | if type == "string" then [.] else map(.text) end'; }
tool_names() { jq -r '[.body.tools[].name] | join(" ")'; }
calls() { jq -c '[.body.messages[] | select(.role == "assistant")][-1].content | map(select(.type == "tool_use") | [.id, .name])'; }
# All results of a turn stand in the one user message behind it, before anything else (field/wire.md).
results() {
	jq -c '.body.messages | if .[-2].role != "assistant" then error("not the last but one") else .[-1] end | .content
		| map(if .type == "tool_result" then [.tool_use_id, (.content | if type == "string" then . else map(.text) | join("") end)]
		  else error("not a result") end)'
}
key() { jq -r '.headers | with_entries(.key |= ascii_downcase) | .["x-api-key"]'; }

. "$SOURCE/test/scenario/heartbeat-provider.inc"

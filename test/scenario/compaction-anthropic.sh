# Older turns of a long session become a summary, over Anthropic's format.
FORMAT=anthropic
reading='def system_of: [.system[]?.text] | join("\n\n");
	def blocks: .content | if type == "string" then [{type: "text", text: .}] else . end;
	def turns_of: [.messages[] | blocks as $b | {role, text: [$b[] | .text? // empty] | join("\n"),
		calls: [$b[] | select(.type == "tool_use") | .id],
		results: [$b[] | select(.type == "tool_result") | .tool_use_id]}];'
. "$SOURCE/test/scenario/compaction.inc"

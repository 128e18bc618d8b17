# Older turns of a long session become a summary, over OpenAI's format.
FORMAT=openai
reading='def system_of: .messages[0].content;
	def turns_of: [.messages[1:][] | {role, text: (.content // ""), calls: [.tool_calls[]?.id],
		results: [select(.role == "tool") | .tool_call_id]}];'
. "$SOURCE/test/scenario/compaction.inc"

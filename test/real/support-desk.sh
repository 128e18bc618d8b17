# The example with a real model behind it. What it says may be poor: that its words, calls and figures come through whole is the test.
. "$SOURCE/test/real/real.inc"

make_workspace support-desk
start_model 8192
use_model 8192
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

talk hello kira --message 'Say hello in one sentence.'
[ "$outcome" != done ] || [ -n "$(end text)" ] || fail 'done without a word'
ok 'its words came as a stream' test "$(jq -s '[.[] | select(.event == "text")] | length' "$story")" -gt 1
case $(said) in *"$(end text)") echo 'ok: the last words are the end of what was streamed' ;; *) fail 'the last words differ from the stream' ;; esac
ok 'the tokens read are known' test "$(end input_tokens)" -gt 100
ok 'the tokens written are known' test "$(end output_tokens)" -gt 0

talk daily kira --heartbeat Daily
talk weekly kira --heartbeat Weekly
talk bulletin max --heartbeat 'On bulletin'
WAIT=300 wait_for 'all are idle' idle

# What was spent: a row a call, with what the server told.
if agentctl stats --calls --json >"$T/calls" 2>&1; then
	ok 'each call has its row' jq -se '[.[] | if type == "array" then .[] else . end] | length >= 4 and
		all(.model == "small") and any(.input_tokens > 100 and .output_tokens > 0)' "$T/calls"
fi
ok 'and nothing was spent' jq -se 'map(select(.event == "session_end").cost_micro_usd) | add == 0' "$T"/hello.jsonl "$T"/daily.jsonl
ok 'no session is left open' sh -c "agentctl schedule --from 2026-01-01 --count 1000 --json | jq -e 'all(.[]; .state != \"running\")'"
stop_agentd
equal 'no connection is left' 0 "$(connections)"
repositories_are_well

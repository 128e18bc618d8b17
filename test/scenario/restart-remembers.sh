# What status shows of an agent, and how often it has failed in a row, outlives a restart, whatever others did meanwhile.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
printf 'error 400 {"error":{"message":"no such thing"}}\n  when say broken\n  times 9\ndefault reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
agentctl new max >/dev/null
use_provider openai
start_agentd
status 0 agentctl run max --message hello
agentctl run kira --message 'say broken' >"$T/one" 2>&1 || true
agentctl run kira --message 'say broken' >"$T/two" 2>&1 || true
equal 'two have failed' failed "$(agentctl status kira --json | jq -r '.agents[0].last.outcome')"
stop_agentd
db "UPDATE session SET started = started - 3600000, ended = ended - 3600000 WHERE agent = 'kira'"
db "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
	INSERT INTO session(id, agent, cause, section, heading, model, outcome, reason, text, plan, started, ended, turns,
		input_tokens, output_tokens, cost_micro_usd, epoch)
	SELECT printf('01MZZZ%020d', i), agent, cause, section, heading, model, outcome, reason, text, plan, started - i, ended - i,
		turns, input_tokens, output_tokens, cost_micro_usd, epoch FROM session, n WHERE agent = 'max'"
start_agentd
equal 'it is known how the last one ended' failed "$(agentctl status kira --json | jq -r '.agents[0].last.outcome')"
equal 'nobody is alerted yet' 0 "$(agentctl status --json | jq '.incidents | length')"
agentctl run kira --message 'say broken' >"$T/three" 2>&1 || true
wait_for 'the third in a row alerts' incident 'failing kira'
stop_agentd

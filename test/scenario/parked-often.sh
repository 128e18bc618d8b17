# Work that was parked far more than sixty times goes on with all that was said and done since its beginning.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace solo
cat >"$T/story.txt" <<'EOS'
reply
  when do it
  text The very first step.
  call list_files {"path":"."}
reply
  when do it
  delay 2000
  text The second step.
  call list_files {"path":"."}
reply
  when do it
  text It is done.
EOS
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
agentctl run ada --message 'do it' --json >"$T/run.jsonl" 2>/dev/null & client=$!
wait_for 'its model is asked a second time' has_requests 2
status 0 agentctl pause ada
wait $client || true
equal 'it is parked' 1 "$(db 'SELECT count(*) FROM parked')"
stop_agentd

# As if a session went on with it and was parked again before it came to anything, 99 times.
last=$(db 'SELECT session FROM parked')
for i in $(seq 1 99); do
	next=$(printf '01M7ZZZZZZZZZZZZZZZZZZZZ%02d' "$i")
	echo "INSERT INTO session(id, agent, cause, section, heading, model, outcome, reason, text, plan, started, ended, turns,
		input_tokens, output_tokens, cost_micro_usd, epoch)
		SELECT '$next', agent, cause, section, heading, model, outcome, reason, text, json_set(plan, '\$.wish.again', '$last'),
		started, ended, 0, 0, 0, 0, epoch FROM session WHERE id = '$last';"
	last=$next
done >"$T/often.sql"
echo "UPDATE parked SET session = '$last';" >>"$T/often.sql"
db <"$T/often.sql"
start_agentd
status 0 agentctl resume ada
wait_for 'it goes on' has_requests 3
jq -c 'select(.event == "request") | .body' "$T/requests.jsonl" | tail -n 1 >"$T/last"
has 'with what was said first' 'The very first step.' "$T/last"
has 'and last' 'The second step.' "$T/last"
is_done() { [ "$(agentctl status ada --json | jq -r '.agents[0].last.outcome')" = done ]; }
wait_for 'and is done' is_done
stop_agentd
repositories_are_well

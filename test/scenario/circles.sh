# A session that goes in circles is parked by its own breaker: the same call with the same result, too many turns, too many calls in
# a minute. It is not killed, its transcript stays, a person hears of it and starts it again, once. `circuit_breaker: off` lets it.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
cat >"$T/story.txt" <<'EOF'
reply
  when round in circles
  times 0
  call list_files {"path":"."}
EOF
for number in $(seq 200); do
	printf 'reply\n  when never at rest\n  call list_files {"path":"place-%d"}\n' "$number"
done >>"$T/story.txt"
printf 'default reply\n  text All is well.\n' >>"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
cat >>agentd.yaml <<EOF
alerts: [{command: "cat >>$T/alerts; echo >>$T/alerts; :"}]
turns_per_session: 8
session_breaker_calls: 100
limits:
  circuit_breaker: on
EOF
: >"$T/alerts"
start_agentd

db() { sqlite3 -readonly .agentd/state.db "$@"; }
save() { # save EXPRESSION: a person edits agentd.yaml, and it is in force
	before=$(events reload)
	sed -i "$1" agentd.yaml
	wait_for "agentd has read: $1" is_reloaded
}
is_reloaded() { [ "$(events reload)" -gt "$before" ]; }
told() { [ "$(jq -s '[.[] | select(.recovered | not)] | length' "$T/alerts")" = "$1" ]; }
recovered() { [ "$(jq -s '[.[] | select(.recovered)] | length' "$T/alerts")" = "$1" ]; }
ends() { [ "$(db 'SELECT count(*) FROM session WHERE ended > 0')" = "$1" ]; }
end() { jq -r "select(.event == \"session_end\").$1" "$T/out"; }

# ---- the same call, the same result ----
status 4 agentctl run kira --message 'go round in circles' --json
equal 'outcome' parked "$(end outcome)"
equal 'why' 'list_files was called 5 times with the same arguments and result' "$(end reason)"
equal 'five turns' 5 "$(requests)"
session=$(end session)
wait_for 'a person is told' told 1
has 'of what' 'called 5 times with the same arguments' "$T/alerts"
equal 'its transcript is whole' '5 5' "$(db "SELECT sum(kind = 'model') || ' ' || sum(kind = 'list_files') FROM step WHERE session = '$session' AND result IS NOT NULL")"
equal 'it ended by itself' 0 "$(grep -c 'killed by signal' "$T/agentd.log" || true)"
equal 'it waits' "$session" "$(db "SELECT session FROM parked WHERE why = 'breaker'")"
equal 'state' parked "$(agentctl status kira --json | jq -r '.agents[0].state')"
agentctl why "$session" >"$T/out"
has 'why tells' 'called 5 times with the same arguments' "$T/out"

# ---- a restart does not start it, a person does, and once ----
stop_agentd
start_agentd
equal 'nothing was asked' 5 "$(requests)"
equal 'nobody is told again' 1 "$(jq -s length "$T/alerts")"
ok 'a person resumes it' agentctl resume kira
wait_for 'it ran once more' ends 2
equal 'and went in circles again' '10 1' "$(requests) $(db 'SELECT count(*) FROM parked')"
wait_for 'the first is over' recovered 1
wait_for 'the second is told' told 2
equal 'its event' "again:$session" "$(db "SELECT event FROM slot WHERE event LIKE 'again:%'")"

# ---- a person's other wish is not held up by it ----
status 0 agentctl run kira --message 'is all well?' --json
equal 'and it is done' 'All is well.' "$(end text)"

# ---- turns ----
asked=$(requests)
status 4 agentctl run kira --message 'never at rest' --json
equal 'why' 'more than 8 turns' "$(end reason)"
equal 'turns' 8 $(($(requests) - asked))
wait_for 'a person is told' told 3

# ---- calls in a minute ----
save 's/^turns_per_session: .*/turns_per_session: 1000/; s/^session_breaker_calls: .*/session_breaker_calls: 6/'
asked=$(requests)
status 4 agentctl run kira --message 'never at rest' --json
equal 'why' '6 tool calls within a minute' "$(end reason)"
equal 'turns' 6 $(($(requests) - asked))
wait_for 'a person is told' told 4

# ---- switched off ----
save 's/circuit_breaker: on/circuit_breaker: off/; s/^turns_per_session: .*/turns_per_session: 12/'
asked=$(requests)
status 4 agentctl run kira --message 'go round in circles' --json
equal 'only turns are counted' 'more than 12 turns' "$(end reason)"
equal 'turns' 12 $(($(requests) - asked))
stop_agentd

# ./demo, with the programs of this build instead of building some.
. "$SOURCE/test/scenario/lib.sh"

cp "$SOURCE/demo" "$T/demo"
AGENTD_DEMO_BIN=$BUILD/bin
export AGENTD_DEMO_BIN
W=$T/demo-workspace

status 2 ./demo --twice
status 0 ./demo --once
mv "$T/out" "$T/said"
has 'it says what it does' '$ agentctl run kira --heartbeat Daily' "$T/said"
has 'an agent wakes' 'of kira: heartbeat Daily (07:00)' "$T/said"
has 'it is told that this is a rehearsal' 'no model was called' "$T/said"
has 'a post' '[kira]' "$T/said"
has 'that wakes the other' '[max]' "$T/said"
has 'who answers' 'gateway 8.2 repeats a payment' "$T/said"
has 'what was remembered' "+- $(date -u +%F): Tickets 7731, 7745 and 7802 report duplicate charges" "$T/said"
has 'and why' '    Cause: heartbeat Daily (07:00)' "$T/said"
has 'git log of all' 'memory: 1 fact from On bulletin' "$T/said"
! grep -q "$(printf '\033')" "$T/said" || fail 'escapes for a terminal where there is none'
status 3 agentctl -w "$W" ready
cd "$W"
repositories_are_well
equal 'each agent has run once' '["kira","max"]' "$(jq -sc '[.[] | select(.event == "session_end").agent] | sort' .agentd/log/events.jsonl)"

# Again: it goes on from where it was, until Ctrl-C.
cd "$T"
# A minute later, in test builds: what happens wakes an agent once a minute at most.
(trap - INT; AGENTD_CLOCK_OFFSET=90 exec ./demo) >"$T/said" 2>&1 & demo=$!
WAIT=90 wait_for 'it goes on serving' grep -q 'goes on serving' "$T/said"
has 'from where it was' 'goes on from where it was' "$T/said"
status 0 agentctl -w "$W" run kira --message hello
kill -TERM $demo
actual=0; wait $demo || actual=$?
equal 'Ctrl-C ends it' 130 "$actual"
status 3 agentctl -w "$W" ready

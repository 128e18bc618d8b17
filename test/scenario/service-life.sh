# Starting, stopping, pausing, two daemons, SIGHUP.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

status 1 agentctl -w "$T" status
make_workspace support-desk
status 3 agentctl status
status 3 agentctl run kira
status 3 agentctl ready
start_agentd
wait_for 'the first commits' has_commit agents/max

# A second daemon refuses within the two seconds that it waits for one that is dying.
status 1 agentd -w "$W"
has 'it says who serves' "process id $daemon" "$T/out"

# A pause survives restarts; a manual run works all the same.
ok 'pause' agentctl pause kira
equal 'paused' paused "$(agentctl status kira --json | jq -r '.agents[0].state')"
stop_agentd
start_agentd
equal 'still paused' paused "$(agentctl status kira --json | jq -r '.agents[0].state')"
ok 'a manual run of a paused agent' agentctl run kira --heartbeat Daily
ok 'resume all' agentctl resume --all
equal 'idle again' idle "$(agentctl status kira --json | jq -r '.agents[0].state')"
status 2 agentctl pause
status 1 agentctl pause nobody
has 'it says what there is' 'no agent "nobody"' "$T/out"

# SIGHUP reads everything again and changes nothing by itself.
before=$(commits agents/kira)
kill -HUP "$daemon"
wait_for 'the reload is told' grep -q '"reloading"' .agentd/log/events.jsonl
ok 'still serving' agentctl status
equal 'no commit' "$before" "$(commits agents/kira)"

# While agentd starts, SIGHUP does not end it: here it waits for the lock.
agentd -w "$W" 2>"$T/second" &
second=$!
at_lock() { ls -l "/proc/$second/fd" | grep -q '\.agentd$'; }
wait_for 'a second one waits for the lock' at_lock
kill -HUP "$second"
ended=0; wait "$second" || ended=$?
equal 'it ends for the lock' 1 $ended
has 'in words' 'is served already' "$T/second"

# A lock whose owner dies within two seconds is waited for.
old=$daemon
agentd -w "$W" 2>>"$T/agentd.log" &
daemon=$!
kill -TERM "$old"
wait "$old"
wait_for 'the next daemon takes over' agentctl ready
kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
start_agentd

# Wrong use.
status 2 agentd --nonsense
status 2 agentctl nonsense
status 2 agentctl run
status 1 agentd -w "$T"
has 'it says how to make one' 'agentctl init' "$T/out"

# A damaged state.db is set aside, and the schedule works on.
stop_agentd
printf 'this is no database, and long enough to be looked at as one ........................' >.agentd/state.db
rm -f .agentd/state.db-wal .agentd/state.db-shm
start_agentd
ok 'the damaged file is kept' sh -c 'ls .agentd/state.db.damaged-*'
ok 'a beat after that' agentctl run kira --heartbeat Daily
stop_agentd
repositories_are_well

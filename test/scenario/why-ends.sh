# How a session ended, or did not: what killed its process, how often it went on, and what waits for a daemon.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

make_workspace solo
cat >"$T/story.txt" <<'EOS'
reply
  when first thing
  call remember {"text":"The first thing."}
reply
  when first thing
  text And then
  stall
reply
  when first thing
  text And then
  stall
default reply
  text done
EOS
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
agentctl run ada --message 'first thing' >"$T/run" 2>&1 &
wait_for 'its model is asked a second time' has_requests 2
session=$(agentctl status --json | jq -r '.agents[0].session')

# ---- a signal from outside ----
kill -9 $(processes agentd-session)
wait_for 'it goes on' has_requests 3
status 0 agentctl why "$session" --json
equal 'it runs' running "$(jq -r .state "$T/out")"
equal 'it has died once' 1 "$(jq '.deaths | length' "$T/out")"
equal 'of itself' true "$(jq '.deaths[0].own' "$T/out")"
equal 'behind the call of its tool' 3 "$(jq '.deaths[0].step' "$T/out")"
status 0 agentctl why "$session"
has 'in words' 'interrupted 1 time by its own death' "$T/out"
has 'of what' 'SIGKILL' "$T/out"

# ---- no daemon ----
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
status 3 agentctl status
has 'what is open is told' 'a session of ada is open and goes on then' "$T/out"
equal 'the agent has stopped' stopped "$(agentctl why ada --json | jq -r .state)"
status 0 agentctl why ada
has 'in words' "session $session is open and goes on when an agentd starts" "$T/out"
has 'also that nothing runs' 'no agentd serves this workspace' "$T/out"
equal 'the session waits' suspended "$(agentctl why "$session" --json | jq -r .state)"
status 0 agentctl why "$session"
has 'in words, too' 'open; no agentd serves this workspace, and it goes on when one starts' "$T/out"

# ---- the next one ----
start_agentd
ended() { [ "$(agentctl why "$session" --json | jq -r .state)" = ended ]; }
wait_for 'it ends' ended
status 0 agentctl why "$session"
has 'as it was to' 'done' "$T/out"
has 'after both' 'interrupted 2 times, 1 of them by its own death' "$T/out"
has 'one was the daemon' 'the daemon ended' "$T/out"
status 0 agentctl transcript "$session"
has 'its transcript has it, too' 'interrupted 2 times' "$T/out"
equal 'and what it is exported as' 2 "$(agentctl transcript "$session" --json | jq '.deaths | length')"
stop_agentd
repositories_are_well

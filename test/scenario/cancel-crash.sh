# A session that a person has cancelled costs nothing any more, also where the daemon dies before it has ended: its facts are kept, and
# no model is called.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
command -v socat >/dev/null || skip 'socat is not installed'
grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || skip 'failpoints are in builds with -DAGENTD_FAILPOINTS=ON only'
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace
agentctl new kira >/dev/null
cat >"$T/story.txt" <<'EOS'
reply
  when go
  times 1
  call remember {"text":"The desk is tidy."}
default reply
  delay 60000
  text Never heard.
EOS
start_provider openai "$T/story.txt"
use_provider openai
call() { printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}\n' "$1" "$2" | socat -t 10 - UNIX-CONNECT:.agentd/agentd.sock; }
AGENTD_FAILPOINTS=history.note=delay:8000 # its facts are on their way for long
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
agentctl run kira --message go >/dev/null 2>&1 &
wait_for 'it waits for its model' has_requests 2
session=$(db 'SELECT id FROM session')
call cancel "{\"session\":\"$session\"}" >"$T/out"
has 'cancelled' '"result"' "$T/out"
equal 'it has not ended' 0 "$(db 'SELECT ended FROM session')"
kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true
start_agentd
ended() { [ "$(db 'SELECT ended <> 0 FROM session')" = 1 ]; }
wait_for 'it ends' ended
equal 'as it was to' 'interrupted: cancelled by a person' "$(db "SELECT outcome || ': ' || reason FROM session")"
equal 'no model was called' 2 "$(requests)"
has 'what it remembered is kept' 'The desk is tidy.' agents/kira/MEMORY.md
stop_agentd
repositories_are_well

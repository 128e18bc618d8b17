# agentd is killed with a session under way, and state.db is damaged before the next start: the session does not go on, its fact is
# kept, what it cost counts, and a beat that came meanwhile is run once.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 06:30Z' # a Tuesday
cat >"$T/story.txt" <<'EOS'
reply
  when say hold
  call remember {"text":"Held on to."}
  usage 1000 10
reply
  when say hold
  times 9
  delay 60000
  text Never heard.
default reply
  text Well.
  usage 1000 10
EOS
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
printf '## Daily (07:00)\n\n- [ ] Look.\n' >agents/kira/HEARTBEAT.md
use_provider openai
sed -i 's/free: true/usd_per_mtok: {input: 3, output: 15}/' agentd.yaml
start_agentd
wait_for 'the first commits' has_commit agents/kira
agentctl run kira --message 'say hold' >/dev/null 2>&1 & client=$!
wait_for 'its second call is under way' has_requests 2
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
wait $client || true
session=$(db 'SELECT id FROM session WHERE ended = 0')
reserved=$(db 'SELECT sum(micro_usd) FROM call')
db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = 'incident'")
dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null

at '2026-11-24 07:10Z'
start_agentd
ok 'a person is told' incident state-damaged
agentctl status >"$T/out"
has 'of what does not go on' 'nothing goes on: 1 open' "$T/out"
saved() { [ "$(git -C agents/kira show HEAD:MEMORY.md | grep -c 'Held on to')" = 1 ]; }
wait_for 'the fact is saved' saved
ended() { [ "$(db "SELECT outcome || ': ' || reason FROM session WHERE id = '$session'")" = 'interrupted: state.db was damaged while it was open' ]; }
wait_for 'the session is closed' ended
agentctl transcript "$session" >"$T/out"
has 'what it did can be read' 'Held on to.' "$T/out"
beat() { [ "$(db "SELECT count(*) || outcome FROM slot WHERE agent = 'kira' AND event = '' AND planned = $(date -ud '2026-11-24 07:00Z' +%s)")" = 1done ]; }
wait_for 'the beat of seven is caught up, once' beat
ok 'all that it cost counts' test "$(db 'SELECT sum(micro_usd) FROM call')" -ge "$reserved"
equal 'the model was asked once more, by the beat' 3 "$(requests)"
stop_agentd
repositories_are_well

# A heading is renamed while its beat runs, and while another one waits: both end, and no slot is left behind; nor over a restart.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
cat >"$T/story.txt" <<'EOS'
reply
  when Tidy
  times 1
  delay 6000
  text Tidied.
reply
  when Tidy
  times 1
  delay 60000
  text Never heard.
reply
  when Sweep
  times 1
  delay 4000
  call bulletin_read {}
reply
  when Sweep
  times 1
  text It went on.
reply
  when Sweep
  times 1
  delay 4000
  call bulletin_read {}
reply
  when say held
  text A long story
  stall
default reply
  text All is well.
EOS
start_provider openai "$T/story.txt"
use_provider openai
cat >agents/kira/HEARTBEAT.md <<'EOS'
## Alpha (Daily 07:00)
- [ ] Tidy the desk

## Beta (Daily 07:00)
- [ ] Look at the post
EOS
states() { db "SELECT group_concat(section || ' ' || state || ' ' || outcome, ', ') FROM (SELECT * FROM slot WHERE event = '' ORDER BY section)"; }
states_are() { [ "$(states)" = "$1" ]; }
open_sessions() { db 'SELECT count(*) FROM session WHERE ended = 0'; }
at '2026-11-22 06:00Z'
start_agentd # so that the sections are known before their time comes
known() { [ "$(db 'SELECT count(*) FROM section')" = 2 ]; }
wait_for 'the sections are known' known
stop_agentd
at '2026-11-22 06:59:58Z'
start_agentd
wait_for 'the first runs, the second waits' has_requests 1
sed -i 's/Alpha (/Gamma (/; s/Beta (/Delta (/' agents/kira/HEARTBEAT.md
WAIT=40 wait_for 'both are done' states_are 'Delta 1 done, Gamma 1 done'
equal 'no session is open' 0 "$(open_sessions)"
equal 'nothing was refused' '' "$(jq -r 'select(.event == "state" and .level == "error") | .text' .agentd/log/events.jsonl)"
equal 'each ran once' 2 "$(requests)"
stop_agentd

# One that is interrupted, and renamed after that, goes on under the new name, and ends.
at '2026-11-23 06:59:58Z'
dangling=--no-dangling # kill -9 leaves objects that nothing names
start_agentd
wait_for 'the first runs again' has_requests 3
sed -i 's/Gamma (/Omega (/' agents/kira/HEARTBEAT.md
renamed() { [ "$(db "SELECT count(*) FROM slot WHERE section = 'Omega' AND state = 0")" = 1 ]; }
wait_for 'state.db has the new name' renamed
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
at '2026-11-23 07:00:05Z'
start_agentd
WAIT=40 wait_for 'all are done' states_are 'Delta 1 done, Delta 1 done, Omega 1 done, Omega 1 done'
equal 'no session is open' 0 "$(open_sessions)"
stop_agentd

# Work that was parked goes on, too.
printf '\n## Psi (Yearly)\n- [ ] Sweep the floor\n' >>agents/kira/HEARTBEAT.md
before=$(requests)
start_agentd
agentctl run kira --heartbeat Psi >/dev/null 2>&1 &
wait_for 'its first call' has_requests $((before + 1))
status 0 agentctl pause kira
parked() { db "SELECT json_extract(wish, '$.key') FROM parked"; }
is_parked() { [ "$(parked)" = "$1" ]; }
wait_for 'it is parked' is_parked Psi
sed -i 's/Psi (/Chi (/' agents/kira/HEARTBEAT.md
wait_for 'under its new name' is_parked Chi
stop_agentd
start_agentd
status 0 agentctl resume kira
went_on() { [ "$(db "SELECT count(*) FROM session WHERE section = 'Chi' AND outcome = 'done'")" = 1 ]; }
wait_for 'it went on, and is done' went_on
stop_agentd

# Also where it is let on, waits for its turn, and the daemon dies before that has come.
agentctl new max >/dev/null
before=$(requests)
echo 'sessions_at_once: 1' >>agentd.yaml
start_agentd
agentctl run kira --heartbeat Chi >/dev/null 2>&1 &
wait_for 'its first call' has_requests $((before + 1))
status 0 agentctl pause kira
wait_for 'it is parked' is_parked Chi
agentctl run max --message 'say held' >/dev/null 2>&1 &
wait_for 'another one has the only place' has_requests $((before + 2))
status 0 agentctl resume kira
sed -i 's/Chi (/Phi (/' agents/kira/HEARTBEAT.md
wait_for 'it has its new name' is_parked Phi
crash
start_agentd
phi() { [ "$(db "SELECT group_concat(outcome) FROM session WHERE section = 'Phi'")" = "$1" ]; }
wait_for 'it goes on' phi parked,done,parked,done
stop_agentd
repositories_are_well

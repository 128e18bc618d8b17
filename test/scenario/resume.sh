# A session goes on after a death: its texts are read again, what it was begun for stays, circles and deaths count on.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace
at '2026-11-24 10:15Z' # a Tuesday
agentctl new kira >/dev/null
printf 'I am Kira, first of my name.\n' >agents/kira/SOUL.md
printf '## Daily (07:00)\n\n- [ ] Count the geese.\n\n## Weekly (Monday 09:00)\n\n- [ ] Look back.\n' >agents/kira/HEARTBEAT.md
cat >"$T/story.txt" <<'EOS'
reply
  when Count the geese
  call remember {"text":"There are seven geese."}
reply
  when Count the geese
  times 3
  text Half a sen
  stall
reply
  when walk in circles
  times 3
  call list_files {"path":"."}
reply
  when walk in circles
  text Half a sen
  stall
reply
  when walk in circles
  times 9
  call list_files {"path":"."}
reply
  when say deadly
  times 9
  text Half a sen
  stall
reply
  when say hold
  text Half a sen
  stall
default reply
  text All is well.
EOS
start_provider openai "$T/story.txt"
use_provider openai
session() { db 'SELECT id FROM session ORDER BY number DESC LIMIT 1'; }
outcome() { db 'SELECT outcome FROM session ORDER BY number DESC LIMIT 1'; }
reason() { db 'SELECT reason FROM session ORDER BY number DESC LIMIT 1'; }
ends() { [ "$(outcome)" = "$1" ]; }
last_request() { jq -s '[.[] | select(.event == "request")][-1].body.messages' "$T/requests.jsonl"; }
asked() { # asked COUNT: so many requests have come, and the last one stalls
	[ "$(requests)" -ge "$1" ] && [ "$(db 'SELECT count(*) FROM call WHERE state = 0')" = 1 ]
}

# ---- texts are read again, the objective is not ----
start_agentd
agentctl run kira --heartbeat Daily >/dev/null 2>&1 &
wait_for 'its second call is under way' asked 2
crash
printf 'I am Kira, second of my name.\n' >agents/kira/SOUL.md
printf '## Weekly (Monday 09:00)\n\n- [ ] Look back.\n' >agents/kira/HEARTBEAT.md
start_agentd
wait_for 'it goes on, though its section is gone' asked 3
last_request >"$T/last"
has 'its soul is read again' 'second of my name' "$T/last"
has 'what it was begun for stays' 'Count the geese' "$T/last"
has_not 'and nothing else comes in' 'Look back' "$T/last"
has 'it is told that it was interrupted' 'You were interrupted' "$T/last"
has 'and what it did' 'There are seven geese' "$T/last"
equal 'the objective stands in its row' '- [ ] Count the geese.' "$(db "SELECT trim(json_extract(plan, '$.wish.objective.items'), char(10)) FROM session")"

# ---- the third death at a step sets it aside ----
crash
start_agentd
wait_for 'it goes on once more' asked 4
crash
start_agentd
wait_for 'it is set aside' ends failed
ok 'in words' expr "$(reason)" : "set aside: it died 3 times at the same step.*; agentctl transcript $(session) shows it"
equal 'a person is told' 'aside kira' "$(agentctl status --json | jq -r '.incidents[0].key')"
kept() { grep -qF 'There are seven geese' agents/kira/MEMORY.md; }
wait_for 'what it remembered is kept' kept
equal 'once' 1 "$(grep -c 'There are seven geese' agents/kira/MEMORY.md)"
stop_agentd
start_agentd
equal 'the incident lasts over a restart' 1 "$(agentctl status --json | jq '.incidents | length')"
status 0 agentctl resume kira
equal 'until a person resumes the agent' 0 "$(agentctl status --json | jq '.incidents | length')"

# ---- circles count over a death ----
before=$(requests)
agentctl run kira --message 'walk in circles' >/dev/null 2>&1 &
wait_for 'three rounds, and a call' asked $((before + 4))
crash
start_agentd
wait_for 'two rounds more are five' ends parked
equal 'in words' 'list_files was called 5 times with the same arguments and result' "$(reason)"
equal 'two' $((before + 6)) "$(requests)"
status 0 agentctl resume kira
wait_for 'a person lets it go on, and they are counted anew' [ "$(db "SELECT count(*) FROM session WHERE outcome = 'parked'")" -ge 1 ]
wait_for 'five more' sh -c "[ \$(sqlite3 .agentd/state.db \"SELECT count(*) FROM session WHERE outcome = 'parked'\") = 2 ]"
equal 'five' $((before + 11)) "$(requests)"

# ---- paused between two lives ----
before=$(requests)
agentctl run kira --message 'say hold' >/dev/null 2>&1 &
wait_for 'a call is under way' asked $((before + 1))
crash
sqlite3 .agentd/state.db "UPDATE agent SET paused = 1 WHERE agent = 'kira'; INSERT OR IGNORE INTO agent VALUES('kira', 1, 'by a person')"
sqlite3 .agentd/state.db "UPDATE slot SET event = '' WHERE event LIKE 'run:%' AND state = 0;
	UPDATE session SET plan = json_set(plan, '$.wish.event', '') WHERE ended = 0" # as if it were a beat
start_agentd
wait_for 'it is parked as it stands' ends parked
equal 'for the pause' 'its agent was paused' "$(reason)"
equal 'and no model was asked' $((before + 1)) "$(requests)"
status 0 agentctl resume kira
wait_for 'it goes on' ends done
has 'with what it was asked' 'say hold' "$T/requests.jsonl"
stop_agentd

# SIGTERM with many sessions at work: agentd ends soon, and nothing is lost: the next one goes on with all of them.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
dangling=--no-dangling # kill -9 leaves objects that nothing names
agents=50
at '2026-11-24 10:15Z' # a Tuesday
make_workspace
for i in $(seq $agents); do
	mkdir -p "agents/a$i"
	printf 'Agent.\n' >"agents/a$i/SOUL.md"
	printf '## Daily (07:00)\n\n- [ ] Look, part one: of a%d.\n' "$i" >"agents/a$i/HEARTBEAT.md"
	printf 'reply\n  when of a%d.\n  call remember {"text":"The first half is done."}\n  usage 100 5\n' "$i"
done >"$T/story.txt"
# Every agent remembers a fact and then asks for a reply that takes its time: some of these are there when SIGTERM comes, some come
# within the seconds that are given to what was paid for, some do not.
cat >>"$T/story.txt" <<'EOS'
reply
  when part one
  times 10
  delay 1500
  call remember {"text":"The second half is done."}
  usage 100 5
reply
  when part one
  times 10
  delay 60000
  text Never heard.
  usage 100 5
default reply
  text All is done.
  usage 100 5
EOS
start_provider openai "$T/story.txt"
cat >agentd.yaml <<EOS
timezone: UTC
providers:
  scripted: {kind: openai, base_url: "http://127.0.0.1:$PORT/v1"}
models:
  main: {provider: scripted, name: scripted-1, usd_per_mtok: {input: 1, output: 1}}
routes:
  default: [main]
EOS
start_agentd
clients=
for i in $(seq $agents); do
	agentctl run "a$i" --heartbeat Daily --json >"$T/run$i.jsonl" 2>&1 &
	clients="$clients $!"
done
working() { [ "$(requests)" -ge "$1" ]; }
WAIT=60 wait_for 'all have asked for a first reply, some for a second' working $((agents + 15))
then=$(date +%s%3N)
kill -TERM "$daemon"
wait "$daemon" || fail "agentd ended with $?"
daemon=
took=$(($(date +%s%3N) - then))
ok "it ends within 10 s ($took ms)" test $took -lt 10000
wait $clients || true
tail -qn 1 "$T"/run*.jsonl | jq -r 'select(.event == "session_end") | .outcome + ": " + (.reason // "")' | sort | uniq -c >"$T/ends"
has 'who followed is told that it goes on' 'interrupted: the daemon stops; it goes on when it starts again' "$T/ends"
open=$(db 'SELECT count(*) FROM session WHERE ended = 0')
ok "rows stay open ($open)" test "$open" -gt 0
equal 'none is closed as interrupted' 0 "$(db "SELECT count(*) FROM session WHERE outcome = 'interrupted'")"
equal 'nor is a slot' 0 "$(db "SELECT count(*) FROM slot WHERE outcome = 'interrupted'")"
equal 'each was let go, and did not die' "$open" "$(db 'SELECT count(*) FROM session WHERE ended = 0 AND suspended = 1')"

start_agentd
closed() { [ "$(db 'SELECT count(*) FROM session WHERE ended = 0')" = 0 ]; }
WAIT=60 wait_for 'all go on to their end' closed
equal 'all that had begun are done' "$(db 'SELECT count(*) FROM session')" "$(db "SELECT count(*) FROM session WHERE outcome = 'done'")"
equal 'their slots, too' 0 "$(db "SELECT count(*) FROM slot WHERE state = 0 OR (state = 1 AND outcome <> 'done')")"
stop_agentd
twice() { for file in agents/*/MEMORY.md; do grep -o 'The [a-z]* half is done' "$file" | sort | uniq -d; done; }
equal 'no fact is there twice' '' "$(twice)"
for half in first second; do
	equal "each $half half is remembered once" \
		"$(db "SELECT count(DISTINCT session) FROM step WHERE kind = 'remember' AND intent LIKE '%$half%'")" \
		"$(cat agents/*/MEMORY.md | grep -c "The $half half is done")"
done
equal 'no call is left open' 0 "$(db 'SELECT count(*) FROM call WHERE state = 0')"
equal 'what sessions cost is what their calls cost' "$(db 'SELECT sum(micro_usd) FROM call')" "$(db 'SELECT sum(cost_micro_usd) FROM session')"
equal 'every request has its row' "$(requests)" "$(db 'SELECT count(*) FROM call WHERE state <> 3')"
ok 'only what was cut off is paid for in vain' test "$(db 'SELECT count(*) FROM call WHERE state = 2')" -le 10
repositories_are_well

# ---- a beat that waits for its agent is not lost ----
rm -rf agents/a[2-9]* agents/a1?
kill "$provider"
cat >"$T/story.txt" <<'EOS'
reply
  when say hold
  delay 60000
  text Never heard.
default reply
  text All is done.
EOS
start_provider openai "$T/story.txt"
use_provider openai
at '2026-11-25 06:59:57Z'
start_agentd
agentctl run a1 --message 'say hold' >/dev/null 2>&1 & client=$!
beat="agent = 'a1' AND event = '' AND planned = $(date -ud '2026-11-25 07:00Z' +%s)"
waits() { [ "$(db "SELECT state || session FROM slot WHERE $beat")" = 0 ]; }
wait_for 'the beat of seven waits for its agent' waits
stop_agentd
wait $client || true
ok 'it still waits' waits
at '2026-11-25 07:00:30Z'
start_agentd
ran() { [ "$(db "SELECT state || outcome FROM slot WHERE $beat")" = 1done ]; }
wait_for 'the next daemon runs it' ran
equal 'behind the one that was let go' 'done' "$(db "SELECT outcome FROM session WHERE cause = 'message'")"
stop_agentd

# ---- SIGTERM while a session's first rows are on their way, and it has asked already ----
kill "$provider"
start_provider openai "$T/story.txt"
use_provider openai
AGENTD_FAILPOINTS=store.commit=delay:1500,session.start=delay:500
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
agentctl run a1 --message 'say it' >/dev/null 2>&1 & client=$!
launched() { [ -n "$(processes agentd-session)" ]; }
wait_for 'its process is there' launched
stop_agentd
wait $client || true
start_agentd
wait_for 'it is done under the next one' closed
equal 'none is lost' '' "$(db "SELECT reason FROM session WHERE outcome <> 'done'")"
stop_agentd

# ---- SIGTERM twice: at once, and no step is to blame for it ----
agentctl new hold >/dev/null
begins=$(requests) stops=$(events stopping)
start_agentd
agentctl run hold --message 'say hold' >/dev/null 2>&1 & client=$!
wait_for 'its model is asked' has_requests $((begins + 1))
kill -TERM "$daemon"
stopping() { [ "$(events stopping)" -gt "$stops" ]; }
wait_for 'agentd stops' stopping
kill -TERM "$daemon"
wait "$daemon" || fail "agentd ended with $?"
daemon=
wait $client || true
start_agentd
wait_for 'the next one goes on with it' closed
equal 'it counts as no death' 0 "$(db "SELECT count(*) FROM death WHERE agent = 'hold'")"
stop_agentd

# ---- SIGTERM while the row of a beat is on its way ----
at '2026-11-26 06:59:55Z'
AGENTD_FAILPOINTS=store.commit=delay:1500
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
seven=$(date -ud '2026-11-26 07:00Z' +%s)
is_due() { [ $(($(date +%s) + AGENTD_CLOCK_OFFSET)) -ge "$seven" ]; }
wait_for 'it is seven' is_due
stop_agentd
beat="agent = 'a1' AND event = '' AND planned = $seven"
equal 'it is not closed' 0 "$(db "SELECT count(*) FROM slot WHERE $beat AND state <> 0")"
at '2026-11-26 07:00:30Z'
start_agentd
wait_for 'the next daemon runs it' ran
stop_agentd

# Files that are being saved: no session begins with half of a text, and no reload takes one.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
dangling=--no-dangling # what was seen of a file that was being saved stays as an object that nothing names
make_workspace
agentctl new kira >/dev/null
agentctl new max >/dev/null
printf 'reply\n  when take long\n  times 1\n  delay 60000\n  text Never.\ndefault reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
beats=$W/agents/kira/HEARTBEAT.md soul=$W/agents/kira/SOUL.md
printf '## Tidy (Daily 07:00)\n- [ ] Tidy the desk\n' >"$beats"
printf '# Kira\n\nI keep the desk.\n\nMy last word is canary-whole.\n' >"$soul"

# save FILE: somebody saves $T/whole there and takes his time; go lets him come to the end.
save() {
	rm -f "$T/go"
	(exec 9>"$1" && until [ -e "$T/go" ]; do sleep 0.02; done && cat "$T/whole" >&9) & writer=$!
	is_empty() { [ ! -s "$file" ]; }
	file=$1
	wait_for 'a save has begun' is_empty
}
go() { touch "$T/go"; wait "$writer"; }
told() { [ "$(events "$1" kira)" -ge "$2" ]; }
state() { agentctl status kira --json | jq -r '.agents[0] | .state + ", " + (.reason // "-")'; }
row() { db "SELECT first_seen, last_run FROM section WHERE agent = 'kira' AND key = 'Tidy'"; }
has_row() { [ -n "$(row)" ]; }
start_agentd
wait_for 'the section is known' has_row
wait_for 'all is committed' clean agents/kira

# A run while SOUL.md is emptied waits for the whole of it; another agent does not wait.
cp "$soul" "$T/whole"
sed -i 's/desk/counter/' "$T/whole"
save "$soul"
agentctl run kira --message 'say hello' >"$T/run" 2>&1 & run=$!
wait_for 'it waits' told session_waits 1
equal 'and status says for what' 'idle, waits: agents/kira/SOUL.md is being written' "$(state)"
agentctl why kira >"$T/why"
has 'why does so, too' 'agents/kira/SOUL.md is being written: what comes due waits until it is saved' "$T/why"
status 0 agentctl run max --message 'say hello'
equal 'the other was asked for alone' 1 "$(requests)"
go
wait $run || fail "$(cat "$T/run")"
request 2 >"$T/request"
has 'the request has the whole soul' 'I keep the counter.' "$T/request"
has 'to its last word' canary-whole "$T/request"

# One that is cancelled meanwhile ends at once.
save "$soul"
agentctl run kira --message 'never' --json >"$T/run" & run=$!
waiting_id() { id=$(jq -rs --arg agent kira '[.[] | select(.event == "session_waits" and .agent == $agent)][1].session // empty' .agentd/log/events.jsonl); [ -n "$id" ]; }
wait_for 'it waits' waiting_id
printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$id" |
	socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock" >"$T/answer"
wait $run || true
equal 'it is interrupted' interrupted "$(jq -rs '.[-1].outcome' "$T/run")"
go

# One that goes on after its death reads the files again, and waits as well.
agentctl run kira --message 'take long' >"$T/run" 2>&1 & run=$!
wait_for 'it is at its call' has_requests 3
sed -i 's/counter/table/' "$T/whole"
save "$soul"
kill -9 "$(processes agentd-session)"
wait_for 'it waits' told session_waits 3
go
wait $run || fail "$(cat "$T/run")"
request 4 >"$T/request"
has 'and goes on with the whole soul' 'I keep the table.' "$T/request"
has 'to its last word, too' canary-whole "$T/request"

# What is open and as it was holds nobody.
waits=$(events session_waits)
(exec 9>>"$soul" && until [ -e "$T/closed" ]; do sleep 0.02; done) & holder=$!
status 0 agentctl run kira --message 'say hello'
equal 'no session waited for it' "$waits" "$(events session_waits)"
touch "$T/closed"
wait $holder

# agentd.yaml is not read before it is whole, whatever makes agentd look at it.
cp agentd.yaml "$T/whole"
echo 'sessions_at_once: 7' >>"$T/whole"
reloaded() { [ "$(jq -s '[.[] | select(.event == "reload" and .message == "reloaded agentd.yaml")] | length' .agentd/log/events.jsonl)" -ge "$1" ]; }
save "$W/agentd.yaml"
kill -HUP "$daemon"
settings_wait() { jq -s -e 'any(.[]; .event == "reload_waits" and .message == "waits: agentd.yaml is being written")' .agentd/log/events.jsonl; }
wait_for 'they wait' settings_wait
status 0 agentctl run kira --message 'say hello'
go
wait_for 'and are in force when they are whole' reloaded 1
status 0 agentctl run kira --message 'say hello'

# agentd starts in the middle of a save: the section is the one that it was.
stop_agentd
cp "$beats" "$T/whole"
db 'UPDATE section SET first_seen = first_seen - 1000, last_run = 12345'
before=$(row)
save "$beats"
start_agentd
equal 'it is not known yet' 'idle, waits: agents/kira/HEARTBEAT.md is being written' "$(state)"
status 1 agentctl run kira --message 'say hello'
go
is_known() { agentctl status kira --json | jq -e '.agents[0].next.heartbeat' >"$T/known"; }
wait_for 'it is known' is_known
status 0 agentctl run kira --heartbeat Tidy # its rows come behind what the reload has written
equal 'and remembers' "${before%|*}" "$(row | cut -d '|' -f 1)"

# And in the middle of a save of agentd.yaml: it begins with the whole of it.
stop_agentd
cp agentd.yaml "$T/whole"
save "$W/agentd.yaml"
: >"$T/agentd.log"
agentd -w "$W" 2>>"$T/agentd.log" &
daemon=$!
wait_for 'it waits' grep -q '^waits: agentd.yaml is being written$' "$T/agentd.log"
go
WAIT=30 wait_for 'agentd is ready' agentctl ready
status 0 agentctl run kira --message 'say hello' # there is a provider
wait_for 'all is known' is_known

# An emptied file is taken for what it is, once it has been that for a second.
cp "$beats" "$T/whole"
reloads=$(events reload kira)
: >"$beats"
wait_for 'no beat is left' told reload $((reloads + 1))
no_next() { agentctl status kira --json | jq -e '.agents[0].next == null'; }
wait_for 'none is due' no_next
cp "$T/whole" "$beats"
wait_for 'it is there again' is_known
stop_agentd

# A slot comes due while HEARTBEAT.md is saved, and another file of the agent changes: the section stays, and its slot runs.
at '2026-11-23 06:59:58Z' # skips where the clock cannot be shifted
set_clock '2026-11-23 06:59:58Z'
AGENTD_CLOCK_OFFSET=@$T/clock
start_agentd
ran() { [ "$(db "SELECT count(*) FROM slot WHERE section = 'Tidy' AND planned = unixepoch('$1') AND outcome = 'done'")" = 1 ]; }
wait_for 'a first slot ran' ran '2026-11-23 07:00'
last_run() { db "SELECT last_run FROM section WHERE agent = 'kira' AND key = 'Tidy'"; }
before=$(last_run)
reloads=$(events reload_waits kira) waits=$(events session_waits kira)
save "$beats"
echo 'I sing.' >>"$soul"
wait_for 'the reload waits' told reload_waits $((reloads + 1))
set_clock '2026-11-24 06:59:58Z'
wait_for 'the slot is due, and its session waits' told session_waits $((waits + 1))
equal 'nothing is forgotten' "$before" "$(last_run)"
sed 's/Tidy the/Tidy up the/' "$T/whole" >"$T/other" && mv "$T/other" "$T/whole"
asked=$(requests)
go
wait_for 'the slot ran' ran '2026-11-24 07:00'
request $((asked + 1)) >"$T/request"
has 'with what was written' 'Tidy up the desk' "$T/request"
has 'and the other file' 'I sing.' "$T/request"
has 'as the same section' 'Last run: 2026-11-23 07:0' "$T/request"
equal 'nothing was refused' 0 "$(db "SELECT count(*) FROM session WHERE outcome IN ('refused', 'failed')")"
stop_agentd
repositories_are_well

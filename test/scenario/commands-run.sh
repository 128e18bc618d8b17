# run, pause, resume: what starts agents by hand and keeps them still.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
cat >"$T/story.txt" <<'EOS'
reply
  when say slow
  text One moment
  delay 1500
  text , here it is.
reply
  when say quick
  times 0
  text At once.
reply
  when say long
  text A long story
  stall
error 401 {"error":{"type":"authentication_error","message":"invalid x-api-key"}}
  when say wrong
reply
  when say fact
  call remember {"text":"Parked agents keep what they learned"}
  delay 1500
default reply
  text HEARTBEAT_OK
EOS
start_provider anthropic "$T/story.txt"
use_provider anthropic
echo 'limits: {circuit_breaker: off}' >>agentd.yaml # a refused key below would make the provider rest for all
start_agentd
wait_for 'the first commits' sh -c 'git -C agents/kira rev-parse -q --verify HEAD && git -C agents/max rev-parse -q --verify HEAD'
end() { tail -n 1 "$T/$1.jsonl" | jq -r ".$2"; }
idle() { agentctl status --json | jq -e 'all(.agents[]; .state != "running") and .daemon.sessions_open == 0'; }
state() { agentctl status "$1" --json | jq -r '.agents[0].state'; }
is() { [ "$(state "$1")" = "$2" ]; }

# ---- the stream ----
agentctl run kira --heartbeat Daily --json >"$T/run.jsonl"
equal 'one object a line' "$(wc -l <"$T/run.jsonl")" "$(jq -c 'objects' "$T/run.jsonl" | wc -l)"
equal 'it begins and ends' 'session_start session_end' "$(jq -rs '"\(.[0].event) \(.[-1].event)"' "$T/run.jsonl")"
equal 'with one end' 1 "$(jq -s '[.[] | select(.event == "session_end")] | length' "$T/run.jsonl")"
equal 'all of one session' 1 "$(jq -r .session "$T/run.jsonl" | sort -u | wc -l)"
for key in session agent outcome reason turns input_tokens output_tokens cost_micro_usd text; do
	ok "session_end has $key" jq -es --arg k $key '.[-1] | has($k)' "$T/run.jsonl"
done
agentctl run kira --heartbeat Daily >"$T/out"
has 'for a person: the text' HEARTBEAT_OK "$T/out"
has 'and how it ended' '· done (1 turn, ' "$T/out"
has_not 'no rehearsal was claimed' 'rehearsal' "$T/out"

# ---- which section ----
cause() { agentctl run kira "$@" --json | jq -rs '.[0].cause'; }
equal 'begins with' 'heartbeat Daily (07:00)' "$(cause --heartbeat Daily)"
equal 'contains' 'heartbeat Weekly (Monday 09:00)' "$(cause --heartbeat 'Monday 09')"
equal 'a message' message "$(cause --message hello)"
equal 'all sections' run "$(cause)"
request "$(requests)" >"$T/request"
has 'all of them, as one checklist' 'Look through last night' "$T/request"
has 'the other one too' 'Write a summary of last week' "$T/request"
status 1 agentctl run kira --heartbeat Yearly
has 'what is not there' 'no section whose heading begins with or contains "Yearly"' "$T/out"
status 1 agentctl run nobody
status 2 agentctl run
status 2 agentctl run kira max
status 2 agentctl run kira --heartbeat Daily --message hello
status 2 agentctl run kira --nonsense
equal 'a run has a slot of its own' 0 "$(agentctl schedule kira --from 2026-01-01 -n 10000 --json |
	jq '[.[] | select(.at | endswith("T07:00:00Z")) | select(.state != "due")] | length')"

# ---- options before and behind, -w everywhere ----
for line in 'run kira --message hello' 'run --message hello kira' 'run -m hello kira' 'run --message=hello -- kira' 'run kira --json --message hello'; do
	status 0 agentctl $line
done
(
	cd /
	for line in "-w $W run kira -m hello" "run -w $W kira -m hello" "run kira -m hello -w $W" "run kira --workspace=$W -m hello"; do
		status 0 agentctl $line
	done
	status 1 agentctl run kira -m hello
)

# ---- exit statuses ----
before=$(requests)
status 4 agentctl run kira --message 'I will call my lawyer' --json
equal 'a trigger of the constitution escalates' escalated "$(tail -n 1 "$T/out" | jq -r .outcome)"
equal 'before any model is asked' "$before" "$(requests)"
case $(tail -n 1 "$T/out" | jq -r .reason) in *CONSTITUTION.md:11*lawyer*) echo 'ok: it says which' ;; *) fail "no reason: $(cat "$T/out")" ;; esac
status 0 agentctl run kira --message 'Is there an issue with my pursuer?'
status 1 agentctl run kira --message 'say wrong' --json
equal 'a wrong key fails' failed "$(tail -n 1 "$T/out" | jq -r .outcome)"
wait_for 'idle' idle

# ---- a busy agent waits its turn, others do not wait ----
agentctl run kira --message 'say slow' --json >"$T/slow.jsonl" & slow=$!
wait_for 'it speaks' grep -qF 'One moment' "$T/slow.jsonl"
agentctl run kira --message 'say quick' --json >"$T/second.jsonl" & second=$!
agentctl run kira --message 'say quick' --json >"$T/third.jsonl" & third=$!
status 0 agentctl run max --message 'say quick'
ok 'max was quicker than slow' sh -c '! grep -q session_end "$1"' - "$T/slow.jsonl"
for pid in $slow $second $third; do wait $pid || fail 'a run that waited ended badly'; done
equal 'they ended well' 'done done done' "$(end slow outcome) $(end second outcome) $(end third outcome)"
equal 'three sessions' 3 "$(for name in slow second third; do end $name session; done | sort -u | wc -l)"
equal 'never two of kira at once' '' "$(jq -r 'select(.agent == "kira" and (.event | IN("session_start", "session_end"))) | .event' .agentd/log/events.jsonl |
	awk '$1 == "session_start" { open++ } $1 == "session_end" { open-- } open > 1')"

# ---- a client that goes away does not cancel ----
agentctl run max --message 'say long' --json >"$T/long.jsonl" & client=$!
wait_for 'it tells' grep -qF 'A long story' "$T/long.jsonl"
session=$(jq -rs '.[0].session' "$T/long.jsonl")
kill -9 $client
wait $client 2>/dev/null || true
equal 'max still runs' running "$(state max)"
equal 'the same session' "$session" "$(agentctl status max --json | jq -r '.agents[0].session')"
agentctl run kira --message 'say quick' --json >/dev/null # the daemon has seen by now that the client is gone
equal 'it still runs' running "$(state max)"

# Ctrl-C asks, at a terminal. Without one it only stops watching.
call() { printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}\n' "$1" "$2" | socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock"; }
call cancel "{\"session\":\"$session\"}" >"$T/out"
wait_for 'cancelled over the socket' is max idle
equal 'its outcome' interrupted "$(agentctl status max --json | jq -r '.agents[0].last.outcome')"

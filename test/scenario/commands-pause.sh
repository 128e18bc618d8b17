# pause, resume and Ctrl-C: how a person holds agents back.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
cat >"$T/story.txt" <<'EOS'
reply
  when say fact
  call remember {"text":"Parked agents keep what they learned"}
  delay 1000
reply
  when say held
  text A long story
  stall
reply
  when say held
  text Another one
  stall
reply
  when say held
  text The last one
  stall
reply
  when say held
  text Unheard
  stall
default reply
  text HEARTBEAT_OK
EOS
start_provider anthropic "$T/story.txt"
use_provider anthropic
at '2026-11-24 12:00Z'
start_agentd
wait_for 'the first commits' sh -c 'git -C agents/kira rev-parse -q --verify HEAD && git -C agents/max rev-parse -q --verify HEAD'
of() { agentctl status "$1" --json | jq -r ".agents[0]$2"; }
is() { [ "$(of "$1" .state)" = "$2" ]; }

# ---- pause and resume ----
status 2 agentctl pause
status 2 agentctl pause kira --all
status 1 agentctl pause kira nobody
equal 'all names are known before one is paused' idle "$(of kira .state)"
status 0 agentctl pause kira max
equal 'it says what it did' 'kira is paused max is paused' "$(tr '\n' ' ' <"$T/out" | sed 's/ $//')"
equal 'and status shows it' 'paused true by a person' "$(of kira .state) $(of kira .paused) $(of kira .reason)"
status 0 agentctl run kira --message hello
equal 'a run by hand works all the same, and it stays paused' paused "$(of kira .state)"
stop_agentd
at '2026-11-25 06:59:58Z'
start_agentd
equal 'a pause survives a restart' 'paused paused' "$(of kira .state) $(of max .state)"
skipped() { agentctl schedule kira --from 2026-11-25T07:00Z -n 1 --json | jq -e '.[0] | .state == "skipped" and .reason == "paused"'; }
wait_for 'a beat of a paused agent is skipped' skipped
equal 'nobody was asked' 1 "$(requests)"
status 0 agentctl resume kira
equal 'resumed' 'idle paused' "$(of kira .state) $(of max .state)"
status 0 agentctl resume --all
equal 'all of them' 'idle idle' "$(of kira .state) $(of max .state)"
status 0 agentctl resume --all
status 0 agentctl run kira --message hello

# A session that runs parks at its next step, and keeps what it learned.
agentctl run kira --message 'say fact' --json >"$T/run.jsonl" & client=$!
wait_for 'it runs' is kira running
wait_for 'the model is being asked' has_requests 3
status 0 agentctl pause kira
actual=0; wait $client || actual=$?
equal 'the run ends with 4' 4 "$actual"
equal 'parked' parked "$(tail -n 1 "$T/run.jsonl" | jq -r .outcome)"
has 'the fact is kept' 'Parked agents keep what they learned' agents/kira/MEMORY.md
status 0 agentctl run kira --message hello # a parked session does not hold it up
status 0 agentctl resume kira

# ---- Ctrl-C, at a terminal ----
# at_terminal NAME: a run at a terminal of its own; keys go to descriptor 9, what it shows to $T/NAME.
at_terminal() {
	mkfifo "$T/$1.keys"
	script -qfc "agentctl run max --message 'say held'" "$T/$1" <"$T/$1.keys" >/dev/null 2>&1 & client=$!
	exec 9>"$T/$1.keys"
	wait_for 'it tells its story' grep -qE 'A long story|Another one|The last one' "$T/$1"
	printf '\003' >&9
	wait_for 'Ctrl-C asks' grep -qF 'Cancel the session?' "$T/$1"
}
call() { printf '{"jsonrpc":"2.0","id":1,"method":"%s","params":%s}\n' "$1" "$2" | socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock"; }
at_terminal stays
equal 'and the session runs on meanwhile' running "$(of max .state)"
printf 'n\n' >&9
call cancel "{\"session\":\"$(of max .session)\"}" >"$T/out"
wait_for 'no: it went on watching and sees the end' grep -qF 'interrupted: cancelled by a person' "$T/stays"
exec 9>&-
wait $client || true

at_terminal ends
printf 'y\n' >&9
wait_for 'yes: cancelled' is max idle
wait_for 'the person sees the end' grep -qF 'interrupted: cancelled by a person' "$T/ends"
exec 9>&-
wait $client || true

at_terminal leaves
printf 'x\n' >&9
wait_for 'anything else leaves it running' grep -qF 'goes on without you' "$T/leaves"
exec 9>&-
wait $client || true
equal 'so it does' running "$(of max .state)"
agentctl status max --json >"$T/out"
session=$(jq -r '.agents[0].session' "$T/out")

# Without a terminal Ctrl-C only stops watching.
agentctl run max --message 'say held' --json </dev/null >"$T/third.jsonl" 2>"$T/third.log" & client=$!
wait_for 'it waits behind the other' sh -c '[ "$(agentctl status --json | jq .daemon.sessions_open)" = 2 ]'
kill -INT $client
actual=0; wait $client || actual=$?
equal 'the client ends' 1 "$actual"
has 'it says so, beside the stream' 'goes on without you' "$T/third.log"
equal 'both sessions stay' 2 "$(agentctl status --json | jq .daemon.sessions_open)"
equal 'in the order they came' "$session" "$(of max .session)"

# A run that is ended in the middle of an answer: the connection goes at once, the server stops working, the next run is served.
. "$SOURCE/test/real/real.inc"

make_workspace support-desk
start_model 8192 --ignore-eos # an answer ends at max_tokens alone
use_model 8192 4000
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

begin() { # begin NAME: a run that is in the middle of its answer
	story=$T/$1.jsonl
	agentctl run kira --message 'Tell me the story of the sea.' --json >"$story" 2>&1 </dev/null & client=$!
	streams() { [ "$(jq -s '[.[] | select(.event == "text")] | length' "$story")" -gt 3 ]; }
	WAIT=60 wait_for "$1: an answer on its way" streams
	ok "$1: the server works" works
	begun=$(date +%s%3N)
}
closed() { [ "$(connections)" = 0 ]; }
ends() { # ends NAME OUTCOME: connection, server and client
	wait_for "$1: the connection is closed" closed
	took=$(($(date +%s%3N) - begun))
	[ $took -lt 1000 ] || fail "$1: the connection stood for $took ms"
	wait_for "$1: the server rests" rests
	echo "ok: $1: closed after $took ms, the server rests after $(($(date +%s%3N) - begun)) ms"
	wait $client || true
	equal "$1: the outcome" "$2" "$(end outcome)"
	echo "ok: $1: $(end reason)"
}

begin cancel
printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$(jq -rs '.[0].session' "$story")" |
	socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock" >"$T/answer"
ends cancel interrupted

begin session
kill -9 "$(processes agentd-session)"
ends session failed

begin stop
stop_agentd
ends stop interrupted

start_agentd
begin daemon
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
ends daemon interrupted
start_agentd

stop_model
start_model 8192
use_model 8192 64
WAIT=60 wait_for 'the new address is in force' sh -c "agentctl run kira --message hello --json | tail -n 1 | jq -e '.output_tokens > 0'"
stop_agentd
repositories_are_well

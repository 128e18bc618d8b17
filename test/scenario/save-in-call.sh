# agentd.yaml is saved while a model call is under way: the call ends in its own time, and its row tells what it began with.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
printf 'reply\n  when say hold\n  times 0\n  text Half a sen\n  stall\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
for round in 1 2; do
	agentctl run kira --message 'say hold' --json >"$T/run" & client=$!
	wait_for 'a call that is held' grep -qF 'Half a sen' "$T/run"
	echo "  spare$round: [main]" >>agentd.yaml
	reloads() { [ "$(events reload)" -ge "$1" ]; }
	wait_for 'the new one is in force' reloads $round
	printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$(jq -rs '.[0].session' "$T/run")" |
		socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock" >"$T/answer"
	wait $client || true
	ok 'the run ended, agentd did not' agentctl ready
done
equal 'the rows tell the route' 'default default' "$(agentctl stats --calls --json | jq -r 'map(.route) | join(" ")')"
stop_agentd

# agentd.yaml is saved while a model call is under way: the call ends in its own time, its row tells what it began with, and it
# costs what it was reserved at.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
cat >"$T/prices.txt" <<'EOS'
reply
  when say slowly
  text Half a sen
  delay 3000
  text tence.
  usage 1000 10
default reply
  text Well.
  usage 1000 10
EOS
printf 'reply\n  when say hold\n  times 0\n  text Half a sen\n  stall\n' >"$T/story.txt"
cat "$T/prices.txt" >>"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
for round in 1 2; do
	rm -f "$T/run" # or what is waited for stands in it already
	agentctl run kira --message 'say hold' --json >"$T/run" & client=$!
	wait_for 'a call that is held' grep -qF 'Half a sen' "$T/run"
	before=$(events reload)
	echo "  spare$round: [main]" >>agentd.yaml
	reloads() { [ "$(events reload)" -ge "$1" ]; }
	wait_for 'the new one is in force' reloads $((before + 1))
	printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$(jq -rs '.[0].session' "$T/run")" |
		socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock" >"$T/answer"
	wait $client || true
	ok 'the run ended, agentd did not' agentctl ready
done
equal 'the rows tell the route' 'default default' "$(agentctl stats --calls --json | jq -r 'map(.route) | join(" ")')"

# Another price.
cost() { jq -s '.[-1].cost_micro_usd' "$1"; }
price() { before=$(events reload); sed -i "s/\(main: .*scripted-1\), .*}/\1, usd_per_mtok: $1}/" agentd.yaml; }
price '{input: 3, output: 15}'
wait_for 'the price is in force' reloads $((before + 1))
rm "$T/run"
agentctl run kira --message 'say slowly' --json >"$T/run" & client=$!
wait_for 'a call under way' grep -qF 'Half a sen' "$T/run"
price '{input: 1, output: 5}'
wait_for 'the new price is in force' reloads $((before + 1))
wait $client
equal 'it costs what it was reserved at' 3150 "$(cost "$T/run")"
agentctl run kira --message 'say more' --json >"$T/run"
equal 'the next one costs the new price' 1050 "$(cost "$T/run")"
equal 'the ledger says the same' '3150 1050' "$(agentctl stats --calls --json | jq -r 'map(select(.cost_micro_usd > 0).cost_micro_usd) | sort | reverse | join(" ")')"
stop_agentd

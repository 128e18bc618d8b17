# 64 agents wake up together and there is money for ten calls: ten requests leave the host, 54 sessions are parked, one alert.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
for number in $(seq -w 64); do
	mkdir -p "agents/racer-$number"
	printf '# Racer %s\n\nI run.\n' "$number" >"agents/racer-$number/SOUL.md"
done
# Input is free of charge and every answer is as long as it may be: each call costs what is reserved for it.
printf 'default reply\n  delay 200\n  text run\n  usage 500 256\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
sed -i 's/free: true/max_output_tokens: 256, usd_per_mtok: {input: 0, output: 15}/' agentd.yaml
cat >>agentd.yaml <<EOF
limits: {system_daily_usd: 0.0384}
alerts: [{command: "echo >>$T/alerts"}]
EOF
ok 'the files are good' agentctl check
start_agentd

for number in $(seq -w 64); do
	(
		code=0
		agentctl run "racer-$number" --message go --json >"$T/run-$number" 2>&1 || code=$?
		echo $code >"$T/ended-$number"
	) &
done
all_ended() { [ "$(cat "$T"/ended-* 2>/dev/null | wc -l)" = 64 ]; }
WAIT=90 wait_for 'all 64 have ended' all_ended
equal 'requests that left' 10 "$(requests)"
equal 'sessions that were done' 10 "$(grep -lx 0 "$T"/ended-* | wc -l)"
equal 'sessions that were parked' 54 "$(grep -lx 4 "$T"/ended-* | wc -l)"
equal 'rows of the ledger' '10|38400|38400' "$(sqlite3 .agentd/state.db 'SELECT count(*), sum(reserved_micro_usd), sum(micro_usd) FROM call WHERE state = 1')"
equal 'and no others' 10 "$(sqlite3 .agentd/state.db 'SELECT count(*) FROM call')"
equal 'what agentctl says of it' '[38400,38400,0]' \
	"$(agentctl budget --json | jq -c '.[] | select(.scope == "system" and .window == "day") | [.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]')"
wait_for 'a person hears of it' test -s "$T/alerts"
equal 'a person hears of it once' 1 "$(wc -l <"$T/alerts")"
has 'and reads what it is about' 'over system_daily_usd' "$T/alerts"
equal 'all that was not done is parked' 54 "$(agentctl status --json | jq '[.agents[] | select(.state == "parked")] | length')"
stop_agentd

# Money for ten calls a day, a fifth of it kept for people and a tenth for experiments: beats get seven calls, experiments one, and a
# person's request still goes through when both are parked, until all is spent. A person who keeps less for people gives beats more.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
mkdir -p agents/steady agents/trial
printf -- '---\nevery: 1 s\nwhen: always\n---\n# Steady\n\nI am steady.\n' >agents/steady/SOUL.md
printf -- '---\nevery: 1 s\nwhen: always\nexperiment: on\n---\n# Trial\n\nI am a trial.\n' >agents/trial/SOUL.md
printf -- '- go on\n' >agents/steady/HEARTBEAT.md
printf -- '- go on\n' >agents/trial/HEARTBEAT.md
# Input is free of charge and every answer is as long as it may be: each call costs $0.00384.
cat >"$T/story.txt" <<'EOF'
reply
  when a person asks
  times 0
  text Here I am.
  usage 500 256
default reply
  call list_files {"path":"."}
  usage 500 256
EOF
start_provider openai "$T/story.txt"
use_provider openai
sed -i 's/free: true/max_output_tokens: 256, usd_per_mtok: {input: 0, output: 15}/' agentd.yaml
cat >>agentd.yaml <<EOF
alerts: [{command: "echo >>$T/alerts"}]
limits:
  system_daily_usd: 0.0384
  people_share: 0.20
  experimental_share: 0.10
  circuit_breaker: off
EOF
ok 'the files are good' agentctl check
start_agentd

calls_of() { sqlite3 -readonly .agentd/state.db "SELECT count(*) FROM call WHERE agent = '$1' AND work = '$2' AND state = 1"; }
state_of() { agentctl status "$1" --json | jq -r '.agents[0].state'; }
are_parked() { [ "$(state_of steady) $(state_of trial)" = 'parked parked' ]; }
sums() { echo "$(requests) requests, $(calls_of steady beat) of beats, $(calls_of trial experiment) of experiments, $(sqlite3 -readonly .agentd/state.db "SELECT count(*) FROM call WHERE work = 'person'") of people"; }

wait_for 'beats and experiments are parked' are_parked
equal 'who got what' '8 requests, 7 of beats, 1 of experiments, 0 of people' "$(sums)"
told() { [ "$(wc -l <"$T/alerts")" = "$1" ]; }
wait_for 'a person is told of both: that experiments had theirs does not hide that beats had theirs' told 2
agentctl budget >"$T/out"
has 'agentctl budget tells of the shares' "Of a day's money 20% is kept for people's requests, 10% is for experiments." "$T/out"

beats_got() { [ "$(calls_of steady beat)" = "$1" ]; }
sed -i 's/people_share: 0.20/people_share: 0.10/' agentd.yaml
wait_for 'a smaller share for people is a call more for beats' beats_got 8
wait_for 'and they are parked again' are_parked

status 0 agentctl run trial --message 'a person asks' --json
equal 'who got what' '10 requests, 8 of beats, 1 of experiments, 1 of people' "$(sums)"
status 4 agentctl run steady --message 'a person asks' --json
has 'why' '$0.0384 spent of $0.0384' "$T/out"
equal 'nothing more was asked' '10 requests, 8 of beats, 1 of experiments, 1 of people' "$(sums)"
equal 'nothing is left' '[38400,38400,0]' \
	"$(agentctl budget --json | jq -c '.[] | select(.scope == "system" and .window == "day") | [.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]')"
stop_agentd

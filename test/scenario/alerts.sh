# What a person has to know is told once: by a command, a webhook, the bulletin and status; and once more when it is over.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/money.inc"

at '2026-11-24 10:15Z' # a Tuesday
cat >"$T/story.txt" <<'EOF'
reply
  when Daily
  times 3
  call remember {"text":"There is more to do."}
  usage 2000 20
reply
  when recovered
  times 0
  text thanks
default reply
  text All is done.
  usage 1000 10
EOF
spenders kira max
cat >"$T/tell" <<'EOF'
#!/bin/sh
# An alert's command: a line of what it was given, and what it can see.
[ "$1" = urgent ] || exit 9
jq -c --arg text "$2" --arg folder "$PWD" '. + {argument: $text, folder: $folder}' >>"$HOME/alerts.jsonl"
env >"$HOME/environment"
EOF
chmod +x "$T/tell"
MORE="alerts:
  - command: $T/tell urgent
  - webhook: \"http://127.0.0.1:$PORT/v1/chat/completions\""
told() { jq -c "select(.recovered == $1)" "$HOME/alerts.jsonl" 2>/dev/null | wc -l; }
has_told() { [ "$(told "$1")" -ge "$2" ]; }
hooks() { jq -s "[.[] | select(.event == \"request\" and .body.recovered == $1)] | length" "$T/requests.jsonl"; }
has_hooks() { [ "$(hooks "$1")" -ge "$2" ]; }
posts() { grep -c '\[system\]' shared/BULLETIN.md; }
has_posts() { [ "$(posts)" -ge "$1" ]; }
limits 'per_agent_daily_usd: 0.50, per_session_usd: 5, per_agent_hourly_usd: 50'
export CANARY_KEY=sk-canary-4711
start_agentd
wait_for 'the first commit' has_commit .

# ---- a cap is hit ----
status 4 agentctl run kira --heartbeat Daily
wait_for 'the command is told' has_told false 1
wait_for 'the webhook is told' has_hooks false 1
wait_for 'the bulletin is told' has_posts 1
equal 'parked' parked "$(state kira)"
ok 'by its day' sh -c "agentctl status --json | jq -e '.agents[0] | .name == \"kira\" and (.reason | test(\"^over per_agent_daily_usd of kira\"))'"
ok 'not above the cap' [ "$(spent kira)" -le 500000 ]
head -n 1 "$HOME/alerts.jsonl" >"$T/alert"
equal 'its key' "\"budget agent day kira $(date -ud '2026-11-24 00:00Z' +%s)\"" "$(jq .key "$T/alert")"
ok 'its other fields' jq -e --arg w "$W" '.agent == "kira" and .recovered == false and .workspace == $w and (.since | test("^2026-11-24T10:1.:..Z$"))' "$T/alert"
equal 'the text is the last argument' "$(jq -r .text "$T/alert")" "$(jq -r .argument "$T/alert")"
equal 'its folder is the workspace' "$W" "$(jq -r .folder "$T/alert")"
has_not 'it sees no key of ours' canary "$HOME/environment"
equal 'the webhook got the same' "$(jq -cS 'del(.argument, .folder)' "$T/alert")" \
	"$(jq -cS 'select(.event == "request" and .body.recovered == false) | .body' "$T/requests.jsonl")"
equal 'who the bulletin says' system "$(git log -1 --format=%an -- shared/BULLETIN.md)"
agentctl status >"$T/out"
has 'status begins with it' 'kira: over per_agent_daily_usd' "$T/out"
equal 'in its first line' '!' "$(head -c 1 "$T/out")"
status 4 agentctl run kira --heartbeat Weekly
equal 'the same again is not told again' '1 1' "$(told false) $(posts)"
equal 'but counted' 2 "$(agentctl status --json | jq '.incidents[0].count')"
equal 'another agent is well' idle "$(state max)"

# ---- over a crash ----
crash
start_agentd
equal 'still parked' parked "$(state kira)"
equal 'still an incident' 1 "$(incidents)"
status 4 agentctl run kira --heartbeat Weekly
equal 'nobody is told again' '1 1' "$(told false) $(posts)"

# ---- over ----
limits 'per_agent_daily_usd: 5.00, per_session_usd: 5, per_agent_hourly_usd: 50'
wait_for 'the recovery is told' has_told true 1
wait_for 'to the webhook, too' has_hooks true 1
wait_for 'and posted' has_posts 2
wait_for 'all that was parked has gone on' has_events 3 unparked kira
wait_for 'and is done' is kira idle
equal 'no incident is left' 0 "$(incidents)"
equal 'one recovery' '1 1 1 1 2' "$(told true) $(told false) $(hooks true) $(hooks false) $(posts)"
has 'what is well' 'the limit was raised: the work of kira goes on' "$HOME/alerts.jsonl"

# ---- a cap that a person has raised too little is news ----
limits_read 'agentd.yaml' 'per_agent_daily_usd: 0.10, per_session_usd: 5, per_agent_hourly_usd: 50'
status 4 agentctl run kira --heartbeat Weekly
wait_for 'told at once' has_told false 2

# ---- a provider that comes and goes is told once ----
MORE="$MORE
retry_shortest: 1 ms
retry_longest: 10 ms
provider_breaker_probe: 100 ms"
limits 'per_agent_daily_usd: 50, system_daily_usd: 100, system_hourly_usd: 50, per_agent_hourly_usd: 50'
ok 'the file is good' agentctl check
wait_for 'the money is there' has_told true 2
wait_for 'and what waited for it is done' is kira idle
sick() { agentctl status --json | jq -e '.incidents[0] | .agent == null and (.key | startswith("breaker provider scripted"))'; }
fall_ill() {
	kill -9 "$provider"
	wait "$provider" || true
	provider=
	status 1 agentctl run max --heartbeat Weekly
	ok 'the provider is sick, and shown' sick
}
answers() { agentctl run max --heartbeat Weekly && [ "$(incidents)" = 0 ]; }
get_well() {
	start_provider openai "$T/story.txt" --port "$PORT"
	wait_for 'the provider is well' answers
}
fall_ill
wait_for 'that is told' has_told false 3
get_well
wait_for 'and its recovery' has_told true 3
fall_ill
get_well
equal 'the second time is logged' '2 2' "$(jq -s '[.[] | select(.agent == null)] | "\([.[] | select(.event == "alert")] | length) \([.[] | select(.event == "alert_cleared")] | length)"' -r .agentd/log/events.jsonl)"
equal 'and nobody is told' '3 3' "$(told false) $(told true)"
equal 'nor the bulletin' 6 "$(posts)"
stop_agentd

# ---- what was told by a clock that was ahead silences nothing ----
at '2026-11-22 10:15Z'
start_agentd
fall_ill
wait_for 'it is told' has_told false 4
stop_agentd
repositories_are_well

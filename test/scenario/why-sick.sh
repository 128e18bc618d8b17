# why, stats and budget after a beat whose first model is sick: what the daemon writes is what a person is told.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
cat >"$T/story.txt" <<'EOS'
error 529 {"error":{"type":"overloaded_error","message":"try later"}}
  when sick-1
  times 0
reply
  text Looking.
  call remember {"text":"Ticket 7731 was charged twice"}
  usage 1000 40 300
default reply
  text HEARTBEAT_OK
  usage 1100 20
EOS
start_provider openai "$T/story.txt"
cat >agentd.yaml <<EOF
timezone: UTC
providers:
  ill:  {kind: openai, base_url: "http://127.0.0.1:$PORT/v1"}
  well: {kind: openai, base_url: "http://127.0.0.1:$PORT/v1"}
models:
  strong: {provider: ill, name: sick-1, usd_per_mtok: {input: 3, output: 15}}
  fast:   {provider: well, name: well-1, usd_per_mtok: {input: 1, output: 5, cache_read: 0.1}}
routes:
  default: [strong, fast]
EOF
start_agentd
agentctl run kira --heartbeat Daily --json >"$T/run.jsonl"
session=$(tail -n 1 "$T/run.jsonl" | jq -r .session)
equal 'it was done, by the other model' done "$(tail -n 1 "$T/run.jsonl" | jq -r .outcome)"

# what the usage that the provider told comes to, to the millionth of a dollar
spent=$((1000 + 300 / 10 + 40 * 5 + 1100 + 20 * 5))
agentctl why "$session" --json >"$T/why"
equal 'its end' "[\"done\",$spent]" "$(jq -c '[.outcome, .cost_micro_usd]' "$T/why")"
equal 'by hand' "run:$session" "$(jq -r .slot.event "$T/why")"
equal 'the texts that were in force' "$(git -C agents/kira rev-parse HEAD:SOUL.md)" "$(jq -r .texts.soul "$T/why")"
jq '[.steps[] | select(.kind == "model") | .calls[]]' "$T/why" >"$T/calls"
equal 'the sick model in the words of its server' '[true,529,"overloaded","released",0]' \
	"$(jq -c '.[0] | [(.message | contains("try later")), .status, .failure, .state, .cost_micro_usd]' "$T/calls")"
ok 'what followed is told' jq -e '[.[] | select(.failure != null)] | all(.decision | length > 0)' "$T/calls"
ok 'and names the other model' jq -e 'any(.[]; .decision != null and (.decision | contains("next: fast")))' "$T/calls"
equal 'the other model replied' '[["fast","settled",1],["fast","settled",1]]' "$(jq -c '[.[] | select(.failure == null) | [.model, .state, .place]]' "$T/calls")"
equal 'tokens of the first reply' '[1300,300,40]' "$(jq -c '[.[] | select(.failure == null)][0] | [.input_tokens, .cache_read_tokens, .output_tokens]' "$T/calls")"
equal 'the tool ran once' '["remember"]' "$(jq -c '[.steps[] | select(.kind != "model") | .kind]' "$T/why")"
agentctl why "$session" >"$T/out"
has 'in words' 'strong at ill: overloaded after ' "$T/out"
has 'the fallback' 'fast at well, a fallback: reply' "$T/out"

agentctl stats kira --json >"$T/stats" # the alert woke max, too
equal 'fallbacks are counted' 2 "$(jq '.models[] | select(.name == "fast").fallbacks' "$T/stats")"
equal 'errors by class' "$(jq length "$T/calls") overloaded" "$(jq -r '"\(.total.calls) \(.models[] | select(.name == "strong").errors | keys | join(" "))"' "$T/stats")"
equal 'the cost' "$spent" "$(jq .total.cost_micro_usd "$T/stats")"
equal 'cached' 0.13 "$(jq '.total.cached_share * 100 | round / 100' "$T/stats")"
ok 'latencies' jq -e '.models[] | select(.name == "fast") | .total_ms.p50 > 0 and .total_ms.p99 >= .total_ms.p50' "$T/stats"
equal 'the budget agrees' "[$spent,0]" \
	"$(agentctl budget --json | jq -c '.[] | select(.scope == "agent" and .name == "kira" and .window == "day") | [.settled_micro_usd, .reserved_micro_usd]')"
equal 'and status' "$spent" "$(agentctl status kira --json | jq '.agents[0].today_micro_usd')"

# until its breaker opens, which is told
sick() { agentctl why kira --json | jq -e '.breakers[] | select(.of == "provider ill" and .state == "open" and .why == "overloaded")'; }
agentctl run kira --heartbeat Daily >/dev/null
agentctl run kira --heartbeat Daily >/dev/null
wait_for 'its breaker is open' sick
ok 'an incident is open' sh -c "agentctl why kira --json | jq -e '.incidents[] | select(.text | contains(\"ill\"))'"
agentctl why kira >"$T/out"
has 'in words' 'provider ill: overloaded: ' "$T/out"
stop_agentd
sick >/dev/null || fail 'a breaker outlives the daemon'

# ---- a limit ----
sed -i 's/^routes:/limits: {per_agent_daily_usd: 0.008}\nroutes:/' agentd.yaml
start_agentd
status 4 agentctl run kira --heartbeat Daily
parked=$(agentctl why kira --json | jq -r '.parked[0].session')
equal 'it is parked' '["parked","parked","budget","agent day"]' \
	"$(agentctl why "$parked" --json | jq -c --slurpfile a "$(agentctl why kira --json >"$T/why"; echo "$T/why")" '[$a[0].state, .outcome, .parked.why, .parked.layer]')"
equal 'until the day ends' "$(date -ud 'tomorrow 00:00' +%Y-%m-%dT00:00:00Z)" "$(jq -r '.parked[0].until' "$T/why")"
agentctl why "$parked" >"$T/out"
has 'which limit' "session $parked of kira: parked: over per_agent_daily_usd of kira" "$T/out"
agentctl budget >"$T/out"
has 'budget says so' '1 parked session goes on when there is money again' "$T/out"
sed -i 's/0.008/1.00/' agentd.yaml
went_on() { agentctl why "$parked" --json | jq -e '.went_on_as != null and .parked == null'; }
wait_for 'it goes on when the limit is raised' went_on
again=$(agentctl why "$parked" --json | jq -r .went_on_as)
equal 'and that is told' "$parked" "$(agentctl why "$again" --json | jq -r .goes_on_from)"

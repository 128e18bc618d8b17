# Money where a provider is sick: a proxy that gives up, output that is not counted, a cost that nobody foresaw, a breaker that is
# being tried, a gateway that is stuck.
. "$SOURCE/test/scenario/lib.sh"
command -v sqlite3 >/dev/null || skip 'sqlite3 is missing'

make_workspace
for name in ada bob cy; do agentctl new $name >/dev/null; done
cat >"$T/story.txt" <<'EOF'
error 504 {"error":{"message":"upstream timed out"}}
  when say patience
  times 0
reply
  when say nothing
  text A long answer that the server does not count.
  usage 1000 0
error 503 {"error":{"message":"down"}}
  when say sick
  times 3
reply
  when say sick
  delay 2500
  text Well again.
  usage 10 10
reply
  when say also
  text Well again, too.
  usage 10 10
reply
  when say dear
  text Much.
  usage 900000 10
reply
  when say cheap
  delay 4000
  text Little.
  usage 100 10
error 401 {"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}
  when say key
default reply
  text done
  usage 10 10
EOF
start_provider openai "$T/story.txt"
url=http://127.0.0.1:$PORT/v1
cat >agentd.yaml <<EOF
timezone: UTC
retry_shortest: 10 ms
retry_longest: 5 s
retries_per_call: 3
provider_breaker_failures: 3
provider_breaker_probe: 1 s
providers:
  scripted: {kind: openai, base_url: "$url"}
models:
  main: {provider: scripted, name: scripted-1, usd_per_mtok: {input: 3, output: 15}}
routes:
  default: [main]
EOF
start_agentd
rows() { db "SELECT DISTINCT state || ' ' || (micro_usd = reserved_micro_usd AND micro_usd > 0) FROM call WHERE session = (SELECT id FROM session ORDER BY number DESC LIMIT 1)"; }

status 0 agentctl run ada --message 'say nothing'
equal 'output that is not counted is booked as foreseen' '2 1' "$(rows)"

# Three failures open the breaker; one call is its probe, and the other waits for that instead of failing.
agentctl run ada --message 'say sick' --json >"$T/sick" & sick=$!
is_open() { [ "$(events breaker_open)" -ge 1 ]; }
wait_for 'the breaker opens' is_open
heard() { [ "$(jq -s '[.[] | select(.event == "request" and (.body | tostring | contains("say sick")))] | length' "$T/requests.jsonl")" = 4 ]; }
wait_for 'its probe is out' heard
status 0 agentctl run bob --message 'say also'
wait $sick || fail 'the probe went well, and its run did not'
ok 'one was asked before the other' jq -es '[.[] | select(.event == "request" or .event == "answered")]
	| (map(.event == "request" and (.body | tostring | contains("say also"))) | index(true)) as $also
	| .[:$also] | [.[] | select(.event == "answered")] | length == 5' "$T/requests.jsonl"

status 1 agentctl run ada --message 'say patience'
equal 'a proxy that gave up may have cost' '2 1' "$(rows)"
agentctl resume ada >/dev/null
status 0 agentctl run ada --message 'are you well?'

# What comes to much more than was foreseen stops the model, and a reply that was on its way does not start it again.
agentctl run bob --message 'say cheap' >/dev/null & cheap=$!
is_out() { grep -qF 'say cheap' "$T/requests.jsonl"; }
wait_for 'a cheap call is out' is_out
status 0 agentctl run ada --message 'say dear'
wait $cheap || fail 'a call that was out comes home'
before=$(requests)
status 1 agentctl run cy --message 'say more'
equal 'no call was made' "$before" "$(requests)"
agentctl resume cy >/dev/null

# Without breakers a refused key is an incident of its own, until the model answers.
echo 'limits: {circuit_breaker: off}' >>agentd.yaml
is_read() { jq -es 'any(.[]; .event == "reload" and (.message | contains("agentd.yaml")))' .agentd/log/events.jsonl; }
wait_for 'agentd.yaml is read' is_read
refused() { agentctl status --json | jq -e '[.incidents[] | select(.key | startswith("provider scripted main"))] | length == '"$1"; }
status 1 agentctl run cy --message 'say key'
ok 'a refused key is told' refused 1
status 0 agentctl run cy --message 'say key'
ok 'until it is taken' refused 0

# A gateway that does not answer is ended, and another one goes on; so is agentd-history.
status 0 agentctl run cy --message 'are you well?'
echo 'More of cy.' >>agents/cy/SOUL.md
wait_for 'agentd-history is there' clean agents/cy
kill -STOP "$(processes agentd-gateway)" "$(processes agentd-history)"
echo 'More still.' >>agents/cy/SOUL.md
status 0 agentctl run cy --message 'and now?'
hang() { [ "$(events service_hangs)" = "$1" ]; }
WAIT=40 wait_for 'both are told' hang 2
wait_for 'the edit is committed' clean agents/cy
stop_agentd

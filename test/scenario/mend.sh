# Requests that are refused and mended: parameters renamed or dropped once and for good, what is too long made shorter. Breakers
# and what was learned outlive the daemon. A cancelled run closes its connection.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

make_workspace
agentctl new kira >/dev/null
cat >"$T/story.txt" <<'EOS'
error 400 {"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}
  when "\"max_tokens\""
  when reasoner
  times 0
error 400 {"error":{"message":"Unknown parameter: stream_options","param":"stream_options","code":"unknown_parameter"}}
  when stream_options
  when reasoner
  times 0
reply
  when reasoner
  times 0
  text Mended.
  usage 800 5
reply
  when narrow-1
  unless has been read
  call read_file {"path":"knowledge/long.md"}
  usage 700 5
error 400 {"error":{"message":"This model's maximum context length is 8192 tokens. However, your messages resulted in 21000 tokens.","code":"context_length_exceeded"}}
  when narrow-1
  when the end of a long text
  times 0
reply
  when narrow-1
  times 0
  text Shorter.
  usage 900 5
error 529 {"error":{"type":"overloaded_error","message":"Overloaded"}}
  when flaky-1
  times 0
reply
  when endless-1
  times 0
  text Once upon a time
  stall
default reply
  text All is well.
  usage 500 5
EOS
start_provider openai "$T/story.txt"
url=http://127.0.0.1:$PORT/v1
cat >agentd.yaml <<EOF
timezone: UTC
retry_shortest: 50 ms
retry_longest: 400 ms
providers:
  one: {kind: openai, base_url: "$url"}
  two: {kind: openai, base_url: "$url/"}
  flaky: {kind: openai, base_url: "$url", progress: 60 s}
models:
  reasoner: {provider: one, name: reasoner, free: true}
  narrow: {provider: two, name: narrow-1, context: 100000, free: true}
  flaky: {provider: flaky, name: flaky-1, free: true}
  endless: {provider: two, name: endless-1, free: true}
  well: {provider: one, name: well-1, free: true}
routes:
  default: [well]
  reasoner: [reasoner]
  narrow: [narrow]
  flaky: [flaky, well]
  endless: [endless]
limits: {per_request_tokens: 1000000, per_task_tokens: 10000000}
EOF
mkdir -p agents/kira/knowledge
{ yes 'A line of a long text about nothing.' | head -n 1500; echo 'the end of a long text'; } >agents/kira/knowledge/long.md
for name in reasoner narrow flaky endless; do printf '## %s (Monday 09:00)\n\nroute: %s\n\n- [ ] Say %s.\n\n' "$name" "$name" "$name"; done >agents/kira/HEARTBEAT.md
start_agentd
beat() { agentctl run kira --heartbeat "$1" --json >"$T/run.jsonl" || { cat "$T/run.jsonl"; fail "$1 ends with $?"; }; }
end() { tail -n 1 "$T/run.jsonl" | jq -r ".$1"; }
failures() { jq -r 'select(.event == "model_failed") | .failure' "$T/run.jsonl" | tr '\n' ' '; }

beat reasoner
equal 'it was mended twice' 'parameter parameter ' "$(failures)"
equal 'and answered' Mended. "$(end text)"
beat reasoner
equal 'the next time nothing is refused' '' "$(failures)"
kill -9 "$daemon"
start_agentd
beat reasoner
equal 'nor after a restart' '' "$(failures)"
ok 'usage is asked for no more' jq -es '[.[] | select(.event == "request" and .body.model == "reasoner")][-1].body
	| has("stream_options") or has("max_tokens") | not' "$T/requests.jsonl"

# The story's first answer wants a file read; its text does not fit.
beat narrow
equal 'too long once' 'overflow ' "$(failures)"
equal 'and shorter' Shorter. "$(end text)"
ok 'identity and the last words stay' jq -es '[.[] | select(.event == "request" and .body.model == "narrow-1")][-1].body | tostring
	| contains("You are the agent") and contains("Say narrow") and (contains("the end of a long text") | not)' "$T/requests.jsonl"

# Three failures open its breaker: then it is not asked at all, also after a restart.
beat flaky
beat flaky
equal 'the fallback answered' 'All is well.' "$(end text)"
asked() { jq -s --arg m "$1" '[.[] | select(.event == "request" and .body.model == $m)] | length' "$T/requests.jsonl"; }
before=$(asked flaky-1)
beat flaky
equal 'a sick provider is left alone' "$before" "$(asked flaky-1)"
agentctl status --json >"$T/status"
ok 'a person is told' jq -e '.incidents | any(.text | contains("flaky"))' "$T/status"
kill -9 "$daemon"
start_agentd
beat flaky
equal 'also after a restart' "$before" "$(asked flaky-1)"

# A person cancels: the server sees it at once.
agentctl run kira --heartbeat endless --json >"$T/endless.jsonl" & client=$!
wait_for 'the first words' grep -qF 'Once upon' "$T/endless.jsonl"
session=$(jq -r 'select(.event == "session_start") | .session' "$T/endless.jsonl")
number=$(jq -r 'select(.event == "request" and .body.model == "endless-1") | .request' "$T/requests.jsonl")
printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$session" |
	socat -t 2 - "UNIX-CONNECT:.agentd/agentd.sock" >"$T/cancel"
is_closed() { jq -es --argjson n "$number" 'any(.[]; .event == "closed" and .request == $n)' "$T/requests.jsonl"; }
wait_for 'the server sees the connection closed' is_closed
wait $client || true
equal 'the run was interrupted' interrupted "$(tail -n 1 "$T/endless.jsonl" | jq -r .outcome)"
repositories_are_well
stop_agentd

# What must not happen twice: tell_person. Killed before, in and after it, it is done once, or a person is asked; never twice.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || skip 'failpoints are in builds with -DAGENTD_FAILPOINTS=ON only'
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace
agentctl new kira >/dev/null
round=0
begin_provider() {
	[ -z "$provider" ] || kill "$provider"
	round=$((round + 1))
	cat >"$T/story.txt" <<EOS
reply
  when tell once
  call remember {"text":"Told somebody, $round."}
  call tell_person {"text":"The house is on fire"}
  call remember {"text":"Told it well, $round."}
default reply
  text All is well.
EOS
	serve_story
}
serve_story() {
	start_provider openai "$T/story.txt"
	use_provider openai
	cat >>agentd.yaml <<EOS
alerts: [{command: "printf '%s\\\\n' \"\$1\" >>$T/told #"}]
flap_deaths: 50
crash_backoff_shortest: 0 s
EOS
}
told() { grep -c '^kira: The house is on fire' "$T/told" || true; }
session() { db 'SELECT id FROM session ORDER BY number DESC LIMIT 1'; }
outcome() { db "SELECT outcome FROM session ORDER BY number DESC LIMIT 1"; }
ends() { [ "$(outcome)" = "$1" ]; }
facts() { grep -c "Told.*, $round" agents/kira/MEMORY.md || true; }
asks() { agentctl status --json | jq -e --arg s "session $1" '[.incidents[].key] | index($s) == 0'; }
results() { # of the calls, as the last request to the model tells them
	jq -rs '[.[] | select(.event == "request")][-1].body.messages[] | select(.role == "tool") | .content' "$T/requests.jsonl"
}

# dies POINT: a run whose daemon dies at that failpoint; then another daemon.
dies() {
	rm -f "$T/told" "$T/requests.jsonl"
	: >"$T/told"
	begin_provider
	dies_at "$1"
}
dies_at() {
	AGENTD_FAILPOINTS=$1
	export AGENTD_FAILPOINTS
	start_agentd
	unset AGENTD_FAILPOINTS
	agentctl run kira --message 'tell once' >/dev/null 2>&1 || true
	wait "$daemon" 2>/dev/null || true
	daemon=
	start_agentd
}

# ---- nothing dies ----
: >"$T/told"
begin_provider
start_agentd
status 0 agentctl run kira --message 'tell once'
equal 'told once' 1 "$(told)"
has 'in the name of the agent' 'kira: The house is on fire' "$T/told"
equal 'its result' 'remembered told remembered ' "$(results | tr '\n' ' ')"
equal 'its class' 'once 1' "$(db "SELECT effect || ' ' || (begun_at > 0) FROM step WHERE kind = 'tell_person'")"
ok 'it is offered' jq -es '[.[] | select(.event == "request")][0].body.tools | map(.function.name) | index("tell_person")' "$T/requests.jsonl"
stop_agentd

# ---- before it has begun: it is simply done ----
dies tell.begin=kill
wait_for 'it goes on' ends done
equal 'told once' 1 "$(told)"
equal 'both facts are kept' 2 "$(facts)"
stop_agentd

# ---- begun, and nothing told ----
dies tell.begun=kill
wait_for 'it asks' ends parked
asked=$(session)
equal 'nobody was told' 0 "$(told)"
ok 'a person is asked, first of all' asks "$asked"
agentctl status >"$T/out"
has 'in words' "it is not known whether tell_person was done before the work was interrupted" "$T/out"
has 'and what to say' "agentctl answer $asked done, or undone, or drop" "$T/out"
agentctl why kira >"$T/out"
has 'why says so, too' "goes on with \`agentctl answer $asked done\`" "$T/out"
status 2 agentctl answer "$asked" maybe
status 1 agentctl answer 01ARZ3NDEKTSV4RRFFQ69G5FAV done
agentctl resume kira >/dev/null
equal 'to resume its agent is no answer' parked "$(outcome)"
stop_agentd
start_agentd
ok 'the question survives a restart' asks "$asked"
agentctl pause kira >/dev/null
status 0 agentctl answer "$asked" undone
equal 'an agent that is paused has its answer, and asks no more' '1 0' "$(db 'SELECT count(*) FROM parked') $(agentctl status --json | jq '.incidents | length')"
agentctl resume kira >/dev/null
wait_for 'it goes on' ends done
equal 'told once' 1 "$(told)"
equal 'both facts are kept, once' 2 "$(facts)"
equal 'nothing is asked any more' '0 0' "$(db 'SELECT count(*) FROM parked') $(agentctl status --json | jq '.incidents | length')"
status 1 agentctl answer "$asked" undone
stop_agentd

# ---- told, and the result was lost ----
dies tell.done=kill
wait_for 'it asks' ends parked
asked=$(session)
equal 'told once' 1 "$(told)"
status 0 agentctl answer "$asked" done
wait_for 'it goes on' ends done
equal 'still once' 1 "$(told)"
equal 'what went on shows its calls' true "$(agentctl transcript "$(session)" --json | jq '[.steps[] | select(.kind == "model").calls | length] | length > 0 and all(. == 1)')"
equal 'both facts are kept, once' 2 "$(facts)"
has 'the model knows' 'a person says that this was done' "$T/requests.jsonl"
stop_agentd

# ---- the answer outlives the session that takes it, also where nothing else of the reply is open ----
kill "$provider"
rm -f "$T/requests.jsonl"
: >"$T/told"
cat >"$T/story.txt" <<EOS
reply
  when tell once
  call tell_person {"text":"The house is on fire"}
reply
  when it was not done again
  delay 60000
  text Never heard.
default reply
  text All is well.
EOS
serve_story
dies_at tell.done=kill
wait_for 'it asks' ends parked
status 0 agentctl answer "$(session)" done
wait_for 'the model is asked' has_requests 2
kill -9 "$(processes agentd-session)"
wait_for 'another process goes on, and does not ask' ends done
equal 'told once' 1 "$(told)"
stop_agentd

# ---- the gateway dies while it tells ----
kill "$provider"
rm -f "$T/requests.jsonl"
cat >"$T/story.txt" <<EOS
reply
  when tell once
  call tell_person {"text":"The house is on fire"}
reply
  when "recovered"
  stall
default reply
  text All is well.
EOS
serve_story
sed -i "s|^alerts:.*|alerts: [{webhook: \"http://127.0.0.1:$PORT/v1/chat/completions\"}]|" agentd.yaml
start_agentd
agentctl run kira --message 'tell once' >"$T/out" 2>&1 & client=$!
wait_for 'it is being told' has_requests 2
kill -9 "$(processes agentd-gateway)"
wait_for 'it asks' ends parked
wait $client || true
has 'in words' "it is not known whether tell_person was done" "$T/out"
hooks() { [ "$(jq -s '[.[] | select(.event == "request") | .body | select(.recovered == false)] | length' "$T/requests.jsonl")" = "$1" ]; }
wait_for 'and tells that by another gateway' hooks 2
status 0 agentctl answer "$(session)" done
wait_for 'it goes on' ends done
equal 'told once' 1 "$(jq -s '[.[] | select(.event == "request") | .body | select(.text == "kira: The house is on fire")] | length' "$T/requests.jsonl")"
stop_agentd

# ---- a webhook that does not answer in time may have told, and so may a command that was killed ----
asks_after() { # asks_after TARGET: the text of alerts:, with PORT for the provider's
	kill "$provider"
	rm -f "$T/requests.jsonl"
	serve_story
	sed -i "s|^alerts:.*|alerts: [{$1}]|; s|PORT|$PORT|" agentd.yaml
	start_agentd
	status 4 agentctl run kira --message 'tell once'
	has 'it is said in words' "it is not known whether tell_person was done" "$T/out"
	status 0 agentctl answer "$(session)" drop
	stop_agentd
}
asks_after 'webhook: "http://127.0.0.1:PORT/v1/chat/completions"'
asks_after 'command: "kill -9 $$ #"'

# ---- a tool that the model made up hides nothing from the session's next process ----
for name in again model; do
	kill "$provider"
	rm -f "$T/requests.jsonl"
	: >"$T/told"
	cat >"$T/story.txt" <<EOS
reply
  when tell once
  call tell_person {"text":"The house is on fire"}
  call $name {}
reply
  when there is no tool
  delay 60000
  text Never heard.
default reply
  text All is well.
EOS
	serve_story
	start_agentd
	agentctl run kira --message 'tell once' >"$T/out" 2>&1 & client=$!
	wait_for 'the model is asked again' has_requests 2
	kill -9 "$(processes agentd-session)"
	wait $client || fail 'the run goes on with another process'
	equal "told, and $name: the model knows" 'told' "$(results | head -n 1)"
	has 'it is asked once more' 'All is well.' "$T/out"
	stop_agentd
done

# ---- dropped ----
dies tell.done=kill
wait_for 'it asks' ends parked
stop_agentd
AGENTD_FAILPOINTS=store.commit=delay:300 # who is told before it is durable finds the row
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
status 0 agentctl answer "$(session)" drop
equal 'it does not go on' "parked 0 1" "$(outcome) $(db 'SELECT count(*) FROM parked') $(told)"
stop_agentd

# ---- the session that takes over dies, too ----
dies tell.begun=kill
wait_for 'it asks' ends parked
asked=$(session)
stop_agentd
AGENTD_FAILPOINTS=tell.done=kill
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
agentctl answer "$asked" undone >/dev/null
wait "$daemon" 2>/dev/null || true
daemon=
start_agentd
wait_for 'the other one asks' ends parked
ok 'under its own name' [ "$(session)" != "$asked" ]
equal 'told once' 1 "$(told)"
status 0 agentctl answer "$(session)" done
wait_for 'it goes on' ends done
equal 'still once' 1 "$(told)"
equal 'all facts are kept, once' 2 "$(facts)"

# ---- its process dies, and the daemon does not: no question ----
stop_agentd
rm -f "$T/requests.jsonl"
: >"$T/told"
begin_provider
sed -i "s|printf|sleep 2; printf|" agentd.yaml
start_agentd
agentctl run kira --message 'tell once' >"$T/out" 2>&1 & client=$!
begun() { [ "$(db "SELECT count(*) FROM step WHERE kind = 'tell_person' AND begun_at > 0 AND result IS NULL AND session = '$(session)'")" = 1 ]; }
wait_for 'it is being told' begun
kill -9 "$(processes agentd-session)"
wait $client || fail 'the run goes on with another process'
equal 'told once' 1 "$(told)"
stop_agentd
repositories_are_well

# budget, stats, why: what was spent, how models did, and why something happened or did not; from files and state.db alone.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace support-desk
at '2026-11-24 06:30Z' # a Tuesday, 12:15 in Kathmandu
cat >agentd.yaml <<'EOS'
timezone: Asia/Kathmandu
providers:
  claude: {kind: anthropic, api_key: {env: SCRIPTED_KEY}}
  local:  {kind: openai, base_url: "http://127.0.0.1:9/v1"}
models:
  strong: {provider: claude, name: s-1, usd_per_mtok: {input: 3, output: 15}}
  fast:   {provider: local, name: f-1, free: true}
routes:
  default: [strong, fast]
limits:
  system_daily_usd: 4.00
agents:
  max: {limits: {per_agent_daily_usd: 0.50, per_request_tokens: 8000}}
EOS

# ---- before anything ran ----
budget() { agentctl budget --json "$@"; }
row() { # row SCOPE WINDOW [NAME]: a row of the budget
	budget | jq -c --arg s "$1" --arg w "$2" --arg n "${3-}" '.[] | select(.scope == $s and .window == $w and (.name // "") == $n)'
}
equal 'a limit that nothing was spent of' \
	'{"scope":"agent","name":"kira","window":"day","limit_micro_usd":2000000,"settled_micro_usd":0,"reserved_micro_usd":0,"resets_at":"2026-11-24T18:15:00Z"}' \
	"$(row agent day kira)"
equal 'the hour of a zone with a quarter' '"2026-11-24T07:15:00Z"' "$(row agent hour kira | jq .resets_at)"
equal 'a request has a limit and no window' '[64000,null]' "$(row request call | jq -c '[.limit_tokens, .resets_at]')"
equal 'a grant lowers it for one agent' 8000 "$(row request call max | jq .limit_tokens)"
equal 'nothing was called' '[0,[]]' "$(agentctl stats --json | jq -c '[.total.calls, .models]')"
equal 'no rows of usage' '[]' "$(agentctl stats --calls --json)"
equal 'why, of an agent that never ran' '["idle","none of its beats has been due yet",[]]' \
	"$(agentctl why kira --json | jq -c '[.state, .why, .slots]')"
status 1 agentctl why 01ARZ3NDEKTSV4RRFFQ69G5FAV
has 'a session that never was' 'there is neither an agent nor a session "01ARZ3NDEKTSV4RRFFQ69G5FAV" here' "$T/out"
status 1 agentctl budget nobody
status 1 agentctl stats nobody
status 1 agentctl stats nobody --calls
status 1 agentctl why nobody
status 2 agentctl why
status 1 agentctl stats --since yesterday
ok 'and made no .agentd' test ! -e .agentd

# ---- a ledger ----
start_agentd
stop_agentd
seconds() { date -ud "$1" +%s; }
DAY=$(seconds '2026-11-23 18:15Z')    # midnight in Kathmandu
HOUR=$(seconds '2026-11-24 06:15Z')   # 12:00 there
BEFORE=$(seconds '2026-11-24 05:15Z')
NOW=$(seconds '2026-11-24 06:30Z')
S=01KAT0000000000000000000AA # of kira: failed over from a sick model, then parked
O=01KAT0000000000000000000AB # of max: still open
db "INSERT INTO session(id, agent, cause, section, heading, model, outcome, reason, text, plan, started, ended, turns, input_tokens, output_tokens, cost_micro_usd, epoch) VALUES
	('$S', 'kira', 'heartbeat Daily (07:00)', 'daily', 'Daily (07:00)', 'fast', 'parked', 'no money is left: agent day', 'half a report',
		'{\"soul\":\"$(printf %040d 7)\",\"memory\":\"\",\"message\":\"Is it noon?\"}', ${BEFORE}500, ${BEFORE}500 + 12400, 2, 1200, 55, 12300, 1),
	('$O', 'max', 'message', '', '', 'strong', '', '', '', '', ${HOUR}000, 0, 1, 0, 0, 0, 1);
	INSERT INTO slot(agent, section, heading, planned, event, state, reason, session, outcome, recorded) VALUES
	('kira', 'daily', 'Daily (07:00)', $BEFORE, '', 1, '', '$S', 'parked', $BEFORE),
	('kira', 'hourly', 'Hourly', $HOUR, '', 2, 'unchanged', '', '', $HOUR),
	('max', '', '', $HOUR, 'run:$O', 0, '', '$O', '', $HOUR);
	INSERT INTO step(session, seq, agent, kind, effect, intent, result, epoch, intent_at, result_at, cost_micro_usd) VALUES
	('$S', 1, 'kira', 'model', 'idempotent', '{\"model\":\"s-1\"}', '{}', 1, ${BEFORE}500, ${BEFORE}500 + 3000, 12300),
	('$S', 2, 'kira', 'remember', 'idempotent', '{\"text\":\"a fact\"}', '{\"content\":\"remembered\",\"error\":false}', 1, ${BEFORE}500 + 3000, ${BEFORE}500 + 3001, 0),
	('$S', 3, 'kira', 'write_file', 'idempotent', '{\"path\":\"../x\"}', '{\"content\":\"outside of work/\",\"error\":true}', 1, ${BEFORE}500 + 3000, ${BEFORE}500 + 3002, 0),
	('$S', 4, 'kira', 'read_file', 'pure', '{\"path\":\"y\"}', NULL, 1, ${BEFORE}500 + 3000, 0, 0);"
# call SESSION AGENT WORK MODEL PROVIDER STEP ATTEMPT PLACE HOUR AT_MS STATE RESERVED_USD USD TOKENS IN OUT CACHED FIRST TOTAL STATUS FAILURE MESSAGE DECISION
call() {
	db "INSERT INTO call(session, agent, cause, task, work, route, provider, model, seq, attempt, place, hour, day, reserved_at, settled_at, state, reserved_micro_usd,
		reserved_tokens, micro_usd, tokens, request_bytes, max_tokens, input_tokens, output_tokens, cache_read_tokens, first_byte_ms, total_ms, status, failure, message,
		decision, request_id)
		VALUES('$1', '$2', 'heartbeat Daily (07:00)', '', '$3', 'default', '$5', '$4', $6, $7, $8, $9, $DAY, ${10}, iif(${11}, ${10} + ${19}, 0), ${11}, ${12},
		5000, ${13}, ${14}, 4000, 4096, ${15}, ${16}, ${17}, ${18}, ${19}, ${20}, '${21}', '${22}', '${23}', 'req-$6-$7')"
}
call 01KAS0000000000000000000AA kira beat strong claude 1 1 0 $((DAY - 3600)) $((DAY - 3000))000 1 900 900 90 80 10 0 100 200 200 '' '' '' # of the day before
call $S kira beat strong claude 1 1 0 $BEFORE ${BEFORE}500 3 90000 0 0 0 0 0 0 300 429 rate 'slow down' 'again in 1.1 s (rate)'
call $S kira beat strong claude 1 2 0 $BEFORE ${BEFORE}500+1500 2 90000 12300 5000 0 0 0 200 400 200 broken 'the answer broke off' 'next: fast (broken)'
call $S kira beat fast local 1 3 1 $BEFORE ${BEFORE}500+1900 1 0 0 1255 200 55 1000 80 900 200 '' '' ''
call $O max person strong claude 1 1 0 $HOUR ${HOUR}000 1 90000 400000 900 800 100 0 100 2000 200 '' '' ''
call $O max person strong claude 2 1 0 $HOUR ${HOUR}000+9000 0 95000 95000 5000 0 0 0 0 0 0 '' '' ''
db "UPDATE call SET day = day - 86400 WHERE session = '01KAS0000000000000000000AA';
	INSERT INTO parked(session, agent, why, layer, reason, wish, since, until) VALUES('$S', 'kira', 'budget', 'agent day', 'no money is left: agent day', '{}', $BEFORE + 12, $DAY + 86400);
	INSERT INTO incident VALUES('budget agent kira day $DAY', 'kira', 'kira has spent its day', $BEFORE, $BEFORE, 0, 3), ('gone', '', 'was well again', 1, 1, 2, 1),
		('other', 'max', 'only max', $BEFORE, $BEFORE, 0, 1);
	INSERT INTO breaker VALUES('provider claude #0a1b', 3, ${NOW}000 + 60000, 60000, 'overloaded', 'try later'), ('provider elsewhere #1', 3, ${NOW}000 + 60000, 60000, 'server', 'x'),
		('model fast #2', 0, 0, 0, '', '');"

# ---- budget ----
equal 'spent and reserved of the day' '[500000,400000,95000]' "$(row agent day max | jq -c '[.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]')"
equal 'what is kept counts as spent' '[2000000,12300,0]' "$(row agent day kira | jq -c '[.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]')"
equal 'an hour that is over is another' '[0,0]' "$(row agent hour kira | jq -c '[.settled_micro_usd, .reserved_micro_usd]')"
equal 'all agents together' '[4000000,412300,95000]' "$(row system day | jq -c '[.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]')"
equal 'a session that is open' '["max",500000,400000,95000,null]' \
	"$(row session session $O | jq -c '[.agent, .limit_micro_usd, .settled_micro_usd, .reserved_micro_usd, .resets_at]')"
equal 'and its tokens' '[200000,900,5000]' "$(row task task $O | jq -c '[.limit_tokens, .settled_tokens, .reserved_tokens]')"
equal 'one that has ended is none' '' "$(row session session $S)"
equal 'the fullest first' '"max 99%"' "$(budget | jq '.[0] | "\(.agent // .name) \((.settled_micro_usd + .reserved_micro_usd) * 100 / .limit_micro_usd | floor)%"')"
equal 'of one agent, and what is all agents'"'"'' '["kira",null]' "$(budget kira | jq -c '[.[] | .agent // .name] | unique | reverse')"
agentctl budget >"$T/out"
has 'money for people' '$0.40    $0.095    $0.50           99%   Wed' "$T/out"
has 'when it begins anew, on the wall' 'Wed 2026-11-25 00:00' "$T/out"
has 'what binds each session and task' 'Limits of each session: $0.50; of each task: 200,000 tokens; of each call: ' "$T/out"
has 'the share of people' "Of a day's money 20% is kept for people's requests." "$T/out"
has 'parked work' '1 parked session goes on when there is money again' "$T/out"
db "UPDATE call SET hour = hour + 86400, day = day + 86400 WHERE session = '$O'" # as written before the clock was set back
equal 'a window never goes back' '["2026-11-25T18:15:00Z",400000]' "$(row agent day max | jq -c '[.resets_at, .settled_micro_usd]')"
equal 'nor an hour, which is held for one' 2026-11-24T07 "$(row agent hour max | jq -r '.resets_at[:13]')"
db "UPDATE call SET hour = hour - 86400, day = day - 86400 WHERE session = '$O'"

# ---- stats ----
stats() { agentctl stats --json "$@"; }
equal 'keys' 'agents models routes since total until' "$(stats | jq -r 'keys | join(" ")')"
equal 'all of it' '{"calls":6,"replies":3,"failures":2,"under_way":1,"errors":{"broken":1,"rate":1},"fallbacks":1}' \
	"$(stats | jq -cS '.total | {calls, replies, failures, under_way, errors, fallbacks}' | jq -c '{calls, replies, failures, under_way, errors, fallbacks}')"
equal 'by model' '[["strong",5,413200],["fast",1,0]]' "$(stats | jq -c '.models | map([.name, .calls, .cost_micro_usd])')"
equal 'by agent' '[["max",2],["kira",4]]' "$(stats | jq -c '.agents | map([.name, .calls])')"
equal 'by route' '[["default",6]]' "$(stats | jq -c '.routes | map([.name, .calls])')"
equal 'cached input is a part of the input' '[1200,1000,0.83]' "$(stats | jq -c '.models[1] | [.input_tokens, .cache_read_tokens, (.cached_share * 100 | floor / 100)]')"
equal 'latency, of replies alone' '[{"p50":100,"p95":100,"p99":100},{"p50":200,"p95":2000,"p99":2000}]' "$(stats | jq -c '.models[0] | [.first_byte_ms, .total_ms]')"
equal 'of which the worst case was kept' 12300 "$(stats | jq .total.kept_micro_usd)"
equal 'since a time of the workspace' 5 "$(stats --since '2026-11-24 00:00' | jq .total.calls)"
equal 'since a duration' 2 "$(stats --since 20min | jq .total.calls)"
equal 'of one agent' '[2,["max"]]' "$(stats max | jq -c '[.total.calls, (.agents | map(.name))]')"
mv agents/max "$T/max"
equal 'of one that is gone' 2 "$(stats max | jq .total.calls)"
mv "$T/max" agents/max
agentctl stats >"$T/out"
has 'a sentence' '6 calls, 3 of them brought a reply; $0.4132.' "$T/out"
has 'errors by class' '1 broken, 1 rate' "$T/out"
agentctl stats --calls >"$T/out"
equal 'a line a call' 7 "$(wc -l <"$T/out")"
has 'with its tokens' '1,200 + 55       1000/0' "$T/out"
agentctl stats --calls --json >"$T/out"
equal 'one document' 6 "$(jq length "$T/out")"
equal 'with a line for each call' 6 "$(grep -c '^{' "$T/out")"
equal 'a row of usage' "[\"2026-11-24T05:15:02Z\",\"kira\",\"$S\",\"heartbeat Daily (07:00)\",\"fast\",1,1200,55,1000,0,0,\"req-1-3\",null]" \
	"$(jq -c '.[3] | [.time, .agent, .session, .cause, .model, .place, .input_tokens, .output_tokens, .cache_read_tokens, .cache_write_tokens, .cost_micro_usd, .request_id, .failure]' "$T/out")"
equal 'one that failed' '["released",429,"rate","slow down","again in 1.1 s (rate)"]' "$(jq -c '.[1] | [.state, .status, .failure, .message, .decision]' "$T/out")"

# ---- why a session went as it did ----
agentctl why $S --json >"$T/why"
equal 'how it ended' '["parked","no money is left: agent day",12400]' "$(jq -c '[.outcome, .reason, .duration_ms]' "$T/why")"
equal 'its slot' "[\"2026-11-24T05:15:00Z\",null]" "$(jq -c '[.slot.planned, .slot.event]' "$T/why")"
equal 'its texts' "{\"soul\":\"$(printf %040d 7)\"}" "$(jq -c .texts "$T/why")"
equal 'three attempts of one call' '[["rate","again in 1.1 s (rate)"],["broken","next: fast (broken)"],[null,null]]' \
	"$(jq -c '.steps[0].calls | map([.failure, .decision])' "$T/why")"
equal 'the wait before the second' 1200 "$(jq '.steps[0].calls[1].waited_ms' "$T/why")"
equal 'its tools' '[["remember",true,false],["write_file",true,true],["read_file",false,false]]' "$(jq -c '.steps[1:] | map([.kind, .finished, .refused])' "$T/why")"
equal 'what it cost' '[["task","task",6255],["session","session",12300],["agent","hour",12300],["system","hour",12300],["agent","day",12300],["system","day",12300]]' \
	"$(jq -c '.costs | map([.scope, .window, .tokens // .micro_usd])' "$T/why")"
equal 'it is parked until then' '["budget","agent day","2026-11-24T18:15:00Z"]' "$(jq -c '[.parked.why, .parked.layer, .parked.until]' "$T/why")"
agentctl why $S >"$T/out"
has 'in words: the end' "session $S of kira: parked: no money is left: agent day" "$T/out"
has 'a person said' 'message   Is it noon?' "$T/out"
has 'the texts' 'texts     soul 0000000000' "$T/out"
has 'the start' 'started   Tue 2026-11-24 11:00:00 by heartbeat Daily (07:00), planned for Tue 2026-11-24 11:00:00' "$T/out"
has 'what followed' 'strong at claude: rate (HTTP 429) after 300 ms: slow down → again in 1.1 s (rate)' "$T/out"
has 'the wait' 'waited 1.2 s' "$T/out"
has 'money that may be lost' 'broken (HTTP 200) after 400 ms: the answer broke off; $0.0123 kept, as its cost is not known → next: fast (broken)' "$T/out"
has 'the fallback' 'fast at local, a fallback: reply in 900 ms: 1,200 + 55 tokens, $0.00' "$T/out"
has 'a tool' 'remember {"text":"a fact"}: done: remembered' "$T/out"
has 'a tool that was refused' 'write_file {"path":"../x"}: refused: outside of work/' "$T/out"
has 'a tool in doubt' 'read_file {"path":"y"}: no result' "$T/out"
has 'the layers' 'agent, day of Tue 2026-11-24 00:00: $0.0123, limit $2.00' "$T/out"
has 'what it waits for' 'parked since Tue 2026-11-24 11:00:12 by per_agent_daily_usd; goes on at Wed 2026-11-25 00:00:00 or when it is raised' "$T/out"
status 1 agentctl why 01KAT
has 'a prefix of two' '2 sessions begin with "01KAT"' "$T/out"
equal 'a prefix of one, in any case' "\"$O\"" "$(agentctl why 01kat0000000000000000000ab --json | jq .session)"
status 1 agentctl why 01K # too short to be one
agentctl why $O >"$T/out"
has 'one that is open' "session $O of max: open; no agentd serves this workspace" "$T/out"
has 'by hand' 'by message, by hand' "$T/out"
has 'under way' 'strong at claude: under way' "$T/out"
db "INSERT INTO slot(agent, section, heading, planned, event, state, reason, session, outcome, recorded) VALUES('kira', 'daily', 'Daily (07:00)', $NOW, 'again:$S', 1, '', '$O', 'done', $NOW)"
equal 'the one that went on with it' "\"$O\"" "$(agentctl why $S --json | jq .went_on_as)"
db "DELETE FROM slot WHERE event = 'again:$S'"

# ---- why an agent did or did not run ----
agentctl why kira --json >"$T/why"
equal 'parked' '["parked","1 session waits to go on",null]' "$(jq -c '[.state, .why, .paused]' "$T/why")"
equal 'its slots' "[[\"ran\",\"parked\",\"no money is left: agent day\"],[\"skipped\",null,null]]" "$(jq -c '.slots | map([.state, .outcome, .session_reason])' "$T/why")"
equal 'its incidents' '["kira has spent its day"]' "$(jq -c '.incidents | map(.text)' "$T/why")"
equal 'breakers on its route' '[["provider claude","open","overloaded"]]' "$(jq -c '.breakers | map([.of, .state, .why])' "$T/why")"
equal 'what comes next' '{"heartbeat":"Daily (07:00)","at":"2026-11-25T01:15:00Z"}' "$(jq -c .next "$T/why")"
agentctl why kira >"$T/out"
has 'in words' 'kira is parked: 1 session waits to go on' "$T/out"
has 'what unchanged means' 'Hourly: skipped: unchanged (nothing that it depends on has changed since its last run' "$T/out"
has 'an incident' 'kira has spent its day (3 times)' "$T/out"
has 'a breaker' 'provider claude: overloaded: try later; not called before Tue 2026-11-24 12:16:00' "$T/out"
db "UPDATE breaker SET open_until = ${NOW}000 - 1000 WHERE key LIKE 'provider claude%'; INSERT INTO agent VALUES('kira', 1, 'by a person')"
equal 'paused comes first' '["paused","by a person","half open"]' "$(agentctl why kira --json | jq -c '[.state, .paused, .breakers[0].state]')"
equal 'stopped' "[\"stopped\",\"session $O is open and goes on when an agentd starts\"]" "$(agentctl why max --json | jq -c '[.state, .why]')"

# ---- options may stand before the command ----
ok '--json before the command' sh -c "agentctl --json budget | jq -e 'type == \"array\"'"
ok 'and -w with it' sh -c "cd / && agentctl -w '$W' --json why kira | jq -e '.agent == \"kira\"'"
status 2 agentctl --json pause kira
has 'where it says nothing' 'pause takes no --json' "$T/out"

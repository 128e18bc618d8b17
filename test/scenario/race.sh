# 64 agents race for caps (of the hour and of the day, with shares for people and experiments), while agentd and agentd-gateway are
# killed between reserve and settle at random. At no row of the ledger more is settled and reserved than a cap allows, also not in
# what a reader sees meanwhile; every settled row is what the provider counts, to the micro-USD; no request has left without a row.
#     RACE_ROUNDS=N   deaths of agentd (3); each is followed by the next hour, in which parked work goes on
#     SEED=N          of the moments of death
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
# What died before its branch moved may leave a commit that nothing leads to, as git itself does.
dangling=--no-dangling # kill -9 leaves objects that nothing names
rounds=${RACE_ROUNDS-3}
seed=${SEED-$$}
echo "SEED=$seed"
chance() { # chance N: *ret in 0…N-1
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	ret=$((seed / 65536 % $1))
}

# ---- 64 agents: 28 that people talk to, 28 that beat, 8 experiments; half of each speak Anthropic's format ----
make_workspace
PRICES='input: 3, output: 5, cache_read: 0.3, cache_write: 3.75'
: >"$T/story.txt"
playing() { # how long it takes, and what it costs
	printf '  delay %d\n  usage %d %d %d %d\n' $((150 + number * 7 % 200)) $((400 + number * 3)) $((11 + number)) $((number * 5 % 97)) $((number % 2 * (number + 1)))
}
for number in $(seq 64); do
	name=racer-$((100 + number))
	mkdir -p "agents/$name"
	{
		echo '---'
		[ $((number % 2)) = 0 ] || echo 'route: messages'
		[ $number -le 56 ] || echo 'experiment: on'
		[ $number -le 28 ] || echo 'when: always'
		printf -- '---\n# Racer\n\nI am %s.\n' $name
	} >"agents/$name/SOUL.md"
	[ $number -le 28 ] || printf '## Hourly\n\n- run\n' >"agents/$name/HEARTBEAT.md"
	[ $number -gt 28 ] || echo $name >>"$T/people"
	# Eight calls of a tool, then it is enough. Chat Completions do not tell what was written to a cache.
	for step in 1 2 3 4 5 6 7 8; do
		printf 'reply\n  when I am %s.\n  unless step-%d\n  times 0\n  call list_files {"path":"step-%d"}\n' $name $step $step
		playing
	done >>"$T/story.txt"
	{
		printf 'reply\n  when I am %s.\n  times 0\n  text enough\n' $name
		playing
	} >>"$T/story.txt"
	printf '%s %d %d %d %d\n' $name $((400 + number * 3)) $((11 + number)) $((number * 5 % 97)) $((number % 2 * (number + 1))) >>"$T/usage"
done
"$BUILD/test/provider/provider" --script "$T/story.txt" --port 0 --port-file "$T/port" --log "$T/requests.jsonl" >>"$T/provider.log" 2>&1 &
provider=$! # of both formats: it goes by the path
wait_for 'the provider listens' test -s "$T/port"
PORT=$(cat "$T/port")
cat >agentd.yaml <<EOF
timezone: UTC
providers:
  chat: {kind: openai, base_url: "http://127.0.0.1:$PORT/v1"}
  messages: {kind: anthropic, base_url: "http://127.0.0.1:$PORT/v1/messages"}
models:
  chat: {provider: chat, name: chat-1, max_output_tokens: 300, usd_per_mtok: {$PRICES}}
  messages: {provider: messages, name: messages-1, max_output_tokens: 300, usd_per_mtok: {$PRICES}}
routes:
  default: [chat]
  messages: [messages]
limits:
  per_session_usd: 0.06
  per_agent_hourly_usd: 0.05
  per_agent_daily_usd: 0.10
  system_hourly_usd: 1.00
  system_daily_usd: 3.00
  people_share: 0.25
  experimental_share: 0.10
  circuit_breaker: off
retry_shortest: 50 ms
retry_longest: 200 ms
EOF
ok 'the files are good' agentctl check
cat >"$T/ledger.sql" <<EOF
CREATE TEMP TABLE cap(name TEXT, micro_usd INTEGER);
INSERT INTO cap VALUES ('system hour', 1000000), ('system day', 3000000), ('agent hour', 50000), ('agent day', 100000),
	('session', 60000), ('people', 250000), ('experiments', 100000);
EOF
cat "$SOURCE/test/scenario/ledger.sql" >>"$T/ledger.sql"
db() { sqlite3 -readonly -init /dev/null -cmd '.timeout 5000' "$W/.agentd/state.db" "$@"; }
ledger_holds() { # ledger_holds WHEN
	db <"$T/ledger.sql" >"$T/mistakes" 2>&1 || { cat "$T/mistakes"; fail "the ledger cannot be read $1"; }
	[ ! -s "$T/mistakes" ] || { cat "$T/mistakes"; fail "the ledger $1"; }
}

# ---- the race ----
talk() { # talk NAME ROUND: again and again, until there is no money for more or the round is over
	while [ "$(cat "$T/round")" = "$2" ]; do
		code=0
		agentctl run "$1" --message go --json >"$T/run-$1" 2>&1 || code=$?
		[ $code != 4 ] || break
	done
	echo "$1" >>"$T/talked-$2"
}
begin() { # begin N: agentd, a moment before the N-th full hour that is looked at, and all who want to talk
	hour="2026-11-24 03:59:58Z + $(($1 * 5)) hours"
	echo "$1" >"$T/round"
	at "$(date -ud "$hour" '+%F %TZ')"
	agentd -w "$W" 2>>"$T/agentd.log" &
	daemon=$!
	WAIT=60 wait_for "agentd is ready at $(now)" agentctl ready
	while read -r name; do talk "$name" "$1" & done <"$T/people"
}
now() { date -ud "@$(($(date +%s) + AGENTD_CLOCK_OFFSET))" '+%F %T'; }
kill_gateway() {
	pid=$(processes agentd-gateway)
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
}
calls() { db 'SELECT count(*) FROM call WHERE state <> 0' 2>/dev/null || echo 0; }
is_over() { # nobody is left who asks, and nothing runs
	[ "$(cat "$T/talked-$(cat "$T/round")" 2>/dev/null | wc -l)" = 28 ] &&
		[ "$(agentctl status --json | jq '[.agents[] | select(.state == "running")] | length')" = 0 ]
}
is_on() { [ "$(calls)" -gt "$1" ] || is_over; } # or the day is spent already
watch() { # what a reader sees at any moment
	while [ ! -e "$T/over" ]; do
		db <"$T/ledger.sql" >"$T/seen" 2>/dev/null || true # the file is being opened, or is not there yet
		[ ! -s "$T/seen" ] || cat "$T/seen" >>"$T/seen-mistakes"
		echo >>"$T/looks"
		sleep 0.2
	done
}
: >"$T/seen-mistakes"
watch & watcher=$!
for round in $(seq 0 "$rounds"); do
	before=$(calls)
	begin "$round"
	WAIT=20 wait_for "the race is on at $(now)" is_on "$before"
	chance 2000
	sleep "$(printf '%d.%03d' $((ret / 1000)) $((ret % 1000)))"
	kill_gateway
	chance 1500
	sleep "$(printf '%d.%03d' $((ret / 1000)) $((ret % 1000)))"
	[ "$round" -lt "$rounds" ] || break
	echo dead >"$T/round"
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null || true
	ledger_holds "after death $((round + 1)) of agentd"
	echo "ok: agentd died in the middle of $(db 'SELECT count(*) FROM call WHERE state = 0') calls, $(db 'SELECT count(*) FROM call') were begun so far"
done
wait_for 'nobody has money left' is_over
touch "$T/over"
wait $watcher
stop_agentd
ledger_holds 'at the end'
[ ! -s "$T/seen-mistakes" ] || { sort -u "$T/seen-mistakes"; fail 'the ledger as a reader saw it meanwhile'; }
echo "ok: no sum was over its cap at any row, nor at any of $(wc -l <"$T/looks") looks"

# ---- what the provider counts ----
jq -r 'select(.event == "request") | [.request, (.body | tostring | capture("I am (?<name>racer-[0-9]+)").name)] | @tsv' \
	"$T/requests.jsonl" >"$T/asked"
jq -r 'select(.event == "answered") | .request' "$T/requests.jsonl" >"$T/answered"
db -separator ' ' 'SELECT number, agent, state, micro_usd, reserved_micro_usd, tokens, request_id FROM call' | sed 's/[a-z]*[-_]0*\([0-9]*\)$/\1/' >"$T/rows"
awk -v asked="$T/asked" -v answered="$T/answered" -v usage="$T/usage" '
	function wrong(what) { print what; mistakes++ }
	BEGIN {
		while ((getline <usage) > 0) {
			cost[$1] = int(($2 * 300 + $3 * 500 + $4 * 30 + $5 * 375 + 99) / 100)
			tokens[$1] = $2 + $3 + $4 + $5
		}
		while ((getline <asked) > 0) { of[$1] = $2; requests++; left[$2]++ }
		while ((getline <answered) > 0) { whole[$1] = 1; billed += cost[of[$1]]; unseen[of[$1]] += cost[of[$1]] }
	}
	$3 == 0 { wrong("call " $1 " is still reserved") }
	$3 == 1 {
		settled++
		sum += $4
		if (of[$7] != $2) wrong("call " $1 " of " $2 " tells of request " $7 ", which was of " of[$7])
		if (seen[$7]++) wrong("request " $7 " was settled twice")
		if (!whole[$7]) wrong("request " $7 " has usage and was not answered")
		if ($4 != cost[$2]) wrong("call " $1 " cost " $4 " and the provider counts " cost[$2])
		if ($6 != tokens[$2]) wrong("call " $1 " took " $6 " tokens and the provider counts " tokens[$2])
		counted += cost[of[$7]]
		unseen[$2] -= $4
	}
	$3 == 2 { kept++; kept_of[$2] += $4; kept_sum += $4 }
	$3 == 3 { released++ }
	$3 != 3 { rows[$2]++ }
	END {
		for (name in left) if (left[name] > rows[name]) wrong(name " sent " left[name] " requests with " rows[name] " rows")
		for (name in unseen) if (unseen[name] > kept_of[name])
			wrong("the provider counts " unseen[name] " of " name " that is not in the ledger, where " kept_of[name] " is kept")
		if (sum != counted) wrong("settled is " sum " and the provider counts " counted)
		if (billed > sum + kept_sum) wrong("the provider counts " billed " in all, the ledger " sum " and " kept_sum " kept")
		if (!kept) wrong("nothing was under way at any death: the race was none")
		printf "ok: %d requests; %d calls settled for %d micro-USD, as the provider counts; %d kept at %d, where it counts %d; %d released\n",
			requests, settled, sum, kept, kept_sum, billed - counted, released
		exit mistakes > 0
	}' "$T/rows" || fail "the provider's count is another"
db "SELECT layer || ': ' || count(*) FROM parked GROUP BY layer" | sed 's/^/ok: parked by the cap of /'
ok 'the caps were met' test "$(db "SELECT count(*) FROM parked WHERE layer LIKE 'system %'")" -gt 20
repositories_are_well

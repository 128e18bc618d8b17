# $0.50 a day and a model that answers for ever with tool calls, each another: what is spent stays within it by the provider's count
# and by ours, the work is parked, a person hears of it once and goes on with it by raising the cap. Neither a restart nor a clock
# that is set back makes money. Once for an agent's cap, once for the whole workspace's.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
for number in $(seq 600); do
	printf 'reply\n  call list_files {"path":"round-%d"}\n  usage 500 250 300 200\n' "$number"
done >"$T/story.txt"
COST=3865 # of a call: 500 × 3 + 250 × 5 + 300 × 0.3 + 200 × 5.125

spent() { echo $((($(requests) - free) * COST)); } # as the provider counts
ours() { sqlite3 .agentd/state.db 'SELECT total(micro_usd) FROM call' | sed 's/\.0$//'; }
within() { # within CAP: both counts agree, and what is left is less than the next call might cost
	equal "ours is the provider's" "$(spent)" "$(ours)"
	[ "$(ours)" -le "$1" ] || fail "$(ours) micro-USD of $1 are spent"
	[ "$(ours)" -gt $(($1 - 100000)) ] || fail "only $(ours) micro-USD of $1 are spent"
	echo "ok: $(ours) of $1 micro-USD are spent"
}
run_parks() {
	status 4 agentctl run kira --message 'look around' --json
	jq -e 'select(.event == "session_end") | .outcome == "parked"' "$T/out" >/dev/null || { cat "$T/out"; fail 'it was not parked'; }
}
alerts() { # alerts HOW_MANY RECOVERIES
	equal 'alerts' "$1 $2" "$(jq -s '[.[] | select(.recovered | not)] | length' "$T/alerts") $(jq -s '[.[] | select(.recovered)] | length' "$T/alerts")"
}
is_told() { [ "$(wc -l <"$T/alerts")" = "$1" ]; }
parked_rows() { sqlite3 .agentd/state.db 'SELECT count(*) FROM parked'; }
is_parked() { [ "$(parked_rows)" = "$1" ]; }
sessions() { sqlite3 .agentd/state.db 'SELECT count(*) FROM session WHERE ended > 0'; }
ended() { [ "$(sessions)" -ge "$1" ]; }
cap_is() { # cap_is USD: a person saves agentd.yaml
	sed -i "s/$LIMIT: .*/$LIMIT: $1/" agentd.yaml
}
counts() { # as `agentctl budget` shows it
	agentctl budget --json | jq -c --arg s "$SCOPE" '.[] | select(.scope == $s and .window == "day") | [.limit_micro_usd, .settled_micro_usd, .reserved_micro_usd]'
}

examine() { # examine LIMIT SCOPE
	LIMIT=$1 SCOPE=$2 W=$T/$2
	unset AGENTD_CLOCK_OFFSET
	rm -f "$T/requests.jsonl"
	: >"$T/alerts"
	make_workspace
	agentctl new kira >/dev/null
	start_provider anthropic "$T/story.txt"
	free=0 asked=
	use_provider anthropic
	sed -i 's/free: true/max_output_tokens: 400, usd_per_mtok: {input: 3, output: 5, cache_read: 0.3, cache_write: 5.125}/' agentd.yaml
	cat >>agentd.yaml <<EOF
turns_per_session: 1000
session_breaker_calls: 10000
catch_up: none
alerts: [{command: "cat >>$T/alerts; echo >>$T/alerts; :"}]
limits:
  per_session_usd: 100
  per_task_tokens: 100000000
  per_request_tokens: 10000000
  per_agent_hourly_usd: 100
  system_hourly_usd: 100
  per_agent_daily_usd: 100
  system_daily_usd: 100
EOF
	cap_is 0.50
	ok 'the files are good' agentctl check
	at '2026-11-24 12:05Z'
	start_agentd

	# ---- the cap holds ----
	run_parks
	within 500000
	has 'the reason is said' "over $LIMIT" "$T/out"
	wait_for 'a person is told' grep -q "over $LIMIT" "$T/alerts"
	alerts 1 0
	first=$(jq -r 'select(.event == "session_end").session' "$T/out")
	equal 'its transcript is kept' "$(requests)" "$(sqlite3 .agentd/state.db "SELECT count(*) FROM step WHERE session = '$first' AND kind IN ('model', 'compaction') AND result IS NOT NULL")"
	equal 'agentctl budget' "[500000,$(ours),0]" "$(counts)"
	ok 'agentctl status' agentctl status
	agentctl status >"$T/out"
	has 'status has it first' "over $LIMIT" "$T/out"
	agentctl why "$first" >"$T/out"
	has 'why tells' "over $LIMIT" "$T/out"
	until [ "${asked-}" = "$(requests)" ]; do # further wishes for the same money: smaller ones may fit
		asked=$(requests)
		run_parks
	done
	within 500000
	alerts 1 0
	work=$(parked_rows)

	# ---- a restart, and a clock that is set back, by an hour and by a day ----
	told=1
	for time in '12:06Z' '11:05Z' '12:06Z 1 day ago' '12:06Z 3 days ago'; do
		stop_agentd
		at "2026-11-24 $time"
		start_agentd
		run_parks
		equal "no second allowance at $time" "$asked" "$(requests)"
		equal "agentctl budget at $time" "[500000,$(ours),0]" "$(counts)"
		case $time in *ago) told=$((told + 1)) ;; esac # what a clock far ahead told holds nothing back
		wait_for 'nobody is told more often' is_told $told
	done
	work=$((work + 4))
	equal 'work that is parked' $work "$(parked_rows)"

	# ---- the cap is raised, while the clock is right again ----
	stop_agentd
	at '2026-11-24 12:10Z'
	start_agentd
	before=$(sessions)
	cap_is 0.60
	wait_for 'the parked work goes on and ends' ended $((before + work))
	wait_for 'it is parked again' is_parked $work
	within 600000
	wait_for 'the recovery was told' grep -q '"recovered":true' "$T/alerts"
	equal 'once' 1 "$(jq -s '[.[] | select(.recovered)] | length' "$T/alerts")"
	again=$(jq -s '[.[] | select(.recovered | not)] | length' "$T/alerts")
	ok 'that it is parked again is told, and no more than that work of the day before was' test $((again - told)) -ge 1 -a $((again - told)) -le 2
	asked=$(requests)

	# ---- raised while nobody is there ----
	stop_agentd
	cap_is 0.70
	before=$(sessions)
	start_agentd
	wait_for 'the parked work goes on and ends' ended $((before + work))
	wait_for 'it is parked again' is_parked $work
	within 700000

	# ---- the next day ----
	before=$(sessions)
	stop_agentd
	at '2026-11-25 00:00:05Z'
	start_agentd
	wait_for 'it goes on in the next window' ended $((before + work))
	wait_for 'and is parked again' is_parked $work
	equal "ours is the provider's" "$(spent)" "$(ours)"
	ok 'a day more is spent' test "$(ours)" -gt 1300000
	ok 'and not more' test "$(ours)" -le 1400000
	stop_agentd
	kill "$provider"
	provider=
}
examine per_agent_daily_usd agent
examine system_daily_usd system

# Restarts over slots, a clock that is set while the daemon runs, zones that change: one row a slot, none runs twice.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

at '2026-11-21 11:00:00Z' # skips where the clock cannot be shifted
shift_by() { echo "$1" >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
set_clock() { shift_by $(($(date -ud "$1" +%s) - $(date +%s))); }
AGENTD_CLOCK_OFFSET=@$T/clock
export AGENTD_CLOCK_OFFSET
now() { echo $(($(date +%s) + $(cat "$T/clock"))); }
passed() { [ "$(now)" -gt "$(date -ud "$1" +%s)" ]; }

make_workspace
sed -i 's/^timezone:.*/timezone: UTC/' agentd.yaml
# agent NAME FRONT-MATTER HEADING: with one beat.
agent() {
	mkdir -p "agents/$1"
	printf '# %s\n\nI look at the clock.\n' "$1" >"agents/$1/SOUL.md"
	printf -- '---\n%s\n---\n# Beats\n\n## %s\n- say what time it is\n' "$2" "$3" >"agents/$1/HEARTBEAT.md"
	printf '## When anything\n- say: done\n' >"agents/$1/REHEARSAL.md"
}
agent calendar 'catch_up: once' 'Daily (12:00)'
agent none 'catch_up: none' 'Daily (12:00)'
agent hours 'when: always' 'Every hour'
agent seconds 'when: changed' 'Every 10 seconds'
schedule() { agentctl schedule "$1" --from "$2" --count "${3-40}" --json; }
# verdict AGENT TIME: state, reason and outcome of the slot at that time.
verdict() { schedule "$1" "$2" 1 | jq -r '.[0] | "\(.at) \(.state) \(.reason // "-") \(.outcome // "-")"'; }
verdict_is() { [ "$(verdict "$1" "$2")" = "$3" ]; }
ran() { [ "$(schedule "$1" "$2" 1 | jq -r '.[0].state + " " + (.[0].outcome // "-")')" = 'ran done' ]; }
no_doubles() {
	equal "$1: no slot has run twice" '' "$(sqlite3 .agentd/state.db \
		"SELECT agent, section, planned, count(*) FROM slot WHERE event = '' AND slots = 1 GROUP BY 1, 2, 3 HAVING count(*) > 1")"
	equal "$1: one session a slot" '' "$(sqlite3 .agentd/state.db \
		"SELECT slot.agent, planned, count(*) FROM slot JOIN session ON session.id = slot.session WHERE event = '' GROUP BY 1, slot.section, 2 HAVING count(*) > 1")"
}

# Killed at any moment around a slot, and there again: it runs once.
set_clock '2026-11-21 11:59:57Z'
start_agentd
for delay in 0 .3 .05 .4 .1; do
	sleep "$delay" # not to wait for anything: to die at another moment
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null || true
	start_agentd
done
wait_for 'noon is over' passed '2026-11-21 12:00:00Z'
for name in calendar none hours; do
	wait_for "noon of $name ran" ran $name '2026-11-21 12:00'
done
no_doubles 'after five deaths'
for name in calendar none hours; do
	equal "one noon of $name" 1 "$(sqlite3 .agentd/state.db "SELECT count(*) FROM session WHERE agent = '$name' AND outcome = 'done'")"
done

# The clock is set forward by five hours: the latest hour is caught up, the others go into it.
set_clock '2026-11-21 17:10:00Z'
wait_for 'the clock is noticed' sh -c '[ "$(jq -s "[.[] | select(.event == \"clock_set\")] | length" .agentd/log/events.jsonl)" = 1 ]'
wait_for 'the latest hour ran' ran hours '2026-11-21 17:00'
equal 'the others are coalesced into it' '2026-11-21T13:00:00Z coalesced 2026-11-21T17:00:00Z -' "$(verdict hours '2026-11-21 13:00')"
wait_for 'thousands of seconds share a row' sh -c '[ "$(sqlite3 .agentd/state.db "SELECT count(*) FROM slot WHERE agent = \"seconds\" AND slots > 1000")" = 1 ]'
many=$(schedule seconds '2026-11-21 14:00' 5 | jq -r 'map(.state) | unique | join(" ")')
equal 'which tells of each of them' coalesced "$many"

# Back by an hour: nothing is due until the clock comes to it again. Back by five: the hours that ran do not run again.
set_clock '2026-11-21 16:10:00Z'
wait_for 'the clock is noticed again' sh -c '[ "$(jq -s "[.[] | select(.event == \"clock_set\")] | length" .agentd/log/events.jsonl)" = 2 ]'
equal 'the next hour stays' 2026-11-21T18:00:00Z "$(agentctl status hours --json | jq -r '.agents[0].next.at')"
set_clock '2026-11-21 11:59:58Z'
next_is() { [ "$(agentctl status "$1" --json | jq -r '.agents[0].next.at')" = "$2" ]; }
wait_for 'it begins anew, and what comes is the first hour without a row' next_is hours 2026-11-21T18:00:00Z
equal 'as schedule says' 2026-11-21T18:00:00Z "$(agentctl schedule hours --json | jq -r 'map(select(.state == "due"))[0].at')"
wait_for 'noon comes a second time' passed '2026-11-21 12:00:01Z'
wait_for 'it is refused' sh -c '[ "$(jq -s "[.[] | select(.event == \"slot_refused\" and .agent == \"hours\")] | length" .agentd/log/events.jsonl)" -ge 1 ]'
no_doubles 'the clock set back'
ok 'schedule says why' ran hours '2026-11-21 12:00'

# Two days ahead by mistake, and back: what was missed only by that is there again.
set_clock '2026-11-23 20:00:00Z'
wait_for 'the latest noon is caught up' ran calendar '2026-11-23 12:00'
wait_for 'the one before is missed' verdict_is calendar '2026-11-22 12:00' '2026-11-22T12:00:00Z skipped missed: the clock was set forward -'
wait_for 'an agent that wants it so catches up on nothing' verdict_is none '2026-11-23 12:00' '2026-11-23T12:00:00Z skipped missed: the clock was set forward -'
set_clock '2026-11-21 20:00:00Z'
wait_for 'what was missed is due again' verdict_is calendar '2026-11-22 12:00' '2026-11-22T12:00:00Z due - -'
wait_for 'also in state.db' sh -c '[ -z "$(sqlite3 .agentd/state.db "SELECT 1 FROM slot WHERE agent = \"none\" AND planned > unixepoch(\"2026-11-22\")")" ]'

# Another zone in agentd.yaml, then another database of zones.
sed -i 's/^timezone:.*/timezone: Asia\/Taipei/' agentd.yaml
wait_for 'noon is told by the new zone' next_is calendar 2026-11-22T04:00:00Z
kill -TERM "$daemon" && wait "$daemon" && daemon=
mkdir -p "$T/zones/Asia" && cp /usr/share/zoneinfo/UTC "$T/zones/" && cp /usr/share/zoneinfo/Asia/Taipei "$T/zones/Asia/"
TZDIR=$T/zones
export TZDIR
start_agentd
ok 'as before' next_is calendar 2026-11-22T04:00:00Z
cp /usr/share/zoneinfo/Asia/Tokyo "$T/zones/Asia/new" && mv "$T/zones/Asia/new" "$T/zones/Asia/Taipei"
kill -HUP "$daemon"
wait_for 'the new database counts' next_is calendar 2026-11-22T03:00:00Z
kill -TERM "$daemon" && wait "$daemon" && daemon=

# Nobody says so: it is noticed within the hour, which here is each look at the schedule.
AGENTD_FAILPOINTS=scheduler.hour=error:1
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
ok 'as it was' next_is calendar 2026-11-22T03:00:00Z
cp /usr/share/zoneinfo/Asia/Taipei "$T/zones/Asia/new" && mv "$T/zones/Asia/new" "$T/zones/Asia/Taipei"
wait_for 'the database of before counts again' next_is calendar 2026-11-22T04:00:00Z
no_doubles 'at the end'
stop_agentd
repositories_are_well

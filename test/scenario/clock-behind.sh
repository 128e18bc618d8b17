# The clock is set back while no agentd runs: a start says so in one line, and status and schedule name the same next slot.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

at '2026-11-21 11:00Z' # skips where the clock cannot be shifted
AGENTD_CLOCK_OFFSET=@$T/clock
export AGENTD_CLOCK_OFFSET

make_workspace
sed -i 's/^timezone:.*/timezone: UTC/' agentd.yaml
agentctl new kira >/dev/null
printf -- '---\nwhen: always\n---\n\n## Every hour\n- look around\n' >agents/kira/HEARTBEAT.md
printf '## When anything\n- say: done\n' >agents/kira/REHEARSAL.md
ran() { [ "$(agentctl schedule kira --from "$1" --count 1 --json | jq -r '.[0].outcome')" = done ]; }
told() { [ "$(events clock_behind)" = "$1" ]; }
next() { agentctl status --json | jq -r '.agents[0].next.at'; }
due() { agentctl schedule kira --json | jq -r 'map(select(.state == "due"))[0].at'; }
next_is() { [ "$(next) $(due)" = "$1 $1" ]; }

set_clock '2026-11-21 11:59:58Z'
start_agentd
wait_for 'noon' ran '2026-11-21 12:00'
set_clock '2026-11-21 16:59:58Z'
wait_for 'five hours later' ran '2026-11-21 17:00'
crash

# By less than three hours: nothing is due until the clock has come to where it was.
set_clock '2026-11-21 15:30Z'
start_agentd
ok 'it is told' told 1
has 'in words' 'the clock shows 2026-11-21T15:30:' .agentd/log/events.jsonl
has 'of both times' 'and state.db has rows of 2026-11-21T17:00:' .agentd/log/events.jsonl
wait_for 'the next hour is the one that has no row' next_is 2026-11-21T18:00:00Z
crash

# By more: the schedule begins anew, and passes over what has its row.
set_clock '2026-11-21 11:30Z'
start_agentd
ok 'it is told again' told 2
wait_for 'the next hour is the same' next_is 2026-11-21T18:00:00Z
crash

# Right again: no word.
set_clock '2026-11-21 17:59:58Z'
start_agentd
wait_for 'that hour comes' ran '2026-11-21 18:00'
equal 'no word of the clock' 2 "$(events clock_behind)"
equal 'and the next one follows' '2026-11-21T19:00:00Z 2026-11-21T19:00:00Z' "$(next) $(due)"
stop_agentd
repositories_are_well

# A section of which nothing succeeds is told after two of its intervals, also where agentd is started anew in each of them.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"
dangling=--no-dangling # kill -9 leaves objects that nothing names

at '2026-11-21 06:00Z' # skips where the clock cannot be shifted
AGENTD_CLOCK_OFFSET=@$T/clock
export AGENTD_CLOCK_OFFSET

make_workspace
sed -i 's/^timezone:.*/timezone: UTC/' agentd.yaml
agentctl new kira >/dev/null
printf '## Daily (07:00)\n\n- [ ] Look around.\n' >agents/kira/HEARTBEAT.md
printf '## When anything\n- say: done\n' >agents/kira/REHEARSAL.md
echo 'exit 111' | acts kira
outcome() { agentctl schedule kira --from "$1" --count 1 --json | jq -r '.[0].outcome'; }
outcome_is() { [ "$(outcome "$1")" = "$2" ]; }
# One day: agentd starts before seven, the beat ends so, agentd dies.
day() {
	set_clock "$1 06:59:58Z"
	start_agentd
	wait_for "$1: seven o'clock is $2" outcome_is "$1 07:00" "$2"
}
silent_is() { agentctl status --json | jq -e '[.incidents[] | select(.key | startswith("silent kira "))] | length == '"$1"; }

day 2026-11-22 failed
crash
day 2026-11-23 failed
ok 'two days may be chance' silent_is 0
crash
day 2026-11-24 failed
wait_for 'at the third a person is told' silent_is 1
agentctl status >"$T/out"
has 'of the days that it was' 'nothing of "Daily (07:00)" has succeeded for 2 of its intervals' "$T/out"
crash
behaves kira
day 2026-11-25 done
wait_for 'then it is well' silent_is 0
crash
echo 'exit 111' | acts kira
day 2026-11-26 failed
crash
day 2026-11-27 failed
ok 'and counts from there' silent_is 0
stop_agentd
repositories_are_well

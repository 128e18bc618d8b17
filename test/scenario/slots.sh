# A slot has one row: run, skipped while nobody was there, never twice.
. "$SOURCE/test/scenario/lib.sh"

make_workspace
mkdir -p agents/tick
printf '# Tick\n\nI tick.\n' >agents/tick/SOUL.md
printf '# What I do\n\n## Daily (12:00)\n- say that it is noon\n\n## Once (2026-11-21 12:00)\n- say it once\n' >agents/tick/HEARTBEAT.md
printf '## When Daily\n- call remember: It is noon\n- say: noon\n' >agents/tick/REHEARSAL.md
sed -i 's/^timezone:.*/timezone: UTC/' agentd.yaml
ok 'the files are right' agentctl check

# clock TIME: the daemon's wall clock begins there (test builds).
clock() {
	AGENTD_CLOCK_OFFSET=$(($(date -u -d "$1" +%s) - $(date +%s)))
	export AGENTD_CLOCK_OFFSET
}

# Two seconds before noon: both slots run, each once.
clock '2026-11-21 11:59:58 UTC'
start_agentd
wait_for 'both beats ran' sh -c "[ \$(agentctl schedule --from 2026-11-21 --json | jq '[.[] | select(.state == \"ran\")] | length') = 2 ]"
equal 'outcome in the schedule' done "$(agentctl schedule --from 2026-11-21 --json | jq -r '[.[] | select(.state == "ran")][0].outcome')"
equal 'Once is due no more' 0 "$(agentctl schedule --from '2026-11-21 12:01' --json | jq '[.[] | select(.heartbeat | startswith("Once"))] | length')"
equal 'the fact carries the UTC date' '- 2026-11-21: It is noon' "$(grep noon agents/tick/MEMORY.md)"
stop_agentd

# Started again in the same minute, with the clock set back: nothing runs twice.
clock '2026-11-21 11:59:58 UTC'
start_agentd
wait_for 'noon comes again' sh -c "jq -s '[.[] | select(.event == \"slot_refused\")] | length > 0' .agentd/log/events.jsonl | grep -q true || [ \$(date -u -d @\$((\$(date +%s) + $AGENTD_CLOCK_OFFSET)) +%s) -gt $(date -u -d '2026-11-21 12:00:02' +%s) ]"
equal 'two sessions in all' 2 "$(events session_end tick)"
stop_agentd

# Three days later: of the slots in between the latest is caught up, as it is not a day old, and the others are skipped.
clock '2026-11-24 13:00:00 UTC'
start_agentd
wait_for 'two are skipped' sh -c "[ \$(agentctl schedule --from 2026-11-21 --count 50 --json | jq '[.[] | select(.state == \"skipped\")] | length') = 2 ]"
equal 'and why' 'missed: the daemon was not running' "$(agentctl schedule --from 2026-11-21 --json | jq -r '[.[] | select(.state == "skipped")][0].reason')"
wait_for 'the third ran, once' sh -c "agentctl schedule --from 2026-11-24 --json | jq -e '[.[] | select(.at == \"2026-11-24T12:00:00Z\" and .outcome == \"done\")] | length == 1'"
equal 'no session for the others' 3 "$(events session_end tick)"
equal 'the next one' 2026-11-25T12:00:00Z "$(agentctl status --json | jq -r '.agents[0].next.at')"

# A paused agent's slot is skipped with that reason.
ok 'pause' agentctl pause tick
stop_agentd
clock '2026-11-25 11:59:58 UTC'
start_agentd
wait_for 'its slot is skipped' sh -c "agentctl schedule --from 2026-11-25 --json | jq -e '[.[] | select(.state == \"skipped\" and .reason == \"paused\")] | length == 1'"
stop_agentd
equal 'two commits of memory' 2 "$(git -C agents/tick log --oneline --author=tick | wc -l)"

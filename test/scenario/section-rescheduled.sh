# A section's time is changed while its beat runs: what is kept of it when the beat has ended is the new time.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
printf 'default reply\n  delay 3000\n  text Tidied.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
printf '## Tidy (Daily 07:00)\n- [ ] Tidy the desk\n' >agents/kira/HEARTBEAT.md
schedule_is() { [ "$(db 'SELECT schedule FROM section')" = "$1" ]; }
is_done() { [ "$(db "SELECT count(*) FROM slot WHERE outcome = 'done'")" = 1 ]; }
at '2026-11-22 06:00Z'
start_agentd # so that the section is known before its time comes
wait_for 'the section is known' schedule_is 'daily 07:00'
stop_agentd
at '2026-11-22 06:59:58Z'
start_agentd
wait_for 'its beat runs' has_requests 1
sed -i 's/07:00/09:00/' agents/kira/HEARTBEAT.md
wait_for 'the new time is known' schedule_is 'daily 09:00'
wait_for 'the beat has ended' is_done
ok 'the new time stays' schedule_is 'daily 09:00'
equal 'the next beat is at that time' 2026-11-22T09:00:00Z "$(agentctl status kira --json | jq -r '.agents[0].next.at')"
stop_agentd
at '2026-11-22 09:00:30Z'
start_agentd
runs() { has_requests 2; }
wait_for 'and is caught up where nobody was there' runs
stop_agentd
repositories_are_well

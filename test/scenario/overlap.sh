# A beat takes longer than its period: one runs, one waits, and what falls due meanwhile goes into the one that waits, each with its row.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
printf 'default reply\n  text All is well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/kira
kill -STOP "$provider" # a slow one
printf -- '---\nwhen: always\n---\n\n## Tick (every 2 seconds)\n\n- [ ] Look.\n' >agents/kira/HEARTBEAT.md
rows() { db "SELECT count(*) FROM slot WHERE $1"; }
into="state = 3 AND reason = 'into the one that waits'"
grows() { [ "$(rows "$into")" -ge 3 ]; }
wait_for 'three have found one that waits' grows
equal 'one runs, and one waits' 2 "$(rows 'state = 0')"
first=$(db 'SELECT min(planned) FROM slot WHERE state = 0')
waits=$(db "SELECT max(planned) FROM slot WHERE state = 0")
ok 'the one that waits is older than those that went into it' test "$waits" -lt "$(db "SELECT min(planned) FROM slot WHERE $into")"
equal 'one session, of the first' 1 "$(db "SELECT count(*) FROM session JOIN slot ON slot.session = session.id WHERE planned = $first")"
agentctl why kira >"$T/why"
has 'why says it' 'an earlier one still waited and stood for both' "$T/why"
kill -CONT "$provider"
ran() { [ "$(rows "planned = $1 AND state = 1 AND outcome = 'done'")" = 1 ]; }
wait_for 'the first one is done' ran "$first"
wait_for 'and the one that waited' ran "$waits"
status 0 agentctl pause kira
is_over() { [ "$(rows 'state = 0')" = 0 ]; }
wait_for 'nothing waits' is_over
stop_agentd
equal 'each slot has one row' '' "$(db 'SELECT planned, count(*) FROM slot GROUP BY planned HAVING count(*) > 1')"
equal 'and none is missing' 0 "$(db 'SELECT (max(planned) - min(planned)) / 2 + 1 - count(*) FROM slot')"
equal 'what went into another one has no session' 0 "$(rows "state = 3 AND session <> ''")"
equal 'a session for each that ran' "$(rows 'state = 1')" "$(db "SELECT count(DISTINCT id) FROM session WHERE agent = 'kira'")"
equal 'of one beat' 1 "$(db 'SELECT count(DISTINCT section) FROM slot')"
repositories_are_well

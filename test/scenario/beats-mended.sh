# An agent's files are broken when agentd starts: what came due and what happened meanwhile is not lost, its sections go on from where
# they were when the files are mended.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
printf 'default reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
printf '## Tidy (Daily 07:00)\n- [ ] Tidy the desk\n\n## On bulletin\n- [ ] Read the news\n' >agents/kira/HEARTBEAT.md
at '2026-11-22 06:00Z'
start_agentd # so that the sections are known before their time comes
known() { [ "$(db 'SELECT count(*) FROM section')" = 2 ]; }
wait_for 'the sections are known' known
wait_for 'all is committed' clean agents/kira
stop_agentd

cp agents/kira/SOUL.md "$T/soul.md"
head -c 3000000 /dev/zero | tr '\0' x >agents/kira/SOUL.md
printf '\n## 2026-11-22 06:30Z [pat]\n- News.\n' >>shared/BULLETIN.md
# A slot whose row says that it runs, and whose session never began.
db "INSERT INTO slot(agent, section, heading, planned, event, state, reason, session, outcome, recorded)
	VALUES('kira', 'Tidy', 'Tidy (Daily 07:00)', unixepoch('2026-11-22 05:59'), '', 0, '', '', '', unixepoch('2026-11-22 06:00'))"
at '2026-11-22 07:30Z'
start_agentd
equal 'it is broken' broken "$(agentctl status kira --json | jq -r '.agents[0].state')"
equal 'nothing is closed' 1 "$(db 'SELECT count(*) FROM slot WHERE state = 0')"
cp "$T/soul.md" agents/kira/SOUL.md
has_row() { [ "$(db "SELECT count(*) FROM slot WHERE $1")" = 1 ]; }
wait_for 'mended, what waited runs' has_row "planned = unixepoch('2026-11-22 05:59') AND outcome = 'done'"
# On its own, or with the one that waits if that has not begun by then.
wait_for 'what was due is caught up' has_row "planned = unixepoch('2026-11-22 07:00') AND
	(outcome = 'done' OR reason = 'into the one that waits')"
wait_for 'the news are read' has_row "event <> '' AND outcome = 'done'"
closed() { [ "$(db "SELECT count(*) FROM slot WHERE state = 0")" = 0 ]; }
wait_for 'and what waited has its end' closed
equal 'not as of a section that is gone' 0 "$(db "SELECT count(*) FROM slot WHERE reason LIKE '%section is gone%'")"
stop_agentd
repositories_are_well

# After downtime: what was missed is caught up some at a time, also over a second restart; a slot whose session did not begin still runs.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

at '2026-11-21 10:00:00Z'
make_workspace
printf 'timezone: UTC\ncatch_up_at_once: 3\ncatch_up_apart: 3 s\n' >agentd.yaml
for n in 1 2 3 4 5 6 7 8; do
	mkdir -p "agents/a$n"
	printf '# A%s\n\nI help.\n' "$n" >"agents/a$n/SOUL.md"
	printf '## Daily (12:00)\n- say that it is noon\n' >"agents/a$n/HEARTBEAT.md"
	printf '## When Daily\n- say: noon\n' >"agents/a$n/REHEARSAL.md"
done
start_agentd
stop_agentd

# Two hours late: of eight beats three begin at once.
at '2026-11-21 14:00:00Z'
begun() { jq -s '[.[] | select(.event == "session_start")] | length' .agentd/log/events.jsonl; }
begun_are() { [ "$(begun)" -ge "$1" ]; }
start_agentd
wait_for 'the first three' begun_are 3
kill -9 "$daemon" # while the others wait their turn
wait "$daemon" 2>/dev/null || true
start_agentd
ran() { [ "$(agentctl schedule --from '2026-11-21 11:00' --count 100 --json | jq "[.[] | select(.at == \"2026-11-21T12:00:00Z\" and .outcome == \"done\")] | length")" = "$1" ]; }
wait_for 'all eight ran' ran 8
equal 'each once' 8 "$(sqlite3 .agentd/state.db 'SELECT count(DISTINCT agent) FROM session')"
equal 'and no more' 8 "$(sqlite3 .agentd/state.db 'SELECT count(*) FROM session')"
# What goes on after the death began before it.
ok 'never more than three in one second of a life' jq -s -e '
	reduce .[] as $e ({life: 0, known: {}, n: {}}; if $e.event == "ready" then .life += 1
		elif $e.event == "session_start" and .known[$e.session] == null
		then .known[$e.session] = true | .n["\(.life) \($e.time[0:19])"] += 1 else . end)
	| [.n[]] | add == 8 and max <= 3' .agentd/log/events.jsonl
stop_agentd

# A row was written, and the daemon died before the session had its own.
at '2026-11-22 12:30:00Z'
planned=$(date -ud '2026-11-22 12:00Z' +%s)
sqlite3 .agentd/state.db "INSERT INTO slot(agent, section, heading, planned, event, state, reason, session, outcome, recorded)
	SELECT agent, key, 'Daily (12:00)', $planned, '', 0, '', '', '', $planned FROM section WHERE agent = 'a1';
	UPDATE section SET past = $planned, next = $planned + 86400 WHERE agent = 'a1'"
sed -i 's/^catch_up_at_once.*/catch_up: none/' agentd.yaml
printf -- '---\ncatch_up: once\n---\n## Daily (12:00)\n- say that it is noon\n' >agents/a1/HEARTBEAT.md
start_agentd
noon() { agentctl schedule "$1" --from '2026-11-22 11:00' --count 1 --json | jq -r '.[0] | .state + " " + (.outcome // .reason)'; }
noon_is() { [ "$(noon "$1")" = "$2" ]; }
wait_for 'it runs' noon_is a1 'ran done'
wait_for 'where nothing is caught up, it is said' noon_is a2 'skipped missed: the daemon was not running'
agentctl why a2 >"$T/why"
has 'and why explains it' 'catch_up' "$T/why"
stop_agentd
repositories_are_well

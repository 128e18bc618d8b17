# What is in progress and has no owner is found while the daemon runs, and put right; and a section of which nothing succeeds is told.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace solo
cp -r agents/ada agents/ida
cp -r agents/ada agents/sol
printf '# Rehearsal\n\n## When hello\n- say: done\n\n## When look\n- say: done\n' | tee agents/ada/REHEARSAL.md agents/sol/REHEARSAL.md >agents/ida/REHEARSAL.md
printf 'timezone: UTC\nstale_sweep: 1 s\n' >agentd.yaml
start_agentd
write() { sqlite3 -cmd '.timeout 10000' .agentd/state.db "$1"; }
session() { agentctl status "$1" --json | jq -r '.agents[0].last.session'; }
status 0 agentctl run ada --message hello
ended=$(session ada)
status 0 agentctl run ida --message hello
orphan=$(session ida)
echo 'exec sleep 600' | acts ada
agentctl run ada --message hello >/dev/null 2>&1 & client=$!
wait_for 'something is open' is ada running

write "UPDATE slot SET state = 0, outcome = '' WHERE session IN ('$ended', '$orphan');
	UPDATE session SET ended = ended - 60000 WHERE id = '$ended';
	UPDATE session SET ended = 0, outcome = '', started = started - 60000 WHERE id = '$orphan';
	INSERT INTO call(session, agent, cause, task, work, route, provider, model, seq, attempt, place, hour, day, reserved_at,
		reserved_micro_usd, reserved_tokens, micro_usd, tokens, request_bytes, max_tokens)
	SELECT id, agent, cause, '', 'person', 'default', 'p', 'm', 1, 1, 0, 0, 0, started - 60000, 5, 5, 5, 5, 1, 1 FROM session WHERE id = '$ended'"
# A slot that was to run, and whose session was lost before it began.
printf '## Tidy (Yearly)\n- look\n' >agents/ida/HEARTBEAT.md
knows() { agentctl schedule ida --json | jq -e 'any(.[]; .heartbeat == "Tidy (Yearly)")'; }
wait_for 'the section is there' knows
write "INSERT INTO slot(agent, section, heading, planned, event, state, reason, session, outcome, recorded)
	SELECT agent, 'Tidy', 'Tidy (Yearly)', unixepoch() - 120, '', 0, '', '', '', unixepoch() - 120 FROM slot WHERE agent = 'ida' LIMIT 1"
reads() { [ "$(db "$1")" = "$2" ]; }
wait_for 'the slot of a session that has ended' reads "SELECT state || outcome FROM slot WHERE session = '$ended'" 1interrupted
wait_for 'a call of it is kept' reads "SELECT state FROM call WHERE session = '$ended'" 2
wait_for 'a session that nobody was at goes on, and ends' reads "SELECT outcome FROM session WHERE id = '$orphan' AND ended <> 0" done
wait_for 'and its slot' reads "SELECT state || outcome FROM slot WHERE session = '$orphan'" 1done
wait_for 'a slot that nobody knew of ran' reads "SELECT state || outcome FROM slot WHERE section = 'Tidy'" 1done
ok 'told' [ "$(events sweep)" -ge 2 ]
kill $client; wait $client 2>/dev/null || true

# Every other second, and never well: at the third slot a person is told.
echo 'exit 111' | acts sol
printf -- '---\nwhen: always\n---\n\n## Every 2 seconds\n- look\n' >agents/sol/HEARTBEAT.md
silent() { incidents | grep -q 'silent sol "'; }
wait_for 'nothing of it succeeds' silent
printf '## Look back (Yearly)\n- look\n' >agents/sol/HEARTBEAT.md
quiet() { ! incidents | grep -q 'silent sol'; }
wait_for 'or there is no such section any more' quiet
printf -- '---\nwhen: always\n---\n\n## Every 2 seconds\n- look\n' >agents/sol/HEARTBEAT.md
wait_for 'nothing of it succeeds' silent
behaves sol
well() { ! incidents | grep -q sol; }
wait_for 'until it does' well

# A session that is in nobody's hands, and cannot go on: one incident, until its row is closed.
write "UPDATE session SET ended = 0, outcome = '', plan = '{}', started = started - 60000 WHERE id = '$orphan'"
noted() { agentctl status --json | jq -e --arg key "$1" --argjson count "$2" 'any(.incidents[]; .key == $key and .count >= $count)'; }
wait_for 'what cannot go on is told' noted "stale ida $orphan" 1
wait_for 'and is one incident' noted "stale ida $orphan" 3
write "UPDATE session SET ended = started + 1, outcome = 'interrupted' WHERE id = '$orphan'"
wait_for 'until it has ended' no_incident "stale ida $orphan"

# Rows that cannot be closed are an incident for as long as that is so: of no agent, and no later sweep ends it.
write "UPDATE slot SET state = 0, outcome = '' WHERE session = '$ended';
	CREATE TRIGGER stay BEFORE UPDATE OF state ON slot WHEN old.session = '$ended' BEGIN SELECT RAISE(IGNORE); END"
wait_for 'rows that stay open are told' noted 'stale rows' 1
wait_for 'and are one incident' noted 'stale rows' 3
write 'DROP TRIGGER stay'
wait_for 'until they are closed' no_incident 'stale rows'

# Saving HEARTBEAT.md is enough: new sections are armed, a broken one keeps its last good schedule, also over a restart.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
at '2026-11-22 10:10Z' # a Sunday
start_agentd
pid=$daemon

next() { agentctl status kira --json | jq -r '.agents[0].next | .heartbeat + " at " + .at'; }
next_is() { [ "$(next)" = "$1" ]; }
problems() { agentctl status kira --json | jq -r '.agents[0].problems[] | "\(.file):\(.line):\(.column)"'; }
equal 'at first' 'Daily (07:00) at 2026-11-23T07:00:00Z' "$(next)"

# A new section, with an editor's append.
printf '\n## Every 2 hours\n- [ ] Look at the open tickets again\n' >>agents/kira/HEARTBEAT.md
wait_for 'the new section is armed' next_is 'Every 2 hours at 2026-11-22T12:00:00Z'
equal 'without a restart' "$pid" "$(agentctl status --json | jq .daemon.pid)"
equal 'nothing is wrong' '' "$(problems)"

# One save: a section broken, its neighbours changed.
sed -i 's/Weekly (Monday 09:00)/Weekly (Mox 09:00)/; s/Every 2 hours/Every 40 minutes/; s/Daily (07:00)/Daily (06:15)/' agents/kira/HEARTBEAT.md
wait_for 'the neighbour is armed anew' next_is 'Every 40 minutes at 2026-11-22T10:40:00Z'
line=$(grep -n Mox agents/kira/HEARTBEAT.md | cut -d: -f1)
equal 'where it is broken' "agents/kira/HEARTBEAT.md:$line:12" "$(problems)"
agentctl status >"$T/status"
has 'status says where and what' "agents/kira/HEARTBEAT.md:$line:12: unknown weekday \"Mox\"" "$T/status"
has 'and what goes on' 'last good schedule' "$T/status"
has 'the log says so too' "agents/kira/HEARTBEAT.md:$line:12: unknown weekday" .agentd/log/events.jsonl
status 1 agentctl check kira
has 'check says the same' "agents/kira/HEARTBEAT.md:$line:12: " "$T/out"

coming() { agentctl schedule kira --json --count 200 | jq -r '[.[] | .heartbeat + " at " + .at] | map(select(startswith("Every") | not)) | .[]'; }
coming >"$T/coming"
has 'the neighbour before it, as edited' 'Daily (06:15) at 2026-11-23T06:15:00Z' "$T/coming"
has 'the broken one as it was' 'Weekly (Mox 09:00) at 2026-11-23T09:00:00Z' "$T/coming"
has_not 'not twice' 'Weekly (Monday' "$T/coming"

# The same after a restart, just before its slot. The slots between belong to nobody.
stop_agentd
at '2026-11-23 08:59:57Z'
start_agentd
equal 'still armed' 'Weekly (Mox 09:00) at 2026-11-23T09:00:00Z' "$(next)"
equal 'still broken' "agents/kira/HEARTBEAT.md:$line:12" "$(problems)"
ran() { agentctl schedule kira --from '2026-11-22 10:00' --count 1000 --json | jq -e --arg h "$1" --arg at "$2" \
	'[.[] | select(.heartbeat == $h and .at == $at and .state == "ran" and .outcome == "done")] | length == 1'; }
wait_for 'the broken section runs at its last good time' ran 'Weekly (Mox 09:00)' 2026-11-23T09:00:00Z
ok 'what it wrote' test -s agents/kira/work/reports/weekly.md
agentctl schedule kira --from '2026-11-22 10:00' --count 1000 --json >"$T/slots"
verdict() { jq -r --arg h "$1" --arg at "$2" '.[] | select(.heartbeat == $h and .at == $at) | .state + ": " + .reason' "$T/slots"; }
equal 'what was due meanwhile is coalesced into the latest' 'coalesced: 2026-11-23T08:40:00Z' "$(verdict 'Every 40 minutes' 2026-11-22T10:40:00Z)"
equal 'which runs' 1 "$(jq '[.[] | select(.at == "2026-11-23T08:40:00Z" and (.state == "ran" or .state == "running"))] | length' "$T/slots")"
equal 'so does the one that was due once' 1 "$(jq '[.[] | select(.at == "2026-11-23T06:15:00Z" and (.state == "ran" or .state == "running"))] | length' "$T/slots")"
ok 'no slot twice' jq -e 'map(select(.state != "due") | [.heartbeat, .at]) | length == (unique | length)' "$T/slots"

# Mended, it is armed by what it says.
sed -i 's/Weekly (Mox 09:00)/Weekly (Tuesday 08:00)/' agents/kira/HEARTBEAT.md
mended() { coming | grep -qxF 'Weekly (Tuesday 08:00) at 2026-11-24T08:00:00Z' && [ -z "$(problems)" ]; }
wait_for 'the mended section' mended
committed() { [ "$(git -C agents/kira log --format=%an -- HEARTBEAT.md | sort -u)" = 'Pat Person' ] && clean agents/kira; }
wait_for 'all edits are the person'"'"'s commits' committed
stop_agentd
repositories_are_well

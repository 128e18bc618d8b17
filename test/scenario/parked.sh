# Parked work goes on when what it waits for has come: exactly once, over crashes, and in the order of who comes first.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/money.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 10:15Z' # a Tuesday
cat >"$T/story.txt" <<'EOF'
reply
  when say held
  text A long story
  stall
reply
  when say slow
  call remember {"text":"Half of it is done."}
  usage 100 5
  delay 500
reply
  when say costly
  call remember {"text":"It was dear."}
  usage 2000 10
  delay 500
reply
  when say circles
  times 6
  call remember {"text":"Round and round."}
  usage 100 5
reply
  when Look in circles
  times 5
  call remember {"text":"Round and round."}
  usage 100 5
default reply
  text All is done.
  usage 2000 10
EOF
spenders kira max zoe
printf -- '---\nexperiment: true\n---\n\nTries things.\n' >agents/zoe/SOUL.md
printf '## Often (cron 30,40 7 * * *)\n\n- [ ] Look often.\n\n' >>agents/max/HEARTBEAT.md
little='per_agent_hourly_usd: 0.01, per_agent_daily_usd: 50, per_session_usd: 5'
windows='per_agent_hourly_usd: 20, per_agent_daily_usd: 50, system_hourly_usd: 40, system_daily_usd: 100'
enough="$windows, per_session_usd: 5"
MORE='sessions_at_once: 1'
limits "$little"
ok 'the files are good' agentctl check
start_agentd
rows() { db 'SELECT count(*) FROM parked'; }
# slots NAME: what its sessions were begun by and how they ended, in order: "run:" by hand, "again:" when they had been parked.
slots() { db "SELECT substr(event, 1, instr(event, ':')) || outcome FROM slot WHERE agent = '$1' AND session <> '' ORDER BY rowid" | tr '\n' ' '; }
slots_are() { [ "$(slots "$1")" = "$2" ]; }

# ---- over a crash, until the cap is raised ----
status 4 agentctl run kira --heartbeat Weekly
status 4 agentctl run kira --message 'Is it noon?'
has 'why' 'goes on at Tue 2026-11-24 11:00 or when the limit is raised' "$T/out"
crash
start_agentd
equal 'parked over a crash' 'parked 2' "$(state kira) $(rows)"
limits_read 'a lower cap' "per_agent_hourly_usd: 0.009, per_agent_daily_usd: 50"
equal 'and changes nothing' 'parked 2' "$(state kira) $(rows)"
crash
limits "$enough"
start_agentd
wait_for 'a cap that was raised while the daemon was down' slots_are kira 'run:parked run:parked again:done again:done '
equal 'no row is left' '0 0' "$(rows) $(incidents)"
ok 'the message was asked again' [ "$(jq -r 'select(.event == "request") | .body.messages | tostring | select(contains("Is it noon?"))' "$T/requests.jsonl" | wc -l)" = 1 ]

# ---- what waits in the queue to go on is parked until it begins ----
kept=$MORE
MORE="$kept
agents: {kira: {limits: {per_agent_hourly_usd: 0.01}}}"
limits_read 'that kira may spend less' "$enough"
status 4 agentctl run kira --message 'Is it noon?'
agentctl run max --message 'say held' >/dev/null 2>&1 & client=$!
wait_for 'max holds the only place' is max running
MORE=$kept
limits "$enough"
wait_for 'the cap is raised' has_events 3 unparked kira
before=$(slots kira)
equal 'it waits, and has no slot yet' 'run:parked run:parked again:done again:done run:parked ' "$before"
status 0 agentctl pause kira
equal 'its row is there, now that its agent is paused' '1 paused' "$(rows) $(state kira)"
status 0 agentctl resume kira
crash
wait $client 2>/dev/null || true
start_agentd
wait_for 'the queue is lost, the work is not' slots_are kira "${before}again:done "
equal 'no row is left' '0 0' "$(rows) $(incidents)"

# ---- a pause ----
agentctl run max --message 'say slow' --json >"$T/run.jsonl" & client=$!
wait_for 'it runs' is max running
status 0 agentctl pause max
actual=0; wait $client || actual=$?
equal 'parked at its next step' '4 parked 1' "$actual $(last max) $(rows)"
stop_agentd
start_agentd
equal 'over a restart' 'paused 1' "$(state max) $(rows)"
status 0 agentctl resume max
wait_for 'it goes on to its end' sh -c "agentctl status --json | jq -e '.agents[] | select(.name == \"max\") | .state == \"idle\" and .last.outcome == \"done\"'"
equal 'once' 1 "$(slots max | tr ' ' '\n' | grep -c again:done)"
equal 'no row is left' '0 0' "$(rows) $(incidents)"

# ---- what it spent before counts on ----
limits_read 'a limit of a session' "$windows, per_session_usd: 0.25"
agentctl run max --message 'say costly' --json >"$T/run.jsonl" & client=$!
wait_for 'it runs' is max running
status 0 agentctl pause max
wait $client || true
equal 'parked by the pause' '1' "$(db "SELECT count(*) FROM parked WHERE why = 'pause'")"
status 0 agentctl resume max
wait_for 'what goes on has no money left' sh -c "[ \"\$(sqlite3 .agentd/state.db \"SELECT layer FROM parked\")\" = session ]"
equal 'nothing was asked' 0 "$(db 'SELECT count(*) FROM call WHERE session = (SELECT session FROM parked)')"
limits_read 'a higher one' "$enough"
wait_for 'it goes on to its end' sh -c "agentctl status --json | jq -e '.agents[] | select(.name == \"max\") | .state == \"idle\" and .last.outcome == \"done\"'"
wait_for 'no row is left' sh -c "[ \"\$(sqlite3 .agentd/state.db 'SELECT count(*) FROM parked')\" = 0 ]"
ok 'with all that was said before' jq -es '[.[] | select(.event == "request" and (.body.messages | tostring | contains("say costly")))][-1].body.messages
	| tostring | contains("It was dear.") and contains("remembered")' "$T/requests.jsonl"

# ---- a session that goes in circles ----
status 4 agentctl run zoe --message 'say circles'
has 'why' 'remember was called 5 times with the same arguments and result' "$T/out"
equal 'its own incident' 'zoe' "$(agentctl status --json | jq -r '.incidents[].agent')"
equal 'it waits for a person' 'parked' "$(state zoe)"
status 0 agentctl resume zoe
wait_for 'who lets it go on' slots_are zoe 'run:parked again:done '
equal 'over' '0 0' "$(rows) $(incidents)"
printf '## Daily (07:00)\n\n- [ ] Look in circles.\n' >agents/zoe/HEARTBEAT.md
status 4 agentctl run zoe --heartbeat Daily
stop_agentd
at '2026-11-25 06:59:57Z'
start_agentd
wait_for 'the next beat of the section takes its place' slots_are zoe 'run:parked again:done run:parked done '
equal 'over' '0 0' "$(rows) $(incidents)"

# ---- the end of a window, and the order of those who go on ----
beaten() { [ "$(agentctl status --json | jq "[.agents[] | select(.last.at != null and .last.at > \"$1\")] | length")" = 3 ]; }
wait_for 'all have had their beat of 07:00' beaten 2026-11-25T07:00
stop_agentd
at '2026-11-25 07:29:57Z'
printf '\n## Half past (07:30)\n\n- [ ] Look.\n' | tee -a agents/kira/HEARTBEAT.md agents/max/HEARTBEAT.md >>agents/zoe/HEARTBEAT.md
limits 'system_hourly_usd: 0.70, per_agent_hourly_usd: 20, per_agent_daily_usd: 50, system_daily_usd: 100, per_session_usd: 5'
start_agentd
wait_for 'all beats are parked' sh -c "[ \"\$(sqlite3 .agentd/state.db 'SELECT count(*) FROM parked')\" = 4 ]" # max has two
status 4 agentctl run kira --message 'Who comes first?'
equal 'one incident, of all' '["budget system hour '"$(date -ud '2026-11-25 07:00Z' +%s)"'"]' "$(agentctl status --json | jq -c '.incidents | map(.key)')"
stop_agentd
at '2026-11-25 07:39:58Z'
start_agentd
coalesced() { agentctl schedule max --from 2026-11-25T07:40Z -n 1 --json | jq -e '.[0] | .state == "coalesced" and .reason == "into the one that is parked"'; }
wait_for 'a beat whose section is parked is coalesced' coalesced
equal 'nothing has gone on' 5 "$(rows)"
stop_agentd
at '2026-11-25 07:59:57Z'
start_agentd
equal 'parked until the hour ends' 5 "$(rows)"
again() { db "SELECT agent || ' ' || outcome FROM slot WHERE event LIKE 'again:%' AND recorded >= $(date -ud '2026-11-25 07:59Z' +%s) ORDER BY rowid"; }
has_again() { [ "$(again | grep -c "$1")" = "$2" ]; }
wait_for 'all have gone on, as far as the new hour has money' has_again . 5
wait_for 'which is for three' has_again done 3
wait_for 'two are parked again' has_again parked 2
again >"$T/again"
equal 'a person comes first' 'kira done' "$(head -n 1 "$T/again")"
equal 'an experiment last' 'zoe parked' "$(tail -n 1 "$T/again")"
equal 'the old incident is over, there is a new one' '["budget system hour '"$(date -ud '2026-11-25 08:00Z' +%s)"'"]' \
	"$(agentctl status --json | jq -c '.incidents | map(.key)')"
limits 'system_hourly_usd: 5, per_agent_hourly_usd: 20, per_agent_daily_usd: 50, system_daily_usd: 100, per_session_usd: 5'
wait_for 'the rest goes on with a higher cap' has_again done 5
equal 'no row is left' '0 0' "$(rows) $(incidents)"

# ---- an agent that is gone ----
limits_read 'the lower cap' "$little"
status 4 agentctl run zoe --message 'Is it noon?'
rm -rf agents/zoe
wait_for 'its work is dropped' has_events 1 agent_gone zoe
wait_for 'with its row' sh -c "[ \"\$(sqlite3 .agentd/state.db 'SELECT count(*) FROM parked')\" = 0 ]"
equal 'and its incident' 0 "$(incidents)"

# ---- a second SIGTERM, while rows are being written ----
stop_agentd
for delay in 0.3 0.6; do
	AGENTD_FAILPOINTS=store.commit=delay:300
	export AGENTD_FAILPOINTS
	start_agentd
	unset AGENTD_FAILPOINTS
	for name in kira max; do agentctl run $name --message 'Is it noon?' >/dev/null 2>&1 & done
	sleep $delay
	kill -TERM "$daemon"
	sleep 0.05
	kill -TERM "$daemon" 2>/dev/null || true
	wait "$daemon" || fail "agentd ended with $?"
	daemon=
done
repositories_are_well

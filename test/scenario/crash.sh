# Sessions that crash: they wait, longer each time and over a restart; what kills at one step is set aside; an agent whose sessions
# die too often is paused, once, until a person resumes it; the others go on as ever.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names
. "$SOURCE/test/scenario/staged.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace solo
for name in ida eve; do cp -r agents/ada agents/$name; done
printf '# Rehearsal\n\n## When hello\n- say: done\n' | tee agents/ada/REHEARSAL.md agents/ida/REHEARSAL.md >agents/eve/REHEARSAL.md
printf '#!/bin/sh\ncat >>"%s/alerts"; echo >>"%s/alerts"\n' "$T" "$T" >"$T/tell"
chmod +x "$T/tell"
settings() { printf 'timezone: UTC\nalerts: [{command: "%s/tell"}]\n%s\n' "$T" "$1" >agentd.yaml; }
settings 'crash_backoff_shortest: 0 s
flap_deaths: 50'
start_agentd
told() { [ -e "$T/alerts" ] && [ "$(jq -s --arg t "$1" '[.[] | select(.text | contains($t))] | length' "$T/alerts")" = "$2" ]; }

# ---- poison: the same step kills it again and again ----
echo 'exit 7' | acts ada
status 1 agentctl run ada --message hello
has 'why' 'set aside: it died 3 times at the same step, lastly: exit status 7; agentctl transcript' "$T/out"
equal 'three lives, no more' 3 "$(lives ada)"
S=$(agentctl status ada --json | jq -r '.agents[0].last.session')
has 'where it is shown' "agentctl transcript $S" "$T/out"
status 0 agentctl transcript "$S"
equal 'what it died of is kept' 'exit status 7|exit status 7|exit status 7' "$(db "SELECT group_concat(words, '|') FROM death WHERE session = '$S' AND own")"
equal 'a person is told' 'aside ada' "$(incidents)"
status 0 agentctl run ida --message hello
behaves ada
status 0 agentctl run ada --message hello
equal 'over when work of it succeeds' '' "$(incidents)"

# ---- a crash here and there is no poison: it goes on behind what was answered ----
printf '# Rehearsal\n\n## When hello\n- call remember: one\n- call remember: two\n- call remember: three\n- say: done\n' >agents/eve/REHEARSAL.md
wait_for 'the script is read' sh -c "agentctl check eve >/dev/null"
echo '[ $LIFE -gt 2 ] || kill -SEGV $$' | acts eve
status 0 agentctl run eve --message hello
equal 'three lives' 3 "$(lives eve)"
has 'in which words' 'it crashed (SIGSEGV)' "$T/agentd.log"

# ---- backoff, over a restart ----
settings 'crash_backoff_shortest: 8 s
flap_deaths: 50'
wait_for 'agentd.yaml is read' grep -q 'reloaded agentd.yaml' .agentd/log/events.jsonl
echo '[ $LIFE -gt 1 ] || exit 7' | acts ida
agentctl run ida --message hello --json >"$T/ida.jsonl" & client=$!
wait_for 'it waits' is ida backoff
ok 'why, and until when' sh -c "agentctl status ida --json | jq -er '.agents[0].reason' | grep -q '^its session died (exit status 7); it goes on at 20'"
equal 'the attention of a person' ida "$(agentctl status --json | jq -r '.agents[0].name')"
until=$(db "SELECT max(until) FROM death WHERE agent = 'ida'")
crash
wait $client || true
start_agentd
equal 'over a crash of the daemon' backoff "$(state ida)"
ok 'in words' sh -c "agentctl status ida --json | jq -er '.agents[0].reason' | grep -q '^its session died; it goes on at 20'"
status 0 agentctl run ada --message hello
wait_for 'it goes on' sh -c "agentctl status ida --json | jq -e '.agents[0] | .state == \"idle\" and .last.outcome == \"done\"'"
ok 'not before' [ "$(db "SELECT ended >= $until FROM session WHERE agent = 'ida' ORDER BY number DESC LIMIT 1")" = 1 ]
equal 'a pause is no death' 1 "$(db "SELECT count(*) FROM death WHERE agent = 'ida'")"

# ---- paused when it died, resumed while it waits: it goes on, and does not stop at its next step ----
echo "[ \$LIFE -gt 1 ] || { until [ -e $T/die ]; do sleep 0.1; done; exit 7; }" | acts ida
agentctl run ida --message hello >"$T/out" 2>&1 & client=$!
wait_for 'it runs' is ida running
agentctl pause ida >/dev/null
: >"$T/die"
died() { [ "$(db "SELECT count(*) FROM death WHERE agent = 'ida'")" = 2 ]; }
wait_for 'it died' died
agentctl resume ida >/dev/null
wait $client || { cat "$T/out"; fail 'it was parked'; }
echo 'ok: it is done'

# ---- flapping ----
settings 'crash_backoff_shortest: 0 s
flap_deaths: 2'
stop_agentd
rm -f "$T/alerts"
start_agentd
agentctl resume --all >/dev/null
echo 'exit 9' | acts ada
status 4 agentctl run ada --message hello
has 'parked, with its work' 'its agent was paused: its sessions died 2 times' "$T/out"
equal 'paused, by us' 'paused by the runtime: 2 deaths within an hour' "$(state ada) $(reason ada)"
equal 'one incident' 'flap ada' "$(incidents)"
wait_for 'told once' told 'ada was paused: its sessions died 2 times within an hour' 1
has 'in the bulletin, without a word from outside' 'ada was paused: its sessions died 2 times within an hour' shared/BULLETIN.md
status 0 agentctl run ida --message hello
crash
start_agentd
equal 'over a restart' 'paused flap ada' "$(state ada) $(incidents)"
behaves ada
status 0 agentctl resume ada
wait_for 'a person lets it go on, with its work' sh -c "agentctl status ada --json | jq -e '.agents[0] | .state == \"idle\" and .last.outcome == \"done\"'"
equal 'over' '' "$(incidents)"
equal 'told once, and once that it is over' '1 1' "$(jq -s '[.[] | select(.key == "flap ada" and .recovered == false)] | length' "$T/alerts") $(jq -s '[.[] | select(.key == "flap ada" and .recovered)] | length' "$T/alerts")"
echo '[ $LIFE -gt 1 ] || exit 9' | acts ada
status 0 agentctl run ada --message hello
equal 'the deaths of before are forgiven' idle "$(state ada)"

# ---- three failures in a row ----
settings 'flap_deaths: 50'
echo 'exit 111' | acts ada
for n in 1 2 3; do status 1 agentctl run ada --message hello; done
has 'why' 'its walls could not be put up' "$T/out"
equal 'told' 'failing ada' "$(incidents)"
equal 'first in status' ada "$(agentctl status --json | jq -r '.agents[0].name')"
crash
start_agentd
behaves ada
status 0 agentctl run ada --message hello
equal 'over' '' "$(incidents)"
stop_agentd
repositories_are_well

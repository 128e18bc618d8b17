# Outside services under watch: too many failures are an incident, a restart is tried and verified, and one that flaps is left
# to a person; a crash of the daemon tells nobody twice.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

make_workspace
agentctl new kira >/dev/null
printf '## Daily (07:00)\n\n- [ ] Look around.\n' >agents/kira/HEARTBEAT.md
printf '## When the outside service\n\n- call remember: {"text": "The database was down."}\n- say: I have seen it.\n' >agents/kira/REHEARSAL.md
printf 'default reply\n  text I am here.\n' >"$T/story.txt"
start_provider openai "$T/story.txt" # the site; no model is called

touch "$T/db" "$T/queue"
cat >"$T/restart-db" <<'EOF'
#!/bin/sh
# Restarts the "database", unless it is broken.
echo again >>"$HOME/restarts"
[ -e "$HOME/../broken" ] || touch "$HOME/../db"
EOF
chmod +x "$T/restart-db"
watch() {
	cat >agentd.yaml.new <<EOF
timezone: UTC
alerts:
  - command: sh -c 'cat >>"\$HOME/alerts.jsonl"; echo >>"\$HOME/alerts.jsonl"'
monitor_every: 1 s
monitor_settle: 1 s
$1
EOF
	mv agentd.yaml.new agentd.yaml
}
watch "monitors:
  site: {url: \"http://127.0.0.1:$PORT/health\", max_failures: 2}
  db: {command: \"test -e $T/db\", restart: $T/restart-db, max_failures: 2, wake: kira}
  queue: {command: \"test -e $T/queue\", max_failures: 1, wake: kira}
  hung: {command: \"sleep 4711.$$; true\", every: 2 s, timeout: 1 s, max_failures: 1000}"
ok 'agentd.yaml is good' agentctl check

of() { agentctl monitor "$1" --json | jq -r ".[0].$2"; }
is() { [ "$(of "$1" state)" = "$2" ]; }
told() { jq -s --arg k "$1" "[.[] | select(.key == \$k and .recovered == $2)] | length" "$HOME/alerts.jsonl" 2>/dev/null || echo 0; }
has_told() { [ "$(told "$1" "$2")" -ge "$3" ]; }
incidents() { agentctl status --json | jq -c '[.incidents[].key] | sort'; }
restarts() { wc -l <"$HOME/restarts"; }
has_events() { [ "$(events "$1" "${3-}")" -ge "$2" ]; }
looks_on() { [ "$(of "$1" last.at)" != "$2" ]; }
look_twice() { for i in 1 2; do at=$(of "$1" last.at) && wait_for "it is looked at all the same ($i)" looks_on "$1" "$at"; done; }

start_agentd
for name in site db; do wait_for "$name is well" is $name well; done
wait_for 'one that does not end is failing' is hung failing
equal 'for that reason' 'no end within 1 s' "$(of hung last.reason)"
equal 'the order of agentd.yaml' 'site db queue hung' "$(agentctl monitor --json | jq -r '[.[].name] | join(" ")')"
agentctl monitor >"$T/out"
ok 'a line each' grep -Eq '^db +well +([0-9]+ s ago|now) +[0-9]+ ms ' "$T/out"
has 'with its reason' 'hung: no end within 1 s' "$T/out"
equal 'no incident' '[]' "$(incidents)"
status 1 agentctl monitor nobody
has 'says so' 'names no monitor "nobody"' "$T/out"

# ---- a server is gone and comes again; a database is restarted ----
kill -9 "$provider"
wait "$provider" || true
provider=
rm "$T/db"
wait_for 'the site is down' is site down
agentctl status >"$T/out"
ok 'an incident, first in status' sh -c "grep '^!' $T/out | grep 'monitor site: 2 looks in a row failed; the latest: 127.0.0.1:$PORT'"
wait_for 'a person is told' has_told 'monitor site' false 1
start_provider openai "$T/story.txt" --port "$PORT"
wait_for 'the database is restarted' has_events monitor_restart 1
wait_for 'and verified' is db well
wait_for 'told: down, well again' has_told 'monitor db' true 1
equal 'once' '1 1 1' "$(told 'monitor db' false) $(told 'monitor db' true) $(restarts)"
equal 'the restart is counted' 1 "$(of db restarts)"
wait_for 'the site is well' is site well
wait_for 'that is told' has_told 'monitor site' true 1
equal 'no restart: there is no command' 0 "$(of site restarts)"
equal 'all is over' '[]' "$(incidents)"

wait_for 'kira was woken' grep -q 'The database was down' agents/kira/MEMORY.md
wait_for 'once' has_events session_end 1 kira
session=$(agentctl status --json | jq -r '.agents[0].last.session')
agentctl why "$session" --json >"$T/why"
has 'by the daemon' '[system] The outside service \"db\" is down: it failed 2 looks in a row.' "$T/why"
has 'with what the look said' '> exit status 1' "$T/why"

# ---- one that does not help, again and again ----
touch "$T/broken"
rm "$T/db"
WAIT=30 wait_for 'restarts are given up' sh -c "agentctl monitor db --json | jq -e '.[0].gave_up'"
equal 'after three within an hour' '3 3' "$(restarts) $(of db restarts)"
equal 'down' down "$(of db state)"
equal 'incidents' '["monitor db","monitor db flap","monitor db restart"]' "$(incidents)"
wait_for 'critical: it did not help' has_told 'monitor db restart' false 1
wait_for 'critical: no more' has_told 'monitor db flap' false 1
equal 'each once; the same within alert_again is no news' '1 1 1' \
	"$(told 'monitor db' false) $(told 'monitor db restart' false) $(told 'monitor db flap' false)"
look_twice db
equal 'but not restarted' 3 "$(restarts)"
agentctl monitor db >"$T/out"
has 'it is up to a person' 'up to a person' "$T/out"

# ---- over a crash of the daemon ----
kill -9 "$daemon"
wait "$daemon" || true
hung=$(pgrep -f "sleep 4711.$$" || true)
[ -z "$hung" ] || kill -9 $hung # nobody is there any more who would
start_agentd
equal 'it is known to be down' 'down true' "$(of db state) $(of db gave_up)"
ok 'and by as many looks as that takes' [ "$(of db failures)" -ge 2 ]
look_twice db
look_twice db
equal 'no restart after that' 3 "$(restarts)"
equal 'nobody is told again' '1 1 1 1' \
	"$(told 'monitor db' false) $(told 'monitor db' true) $(told 'monitor db restart' false) $(told 'monitor db flap' false)"
equal 'nor woken again' 1 "$(events monitor_wake kira)"

# ---- a person mends it ----
rm "$T/broken"
touch "$T/db"
wait_for 'well' is db well
equal 'it may be restarted again' false "$(of db gave_up)"
equal 'all is over' '[]' "$(incidents)"
wait_for 'that is told' has_told 'monitor db flap' true 1

# ---- a paused agent sleeps on ----
agentctl pause kira
rm "$T/queue"
wait_for 'the queue is down' is queue down
equal 'kira is not woken' 2 "$(events monitor_wake kira)"
has 'and that is logged' 'kira was not woken: it is paused' .agentd/log/events.jsonl
equal 'one session in all' 1 "$(events session_end kira)"

# ---- no longer watched ----
watch 'monitors: {}'
wait_for 'nothing is watched' sh -c "agentctl monitor | grep -q 'no monitors'"
equal 'and nothing is open' '[]' "$(incidents)"
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$daemon/status"; }
asleep() { before=$(switches) && sleep 1.2 && [ "$before" = "$(switches)" ]; } # longer than between two looks
wait_for 'the daemon sleeps' asleep
equal 'no look is left' '' "$(pgrep -f "sleep 4711.$$" || true)"
stop_agentd
repositories_are_well

# ---- one that cannot be looked at ----
grep -qa AGENTD_FAILPOINTS "$BUILD/bin/agentd" || exit 0
touch "$T/queue"
watch "monitors:
  queue: {command: \"test -e $T/queue\", max_failures: 2}"
export AGENTD_FAILPOINTS=shell.spawn=error:EMFILE@1,shell.spawn=error:EMFILE@1 # the first two
start_agentd
wait_for 'nothing is known of it' has_events monitor_unknown 2
wait_for 'that is told' has_told 'monitor queue look' false 1
wait_for 'then it can be looked at' is queue well
wait_for 'that is told, too' has_told 'monitor queue look' true 1
equal 'no word of the queue itself' '1 1' "$(told 'monitor queue' false) $(told 'monitor queue' true)"
stop_agentd

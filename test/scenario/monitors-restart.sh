# A service that comes back by itself is not restarted, and one that flaps is left to a person also where agentd dies in between.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

make_workspace
cat >"$T/look" <<'EOS'
#!/bin/sh
# Well from the fourth look on: two failures, one after the first restart, and then it has come back.
echo look >>"$HOME/looks"
[ "$(wc -l <"$HOME/looks")" -ge 4 ]
EOS
printf '#!/bin/sh\necho again >>"$HOME/restarts-of-$1"\ntouch "$HOME/$1"\n' >"$T/restart"
chmod +x "$T/look" "$T/restart"
touch "$HOME/db"
cat >agentd.yaml <<EOF
timezone: UTC
monitor_every: 1 s
monitor_settle: 1 s
monitors:
  lazy: {command: $T/look, restart: "$T/restart lazy", max_failures: 2}
  db: {command: 'test -e "\$HOME/db"', restart: "$T/restart db", max_failures: 1}
EOF
of() { agentctl monitor "$1" --json | jq -r ".[0].$2"; }
is() { [ "$(of "$1" state)" = "$2" ]; }
restarts() { wc -l <"$HOME/restarts-of-$1"; }
restarted() { [ "$(restarts db)" = "$1" ] && is db well; }
falls() { rm -f "$HOME/db"; }
start_agentd
wait_for 'it has come back' is lazy well
equal 'after one restart, without a second' '1 1' "$(restarts lazy) $(of lazy restarts)"

wait_for 'the database is well' is db well
falls
wait_for 'it is restarted' restarted 1
falls
wait_for 'and again' restarted 2
crash
start_agentd
equal 'a death of agentd does not forget that' 2 "$(of db restarts)"
wait_for 'it is well' is db well
falls
wait_for 'and again' restarted 3
crash
start_agentd
wait_for 'it is well' is db well
falls
wait_for 'that is enough' incident 'monitor db flap'
equal 'it is left to a person' '3 3 true' "$(restarts db) $(of db restarts) $(of db gave_up)"

# A person changes its entry: it may be restarted again, and what was before does not count.
sed -i 's/max_failures: 1/max_failures: 2/' agentd.yaml
wait_for 'it is restarted' restarted 4
equal 'for the first time' 1 "$(of db restarts)"
crash
start_agentd
equal 'also over a death' 1 "$(of db restarts)"
stop_agentd
repositories_are_well

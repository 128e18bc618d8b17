# Sessions that hang, eat memory or compute for ever are ended and told in words, the others go on as ever; one that waits for a slow
# model is not touched; what cannot be killed is told, and holds up nobody but its agent.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace support-desk
for name in ada ida; do cp -r agents/kira agents/$name; rm -rf agents/$name/.git; done
cat >"$T/story.txt" <<'EOF'
reply
  when say slow
  times 2
  delay 5000
  text Slow, and sound.
reply
  when say eat
  call remember {"text":"Something."}
default reply
  text All is well.
EOF
start_provider anthropic "$T/story.txt"
use_provider anthropic
printf 'hung_session: 2 s\nhung_session_grace: 1 s\ncrash_backoff_shortest: 0 s\nflap_deaths: 50\n' >>agentd.yaml
start_agentd
words() { db "SELECT words FROM death WHERE agent = '$1' ORDER BY number DESC LIMIT 1"; }

# ---- one hangs, one waits for its model, one is well ----
agentctl run kira --message 'say slow' --json >"$T/slow.jsonl" & slow=$!
echo '[ $LIFE -gt 1 ] || exec sleep 600' | acts ada
agentctl run ada --message hello --json >"$T/ada.jsonl" & hangs=$!
wait_for 'it hangs' is ada running
status 0 agentctl run ida --message hello
wait $hangs || fail 'it did not go on'
equal 'ended, and gone on' 'killed by us: no progress for 2 s 2' "$(words ada) $(lives ada)"
wait $slow || fail 'a slow model is no reason to end a session'
equal 'a slow model is waited for' 0 "$(db "SELECT count(*) FROM death WHERE agent = 'kira'")"

# ---- one that is deaf to SIGTERM, and one that was stopped ----
echo '[ $LIFE -gt 1 ] || { trap "" TERM; while :; do sleep 600; done; }' | acts ada
status 0 agentctl run ada --message hello
equal 'deaf' 'killed by us: no progress for 2 s' "$(words ada)"
echo '[ $LIFE -gt 1 ] || kill -STOP $$' | acts ada
status 0 agentctl run ada --message hello
equal 'stopped' 'killed by us: no progress for 2 s' "$(words ada)"
equal 'none is left' '' "$(processes sleep)"

# ---- for ever ----
echo 'exec sleep 600' | acts ada
status 1 agentctl run ada --message hello
has 'set aside' 'it died 3 times at the same step, lastly: killed by us: no progress for 2 s' "$T/out"

# ---- limits ----
echo 'ulimit -S -t 1; while :; do :; done' | acts ada
sed -i 's/^hung_session: .*/hung_session: 60 s/' agentd.yaml
stop_agentd
start_agentd
status 1 agentctl run ada --message hello
has 'computes for ever' 'lastly: a limit of ours: it computed for more than 600 s' "$T/out"
if grep -qa session.tools "$BUILD/libexec/agentd/agentd-session"; then
	echo 'export AGENTD_FAILPOINTS=session.tools=eat' | acts ada
	agentctl run ada --message 'say eat' --json >"$T/eats.jsonl" & eats=$!
	status 0 agentctl run ida --message hello
	actual=0; wait $eats || actual=$?
	equal 'ends' 1 $actual
	has 'eats memory' 'it ran out of memory, and again when it was tried once more; nothing of its transcript was made smaller, lastly: out of memory (its limit is 1024 MiB)' "$T/eats.jsonl"
fi
echo 'kill -KILL $$' | acts ada
status 1 agentctl run ada --message hello
has 'from outside' 'lastly: killed by a signal from outside (SIGKILL)' "$T/out"
behaves ada
agentctl run kira --message 'say slow' --json >"$T/slow.jsonl" & slow=$!
wait_for 'a session runs' is kira running
limits() { pid=$(processes real); [ -n "$pid" ] && grep -E 'Max (cpu|file|processes)' "/proc/$pid/limits" >"$T/limits"; }
wait_for 'its limits' limits
ok 'seconds of the processor' grep -qE 'Max cpu time +600 +605' "$T/limits"
wait $slow || fail 'it is well'

# ---- nothing runs, so no clock does ----
wait_for 'all is quiet' sh -c "[ \"\$(agentctl status --json | jq .daemon.sessions_open)\" = 0 ]"
stop_agentd

# ---- what cannot be killed ----
dangling=--no-dangling # kill -9 leaves objects that nothing names
grep -qa process.signal "$BUILD/bin/agentd" || exit 0
sed -i 's/^hung_session: .*/hung_session: 1 s/' agentd.yaml
AGENTD_FAILPOINTS=process.signal=error:EACCES
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
echo '[ $LIFE -gt 1 ] || { echo $$ >"${0%/*}/pid"; exec sleep 600; }' | acts ada
agentctl run ada --message hello --json >"$T/ada.jsonl" & hangs=$!
stuck() { incidents | grep -q 'stuck ada '; }
wait_for 'a person is told' stuck
equal 'its agent is busy' running "$(state ada)"
status 0 agentctl run ida --message hello
kill -9 "$(cat "$T/stage/libexec/agentd/pid")"
wait $hangs || fail 'it did not go on'
equal 'over, once it is gone' '' "$(incidents)"
echo 'echo $$ >"${0%/*}/pid"; exec sleep 600' | acts ada
rm "$T/stage/libexec/agentd/pid"
agentctl run ada --message hello --json >"$T/ada.jsonl" & hangs=$!
wait_for 'it hangs again' test -s "$T/stage/libexec/agentd/pid"
stop_agentd # which does not wait for it until it is killed below
kill -9 "$(cat "$T/stage/libexec/agentd/pid")"
wait $hangs || true
repositories_are_well

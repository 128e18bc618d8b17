# state.db is damaged while agentd runs: nobody does anything, and it begins anew: the file is set aside, a fact that was told to an
# agent to be remembered is kept, who is paused and what was spent, too, and the beat that met the damage is run.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 06:30Z' # a Tuesday
cat >"$T/story.txt" <<'EOS'
reply
  when say hold
  call remember {"text":"Held on to."}
  usage 1000 10
reply
  when say hold
  delay 60000
  text Never heard.
default reply
  text Well.
  usage 1000 10
EOS
start_provider openai "$T/story.txt"
make_workspace
for agent in kira max; do
	agentctl new $agent >/dev/null
	printf '## Daily (07:00)\n\n- [ ] Look.\n' >agents/$agent/HEARTBEAT.md
done
use_provider openai
sed -i 's/free: true/usd_per_mtok: {input: 3, output: 15}/' agentd.yaml
field() { agentctl status --json | jq -r --arg name "$1" ".agents[] | select(.name == \$name) | $2"; }
aside() { find .agentd -name 'state.db.damaged-*' ! -name '*-wal' ! -name '*-shm' | wc -l; }
renewals() { [ "$(events renewing)" -ge "$1" ] && agentctl ready && incident state-damaged; }
# damage TABLE…: their first pages, so that agentd reads them again.
damage() {
	db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
	db 'CREATE TABLE other(x); DROP TABLE other'
	for table; do
		page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = '$table'")
		dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
	done
}
start_agentd
wait_for 'the first commits' has_commit agents/max
wait_for 'the first commits' has_commit agents/kira
status 0 agentctl run max --message hello
status 0 agentctl pause max
for n in 1 2 3 4 5 6; do : >".agentd/state.db.damaged-2026-01-0${n}T00:00:00Z"; done

# ---- with a session under way, by a command ----
calls=$(requests)
agentctl run kira --message 'say hold' --json >"$T/held" 2>&1 & client=$!
wait_for 'its second call is under way' has_requests $((calls + 2))
spent=$(field kira .today_micro_usd)
ok 'it has cost something' test "$spent" -gt 0
cp agentd.yaml "$T/good.yaml"
echo 'debounce: [' >>agentd.yaml
is_refused() { [ "$(events settings)" -ge 1 ]; }
wait_for 'an agentd.yaml that cannot be used is refused' is_refused
damage session slot agent call step
ok 'a command meets it' agentctl pause kira
status 0 agentctl resume kira
wait_for 'agentd begins anew by itself' renewals 1
ok 'it is the same process, with what was in force' kill -0 "$daemon"
cp "$T/good.yaml" agentd.yaml
wait $client || true
jq -r 'select(.event == "session_end") | .outcome + ": " + .reason' "$T/held" >"$T/end"
has 'who followed is told' 'interrupted: state.db was damaged' "$T/end"
equal 'the fact is in MEMORY.md, once' 1 "$(grep -c 'Held on to' agents/kira/MEMORY.md)"
equal 'max is paused' paused "$(field max .state)"
equal 'kira is not' idle "$(field kira .state)"
ok 'what was spent is known, and the call that was under way counts' test "$(field kira .today_micro_usd)" -gt "$spent"
equal 'max has spent what it had' 3150 "$(field max .today_micro_usd)"
equal 'the new file is sound' ok "$(db 'PRAGMA integrity_check')"
equal 'five of the old ones are kept' 5 "$(aside)"
equal 'which is logged' 2 "$(events damaged_removed)"
status 0 agentctl run kira --message hello
stop_agentd

# ---- with nothing under way, by a beat that is due ----
at '2026-11-24 06:59:40Z'
AGENTD_FAILPOINTS=state.begun=delay:1500@3 # of its third time, below
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
status 0 agentctl resume max
before=$(field kira .today_micro_usd)
damage session agent parked
WAIT=60 wait_for 'a beat meets it, and agentd begins anew' renewals 2
for agent in kira max; do
	beat="agent = '$agent' AND event = '' AND planned = $(date -ud '2026-11-24 07:00Z' +%s)"
	ran() { [ "$(db "SELECT state || outcome FROM slot WHERE $beat")" = 1done ]; }
	wait_for "the beat of $agent is run" ran
done
ok 'all that was spent is known' test "$(field kira .today_micro_usd)" -gt "$before"

# ---- again and again: not without end ----
status 0 agentctl pause kira
another() { [ "$(stat -c %i .agentd/state.db)" != "$old" ]; }
for n in 3 4; do
	damage session slot agent
	old=$(stat -c %i .agentd/state.db)
	status 0 agentctl pause kira
	if [ $n = 4 ] && grep -qa state.begun "$BUILD/bin/agentd"; then
		wait_for 'another file is there, and nobody reads anything' another
		equal 'nothing was asked' 0 "$(events reloading)"
		kill -HUP "$daemon"
	fi
	wait_for 'it begins anew' renewals $n
	equal 'kira is paused' paused "$(field kira .state)"
done
heard() { [ "$(events reloading)" = 1 ]; }
grep -qa state.begun "$BUILD/bin/agentd" && wait_for 'SIGHUP in the midst of it is answered afterwards' heard
damage session slot agent
status 0 agentctl resume kira
wait_for 'it is too often: a person is told' incident state
agentctl status >"$T/out"
has 'what will be' 'begins a new one' "$T/out"
equal 'it does not begin anew' 4 "$(events renewing)"
calls=$(requests)
agentctl run kira --message hello >/dev/null 2>&1 & client=$!
status 0 agentctl pause max
has 'pause answers' 'as soon as it can be written' "$T/out"
equal 'who is paused' paused "$(field max .state)"
equal 'no model is called' "$calls" "$(requests)"
stop_agentd
wait $client || true
start_agentd
ok 'the next start begins anew' incident state-damaged
status 0 agentctl run kira --message hello
stop_agentd
equal 'five are kept' 5 "$(aside)"
repositories_are_well

# agentd is killed, and its sessions are gone with it: also one that is stopped and one that computes for ever, which do not notice by
# themselves, and would write work/ beside the one that the next agentd resumes. What an agentd writes that was thought dead is refused.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
dangling=--no-dangling # kill -9 leaves objects that nothing names
cat >"$T/story.txt" <<'EOS'
reply
  when say hold
  times 1
  delay 60000
  text Never heard.
reply
  when say work
  call write_file {"path":"note.txt","text":"Written."}
reply
  when say late
  times 1
  delay 1000
  call remember {"text":"Said by the one too many."}
reply
  when say late
  delay 5000
  text All is done.
default reply
  text All is done.
EOS
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
use_provider openai
echo 'crash_backoff_shortest: 0 s' >>agentd.yaml
start_agentd
wait_for 'the first commits' has_commit agents/kira
gone() { ! kill -0 "$1"; }
stopped() { grep -q '^State:.T' "/proc/$1/status"; }
spins() { [ "$(awk '{ print $14 }' "/proc/$1/stat")" -gt 100 ]; } # one second of the processor
last() { db "SELECT $1 FROM session ORDER BY number DESC LIMIT 1"; }
done_after() { [ "$(last outcome)" = 'done' ] && [ "$(last id)" != "$1" ]; }

# ---- one that is stopped ----
agentctl run kira --message 'say hold' >/dev/null 2>&1 & client=$!
wait_for 'its model is asked' has_requests 1
orphan=$(processes real)
ok 'it has a process' test -n "$orphan"
kill -STOP "$orphan"
wait_for 'which is stopped' stopped "$orphan"
crash
wait_for 'it is gone with agentd' gone "$orphan"
wait $client || true
start_agentd
wait_for 'the next agentd goes on with it' done_after ''

# ---- one that computes for ever ----
if grep -qa session.tools "$BUILD/libexec/agentd/agentd-session"; then
	echo "[ \$LIFE -gt 1 ] || export AGENTD_FAILPOINTS=session.tools=spin" | acts kira
	before=$(last id)
	agentctl run kira --message 'say work' >/dev/null 2>&1 & client=$!
	orphan=
	busy() { orphan=$(processes real) && [ -n "$orphan" ] && spins "$orphan"; }
	wait_for 'it computes' busy
	crash
	wait_for 'it is gone with agentd' gone "$orphan"
	wait $client || true
	start_agentd
	wait_for 'the next agentd goes on with it' done_after "$before"
	equal 'and it writes' Written. "$(cat agents/kira/work/note.txt)"
	behaves kira
fi

# ---- one agentd too many ----
# It is stopped, with a model call under way and a lock that nobody sees any more; another one takes its place.
# quiet: stopped where it holds nothing of state.db.
quiet() { kill -STOP "$daemon"; db 'BEGIN IMMEDIATE; ROLLBACK' || { kill -CONT "$daemon"; return 1; }; }
begins=$(requests) before=$(last id)
agentctl run kira --message 'say late' >"$T/late" 2>&1 & client=$!
wait_for 'its model is asked' has_requests $((begins + 1))
wait_for 'it is stopped' quiet
orphan=$daemon
late=$(last id)
mv .agentd/lock .agentd/lock.lost
rm .agentd/agentd.sock # where `ready` would wait for the other one
start_agentd
wait_for 'the next agentd goes on with it' has_requests $((begins + 2))
epoch=$(db "SELECT value FROM counter WHERE name = 'epoch'")
kill -CONT "$orphan"
refused() { jq -se --arg s "$late" 'any(.[]; .event == "session_end" and .session == $s and .level == "error")' .agentd/log/events.jsonl; }
wait_for 'the other one is refused' refused
wait_for 'it is done, once' done_after "$before"
equal 'under the new one' "$epoch" "$(last epoch)"
equal 'no step of the other one' 0 "$(db "SELECT count(*) FROM step WHERE intent LIKE '%one too many%'")"
kill -TERM "$orphan"
wait "$orphan" || fail "the other one ended with $?"
orphan=
wait $client || true

# Another start has done nothing yet but taken its number.
kill "$provider"
start_provider openai "$T/story.txt"
use_provider openai
stop_agentd
start_agentd
agentctl run kira --message 'say late' >"$T/late" 2>&1 & client=$!
wait_for 'its model is asked' has_requests $((begins + 3))
db "UPDATE counter SET value = value + 1 WHERE name = 'epoch'"
wait $client && fail 'it is said to be done'
has 'why' 'went on under a later start' "$T/late"
equal 'no step of it' 0 "$(db "SELECT count(*) FROM step WHERE intent LIKE '%one too many%'")"
stop_agentd
has_not 'nor a fact' 'one too many' agents/kira/MEMORY.md
repositories_are_well

# kill -9 of the gateway, of history, of a session, of the daemon itself, at the worst of moments.
. "$SOURCE/test/scenario/lib.sh"

# What died before its branch moved may leave a commit that nothing leads to, as git itself does.
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace support-desk
cat >"$T/story.txt" <<'EOS'
reply
  when say gateway
  call remember {"text":"Kept over the death of the gateway"}
reply
  when say gateway
  text Half a sen
  stall
reply
  when say session
  call remember {"text":"Kept over the death of the session"}
reply
  when say session
  text Half a sen
  stall
reply
  when say post
  call bulletin_post {"text":"Posted once, whatever dies"}
reply
  when say before
  call remember {"text":"Committed once, if history dies before"}
reply
  when say after
  call remember {"text":"Committed once, if history dies after"}
reply
  when Heartbeat: Daily
  call remember {"text":"Kept over the death of the daemon"}
reply
  when Heartbeat: Daily
  text Half a sen
  stall
reply
  when say daemon
  call remember {"text":"Max keeps his too"}
reply
  when say daemon
  text Half a sen
  stall
default reply
  text HEARTBEAT_OK
EOS
start_provider anthropic "$T/story.txt"
use_provider anthropic
sed -i 's/Daily (07:00)/Daily (07:00)\n- [ ] Say good morning/' agents/kira/HEARTBEAT.md
at '2026-11-24 05:00Z'
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

begin() { agentctl run kira --message "say $1" --json >"$T/$1.jsonl" & client=$!; }
end() { tail -n 1 "$T/$1.jsonl" | jq -r ".$2"; }
half() { grep -qF 'Half a sen' "$T/$1.jsonl"; }
serves() { timeout 1 agentctl status >/dev/null || fail "no status within a second of $1"; echo "ok: status within a second of $1"; }
lines_of() { grep -cF -- "$1" "$2" || true; } # lines_of TEXT FILE: in how many lines
works() { status 0 agentctl run kira --message 'hello'; }

# The gateway, in mid-stream.
begin gateway
wait_for 'a stream that has begun' half gateway
old=$(processes agentd-gateway)
kill -9 "$old"
serves 'the death of the gateway'
wait $client || fail 'the run goes on with a new gateway'
equal 'the session ends well' done "$(end gateway outcome)"
ok 'it was told why the call was made again' jq -es 'any(.[]; .event == "model_failed" and .failure == "gateway")' "$T/gateway.jsonl"
equal 'its fact is kept once' 1 "$(lines_of 'Kept over the death of the gateway' agents/kira/MEMORY.md)"
works
ok 'with another gateway' test "$(processes agentd-gateway)" != "$old"

# The session.
begin session
wait_for 'a stream that has begun' half session
kill -9 "$(processes agentd-session)"
serves 'the death of a session'
wait $client || fail 'the run goes on with another process'
equal 'the session ends well' done "$(end session outcome)"
ok 'it was told that it goes on' jq -es 'any(.[]; .event == "session_start" and .resumed)' "$T/session.jsonl"
ok 'the model was told, and what was done so far' jq -es '[.[] | select(.event == "request" and (.body | tostring | contains("say session")))][-1].body
	| tostring | contains("You were interrupted") and contains("Kept over the death of the session")' "$T/requests.jsonl"
equal 'its fact is kept once' 1 "$(lines_of 'Kept over the death of the session' agents/kira/MEMORY.md)"
works

# The daemon, in the middle of a slot and of a run by hand.
stop_agentd
at '2026-11-24 06:59:57Z'
start_agentd
slot() { agentctl schedule kira --from '2026-11-24 07:00' --count 1000 --json |
	jq -c '[.[] | select(.at == "2026-11-24T07:00:00Z" and .heartbeat == "Daily (07:00)") | [.state, .outcome]]'; }
runs() { [ "$(slot)" = '[["running",null]]' ] && has_requests "$1"; }
before=$(requests)
wait_for 'the slot at 07:00 runs' runs $((before + 2))
agentctl run max --message 'say daemon' --json >"$T/daemon.jsonl" & client=$!
wait_for 'another agent runs too' half daemon
children=$(ps -o pid= --ppid "$daemon")
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=
then=$(date +%s%3N)
! wait $client || fail 'a run without a daemon ends well'
ok 'the client ends within a second' test $(($(date +%s%3N) - then)) -lt 1000
equal 'as interrupted' interrupted "$(end daemon outcome)"
gone() { for pid in $children; do ! kill -0 "$pid" 2>/dev/null || return 1; done; }
wait_for 'no process of it is left' gone
status 3 agentctl status

at '2026-11-24 07:00:30Z'
start_agentd
last() { agentctl status kira --json | jq -c '.agents[0] | [.state, .last.outcome]'; }
closed() { [ "$(last)" = '["idle","done"]' ]; }
WAIT=5 wait_for 'the session goes on and is done' closed
equal 'its slot too' '[["ran","done"]]' "$(slot)"
saved() { grep -qF 'Kept over the death of the daemon' agents/kira/MEMORY.md && clean agents/kira; }
wait_for 'its fact is in MEMORY.md' saved
wait_for 'the other one has his' grep -qF 'Max keeps his too' agents/max/MEMORY.md
equal 'once' 1 "$(lines_of 'Kept over the death of the daemon' agents/kira/MEMORY.md)"
equal 'he too' 1 "$(lines_of 'Max keeps his too' agents/max/MEMORY.md)"
equal 'in a commit of the agent' kira "$(git -C agents/kira log -1 --format=%an -- MEMORY.md)"
works
stop_agentd
repositories_are_well
# Twice the same.
start_agentd
equal 'the slot is not run again' '[["ran","done"]]' "$(slot)"
equal 'the fact is there once' 1 "$(lines_of 'Kept over the death of the daemon' agents/kira/MEMORY.md)"
stop_agentd

# History, in mid-commit: before the branch moves, and after it has moved but nobody knows.
AGENTD_FAILPOINTS=history.ref=delay:500,history.done=delay:500
AGENTD_FAILPOINTS_LOG=$W/.agentd/failpoints
export AGENTD_FAILPOINTS AGENTD_FAILPOINTS_LOG
start_agentd
points() { grep -cx "$1" "$AGENTD_FAILPOINTS_LOG" || true; }
passed() { [ "$(points "$1")" -gt "$2" ]; }
kill_history() { # kill_history NAME POINT: a run, and history's death at that point of its commit
	hits=$(points "$2")
	begin "$1"
	wait_for "history at $2 for $1" passed "$2" "$hits"
	kill -9 "$(processes agentd-history)"
	serves "the death of history at $2"
	ok "the run goes on and ends well" wait $client
	equal "it ends done" done "$(end "$1" outcome)"
}
kill_history post history.done
equal 'the post is there once' 1 "$(lines_of 'Posted once, whatever dies' shared/BULLETIN.md)"
equal 'in one commit' 1 "$(git log --author=kira --format=%s -- shared/BULLETIN.md | wc -l)"
kill_history before history.ref
equal 'the fact is there once' 1 "$(lines_of 'Committed once, if history dies before' agents/kira/MEMORY.md)"
# Another daemon: a helper that dies three times within ten seconds has to wait, which is another story.
stop_agentd
start_agentd
count=$(commits agents/kira)
kill_history after history.done
equal 'the fact is there once' 1 "$(lines_of 'Committed once, if history dies after' agents/kira/MEMORY.md)"
equal 'in one commit' $((count + 1)) "$(commits agents/kira)"
stop_agentd
repositories_are_well

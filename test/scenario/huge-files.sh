# Files far over their limit: refused without being read whole, told, and when they are small again all goes on. Nothing of a person's
# is lost or shortened.
. "$SOURCE/test/scenario/lib.sh"

printf 'reply\n  when say one\n  call remember {"text":"Fact one."}\nreply\n  when say one\n  text Well.\nreply\n  when say two\n  call remember {"text":"Fact two."}\nreply\n  when say two\n  delay 1500\n  text Well.\ndefault reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
make_workspace support-desk
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/kira
wait_for 'the first commits' has_commit agents/max
problem() { agentctl status >"$T/out" && grep -q "$1" "$T/out"; }
rss_kib() { awk '/^VmHWM/ { print $2 }' "/proc/$daemon/status"; }
before=$(rss_kib)

cp agents/kira/MEMORY.md "$T/memory"
truncate -s 2G agents/kira/MEMORY.md
agentctl run kira --message 'say one' --json >"$T/run.jsonl" 2>&1 & client=$!
wait_for 'status names the file' problem 'MEMORY.md has 2147483648 bytes'
wait $client && fail 'a session began without its memory'
has 'the run is refused' '"refused"' "$T/run.jsonl"
equal 'max works on' 0 "$(agentctl run max --message hello >/dev/null; echo $?)"
equal 'nobody has shortened it' 2147483648 "$(stat -c %s agents/kira/MEMORY.md)"
cp agents/kira/SOUL.md "$T/soul"
truncate -s 2G agents/kira/SOUL.md
truncate -s 2G agents/kira/knowledge/large.md
wait_for 'status names the next one' problem 'SOUL.md has'
grep -qa __asan_init "$BUILD/bin/agentd" || [ $(($(rss_kib) - before)) -lt 65536 ] || fail "agentd has grown by $(($(rss_kib) - before)) KiB"
echo "ok: agentd has grown by $(($(rss_kib) - before)) KiB"

cat "$T/memory" >agents/kira/MEMORY.md
cat "$T/soul" >agents/kira/SOUL.md
rm agents/kira/knowledge/large.md
well() { [ "$(agentctl status --json | jq -r '.agents[] | select(.name == "kira") | .state')" = idle ]; }
wait_for 'small again: all goes on' well
status 0 agentctl run kira --message 'say one'
fact() { [ "$(git -C agents/kira show HEAD:MEMORY.md | grep -c 'Fact one')" = 1 ]; }
wait_for 'with its fact' fact

# What a session was told to be kept waits until the file can take it.
asked=$(requests)
agentctl run kira --message 'say two' >"$T/two" 2>&1 & client=$!
wait_for 'it was told that its fact is kept' has_requests $((asked + 2))
cp agents/kira/MEMORY.md "$T/memory"
truncate -s 2G agents/kira/MEMORY.md
wait_for 'a person is told' incident 'repository agents/kira'
cat "$T/memory" >agents/kira/MEMORY.md
wait $client || { cat "$T/two"; fail 'the session failed'; }
second() { [ "$(git -C agents/kira show HEAD:MEMORY.md | grep -c 'Fact two')" = 1 ]; }
wait_for 'its fact is there' second
stop_agentd
repositories_are_well

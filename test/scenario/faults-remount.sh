# File systems that become read-only under agentd, for real: the one that the agents are on, and writable again; the whole one, as
# the kernel makes it after an error. status, pause and resume answer and say what to do, nothing is lost.
if [ "${UNSHARED-}" != $$ ]; then # exec keeps the number
	unshare -m true 2>/dev/null || { echo 'SKIP: mounting needs root'; exit 77; }
	UNSHARED=$$
	export UNSHARED
	exec unshare -m sh "$0"
fi
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # a commit that was cut short leaves objects that nothing names

trap 'status=$?; set +e; cd /; umount -l "$W/agents" "$W" 2>/dev/null; (exit $status); finish' EXIT
cat >"$T/story.txt" <<'EOS'
reply
  when say one
  delay 3000
  call remember {"text":"Fact one."}
reply
  when say two
  times 2
  delay 3000
  call remember {"text":"Fact two."}
default reply
  text Well.
EOS
start_provider openai "$T/story.txt"
state() { agentctl status --json | jq -r --arg name "$1" '.agents[] | select(.name == $name) | .state'; }
saved() { [ "$(git -C agents/kira show HEAD:MEMORY.md | grep -c "Fact $1")" = 1 ]; }
look() { # look WHAT: who looks and pauses is answered
	agentctl status >"$T/out"
	has 'what to do' 'mount the file system of the workspace writable again' "$T/out"
	has 'in the first line' "$1" "$T/out"
	equal 'it is the first' 1 "$(grep -n "$1" "$T/out" | head -n 1 | cut -d: -f1)"
	status 0 agentctl pause max
	equal 'the pause is in force' paused "$(state max)"
	status 0 agentctl resume max
	equal 'so is the resume' idle "$(state max)"
	status 0 agentctl pause max
}

# ---- the agents' own file system, and writable again: agentd has nothing open there, so that it can be remounted ----
make_workspace
mkdir -p agents
mount -t tmpfs -o size=32m,mode=0755 tmpfs agents 2>/dev/null || skip 'a tmpfs cannot be mounted'
agentctl new kira >/dev/null
agentctl new max >/dev/null
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/max
wait_for 'the first commits' has_commit agents/kira
agentctl run kira --message 'say one' >"$T/run" 2>&1 & client=$!
wait_for 'its call is under way' has_requests 1
read_only() { mount -o remount,ro "$W/agents"; }
wait_for 'it is read-only' read_only
wait_for 'a person is told' incident 'repository agents/kira'
look 'agents/kira'
mount -o remount,rw "$W/agents"
wait_for 'it is committed by itself' saved one
wait_for 'and over' no_incident 'repository agents/kira'
wait $client || { cat "$T/run"; fail 'the session failed'; }
equal 'its fact is there, once' 1 "$(grep -c 'Fact one' agents/kira/MEMORY.md)"
stop_agentd
repositories_are_well

# ---- the whole one, by an error: until it is mounted again nobody can write what is open on it ----
command -v mkfs.ext4 >/dev/null || { echo 'SKIP: the rest, mkfs.ext4 is not installed'; exit 0; }
cd /
umount "$W/agents"
rm -rf "$W"
mkdir "$W"
truncate -s 48m "$T/image"
mkfs.ext4 -q -F "$T/image"
mount -o loop,errors=remount-ro "$T/image" "$W" 2>/dev/null || { echo 'SKIP: the rest, no loop device'; exit 0; }
rmdir "$W/lost+found"
make_workspace
agentctl new kira >/dev/null
agentctl new max >/dev/null
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/max
wait_for 'the first commits' has_commit agents/kira
calls=$(requests)
agentctl run kira --message 'say two' >"$T/run" 2>&1 & client=$!
wait_for 'its call is under way' has_requests $((calls + 1))
mount -o remount,abort "$W" 2>/dev/null || true
ok 'nothing can be written' sh -c '! touch agents/kira/new 2>/dev/null'
wait_for 'a person is told' incident state
look 'state.db'
equal 'no model is called' $((calls + 1)) "$(requests)"
stop_agentd
wait $client || true
cd /
umount "$W"
e2fsck -fp "$T/image" >/dev/null || [ $? = 1 ] || fail 'the file system is damaged'
mount -o loop "$T/image" "$W"
cd "$W"
start_agentd
wait_for 'the session goes on with the call that was not written, and its fact is committed' saved two
ok 'all is well' no_incident state
# An index that was not on the disk yet is empty now; the next commit makes it again.
echo '# a comment' >>agentd.yaml
echo 'Be kind.' >>agents/max/SOUL.md
committed() { git -C "$1" diff --quiet HEAD -- "$2"; }
wait_for 'edits of agentd.yaml are committed' committed . agentd.yaml
wait_for 'edits of an agent are committed' committed agents/max SOUL.md
stop_agentd
repositories_are_well

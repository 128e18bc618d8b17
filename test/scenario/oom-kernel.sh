# A session that the kernel kills for want of memory, as the control group of agentd tells, has run out of memory; one that somebody
# else kills has not.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
[ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null || skip 'only root may put a control group of its own in place'
group=$(sed -n 's/^0:://p' /proc/self/cgroup)
[ -n "$group" ] && [ -d /sys/fs/cgroup ] || skip 'there is no control group of version 2'
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace solo
cat >"$T/story.txt" <<'EOS'
reply
  when do it
  call remember {"text":"The first thing."}
reply
  when do it
  times 3
  headers
  stall
EOS
start_provider openai "$T/story.txt"
use_provider openai
printf 'crash_backoff_shortest: 0 s\n' >>agentd.yaml
events=$T/group$group/memory.events
mkdir -p "${events%/*}"
killed() { printf 'low 0\nhigh 0\nmax 0\noom 3\noom_kill %d\n' "$1" >"$events.new"; mv "$events.new" "$events"; }
killed 7
unshare -m sh -c 'mount --bind "$1" /sys/fs/cgroup && exec agentd -w "$2"' - "$T/group" "$W" 2>>"$T/agentd.log" & daemon=$!
WAIT=30 wait_for 'agentd is ready' agentctl -w "$W" ready
words() { db 'SELECT oom, words FROM death ORDER BY number DESC LIMIT 1'; }
deaths() { [ "$(db 'SELECT count(*) FROM death')" = "$1" ]; }

agentctl run ada --message 'do it' --json >"$T/run.jsonl" & client=$!
wait_for 'its model is asked a second time' has_requests 2
kill -9 $(processes agentd-session)
wait_for 'it dies' deaths 1
equal 'by somebody' '0|killed by a signal from outside (SIGKILL)' "$(words)"
for round in 1 2; do
	wait_for 'its model is asked again' has_requests $((round + 2))
	killed $((7 + round))
	kill -9 $(processes agentd-session)
	wait_for 'it dies' deaths $((round + 1))
	equal 'by the kernel' '1|out of memory: the kernel killed it (SIGKILL)' "$(words)"
done
wait $client || true
has 'and is set aside' 'it ran out of memory, and again when it was tried once more' "$T/run.jsonl"
stop_agentd
repositories_are_well

# Descriptors run out while the daemon runs: it does not spin, status and pause answer, no session is lost, and when there are
# enough again all goes on.
. "$SOURCE/test/scenario/lib.sh"

command -v prlimit >/dev/null || skip 'prlimit is not installed'
printf 'reply\n  when say hello\n  call remember {"text":"One fact."}\nreply\n  when say hello\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
make_workspace support-desk
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/max
wait_for 'the first commits' has_commit agents/kira
cpu() { awk '{ print $14 + $15 }' "/proc/$daemon/stat"; } # hundredths of a second

stop_agentd

# Enough to serve, and too few to begin a session.
few=44 enough=$(ulimit -Hn)
(ulimit -Sn $few && exec agentd -w "$W" 2>>"$T/agentd.log") & daemon=$!
wait_for 'agentd is ready' agentctl ready
agentctl run kira --message 'say hello' --json >"$T/run.jsonl" 2>&1 & client=$!
wait_for 'a person is told' incident descriptors
agentctl status >"$T/out"
has 'what to do' LimitNOFILE "$T/out"
status 0 agentctl pause max
equal 'it is in force' paused "$(agentctl status --json | jq -r '.agents[] | select(.name == "max") | .state')"
equal 'no model was called' 0 "$(requests)"

# More clients than are in reserve: they wait in the socket's queue, and the loop rests.
mkfifo "$T/hold"
exec 9<>"$T/hold"
clients=
for n in $(seq 40); do
	socat - "UNIX-CONNECT:$W/.agentd/agentd.sock" <"$T/hold" >"$T/client-$n" 2>/dev/null & clients="$clients $!"
done
heard() { cat "$T"/client-* | grep -c hello; }
some_heard() { [ "$(heard)" -ge 1 ]; }
wait_for 'some are let in' some_heard
before=$(cpu)
sleep 2 # what is measured
spun=$(($(cpu) - before))
[ "$(heard)" -lt 40 ] || fail 'all were let in: there were descriptors enough'
[ $spun -lt 60 ] || fail "the loop was busy for ${spun}0 ms of 2000"
echo "ok: the loop was busy for ${spun}0 ms of 2000, while $(heard) of 40 clients were let in"
kill $clients 2>/dev/null || true
exec 9>&-
WAIT=5 wait_for 'status answers again' agentctl status

prlimit --pid "$daemon" --nofile="$enough:$enough"
wait_for 'it is over' no_incident descriptors
wait $client || { cat "$T/run.jsonl"; fail 'the run failed'; }
equal 'the run that had to wait is done' done "$(jq -r 'select(.event == "session_end") | .outcome' "$T/run.jsonl")"
fact() { [ "$(grep -c 'One fact' agents/kira/MEMORY.md)" = 1 ]; }
wait_for 'with its fact' fact
prlimit --pid "$daemon" --nofile="$few:$enough"
echo '- I was edited in hard times.' >>agents/kira/SOUL.md
agentctl run kira --message 'say hello' >/dev/null 2>&1 & client=$!
wait_for 'a person is told again' incident descriptors
prlimit --pid "$daemon" --nofile="$enough:$enough"
committed() { git -C agents/kira show HEAD:SOUL.md | grep -q 'hard times'; }
wait_for 'the edit is seen and committed' committed
wait_for 'it is over' no_incident descriptors
wait $client || true
stop_agentd
repositories_are_well

# The walls of a session that really runs, seen from outside; and what happens without them.
. "$SOURCE/test/scenario/lib.sh"

# Who is linked with what: a session has no way to the network, to git or to a database even in its own code.
needs() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
who_needs() {
	for program in "$BUILD"/bin/agentd "$BUILD"/bin/agentctl "$BUILD"/libexec/agentd/agentd-*; do
		! needs "$program" | grep -q "^$1\." || basename "$program"
	done | sort | tr '\n' ' '
}
equal 'who needs libcurl' 'agentd-gateway ' "$(who_needs libcurl)"
equal 'who needs libgit2' 'agentd-history ' "$(who_needs libgit2)"
equal 'who needs libsqlite3' 'agentctl agentd ' "$(who_needs libsqlite3)"
equal 'all were asked' 5 "$(who_needs libc | wc -w)"

make_workspace support-desk
mkdir -p agents/kira/skills/greet "$T/grant"
printf 'reply\n  times 0\n  text Half a sen\n  stall\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
printf 'agents:\n  kira: {read: [%s]}\n' "$T/grant" >>agentd.yaml
of() { awk -v key="$1:" '$1 == key { print $2 }' "$T/status"; }

start_agentd
agentctl run kira --message hold --json >"$T/hold.jsonl" &
held() { grep -qF 'Half a sen' "$T/hold.jsonl"; }
wait_for 'a session that is held in mid-stream' held
pid=$(processes agentd-session)
cat "/proc/$pid/status" >"$T/status"
equal 'Seccomp: a filter' 2 "$(of Seccomp)"
equal 'NoNewPrivs' 1 "$(of NoNewPrivs)"
for set in CapInh CapPrm CapEff CapBnd CapAmb; do equal "$set is empty" 0000000000000000 "$(of $set)"; done
equal 'one thread' 1 "$(of Threads)"
grep -qF 'Max processes             0                    0' "/proc/$pid/limits" || fail 'it may fork'
cat .agentd/log/events.jsonl >"$T/log"
has 'the log says which walls' 'landlock abi' "$T/log"
if grep -q 'user, mount and ipc namespaces' "$T/log" && [ -r "/proc/$pid/ns/user" ]; then
	for space in user mnt ipc; do
		ok "a $space namespace of its own" test "$(readlink "/proc/$pid/ns/$space")" != "$(readlink /proc/self/ns/$space)"
	done
fi
if ls "/proc/$pid/fd" >/dev/null 2>&1; then
	for fd in /proc/"$pid"/fd/*; do readlink "$fd"; done | sed "s/socket:.*/socket/; s/pipe:.*/standard error/" | sort >"$T/fds"
	cat >"$T/expected" <<-EOS
		/dev/null
		/dev/null
		standard error
		$T/grant
		$W/agents/kira/knowledge
		$W/agents/kira/skills
		$W/agents/kira/work
		socket
	EOS
	sort -o "$T/expected" "$T/expected"
	ok 'no other descriptor' diff "$T/expected" "$T/fds"
	for helper in agentd-gateway agentd-history; do
		ls -l "/proc/$(processes $helper)/fd" >"$T/fds"
		has_not "$helper keeps no key's descriptor" agentd-secrets "$T/fds"
		awk '$1 == "Seccomp:" || $1 == "NoNewPrivs:" || $1 == "CapBnd:" { print $2 }' "/proc/$(processes $helper)/status" | tr '\n' ' ' >"$T/walls"
		equal "$helper has walls too" '0000000000000000 1 2 ' "$(cat "$T/walls")"
	done
fi
ok 'status says nothing of walls that stand' sh -c "agentctl status --json | jq -e '.daemon.sandbox_off == false'"
stop_agentd

# Switched off by a person: visible everywhere.
echo 'sandbox: off' >>agentd.yaml
start_agentd
entered() { [ "$(events session_walls kira)" = 2 ]; } # it goes on, in a process without them
wait_for 'the session goes on' entered
cat "/proc/$(processes agentd-session)/status" >"$T/status"
equal 'no filter' 0 "$(of Seccomp)"
equal 'NoNewPrivs all the same' 1 "$(of NoNewPrivs)"
agentctl status >"$T/status"
has 'status says so' 'sandbox: off' "$T/status"
ok 'and its JSON' sh -c "agentctl status --json | jq -e .daemon.sandbox_off"
has 'the log says so' 'sessions have no walls' .agentd/log/events.jsonl
ok 'of the session too' sh -c "jq -se 'map(select(.event == \"session_walls\"))[-1].message | contains(\"no_new_privs and limits only\")' .agentd/log/events.jsonl"
status 0 agentctl check
stop_agentd
sed -i '/^sandbox: off/d' agentd.yaml

# Where the kernel cannot wall a session in, nothing starts.
if grep -qa AGENTD_LANDLOCK_ABI "$BUILD/bin/agentd"; then
	status 1 env AGENTD_LANDLOCK_ABI=0 agentd -w "$W"
	has 'it says what is missing and what else can be done' 'sandbox: off' "$T/out"
	status 3 agentctl status
fi

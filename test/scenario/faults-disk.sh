# A disk that is full, reports errors or may not be written: status, pause and resume answer, no model is called without its row,
# and when the cause is gone all goes on by itself; nothing is lost, nothing is there twice.
[ "$(id -u)" != 0 ] || [ -n "${UNSHARED-}" ] || { UNSHARED=1; export UNSHARED; exec unshare -m sh "$0"; }
. "$SOURCE/test/scenario/lib.sh"

trap 'status=$?; set +e; cd /; umount -l "$W" 2>/dev/null; (exit $status); finish' EXIT
command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
rounds='1 2 3 4 5 6'
for n in $rounds; do
	printf 'reply\n  when say round-%d\n  call remember {"text":"Fact of round %d."}\n' "$n" "$n"
	printf 'reply\n  when say round-%d\n  text Well.\n' "$n"
done >"$T/story.txt"
start_provider openai "$T/story.txt"
[ "$(id -u)" != 0 ] || { mkdir "$W"; mount -t tmpfs -o size=32m,mode=0755 tmpfs "$W"; }
make_workspace support-desk
use_provider openai
outcome() { [ "$(jq -r 'select(.event == "session_end") | .outcome' "$T/round-$1")" = done ]; }
facts_are() { [ "$(grep -c "Fact of round $1" agents/kira/MEMORY.md)" = 1 ]; }
said() { sqlite3 -readonly .agentd/state.db "SELECT count(*) FROM slot WHERE state = 0"; }
in_time() { before=$(date +%s%3N); "$@" >"$T/tried" 2>&1 || { cat "$T/tried"; return 1; }; took=$(($(date +%s%3N) - before)); [ $took -lt 5000 ]; }
# trouble ROUND: a run is asked for while state.db cannot be written; who looks and pauses is answered.
trouble() {
	agentctl run kira --message "say round-$1" --json >"$T/round-$1" 2>&1 & client=$!
	wait_for 'the incident' incident state
	calls=$(requests)
	agentctl status >"$T/out"
	has 'status says it first' "$2" "$T/out"
	equal 'in its first line' 1 "$(grep -n 'state.db' "$T/out" | head -n 1 | cut -d: -f1)"
	ok 'pause answers' in_time agentctl pause max
	has 'and says that it is not written' 'as soon as it can be written' "$T/tried"
	equal 'it is in force' paused "$(agentctl status --json | jq -r '.agents[] | select(.name == "max") | .state')"
	ok 'so does resume' in_time agentctl resume max
	ok 'pause again' in_time agentctl pause max
	equal 'no model is called' "$calls" "$(requests)"
}
# well ROUND: the cause is gone.
well() {
	wait_for 'the incident is over' no_incident state
	wait $client || { cat "$T/round-$1"; fail "round $1 failed"; }
	ok 'the session went on' outcome "$1"
	ok 'its fact is there, once' facts_are "$1"
	paused() { [ "$(sqlite3 -readonly .agentd/state.db "SELECT paused FROM agent WHERE agent = 'max'")" = 1 ]; }
	wait_for 'the pause is written' paused
	equal 'no slot is open' 0 "$(said)"
	status 0 agentctl resume max
}

# ---- a disk that is full ----
if [ "$(id -u)" = 0 ]; then
	start_agentd
	wait_for 'the first commits' has_commit agents/max
	wait_for 'the first commits' has_commit agents/kira
	cat /dev/zero >filler 2>/dev/null || true
	cat /dev/zero >>.agentd/filler 2>/dev/null || true
	trouble 1 'make room on the disk'
	status 1 agentctl doctor
	has 'doctor says so, too' 'make room' "$T/out"
	rm filler .agentd/filler
	well 1
	stop_agentd
else
	echo 'SKIP: a full disk needs root'
fi

# ---- errors of the device, at commits ----
grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || skip 'failpoints are in builds with -DAGENTD_FAILPOINTS=ON only'
# The n-th commit and the seven after it, while they are tried again for some seconds.
fails() { printf "store.commit=error:$1@$2,%.0s" 1 2 3 4 5 6 7 8; }
round=2
for failure in EIO:1 EROFS:2 EDQUOT:3 EIO:4; do
	AGENTD_FAILPOINTS=$(fails "${failure%:*}" "${failure#*:}")
	export AGENTD_FAILPOINTS
	start_agentd
	unset AGENTD_FAILPOINTS
	trouble $round "$(case $failure in EIO*) echo dmesg ;; EROFS*) echo writable ;; EDQUOT*) echo quota ;; *) echo 'make room' ;; esac)"
	well $round
	stop_agentd
	round=$((round + 1))
done
repositories_are_well

# What systemd hears from agentd (sd_notify(3)): ready, reloading, alive, stopping; and silence where it hangs.
. "$SOURCE/test/scenario/lib.sh"

command -v socat >/dev/null || skip 'no socat'

listen() {
	rm -f "$T/notify" "$T/told"
	socat -u UNIX-RECV:"$T/notify" "OPEN:$T/told,creat,append" &
	listener=$!
	wait_for 'somebody listens' test -S "$T/notify"
}
told() { [ "$(grep -cxF -- "$2" "$T/told")" -ge "$1" ]; }
beats() { grep -cx 'WATCHDOG=1' "$T/told" || true; }

make_workspace solo
listen
NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=200000
export NOTIFY_SOCKET WATCHDOG_USEC
start_agentd
wait_for 'it is ready' told 1 READY=1
wait_for 'it shows that it lives' told 3 WATCHDOG=1
kill -HUP "$daemon"
wait_for 'it says that it reloads' told 1 RELOADING=1
grep -q '^MONOTONIC_USEC=[0-9]' "$T/told" || fail 'since when it reloads'
wait_for 'and that it is done' told 2 READY=1
stop_agentd
wait_for 'it says that it stops' told 1 STOPPING=1
equal 'in that order' 'READY=1 RELOADING=1 READY=1 STOPPING=1' \
	"$(grep -xE 'READY=1|RELOADING=1|STOPPING=1' "$T/told" | tr '\n' ' ' | sed 's/ $//')"

# Nobody asks for a sign of life, or asks another process: none is given.
WATCHDOG_PID=1
export WATCHDOG_PID
before=$(beats)
start_agentd
wait_for 'ready again' told 3 READY=1
stop_agentd
wait_for 'it stops' told 2 STOPPING=1
equal 'not asked' "$before" "$(beats)"
unset WATCHDOG_PID

# state.db cannot be written: the loop still answers, and the sign of life stays away all the same.
grep -qa AGENTD_FAILPOINTS_LOG "$BUILD/bin/agentd" || exit 0
AGENTD_FAILPOINTS='store.commit=delay:60000@4' AGENTD_FAILPOINTS_LOG=$T/hits
export AGENTD_FAILPOINTS AGENTD_FAILPOINTS_LOG
start_agentd
unset AGENTD_FAILPOINTS AGENTD_FAILPOINTS_LOG
commits_begun() { [ "$(grep -c '^store.commit$' "$T/hits")" -ge 4 ]; }
wait_for 'the thread of state.db hangs' commits_begun
before=$(beats)
end=$(($(date +%s) + 2)) # ten times as long as it takes to be missed
while [ "$(date +%s)" -lt "$end" ]; do agentctl status >/dev/null; done
after=$(beats)
[ $((after - before)) -le 1 ] || fail "$((after - before)) signs of life of a daemon that hangs"
echo 'ok: and it shows no life'
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=

# A disk that is full is no reason to be restarted.
AGENTD_FAILPOINTS='store.commit=error:ENOSPC@4+' AGENTD_FAILPOINTS_LOG=$T/hits
export AGENTD_FAILPOINTS AGENTD_FAILPOINTS_LOG
rm -f "$T/hits"
start_agentd
unset AGENTD_FAILPOINTS AGENTD_FAILPOINTS_LOG
wait_for 'state.db cannot be written' commits_begun
before=$(beats)
wait_for 'it shows that it lives' told $((before + 5)) WATCHDOG=1
kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
daemon=
kill "$listener" 2>/dev/null || true

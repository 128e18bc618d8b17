# What is written below .agentd/log has a largest size: what processes say on their standard error (which stands in the log,
# with whose it is), events, and exports of sessions.
. "$SOURCE/test/scenario/lib.sh"

make_workspace solo
mkdir -p "$T/stage/bin" "$T/stage/libexec"
cp "$BUILD/bin/agentd" "$BUILD/bin/agentctl" "$T/stage/bin"
cp -r "$BUILD/libexec/agentd" "$T/stage/libexec"
cat >"$T/stage/libexec/agentd/agentd-session" <<'EOS'
#!/bin/sh
read -r plan <&3
echo '{"jsonrpc":"2.0","method":"hello","params":{"walls":"none"}}' >&3
echo 'what went wrong' >&2
printf 'not \033[31ma line of <3>ours\n' >&2
head -c 3000 /dev/zero | tr '\0' x >&2; echo >&2
yes 'on and on' | head -n 20000 >&2
printf 'its last words' >&2
printf '{"jsonrpc":"2.0","method":"done","params":{"text":"bye"}}\n' >&3
EOS
PATH=$T/stage/bin:$PATH
start_agentd
ok 'a session that talks' agentctl run ada --message hello
said() { jq -r 'select(.event == "stderr") | "\(.agent) \(.message)"' .agentd/log/events.jsonl; }
counted() { said | grep -q 'further lines)'; }
wait_for 'what is left out is counted' counted
said >"$T/said"
has 'it stands in the log' 'ada agentd-session: what went wrong' "$T/said"
has 'with the session' "$(jq -r 'select(.event == "session_end") | .session' .agentd/log/events.jsonl)" .agentd/log/events.jsonl
has_not 'as what can be printed' "$(printf '\033')" "$T/agentd.log"
equal 'no line is longer than it may be' 1000 "$(grep -o 'x*' "$T/said" | awk '{ print length }' | sort -n | tail -n 1)"
lines=$(wc -l <"$T/said")
sessions=$(events session_start)
[ "$lines" -le $((220 * (sessions + 1))) ] || fail "$lines lines of $sessions sessions"
[ "$(wc -c <"$T/agentd.log")" -le $((400000 * (sessions + 1))) ] || fail 'the log is flooded'
echo "ok: $lines lines of 20000"
stop_agentd

# The log as a whole has a largest size: files of log_size, log_files of them, whatever is said.
printf 'log_size: 64 KiB\nlog_files: 2\n' >>agentd.yaml
: >.agentd/log/events.jsonl.7 # of a time when more were kept
start_agentd
turned() { [ -s .agentd/log/events.jsonl.1 ]; }
until turned; do agentctl run ada --message hello >/dev/null 2>&1 || true; agentctl resume --all >/dev/null; done
agentctl run ada --message hello >/dev/null 2>&1 || true
equal 'two files' 2 "$(ls .agentd/log/events.jsonl* | wc -l)"
[ "$(cat .agentd/log/events.jsonl* | wc -c)" -le $((2 * 65536 + 2 * 17000)) ] || fail 'they are too large'
echo 'ok: and not too large'
stop_agentd

# ---- exports: the oldest leave when they are too many, but none that state.db may still have ----
at '2026-11-24 12:00Z'
echo 'exports_size: 1 MiB' >>agentd.yaml
export_of() { # DAY KIB
	mkdir -p -m 700 ".agentd/log/sessions/$1"
	head -c "$(($2 * 1024))" /dev/zero >".agentd/log/sessions/$1/01KAT000000000000000000000.jsonl"
}
export_of 2026-09-01 10
export_of 2026-09-02 900
export_of 2026-10-01 800
export_of 2026-11-20 100
start_agentd
wait_for 'those that are too many leave' test ! -e .agentd/log/sessions/2026-09-02
wait_for 'and what is older' test ! -e .agentd/log/sessions/2026-09-01
ok 'the rest stays' test -e .agentd/log/sessions/2026-10-01
stop_agentd
export_of 2026-11-21 2000
start_agentd
wait_for 'one of lately counts' test ! -e .agentd/log/sessions/2026-10-01
ok 'and stays, however large' test -e .agentd/log/sessions/2026-11-21 -a -e .agentd/log/sessions/2026-11-20
stop_agentd

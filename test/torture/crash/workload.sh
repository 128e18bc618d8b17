# What is recorded: a workspace at work, from its first commits on. Sourced by nobody; run by crash-recorder, with $T, $W and PATH
# of test/scenario/lib.sh. Each mark is a promise that has been given by then.
set -eu

mark() { printf '%s\n' "$*" >>"$T/marks"; }
fail() { echo "FAIL: $*" >&2; exit 1; }
wait_for() {
	tries=1500
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || fail "waited in vain for $*"
		sleep 0.02
	done
}
has_commit() { [ -e "$1/.git/refs/heads/main" ]; }
daemon=
trap '[ -z "$daemon" ] || kill -9 "$daemon"' EXIT
start() {
	agentd -w "$W" 2>>"$T/agentd.log" &
	daemon=$!
	wait_for agentctl -w "$W" ready
}
stop() {
	kill -TERM $daemon
	wait $daemon || fail "agentd ended with $?"
	daemon=
}
# save FILE: as an editor does that cares: beside it, synced, renamed, the folder synced.
save() {
	cat >"$1~"
	sync "$1~"
	mv "$1~" "$1"
	sync "${1%/*}"
}
committed() { [ -n "$(git -C "$1" log --author=Pat --format=%h -- "$2")" ] && [ -z "$(git -C "$1" status --porcelain)" ]; }
ran() { # ran WHAT: a run that ends well
	agentctl run kira --message "say $1" --json >"$T/run" || fail "run $1: $(cat "$T/run")"
	session=$(tail -n 1 "$T/run" | jq -r .session)
	mark "rows 1 SELECT count(*) FROM session WHERE id = '$session' AND outcome = 'done'"
}

cd "$W"
mark begin
start
wait_for has_commit agents/kira
wait_for has_commit .
ran one
mark 'line agents/kira/MEMORY.md Invoice 4711 was paid twice'
mark 'line shared/BULLETIN.md Invoice 4711 is a double payment'
{ cat agents/kira/SOUL.md && echo '- I ask once, and then I look it up.'; } | save agents/kira/SOUL.md
wait_for committed agents/kira SOUL.md
mark 'line agents/kira/SOUL.md I ask once, and then I look it up.'

# A person saves what was opened before the agent wrote.
cp agents/kira/MEMORY.md "$T/opened"
ran two
mark 'line agents/kira/MEMORY.md The second of two payments goes back'
{ cat "$T/opened" && echo '- Refunds take five days, says Pat.'; } | save agents/kira/MEMORY.md
merged() { grep -qF 'The second of two payments' agents/kira/MEMORY.md && committed agents/kira MEMORY.md; }
wait_for merged
mark 'line agents/kira/MEMORY.md Refunds take five days, says Pat.'
# And one that leaves it to the system when it gets to the disk.
echo '- Enterprise customers have a manager of their own.' >>agents/kira/knowledge/billing.md
wait_for committed agents/kira knowledge/billing.md
mark 'line agents/kira/knowledge/billing.md Enterprise customers have a manager of their own.'
agentctl pause kira >/dev/null
mark "rows 1 SELECT count(*) FROM agent WHERE agent = 'kira'"
agentctl resume kira >/dev/null

stop
start
ran three
mark 'line agents/kira/MEMORY.md Northwind answers on weekdays'
stop

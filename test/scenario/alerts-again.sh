# An alert reaches somebody: one that nobody got is told again, also by a later agentd, and so is one that lasts, whoever raised it
# but once; and however often agentd dies over it, nobody is told hundreds of times. Where state.db cannot be written it is told all
# the same, and never after its end. What was met only once is told once.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"
dangling=--no-dangling # kill -9 leaves objects that nothing names

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-21 06:00Z' # skips where the clock cannot be shifted
AGENTD_CLOCK_OFFSET=@$T/clock
export AGENTD_CLOCK_OFFSET
make_workspace
agentctl new kira >/dev/null
cat >"$T/tell" <<'EOS'
#!/bin/sh
# An alert's command: a line for each try; where the line is dead it fails, and where it is deadly agentd does not outlive it.
echo "$1" >>"$HOME/tries"
[ ! -e "$HOME/deadly" ] || kill -9 "$(cat "$HOME/agentd")"
[ ! -e "$HOME/dead" ] || exit 1
echo "$1" >>"$HOME/told"
EOS
chmod +x "$T/tell"
: >"$HOME/tries"
: >"$HOME/told"
# settings AGAIN [MORE]
settings() {
	cat >agentd.yaml.new <<EOS
timezone: UTC
alert_again: $1
crash_backoff_shortest: 0 s
alerts: [{command: "$T/tell"}]
${2-}
EOS
	mv agentd.yaml.new agentd.yaml
}
tries() { grep -cF "$1" "$HOME/tries" || true; }
told() { grep -cF "$1" "$HOME/told" || true; }
has_told() { [ "$(told "$1")" -ge "$2" ]; }
has_tried() { [ "$(tries "$1")" -ge "$2" ]; }
confirmed() { [ "$(db "SELECT told > 0 FROM incident WHERE key = '$1'")" = 1 ]; }
starts() {
	set_clock "$1"
	start_agentd
	echo "$daemon" >"$HOME/agentd"
}
# dies TIME N: it tells, which is the N-th try, and dies of that.
dies() {
	set_clock "$1"
	agentd -w "$W" 2>>"$T/agentd.log" &
	daemon=$!
	echo "$daemon" >"$HOME/agentd"
	wait_for 'it tells' has_tried site "$2"
	wait "$daemon" 2>/dev/null || true
	daemon=
}
failures() { agentctl monitor site --json | jq '.[0].failures'; }
has_failed() { [ "$(failures)" -gt "$1" ]; }
# All that a failed look raises was raised once more.
looks_again() {
	seen=$(failures)
	wait_for 'it is looked at again' has_failed "$((seen + 1))"
}

# ---- agentd dies of each telling ----
settings '1 h' 'monitor_every: 1 s
monitors: {site: {command: exit 1, max_failures: 1}}'
touch "$HOME/deadly" "$HOME/dead"
dies '2026-11-21 06:00Z' 1
for minute in 1 2 3; do
	starts "2026-11-21 06:0$minute"
	looks_again
	crash
done
equal 'those that follow do not tell at once' 1 "$(tries site)"
dies '2026-11-21 06:07Z' 2 # but after five minutes
rm "$HOME/deadly" "$HOME/dead"
starts '2026-11-21 06:14Z'
wait_for 'until somebody got it' has_told site 1
wait_for 'which is remembered' confirmed 'monitor site'
crash
starts '2026-11-21 06:25Z'
looks_again
equal 'then it is known' 1 "$(told site)"

# ---- raised but once, and nobody answers ----
touch "$HOME/dead"
settings '3 s'
wait_for 'the monitor is gone' no_incident 'monitor site'
echo 'kill -9 $$' | acts kira
agentctl run kira >/dev/null 2>&1 &
wait_for 'kira is paused' incident 'flap kira'
wait_for 'that is tried' has_tried 'kira was paused' 1
wait_for 'and posted' grep -q 'kira was paused' shared/BULLETIN.md
crash
rm "$HOME/dead"
starts '2026-11-21 06:30Z'
wait_for 'the next one tells' has_told 'kira was paused' 1
wait_for 'and again, as it lasts' has_told 'kira was paused' 2
equal 'the bulletin was told once' 1 "$(grep -c 'kira was paused' shared/BULLETIN.md)"
equal 'it was raised once' 1 "$(agentctl status --json | jq '.incidents[0].count')"
behaves kira
agentctl resume kira >/dev/null
wait_for 'it is over' no_incident 'flap kira'
wait_for 'which is told' has_told 'kira was resumed' 1

# ---- somebody holds state.db ----
# A monitor that fails while there is a file; what is told of it, in its order.
watched='monitor_every: 1 s
monitors: {site: {command: test ! -e ../down, max_failures: 1}}'
mkfifo "$T/hold"
holds() {
	sqlite3 .agentd/state.db <"$T/hold" >"$T/held" &
	exec 8>"$T/hold"
	echo 'BEGIN IMMEDIATE; SELECT 1;' >&8
	wait_for 'it is held' test -s "$T/held"
}
lets_go() {
	exec 8>&-
	wait_for 'state.db is written again' no_incident state
	confirmed_last() { [ -z "$(db 'SELECT 1 FROM incident WHERE cleared IS NULL OR cleared = 0')" ]; }
	wait_for 'all rows are written' confirmed_last
}
of_site() { grep 'monitor site' "$HOME/told" | tail -n 1; }
is_watched() { agentctl monitor --json | jq -e '.[0].name == "site"'; }
stop_agentd
: >"$HOME/told"
settings '1 s'
starts '2026-11-21 08:00Z'
settings '1 h' "$watched"
wait_for 'it is watched' is_watched
holds
touch "$T/down"
wait_for 'it is down' incident 'monitor site'
rm "$T/down"
wait_for 'it is well' no_incident 'monitor site'
lets_go
has_not 'who was told of a problem knows its end' 'failed' "$(of_site >"$T/out" && echo "$T/out")"

set_clock '2026-11-21 10:00Z'
: >"$HOME/told"
holds
touch "$T/down"
wait_for 'it is told while nothing can be written' has_told 'in a row failed' 1
rm "$T/down"
wait_for 'its end, too' has_told 'site is well again' 1
lets_go
equal 'and not again by its row' 1 "$(told 'in a row failed')"
stop_agentd

# ---- what was met once ----
rm .agentd/state.db*
touch "$T/down"
: >"$HOME/told"
settings '4 s' "$watched"
starts '2026-11-21 12:00Z'
wait_for 'it is told that state.db is gone' has_told state.db 1
wait_for 'what is down is told again' has_told 'in a row failed' 2
equal 'that state.db was gone is not' 1 "$(told state.db)"
ok 'it is still shown' incident state-damaged
stop_agentd
repositories_are_well

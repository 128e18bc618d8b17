# A newer agentd takes over what an older one left, and one that is replaced while it runs says so and loses nothing.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-21 18:00'

open_sessions() { sqlite3 "$W/.agentd/state.db" 'SELECT count(*) FROM session WHERE ended = 0'; }
none_is_open() { [ "$(open_sessions)" = 0 ]; }

# ---- the state.db of each older version, with a session that was under way ----
for version in 1 2 3; do
	W=$T/of-$version
	make_workspace solo
	mkdir -m 700 .agentd
	sqlite3 .agentd/state.db <"$SOURCE/test/scenario/upgrade-$version.sql"
	session=$(sqlite3 .agentd/state.db 'SELECT id FROM session WHERE ended = 0')
	[ -n "$session" ] || fail 'no session was left open'
	start_agentd
	wait_for 'no session stays open' none_is_open
	for fact in 'the first thing of before' 'the second thing of before'; do
		wait_for "its memory has $fact" grep -q "$fact" agents/ada/MEMORY.md
		equal 'once' 1 "$(grep -c "$fact" agents/ada/MEMORY.md)"
	done
	equal 'each slot has its end' 0 "$(sqlite3 .agentd/state.db 'SELECT count(*) FROM slot WHERE state = 0')"
	for id in $(sqlite3 .agentd/state.db 'SELECT id FROM session'); do
		status 0 agentctl transcript "$id"
		has 'its steps are there' 'the second thing of before' "$T/out"
		status 0 agentctl why "$id"
	done
	ok 'and it works' agentctl run ada --message hello
	stop_agentd
	repositories_are_well
done

# ---- one of a newer version is left as it is ----
before=$(sha256sum <.agentd/state.db)
sqlite3 .agentd/state.db 'PRAGMA user_version = 99'
marked=$(sha256sum <.agentd/state.db)
[ "$before" != "$marked" ] || fail 'the version was not changed'
status 1 agentd -w "$W"
has 'it says which to use' 'newer agentd' "$T/out"
equal 'nothing was changed' "$marked" "$(sha256sum <.agentd/state.db)"
[ -z "$(ls .agentd/state.db.damaged-* 2>/dev/null)" ] || fail 'it was set aside'

# ---- replaced while it runs ----
W=$T/w
make_workspace solo
# Who is told is told through a program that is not started either.
echo 'alerts: [{webhook: "http://127.0.0.1:1/x"}, {command: "echo >>'"$T"'/alerts"}]' >>agentd.yaml
mkdir -p "$T/stage/bin" "$T/stage/libexec"
cp "$BUILD/bin/agentd" "$BUILD/bin/agentctl" "$T/stage/bin"
cp -r "$BUILD/libexec/agentd" "$T/stage/libexec"
PATH=$T/stage/bin:$PATH
version=$(cat "$T/stage/libexec/agentd/version")
start_agentd
install() { # VERSION: as a package manager does it: a new file in place of each old one
	for program in "$T/stage/bin/agentd" "$T/stage/libexec/agentd"/agentd-*; do
		cp "$program" "$program.new"
		mv "$program.new" "$program"
	done
	echo "$1" >"$T/stage/libexec/agentd/version"
}
incidents() { agentctl status --json | jq '.incidents | length'; }
told() { [ "$(incidents)" = 1 ]; }
well() { [ "$(incidents)" = 0 ]; }

install "$version"
ok 'the same version: it goes on' agentctl run ada --message hello
equal 'and nobody is told' 0 "$(incidents)"

install 9.9.9
before=$(events session_start)
agentctl run ada --message hello >"$T/run" 2>&1 &
run=$!
wait_for 'a restart is asked for' told
has 'in words' 'programs on disk are of version 9.9.9: restart agentd' .agentd/log/events.jsonl
wait_for 'a person is told' test -s "$T/alerts"
equal 'nothing is started' "$before" "$(events session_start)"
equal 'nor failed' 0 "$(jq -s '[.[] | select(.event == "session_end" and .level != "info")] | length' .agentd/log/events.jsonl)"
kill -0 "$run" || { cat "$T/run"; fail 'the run did not wait'; }

# Taken back, it goes on by itself.
install "$version"
wait "$run" || { cat "$T/run"; fail 'the one that waited'; }
wait_for 'all is well' well

# Restarted, as it asks for.
install 9.9.9
agentctl run ada --message 'say later' >/dev/null 2>&1 &
wait_for 'a restart is asked for again' told
stop_agentd
install "$version" # what starts now is of that version
before=$(events session_end)
start_agentd
wait_for 'all is well' well
later() { [ "$(events session_end)" -gt "$before" ]; }
wait_for 'what waited is run by it' later
ok 'it works' agentctl run ada --message hello
wait_for 'no session stays open' none_is_open
stop_agentd
repositories_are_well

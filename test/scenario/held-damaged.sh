# A day is held, as a clock was months ahead when its money was spent; then state.db is damaged. It is held on from where it was, and
# nothing that was spent in it is forgotten.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/held.inc"

renewed() { [ "$(events renewing)" = 1 ] && agentctl ready && incident state-damaged; }

start_agentd
status 0 agentctl run kira --message 'What is new?'
equal 'it cost something' 501000 "$(spent kira)"
exported() { ls .agentd/log/sessions/*/*.jsonl >/dev/null 2>&1; }
wait_for 'it is exported' exported
set_clock '2026-11-24 10:15Z'
ok 'somebody asks, and the clock is looked at' agentctl status
wait_for 'for how long the day is held is kept' is_kept 0
crash
db 'UPDATE windows SET hour_ms = 3599000, day_ms = 43200000'
start_agentd
half_a_day() { agentctl status >/dev/null && is_kept 43200001; } # who asks makes the clock be looked at
wait_for 'half a day' half_a_day

db 'PRAGMA wal_checkpoint(TRUNCATE); CREATE TABLE other(x); DROP TABLE other; PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
for table in call session slot agent; do
	page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = '$table'")
	dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
done
ok 'a command meets it' agentctl pause kira
wait_for 'agentd begins anew' renewed
equal 'what was spent is known' 501000 "$(spent kira)"
wait_for 'the day is held as before' is_kept 43200001
stop_agentd
repositories_are_well

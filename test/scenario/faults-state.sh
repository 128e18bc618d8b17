# state.db damaged, empty, gone, of a newer version: set aside with a message; who was paused and what was spent is known as far as
# it can be had; removed while the daemon runs: written again. Damaged while it runs: see renewal.sh.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
printf 'default reply\n  text Well.\n  usage 1000 10\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
make_workspace support-desk
use_provider openai
sed -i 's/free: true/usd_per_mtok: {input: 3, output: 15}/' agentd.yaml
start_agentd
wait_for 'the first commits' has_commit agents/max
field() { agentctl status --json | jq -r --arg name "$1" ".agents[] | select(.name == \$name) | $2"; }
spent() { [ "$(field kira .today_micro_usd)" = "$1" ]; }
exported() { [ "$(ls .agentd/log/sessions/*/*.jsonl | wc -l)" -ge "$1" ]; }
aside() { find .agentd -name 'state.db.damaged-*' ! -name '*-wal' ! -name '*-shm' | wc -l; }
sessions=0 cost=0 here=0 # here: in the state.db of now
run() {
	status 0 agentctl run kira --message hello
	sessions=$((sessions + 1)) here=$((here + 1)) cost=$((cost + 3150))
	wait_for 'what it cost' spent $cost
}
# damaged WHAT PAUSED: the next start sets the file aside; is max still paused?
damaged() {
	count=$(aside)
	for point in ${dies-}; do
		AGENTD_FAILPOINTS=$point agentd -w "$W" 2>>"$T/agentd.log" && fail "it was to die at $point"
	done
	start_agentd
	ok "$1: a person is told" incident state-damaged
	equal "$1: set aside" $((count + 1)) "$(aside)"
	ok "$1: what was spent is known" spent $cost
	equal "$1: who is paused" "$2" "$(field max .state)"
	run
	[ "$2" = paused ] || status 0 agentctl pause max
	wait_for 'it is exported' exported $sessions
	stop_agentd
	ok "$1: the new one is sound" [ "$(db 'PRAGMA integrity_check')" = ok ]
}

run
status 0 agentctl pause max
wait_for 'it is exported' exported 1
stop_agentd
start_agentd
wait_for 'it was well' spent $cost
ok 'nobody is told of anything' sh -c '! agentctl status --json | jq -e ".incidents[0]"'
stop_agentd

agentctl doctor >"$T/out" || true
has 'doctor: it is sound' 'ok    state.db   sound' "$T/out"
db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
size=$(stat -c %s .agentd/state.db)
[ $((size / 4096)) -gt 20 ] || fail "state.db has $size bytes only"
dd if=/dev/urandom of=.agentd/state.db bs=100 count=1 conv=notrunc 2>/dev/null
status 1 agentctl doctor
has 'doctor: it is damaged' 'is damaged' "$T/out"
damaged 'bytes of the header' idle
agentctl doctor >"$T/out" || true
has 'doctor: one was set aside' 'set aside in .agentd' "$T/out"
: >.agentd/state.db
damaged 'an empty file' idle
db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = 'session'")
dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
damaged 'a page of one table' paused
# A start that dies over it has lost nothing: the next one begins where it began.
if grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd"; then
	for dies in state.aside=kill@1 state.aside=kill@2 state.begun=kill state.salvaged=kill 'state.begun=kill state.aside=kill@1'; do
		rm -f .agentd/state.db.damaged-* # so that none is removed for being too many
		page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = 'session'")
		db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
		dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
		damaged "$dies" paused
	done
	dies=
fi
db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
truncate -s $(($(stat -c %s .agentd/state.db) / 2)) .agentd/state.db
damaged 'half a file' "$(sqlite3 .agentd/state.db "SELECT iif(paused, 'paused', 'idle') FROM agent WHERE agent = 'max'" 2>/dev/null || echo idle)"

# ---- while the daemon does not run: gone; of a newer version ----
rm .agentd/state.db*
start_agentd
here=0
ok 'gone: a person is told' incident state-damaged
ok 'gone: what was spent is known' spent $cost
status 0 agentctl pause max
stop_agentd
db 'PRAGMA user_version = 99'
before=$(sha256sum .agentd/state.db)
status 1 agentd -w "$W"
has 'a newer one is refused' 'newer agentd' "$T/out"
equal 'and left as it is' "$before" "$(sha256sum .agentd/state.db)"
db 'PRAGMA user_version = 4'

# ---- while it runs: removed ----
start_agentd
run
for files in .agentd/state.db .agentd/state.db-wal '.agentd/state.db .agentd/state.db-wal .agentd/state.db-shm'; do
	troubles=$(events alert_cleared)
	rm $files
	run
	cleared() { [ "$(events alert_cleared)" -gt "$troubles" ]; }
	wait_for "$files: noticed, told, written again" cleared
	equal 'sound' ok "$(db 'PRAGMA integrity_check')"
	equal 'with all that was in it' "$here" "$(db "SELECT count(*) FROM session")"
done
ok 'over a crash, too' kill -9 "$daemon"
wait "$daemon" 2>/dev/null || true
start_agentd
ok 'nothing is lost' spent $cost
equal 'max is paused' paused "$(field max .state)"
stop_agentd
repositories_are_well

# A run waits its turn, and what meets the damage of state.db is its row: whoever asked for it is not told that it begins later, as the
# next file knows nothing of it.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
printf 'reply\n  when say hold\n  delay 60000\n  text Never heard.\ndefault reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/kira
agentctl run kira --message 'say hold' >"$T/held" 2>&1 & holds=$!
wait_for 'kira is busy' has_requests 1
db 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
db 'CREATE TABLE other(x); DROP TABLE other' # so that agentd reads it again
page=$(db "SELECT rootpage FROM sqlite_schema WHERE name = 'slot'")
dd if=/dev/urandom of=.agentd/state.db bs=4096 seek=$((page - 1)) count=1 conv=notrunc 2>/dev/null
late=0
agentctl run kira --message 'say late' >"$T/late" 2>&1 || late=$?
wait $holds || true
cat "$T/late"
[ $late != 0 ] || fail 'it is said to be done'
has_not 'it is not said to begin later' 'it begins when it starts again' "$T/late"
has 'but what is wrong, and where' '.agentd/state.db: is damaged' "$T/late"
renewed() { [ "$(events renewing)" = 1 ] && agentctl ready && incident state-damaged; }
wait_for 'agentd has begun anew' renewed
# When it was met and as the alert of what came of it; not with each row that is lost for it.
equal 'the log says twice what is wrong' 2 "$(grep -c 'malformed' "$T/agentd.log")"
has 'and what became of the two runs' 'kira: run interrupted: state.db was damaged' "$T/agentd.log"
has 'the other' 'kira: run refused: .agentd/state.db: is damaged: ask for it again' "$T/agentd.log"
equal 'nothing waits' 0 "$(db "SELECT count(*) FROM slot WHERE state = 0")"
status 0 agentctl run kira --message hello
stop_agentd

# What sections wait for is not lost over a restart: what had to wait out its minute, what happened while nobody looked, and what was
# not written any more before a kill. And nothing wakes that did not happen.
. "$SOURCE/test/scenario/lib.sh"

dangling=--no-dangling # kill -9 leaves objects that nothing names
command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agent() { # agent NAME HEADING
	mkdir -p "agents/$1/knowledge"
	printf '# %s\nI am %s.\n' "$1" "$1" >"agents/$1/SOUL.md"
	printf '1. Be kind.\n' >"agents/$1/CONSTITUTION.md"
	echo 'A fact.' >"agents/$1/knowledge/facts.md"
	printf '## %s\n- [ ] Look at what is new\n' "$2" >"agents/$1/HEARTBEAT.md"
}
agent poster 'On bulletin'
agent listener 'On bulletin'
agent reader 'On file change (knowledge/)'
cat >"$T/story.txt" <<'EOS'
reply
  when say post
  call bulletin_post {"text":"From one to all"}
default reply
  text HEARTBEAT_OK
EOS
start_provider openai "$T/story.txt"
use_provider openai
pending() { db "SELECT count(*) FROM section WHERE agent = '$1' AND pending <> 0"; }
is_pending() { [ "$(pending "$1")" = "$2" ]; }
rows() { db "SELECT count(*) FROM slot WHERE agent = '$1' AND section <> '' AND state = 1"; } # slots of it that ran
ran() { [ "$(rows listener) $(rows reader) $(rows poster)" = "$1" ]; }
heard() { db "SELECT group_concat(heard) FROM (SELECT * FROM section ORDER BY agent)"; }
idle() { agentctl status --json | jq -e 'all(.agents[]; .state == "idle") and .daemon.sessions_open == 0'; }
all_begun() { for a in agents/*/; do has_commit "$a" && clean "$a" || return 1; done; }
post() { printf '\n## 2026-11-24 %sZ [pat]\n- News of %s.\n' "$1" "$1" >>shared/BULLETIN.md; }

# ---- first seen: there is no past ----
at '2026-11-24 11:00:00Z'
start_agentd
wait_for 'all are in git' all_begun
ok 'nobody is woken by what was there' ran '0 0 0'

# ---- what has to wait out its minute is durable, and stays one ----
post 11:00
wait_for 'both run' ran '1 0 1'
post 11:01
wait_for 'the second post waits' is_pending listener 1
post 11:02
wait_for 'for both' is_pending poster 1
crash
start_agentd
ok 'the minute holds over a restart' is_pending listener 1
ok 'nobody ran' ran '1 0 1'
stop_agentd
ok 'and over a clean stop' is_pending listener 1
at '2026-11-24 11:05:00Z'
start_agentd
wait_for 'then each runs once for both posts' ran '2 0 2'
wait_for 'nothing waits' is_pending listener 0
wait_for 'all are idle' idle
stop_agentd

# ---- while nobody looked ----
post 11:30
echo 'Another fact.' >>agents/reader/knowledge/facts.md
at '2026-11-24 12:00:00Z'
start_agentd
wait_for 'the start sees both' ran '3 1 3'
wait_for 'all are idle' idle
crash
before=$(requests)
at '2026-11-24 12:10:00Z'
start_agentd
wait_for 'all are idle' idle
stop_agentd
equal 'nothing new, nobody is called' "$before" "$(requests)"
ok 'and no slot is made' ran '3 1 3'
equal 'nor does one wait' 0 "$(db 'SELECT count(*) FROM slot WHERE state = 0')"

# ---- an agent's post whose event was not written any more: as if the kill came between the commit and the rows ----
at '2026-11-24 13:00:00Z'
start_agentd
sections=$(heard)
status 0 agentctl run poster --message 'say post'
wait_for 'listener runs' ran '4 1 3'
wait_for 'all are idle' idle
crash
db "DELETE FROM slot WHERE agent = 'listener' AND planned >= $(date -ud '2026-11-24 12:59:59Z' +%s)"
db "UPDATE section SET pending = 0, woken = 0, heard = '$(echo "$sections" | cut -d, -f1)' WHERE agent = 'listener'"
at '2026-11-24 13:10:00Z'
start_agentd
wait_for 'listener runs for it, its author does not' ran '4 1 3'
wait_for 'all are idle' idle

# ---- edited while nobody looked: another schedule hears anew, and a file outside of it wakes nobody ----
stop_agentd
before=$(requests)
sed -i 's/knowledge/skills/' agents/reader/HEARTBEAT.md
echo 'A third fact.' >>agents/reader/knowledge/facts.md
at '2026-11-24 14:00:00Z'
start_agentd
wait_for 'the edits are committed' clean agents/reader
wait_for 'all are idle' idle
stop_agentd
equal 'nobody was called' "$before" "$(requests)"

# ---- heard of by an agentd of before, whose hashes of the bulletin were others: a hash of "on bulletin" and no number of the digest ----
db "UPDATE section SET heard = 'ca27debf0123456789abcdef' WHERE schedule = 'on bulletin'"
db "UPDATE section SET pending = $(date -ud '2026-11-24 14:00Z' +%s) WHERE agent = 'poster'"
at '2026-11-24 15:00:00Z'
start_agentd
wait_for 'what waited runs' ran '4 1 4'
wait_for 'all are idle' idle
stop_agentd
ok 'and nothing else: there is no news' ran '4 1 4'
equal 'nor does any wait' 0 "$(db 'SELECT count(*) FROM section WHERE pending <> 0')"
post 15:30
at '2026-11-24 16:00:00Z'
start_agentd
wait_for 'what happens from then on is heard of' ran '5 1 5'
wait_for 'all are idle' idle
stop_agentd
repositories_are_well

# The main thing, without a model: one heartbeat from the command line to the commit.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira
wait_for 'the first commit of max' has_commit agents/max
before=$(commits agents/kira)

agentctl run kira --heartbeat Daily --json >"$T/run.jsonl"
equal 'the last event' session_end "$(tail -n 1 "$T/run.jsonl" | jq -r .event)"
equal 'its outcome' done "$(tail -n 1 "$T/run.jsonl" | jq -r .outcome)"
session=$(tail -n 1 "$T/run.jsonl" | jq -r .session)
equal 'a ULID' 26 "${#session}"

has 'a fact in MEMORY.md' "- $(date -u +%F): Tickets 7731, 7745 and 7802 report duplicate charges" agents/kira/MEMORY.md
equal 'one commit' $((before + 1)) "$(commits agents/kira)"
equal 'its author' 'kira <kira@agentd.local>' "$(git -C agents/kira log -1 --format='%an <%ae>')"
equal 'its subject' 'memory: 2 facts from Daily (07:00)' "$(git -C agents/kira log -1 --format=%s)"
trailer() { git -C agents/kira log -1 --format="%(trailers:key=$1,valueonly)" | head -n 1; }
equal 'trailer Agent' kira "$(trailer Agent)"
equal 'trailer Session' "$session" "$(trailer Session)"
equal 'trailer Cause' 'heartbeat Daily (07:00)' "$(trailer Cause)"
equal 'trailer Model' rehearsal "$(trailer Model)"
equal 'trailer Cost-USD' 0.000000 "$(trailer Cost-USD)"
has 'the post on the bulletin' '[kira]' shared/BULLETIN.md
equal 'the post is kira'"'"'s commit' kira "$(git log -1 --format=%an --author=kira -- shared/BULLETIN.md)"

# Kira's post wakes max, and only max.
wait_for 'max posts what he found' grep -qF '[max]' shared/BULLETIN.md
wait_for 'max remembers' grep -qF '0 of 412 on gateway 8.1' agents/max/MEMORY.md
equal 'kira ran once' 1 "$(events session_end kira)"
wait_for 'max is idle' sh -c "agentctl status max --json | jq -e '.agents[0].last.outcome == \"done\"'"
repositories_are_well

# The session was walled in, in a process of its own.
has 'walls are in the log' 'walls: ' .agentd/log/events.jsonl
ok 'log tells one story' sh -c "agentctl log --json | jq -e '[.[].author] | index(\"kira\") != null and index(\"max\") != null'"
stop_agentd
repositories_are_well

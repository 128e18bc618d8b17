# A save that would drop what the agent appended meanwhile is merged; a deletion that is meant stays.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

# A person opens MEMORY.md, the agent remembers, the person saves what they had opened.
cp agents/kira/MEMORY.md "$T/opened"
ok 'the agent remembers' agentctl run kira --heartbeat Daily
has 'its fact is there' 'Tickets 7731' agents/kira/MEMORY.md
sed 's/^- Mondays/- Mondays and the 1st of a month/' "$T/opened" >"$T/saved"
cat "$T/saved" >agents/kira/MEMORY.md
wait_for 'the merge' grep -q 'Tickets 7731' agents/kira/MEMORY.md
has 'the edit is in' 'Mondays and the 1st of a month' agents/kira/MEMORY.md
has 'the other fact is in' 'Ines Duarte needs invoices' agents/kira/MEMORY.md
wait_for 'it is committed' clean agents/kira
equal 'the save is the person'"'"'s commit' 1 "$(git -C agents/kira log --author='Pat Person' --format=%s -- MEMORY.md | grep -c 'edit MEMORY.md')"
equal 'the merge says so' 1 "$(git -C agents/kira log --format=%s | grep -c '^merge: ')"
ok 'the log tells it' grep -q edits_merged .agentd/log/events.jsonl

# Now the person deletes the fact on purpose.
grep -v 'Tickets 7731' agents/kira/MEMORY.md >"$T/without"
cat "$T/without" >agents/kira/MEMORY.md
before=$(commits agents/kira)
wait_for 'the deletion is committed' sh -c "[ \$(git -C agents/kira rev-list --count HEAD) -gt $before ]"
wait_for 'clean' clean agents/kira
has_not 'it stays deleted' 'Tickets 7731' agents/kira/MEMORY.md

# The same on the bulletin. Max has been woken by the first post; from here on he sleeps, so that who writes what is
# certain.
max_ran() { [ "$(events session_end max)" -ge 1 ]; }
wait_for 'max has run' max_ran
ok 'max sleeps' agentctl pause max
cp shared/BULLETIN.md "$T/opened"
ok 'the agent posts' agentctl run kira --heartbeat Daily
{ cat "$T/opened"; printf '\n## 2026-11-21 12:00Z [Pat]\n- The lead is away on Friday.\n'; } >"$T/saved"
cat "$T/saved" >shared/BULLETIN.md
wait_for 'both posts are there' sh -c '[ "$(grep -c "\[kira\]" shared/BULLETIN.md)" = 2 ] && grep -q "away on Friday" shared/BULLETIN.md'
wait_for 'all is committed' clean "$W"
repositories_are_well
stop_agentd

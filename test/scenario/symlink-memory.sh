# A MEMORY.md that is a link into another agent's folder never reaches a prompt.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
agentctl new ada >/dev/null
CANARY=canary-of-max-8233
echo "- 2026-11-20: $CANARY" >>agents/max/MEMORY.md
printf 'default reply\n  text HEARTBEAT_OK\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
for agent in ada kira max; do wait_for "the first commit of $agent" has_commit agents/$agent; done

state() { agentctl status "$1" --json | jq -r '.agents[0].state'; }
is() { [ "$(state "$1")" = "$2" ]; }
broken_by() { # broken_by FILE TARGET: kira with a link at that place; it is broken, nothing leaves
	mv "agents/kira/$1" "$T/kept"
	ln -s "$2" "agents/kira/$1"
	wait_for "kira is broken by $1 -> $2" is kira broken
	agentctl status kira >"$T/status"
	has 'status names the file' "agents/kira/$1" "$T/status"
	has 'and what is wrong with it' 'symbolic link' "$T/status"
	has 'the log does too' "agents/kira/$1" .agentd/log/events.jsonl
	equal 'others go on' 'idle idle' "$(state ada) $(state max)"
	before=$(requests)
	status 1 agentctl run kira --heartbeat Daily
	has 'the run says why' "agents/kira/$1" "$T/out"
	equal 'no request was made' "$before" "$(requests)"
	status 0 agentctl run ada --message hello
	rm "agents/kira/$1"
	mv "$T/kept" "agents/kira/$1"
	wait_for 'the file is back' is kira idle
}
broken_by MEMORY.md ../max/MEMORY.md
broken_by MEMORY.md "$W/agents/max/MEMORY.md"
broken_by SOUL.md ../max/MEMORY.md
broken_by HEARTBEAT.md ../max/MEMORY.md
broken_by CONSTITUTION.md ../max/MEMORY.md

# So is a folder: nothing in it is listed or read.
rm -rf agents/kira/knowledge
ln -s ../max agents/kira/knowledge
status 1 agentctl run kira --heartbeat Weekly
has 'the run says why' 'agents/kira: knowledge is a symbolic link' "$T/out"
rm agents/kira/knowledge
mv shared/BULLETIN.md "$T/kept"
ln -s ../agents/max/MEMORY.md shared/BULLETIN.md
status 1 agentctl run kira --heartbeat Daily
has 'the run says why' shared/BULLETIN.md "$T/out"
mv "$T/kept" shared/BULLETIN.md
status 0 agentctl run kira --heartbeat Daily
status 0 agentctl run max --message hello

# The same for a daemon that finds the link at its start.
stop_agentd
rm agents/kira/MEMORY.md
ln -s ../max/MEMORY.md agents/kira/MEMORY.md
start_agentd
equal 'kira is broken from the start' broken "$(state kira)"
status 1 agentctl run kira --message hello
status 1 agentctl prompt kira --heartbeat Daily
has_not 'prompt does not show it' $CANARY "$T/out"
status 1 agentctl check kira
has 'check names the file' agents/kira/MEMORY.md "$T/out"
status 0 agentctl run max --message hello

# max himself has his memory, so the canary would be seen; nobody else has it.
in_requests() { jq -s --arg c $CANARY --arg a "You are the agent \"$1\"" \
	'[.[] | select(.event == "request") | .body | tostring | select(contains($c))
		| select(contains($a | tojson | .[1:-1]))] | length' "$T/requests.jsonl"; }
all=$(jq -s --arg c $CANARY '[.[] | select(.event == "request") | .body | tostring | select(contains($c))] | length' "$T/requests.jsonl")
ok 'max has his memory' test "$(in_requests max)" -gt 0
equal 'and nobody else' "$(in_requests max)" "$all"
for agent in ada kira; do
	git -C agents/$agent cat-file --batch --batch-all-objects >"$T/objects"
	! grep -aqF $CANARY "$T/objects" || fail "the canary is in the repository of $agent"
done
echo 'ok: no repository has it'
stop_agentd

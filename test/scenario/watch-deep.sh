# A file far below its agent's folder, or in a folder with a name like one of ours, is noticed like any other; below the sixteenth folder it
# is said that it is not.
. "$SOURCE/test/scenario/lib.sh"

make_workspace
five=knowledge/2/3/4/5 sixteen=knowledge/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16
agent() { # agent NAME FOLDER: wakes when a file changes there, or deeper
	mkdir -p "agents/$1/$2"
	printf '# %s\n\nI read.\n' "$1" >"agents/$1/SOUL.md"
	printf '## On file change (knowledge/)\n- [ ] Read what changed\n' >"agents/$1/HEARTBEAT.md"
	printf '## When anything\n- say: read\n' >"agents/$1/REHEARSAL.md"
	echo 'A fact.' >"agents/$1/$2/facts.md"
}
agent five $five
agent sixteen $sixteen
agent named knowledge/work
agent absent $sixteen
mkdir -p agents/absent/work
start_agentd
for name in five sixteen named absent; do
	wait_for "the first commits of $name" has_commit agents/$name
done
idle() { agentctl status --json | jq -e 'all(.agents[]; .state == "idle")'; }
wait_for 'all are idle' idle
edit() { # edit AGENT FOLDER
	echo 'Another fact.' >>"agents/$1/$2/facts.md"
}
ran() { [ "$(events session_end "$1")" = 1 ]; }
committed() { git -C "agents/$1" show "HEAD:$2/facts.md" | grep -q Another; }
edit five $five
edit sixteen $sixteen
edit named knowledge/work
wait_for 'five folders deep: it wakes' ran five
wait_for 'and is committed' committed five $five
wait_for 'sixteen deep: it wakes' ran sixteen
wait_for 'and is committed' committed sixteen $sixteen
wait_for 'in knowledge/work/: it wakes' ran named
wait_for 'and is committed' committed named knowledge/work

# A session's own folder wakes nobody; an agent may have its name.
echo 'A draft.' >agents/absent/work/draft.md
agent work knowledge
wait_for 'an agent that is called work is there' has_commit agents/work
wait_for 'all are idle' idle
equal 'the draft woke nobody' 0 "$(events session_end absent)"
equal 'no word of depth' 0 "$(events watch_depth)"

# One folder more: once, in words.
mkdir agents/five/$five/6 && mkdir -p agents/sixteen/$sixteen/17/18 agents/sixteen/$sixteen/more
told() { [ "$(events watch_depth)" = 1 ]; }
wait_for 'too deep: it is told' told
has 'where' "agents/sixteen/$sixteen/" .agentd/log/events.jsonl
stop_agentd

# What changed while nobody looked is heard of, however deep.
edit absent $sixteen
start_agentd
wait_for 'it wakes after a restart' ran absent
ok 'the depth is told again' [ "$(events watch_depth)" = 2 ]
wait_for 'all are idle' idle
stop_agentd
repositories_are_well

# SIGTERM while a repository cannot be committed to: nothing waits for that, and the next daemon saves what was to be saved.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # a merge that is given up leaves a tree that nothing names

cat >"$T/story.txt" <<'EOS'
reply
  when say fact
  call remember {"text":"The one fact."}
default reply
  text Well.
EOS
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/kira
(cd agents/kira && git checkout -qb other && echo c >>SOUL.md && git commit -qam c && git checkout -q main && echo d >>SOUL.md && git commit -qam d)
git -C agents/kira merge -q other >/dev/null 2>&1 && fail 'the merge had no conflict'
agentctl run kira --message 'say fact' >"$T/run" 2>&1 & client=$!
wait_for 'a person is told' incident 'repository agents/kira'
then=$(date +%s%3N)
stop_agentd
took=$(($(date +%s%3N) - then))
ok "it ends before it is forced to ($took ms)" test $took -lt 8000
equal 'and is not forced to' 0 "$(events stop_forced)"
wait $client || true
has 'who followed is told that it goes on' 'it goes on when it starts again' "$T/run"
git -C agents/kira merge --abort
start_agentd
saved() { [ "$(git -C agents/kira show HEAD:MEMORY.md | grep -c 'The one fact')" = 1 ]; }
wait_for 'the next one saves it' saved
last() { agentctl status --json | jq -e '.agents[] | .last.outcome == "done"'; }
wait_for 'and it is done' last
stop_agentd
repositories_are_well

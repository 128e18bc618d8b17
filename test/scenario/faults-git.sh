# Repositories that cannot be committed to: a lock that somebody's git has left, a merge that a person is in, an object or a branch
# that is lost. A person is told what to do, agents work on, what they write waits and is committed when it can be.
. "$SOURCE/test/scenario/lib.sh"
dangling=--no-dangling # kill -9 leaves objects that nothing names

n=0
: >"$T/story.txt"
while [ $n -lt 9 ]; do
	n=$((n + 1))
	printf 'reply\n  when say fact-%d\n  call remember {"text":"Fact %d."}\nreply\n  when say fact-%d\n  text Well.\n' $n $n $n >>"$T/story.txt"
done
start_provider openai "$T/story.txt"
make_workspace support-desk
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/max
wait_for 'the first commits' has_commit agents/kira
waits() { agentctl status --json | jq -e --arg name "$1" '.agents[] | select(.name == $name) | .session != null'; }
committed() { [ "$(git -C "agents/$1" show HEAD:MEMORY.md | grep -c "Fact $2\.")" = 1 ]; }
clients=
remember() { agentctl run "$1" --message "say fact-$2" >"$T/run-$2" 2>&1 & clients="$clients $!"; }

# ---- an object that is lost ----
object=$(git -C agents/kira rev-parse 'HEAD^{tree}' | sed 's,^..,&/,')
mv "agents/kira/.git/objects/$object" "$T/object"
kill -9 $(processes agentd-history) 2>/dev/null || true # it may hold a copy
remember kira 3
wait_for 'a person is told' incident 'repository agents/kira'
agentctl status >"$T/out"
has 'what is lost' 'object not found' "$T/out"
has 'what to do' 'fsck' "$T/out"
mv "$T/object" "agents/kira/.git/objects/$object"
wait_for 'all goes on' committed kira 3
wait_for 'and is over' no_incident 'repository agents/kira'

# A lock of somebody else's git, made just now, closed: nobody may know. It ripens while the rest is looked at.
wait_for 'max is at rest' clean agents/max
touch -d '+1 hour' agents/max/.git/index.lock # younger than all that runs
sleep 0.01
touch agents/max/.git/index.lock
remember max 1

# ---- a person in a merge ----
(cd agents/kira && git checkout -qb other && echo a >>SOUL.md && git commit -qam a && git checkout -q main && echo b >>SOUL.md && git commit -qam b)
git -C agents/kira merge -q other >/dev/null 2>&1 && fail 'the merge had no conflict'
remember kira 2
wait_for 'a person is told' incident 'repository agents/kira'
agentctl status >"$T/out"
has 'and how to go on' 'git merge --continue or --abort' "$T/out"
git -C agents/kira merge --abort
wait_for 'all goes on' committed kira 2
wait_for 'and is over' no_incident 'repository agents/kira'

# ---- a branch that is lost: no new beginning ----
head=$(git -C agents/kira rev-parse HEAD)
rm agents/kira/.git/refs/heads/main
remember kira 4
wait_for 'a person is told' incident 'repository agents/kira'
agentctl status --json | jq -r '.incidents[].text' >"$T/out"
has 'what to do' "update-ref refs/heads/main $head" "$T/out"
git -C agents/kira update-ref refs/heads/main "$head"
wait_for 'all goes on' committed kira 4
wait_for 'and is over' no_incident 'repository agents/kira'

# ---- the repository as a whole, by a person who was told to ----
mv agents/kira/.git "$T/kira.git"
remember kira 5
wait_for 'a new one is begun' has_commit agents/kira
wait_for 'with all that the files hold' committed kira 5
committed kira 4 || fail 'a fact was lost'

# ---- the lock ----
equal 'it is still there' yes "$([ -e agents/max/.git/index.lock ] && echo yes)"
wait_for 'a person is told' incident 'repository agents/max'
doctor_tells() { agentctl doctor | grep -q index.lock; }
wait_for 'doctor tells of it, too' doctor_tells
WAIT=60 wait_for 'nobody holds it: it is removed' committed max 1
lock_is_logged() { [ "$(events lock_removed max)" = 1 ]; }
wait_for 'that is logged' lock_is_logged # the commit is there before agentd is told of it
wait_for 'and is over' no_incident 'repository agents/max'
wait $clients

# ---- an agent that is gone has no repository that could be mended ----
rm agents/max/.git/refs/heads/main
echo 'max likes tea.' >>agents/max/SOUL.md
wait_for 'a person is told' incident 'repository agents/max'
rm -r agents/max
wait_for 'and is over' no_incident 'repository agents/max'
stop_agentd
repositories_are_well

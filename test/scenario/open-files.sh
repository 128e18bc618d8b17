# A person has a file open for writing (`cat >>MEMORY.md`, a script that appends) while an agent remembers or posts: what is typed
# next is not lost, the agent's entry waits until the file is closed, and `status` says so.
. "$SOURCE/test/scenario/lib.sh"

cat >"$T/story.txt" <<'EOS'
reply
  when say fact
  call remember {"text":"The one fact."}
reply
  when say post
  call bulletin_post {"text":"The one post."}
reply
  when say much
  call bulletin_post {"text":"Post 1."}
reply
  when say much
  call bulletin_post {"text":"Post 2."}
reply
  when say much
  call bulletin_post {"text":"Post 3."}
default reply
  text Well.
EOS
start_provider openai "$T/story.txt"
make_workspace
agentctl new kira >/dev/null
use_provider openai
start_agentd
wait_for 'the first commits' has_commit agents/kira
no_alert() { [ "$(events alert)" = 0 ]; }
waits() { agentctl status --json | jq -e --arg why "$1 is open for writing by another program" '.agents[] | .reason == $why'; }
is_free() { agentctl status --json | jq -e '.agents[] | .reason == null and .state == "idle"'; }
by() { [ "$(git -C "$1" log --author="$2" --format=%s -S"$3" | wc -l)" = 1 ]; } # by REPOSITORY AUTHOR TEXT

# ---- what an agent remembers ----
exec 9>>agents/kira/MEMORY.md
agentctl run kira --message 'say fact' >"$T/run" 2>&1 9>&- & client=$!
wait_for 'status says what is waited for' waits MEMORY.md
echo '- mine' >&9
has 'what was typed is in the file' '- mine' agents/kira/MEMORY.md
has_not 'what the agent remembers is not, yet' 'The one fact' agents/kira/MEMORY.md
exec 9>&-
wait_for 'it comes when the file is closed' grep -q 'The one fact' agents/kira/MEMORY.md
wait $client || { cat "$T/run"; fail 'the session did not end well'; }
has 'what was typed is there' '- mine' agents/kira/MEMORY.md
wait_for 'the person'"'"'s line is the person'"'"'s' by agents/kira 'Pat Person' '- mine'
wait_for 'the fact is the agent'"'"'s' by agents/kira kira 'The one fact'
wait_for 'nothing is held' is_free

# ---- what an agent posts ----
exec 9>>shared/BULLETIN.md
agentctl run kira --message 'say post' >"$T/run" 2>&1 9>&- & client=$!
wait_for 'status says what is waited for' waits shared/BULLETIN.md
printf '\n## 2026-11-21 12:00Z [Pat]\n- Away on Friday.\n' >&9
has 'what was typed is in the file' 'Away on Friday' shared/BULLETIN.md
has_not 'the post is not, yet' 'The one post' shared/BULLETIN.md
exec 9>&-
wait_for 'it comes when the file is closed' grep -q 'The one post' shared/BULLETIN.md
wait $client || { cat "$T/run"; fail 'the session did not end well'; }
has 'what was typed is there' 'Away on Friday' shared/BULLETIN.md
wait_for 'the person'"'"'s post is the person'"'"'s' by . 'Pat Person' 'Away on Friday'
wait_for 'the post is the agent'"'"'s' by . kira 'The one post'
wait_for 'nothing is held' is_free

ok 'nobody was told of an alert' no_alert

# ---- a script that appends line by line ----
dangling=--no-dangling # what was made for a file that was another by then
for line in $(seq 60); do
	echo "- line $line of a script" >>shared/BULLETIN.md
	sleep 0.03
done & script=$!
agentctl run kira --message 'say much' >"$T/run" 2>&1 || { cat "$T/run"; fail 'the session did not end well'; }
wait $script
equal 'each of its lines is there, once' 60 "$(grep -c 'of a script$' shared/BULLETIN.md)"
equal 'and each post' 3 "$(grep -c 'Post [123]\.$' shared/BULLETIN.md)"
wait_for 'all is committed' clean "$W"
stop_agentd
repositories_are_well

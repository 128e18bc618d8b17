# More edits than the kernel can tell, and fewer watches than there are folders: a warning, and nothing is missed.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
start_agentd
wait_for 'the first commits' has_commit agents/max

# The queue overflows while the daemon is stopped.
queue=$(cat /proc/sys/fs/inotify/max_queued_events)
[ "$queue" -le 100000 ] || skip "a queue of $queue events is too long to fill"
kill -STOP "$daemon"
mkdir agents/kira/knowledge/many
i=0
(
	cd agents/kira/knowledge
	while [ $i -lt $((queue / 4 + 200)) ]; do
		: >x.md; mv x.md y.md; rm y.md
		i=$((i + 1))
	done
)
echo '- I was edited in the noise.' >>agents/kira/SOUL.md
echo '- So was I.' >>agents/max/SOUL.md
kill -CONT "$daemon"
wait_for 'the overflow is told' grep -q '"watch_overflow"' .agentd/log/events.jsonl
wait_for 'kira is reloaded' sh -c 'grep "\"reload\"" .agentd/log/events.jsonl | grep -q kira'
wait_for 'max is reloaded' sh -c 'grep "\"reload\"" .agentd/log/events.jsonl | grep -q max'
wait_for 'kira is committed' sh -c 'git -C agents/kira log -1 --format=%s | grep -q SOUL.md'
echo '- And later, watched as before.' >>agents/kira/SOUL.md
wait_for 'edits are seen as before' sh -c 'git -C agents/kira show HEAD:SOUL.md | grep -q "watched as before"'
stop_agentd

# Four watches for more folders than that, in a user namespace of its own.
unshare -Ur sh -c 'echo 4 >/proc/sys/user/max_inotify_watches' 2>/dev/null || skip 'no user namespace with limits of its own'
rm -f .agentd/log/events.jsonl
unshare -Ur sh -c "echo 4 >/proc/sys/user/max_inotify_watches && exec agentd -w '$W'" 2>>"$T/agentd.log" &
daemon=$!
wait_for 'the limit is told' grep -q '"watch_limit"' .agentd/log/events.jsonl
has 'with the mend' sysctl .agentd/log/events.jsonl
wait_for 'it serves' grep -q '"ready"' .agentd/log/events.jsonl
echo '- Not watched, yet seen.' >>agents/max/SOUL.md
kill -HUP "$daemon"
wait_for 'SIGHUP looks at everything' sh -c 'git -C agents/max show HEAD:SOUL.md | grep -q "Not watched"'
kill -TERM "$daemon"; wait "$daemon" || fail "agentd ended with $?"
daemon=
repositories_are_well

# Files that are not watched are not told of again and again: nothing came to them.
W=$T/calm
make_workspace
rm -rf agents/*
mkdir -p agents/reader/knowledge
printf '# reader\n\nI read.\n' >agents/reader/SOUL.md
printf '## On file change (knowledge/)\n- [ ] Read what changed\n' >agents/reader/HEARTBEAT.md
printf '## When anything\n- say: read\n' >agents/reader/REHEARSAL.md
(cd agents/reader/knowledge && seq 70 | sed 's/$/.md/' | xargs touch)
unshare -Ur sh -c "echo 4 >/proc/sys/user/max_inotify_watches && exec agentd -w '$W'" 2>>"$T/agentd.log" &
daemon=$!
wait_for 'the limit is told again' grep -q '"watch_limit"' .agentd/log/events.jsonl
wait_for 'it serves' agentctl ready
wait_for 'the first commit' has_commit agents/reader
equal 'the folder of the agent is watched, not the one in it' 4 "$(cat /proc/"$daemon"/fdinfo/* | grep -c '^inotify')"
committed() { git -C agents/reader show HEAD:SOUL.md | grep -q "$1"; }
mkdir agents/reader/notes
(cd agents/reader && seq 70 | sed 's/$/.md/' | xargs touch)
for i in 1 2 3; do
	echo "- Edit $i." >>agents/reader/SOUL.md
	wait_for "edit $i is committed" committed "Edit $i"
done
equal 'a folder and many files beside them wake nobody' 0 "$(db 'SELECT count(*) FROM session')"
echo 'A fact.' >agents/reader/knowledge/1.md
kill -HUP "$daemon"
ran() { [ "$(events session_end reader)" = 1 ]; }
wait_for 'one of them does, when all are looked at' ran
stop_agentd
repositories_are_well

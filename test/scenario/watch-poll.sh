# Not everything can be watched: that is told, with the mend, and edits are noticed all the same, a little later.
. "$SOURCE/test/scenario/lib.sh"

unshare -Ur sh -c 'echo 4 >/proc/sys/user/max_inotify_watches' 2>/dev/null || skip 'no user namespace with limits of its own'
make_workspace support-desk
# unwatched WHAT: by a daemon that runs already; nothing but its own looks tells it of an edit.
unwatched() {
	wait_for "$1: it is told" grep -q '"watch_limit"' .agentd/log/events.jsonl
	has "$1: and what follows" 'looked at every 30 s' .agentd/log/events.jsonl
	wait_for "$1: it serves" agentctl ready
	wait_for "$1: the first commits" has_commit agents/max
	echo "- $1: noticed." >>agents/max/SOUL.md
	committed() { git -C agents/max show HEAD:SOUL.md | grep -qF "$1: noticed"; }
	WAIT=60 wait_for "$1: the edit is committed" committed "$1"
	kill -TERM "$daemon"
	wait "$daemon" || fail "agentd ended with $?"
	daemon=
}

# Four watches for more folders than that, in a user namespace of its own.
unshare -Ur sh -c "echo 4 >/proc/sys/user/max_inotify_watches && exec agentd -w '$W'" 2>>"$T/agentd.log" &
daemon=$!
unwatched 'no more watches'
repositories_are_well

# What else cannot be watched: more entries than are looked at, more folders than agentd keeps in mind.
told() { # told WHAT TEXT: by the next daemon
	rm -f .agentd/log/events.jsonl
	start_agentd
	wait_for "$1: it is told" grep -q '"watch_limit"' .agentd/log/events.jsonl
	has "$1: in words" "$2" .agentd/log/events.jsonl
	stop_agentd
}
mkdir agents/kira/many
echo /many/ >>agents/kira/.gitignore
(cd agents/kira/many && seq 20001 | xargs touch)
told 'a large folder' 'agents/kira/many: more than 20000 entries in a folder'
rm -rf agents/kira/many
if grep -qa watcher.folder "$BUILD/bin/agentd"; then
	AGENTD_FAILPOINTS=watcher.folder=error:ENOMEM@5+
	export AGENTD_FAILPOINTS
	told 'many folders' 'more than 100000 folders to watch'
	unset AGENTD_FAILPOINTS
fi
rm -f .agentd/log/events.jsonl
start_agentd
wait_for 'nothing of that' has_commit agents/kira
equal 'all is watched' 0 "$(events watch_limit)"
stop_agentd
repositories_are_well

# log, logs, backup: the story that git tells, what the daemon did, and all of it in one file.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
sed -i 's/^timezone:/log_size: 64KiB\nlog_files: 20\ntimezone:/' agentd.yaml
start_agentd
wait_for 'the first commits' sh -c 'git -C agents/kira rev-parse -q --verify HEAD && git -C agents/max rev-parse -q --verify HEAD'
agentctl run kira --heartbeat Daily --json >"$T/run.jsonl"
session=$(tail -n 1 "$T/run.jsonl" | jq -r .session)
wait_for 'max answers' grep -qF '[max]' shared/BULLETIN.md
wait_for 'all is quiet' sh -c 'agentctl status --json | jq -e ".daemon.sessions_open == 0"'
wait_for 'all is committed' sh -c 'for r in . agents/kira agents/max; do [ -z "$(git -C $r status --porcelain)" ] || exit 1; done'

# ---- log ----
agentctl log --json >"$T/log"
equal 'keys' 'author commit email files patch repository subject time trailers' "$(jq -r 'map(keys) | add | unique | join(" ")' "$T/log")"
equal 'all repositories' '[".","agents/kira","agents/max"]' "$(jq -c 'map(.repository) | unique' "$T/log")"
equal 'newest first' true "$(jq 'map(.time) | . == (sort | reverse)' "$T/log")"
equal 'times are UTC' true "$(jq 'all(.[]; .time | test("^[0-9-]{10}T[0-9:]{8}Z$"))' "$T/log")"
for repository in . agents/kira agents/max; do
	equal "every commit of $repository" "$(git -C $repository log --format=%H | sort)" \
		"$(jq -r --arg r $repository '.[] | select(.repository == $r).commit' "$T/log" | sort)"
done
jq --arg s "$session" '[.[] | select(.repository == "agents/kira" and .trailers.Session == $s)][0]' "$T/log" >"$T/one"
equal 'the trailers' "{\"Agent\":\"kira\",\"Cause\":\"heartbeat Daily (07:00)\",\"Cost-USD\":\"0.000000\",\"Model\":\"rehearsal\",\"Session\":\"$session\"}" \
	"$(jq -cS .trailers "$T/one")"
equal 'subject, author, files' '["memory: 2 facts from Daily (07:00)","kira","kira@agentd.local",["MEMORY.md"]]' \
	"$(jq -c '[.subject, .author, .email, .files]' "$T/one")"
equal 'as git says' "$(git -C agents/kira log -1 --format=%H)" "$(jq -r .commit "$T/one")"
equal 'the post, with the same session' "$session" \
	"$(jq -r '.[] | select(.repository == "." and .author == "kira").trailers.Session' "$T/log")"
equal 'no patch unless asked' 0 "$(jq '[.[] | select(.patch)] | length' "$T/log")"
agentctl log kira -n 1 -p --json >"$T/out"
equal 'one of one agent' 'agents/kira' "$(jq -r 'map(.repository) | join(" ")' "$T/out")"
ok 'with its diff' jq -e '.[0].patch | contains("+- ") and contains("MEMORY.md") and contains("report duplicate charges")' "$T/out"
agentctl log -n 2 >"$T/out"
equal 'a line each' 2 "$(wc -l <"$T/out")"
agentctl log kira -p >"$T/out"
has 'a diff to read' '+++ b/MEMORY.md' "$T/out"
has 'why it was' 'memory: 2 facts from Daily (07:00)  (heartbeat Daily (07:00))' "$T/out"
status 1 agentctl log nobody
status 1 agentctl log ../../etc
status 2 agentctl log -n 0

# ---- logs ----
agentctl logs -n 1000 --json >"$T/out"
ok 'as they stand in the file' cmp "$T/out" .agentd/log/events.jsonl
equal 'keys' 'event level message time' "$(jq -rs 'map(keys) | .[0] as $first | reduce .[] as $k ($first; [.[] | select(IN($k[]))]) | sort | join(" ")' "$T/out")"
equal 'the last two' "$(tail -n 2 .agentd/log/events.jsonl)" "$(agentctl logs -n 2 --json)"
equal 'of one agent' '["max"]' "$(agentctl logs max --json | jq -sc 'map(.agent) | unique')"
agentctl logs -n 1000 kira >"$T/out"
has 'for a person' 'kira: Daily (07:00) done' "$T/out"
has_not 'and of nobody else' 'max:' "$T/out"
equal 'the last two of an agent' "$(jq -c 'select(.agent == "max")' .agentd/log/events.jsonl | tail -n 2 | jq -r .message)" \
	"$(agentctl logs max -n 2 --json | jq -r .message)"

# Followed, while the file is turned over under it.
agentctl logs -f -n 1 --json >"$T/followed" & follower=$!
agentctl logs --follow max -n 1 --json >"$T/max" & other=$!
wait_for 'it shows the last line' test -s "$T/followed"
wait_for 'the other too' test -s "$T/max"
tail -n 1 "$T/followed" >"$T/seen"
ok 'the last one there is' sh -c 'tail -n 1 .agentd/log/events.jsonl | cmp - "$1"' - "$T/seen"
n=0
while [ $n -lt 1000 ]; do
	printf '{"jsonrpc":"2.0","id":%d,"method":"%s","params":{"agents":["kira"]}}\n' $n "$([ $((n % 2)) = 0 ] && echo pause || echo resume)"
	n=$((n + 1))
done >"$T/calls"
mkfifo "$T/keep"
socat - "UNIX-CONNECT:.agentd/agentd.sock" <"$T/keep" >"$T/answers" & client=$!
exec 9>"$T/keep"
cat "$T/calls" >&9
wait_for 'all are answered' sh -c '[ $(grep -c "\"result\"" "$1") = 1000 ]' - "$T/answers"
exec 9>&-
wait $client || true
ok 'the file was turned over' test -e .agentd/log/events.jsonl.1
ok 'once or more often' sh -c 'ls .agentd/log/events.jsonl.*'
# All lines since, in order: the older files, the oldest first, then the file.
ls .agentd/log/events.jsonl.* | sort -t. -k4 -rn >"$T/files"
cat $(cat "$T/files") .agentd/log/events.jsonl | grep -nF "$(cat "$T/seen")" | tail -n 1 | cut -d: -f1 >"$T/from"
cat $(cat "$T/files") .agentd/log/events.jsonl | tail -n "+$(cat "$T/from")" >"$T/expected"
wait_for 'the follower has seen every line of it, once, in order' cmp "$T/expected" "$T/followed"
status 0 agentctl run max --message hello
wait_for 'max'"'"'s follower sees what is new' sh -c 'grep -q session_end "$1" && [ "$(jq -r .agent "$1" | sort -u)" = max ]' - "$T/max"
kill $follower $other
wait $follower $other 2>/dev/null || true

# ---- backup ----
echo 'not in a repository' >agents/kira/work/notes.txt 2>/dev/null || { mkdir -p agents/kira/work; echo x >agents/kira/work/notes.txt; }
tree . >"$T/before"
status 0 agentctl backup "$T/all.tar"
tree . >"$T/after"
ok 'a backup changes nothing' cmp "$T/before" "$T/after"
status 1 agentctl backup "$T/all.tar"
has 'and writes over nothing' 'exists already' "$T/out"
status 1 agentctl backup "$T/no/such/folder/all.tar"
status 2 agentctl backup
equal 'nothing is left beside it' "$T/all.tar" "$(ls -d "$T"/all.tar*)"
mkdir "$T/restored" && tar -C "$T/restored" -xf "$T/all.tar"
equal 'what is in it' 'agent-kira.bundle agent-max.bundle state.db workspace.bundle' "$(cd "$T/restored" && echo *)"
for pair in .:workspace agents/kira:agent-kira agents/max:agent-max; do
	repository=${pair%%:*} bundle=$T/restored/${pair#*:}.bundle
	git clone -q "$bundle" "$T/clone"
	equal "$bundle clones back: all commits" "$(git -C "$repository" rev-list --all)" "$(git -C "$T/clone" rev-list --all)"
	equal 'at the same place' "$(git -C "$repository" rev-parse HEAD)" "$(git -C "$T/clone" rev-parse HEAD)"
	equal 'on the same branch' "$(git -C "$repository" symbolic-ref HEAD)" "$(git -C "$T/clone" symbolic-ref HEAD)"
	ok 'sound' sound "$T/clone"
	rm -rf "$T/clone"
done
equal 'the database is one' 'SQLite format 3' "$(head -c 15 "$T/restored/state.db")"

# A workspace again, of the bundles and the database alone: the same agents, the same past.
stop_agentd
git clone -q "$T/restored/workspace.bundle" "$T/again"
for agent in kira max; do git clone -q "$T/restored/agent-$agent.bundle" "$T/again/agents/$agent"; done
mkdir -m 700 "$T/again/.agentd" && cp "$T/restored/state.db" "$T/again/.agentd/"
rows() { agentctl -w "$1" schedule --from 2026-01-01 -n 1000 --json | jq 'map(select(.state != "due"))'; }
equal 'what ran' "$(rows .)" "$(rows "$T/again")"
W=$T/again
start_agentd
equal 'the last results' "$(jq -r 'select(.event == "session_end").session' "$T/run.jsonl")" \
	"$(agentctl -w "$W" status kira --json | jq -r '.agents[0].last.session')"
(cd "$T" && status 0 agentctl -w again backup again.tar && [ -f again.tar ]) # while it runs, into the current folder
stop_agentd

# status, schedule, prompt, ready: what a person looks at, with a daemon and without; and looking changes nothing.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
at '2026-11-24 06:00Z' # a Tuesday

# ---- without a daemon ----
tree . >"$T/before"
for command in check 'check --json' doctor schedule 'schedule kira --json' 'prompt kira' 'prompt max --heartbeat bulletin --json' \
	log 'log --json -p' budget 'budget max --json' stats 'stats --calls --json' 'why kira' 'why max --json' help 'help run' 'completion bash'; do
	status 0 agentctl $command
done
status 1 agentctl logs
has 'logs says that nothing was here' 'nothing has run in this workspace yet' "$T/out"
equal 'no commit of kira yet' '[]' "$(agentctl log kira --json)"
tree . >"$T/after"
ok 'looking changes no byte' cmp "$T/before" "$T/after"
ok 'and makes no .agentd' test ! -e .agentd
(cd agents/kira/knowledge && status 0 agentctl schedule kira) # found from the folders above
(cd / && status 1 agentctl schedule)

# ---- schedule ----
list() { agentctl schedule --json "$@"; }
equal 'keys' 'agent at file heartbeat line local outcome reason session slots state until zone' "$(list | jq -r 'map(keys) | add | unique | join(" ")')"
equal '20 are shown' 20 "$(list | jq length)"
equal '--count is the total over all agents' '3 ["kira","max"]' "$(list --from 2026-11-25T07:00Z -n 3 | jq -r '"\(length) \(map(.agent) | unique)"')"
equal 'in order of time' true "$(list -n 100 | jq '[.[].at] == ([.[].at] | sort)')"
equal 'one slot' '{"agent":"kira","heartbeat":"Daily (07:00)","file":"agents/kira/HEARTBEAT.md","line":3,"at":"2026-11-24T07:00:00Z","local":"2026-11-24T07:00:00+00:00","zone":"UTC","state":"due","reason":null,"session":null,"outcome":null,"slots":1,"until":"2026-11-24T07:00:00Z"}' \
	"$(list -n 1 | jq -c '.[0]')"
first() { list kira -n 1 --from "$1" | jq -r '.[0].at'; }
equal '--from is inclusive' 2026-11-24T07:00:00Z "$(first 2026-11-24T07:00:00Z)"
equal 'to the second' 2026-11-25T07:00:00Z "$(first 2026-11-24T07:00:01Z)"
equal 'with an offset' 2026-11-24T07:00:00Z "$(first 2026-11-24T08:00:00+01:00)"
equal 'it looks back too' '["2026-10-23T07:00:00Z","due"]' "$(list kira -n 1 --from 2026-10-23 | jq -c '.[0] | [.at, .state]')"
equal 'only the named agent' '["max"]' "$(list max | jq -c 'map(.agent) | unique')"
sed -i 's/^timezone: .*/timezone: Europe\/Berlin/' agentd.yaml
sed -i 's/^role:/timezone: Asia\/Kathmandu\nrole:/' agents/max/SOUL.md
equal 'a time without a zone is the workspace'"'"'s' 2026-11-24T06:00:00Z "$(first '2026-11-24 07:00')"
equal 'local time, offset, zone' '["2026-11-24T07:00:00+01:00","Europe/Berlin"]' "$(list kira -n 1 --from 2026-11-24 | jq -c '.[0] | [.local, .zone]')"
equal 'the zone of the agent comes first' '["2026-11-24T11:15:00Z","2026-11-24T17:00:00+05:45","Asia/Kathmandu"]' \
	"$(list max -n 1 --from 2026-11-24T11:00Z | jq -c '.[0] | [.at, .local, .zone]')"
agentctl schedule -n 2 >"$T/out"
has 'the table names the line' 'Daily (07:00) (line 3)' "$T/out"
git checkout -q agentd.yaml && cp "$SOURCE/examples/support-desk/agents/max/SOUL.md" agents/max/SOUL.md
status 1 agentctl schedule --from yesterday
status 2 agentctl schedule --count 0
status 2 agentctl schedule --count many
status 1 agentctl schedule nobody

# ---- a beat at its time, with a provider that hears everything ----
cat >"$T/story.txt" <<'EOS'
default reply
  text HEARTBEAT_OK
EOS
at '2026-11-24 06:59:57Z'
start_provider anthropic "$T/story.txt"
use_provider anthropic
start_agentd
status 0 agentctl ready
state() { list kira --from 2026-11-24T07:00:00Z -n 1 | jq -r '.[0].state'; }
ran() { [ "$(state)" = ran ]; }
wait_for 'the slot at 07:00 ran' ran
list kira --from 2026-11-24T07:00:00Z >"$T/list"
equal 'its row is joined with what the file says' '["Daily (07:00)","agents/kira/HEARTBEAT.md",3,"2026-11-24T07:00:00Z","ran","done",26]' \
	"$(jq -c '.[0] | [.heartbeat, .file, .line, .at, .state, .outcome, (.session | length)]' "$T/list")"
equal 'once' 1 "$(jq '[.[] | select(.at == "2026-11-24T07:00:00Z")] | length' "$T/list")"
equal 'what comes is due' '["2026-11-25T07:00:00Z","due",null]' "$(jq -c '.[1] | [.at, .state, .session]' "$T/list")"
session=$(jq -r '.[0].session' "$T/list")

# ---- prompt: exactly what is sent ----
agentctl prompt kira --heartbeat Daily --json >"$T/prompt"
status 0 agentctl run kira --heartbeat Daily
request "$(requests)" >"$T/request"
moment() { sed -E 's/(^|\\n)Now: [^\\]*/\1Now/g'; }
jq '[.[] | select(.role == "system") | .text]' "$T/prompt" >"$T/expected"
jq '.body.system | map(.text)' "$T/request" >"$T/actual"
ok 'the system blocks are those of the request' cmp "$T/expected" "$T/actual"
jq '[.[] | select(.role == "user") | .text] | join("\n\n")' "$T/prompt" | moment >"$T/expected"
jq '.body.messages[0].content | if type == "string" then . else map(.text) | join("") end' "$T/request" | moment >"$T/actual"
has 'when it ran last' 'Last run: 2026-11-24 07:00' "$T/prompt"
ok 'the user turn too' cmp "$T/expected" "$T/actual"
equal 'one user turn' '["user"]' "$(jq -c '.body.messages | map(.role)' "$T/request")"
equal 'the cache boundary is where the request marks it' "$(jq -r '[.[] | select(.stable)][-1].text' "$T/prompt")" \
	"$(jq -r '[.body.system[] | select(.cache_control)][-1].text' "$T/request")"
equal 'stable sections come first' true "$(jq 'map(.stable) | . == (sort | reverse)' "$T/prompt")"
equal 'keys' 'name role stable text tokens untrusted' "$(jq -r 'map(keys) | add | unique | join(" ")' "$T/prompt")"
equal 'in the order of the design' 'constitution soul house principles patterns knowledge recent bulletin beat' \
	"$(jq -r 'map(.name) | join(" ")' "$T/prompt")"
equal 'what comes from others is marked' bulletin "$(jq -r '.[] | select(.untrusted).name' "$T/prompt")"
agentctl prompt kira --heartbeat Daily >"$T/out"
equal 'one cache boundary' 1 "$(grep -c 'cache boundary' "$T/out")"
equal 'between the right sections' 'recent' "$(sed -n '/cache boundary/{n;s/── \([a-z]*\) .*/\1/p}' "$T/out")"
equal 'the first cut by a begins-with, the second by a contains' '["Daily (07:00)","Weekly (Monday 09:00)"]' \
	"$(for text in Daily Monday; do agentctl prompt kira --heartbeat $text --json | jq -r '.[-1].text' | sed -n 's/^Heartbeat: //p'; done |
	jq -Rsc 'split("\n") | map(select(. != ""))')"
ok 'a message is a user turn' sh -c "agentctl prompt kira --message 'Which plan has invoices?' --json | jq -e '.[-1].role == \"user\" and (.[-1].text | contains(\"Which plan has invoices?\"))'"
status 1 agentctl prompt kira --heartbeat Yearly
status 1 agentctl prompt nobody
status 2 agentctl prompt
status 2 agentctl prompt kira --heartbeat Daily --message hello

# ---- status ----
agentctl status --json >"$T/out"
equal 'keys of an agent' 'last name next paused problems reason session state today_micro_usd' "$(jq -r '.agents | map(keys) | add | unique | join(" ")' "$T/out")"
equal 'kira' '["idle",null,{"heartbeat":"Daily (07:00)","at":"2026-11-25T07:00:00Z"},"done",0]' \
	"$(jq -c '.agents[] | select(.name == "kira") | [.state, .reason, .next, .last.outcome, .today_micro_usd]' "$T/out")"
equal 'the first two runs are not one' false "$(jq --arg s "$session" '.agents[] | select(.name == "kira").last.session == $s' "$T/out")"
equal 'in order of name' '["kira","max"]' "$(agentctl status --json | jq -c '.agents | map(.name)')"
sed -i 's/Monthly (1st, 09:00)/Monthly (45th, 09:00)/' agents/max/HEARTBEAT.md
attention() { agentctl status --json | jq -e '.agents | map(.name) == ["max", "kira"]'; }
wait_for 'what needs attention comes first' attention
ok 'and says where' sh -c "agentctl status --json | jq -e '.agents[0].problems[0] | .file == \"agents/max/HEARTBEAT.md\" and .line == 12'"
equal 'one agent only' '["kira"]' "$(agentctl status kira --json | jq -c '.agents | map(.name)')"
# The zone of a heading is in force: 17:00 in Tokyo is 08:00 in London's winter.
sed -i 's/Weekdays (17:00)/Weekdays (17:00 Asia\/Tokyo)/' agents/max/HEARTBEAT.md
wait_for 'armed by the zone of the heading' sh -c "agentctl status max --json | jq -e '.agents[0].next.at == \"2026-11-24T08:00:00Z\"'"
equal 'the schedule agrees' '["2026-11-24T08:00:00Z","2026-11-24T17:00:00+09:00","Asia/Tokyo"]' "$(list max -n 1 | jq -c '.[0] | [.at, .local, .zone]')"
status 1 agentctl status nobody
cp "$SOURCE/examples/support-desk/agents/max/HEARTBEAT.md" agents/max/HEARTBEAT.md
wait_for 'mended' sh -c "agentctl status --json | jq -e '.agents | map(.name) == [\"kira\", \"max\"]'"
wait_for 'the mend is committed' clean agents/max

# ---- looking changes nothing while it runs, either ----
tree . >"$T/before"
for command in check doctor 'doctor --json' ready status 'status --json' schedule 'schedule --from 2026-11-01 --json' 'prompt kira' 'prompt max --json' \
	log 'log -p' 'log kira --json' logs 'logs --json max' budget 'budget --json' 'stats --since 7d' 'stats kira --calls' 'why kira --json' "why $session"; do
	status 0 agentctl $command
done
tree . >"$T/after"
ok 'no byte changed' cmp "$T/before" "$T/after"
has 'doctor sees the daemon' running "$(agentctl doctor >"$T/doctor"; echo "$T/doctor")"
stop_agentd
repositories_are_well

# ---- ready --wait ----
status 3 agentctl ready
(sleep 0.3; exec agentd -w "$W" 2>>"$T/agentd.log") & daemon=$!
status 0 agentctl ready --wait 30
stop_agentd
status 2 agentctl ready --wait soon
equal 'what is recorded is there without a daemon too' ran "$(state)"

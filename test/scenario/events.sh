# What wakes an agent, and what costs nothing: posts, files, unchanged inputs, empty checklists, closed hours.
. "$SOURCE/test/scenario/lib.sh"

make_workspace
agent() { # agent NAME: with HEARTBEAT.md from stdin
	mkdir -p "agents/$1/knowledge"
	printf '# %s\nI am %s.\n' "$1" "$1" >"agents/$1/SOUL.md"
	printf '1. Be kind.\n' >"agents/$1/CONSTITUTION.md"
	echo 'A fact.' >"agents/$1/knowledge/facts.md"
	cat >"agents/$1/HEARTBEAT.md"
}
agent poster <<'EOS'
## On bulletin
- [ ] Answer what is new
EOS
agent listener <<'EOS'
## On bulletin
- [ ] Answer what is new
EOS
agent reader <<'EOS'
## On file change (knowledge/)
- [ ] Read what changed
EOS
agent hourly <<'EOS'
## Hourly
- [ ] Look at the queue
EOS
agent gated <<'EOS'
---
active_hours: "11:30-18:00"
---
## Hourly
- [ ] Look at the queue
EOS
agent calendar <<'EOS'
## Cron (0 11-14 * * 2)
- [ ] Say what time it is
EOS
agent empty </dev/null
agent commented <<'EOS'
<!--
## Hourly
- [ ] Look at the queue
-->
EOS
agent nothing <<'EOS'
## Hourly
Nothing to do.
EOS
cat >"$T/story.txt" <<'EOS'
reply
  when say post
  call bulletin_post {"text":"First"}
  call bulletin_post {"text":"Second"}
  call bulletin_post {"text":"Third"}
reply
  when \"hourly\"
  call remember {"text":"The queue is short"}
default reply
  text HEARTBEAT_OK
EOS
start_provider openai "$T/story.txt"
use_provider openai

beats() { # beats AGENT: how many calls the provider got for its heartbeats
	jq -s --arg a "You are the agent \"$1\"" '[.[] | select(.event == "request") | .body | tostring
		| select(contains($a | tojson | .[1:-1]) and contains("Heartbeat: "))] | length' "$T/requests.jsonl"; }
slots() { # slots AGENT: what became of the slots at full hours
	agentctl schedule "$1" --from 2026-11-24T10:30Z --count 1000 --json |
		jq -r '[.[] | select(.state != "due") | .at[11:16] + " " + .state + (if .reason then ": " + .reason else "" end)] | join(", ")'; }
slots_are() { [ "$(slots "$1")" = "$2" ]; }
ran() { [ "$(events session_end "$1")" = "$2" ]; }
all_begun() { for a in agents/*/; do has_commit "$a" && clean "$a" || return 1; done; }
idle() { agentctl status --json | jq -e 'all(.agents[]; .state == "idle")'; }

# 11:00: whoever has something to do and may do it now.
at '2026-11-24 10:59:58Z' # a Tuesday
start_agentd
wait_for 'hourly runs' slots_are hourly '11:00 ran'
wait_for 'calendar runs' slots_are calendar '11:00 ran'
wait_for 'nothing is skipped' slots_are nothing '11:00 skipped: nothing to do'
wait_for 'gated is skipped' slots_are gated '11:00 skipped: outside active hours'
equal 'one beat is one conversation' '2 1' "$(beats hourly) $(beats calendar)"
equal 'nobody else called' '0 0 0 0 0 0 0' "$(for a in poster listener reader gated empty commented nothing; do beats $a; done | tr '\n' ' ' | sed 's/ $//')"
has 'what it remembered' 'The queue is short' agents/hourly/MEMORY.md
wait_for 'all are in git' all_begun

# A file in knowledge/ wakes who asked for it: not who did not, not another file, not a session's own.
echo 'Another fact.' >>agents/reader/knowledge/facts.md
wait_for 'reader runs' ran reader 1
equal 'once' 1 "$(beats reader)"
echo 'I read.' >>agents/reader/SOUL.md
echo 'Another fact.' >>agents/hourly/knowledge/facts.md
wait_for 'both edits are committed' all_begun

# Three posts in a row wake the other one once for now, and not their author.
status 0 agentctl run poster --message 'say post'
equal 'three posts' 3 "$(grep -c '^## .*\[poster\]' shared/BULLETIN.md)"
wait_for 'listener runs' ran listener 1
wait_for 'all are idle' idle
equal 'the author is not woken' 0 "$(beats poster)"
equal 'reader is not woken by SOUL.md' 1 "$(beats reader)"
equal 'listener ran once in this minute' 1 "$(beats listener)"
has 'with the cause in the log' 'On bulletin' .agentd/log/events.jsonl
stop_agentd

# 12:00: of hourly only the knowledge changed, of gated nothing but the hour.
at '2026-11-24 11:59:58Z'
start_agentd
wait_for 'hourly runs again' slots_are hourly '11:00 ran, 12:00 ran'
wait_for 'gated may now' slots_are gated '11:00 skipped: outside active hours, 12:00 ran'
wait_for 'calendar runs again' slots_are calendar '11:00 ran, 12:00 ran'
wait_for 'all are idle' idle
heard=$(beats listener) # a second time, of the posts that came in the minute of its first
ok 'listener runs for all of them at most once more' test "$heard" -le 2
stop_agentd

# 13:00: nothing has changed since; what is due by the calendar runs all the same.
before=$(requests)
at '2026-11-24 12:59:58Z'
start_agentd
wait_for 'hourly is skipped' slots_are hourly '11:00 ran, 12:00 ran, 13:00 skipped: unchanged'
wait_for 'gated too' slots_are gated '11:00 skipped: outside active hours, 12:00 ran, 13:00 skipped: unchanged'
wait_for 'calendar runs' slots_are calendar '11:00 ran, 12:00 ran, 13:00 ran'
equal 'no other call was made' $((before + 1)) "$(requests)"
stop_agentd

# 14:00: a beat that says `when: always` runs whether or not.
printf -- '---\nwhen: always\n---\n## Hourly\n- [ ] Look at the queue\n' >agents/gated/HEARTBEAT.md
at '2026-11-24 13:59:58Z'
start_agentd
wait_for 'gated runs' slots_are gated '11:00 skipped: outside active hours, 12:00 ran, 13:00 skipped: unchanged, 14:00 ran'

# A person's post wakes everybody who listens.
equal 'nobody since' "0 $heard" "$(beats poster) $(beats listener)"
printf '\n## 2026-11-24 14:00Z [pat]\n- Good morning, everybody.\n' >>shared/BULLETIN.md
both() { [ "$(beats poster) $(beats listener)" = "1 $((heard + 1))" ]; }
wait_for 'both run' both
wait_for 'all are idle' idle
stop_agentd
at '2026-11-24 14:59:58Z'
start_agentd
always() { slots gated | grep -q '14:00 ran, 15:00 ran$'; }
wait_for 'and again, though nothing changed' always
stop_agentd
equal 'empty and commented never ran' '0 0' "$(beats empty) $(beats commented)"
repositories_are_well

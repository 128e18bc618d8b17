# An agent whose folder, or whose SOUL.md alone, goes and comes back is as it was: paused, its sections with their last runs and
# inputs; also when it was not there at a start. So is a section that goes and comes back. What came due meanwhile is told, and
# not caught up; nor is what happened.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 06:59:55Z'
make_workspace
for name in kira max; do
	agentctl new $name >/dev/null
	printf '## Tidy (Daily 23:00)\n\n- [ ] Tidy.\n\n## Look (every 30 minutes)\n\n- [ ] Look at it.\n' >agents/$name/HEARTBEAT.md
done
agentctl new ada >/dev/null # it waits for what happens
mkdir -p agents/ada/knowledge
echo 'A fact.' >agents/ada/knowledge/facts.md
printf '## News (On bulletin)\n\n- [ ] Read the news.\n\n## Facts (On file change (knowledge/))\n\n- [ ] Read the facts.\n' >agents/ada/HEARTBEAT.md
printf 'default reply\n  text All is well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
for name in ada kira max; do wait_for "the first commit of $name" has_commit agents/$name; done
agent() { agentctl status "$1" --json | jq -r ".agents[0] | $2"; }
is() { [ "$(agent "$1" "$2")" = "$3" ]; }
# skipped NAME TIME: why its beat of that time was.
skipped() { db "SELECT reason FROM slot WHERE agent = '$1' AND planned = $(date -ud "2026-11-24 $2Z" +%s) AND state = 2"; }
skipped_is() { [ "$(skipped "$1" "$2")" = "$3" ]; }
has_events() { [ "$(events "$2" "$3")" -ge "$1" ]; }
goes() { # goes NAME COMMAND…: the daemon has taken note
	count=$(events agent_gone "$1"); name=$1; shift
	"$@"
	wait_for "$name is gone" has_events $((count + 1)) agent_gone "$name"
}
comes() {
	count=$(events agent_found "$1"); name=$1; shift
	"$@"
	wait_for "$name is back" has_events $((count + 1)) agent_found "$name"
}
for name in kira max; do wait_for "$name has its beat" is $name .last.outcome done; done
asked=$(requests)
last=$(agent max .last.session)

# ---- a section ----
# reads COMMAND…: the daemon has read what that does to kira.
reads() {
	count=$(events reload kira)
	"$@"
	wait_for 'it is read' has_events $((count + 1)) reload kira
}
look() { db "SELECT last_run > 0, inputs <> '', schedule FROM section WHERE agent = 'kira' AND key = 'Look'"; }
known=$(look)
cp agents/kira/HEARTBEAT.md "$T/whole"
sed -n '5,$p' "$T/whole" >"$T/half"
reads cp "$T/half" agents/kira/HEARTBEAT.md
status 0 agentctl pause kira # all that came before is in state.db then
equal 'one that takes the place of another stays what it is' "$known" "$(look)"
reads rm agents/kira/HEARTBEAT.md
reads cp "$T/whole" agents/kira/HEARTBEAT.md
status 0 agentctl pause kira
equal 'one that is back is what it was' "$known" "$(look)"

# ---- while the daemon runs ----
goes kira mv agents/kira "$T"
goes max mv agents/max "$T"
db "DELETE FROM agent WHERE agent = 'kira'" # as what is gone for long leaves
comes kira mv "$T/kira" agents
comes max mv "$T/max" agents
equal 'paused still' 'paused by a person' "$(agent kira '"\(.state) \(.reason)"')"
row_says() { [ "$(db "SELECT paused || reason FROM agent WHERE agent = 'kira'")" = '1by a person' ]; }
wait_for 'and in its row' row_says
equal 'how it went last is known' "$last done" "$(agent max '"\(.last.session) \(.last.outcome)"')"
goes kira rm agents/kira/SOUL.md
comes kira sh -c 'echo "Another kira." >agents/kira/SOUL.md'
equal 'with another SOUL.md, too' paused "$(agent kira .state)"
stop_agentd

at '2026-11-24 07:29:57Z'
start_agentd
wait_for 'nothing has changed since its last run' skipped_is max 07:30 'unchanged'
wait_for 'off means off' skipped_is kira 07:30 'paused'
stop_agentd

# ---- gone at a start ----
mv agents/kira agents/max "$T"
at '2026-11-24 08:29:57Z'
start_agentd
wait_for 'the next beat is due' sh -c "[ \$((\$(date +%s) + $AGENTD_CLOCK_OFFSET)) -ge $(date -ud '2026-11-24 08:30Z' +%s) ]"
comes kira mv "$T/kira" agents
comes max mv "$T/max" agents
equal 'paused still' paused "$(agent kira .state)"
wait_for 'what was missed is told' skipped_is max 08:00 'missed: the section was gone'
agentctl why max >"$T/why"
has 'and explained' 'was not there then' "$T/why"
wait_for 'it is back in time for its beat' skipped_is max 08:30 'unchanged'
equal 'no model was asked again' "$asked" "$(requests)"

# ---- a resume is not forgotten either ----
status 0 agentctl resume kira
goes kira mv agents/kira "$T"
comes kira mv "$T/kira" agents
equal 'it goes on' idle "$(agent kira .state)"

# ---- what happened meanwhile ----
woken() { # what wakes ada, or waits to
	db "SELECT (SELECT group_concat(section) FROM slot WHERE agent = 'ada')" \
		"SELECT 'waits: ' || key FROM section WHERE agent = 'ada' AND pending <> 0"
}
news() { printf '\n## 2026-11-24 %sZ [pat]\n- News of %s.\n' "$1" "$1" >>shared/BULLETIN.md; }
goes ada mv agents/ada "$T"
echo 'Another fact.' >>"$T/ada/knowledge/facts.md"
news 08:30
wait_for 'the news are committed' clean .
comes ada mv "$T/ada" agents
wait_for 'the fact is committed' clean agents/ada
goes ada mv agents/ada/SOUL.md "$T" # as git does it: its folders stay
comes ada sh -c "echo 'A third fact.' >>agents/ada/knowledge/facts.md; mv '$T/SOUL.md' agents/ada"
wait_for 'the third fact is committed' clean agents/ada
stop_agentd
equal 'nobody asked for it then' '' "$(woken)"
at '2026-11-24 08:40Z'
start_agentd
ran() { [ "$(db "SELECT count(*) FROM slot WHERE agent = 'ada' AND section = '$1' AND state = 1")" = 1 ]; }
news 08:40
wait_for 'it hears of news again' ran News
echo 'A fourth fact.' >>agents/ada/knowledge/facts.md
wait_for 'and of facts' ran Facts
stop_agentd
repositories_are_well

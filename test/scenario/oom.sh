# A session that runs out of memory is tried once more, with a smaller transcript: one that can live with that does its work, one that
# cannot is set aside after that one try, and a restart in between changes nothing. Where nothing can be made smaller, the log says so.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/staged.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
grep -qa session.ask "$BUILD/libexec/agentd/agentd-session" || skip 'builds with -DAGENTD_FAILPOINTS=ON only'
make_workspace support-desk
rm -r agents/max
mkdir -p agents/kira/knowledge
for i in $(seq 1 6); do
	{ echo "This is file $i."; head -c 60000 /dev/zero | tr '\0' 'x'; } >"agents/kira/knowledge/$i.md"
done
steps() {
	for i in $(seq 1 6); do
		cat <<EOS
reply
  when $1
  unless leave your context now
  text Step $i.
  call read_file {"path":"knowledge/$i.md"}
EOS
	done
}
{
	steps 'large work'
	cat <<'EOS'
reply
  when large work
  when leave your context now
  text SUMMARY of the large work
reply
  when large work
  text The large work is done.
EOS
	steps 'hungry work'
	cat <<'EOS'
reply
  when hungry work
  when leave your context now
  text SUMMARY of the hungry work
reply
  when small work
  call remember {"text":"Something small"}
reply
  when tiny work
  call remember {"text":"Something tiny"}
reply
  when tiny work
  text The tiny work is done.
EOS
} >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
sed -i 's/name: scripted-1,/name: scripted-1, context: 1000000,/' agentd.yaml
printf 'compaction_turns: 1000\ncrash_backoff_shortest: 0 s\nflap_deaths: 50\nlimits: {per_request_tokens: 10000000, per_task_tokens: 100000000}\n' >>agentd.yaml
start_agentd
asked() { jq -c --arg work "$1" 'select(.event == "request") | .body | tostring | select(contains($work) and contains("leave your context now"))' "$T/requests.jsonl" | wc -l; }
ooms() { db "SELECT count(*) FROM death WHERE oom AND session = '$1'"; }
id() { jq -r 'select(.event == "session_start").session' "$1" | head -n 1; }
starved() { jq -s --arg id "$1" '[.[] | select(.event == "session_starved" and .session == $id)] | length' .agentd/log/events.jsonl; }

# ---- one that lives with less: with more than 300 kB in a request there is no memory left ----
echo 'export AGENTD_FAILPOINTS=session.ask=eat:300000' | acts kira
status 0 agentctl run kira --message 'Do the large work' --json
cp "$T/out" "$T/large.jsonl"
equal 'it is done' 'The large work is done.' "$(tail -n 1 "$T/large.jsonl" | jq -r .text)"
session=$(id "$T/large.jsonl")
equal 'it ran out of memory once' 1 "$(ooms "$session")"
equal 'and was compressed once' 1 "$(asked 'large work')"
equal 'each step was paid for once' 7 "$(tail -n 1 "$T/large.jsonl" | jq .turns)"
jq -c 'select(.event == "request") | .body | tostring' "$T/requests.jsonl" | tail -n 1 >"$T/last"
has 'the last request has the summary' 'SUMMARY of the large work' "$T/last"
has_not 'and not the older turns' 'This is file 4' "$T/last"
status 0 agentctl why "$session" --json
equal 'why tells' true "$(jq '.deaths[0].oom' "$T/out")"

# ---- one that does not ----
cat <<'EOS' | acts kira
case $LIFE in 1) bytes=300000 ;; *) bytes=0 ;; esac
export AGENTD_FAILPOINTS=session.ask=eat:$bytes
EOS
status 1 agentctl run kira --message 'Do the hungry work' --json
cp "$T/out" "$T/hungry.jsonl"
session=$(id "$T/hungry.jsonl")
equal 'one try, and no more' '2 2' "$(lives kira) $(ooms "$session")"
has 'in words' 'set aside: it ran out of memory, and again when it was tried once more' "$T/hungry.jsonl"
has 'with its place' "agentctl transcript $session" "$T/hungry.jsonl"

# ---- one that has nothing to make smaller, and a daemon that dies in between ----
echo 'export AGENTD_FAILPOINTS=session.tools=eat; [ $LIFE = 1 ] || exec sleep 600' | acts kira
agentctl run kira --message 'Do the small work' --json >"$T/small.jsonl" 2>/dev/null & client=$!
second() { [ -e "$T/acts/kira.lives" ] && [ "$(lives kira)" = 2 ]; }
wait_for 'it is tried once more' second
crash
wait $client || true
session=$(id "$T/small.jsonl")
echo 'export AGENTD_FAILPOINTS=session.ask=eat' | acts kira
start_agentd
aside() { [ "$(db "SELECT outcome FROM session WHERE id = '$session'")" = failed ]; }
wait_for 'it is set aside' aside
equal 'at the second time, over a restart' 2 "$(ooms "$session")"
has 'in words' 'nothing of its transcript was made smaller' .agentd/log/events.jsonl

# ---- nothing to make smaller, and well all the same ----
echo '[ $LIFE -gt 1 ] || export AGENTD_FAILPOINTS=session.tools=eat' | acts kira
status 0 agentctl run kira --message 'Do the tiny work' --json
equal 'it is done' 'The tiny work is done.' "$(tail -n 1 "$T/out" | jq -r .text)"
equal 'and the log says that it went on as it was' 1 "$(starved "$(id "$T/out")")"
stop_agentd
repositories_are_well

# A session that has ended is a file that anyone can read, leaves state.db after `retention`, and is shown all the same.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 10:15Z' # a Tuesday
cat >"$T/story.txt" <<'EOS'
reply
  when say circles
  times 5
  call remember {"text":"Round and round."}
reply
  when say story
  text I look, and then I remember. Grüße!
  call list_files {"path":"../../.."}
  call write_file {"path":"work/long.md","text":"abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz abcdefghijklmnopqrstuvwxyz the end"}
  call remember {"text":"Two refunds are open."}
  usage 1000 100
reply
  when say story
  text That is all.
  usage 1200 10
default reply
  text HEARTBEAT_OK
  usage 100 5
EOS
make_workspace
agentctl new kira >/dev/null
agentctl new max >/dev/null
start_provider openai "$T/story.txt"
# settings [LINE]: agentd.yaml with that line more.
settings() {
	cat >"$T/agentd.yaml" <<EOS
timezone: UTC
providers:
  scripted: {kind: openai, base_url: "http://127.0.0.1:$PORT/v1"}
models:
  main: {provider: scripted, name: scripted-1, usd_per_mtok: {input: 1, output: 10}}
routes:
  default: [main]
${1-}
EOS
	cp "$T/agentd.yaml" agentd.yaml
}
settings
rows() { db "SELECT count(*) FROM session WHERE id = '$1'"; }
leaves() { [ "$(rows "$1")$(db "SELECT count(*) FROM step WHERE session = '$1'")" = 00 ]; }
session() { jq -r 'select(.event == "session_end").session' "$T/run.jsonl"; }
has_events() { [ "$(events "$2")" -ge "$1" ]; }
files=.agentd/log/sessions
day=2026-11-24

# ---- the file ----
start_agentd
agentctl run kira --message 'say story' --json >"$T/run.jsonl"
one=$(session)
file=$files/$day/$one.jsonl
wait_for 'its export' test -s "$file"
equal 'for its owner only' '600 700 700' "$(echo $(stat -c %a "$file" $files/$day $files))"
equal 'a line for the session, each step and each call' '["session","step","step","step","step","step","call","call"]' "$(jq -sc 'map(.record)' "$file")"
equal 'who, why and how' '["kira","message","done","main",2,2200,110,3300,"say story"]' \
	"$(jq -c 'select(.record == "session") | [.agent, .cause, .outcome, .model, .turns, .input_tokens, .output_tokens, .cost_micro_usd, .plan.message]' "$file")"
equal 'steps with their effect, arguments and result' '["remember","idempotent","Two refunds are open.",false]' \
	"$(jq -c 'select(.step == 4 and .record == "step") | [.kind, .effect, .intent.text, .result.error]' "$file")"
equal 'what they cost' 3300 "$(jq -s 'map(select(.record == "call").cost_micro_usd) | add' "$file")"
ok 'times in UTC' jq -es 'map(.started, .ended, .at, .time | values) | length == 9 and all(test("^2026-11-24T10:15:[0-9.]+Z$"))' "$file"
cp "$file" "$T/first.jsonl"

# ---- shown ----
agentctl transcript "$one" >"$T/out"
has 'whose it is' "session $one of kira: done" "$T/out"
has 'what a person said' 'message   say story' "$T/out"
has 'the model and what it cost' 'main at scripted' "$T/out"
has 'tokens and money' '1,000 + 100 tokens, $0.002' "$T/out"
has 'its words' '  I look, and then I remember. Grüße!' "$T/out"
has 'a call' 'remember {"text":"Two refunds are open."}: done in' "$T/out"
has 'one that was refused' 'list_files {"path":"../../.."}: refused in' "$T/out"
has 'and why' '    a path has no ".." in it' "$T/out"
has 'long arguments are cut' 'abcdefghijk' "$T/out"
has_not 'at some place' 'the end' "$T/out"
has 'the last turn' '  That is all.' "$T/out"
equal 'two turns' 2 "$(grep -c '^turn ' "$T/out")"
agentctl transcript "$one" --json >"$T/before.json"
equal '--json cuts nothing' true "$(jq '.steps[2].intent.text | endswith("the end")' "$T/before.json")"
equal 'a call is at its step' '[1,1]' "$(jq -c '[.steps[] | select(.kind == "model").calls | length]' "$T/before.json")"
equal 'it comes from' .agentd/state.db "$(jq -r .source "$T/before.json")"
lower=$(echo "$one" | tr A-Z a-z | cut -c1-25)
equal 'the beginning of its id, in any case' "$one" "$(agentctl transcript "$lower" --json | jq -r .session)"
status 1 agentctl transcript 01X
has 'too little to go by' '4 characters' "$T/out"
status 1 agentctl transcript 01ARZ3NDEKTSV4RRFFQ69G5FAV
has 'none such' 'there is no session "01ARZ3NDEKTSV4RRFFQ69G5FAV"' "$T/out"
status 2 agentctl transcript

# ---- one that is parked ----
status 4 agentctl run max --message 'say circles' --json
cp "$T/out" "$T/run.jsonl"
parked=$(session)
wait_for 'its export' test -s $files/$day/$parked.jsonl
status 1 agentctl transcript "$(echo "$one" | cut -c1-4)"
has 'more than one begin so' "more than one session begins with" "$T/out"

# ---- what was missed ----
crash
rm $files/$day/*.jsonl
echo '{"record":"session"' >"$file.part" # it died in the middle
: >$files/$day/$parked.jsonl           # the machine did, too
start_agentd
wait_for 'a missing export is made at the next start' test -s "$file"
wait_for 'an empty one, too' test -s $files/$day/$parked.jsonl
ok 'just as it was' cmp "$file" "$T/first.jsonl"
ok 'nothing lies about' test ! -e "$file.part"

# ---- what cannot be exported ----
mv $files "$T/kept"
echo 'no folder' >$files
agentctl run kira --json >"$T/run.jsonl"
two=$(session)
agentctl run kira --json >"$T/run.jsonl"
three=$(session)
wait_for 'it is told' has_events 1 export_failed
equal 'the daemon works on' done "$(jq -r 'select(.event == "session_end").outcome' "$T/run.jsonl")"
settings 'retention: 1 h'
stop_agentd
at '2026-11-24 12:00Z'
start_agentd
wait_for 'that they stay is told' has_events 1 retention_failed
equal 'no session leaves without its export' '1 1 1' "$(rows $one) $(rows $two) $(rows $three)"
equal 'what fails is told once a start' true "$([ "$(events export_failed)" -le 2 ] && echo true)"
rm $files
mv "$T/kept" $files
agentctl run kira --json >"$T/run.jsonl"
four=$(session)
wait_for 'that it works again is told' has_events 1 export_works

# ---- retention ----
rm "$file"                                  # somebody tidied up
head -c 700 "$T/first.jsonl" >$files/$day/$two.jsonl # and the machine lost its power
stop_agentd
start_agentd
for id in $one $two $three; do wait_for "it has left" leaves $id; done
status 1 agentctl why "$one"
has 'why tells where it is' "agentctl transcript $one" "$T/out"
equal 'one that ended lately stays' 1 "$(rows $four)"
equal 'what is parked stays' '1 parked' "$(rows $parked) $(agentctl status max --json | jq -r '.agents[0].state')"
ok 'its export was made before that' cmp "$file" "$T/first.jsonl"
equal 'and those of the others' '["session","step","call"]' "$(jq -sc 'map(.record)' $files/$day/$two.jsonl)"
equal 'rows that money is reckoned from stay' 2 "$(db "SELECT count(*) FROM call WHERE session = '$one'")"
equal 'a slot that ran stays: it runs once' 1 "$(db "SELECT count(*) FROM slot WHERE session = '$one'")"
agentctl transcript "$one" --json >"$T/after.json"
equal 'it is read from' "$file" "$(jq -r .source "$T/after.json")"
ok 'and is the same' sh -c 'test "$(jq -S "del(.source)" "$1")" = "$(jq -S "del(.source)" "$2")"' - "$T/before.json" "$T/after.json"
stop_agentd
equal 'no daemon is needed' "$one" "$(agentctl transcript "$lower" --json | jq -r .session)"
ok 'nor state.db' sh -c "mv .agentd/state.db '$T/state.db' && agentctl transcript $one | grep -q 'That is all.' && mv '$T/state.db' .agentd/state.db"

# ---- once a day, and no more ----
at '2026-11-24 12:10Z'
start_agentd
# left FD: seconds until that timer of the daemon fires
timers() { for fd in /proc/$daemon/fdinfo/*; do sed -n 's/^it_value: (\([0-9]*\),.*/\1/p' "$fd" 2>/dev/null; done; }
ok 'it looks again in a day' sh -c 'for left; do [ "$left" -gt 86000 ] && [ "$left" -le 86400 ] && exit; done; exit 1' - $(timers)
stop_agentd

# ---- exports grow old, too: ten times as old ----
at '2026-11-25 09:59Z'
start_agentd
wait_for 'the others leave state.db' leaves $four
ok 'their day is not old enough' test -s "$file"
stop_agentd
at '2026-11-25 10:01Z'
start_agentd
wait_for 'it is' test ! -e "$file"
wait_for 'nothing of the day is left' test ! -e $files/$day
status 1 agentctl transcript "$one"
equal 'what is parked is still there' "$parked" "$(agentctl transcript "$parked" --json | jq -r .session)"
agentctl run kira --json >"$T/run.jsonl"
five=$(session)
wait_for 'one more' test -s "$files/2026-11-25/$five.jsonl"
stop_agentd

# ---- slots and the ledger ----
# A clock that is years ahead is not believed at once: what was spent today has to be known when it is put right.
present_is() { [ "$(db "SELECT date(value, 'unixepoch') FROM counter WHERE name = 'retention'")" = "$1" ]; }
at '2029-11-25 12:00Z'
start_agentd
wait_for 'a day of it is believed' present_is 2026-11-26
stop_agentd
start_agentd
wait_for 'and one more by the next start' present_is 2026-11-27
equal 'rows that money is reckoned from stay' 2 "$(db "SELECT count(*) FROM call WHERE session = '$one'")"
stop_agentd
db "UPDATE counter SET value = unixepoch('2027-01-09 12:00') WHERE name = 'retention'" # as many rounds later
at '2027-01-10 12:00Z'
start_agentd
wait_for 'old calls leave' sh -c "[ \$(sqlite3 .agentd/state.db \"SELECT count(*) FROM call WHERE session = '$one'\") = 0 ]"
equal 'old slots do' 0 "$(db "SELECT count(*) FROM slot WHERE session = '$one'")"
stop_agentd

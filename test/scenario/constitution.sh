# No agent loses its constitution: what the file said last holds while it is empty or gone, a person is told, and what was
# kept for that outlives a kill, an edit that no session saw, and its own damage.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
printf 'default reply\n  text Well.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
mkdir agents/bare
echo 'Bare has no rules of its own.' >agents/bare/SOUL.md
file=agents/kira/CONSTITUTION.md kept=.agentd/last-good/kira-CONSTITUTION.md
start_agentd

# rules AGENT: those that the request of one more session holds.
rules() {
	agentctl run "$1" --message 'How are you?' >/dev/null || fail "the run of $1 ended with $?"
	request "$(requests)" | jq -r '.body.messages[0].content' |
		sed -n '/^Your constitution, above all else:$/,/^Who you are:$/ { /^Your constitution/d; /^Who you are:$/d; p }' |
		sed '/^$/d' # the blank lines around
}
words() { sed '/^$/d' "$1"; }
told() { agentctl status --json | jq -e --arg text "$1" 'any(.incidents[]; .key == "constitution kira" and (.text | contains($text)))'; }
is_kept() { [ -e "$kept" ] && [ "$(words "$kept")" = "$(words "$T/$1")" ]; }

# ---- seen by a session ----
cp $file "$T/first"
equal 'the rules are those of the file' "$(words "$T/first")" "$(rules kira)"
ok 'there is a first rule' grep -q '^1\.' "$T/first"
wait_for 'they are kept' is_kept first
: >$file
wait_for 'a person is told of the empty file' told "$file says nothing: what it said last holds"
equal 'they hold' "$(words "$T/first")" "$(rules kira)"
agentctl status >"$T/out"
has 'status says how to put them back' "cp $kept $file" "$T/out"
agentctl why kira >"$T/out"
has 'so does why' "$file says nothing" "$T/out"
cp $kept $file
wait_for 'put back, it is over' no_incident 'constitution kira'

# ---- an edit that no session saw ----
echo '9. Never hum in the office.' >>$file
cp $file "$T/second"
wait_for 'the edit is kept' is_kept second
printf ' \n\n' >$file
wait_for 'blank is empty' incident 'constitution kira'
equal 'the edit holds' "$(words "$T/second")" "$(rules kira)"

# ---- and a kill, in that time ----
crash
start_agentd
ok 'it is still told' incident 'constitution kira'
equal 'the edit still holds' "$(words "$T/second")" "$(rules kira)"
equal 'it is one incident' 1 "$(agentctl status --json | jq '[.incidents[] | select(.agent == "kira")] | length')"
rm $file
wait_for 'now it is gone' told "$file is gone: what it said last holds"
equal 'and the edit holds' "$(words "$T/second")" "$(rules kira)"
cp "$T/first" $file
wait_for 'written again, it is over' no_incident 'constitution kira'
equal 'the new rules hold' "$(words "$T/first")" "$(rules kira)"
wait_for 'and are kept' is_kept first
was=$(stat -c %i $kept)
stop_agentd
start_agentd
equal 'what is kept is not written again' "$was" "$(stat -c %i $kept)"

# ---- what is kept is damaged, too ----
stop_agentd
rm $file
: >$kept
start_agentd
ok 'that is told' told 'the built-in one holds'
ok 'the built-in rules hold' [ -n "$(rules kira | grep -F '1. Never reveal keys')" ]
agentctl prompt kira >"$T/out"
has 'prompt shows them' '1. Never reveal keys' "$T/out"
cp "$T/second" $file
wait_for 'mended' no_incident 'constitution kira'

# ---- who never had one ----
ok 'has the built-in one' [ -n "$(rules bare | grep -F '1. Never reveal keys')" ]
ok 'and no incident' no_incident 'constitution bare'

# ---- who is gone, and comes back ----
echo '1. Never mind.' >agents/bare/CONSTITUTION.md
wait_for 'it is kept' test -e .agentd/last-good/bare-CONSTITUTION.md
: >$file
wait_for 'told again' incident 'constitution kira'
mv agents/kira "$T/kira"
wait_for 'over with the agent' no_incident 'constitution kira'
mv "$T/kira" agents/kira
wait_for 'told where it is back' told "$file says nothing: what it said last holds"
equal 'what it had before holds' "$(words "$T/second")" "$(rules kira)"
stop_agentd

# ---- what is kept leaves by retention ----
printf 'retention: 10 d\ndebounce: 5 s\n' >>agentd.yaml
mv agents/bare "$T/bare"
: >.agentd/last-good/.agentd-1-1~ # of an agentd that was killed
touch -d '9 days ago' .agentd/last-good/* .agentd/last-good/.agentd-1-1~
start_agentd
noted() { [ -n "$(find $kept -mtime -1)" ]; }
wait_for 'of one that is there the time is noted' noted
ok 'of the others nothing leaves yet' ls .agentd/last-good/bare-CONSTITUTION.md .agentd/last-good/.agentd-1-1~
stop_agentd
touch -d '11 days ago' .agentd/last-good/* .agentd/last-good/.agentd-1-1~
start_agentd
left() { [ "$(ls -A .agentd/last-good | tr '\n' ' ')" = 'kira-CONSTITUTION.md max-CONSTITUTION.md ' ]; }
wait_for 'now they leave' left

# ---- an edit that nobody but a session saw ----
cp "$T/second" $file
wait_for 'written, it is over' no_incident 'constitution kira'
echo '10. Never whistle.' >>$file # the roster looks a second later
cp $file "$T/third"
equal 'a session begins by it' "$(words "$T/third")" "$(rules kira)"
: >$file
wait_for 'emptied again' incident 'constitution kira'
equal 'what the session saw holds' "$(words "$T/third")" "$(rules kira)"
stop_agentd

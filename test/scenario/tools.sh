# Tools that cannot be done as asked: an error result that the model sees, the session goes on and ends done.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
mkdir -p agents/kira/work/reports
ln -s ../SOUL.md agents/kira/work/link.md
ln -s .. agents/kira/work/up
ln -s /etc agents/kira/work/etc
echo 'written before' >agents/kira/work/reports/old.md
cat >"$T/story.txt" <<'EOS'
reply
  call delete_everything {"path":"/"}
  call remember {"fact":"the wrong name"}
  call remember {"text":7}
  call remember {"text":"too much","also":"this"}
  call remember ["no object"]
  call remember {"text":"cut in the mid
  call remember
reply
  call read_file {"path":"../max/MEMORY.md"}
  call read_file {"path":"work/../../max/MEMORY.md"}
  call read_file {"path":"/proc/self/environ"}
  call read_file {"path":"SOUL.md"}
  call read_file {"path":"work/link.md"}
  call read_file {"path":"work/up/SOUL.md"}
  call read_file {"path":"work/etc/passwd"}
  call list_files {"path":".."}
  call list_files {"path":"work/up"}
  call list_files {"path":"work/nothing"}
reply
  call write_file {"path":"../SOUL.md","text":"I am somebody else"}
  call write_file {"path":"knowledge/new.md","text":"not here"}
  call write_file {"path":"work/up/planted.md","text":"not there"}
  call write_file {"path":"work/link.md/planted.md","text":"not there"}
  call write_file {"path":"work","text":"not a folder"}
reply
  call write_file {"path":"work/link.md","text":"in the link's place"}
  call write_file {"path":"/reports/new.md","text":"a report"}
  call read_file {"path":"reports/new.md"}
  call read_file {"path":"knowledge/billing.md"}
  call list_files {"path":"work/reports"}
  call remember {"text":"All tools work"}
reply
  text Done with all of it.
default reply
  text HEARTBEAT_OK
EOS
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira
cp -a agents/kira/SOUL.md "$T/soul"
ls agents/kira/knowledge >"$T/knowledge"

agentctl run kira --heartbeat Daily --json >"$T/run.jsonl"
equal 'the session ends done' done "$(tail -n 1 "$T/run.jsonl" | jq -r .outcome)"
equal 'after all turns' 5 "$(requests)"

# results N: what the calls of turn N came to, as request N+1 shows them, one JSON string a line.
results() {
	request $(($1 + 1)) | jq -c '.body.messages as $m | ($m | map(.role) | rindex("assistant")) as $last
		| $m[$last + 1:][] | if .role == "tool" then .content else error("not a result") end' >"$T/results"
}
says() { # says N TEXT…: result N holds the texts
	line=$(sed -n "$1p" "$T/results"); n=$1; shift
	for text; do case $line in *"$text"*) ;; *) fail "result $n does not say <$text>: $line" ;; esac; done
	echo "ok: result $n says $*"
}

results 1
equal 'seven results' 7 "$(wc -l <"$T/results")"
says 1 'there is no tool' 'delete_everything' 'read_file, list_files, write_file, remember'
says 2 'remember needs' 'text'
says 3 'text' 'must be a string'
says 4 'no parameter' 'also'
says 5 'JSON object'
says 6 'no JSON object' 'cut in the mid'
says 7 'remember needs'

results 2
equal 'ten results' 10 "$(wc -l <"$T/results")"
for n in 1 2 8; do says $n '..'; done
for n in 3 4; do says $n 'there is no'; done
for n in 5 6 7 9; do says $n 'symbolic link'; done
says 10 'there is no work/nothing'
has_not 'no byte of another agent' 'Payments' "$T/results"
has_not 'no byte of /etc/passwd' 'root:' "$T/results"

results 3
equal 'five results' 5 "$(wc -l <"$T/results")"
says 1 '..'
says 2 'knowledge/new.md can only be read' 'work/'
says 3 'symbolic link'
says 4 'symbolic link'
says 5 'path of a file'
ok 'SOUL.md is as it was' cmp "$T/soul" agents/kira/SOUL.md
equal 'knowledge/ is as it was' "$(cat "$T/knowledge")" "$(ls agents/kira/knowledge)"
ok 'nothing was planted' test ! -e agents/kira/planted.md

results 4
says 1 'wrote work/link.md'
ok 'a link is replaced, not written through' test ! -L agents/kira/work/link.md
equal 'the report' 'a report' "$(cat agents/kira/work/reports/new.md)"
says 3 'a report'
says 4 'Billing rules'
says 5 'new.md\nold.md'
says 6 'remembered'

# All of it stays in the transcript: the last request still holds the first error.
ok 'the transcript keeps its errors' sh -c 'jq -s "[.[] | select(.event == \"request\")][4].body.messages | map(select(.role == \"tool\")) | length == 28" "$1" | grep -qx true' - "$T/requests.jsonl"
has 'the one fact' 'All tools work' agents/kira/MEMORY.md
has_not 'no fact of a bad call' 'too much' agents/kira/MEMORY.md
stop_agentd
repositories_are_well

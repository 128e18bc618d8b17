# kill -9 of the daemon at a random moment of a run, eight times: the next start closes what was open, nothing is there twice.
. "$SOURCE/test/scenario/lib.sh"

# What died before its branch moved may leave a commit that nothing leads to, as git itself does.
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace support-desk
rounds='1 2 3 4 5 6 7 8'
for number in $rounds; do
	printf 'reply\n  when say round-%d\n  call remember {"text":"Fact of round %d"}\n' $number $number
	printf '  call bulletin_post {"text":"Post of round %d"}\n  delay 20\n' $number
	printf 'reply\n  when say round-%d\n  text Well\n  delay 30\n  text done\n' $number
done >"$T/story.txt"
printf 'default reply\n  text HEARTBEAT_OK\n' >>"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

seed=${SEED-$$}
echo "SEED=$seed"
acked() { # how many requests of round N show that its fact and its post were acknowledged
	jq -s --arg n "say round-$1" '[.[] | select(.event == "request") | .body | tostring
		| select(contains($n) and contains("remembered") and contains("posted"))] | length' "$T/requests.jsonl"; }
idle() { agentctl status --json | jq -e 'all(.agents[]; .state == "idle")'; }
count_of() { grep -cF "$1" "$2" || true; }
kept() { # neither twice, nor lost once it was acknowledged
	facts=$(count_of "Fact of round $1" agents/kira/MEMORY.md) posts=$(count_of "Post of round $1" shared/BULLETIN.md)
	[ "$facts" -le 1 ] && [ "$posts" -le 1 ] || fail "round $1: $facts facts, $posts posts"
	[ "$(acked "$1")" = 0 ] || [ "$facts $posts" = '1 1' ]
}

for number in $rounds; do
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	delay=$((seed / 65536 % 200))
	timeout 30 agentctl run kira --message "say round-$number" --json >"$T/round" 2>&1 & client=$!
	sleep "$(printf '0.%03d' "$delay")"
	kill -9 "$daemon"
	wait "$daemon" 2>/dev/null || true
	ended=0
	wait $client || ended=$?
	case $ended in 0|1|3) ;; *) fail "round $number: the client ended with $ended" ;; esac
	start_agentd
	wait_for 'nothing runs' idle
	wait_for "round $number is kept" kept $number
	agentctl schedule --from 2026-01-01 --count 10000 --json >"$T/slots"
	ok "after $delay ms: $facts fact, $posts post, no slot still running" jq -e 'all(.[]; .state != "running")' "$T/slots"
done
for number in $rounds; do kept $number || fail "round $number was lost later"; done
ok 'one session, at most one commit' test -z "$(git -C agents/kira log --author=kira --format='%(trailers:key=Session,valueonly)' | sed '/^$/d' | sort | uniq -d)"
stop_agentd
repositories_are_well

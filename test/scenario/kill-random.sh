# kill -9 of a helper or a session at a random moment of a run, nine times: the daemon serves on, what was acknowledged is kept.
. "$SOURCE/test/scenario/lib.sh"

# What died before its branch moved may leave a commit that nothing leads to, as git itself does.
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace support-desk
rounds='session gateway history session gateway history session session session'
number=0
for victim in $rounds; do
	number=$((number + 1))
	printf 'reply\n  when say round-%d\n  call remember {"text":"Fact of round %d"}\n  delay 40\n' $number $number
	printf 'reply\n  when say round-%d\n  text Well\n  delay 60\n  text done\n' $number
done >"$T/story.txt"
printf 'default reply\n  text HEARTBEAT_OK\n' >>"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
echo "flap_deaths: 100" >>agentd.yaml # of kills that are meant
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

seed=${SEED-$$}
echo "SEED=$seed"
acked() { # how many requests of round N show that its fact was acknowledged
	jq -s --arg n "say round-$1" '[.[] | select(.event == "request") | .body | tostring
		| select(contains($n) and contains("remembered"))] | length' "$T/requests.jsonl"; }

number=0
for victim in $rounds; do
	number=$((number + 1))
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	delay=$((seed / 65536 % 200))
	timeout 30 agentctl run kira --message "say round-$number" --json >"$T/round" & client=$!
	sleep "$(printf '0.%03d' "$delay")"
	pid=$(processes "agentd-$victim")
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null || true
	timeout 1 agentctl status >/dev/null || fail "no status within a second of the death of $victim after $delay ms"
	wait $client || [ $? = 1 ] || fail "round $number: the run did not end"
	end=$(tail -n 1 "$T/round")
	case $(echo "$end" | jq -r .outcome) in
	done) ;;
	failed) [ -n "$(echo "$end" | jq -r '.reason // ""')" ] || fail "round $number failed without a reason" ;;
	*) fail "round $number: $end" ;;
	esac
	kept=$(grep -cF "Fact of round $number" agents/kira/MEMORY.md || true)
	[ "$kept" -le 1 ] || fail "round $number: its fact is there $kept times"
	[ "$kept" = 1 ] || [ "$(acked $number)" = 0 ] || fail "round $number: an acknowledged fact is lost"
	echo "ok: $victim killed after $delay ms: $(echo "$end" | jq -r '.outcome + (if .reason then ": " + .reason else "" end)'), $kept fact"
	status 0 agentctl run kira --message hello
done
stop_agentd
repositories_are_well

# One sick provider of each kind of sickness, and a healthy model behind it in the route. A turn with a tool call goes well, the
# next one fails: the fallback's request is on the wire in time, goes on from the same transcript, and no tool call is made twice.
. "$SOURCE/test/scenario/lib.sh"

make_workspace
agentctl new kira >/dev/null
: >"$T/story.txt" >"$T/sections" >"$T/models" >"$T/routes"

# sick NAME LINES: the first turn calls a tool; LINES are the answer of the script that all further requests get.
sick() {
	printf 'reply\n  when sick-%s.\n  unless Fact of %s.\n  call remember {"text":"Fact of %s."}\n  usage 900 20\n%s\n' \
		"$1" "$1" "$1" "$2" | sed "s/^  when it/  when sick-$1./" >>"$T/story.txt"
	echo "$1" >>"$T/names"
}
answer() { printf '%s\n  when it\n  times 0\n' "$1"; [ -z "${2-}" ] || printf '  %s\n' "$2"; [ -z "${3-}" ] || printf '  %s\n' "$3"; }

sick key "$(answer 'error 401 {"error":{"message":"Incorrect API key provided","code":"invalid_api_key"}}')"
sick forbidden "$(answer 'error 403 {"error":{"message":"Country, region, or territory not supported"}}')"
sick model "$(answer 'error 404 {"error":{"message":"The model does not exist","code":"model_not_found"}}')"
sick paid "$(answer 'error 402 {"error":{"message":"Insufficient Balance"}}')"
sick quota "$(answer 'error 429 {"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}}')"
sick timeout "$(answer 'error 408 {"error":{"message":"request timeout"}}')"
sick conflict "$(answer 'error 409 {"error":{"message":"conflict"}}')"
sick early "$(answer 'error 425' 'body too early')"
sick rate "$(answer 'error 429 {"error":{"message":"Rate limit reached","code":"rate_limit_exceeded"}}')"
sick rate-long "$(answer 'error 429 {"error":{"message":"slow down"}} retry-after 30')"
sick server "$(answer 'error 500 {"error":{"message":"internal error"}}')"
sick page "$(answer 'error 502' 'body <html><body><h1>Bad Gateway</h1></body></html>')"
sick unavailable "$(answer 'error 503 {"error":{"message":"Service Unavailable"}}')"
sick overloaded "$(answer 'error 529 {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')"
sick in-stream "$(answer reply 'text Half an ans' 'fail {"error":{"message":"upstream died","type":"server_error"}}')"
sick broken "$(answer reply 'text Half an ans' cut)"
sick unfinished "$(answer reply 'call remember {"text":"never whole"}' end)"
sick dropped "$(answer drop)"
sick reset "$(answer 'drop reset')"
sick headers "$(answer 'drop head')"
sick silent "$(answer reply stall)"
sick stalled "$(answer reply 'text Half an ans' stall)"
sick fused "$(answer reply 'bytes "data: {\"choices\":[]}{\"choices\":[]}\n\n"')"
sick html "$(answer reply 'header Content-Type: text/html' 'bytes <html>Sign in to this network</html>')"
sick empty "$(answer reply 'usage 900 0')"
sick overflow "$(answer 'error 400 {"error":{"message":"maximum context length is 100 tokens","code":"context_length_exceeded"}}')"
sick parameter "$(answer 'error 400 {"error":{"message":"Unsupported parameter: unheard_of","code":"unsupported_parameter","param":"unheard_of"}}')"
sick content "$(answer 'error 400 {"error":{"message":"rejected by the content filter","code":"content_filter"}}')"
sick request "$(answer 'error 422 {"error":{"message":"no such thing"}}')"
refuses() { case $1 in overflow | parameter | content | request) true ;; *) false ;; esac; }
# These cannot have a first turn: their names are in `nowhere` too.
for name in refused nameless plain; do echo $name >>"$T/nowhere"; done

printf 'default reply\n  text All is well.\n  usage 1000 10\n' >>"$T/story.txt"
start_provider openai "$T/story.txt"
{
	echo 'timezone: UTC'
	echo 'first_byte: 1 s'
	echo 'progress: 1 s'
	echo 'turns_per_session: 8'
	echo 'providers:'
	echo "  well: {kind: openai, base_url: \"http://127.0.0.1:$PORT/v1\"}"
	echo "  refuses: {kind: openai, base_url: \"http://127.0.0.1:$PORT/v1\"}" # no breaker counts what it does
	while read -r name; do refuses $name || echo "  sick-$name: {kind: openai, base_url: \"http://127.0.0.1:$PORT/v1\"}"; done <"$T/names"
	echo "  sick-refused: {kind: openai, base_url: \"http://127.0.0.1:1/v1\"}"
	echo "  sick-nameless: {kind: openai, base_url: \"http://nobody.invalid/v1\"}"
	echo "  sick-plain: {kind: openai, base_url: \"https://127.0.0.1:$PORT/v1\"}"
	echo 'models:'
	echo '  well: {provider: well, name: well-1, free: true}'
	cat "$T/names" "$T/nowhere" | while read -r name; do
		provider=sick-$name
		! refuses $name || provider=refuses
		echo "  sick-$name: {provider: $provider, name: sick-$name., free: true}"
	done
	echo 'routes:'
	echo '  default: [well]'
	cat "$T/names" "$T/nowhere" | while read -r name; do echo "  sick-$name: [sick-$name, well]"; done
} >agentd.yaml
cat "$T/names" "$T/nowhere" | while read -r name; do
	printf '## Case %s (Monday 09:00)\nroute: sick-%s\n\n- [ ] Note what is new.\n\n' "$name" "$name"
done >agents/kira/HEARTBEAT.md
ok 'the files are good' agentctl check
start_agentd

# The requests of the models in question, as "MODEL WALL_US".
asked() {
	jq -r 'select(.event == "request") | [.body.model, .wall_us, .request] | @tsv' "$T/requests.jsonl" | tail -n "+$(($1 + 1))"
}
ended() { jq -r --argjson n "$1" 'select(.event != "request" and .request == $n) | .wall_us' "$T/requests.jsonl" | tail -n 1; }
worst=0
examine() { # examine NAME FIRST_TURN
	name=$1 before=$(requests) begun=$(date +%s%N)
	agentctl run kira --heartbeat "Case $name (" --json >"$T/run.jsonl" || { cat "$T/run.jsonl"; fail "$name: the run ends with $?"; }
	equal "$name: outcome" done "$(tail -n 1 "$T/run.jsonl" | jq -r .outcome)"
	equal "$name: last words" 'All is well.' "$(tail -n 1 "$T/run.jsonl" | jq -r .text)"
	equal "$name: tools called" "$2" "$(jq -s '[.[] | select(.event == "tool")] | length' "$T/run.jsonl")"
	asked "$before" >"$T/asked"
	fallback=$(grep '^well-1' "$T/asked" | head -n 1 | cut -f 2)
	[ -n "$fallback" ] || { cat "$T/asked"; fail "$name: the fallback was not asked"; }
	late=$(((fallback * 1000 - begun) / 1000000))
	[ $late -le 5000 ] || fail "$name: the fallback was asked $late ms after the run began"
	sick=$(grep '^sick' "$T/asked" | tail -n 1 | cut -f 3)
	after=$late
	[ -z "$sick" ] || after=$(((fallback - $(ended "$sick")) / 1000))
	[ $after -le 1000 ] || [ -z "$sick" ] || fail "$name: the fallback was asked $after ms after the last failure"
	[ $late -le $worst ] || worst=$late
	echo "ok: $name: $(jq -r 'select(.event == "model_failed") | .failure' "$T/run.jsonl" | sort | uniq -c | tr -s ' \n' ' '): fallback after $late ms of the run, $after ms of the failure"
}
while read -r name; do
	examine "$name" 1
	has "$name: the fallback was given the result" "Fact of $name." "$T/requests.jsonl"
	equal "$name: its fact is kept once" 1 "$(grep -cF "Fact of $name." agents/kira/MEMORY.md)"
done <"$T/names"
while read -r name; do examine "$name" 0; done <"$T/nowhere"
has_not 'a cut tool call ran' 'never whole' agents/kira/MEMORY.md
echo "ok: the slowest fallback was asked $worst ms after its run began"
repositories_are_well
stop_agentd

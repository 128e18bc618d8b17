# API keys go to their provider and nowhere else: a canary in every place where a key can stand, servers that hand it back in every
# way they can, deaths with cores; then every byte that was written is searched, in the forms that a key is written in.
. "$SOURCE/test/scenario/lib.sh"

# What is killed in the middle of a commit may leave one that nothing leads to, as git itself does.
dangling=--no-dangling # kill -9 leaves objects that nothing names

make_workspace solo
rm -rf agents/ada
# What real keys have, and what JSON, URLs and HTML write in other ways.
E='sk-Canary4711Env/x+y=' F='Canary4712File/x+y=0123456789' C='gsk_Canary4713Cred/x+y='
mkdir "$T/keys" "$T/credentials"
printf '%s\n' "$F" >"$T/keys/key"
printf '%s\n' "$C" >"$T/credentials/key"

# The stems of the keys, and of each in base64 (at the three places where it can begin) and hex what does not depend on its ends.
for stem in Canary4711Env Canary4712File Canary4713Cred; do
	echo "$stem"
	for pad in '' x xx; do
		printf '%s%s' "$pad" "$stem" | base64 -w 0 | sed 's/=*$//; s/^....//; s/..$//'
		echo
	done
	printf %s "$stem" | od -An -tx1 | tr -d ' \n'
	echo
done >"$T/forms"

# hunt "where" FILE-OR-FOLDER…: none of them holds a key. Bytes: grep -a.
hunt() {
	where=$1; shift
	[ -e "$1" ] || fail "$where: there is no $1"
	if grep -raoiF -f "$T/forms" "$@" >"$T/found"; then head -n 20 "$T/found" >&2; fail "a key is in $where"; fi
	echo "ok: no key in $where"
}
for form in "$E" "x=$(printf %s "Bearer $F" | base64 -w 0)" "$(printf %s "$C" | base64 -w 0)" "$(printf %s ":$E" | base64 -w 0)" \
	'sk-Canary4711Env\/x' '%3DCanary4712File%2Fx' "$(printf %s "$F" | od -An -tx1 | tr -d ' \n')"; do
	echo "$form" >"$T/plant"
	ok "the hunt finds $form" grep -qaoiF -f "$T/forms" "$T/plant"
done

# A sick server each, its key handed back in whatever it says; behind each of them in the route one that is well.
long=$(printf '%0490d' 0) # a message is cut in the middle of the key
cat >"$T/story.txt" <<EOS
error 401 {"error":{"message":"Incorrect API key provided: $E.","type":"invalid_request_error","code":"invalid_api_key"}}
  when sick-401
error 403 {"message":"{\"upstream\":\"key Canary4712File\\\\/x+y=0123456789 is not allowed\"}"}
  when sick-403
error 429 {"error":{"message":"Rate limit reached for $E","type":"tokens","code":"rate_limit_exceeded"}} retry-after 1
  when sick-429
  header x-request-id: $E
error 400 ["$C is too long: 70001 tokens > 65536"]
  when sick-400
error 404 {"error":{"message":"no model for $E","type":"$E","code":"$E","param":"$E"}}
  when sick-404
error 500
  when sick-500
  header content-type: text/html
  body <html><h1>Internal error</h1><p>Authorization: Bearer $F</p></html>
error 302 {"moved":"$E"}
  when sick-302
  header location: http://127.0.0.1:1/?key=sk-Canary4711Env%2Fx%2By%3D
reply
  when sick-stream
  text Half a sen
  fail {"type":"error","error":{"type":"overloaded_error","message":"x-api-key $C: overloaded"}}
reply
  when sick-long
  text Half a sen
  fail {"type":"error","error":{"type":"overloaded_error","message":"$long $F"}}
reply
  when sick-fused
  text Half a sen
  bytes "data: {\"choices\":[]}{\"key\":\"$E\"}\n\n"
reply
  when sick-cut
  bytes "data: {\"key\":\"$F"
  cut
reply
  when sick-page
  bytes "<html>Signed in with $E</html>"
  end
reply
  when sick-words
  header x-request-id: $E
  text I was called with $E
  call remember {"text":"The key is $E"}
  call bulletin_post {"text":"Use $E"}
  call write_file {"path":"work/key.txt","content":"$E"}
  call $E {"key":"$E"}
  call read_file {"path":"$E"}
reply
  when say hold
  call remember {"text":"Nothing secret"}
reply
  when say hold
  times 0
  text Half a sen
  stall
default reply
  text Well.
EOS
start_provider openai "$T/story.txt"
url=http://127.0.0.1:$PORT

cat >"$T/on-alert" <<EOS
#!/bin/sh
{ env; tr '\\0' '\\n' </proc/\$\$/cmdline; echo "\$@"; cat; } >>'$T/alerted' 2>&1
EOS
chmod +x "$T/on-alert"

env='{env: CANARY_KEY}' file="{file: \"$T/keys/key\"}" credential='{credential: key}'
servers="401:openai:$env
403:openai:$file
429:openai:$env
400:openai:$credential
404:openai:$env
500:openai:$file
302:openai:$env
stream:openai:$credential
long:openai:$file
fused:openai:$env
cut:openai:$file
page:openai:$env
words:openai:$env"
each() { echo "$servers" | while IFS=: read -r name kind key; do "$@"; done; }
provider_line() { echo "  to-$name: {kind: $kind, base_url: \"$url/$name/v1\", api_key: $key}"; }
model_line() { echo "  sick-$name: {provider: to-$name, name: sick-$name, usd_per_mtok: {input: 1, output: 2}}"; }
route_line() { echo "  by-$name: [sick-$name, well]"; }
cat >agentd.yaml <<EOS
timezone: UTC
providers:
$(each provider_line)
  to-well: {kind: openai, base_url: "$url/well/v1", api_key: {file: "$T/keys/key"}}
models:
$(each model_line)
  well: {provider: to-well, name: fit, free: true}
routes:
$(each route_line)
  default: [well]
alerts:
  - {command: "'$T/on-alert'"}
  - {webhook: "$url/alert"}
EOS
agent() { # agent NAME [ROUTE]
	mkdir "agents/$1"
	printf -- '---\nroute: %s\n---\n# %s\n\nI say what I am asked to say.\n' "${2-default}" "$1" >"agents/$1/SOUL.md"
	printf '# Heartbeat\n' >"agents/$1/HEARTBEAT.md"
}
sick_agent() { agent "of-$name" "by-$name"; }
each sick_agent
agent kira
export CANARY_KEY="$E" CREDENTIALS_DIRECTORY="$T/credentials"

# Would a dying program leave its memory behind?
ulimit -c unlimited 2>/dev/null || true
export ASAN_OPTIONS="disable_coredump=0:$ASAN_OPTIONS"
sleep 100 & control=$!
kill -ABRT $control
wait $control 2>/dev/null || true
leaves_core() { find "$T" -name 'core*' -type f | grep -q .; }
cores=no
! leaves_core || cores=yes
find "$T" -name 'core*' -type f -delete

start_agentd
hunt_processes() { # what anyone on this machine may read of them
	for pid in "$daemon" $(ps -o pid= --ppid "$daemon"); do
		name=$(ps -o comm= "$pid") || continue
		for of in environ cmdline; do tr '\0' '\n' <"/proc/$pid/$of" >"$T/of.$name.$of" 2>/dev/null || true; done
		[ "$(id -u)" = 0 ] || [ ! -r "/proc/$pid/mem" ] || fail "the memory of $name can be read"
	done
	hunt "what /proc tells of $(cd "$T" && echo of.*.cmdline)" "$T"/of.*
}
heard() { jq -s --arg m "$1" 'any(.[]; .event == "request" and .body.model == $m)' "$T/requests.jsonl" | grep -q true; }
run_sick() {
	timeout 60 agentctl run "of-$name" --message hello --json >"$T/run.$name.jsonl" 2>&1 </dev/null ||
		case $? in 1|4) ;; *) cat "$T/run.$name.jsonl"; fail "run of-$name" ;; esac
	heard "sick-$name" || fail "the server that answers $name was not asked"
	echo "ok: $name: $(tail -n 1 "$T/run.$name.jsonl" | jq -r '.outcome + (if .reason then ": " + .reason else "" end)')"
}
each run_sick
ok 'each key came to its servers' jq -se --arg e "$E" --arg f "$F" --arg c "$C" '[.[] | select(.event == "request" and .body.model) |
	.path as $p | .headers.authorization // .headers["x-api-key"] | ltrimstr("Bearer ") |
	. == (if $p | test("^/(403|500|cut|long|well)/") then $f elif $p | test("^/(400|stream)/") then $c else $e end)] | length > 10 and all' \
	"$T/requests.jsonl"
for name in "$T"/run.*.jsonl; do # the live text of an answer is the server's, passed on piece by piece
	jq -c 'select(.event != "text")' "$name" >"$name.kept"
done
hunt 'what the clients were told' "$T"/run.*.kept

# Alerts, which run a person's commands and post to addresses.
wait_for 'the alert command ran' grep -qs to-401 "$T/alerted"
posted() { jq -se 'any(.[]; .event == "request" and .path == "/alert" and (.body | tostring | contains("to-401")))' "$T/requests.jsonl"; }
wait_for 'the webhook was called' posted

# Deaths: the gateway and the daemon in the middle of a call, by kill and by what leaves a core.
begin() {
	agentctl run kira --message 'say hold' --json >"$T/run.hold.jsonl" 2>&1 & client=$!
	wait_for 'a call that is held' grep -qF 'Half a sen' "$T/run.hold.jsonl"
}
cancel() { # whoever waits on, for a call that is made again or still held
	printf '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"%s"}}\n' "$(jq -rs '.[0].session' "$T/run.hold.jsonl")" |
		socat -t 5 - "UNIX-CONNECT:$W/.agentd/agentd.sock" >/dev/null 2>&1 || true
	wait $client 2>/dev/null || true
}
gone() { [ ! -d "/proc/$victim" ]; }
dies() { # dies SIGNAL PROGRAM
	begin
	echo "Edited before the $1 of $2." >>agents/kira/HEARTBEAT.md # which wakes agentd-history
	runs() { [ -n "$(processes "$1")" ]; }
	wait_for "a process of $2" runs "$2"
	hunt_processes
	victim=$(processes "$2")
	home=$(readlink "/proc/$victim/cwd")
	ls -a "$home" >"$T/before"
	kill -"$1" "$victim"
	if [ "$2" = agentd ]; then wait "$daemon" 2>/dev/null || true; else wait_for "its end" gone; fi
	ls -a "$home" >"$T/after"
	! diff "$T/before" "$T/after" | grep '^> core' || fail "$2 left a core in $home"
	[ "$2" != agentd ] || start_agentd
	cancel
	echo "ok: $2 died of $1"
}
for program in agentd-session agentd-gateway agentd-history agentd; do
	dies KILL $program
	dies ABRT $program
done
! leaves_core || fail "a core: $(find "$T" -name 'core*' -type f)"
[ $cores = yes ] || echo 'note: nothing here leaves a core where we could see it; that ours would not is not shown'

# All that they say when asked.
ask() { agentctl "$@" >>"$T/answers" 2>&1 </dev/null || true; }
for name in status schedule logs log check doctor budget stats; do ask $name; ask $name --json; done
ask log -p
ask logs -n 10000
ask doctor --live
ask stats --calls
ask prompt of-words --message hello
for name in kira of-401 of-words; do ask why $name; ask status $name; done
sqlite3 .agentd/state.db .dump >"$T/state.sql" 2>/dev/null || true
hunt 'the daemon file system before its end' "$W/.agentd"
ask backup "$T/backup.tar"
stop_agentd
rm -rf "$T/unpacked"; mkdir "$T/unpacked"; tar -xf "$T/backup.tar" -C "$T/unpacked"

hunt 'the workspace' "$W"
hunt 'what the daemon and its children said' "$T/agentd.log"
hunt 'what agentctl said' "$T/answers"
hunt 'the rows of state.db' "$W/.agentd/state.db" $(ls "$T/state.sql")
hunt 'a backup' "$T/unpacked"
hunt 'the home folder' "$HOME"
hunt 'what alerts were given' "$T/alerted"
jq -c 'select(.event == "request") | .body, (select(.body.model | not) | .path, .headers)' "$T/requests.jsonl" >"$T/bodies"
ok 'there were requests' test -s "$T/bodies"
hunt 'the bodies of requests, and the heads of those to others' "$T/bodies"
for repository in . agents/*/; do
	has_commit "$repository" >/dev/null || continue
	git -C "$repository" cat-file --batch --batch-all-objects >>"$T/objects"
done
ok 'there are objects' test -s "$T/objects"
hunt 'any object of any repository' "$T/objects"
repositories_are_well

# The control socket, from outside: agentd-control(7) as printed, and clients that are wrong, many, deaf or children of the daemon.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
start_agentd
S=$W/.agentd/agentd.sock
wait_for 'the first commits' sh -c 'git -C agents/kira rev-parse -q --verify HEAD && git -C agents/max rev-parse -q --verify HEAD'
equal 'the socket is for its owner' 600 "$(stat -c %a "$S")"
equal 'its folder too' 700 "$(stat -c %a .agentd)"

# ---- the manual's example, as it stands there ----
sed -n '/^```/,/^```/p' "$SOURCE/man/agentd-control.7.scd" | grep -v '^```' >"$T/examples"
sed -n '/^echo /,/sock$/p' "$T/examples" >"$T/example.sh"
has 'there is one' socat "$T/example.sh"
sh "$T/example.sh" >"$T/answer"
ok 'the greeting is as printed' jq -es '.[0] | .jsonrpc == "2.0" and .method == "hello" and .params.name == "agentd" and .params.protocol == 1' "$T/answer"
equal 'the answer has the keys of agentctl status --json' "$(agentctl status --json | jq -c 'del(.daemon.gateway_pid, .daemon.history_pid)')" \
	"$(jq -cs '.[1].result | del(.daemon.gateway_pid, .daemon.history_pid)' "$T/answer")"

# call LINE…: sends the lines; answers in $T/answers, without the greeting.
call() { printf '%s\n' "$@" | socat -t 2 - "UNIX-CONNECT:$S" | tail -n +2 >"$T/answers"; }
code() { jq -rs '.[0].error | "\(.code) \(.data.code // "")"' "$T/answers"; }
call '{"jsonrpc":"2.0","id":7,"method":"ready","params":{}}'
equal 'ready' '{"jsonrpc":"2.0","id":7,"result":{"ready":true,"agents":2}}' "$(jq -cS . "$T/answers" | jq -c '{jsonrpc, id, result: {ready: .result.ready, agents: .result.agents}}')"
call '{"jsonrpc":"2.0","id":"a","method":"pause","params":{"agents":["kira"]}}' '{"jsonrpc":"2.0","id":"b","method":"resume","params":{"all":true}}'
equal 'an id is given back as it was' '[["a",true],["b",false]]' "$(jq -cs 'map([.id, .result.paused])' "$T/answers")"

# run: its events come to this client, the last is session_end.
events() { jq -cs '[.[] | select(.method == "event") | .params]' "$T/events"; }
mkfifo "$T/keep"
socat - "UNIX-CONNECT:$S" <"$T/keep" >"$T/events" & client=$!
exec 9>"$T/keep"
echo '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":"kira","heartbeat":"Daily","rehearse":true}}' >&9
wait_for 'the end' grep -q session_end "$T/events"
exec 9>&-
wait $client || true
equal 'the session of the answer is that of the events' "$(jq -rs '.[] | select(.id == 1).result.session' "$T/events")" "$(events | jq -r 'map(.session) | unique | join(" ")')"
for event in $(sed -n 's/^\*\([a-z_]*\)\*$/\1/p' "$SOURCE/man/agentd-control.7.scd"); do
	case $event in session_start | turn | text | tool | session_end) ok "the manual's $event comes" sh -c 'grep -q "\"event\":\"$1\"" "$2"' - "$event" "$T/events" ;; esac
done
for method in $(sed -n 's/^\*\([a-z]*\)\* {.*/\1/p' "$SOURCE/man/agentd-control.7.scd"); do
	call "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"$method\",\"params\":{}}"
	! grep -q -- -32601 "$T/answers" || fail "the manual's $method is no method"
done

# ---- what is wrong gets an answer, and the next line works ----
ready='{"jsonrpc":"2.0","id":99,"method":"ready","params":{}}'
refuses() { # refuses CODE LINE: and the connection goes on
	expected=$1; shift
	call "$1" "$ready"
	equal "$(echo "$1" | cut -c1-60)" "$expected" "$(code)"
	ok 'and the next line is answered' grep -q '"id":99' "$T/answers"
}
refuses '-32601 unsupported' '{"jsonrpc":"2.0","id":1,"method":"dance","params":{}}'
refuses '-32601 unsupported' '{"jsonrpc":"2.0","id":1,"method":"hello","params":{}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"run","params":{}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":7}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":"kira","heartbeat":"Daily","message":"both"}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"pause","params":{}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"pause","params":{"agents":"kira"}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"pause","params":{"agents":[7]}}'
refuses '-32602 invalid' '{"jsonrpc":"2.0","id":1,"method":"cancel","params":{}}'
for line in '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":"nobody"}}' '{"jsonrpc":"2.0","id":1,"method":"status","params":{"agent":"nobody"}}' \
	'{"jsonrpc":"2.0","id":1,"method":"cancel","params":{"session":"01M7YXSQP76K66WBR9FG6WVKTD"}}' '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":"kira","heartbeat":"Yearly"}}'; do
	call "$line"
	equal "$(echo "$line" | cut -c1-60)" 'not found' "$(jq -rs '.[0].error.data.code' "$T/answers")"
done
equal 'nobody was paused by all that' 0 "$(agentctl status --json | jq '[.agents[] | select(.paused)] | length')"

# ---- lines that are no messages: that client alone is dropped ----
for garbage in 'hello?' '[]' '{}' '{"jsonrpc":"1.0","id":1,"method":"ready"}' '{"id":1' '7' '{"jsonrpc":"2.0","id":1,"method":"ready","params":{},"params":{}}'; do
	call "$garbage" >/dev/null 2>&1 || true
	timeout 2 agentctl ready || fail "no daemon after $garbage"
done
head -c 300000 /dev/urandom | timeout 10 socat -t 1 - "UNIX-CONNECT:$S" >/dev/null 2>&1 || true
{ printf '{"jsonrpc":"2.0","id":1,"method":"run","params":{"agent":"kira","message":"'; head -c 80000000 /dev/zero | tr '\0' x; echo '"}}'; } |
	timeout 60 socat -t 1 - "UNIX-CONNECT:$S" >/dev/null 2>&1 || true
ok 'garbage, a line without an end: the daemon serves' timeout 2 agentctl ready
equal 'and is the same one' "$daemon" "$(agentctl status --json | jq .daemon.pid)"

# ---- 256 clients at once ----
mkdir "$T/many"
mkfifo "$T/open"
n=0
while [ $n -lt 256 ]; do
	socat - "UNIX-CONNECT:$S" <"$T/open" >"$T/many/$n" &
	n=$((n + 1))
done
exec 8>"$T/open"
greeted() { [ "$(grep -l hello "$T"/many/* | wc -l)" = 256 ]; }
wait_for 'all are greeted' greeted
ok 'one more is served' timeout 2 agentctl ready
ok 'also with a session' timeout 10 agentctl run kira --message hello --rehearse
exec 8>&-

# ---- a client that never reads ----
{ n=0; while [ $n -lt 20000 ]; do echo '{"jsonrpc":"2.0","id":1,"method":"status","params":{}}'; n=$((n + 1)); done; } >"$T/flood"
mkfifo "$T/deaf"
socat -u "FILE:$T/flood" "UNIX-CONNECT:$S" 2>/dev/null || true # sends and is gone
socat -t 60 "STDIO!!OPEN:$T/deaf,wronly" "UNIX-CONNECT:$S" <"$T/flood" 2>/dev/null & deaf=$!
sleep 60 <"$T/deaf" & holder=$!
ok 'others are served meanwhile' timeout 2 agentctl status
ok 'also with work' timeout 10 agentctl run kira --message hello --rehearse
kill $deaf $holder 2>/dev/null || true
ok 'and afterwards' timeout 2 agentctl ready

# ---- a child of the daemon may not command it ----
# The programs of another build stand in for ours: what agentd starts as a session speaks to the socket.
mkdir -p "$T/build/bin" "$T/build/libexec/agentd"
cp "$BUILD/bin/agentd" "$T/build/bin/"
cp "$BUILD/libexec/agentd/"* "$T/build/libexec/agentd/"
cat >"$T/build/libexec/agentd/agentd-session" <<EOS
#!/bin/sh
echo '{"jsonrpc":"2.0","id":1,"method":"pause","params":{"all":true}}' | $(command -v socat) -t 2 - UNIX-CONNECT:$S >$T/child.log 2>&1
echo ended >>$T/child.log
EOS
stop_agentd
PATH=$T/build/bin:$PATH
start_agentd
status 1 agentctl run kira --message hello
wait_for 'the child has tried' grep -q ended "$T/child.log"
has_not 'it was not even greeted' hello "$T/child.log"
equal 'and paused nobody' 0 "$(agentctl status --json | jq '[.agents[] | select(.paused and (.reason | tostring | contains("by a person")))] | length')"
has 'the log has it' '"control_refused"' .agentd/log/events.jsonl
stop_agentd

# A run that waits its turn is not lost over a restart: its row is durable before it is acknowledged, the next daemon runs it, in the
# order in which it was asked for, or says why not; and whoever follows it sees an honest end.
. "$SOURCE/test/scenario/lib.sh"

dangling=--no-dangling # kill -9 leaves objects that nothing names
command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
command -v socat >/dev/null || skip 'socat is not installed'
make_workspace
for name in kira max; do agentctl new $name >/dev/null; done
cat >"$T/story.txt" <<'EOS'
reply
  when say hold
  times 0
  text I hold
  stall
default reply
  text Here it is.
EOS
start_provider openai "$T/story.txt"
use_provider openai
waiting() { db "SELECT count(*) FROM slot WHERE agent = '$1' AND event LIKE 'run:%' AND state = 0 AND session = '' AND wish <> ''"; }
open_sessions() { [ "$(agentctl status --json | jq .daemon.sessions_open)" = "$1" ]; }
waits() { [ "$(waiting kira)" = "$1" ]; }
open_slots() { db 'SELECT count(*) FROM slot WHERE state = 0'; }
none_is_open() { [ "$(open_slots)" = 0 ]; }
said() { jq -s --arg text "$1" '[.[] | select(.event == "request") | .body | tostring | select(contains($text))] | length' "$T/requests.jsonl"; }
was_said() { [ "$(said "$1")" -ge 1 ]; }
last() { jq -s --arg text "$1" '[.[] | select(.event == "request")] | map(.body | tostring | contains($text)) | rindex(true)' "$T/requests.jsonl"; }
all_begun() { for a in agents/*/; do has_commit "$a" && clean "$a" || return 1; done; }
reason() { tail -n 1 "$T/$1" | jq -r '.outcome + ": " + .reason'; }
fails() { wait "$1" && fail 'a run that was not run ended well' || equal 'who follows it hears that it failed, here and now' 1 $?; }
# ask PARAMETERS: asks for a run, and kills agentd as soon as the answer is there. That is in $T/ack.
ask() {
	call "$1" >"$T/answers" & client=$!
	wait_for 'the answer' grep -q '"id":1' "$T/answers"
	crash
	wait $client 2>/dev/null || true
	grep '"id":1' "$T/answers" >"$T/ack"
}
call() { printf '{"jsonrpc":"2.0","id":1,"method":"run","params":%s}\n' "$1" | socat -t 10 - "UNIX-CONNECT:$W/.agentd/agentd.sock" 2>/dev/null; }
# busy NUMBER: kira is held by a run, and three wait behind it, one after the other.
busy() {
	agentctl run kira --message "say hold $1" --json >"$T/hold-$1" 2>&1 & hold=$!
	wait_for 'kira is busy' grep -qF 'I hold' "$T/hold-$1"
	agentctl run kira --message "say first-$1" --json >"$T/first-$1" 2>&1 & one=$!
	wait_for 'one waits, durably' waits 1
	agentctl run kira --heartbeat Daily --json >"$T/second-$1" 2>&1 & two=$!
	wait_for 'another one' waits 2
	agentctl run kira --message "say third-$1" --rehearse --json >"$T/third-$1" 2>&1 & three=$!
	wait_for 'and a rehearsal' open_sessions 4
}
release() { # the one that holds goes on over the restart, and is cancelled
	wait_for 'it goes on' running
	ok 'it is ended' sh -c "printf '{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"cancel\",\"params\":{\"session\":\"%s\"}}\n' $(agentctl status kira --json | jq -r '.agents[0].session') | socat -t 5 - UNIX-CONNECT:.agentd/agentd.sock"
}
running() { [ "$(agentctl status kira --json | jq -r '.agents[0].state')" = running ]; }
cat >agents/kira/HEARTBEAT.md <<'EOS'
## Daily (07:00)
- [ ] Look at the desk
EOS

beats=0
daily_was_said() { [ "$(said 'Heartbeat: Daily')" = $beats ]; }
for way in kill stop; do
	start_agentd
	wait_for 'all are in git' all_begun
	busy $way
	if [ $way = kill ]; then crash; else stop_agentd; fi
	for client in $hold $one $two $three; do fails $client; done
	case $(reason first-$way) in
	'interrupted: the daemon ended; it begins when it starts again') [ $way = kill ] || fail 'words' ;;
	'interrupted: the daemon stops; it begins when it starts again') [ $way = stop ] || fail 'words' ;;
	*) fail "no honest end: $(reason first-$way)" ;;
	esac
	case $(reason third-$way) in
	*'ask for it again') echo 'ok: a rehearsal does not go on' ;;
	*) fail "a rehearsal: $(reason third-$way)" ;;
	esac
	equal 'nothing of them was run' "0 $beats" "$(said "say first-$way") $(said 'Heartbeat: Daily')"
	equal 'their rows wait' 2 "$(waiting kira)"
	start_agentd
	equal 'they wait behind what was begun' 2 "$(waiting kira)"
	release
	wait_for 'the first is run' was_said "say first-$way"
	beats=$((beats + 1))
	wait_for 'the second is run' daily_was_said
	wait_for 'no slot is open' none_is_open
	ok 'in this order' test "$(last "say first-$way")" -lt "$(last 'Heartbeat: Daily')"
	equal 'once' "1 $beats" "$(said "say first-$way") $(said 'Heartbeat: Daily')"
	equal 'the rehearsal is not' 0 "$(said "say third-$way")"
	equal 'what was asked for does not stay in the rows' 0 "$(db "SELECT count(*) FROM slot WHERE wish <> ''")"
	stop_agentd
done

# The acknowledgement says that it is durable, also of one that begins at once: it comes no earlier than the row.
if grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd"; then
	start_agentd
	wait_for 'all are in git' all_begun
	agentctl run kira --message 'say hold late' >/dev/null 2>&1 & hold=$!
	wait_for 'kira is busy' was_said 'say hold late'
	stop_agentd
	wait $hold 2>/dev/null || true
	AGENTD_FAILPOINTS=store.commit=delay:400
	export AGENTD_FAILPOINTS
	start_agentd
	wait_for 'kira is busy' running
	ask '{"agent":"kira","message":"say late"}'
	equal 'the row is there when the answer is' 1 "$(waiting kira)"
	has 'the answer names the session' "$(db "SELECT substr(event, 5) FROM slot WHERE wish <> ''")" "$T/ack"
	start_agentd
	ask '{"agent":"max","message":"say soon"}'
	unset AGENTD_FAILPOINTS
	equal 'so it is for one that begins at once' 1 "$(db "SELECT count(*) FROM session WHERE agent = 'max' AND id = '$(jq -r .result.session "$T/ack")'")"
	db "UPDATE slot SET wish = '{' WHERE wish <> ''" # what cannot be read is closed with words
	start_agentd
	unreadable() { [ "$(db "SELECT state || ' ' || reason FROM slot WHERE event LIKE 'run:%' AND state = 2")" = '2 what was to be run cannot be read' ]; }
	wait_for 'it is closed with words' unreadable
	release
	wait_for 'no slot is open' none_is_open
	equal 'it was never run' 0 "$(said 'say late')"

	# Its agent goes away: whoever follows hears of that, and no row stays.
	stop_agentd
	start_agentd
	agentctl run kira --message 'say hold' >/dev/null 2>&1 & hold=$!
	wait_for 'kira is busy' running
	agentctl run kira --message 'say gone' --json >"$T/gone" 2>&1 & one=$!
	wait_for 'one waits' waits 1
	crash
	wait $one $hold 2>/dev/null || true
	rm -rf agents/kira
	start_agentd
	wait_for 'no slot is open' none_is_open
	equal 'with words' "the agent's folder is gone" "$(db "SELECT reason FROM slot WHERE state = 2 ORDER BY id DESC LIMIT 1")"
	stop_agentd
fi
repositories_are_well

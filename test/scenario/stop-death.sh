# A session that is killed while the daemon stops is let go like all others: nothing waits for it, and it counts as no death of its own.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
make_workspace
agentctl new kira >/dev/null
cat >"$T/story.txt" <<'EOS'
reply
  when slowly
  times 1
  delay 60000
  text Never heard.
default reply
  text All is well.
EOS
start_provider openai "$T/story.txt"
use_provider openai
printf 'flap_deaths: 1\n' >>agentd.yaml
start_agentd
agentctl run kira --message slowly >/dev/null 2>&1 &
wait_for 'it waits for its model' has_requests 1
session=$(processes agentd-session)
kill -TERM "$daemon"
wait_for 'the daemon stops' grep -q '"stopping"' .agentd/log/events.jsonl
kill -9 "$session"
wait "$daemon" || fail "agentd ended with $?"
daemon=
equal 'nothing had to be forced' 0 "$(events stop_forced)"
equal 'it did not die of itself' 0 "$(db 'SELECT count(*) FROM death WHERE own')"
start_agentd
ended() { [ "$(db "SELECT outcome FROM session WHERE agent = 'kira'")" = done ]; }
wait_for 'it goes on at once, and ends' ended
equal 'its agent was not paused' idle "$(agentctl status kira --json | jq -r '.agents[0].state')"
stop_agentd

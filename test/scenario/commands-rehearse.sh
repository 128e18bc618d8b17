# run --rehearse: the same agents, no model, and not one byte, row or commit that stays.
. "$SOURCE/test/scenario/lib.sh"

make_workspace support-desk
cat >"$T/story.txt" <<'EOS'
default reply
  text HEARTBEAT_OK
EOS
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
wait_for 'the first commits' sh -c 'git -C agents/kira rev-parse -q --verify HEAD && git -C agents/max rev-parse -q --verify HEAD'
status 0 agentctl run max --message hello
equal 'kira has no work/ yet' '' "$(ls -d agents/kira/work 2>/dev/null)"
wait_for 'all is quiet' sh -c 'agentctl status --json | jq -e ".daemon.sessions_open == 0"'
wait_for 'and exported' sh -c 'test -s .agentd/log/sessions/*/*.jsonl'
agentctl status --json | jq 'del(.daemon)' >"$T/status.before"
agentctl schedule --from 2026-01-01 -n 1000 --json | jq 'map(select(.state != "due"))' >"$T/rows.before"
# Of .agentd all but the log: state.db with its journal, byte by byte.
kept() { find .agentd -type f ! -path '.agentd/log/events.jsonl*' ! -name '*-shm' -exec sha256sum {} + | sort; }
kept >"$T/kept.before"
grep -qF .agentd/state.db "$T/kept.before" || fail 'state.db was not compared'
tree . >"$T/before"

for line in 'kira --heartbeat Daily' 'kira --heartbeat Weekly' 'max --heartbeat bulletin' 'kira --message hello' kira; do
	status 0 agentctl run $line --rehearse --json
	tail -n 1 "$T/out" >"$T/end"
	equal 'it says what it was' '["done",true,"rehearsal",0]' "$(jq -c '[.outcome, .rehearsed, .model, .cost_micro_usd]' "$T/end")"
done
status 4 agentctl run kira --rehearse --message 'I want a chargeback'
agentctl run --rehearse kira --heartbeat Daily >"$T/out"
has 'the script was acted out' 'Three reports of duplicate charges are on the bulletin now' "$T/out"
has 'a person sees that no model was called' 'no model was called' "$T/out"
wait_for 'all is quiet' sh -c 'agentctl status --json | jq -e ".daemon.sessions_open == 0"'

tree . >"$T/after"
ok 'no file was touched, no commit made' cmp "$T/before" "$T/after"
kept >"$T/kept.after"
ok 'no row was written' cmp "$T/kept.before" "$T/kept.after"
agentctl schedule --from 2026-01-01 -n 1000 --json | jq 'map(select(.state != "due"))' >"$T/rows.after"
ok 'no slot was used' cmp "$T/rows.before" "$T/rows.after"
agentctl status --json | jq 'del(.daemon)' >"$T/status.after"
ok 'the last result is that of the real run' cmp "$T/status.before" "$T/status.after"
equal 'the provider was asked once, for the real one' 1 "$(requests)"

# The same beat without the word: it does leave something.
status 0 agentctl run kira --heartbeat Daily
tree . >"$T/after"; kept >"$T/kept.after"
! cmp -s "$T/kept.before" "$T/kept.after" || fail 'this comparison sees nothing'
stop_agentd
repositories_are_well

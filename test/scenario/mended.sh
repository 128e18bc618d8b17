# An open session whose agent's files are broken when agentd starts waits until they are mended, and status, log and sweep say why;
# where the agent's folder is gone it is closed.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace solo
cat >"$T/story.txt" <<'EOS'
reply
  when say it
  call remember {"text":"The first thing."}
reply
  when say it
  headers
  stall
reply
  when say it
  text Said.
reply
  when break it
  call remember {"text":"The broken thing."}
reply
  when break it
  headers
  stall
reply
  when break it
  text Broken and mended.
reply
  when lose it
  call remember {"text":"The lost thing."}
reply
  when lose it
  headers
  stall
reply
  when drop it
  call remember {"text":"The dropped thing."}
reply
  when drop it
  headers
  stall
EOS
start_provider openai "$T/story.txt"
use_provider openai
echo 'stale_sweep: 1 s' >>agentd.yaml
start_agentd
row() { db "SELECT ended > 0, outcome FROM session WHERE id = '$session'"; }
is_idle() { [ "$(agentctl status ada --json | jq -r '.agents[0].state')" = idle ]; }
is_row() { [ "$(row)" = "$1" ]; }

# ---- broken, then mended ----
agentctl run ada --message 'say it' --json >"$T/run.jsonl" 2>/dev/null & client=$!
wait_for 'its model is asked a second time' has_requests 2
session=$(jq -r 'select(.event == "session_start").session' "$T/run.jsonl")
crash
wait $client || true
cp agents/ada/SOUL.md "$T/soul.md"
head -c 3000000 /dev/zero | tr '\0' x >agents/ada/SOUL.md
start_agentd
equal 'its agent is broken' broken "$(agentctl status ada --json | jq -r '.agents[0].state')"
said() { jq -e --arg event "$1" --arg session "$session" 'select(.event == $event and .session == $session and (.message | contains("files are mended")))' .agentd/log/events.jsonl; }
ok 'the log says what it waits for' said session_waits
wait_for 'the sweep, too' said sweep
equal 'it is open' '0|' "$(row)"
status 0 agentctl why ada
has 'why says what is wrong' 'ada is broken: agents/ada/SOUL.md: ' "$T/out"
status 0 agentctl why "$session"
has 'also of the session' "session $session of ada: open; it goes on when its agent's files are mended" "$T/out"
has 'with the file' 'broken    agents/ada/SOUL.md: ' "$T/out"
equal 'and to a program' waiting "$(agentctl why "$session" --json | jq -r 'select(.fault | contains("SOUL.md")).state')"
cp "$T/soul.md" agents/ada/SOUL.md
wait_for 'mended, it goes on and is done' is_row '1|done'
wait_for 'its fact is kept' grep -qF 'The first thing.' agents/ada/MEMORY.md

# ---- broken while it runs, and its process dies ----
asked=$(requests)
agentctl run ada --message 'break it' --json >"$T/run.jsonl" 2>/dev/null & client=$!
wait_for 'its model is asked again' has_requests $((asked + 2))
session=$(jq -r 'select(.event == "session_start").session' "$T/run.jsonl")
head -c 3000000 /dev/zero | tr '\0' x >agents/ada/SOUL.md
is_broken() { agentctl why ada | grep -q 'ada is broken: agents/ada/SOUL.md: '; }
wait_for 'its agent is broken' is_broken
kill -9 $(processes agentd-session)
wait_for 'the sweep says what it waits for' said sweep
equal 'it is open' '0|' "$(row)"
cp "$T/soul.md" agents/ada/SOUL.md
wait_for 'mended, it goes on and is done' is_row '1|done'
wait $client || true

# ---- gone ----
asked=$(requests)
agentctl run ada --message 'lose it' --json >"$T/run.jsonl" 2>/dev/null & client=$!
wait_for 'its model is asked again' has_requests $((asked + 2))
session=$(jq -r 'select(.event == "session_start").session' "$T/run.jsonl")
crash
wait $client || true
mv agents/ada "$T/ada"
start_agentd
wait_for 'without its agent it is closed' is_row '1|interrupted'
status 0 agentctl why "$session"
has 'and says where its fact is' "1 fact of it is not in MEMORY.md (the agent's folder is gone), and in its journal only: agentctl transcript $session" "$T/out"
status 0 agentctl transcript "$session"
has 'it is there' 'The lost thing.' "$T/out"

# ---- gone while it runs ----
mv "$T/ada" agents/ada
wait_for 'it is back' is_idle
asked=$(requests)
agentctl run ada --message 'drop it' --json >"$T/run.jsonl" 2>/dev/null & client=$!
wait_for 'its model is asked again' has_requests $((asked + 2))
session=$(jq -r 'select(.event == "session_start").session' "$T/run.jsonl")
mv agents/ada "$T/ada"
wait $client || true
equal 'it ends' '1|interrupted' "$(row)"
has 'and says where its fact is' '1 fact of it is not in MEMORY.md' "$T/run.jsonl"
mv "$T/ada" agents/ada
wait_for 'it is back' is_idle
stop_agentd
repositories_are_well

# What an agent posts on the bulletin twice on purpose stands there twice, over the death of its session; what was in doubt when the
# daemon died stands there once, also where the same was posted before.
. "$SOURCE/test/scenario/lib.sh"

dangling=--no-dangling # kill -9 leaves objects that nothing names
make_workspace support-desk
rm -r agents/max # posts wake him
cat >"$T/story.txt" <<'EOS'
reply
  when say it
  call bulletin_post {"text":"All is well"}
reply
  when say it
  headers
  stall
reply
  when say it
  call bulletin_post {"text":"All is well"}
reply
  when say it
  text Said twice.
reply
  when doubt it
  call bulletin_post {"text":"The sky is grey"}
reply
  when doubt it
  call bulletin_post {"text":"The sky is grey"}
reply
  when doubt it
  call bulletin_post {"text":"The sky is grey"}
reply
  when doubt it
  text Said three times.
EOS
start_provider openai "$T/story.txt"
use_provider openai
start_agentd
posts() { grep -cF -- "$1" shared/BULLETIN.md || true; }

# ---- on purpose ----
agentctl run kira --message 'say it' --json >"$T/run.jsonl" & client=$!
wait_for 'the model is asked a second time' has_requests 2
equal 'it was posted' 1 "$(posts 'All is well')"
kill -9 $(processes agentd-session)
wait $client || fail 'it did not go on'
equal 'posted again, because it was wished again' 2 "$(posts 'All is well')"
stop_agentd

# ---- in doubt ----
AGENTD_FAILPOINTS=history.done=delay:6000@2
export AGENTD_FAILPOINTS
start_agentd
unset AGENTD_FAILPOINTS
grep -qa history.done "$BUILD/libexec/agentd/agentd-history" || exit 0
agentctl run kira --message 'doubt it' --json >"$T/run.jsonl" 2>&1 & client=$!
committed() { [ "$(git log --author=kira --format=%s -- shared/BULLETIN.md | wc -l)" -ge "$1" ]; }
wait_for 'the second is committed, and nobody knows' committed 4
kill -9 "$daemon" $(processes agentd-history) $(processes agentd-session)
wait "$daemon" 2>/dev/null || true
wait $client || true
equal 'it stands there twice' 2 "$(posts 'The sky is grey')"
start_agentd
session=$(jq -r 'select(.event == "session_start").session' "$T/run.jsonl")
is_done() { [ "$(agentctl why "$session" --json | jq -r .outcome)" = done ]; }
wait_for 'it goes on and is done' is_done
equal 'what was in doubt was not posted again, and what came behind it was' 3 "$(posts 'The sky is grey')"
stop_agentd
repositories_are_well

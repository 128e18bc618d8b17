# A key in a file reaches the provider, and nothing else.
. "$SOURCE/test/scenario/lib.sh"
make_workspace support-desk
: >"$T/story"
start_provider openai "$T/story" --instant
use_provider openai
unset SCRIPTED_KEY
mkdir "$T/keys"; printf 'sk-from-a-file-0815\n' >"$T/keys/key"
sed -i "s|api_key: {env: SCRIPTED_KEY}|api_key: {file: \"$T/keys/key\"}|" agentd.yaml
start_agentd
ok 'run' agentctl run kira --heartbeat Daily
has 'key' 'sk-from-a-file-0815' "$T/requests.jsonl"
! grep -rq sk-from-a-file "$W" || fail leak
stop_agentd

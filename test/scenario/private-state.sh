# .agentd is the daemon's own: closed to others whatever it was before, never somewhere else, and no key is in it.
. "$SOURCE/test/scenario/lib.sh"

make_workspace solo
printf 'reply\n  text Good morning.\n' >"$T/story.txt"
start_provider openai "$T/story.txt"
use_provider openai
mkdir -m 0777 .agentd
start_agentd
equal '.agentd is closed' 700 "$(stat -c %a .agentd)"
equal 'so is the socket' 600 "$(stat -c %a .agentd/agentd.sock)"
status 0 agentctl run ada --message hello
ok 'the provider got the key' sh -c "request() { jq -s '[.[] | select(.event == \"request\")][0].headers' '$T/requests.jsonl'; }; request | grep -q sk-canary-key-4711"
for pid in "$daemon" $(ps -o pid= --ppid "$daemon"); do
	has_not "no key in the environment of $(ps -o comm= "$pid")" sk-canary-key "/proc/$pid/environ"
	has_not 'nor in its words' sk-canary-key "/proc/$pid/cmdline"
done
stop_agentd
ok 'no key in any file' sh -c "! grep -rqa sk-canary-key '$W' '$T/agentd.log'"

mv .agentd "$T/elsewhere"
ln -s "$T/elsewhere" .agentd
status 1 agentd -w "$W"
has 'a link is refused' 'symbolic link' "$T/out"
rm .agentd
if [ "$(id -u)" = 0 ]; then
	mkdir .agentd
	chown 65534 .agentd
	status 1 agentd -w "$W"
	has 'so is a folder of somebody else' 'belongs to another user' "$T/out"
fi

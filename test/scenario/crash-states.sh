# What a power cut may leave of a workspace, by the hundred: everything recovers, and nothing that was promised is missing.
# test/torture/crash-states tries more.
. "$SOURCE/test/scenario/lib.sh"

[ "$(id -u)" = 0 ] || skip 'agentd is not dumpable: only root can record what it does'
make_workspace support-desk
rm -r "$W/agents/max"
cat >"$T/story.txt" <<'EOS'
reply
  when say one
  call remember {"text":"Invoice 4711 was paid twice"}
  call bulletin_post {"text":"Invoice 4711 is a double payment"}
  call write_file {"path":"reports/4711.md","content":"paid twice\n"}
reply
  when say two
  call remember {"text":"The second of two payments goes back"}
reply
  when say three
  call remember {"text":"Northwind answers on weekdays"}
default reply
  text HEARTBEAT_OK
EOS
start_provider openai "$T/story.txt"
use_provider openai
cd "$T"
cp -a "$W" "$T/before"
rm -rf "$W"
mkdir "$W"
: >"$T/marks"
export T W
crash="$BUILD/test/torture/crash"
ok 'a workspace at work, recorded' "$crash/crash-recorder" "$T/record" "$W" "$T/marks" \
	sh -c 'cp -r "$T/before/." "$W" && exec sh "$SOURCE/test/torture/crash/workload.sh"'
work=$(mktemp -d /dev/shm/agentd-crash-XXXXXX 2>/dev/null || mktemp -d "$T/crash-XXXXXX")
trap 'rm -rf "$work"; finish' EXIT
# shellcheck disable=SC2086
"$crash/crash-maker" "$T/record" "$W" "$work" ${CRASH_WORDS-20} || fail 'a state did not recover'

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
trap 'code=$?; set +e; rm -rf "$work"; (exit $code); finish' EXIT
# shellcheck disable=SC2086
"$crash/crash-maker" "$T/record" "$W" "$work" ${CRASH_WORDS-10} || fail 'a state did not recover'

# Some of them by agentd itself: sessions go on and end, and what they were told stands in the files, once.
recorded=$W
rows() { sqlite3 -cmd '.timeout 2000' "$W/.agentd/state.db" "$1"; }
settled() { [ "$(rows "SELECT (SELECT count(*) FROM session WHERE ended = 0) + (SELECT count(*) FROM slot WHERE state = 0)")" = 0 ]; }
tidy() { (repositories_are_well) >/dev/null 2>&1; } # which fails by exit
once() { [ "$(grep -cF -- "$2" "$W/$1")" = 1 ] || fail "state $state: <$2> stands in $1 $(grep -cF -- "$2" "$W/$1") times"; }
told() { # told TOOL FILE: what the journal says was answered
	rows "SELECT json_extract(intent, '\$.text') FROM step WHERE kind = '$1' AND result IS NOT NULL" |
		while read -r text; do once "$2" "$text"; done
}
dangling=--no-dangling # kill -9 leaves objects that nothing names
look_at() {
	W=$work/w
	rm -rf "$W"
	mkdir "$W"
	"$crash/crash-maker" "$T/record" "$recorded" "$work" "only=$state" "make=$W" >"$T/promised"
	start_agentd >/dev/null
	wait_for "state $state: open sessions end" settled >/dev/null
	wait_for "state $state: all is committed" tidy >/dev/null
	stop_agentd
	while read -r _ file text; do once "$file" "$text"; done <"$T/promised"
	told remember agents/kira/MEMORY.md
	told bulletin_post shared/BULLETIN.md
	repositories_are_well >/dev/null
}
number=0
while [ $number -lt "${CRASH_DAEMONS-3}" ]; do
	number=$((number + 1))
	state=$((number * 7)):$number
	look_at
done
W=$recorded
echo "ok: $number states taken up by agentd"
[ -z "${CRASH_WORDS-}" ] || exit 0

# Each of these syncs is needed: on a disk that ignores it something is missing.
for path in .git/objects/ .git/refs/heads .git/agentd-pending .git/agentd-reference /.agentd- state.db-wal; do
	! "$crash/crash-maker" "$T/record" "$W" "$work" 15 "deaf=$path" >"$T/deaf" || fail "nothing is missing without the syncs of $path"
	has "without the syncs of $path a state does not recover" 'NOT RECOVERED' "$T/deaf"
done

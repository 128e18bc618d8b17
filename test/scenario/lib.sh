# Sourced by every case: `. "$SOURCE/test/scenario/lib.sh"`. Gives
#   $T          a temporary folder, removed at the end; the current folder
#   $W          $T/w, the workspace
#   agentd, agentctl on PATH (of the build under test)
# and the functions below. A command that fails ends the case with its line.
set -eu

T=$(mktemp -d /tmp/agentd-scenario-XXXXXX)
W=$T/w
PATH=$BUILD/bin:$BUILD/test:$PATH
HOME=$T/home
TZ=UTC
export PATH HOME TZ
unset XDG_CONFIG_HOME GIT_DIR GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL 2>/dev/null || true
export ASAN_OPTIONS="detect_leaks=0:${ASAN_OPTIONS-}"
mkdir "$HOME"
git config --global user.name 'Pat Person'
git config --global user.email pat@example.org
git config --global init.defaultBranch main
git config --global safe.directory '*'
cd "$T"

daemon= provider= orphan= # orphan: a process that is to be gone

finish() {
	status=$?
	jobs -p >"$T/jobs" # clients that a case has started and not ended
	[ ! -s "$T/jobs" ] || kill -9 $(cat "$T/jobs") 2>/dev/null || true
	[ -z "$daemon" ] || kill -9 "$daemon" 2>/dev/null || true
	[ -z "$provider" ] || kill -9 "$provider" 2>/dev/null || true
	[ -z "$orphan" ] || kill -9 "$orphan" 2>/dev/null || true
	if [ $status -ne 0 ] && [ $status -ne 77 ]; then
		echo "-- failed with status $status; the daemon said:"
		tail -n 60 "$T/agentd.log" 2>/dev/null || true
		tail -n 5 "$T/provider.log" 2>/dev/null || true
	fi
	if [ -n "${KEEP-}" ]; then echo "kept: $T"; else chmod -R u+w "$T" 2>/dev/null; rm -rf "$T"; fi
	exit $status
}
trap finish EXIT
trap 'exit 1' INT TERM

fail() { echo "FAIL: $*" >&2; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# ok "what" COMMAND…: the command must succeed.
ok() {
	what=$1; shift
	if "$@" >"$T/tried" 2>&1; then echo "ok: $what"; else cat "$T/tried"; fail "$what: $*"; fi
}

# status N COMMAND…: the command must end with status N. Its output is in $T/out.
status() {
	expected=$1; shift
	actual=0
	"$@" >"$T/out" 2>&1 || actual=$?
	[ "$actual" = "$expected" ] || { cat "$T/out"; fail "status $actual instead of $expected: $*"; }
	echo "ok: $* ends with $expected"
}

# equal "what" EXPECTED ACTUAL
equal() {
	[ "$2" = "$3" ] || fail "$1: expected <$2>, is <$3>"
	echo "ok: $1"
}

# has "what" TEXT FILE: a file holds a text.
has() { grep -qF -- "$2" "$3" || { cat "$3"; fail "$1: no <$2> in $3"; }; echo "ok: $1"; }
has_not() { ! grep -qF -- "$2" "$3" || fail "$1: <$2> is in $3"; echo "ok: $1"; }

# wait_for "what" COMMAND…: polls until it succeeds, at most 20 s (WAIT=seconds).
wait_for() {
	what=$1; shift
	tries=$((${WAIT-20} * 50))
	until "$@" >"$T/tried" 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$T/tried"; fail "waited in vain for $what: $*"; }
		sleep 0.02
	done
	echo "ok: $what"
}

# make_workspace [EXAMPLE]: $W from an example, or empty.
make_workspace() {
	if [ $# -gt 0 ]; then agentctl init "$W" --example "$1" >/dev/null; else agentctl init "$W" >/dev/null; fi
	cd "$W"
}

start_agentd() {
	agentd -w "$W" 2>>"$T/agentd.log" &
	daemon=$!
	WAIT=30 wait_for 'agentd is ready' agentctl -w "$W" ready
}

# Stops it cleanly; its exit status must be 0.
stop_agentd() {
	kill -TERM "$daemon"
	wait "$daemon" || fail "agentd ended with $?"
	daemon=
}

# It is killed, and has no moment to put anything in order: objects that nothing names may be left behind.
crash() { dangling=--no-dangling; kill -9 "$daemon"; wait "$daemon" 2>/dev/null || true; daemon=; }

# db [SQL]: asks state.db, or changes it.
db() { sqlite3 -cmd '.timeout 5000' "$W/.agentd/state.db" "$@"; }

# start_provider FORMAT SCRIPT [OPTION…]: a scripted provider (see test/provider/README.md); FORMAT is openai, anthropic,
# ollama or responses. Its port is in $PORT, what it heard, one JSON object a line, in $T/requests.jsonl.
start_provider() {
	format=$1 script=$2; shift 2
	rm -f "$T/port"
	"$BUILD/test/provider/provider" --format "$format" --script "$script" --port 0 --port-file "$T/port" \
		--log "$T/requests.jsonl" "$@" >>"$T/provider.log" 2>&1 &
	provider=$!
	wait_for 'the provider listens' test -s "$T/port"
	PORT=$(cat "$T/port")
}

# request N: the N-th request that the provider got: .path, .headers, .body.
request() { jq -s --argjson n "$1" '[.[] | select(.event == "request")][$n - 1]' "$T/requests.jsonl"; }
requests() { jq -s '[.[] | select(.event == "request")] | length' "$T/requests.jsonl"; } # how many there were
has_requests() { [ "$(requests)" -ge "$1" ]; }

# use_provider FORMAT: agentd.yaml with that provider on $PORT and one free model.
use_provider() {
	case $1 in
	openai | responses) url=http://127.0.0.1:$PORT/v1 ;;
	ollama) url=http://127.0.0.1:$PORT ;;
	anthropic) url=http://127.0.0.1:$PORT/v1/messages ;;
	esac
	cat >"$W/agentd.yaml" <<EOF
timezone: UTC
providers:
  scripted: {kind: $1, base_url: "$url", api_key: {env: SCRIPTED_KEY}}
models:
  main: {provider: scripted, name: scripted-1, free: true}
routes:
  default: [main]
EOF
	SCRIPTED_KEY=sk-canary-key-4711
	export SCRIPTED_KEY
}

# has_commit REPOSITORY: of its own; git would also look in the folders above.
has_commit() { [ "$(git -C "$1" rev-parse --show-toplevel)" = "$(cd "$1" && pwd -P)" ] && git -C "$1" rev-parse -q --verify HEAD; }
commits() { git -C "$1" rev-list --count HEAD; }              # commits REPOSITORY
clean() { [ -z "$(git -C "$1" status --porcelain)" ]; }        # clean REPOSITORY
# shellcheck disable=SC2086
sound() { [ -z "$(git -C "$1" fsck --strict --full $dangling 2>&1)" ]; } # sound REPOSITORY
dangling= # --no-dangling where something was killed in the middle of its work: it leaves objects that nothing names

# Every repository of the workspace is clean and sound.
repositories_are_well() {
	for repository in "$W" "$W"/agents/*/; do
		[ -e "$repository/.git" ] || continue
		clean "$repository" || { git -C "$repository" status; fail "$repository is not clean"; }
		sound "$repository" || { git -C "$repository" fsck --strict --full $dangling; fail "fsck of $repository"; }
	done
	echo 'ok: all repositories are clean and sound'
}

# tree FOLDER: all that is below it but .agentd: names, kinds, modes, times and contents. Nothing was touched where two are equal.
tree() {
	(cd "$1" && find . -name .agentd -prune -o -printf '%p %y %m %s %T@ %C@ %l\n' | sort &&
		find . -name .agentd -prune -o -type f -exec sha256sum {} + | sort)
}

# events NAME [AGENT]: how many events of that name the daemon logged.
events() {
	jq -s --arg e "$1" --arg a "${2-}" '[.[] | select(.event == $e and ($a == "" or .agent == $a))] | length' \
		"$W/.agentd/log/events.jsonl"
}

# incident KEY: it is open.
incident() { agentctl status --json | jq -e --arg key "$1" 'any(.incidents[]; .key == $key)'; }
no_incident() { ! incident "$1"; }

# processes NAME: ids of the programs of that name that serve this workspace: the daemon and its children.
processes() { ps -o pid=,comm= --pid "$daemon" --ppid "$daemon" | awk -v name="$1" '$2 == name { print $1 }'; }

# at TIME: programs started from now on think that it is that time (of test builds only).
at() {
	grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || skip 'the clock is shifted in builds with -DAGENTD_FAILPOINTS=ON only'
	AGENTD_CLOCK_OFFSET=$(($(date -ud "$1" +%s) - $(date +%s)))
	export AGENTD_CLOCK_OFFSET
}

# set_clock TIME: what has AGENTD_CLOCK_OFFSET=@$T/clock sees that time from now on.
set_clock() { echo $(($(date -ud "$1" +%s) - $(date +%s))) >"$T/clock.new" && mv "$T/clock.new" "$T/clock"; }

# init, new, check, doctor: what a person does before a daemon runs.
. "$SOURCE/test/scenario/lib.sh"
unset ANTHROPIC_API_KEY OPENAI_API_KEY

# says "what" TEXT: the last command's output holds it. Asks: nothing ever reads from a person.
says() { has "$1" "$2" "$T/out"; }

# ---- init ----
mkdir empty
status 0 agentctl init empty </dev/null
ok 'an existing empty folder becomes a workspace' test -f empty/agentd.yaml
for folder in agents shared tasks/inbox tasks/queued tasks/running tasks/review tasks/done tasks/dead; do
	[ -d "empty/$folder" ] || fail "no folder $folder"
done
ok 'the bulletin begins with what a new workspace gets' cmp "$SOURCE/shared/BULLETIN.md" empty/shared/BULLETIN.md
equal 'no agent without --example' '' "$(ls empty/agents)"
equal 'one commit, by the person' 'Pat Person' "$(git -C empty log --format=%an)"
equal 'its files' '.gitignore README.md agentd.yaml shared/BULLETIN.md' "$(git -C empty ls-files | tr '\n' ' ' | sed 's/ $//')"
ok 'it is clean' clean empty
ok 'it is sound' sound empty
ok 'no daemon has been there' test ! -e empty/.agentd
ok 'check finds nothing wrong' agentctl -w empty check
socat -u /dev/null TCP4:127.0.0.1:11434 2>/dev/null || has 'no model is configured' '# No model is configured' empty/agentd.yaml

tree empty >"$T/before"
status 1 agentctl init empty </dev/null
says 'a workspace stays one' 'is a workspace already'
tree empty >"$T/after"
ok 'and nothing was touched' cmp "$T/before" "$T/after"

mkdir full && echo mine >full/notes.txt
status 1 agentctl init full </dev/null
says 'a folder with files is refused' 'not empty'
equal 'and left alone' notes.txt "$(ls -A full)"
status 0 agentctl init full --adopt </dev/null
equal '--adopt keeps what was there' mine "$(cat full/notes.txt)"

mkdir outer && git -C outer init -q
status 1 agentctl init outer/inner </dev/null
says 'a folder inside a repository is refused' '--adopt'
ok 'and not made' test ! -e outer/inner
status 0 agentctl init --adopt outer/inner </dev/null
equal 'with --adopt it has a repository of its own' 1 "$(commits outer/inner)"
has_commit outer/inner >/dev/null || fail 'the repository is the outer one'

status 2 agentctl init
status 2 agentctl init one two
status 1 agentctl init "$T/no/such/folder"
status 1 agentctl init else --example nothing
says 'an unknown example names those that are there' 'support-desk, solo, openclaw'
ok 'and makes nothing' test ! -e else

for example in support-desk solo openclaw; do
	status 0 agentctl init "$example" --example "$example" </dev/null
	for agent in "$SOURCE/examples/$example"/agents/*/; do
		diff -r "$agent" "$example/agents/$(basename "$agent")" || fail "$example is not as it is shipped"
	done
	status 0 agentctl -w "$example" check
	# A missing constitution is what these two show; nothing else may need attention.
	agentctl -w "$example" check --json >"$T/check.json"
	equal "check of $example" '[]' "$(jq -c '[.[] | select(.severity != "info" and .code != "constitution-missing")]' "$T/check.json")"
	equal "$example is clean" '' "$(git -C "$example" status --porcelain)"
done
equal 'check of support-desk has no warning at all' '[]' \
	"$(agentctl -w support-desk check --json | jq -c 'map(select(.severity != "info"))')"

# Keys in the environment: never a value in a file.
ANTHROPIC_API_KEY=sk-canary-4711 OPENAI_API_KEY=sk-canary-4712 agentctl init keys </dev/null >"$T/out"
has 'the Anthropic key is referred to' 'claude: {kind: anthropic, api_key: {env: ANTHROPIC_API_KEY}}' keys/agentd.yaml
has 'the OpenAI key too' 'openai: {kind: openai, api_key: {env: OPENAI_API_KEY}}' keys/agentd.yaml
case $(grep 'default:' keys/agentd.yaml) in *'[claude, openai'*) echo 'ok: both are a route' ;; *) fail 'no route of both' ;; esac
! grep -raq sk-canary keys "$T/out" || fail 'a key is in a file'
status 0 agentctl -w keys check
status 0 agentctl -w keys doctor
says 'doctor sees that a key is missing' 'its key is missing'
says 'and says what to do' 'export ANTHROPIC_API_KEY'
# An Ollama, as far as a port tells, in a network of our own.
if unshare -rn ip link set lo up 2>/dev/null; then
	unshare -rn sh -c 'ip link set lo up
		socat TCP4-LISTEN:11434,bind=127.0.0.1,fork /dev/null & server=$!
		until socat -u /dev/null TCP4:127.0.0.1:11434 2>/dev/null; do sleep 0.02; done
		agentctl init ollama; kill $server' >"$T/out" 2>&1
	has 'a local Ollama is used' 'local: {kind: ollama}' ollama/agentd.yaml
	status 0 agentctl -w ollama check
fi
TZ=Asia/Taipei agentctl init zoned >/dev/null
equal 'the zone of the host' 'timezone: Asia/Taipei' "$(grep ^timezone zoned/agentd.yaml)"

# ---- new ----
cd support-desk
for template in "$SOURCE"/agents/*/; do
	template=$(basename "$template")
	status 0 agentctl new "my-$template" --template "$template"
	ok "my-$template is the template" diff -r "$SOURCE/agents/$template" "agents/my-$template"
	status 0 agentctl check "my-$template"
	equal "check of my-$template" '[]' "$(agentctl check "my-$template" --json | jq -c 'map(select(.severity != "info"))')"
done
status 0 agentctl new lena
ok 'support is the template of those who name none' cmp "$SOURCE/agents/support/SOUL.md" agents/lena/SOUL.md
tree . >"$T/before"
for name in Lena le_na -lena '' .. a/b shared 'le na' "$(printf '%064d' 0)"; do
	status 1 agentctl new -- "$name"
	says 'it says how a name looks' 'name'
done
status 1 agentctl new kira
says 'an agent is never written over' 'exists already'
status 1 agentctl new nora -t nothing
says 'an unknown template names those that are there' 'log-watcher'
status 2 agentctl new
tree . >"$T/after"
ok 'nothing of it left a trace' cmp "$T/before" "$T/after"
status 0 agentctl new "$(printf '%063d' 0)"

# ---- check ----
sed -i 's/Daily (07:00)/Daily (25:00)/' agents/kira/HEARTBEAT.md
sed -i 's/^role:/rolle:/' agents/kira/SOUL.md
status 1 agentctl check kira
says 'like a compiler: file, line, column' 'agents/kira/HEARTBEAT.md:3:11: error: '
says 'a key that does not exist, and the one that was meant' 'agents/kira/SOUL.md:2:1: '
says 'what was understood is told too' '"Weekly (Monday 09:00)" is weekly mon 09:00'
status 1 agentctl check kira --json
equal 'keys of --json' 'code column file line message severity' \
	"$(jq -r 'map(keys) | add | unique | join(" ")' "$T/out")"
equal 'every finding is one of three' true "$(jq 'all(.[]; .severity | IN("error", "warning", "info"))' "$T/out")"
equal 'a place is a number' true "$(jq 'all(.[]; (.line | type == "number") and (.column | type == "number"))' "$T/out")"
equal 'the error' '["agents/kira/HEARTBEAT.md",3,11]' "$(jq -c '.[] | select(.severity == "error") | [.file, .line, .column]' "$T/out")"
status 0 agentctl check max
status 1 agentctl check
status 1 agentctl check nobody
says 'who is not there' 'no agent "nobody"'
mkdir -p agents/shared && echo x >agents/shared/BULLETIN.md
status 1 agentctl check
says 'the layout of the article is told where to go' 'mv agents/shared/BULLETIN.md shared/'
rm -r agents/shared
echo 'limits: {per_request_tokens: many}' >>agentd.yaml
status 1 agentctl check
says 'agentd.yaml too' 'agentd.yaml:5:'
sed -i '$d' agentd.yaml

# ---- doctor ----
cd "$T/solo"
status 0 agentctl doctor
says 'the walls' 'Landlock ABI'
status 0 agentctl doctor --json
equal 'keys of doctor --json' 'good mend seen what' "$(jq -r 'map(keys) | add | unique | join(" ")' "$T/out")"
equal 'it looked at' 'clock daemon disk filesystem inotify owner provider walls writing' "$(jq -r 'map(.what) | unique | join(" ")' "$T/out")"
equal 'the daemon does not run' 'not running' "$(jq -r '.[] | select(.what == "daemon").seen' "$T/out")"
ok 'what is wrong has a mend' jq -e 'all(.[]; .good or .mend != null)' "$T/out"
(cd / && status 0 agentctl doctor)
status 1 agentctl -w / doctor
echo 'sandbox: off' >>agentd.yaml
status 0 agentctl doctor
says 'walls that are switched off are always seen' 'switched off in agentd.yaml'
sed -i '$d' agentd.yaml

# ---- nobody serves this workspace ----
for command in status ready 'run ada' 'pause ada' 'resume --all'; do status 3 agentctl $command; done
ok 'no .agentd was made' test ! -e .agentd

# help, completion and the manual: they come from the one table of commands.
. "$SOURCE/test/scenario/lib.sh"

commands=$(agentctl help | sed -n 's/^  \([a-z]*\) .*/\1/p')
equal 'the commands' 'init new check doctor ready status run pause resume answer schedule prompt log logs transcript why budget stats monitor backup completion help' "$(echo $commands)"

# ---- help ----
status 2 agentctl
status 0 agentctl --help
status 0 agentctl --version
has 'its version' 'agentctl ' "$T/out"
status 2 agentctl nonsense
has 'what to do instead' '`agentctl help` lists them' "$T/out"
status 2 agentctl --nonsense
status 2 agentctl help nonsense
for command in $commands; do
	status 0 agentctl $command --help
	mv "$T/out" "$T/help"
	has "$command: usage" "usage: agentctl [-w WORKSPACE] $command" "$T/help"
	has "$command: the workspace" '-w, --workspace DIR' "$T/help"
	status 0 agentctl help $command
	ok "$command: the same" cmp "$T/help" "$T/out"
	status 0 agentctl $command -h
	status 2 agentctl $command --nonsense
	has "$command: usage again" "usage: agentctl [-w WORKSPACE] $command" "$T/out"
done
for command in check doctor status run schedule prompt log logs; do
	agentctl $command --help >"$T/help"
	has "$command takes --json" '--json' "$T/help"
done

# ---- completion, as bash does it ----
make_workspace support-desk
cat >"$T/complete.bash" <<'EOS'
source <(agentctl completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
$(complete -p agentctl | sed 's/.*-F \([^ ]*\) .*/\1/') agentctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}" | sort | paste -sd ' '
EOS
completes() { expected=$1; shift; equal "$(echo "$*" | tr ' ' _) completes" "$expected" "$(bash "$T/complete.bash" "$@")"; }
completes 'check completion' agentctl c
completes "$(echo "$commands" | sort | paste -sd ' ')" agentctl ''
completes 'kira max' agentctl run ''
completes 'kira' agentctl run k
completes 'kira' agentctl pause max k
completes '--heartbeat --help' agentctl run kira --he
completes '--json' agentctl status --j
completes 'kira max' agentctl -w . run ''
completes 'schedule' agentctl -w . sc
completes 'bash zsh' agentctl completion ''
completes '--help --template --workspace' agentctl new lena --
completes 'analyst archivist' agentctl new lena --template a
completes 'solo support-desk' agentctl init x --example s
completes '' agentctl backup ''
cd agents/kira/knowledge
completes 'kira max' agentctl status ''
cd "$T"
completes 'kira max' agentctl -w w status ''
completes 'kira max' agentctl status --workspace w ''
completes '' agentctl status ''
status 2 agentctl completion fish
status 0 agentctl completion zsh
if command -v zsh >/dev/null; then
	ok 'zsh reads its completion' zsh -fn "$T/out"
fi

# ---- the manual ----
[ -d "$BUILD/man" ] || skip 'the manual was not built: there is no scdoc'
for page in "$SOURCE"/man/*.scd; do
	name=$(basename "$page" .scd)
	ok "$name is rendered" test "$BUILD/man/$name" -nt "$page"
	has "$name has its name and section" ".TH \"${name%.*}\" \"${name##*.}\"" "$BUILD/man/$name"
	has_not "$name has its table" '@TABLE@' "$BUILD/man/$name"
	if command -v man >/dev/null; then
		man -l --warnings -E UTF-8 "$BUILD/man/$name" >"$T/page" 2>"$T/warnings" </dev/null
		equal "$name is shown without a warning" '' "$(cat "$T/warnings")"
		has "$name has a synopsis or a description" DESCRIPTION "$T/page"
	fi
done
for command in $commands; do
	has "agentctl(1) explains $command" "\\fB$command\\fR" "$BUILD/man/agentctl.1"
	agentctl $command --help | sed -n 's/^ .* \(--[a-z]*\).*/\1/p' >"$T/options"
	for option in $(grep -vxE -- '--(help|workspace)' "$T/options"); do
		has "and its option $option" "\\fB$option\\fR" "$BUILD/man/agentctl.1"
	done
done

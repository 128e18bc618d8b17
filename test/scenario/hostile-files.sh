# Files that no editor of sound mind would save: each is told of in words, keeps its bytes, and is its agent's own affair.
. "$SOURCE/test/scenario/lib.sh"

make_workspace solo
for name in nul latin crlf bom huge cycle fifo owner folder; do
	mkdir -p agents/$name/knowledge
	printf '# %s\nI am %s.\n' $name $name >agents/$name/SOUL.md
	printf '## Daily (07:00)\n- [ ] Say hello\n' >agents/$name/HEARTBEAT.md
	printf '# MEMORY.md\n\n## Recent (L0)\n- 2026-11-20: known before\n' >agents/$name/MEMORY.md
	printf '# Rehearsal\n\n## When Daily\n- call remember: %s was here\n- say: done\n' $name >agents/$name/REHEARSAL.md
done
start_agentd
all_begun() { for name in nul latin crlf bom huge cycle fifo owner folder; do has_commit agents/$name && clean agents/$name || return 1; done; }
wait_for 'all are in git' all_begun

state() { agentctl status "$1" --json | jq -r '.agents[0].state'; }
is() { [ "$(state "$1")" = "$2" ]; }
logged() { jq -se --arg a "$1" --arg t "$2" 'any(.agent == $a and (.message | contains($t)))' .agentd/log/events.jsonl; }
others_work() { status 0 agentctl run ada --message hello; }
begun() { [ "$(commits "agents/$1")" -gt "$2" ] && clean "agents/$1"; }

# Text that can be read, told with file and line: the agent works on, the bytes stay.
tolerated() { # tolerated AGENT FILE LINE WORD: the file has been changed; a message names its place; a beat works
	wait_for "$1: a message with file and line" logged "$1" "agents/$1/$2:$3"
	has "$1: it says what is wrong" "$4" .agentd/log/events.jsonl
	equal "$1: it works on" idle "$(state "$1")"
	cp "agents/$1/$2" "$T/bytes"
	status 0 agentctl run "$1" --heartbeat Daily
	has "$1: it remembers" "$1 was here" "agents/$1/MEMORY.md"
	others_work
}
printf '## Notes\n- a\0b in a line\n' >>agents/nul/MEMORY.md
tolerated nul MEMORY.md 6 NUL
ok 'nul: its bytes stay' sh -c "tr '\0' '@' <agents/nul/MEMORY.md | grep -qF -- '- a@b in a line'"
printf 'caf\351 au lait\n' >>agents/latin/SOUL.md
tolerated latin SOUL.md 3 UTF-8
ok 'latin: its bytes stay' cmp "$T/bytes" agents/latin/SOUL.md
agentctl prompt latin --heartbeat Daily >"$T/prompt"
has 'latin: U+FFFD in the prompt' 'caf� au lait' "$T/prompt"

# CRLF and BOM are ordinary, and stay what they are.
sed -i 's/$/\r/' agents/crlf/MEMORY.md agents/crlf/HEARTBEAT.md agents/crlf/SOUL.md
sed -i '1s/^/\xef\xbb\xbf/' agents/bom/MEMORY.md agents/bom/HEARTBEAT.md agents/bom/SOUL.md
for name in crlf bom; do
	wait_for "$name: the edit is committed" begun $name 1
	sha256sum agents/$name/HEARTBEAT.md agents/$name/SOUL.md >"$T/sums"
	status 0 agentctl run $name --heartbeat Daily
	has "$name: it remembers" "$name was here" agents/$name/MEMORY.md
	ok "$name: its bytes stay" sha256sum -c "$T/sums"
done
equal 'crlf: every line of MEMORY.md, the new one too' "$(grep -c '' agents/crlf/MEMORY.md)" "$(grep -c "$(printf '\r')\$" agents/crlf/MEMORY.md)"
equal 'bom: it is still the first' efbbbf "$(head -c 3 agents/bom/MEMORY.md | od -An -tx1 | tr -d ' ')"
equal 'bom: and the only one' 1 "$(grep -c "$(printf '\357\273\277')" agents/bom/MEMORY.md)"
for name in crlf bom; do
	agentctl prompt $name --heartbeat Daily >"$T/prompt"
	has_not "$name: no CR in the prompt" "$(printf '\r')" "$T/prompt"
	has_not "$name: no BOM in the prompt" "$(printf '\357\273\277')" "$T/prompt"
done

# What cannot be read makes its agent broken, with the file and the mend, and comes back with it.
broken() { # broken AGENT FILE WORD
	wait_for "$1: broken" is "$1" broken
	agentctl status "$1" >"$T/status"
	has "$1: status names the place" "agents/$1${2:+/$2}: " "$T/status"
	has "$1: and says what is wrong" "$3" "$T/status"
	status 1 agentctl run "$1" --heartbeat Daily
	has "$1: a run says the same" "$3" "$T/out"
	others_work
}
cp agents/huge/MEMORY.md "$T/memory"
head -c 10485760 /dev/zero | tr '\0' 'x' >>agents/huge/MEMORY.md
sha256sum agents/huge/MEMORY.md >"$T/sums"
broken huge MEMORY.md 'at most 1048576'
ok 'huge: its bytes stay' sha256sum -c "$T/sums"
cp "$T/memory" agents/huge/MEMORY.md
wait_for 'huge: mended' is huge idle

rm agents/fifo/MEMORY.md
mkfifo agents/fifo/MEMORY.md
broken fifo MEMORY.md 'is a FIFO, not a regular file'
rm agents/fifo/MEMORY.md
wait_for 'fifo: mended' is fifo idle

rm agents/folder/HEARTBEAT.md
mkdir agents/folder/HEARTBEAT.md
broken folder HEARTBEAT.md 'folder'
rmdir agents/folder/HEARTBEAT.md
wait_for 'folder: mended' is folder idle

if [ "$(id -u)" = 0 ]; then
	chown 65534 agents/owner
	touch agents/owner/SOUL.md
	broken owner '' chown
	chown 0 agents/owner
	touch agents/owner/SOUL.md
	wait_for 'owner: mended' is owner idle
fi

# Links in circles: neither the daemon nor a session walks in them.
ln -s a agents/cycle/knowledge/b
ln -s b agents/cycle/knowledge/a
ln -s .. agents/cycle/knowledge/up
ln -s cycle agents/round # two folders with one body would be two agents with one memory
ln -s . agents/dot
printf 'one fact\n' >agents/cycle/knowledge/fact.md
wait_for 'cycle: what is a file is committed' git -C agents/cycle cat-file -e HEAD:knowledge/fact.md
status 0 agentctl run cycle --heartbeat Daily
has 'cycle: it remembers' 'cycle was here' agents/cycle/MEMORY.md
for name in round dot; do wait_for "$name, a link, is no agent that runs" is $name broken; done
others_work

# A daemon that finds all of it at its start.
stop_agentd
rm -f agents/fifo/MEMORY.md
mkfifo agents/fifo/MEMORY.md
head -c 10485760 /dev/zero | tr '\0' 'x' >>agents/huge/MEMORY.md
printf '\0' >>agents/latin/HEARTBEAT.md
start_agentd
equal 'what is broken' 'dot fifo huge round' "$(agentctl status --json | jq -r '[.agents[] | select(.state == "broken") | .name] | sort | join(" ")')"
for name in ada nul latin crlf bom cycle folder; do status 0 agentctl run $name --message hello; done
status 1 agentctl check
has 'check names the FIFO' agents/fifo/MEMORY.md "$T/out"
has 'check names the giant' agents/huge/MEMORY.md "$T/out"
stop_agentd
rm agents/fifo/MEMORY.md
for name in ada nul latin crlf bom cycle folder; do
	sound agents/$name || fail "fsck of $name"
done
echo 'ok: fsck of all'

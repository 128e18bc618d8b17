# Names and texts with control characters: a terminal and the log show them, and obey none.
. "$SOURCE/test/scenario/lib.sh"
command -v script >/dev/null || skip 'script(1) makes the terminal'

make_workspace solo
escape=$(printf '\033')
override=$(printf '\342\200\256')
printf '# Rehearsal\n\n## When Daily\n- say: \033[31mred\033]0;title\007 %s txt.exe\n\n## When long\n- say: x%s\n' \
	"$override" "$(printf '\303\251%.0s' $(seq 3000))" >agents/ada/REHEARSAL.md
printf '# HEARTBEAT.md\n\n## Daily (07:00)\n- [ ] Look\033[2J around\n' >agents/ada/HEARTBEAT.md
forged=$(printf 'x\n<3>ada: forged')
mkdir "agents/$forged"
echo '# X' >"agents/$forged/SOUL.md"
latin=$(printf 'caf\351')
mkdir "agents/$latin"
echo '# X' >"agents/$latin/SOUL.md"
start_agentd

# on_terminal COMMAND: what a terminal gets to see is in $T/seen.
on_terminal() { script -qec "$1" /dev/null </dev/null >"$T/seen" || true; }
harmless() { ! LC_ALL=C tr -d '\n\r\t' <"$T/seen" | LC_ALL=C grep -q '[[:cntrl:]]' && ! grep -q "$override" "$T/seen"; }
on_terminal 'agentctl run ada --heartbeat Daily'
has 'the words of a model are shown' '\x1b[31mred\x1b]0;title\x07 \u202e txt.exe' "$T/seen"
ok 'and are harmless' harmless
for command in status 'status ada' check schedule prompt\ ada log logs "check '$escape[31m'"; do
	on_terminal "agentctl $command"
	ok "harmless: $command" harmless
done
on_terminal 'agentctl prompt ada'
has 'a text is shown' 'Look\x1b[2J around' "$T/seen"
on_terminal 'agentctl run ada --message long'
equal 'long text keeps its letters' 3000 "$(tr -d '\r\n' <"$T/seen" | grep -o 'é' | wc -l)"
ok 'and gets no others' sh -c "! grep -q '�' '$T/seen'"

# What is no terminal gets the bytes.
agentctl prompt ada >"$T/prompt"
has 'a pipe gets the text itself' "Look$escape[2J around" "$T/prompt"

# One event is one line.
has 'the folder is told of' '"x\x0a<3>ada: forged" is no name of an agent' "$T/agentd.log"
equal 'no line begins with what it says' 0 "$(grep -c '^<3>ada: forged' "$T/agentd.log" || true)"
equal 'the table has a line for it' 1 "$(agentctl status | grep -cF 'x\x0a<3>ada: forged  broken')"
equal 'a name that is no UTF-8 is there too' broken "$(agentctl status --json | jq -r '.agents[] | select(.name | startswith("caf")).state')"
stop_agentd

# Saves as people make them: each gives exactly one reload with the final content, and one commit by the person.
. "$SOURCE/test/scenario/lib.sh"

for program in tmux vim nano emacs; do
	command -v $program >/dev/null || skip "$program is not installed"
done

make_workspace support-desk
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira
wait_for 'the first commit of max' has_commit agents/max
# The clone that `git checkout` takes its branch from.
file=$W/agents/kira/SOUL.md

# one_save "what" COMMAND…: runs it, waits for a commit and a reload, and checks that there was one of each.
reloads=0
one_save() {
	save=$1; shift
	before=$(commits agents/kira)
	"$@" >"$T/save.out" 2>&1 || { cat "$T/save.out"; fail "$save"; }
	WAIT=10 wait_for "$save: a commit" sh -c "[ \$(git -C agents/kira rev-list --count HEAD) -gt $before ]"
	reloads=$((reloads + 1))
	# Whatever else the editor does comes within the settling time; then nothing more may follow.
	wait_for "$save: settled" sh -c "[ \$(($(date +%s%N) / 1000000)) -lt \$((\$(date +%s%N) / 1000000 - 400)) ]"
	equal "$save: one commit" $((before + 1)) "$(commits agents/kira)"
	equal "$save: one reload" $reloads "$(events reload kira)"
	equal "$save: by the person" 'Pat Person' "$(git -C agents/kira log -1 --format=%an)"
	equal "$save: the final content" "$(cat "$file")" "$(git -C agents/kira show HEAD:SOUL.md)"
	clean agents/kira || fail "$save: $(git -C agents/kira status --short)"
}

# type KEYS…: into an editor in tmux, started by the first argument; waits until it has ended.
tm() { tmux -L "agentd-$$" "$@"; }
in_editor() {
	tm new-session -d -s e -x 100 -y 30 "$1"; shift
	wait_for 'the editor shows the file' sh -c "tmux -L agentd-$$ capture-pane -p -t e | grep -q Kira"
	for keys in "$@"; do
		# shellcheck disable=SC2086
		tm send-keys -t e $keys
	done
	wait_for 'the editor has ended' sh -c "! tmux -L agentd-$$ has-session -t e 2>/dev/null"
}

one_save 'vim' in_editor "vim -u NONE '$file'" 'G o' 'v-i-m Escape' ':wq Enter'
has 'vim wrote' v-i-m "$file"
one_save 'vim with backup and swap' in_editor "vim -N -u NONE -c 'set backup writebackup backupcopy=no' '$file'" 'G o' 'b-k-p Escape' ':wq Enter'
one_save 'nano' in_editor "nano --ignorercfiles '$file'" 'nano-line Enter' 'C-o Enter' 'C-x'
one_save 'emacs' in_editor "emacs -nw -Q '$file'" 'emacs-line Enter' 'C-x C-s' 'C-x C-c'
rm -f agents/kira/*~
one_save 'sed -i' sed -i 's/emacs-line/sed-line/' "$file"
cp "$file" "$T/new.md"; echo 'moved over' >>"$T/new.md"
one_save 'mv over' mv "$T/new.md" "$file"
one_save 'an append in two writes' sh -c "{ printf 'half'; printf ' and half\n'; } >> '$file'"
one_save 'delete and create' sh -c "cp '$file' '$T/copy'; rm '$file'; { cat '$T/copy'; echo again; } > '$file'"
one_save 'truncate and write' sh -c "cat '$file' > '$T/copy'; echo cut >> '$T/copy'; cat '$T/copy' > '$file'"
# A checkout of an older file is a change of the work tree like any other.
one_save 'git checkout of an older file' sh -c "git -C agents/kira checkout -q HEAD~2 -- SOUL.md"
# A touch changes nothing.
before=$(commits agents/kira)
touch "$file"
sed -i 's/Every/Every/' agents/kira/HEARTBEAT.md
wait_for 'settled' sh -c "[ \$(($(date +%s%N) / 1000000)) -lt \$((\$(date +%s%N) / 1000000 - 400)) ]"
equal 'no commit for a touch' "$before" "$(commits agents/kira)"
equal 'no reload for a touch' $reloads "$(events reload kira)"

# A branch that is switched to: HEAD has the content already, so there is a reload and no commit.
more_reloads() { [ "$(events reload kira)" -gt "$1" ]; }
git -C agents/kira branch older HEAD~6
git -C agents/kira checkout -q older
wait_for 'a reload after switching branches' more_reloads $reloads
reloads=$(events reload kira)
git -C agents/kira checkout -q main
wait_for 'and back' more_reloads "$reloads"
equal 'no commit by switching' "$before" "$(commits agents/kira)"

# Whole agents.
agent_there() { agentctl status "$1" >/dev/null 2>&1; }
agent_gone() { ! agentctl status "$1" >/dev/null 2>&1; }
cp -r agents/max agents/moritz
wait_for 'a copied agent is in force' agent_there moritz
mv agents/moritz agents/mona
wait_for 'a renamed one under its new name' agent_there mona
wait_for 'and not under the old' agent_gone moritz
sed -i 's/Max/Mona/' agents/mona/SOUL.md
wait_for 'an edit after the rename is committed' sh -c "git -C agents/mona log -1 --format=%s | grep -q 'edit SOUL.md'"
rm -rf agents/mona
wait_for 'a deleted one is gone' agent_gone mona
# A copy that takes its time, though never 1.5 s without a file: its repository comes last, and nothing stands in its way.
half_copied() { cp agents/max/HEARTBEAT.md agents/slow/ && agent_there slow; }
mkdir agents/slow
cp agents/max/SOUL.md agents/slow/
wait_for 'a half-copied agent is in force' half_copied
ok 'the rest is copied' cp -r agents/max/.git agents/max/knowledge agents/max/MEMORY.md agents/slow/
wait_for 'its history is the one that was copied' sh -c "git -C agents/slow log --format=%s | grep -q 'begin agent max'"
mkdir agents/late
echo 'nothing yet' >agents/late/notes.md
agent_gone late || fail 'a folder without SOUL.md is no agent'
printf '# Late\n\nI came late.\n' >agents/late/SOUL.md
wait_for 'a folder that gets a SOUL.md is an agent' agent_there late
wait_for 'with a repository' has_commit agents/late
mkdir agents/late/knowledge
echo fact >agents/late/knowledge/a.md
wait_for 'a new folder is watched' sh -c "git -C agents/late log --format=%s | grep -q 'knowledge/a.md'"
repositories_are_well
stop_agentd

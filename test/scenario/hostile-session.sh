# A session in somebody else's hands: whatever it says to agentd, it does not get more than its agent's model asked for, and the
# daemon and the other agents carry on.
. "$SOURCE/test/scenario/lib.sh"

make_workspace solo
cp -r agents/ada agents/ida
printf '# Rehearsal\n\n## When post\n- call bulletin_post: what the model wrote\n- say: done\n' | tee agents/ada/REHEARSAL.md >agents/ida/REHEARSAL.md

# The programs under test, with a session that does what is in the file `acts`.
mkdir -p "$T/stage/bin" "$T/stage/libexec"
cp "$BUILD/bin/agentd" "$BUILD/bin/agentctl" "$T/stage/bin"
cp -r "$BUILD/libexec/agentd" "$T/stage/libexec"
cat >"$T/stage/libexec/agentd/agentd-session" <<'EOF'
#!/bin/sh
exec <&3 >&3
note() { printf '{"jsonrpc":"2.0","method":"%s","params":%s}\n' "$1" "$2"; }
ask() { printf '{"jsonrpc":"2.0","method":"%s","params":%s,"id":%s}\n' "$1" "$2" "$3"; }
complete() { ask complete '{"request":{"messages":[{"role":"user","text":"post"}],"max_tokens":9}}' "$1"; }
hear() { read -r line || exit 9; }
call() { ask tool "{\"id\":\"$id\",\"name\":\"bulletin_post\",\"arguments\":{\"text\":\"forged $1\"}}" "$1"; }
hear
. "${0%/*}/acts"
EOF
PATH=$T/stage/bin:$PATH
start_agentd
acts() { cat >"$T/stage/libexec/agentd/acts"; }
outcome() { agentctl status "$1" --json | jq -r '"\(.agents[0].last.outcome) \(.agents[0].last.reason)"'; }
runs() { status "$1" timeout 60 agentctl run ada --message hello; } # runs STATUS

# One call of the model is one post, with the words of the model, however often it is asked for.
acts <<'EOF'
note hello '{"walls":"none"}'
complete 1; hear
id=${line#*\"calls\":[\{\"id\":\"}; id=${id%%\"*}
for n in 10 11 12 13 14; do call $n; done
complete 2
for n in 1 2 3 4 5 6; do hear; done
call 15; hear
note done '{"text":"bye"}'
EOF
runs 0
equal 'one post' 1 "$(grep -c 'what the model wrote' shared/BULLETIN.md)"
has_not 'with no other words' forged shared/BULLETIN.md

# Out of turn, of the wrong type, twice: refused, or the end of it.
acts <<'EOF'
note hello '{"walls":"none"}'
n=100
for value in null 1 '"x"' '[]' '[1]' '{}' '{"id":1,"name":[]}' 'true'; do
	for key in request results id name; do
		ask tool "{\"$key\":$value}" $((n += 1)); hear
		case $key$value in request{*) ;; *) ask complete "{\"$key\":$value}" $((n += 1)); hear ;; esac
	done
	ask complete "{\"request\":{\"messages\":$value,\"system\":$value,\"tools\":$value,\"max_tokens\":$value},\"results\":$value}" $((n += 1)); hear
done
note done '{"text":1,"results":{}}'
EOF
runs 0
for words in "note done '{}'; note done '{}'" "note hello '{}'; note hello '{}'" "note hello '{\"walls\":1}'; note plan '{}'" \
	"echo no JSON" "echo '{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}'" "head -c 17000000 /dev/zero | tr '\0' x"; do
	echo "$words; sleep 60" | acts
	runs 1
	ok 'it is ended, and told' sh -c "outcome() { agentctl status ada --json; }; outcome | grep -q 'broke the protocol'"
done

# Asking without ever listening costs it its connection, and then its life.
acts <<'EOF'
note hello '{}'
id=$(head -c 200 /dev/zero | tr '\0' x)
yes "{\"jsonrpc\":\"2.0\",\"method\":\"tool\",\"id\":\"$id\",\"params\":{}}" | head -n 400000
sleep 60
EOF
runs 1

# Nor does it stay when it has nothing more to say.
echo 'exec <&- >&- 3>&-; sleep 60' | acts
runs 1
echo "note hello '{}'; note done '{}'; sleep 60" | acts
runs 1
equal 'it was ended' 'failed its process ended: killed by us: it stayed for 5 s after its last word' "$(outcome ada)"

cp "$BUILD/libexec/agentd/agentd-session" "$T/stage/libexec/agentd/new"
mv "$T/stage/libexec/agentd/new" "$T/stage/libexec/agentd/agentd-session"
status 0 agentctl run ada --message post
status 0 agentctl run ida --message post
equal 'the others post as ever' 3 "$(grep -c 'what the model wrote' shared/BULLETIN.md)"
stop_agentd
repositories_are_well

# A context that is too small: recognised, told in words, and never tried again and again.
. "$SOURCE/test/real/real.inc"

make_workspace support-desk
start_model 512
use_model 8192 # as a person would set it who does not know the server's
start_agentd
wait_for 'the first commit of kira' has_commit agents/kira

overflows() { # overflows NAME OPTION…: what happened in a run that cannot fit
	name=$1 before=$(requests); shift
	talk "$name" kira "$@"
	asked=$(($(requests) - before))
	echo "ok: $name: $asked requests"
	[ $asked -le 8 ] || fail "$name: $asked requests for what cannot fit"
	[ "$took" -lt 60000 ] || fail "$name: $took ms"
	[ "$outcome" = done ] || case $(end reason) in
	*context*) echo "ok: $name: it says why" ;;
	*) fail "$name: $(end reason)" ;;
	esac
}
overflows small --message 'Say hello.'
ok 'the server was asked' test "$(requests)" -gt 0
overflows again --message 'Say hello once more.'
if agentctl stats --calls --json >"$T/calls" 2>&1; then
	ok 'it is known as an overflow' grep -qF '"overflow"' "$T/calls"
	ok 'and as nothing else' jq -se '[.[] | if type == "array" then .[] else . end | .failure | select(. and . != "")] | unique == ["overflow"]' "$T/calls"
fi

# As large as it should be, but not for this message; and not for what it reads.
stop_model
start_model 4096
use_model 4096
WAIT=60 wait_for 'the new address is in force' sh -c "agentctl run kira --message hello --json | tail -n 1 | jq -e '.output_tokens > 0'"
overflows message --message "$(seq -s ' ' 1 6000)"
seq -f 'Ticket %g: the customer asks for the invoice of last month.' 1 2000 >agents/kira/knowledge/tickets.md
talk file kira --message 'Call read_file with the path knowledge/tickets.md.'
talk after max --message 'Say hello.'
WAIT=300 wait_for 'all are idle' idle
stop_agentd
repositories_are_well

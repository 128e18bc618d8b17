# Money was spent by a clock that was months ahead; it is put right. The day is held for a day that is watched, not for ever: how long
# it has been held outlives a death, what was parked goes on after it, and no restart makes money.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/held.inc"

calls() { db 'SELECT count(*) FROM call WHERE micro_usd > 0'; }
no_more() { equal "$1" "parked 1 1 501000" "$(state kira) $(db 'SELECT count(*) FROM parked') $(calls) $(spent kira)"; }

start_agentd
status 0 agentctl run kira --message 'What is new?'
status 4 agentctl run kira --message 'And now?'
has 'why' 'goes on at Tue 2027-03-02 00:00' "$T/out"
no_more 'the day is spent'
equal 'nothing is kept of windows by a clock that goes well' 0 "$(db 'SELECT count(*) FROM windows')"

# ---- put right, under the daemon and over a death ----
set_clock '2026-11-24 10:15Z'
ok 'somebody asks, and the clock is looked at' agentctl status
wait_for 'for how long the day is held is kept' is_kept 0
crash
start_agentd
no_more 'the day is held over a death'
status 0 agentctl budget kira
has_not 'and begins anew before 2027' 2027 "$T/out"

# ---- most of a day passes, with deaths in it ----
crash
db 'UPDATE windows SET hour_ms = 3599000, day_ms = 43200000'
start_agentd
wait_for 'what is kept goes on from there' is_kept 43200001
no_more 'half a day is not enough'
crash
db 'UPDATE windows SET day_ms = 86398000'
start_agentd
wait_for 'then there is money again, and the work goes on' has_events 1 unparked kira
parked_is_over() { [ "$(db 'SELECT count(*) FROM parked') $(calls)" = '0 2' ]; }
wait_for 'to its end' parked_is_over
wait_for 'and is done' sh -c "[ \"\$(agentctl status --json | jq -r '.agents[0].last.outcome')\" = done ]"
equal 'in a day of its own' 501000 "$(spent kira)"
equal 'which has another name' 2 "$(db 'SELECT count(DISTINCT day) FROM call WHERE micro_usd > 0')"

# ---- and that day is the one in force, as often as agentd starts ----
for i in 1 2; do
	crash
	start_agentd
	equal "no second allowance ($i)" 501000 "$(spent kira)"
done
status 4 agentctl run kira --message 'And now?'
has 'until the end of the day that the clock shows' 'goes on at Wed 2026-11-25 00:00' "$T/out"
equal 'not a call more' 2 "$(calls)"
stop_agentd
repositories_are_well

# What a person has let go on goes on, also when it could not begin at once: its turn had not come when the daemon died, or its
# agent's files were broken. Work that comes to its time while these are broken waits for the mend.
. "$SOURCE/test/scenario/lib.sh"
. "$SOURCE/test/scenario/money.inc"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
at '2026-11-24 10:15Z' # a Tuesday
cat >"$T/story.txt" <<'EOS'
reply
  when say held once
  text A long story
  stall
reply
  when say held twice
  text Another long story
  stall
reply
  when say slow once
  call remember {"text":"Half of it is done."}
  usage 100 5
  delay 1000
reply
  when say slow twice
  call remember {"text":"Half of that is done."}
  usage 100 5
  delay 1000
reply
  when say circles once
  times 6
  call remember {"text":"Round and round."}
  usage 100 5
reply
  when say circles twice
  times 6
  call remember {"text":"Up and down."}
  usage 100 5
default reply
  text All is done.
  usage 2000 10
EOS
spenders kira max zoe
enough='per_agent_hourly_usd: 20, per_agent_daily_usd: 50, per_session_usd: 5'
MORE='sessions_at_once: 1'
limits "$enough"
start_agentd
rows() { db 'SELECT count(*) FROM parked'; }
# slots NAME: what its sessions were begun by and how they ended, in order: "run:" by hand, "again:" when they had been parked.
slots() { db "SELECT substr(event, 1, instr(event, ':')) || outcome FROM slot WHERE agent = '$1' AND session <> '' ORDER BY rowid" | tr '\n' ' '; }
slots_are() { [ "$(slots "$1")" = "$2" ]; }
no_rows() { [ "$(rows)" = 0 ]; }
# paused NAME TIMES: with work that was parked by that.
paused() {
	agentctl run "$1" --message "say slow $2" >/dev/null 2>&1 & client=$!
	wait_for 'it runs' is "$1" running
	status 0 agentctl pause "$1"
	wait $client || true
	equal 'parked by the pause' "pause $1" "$(db 'SELECT why, agent FROM parked' | tr '|' ' ')"
}
full() { # full TIMES: max holds the only place
	agentctl run max --message "say held $1" >/dev/null 2>&1 & client=$!
	wait_for 'max holds the only place' is max running
}
dies() { crash; wait $client 2>/dev/null || true; start_agentd; }
# broken NAME: a link in the place of a file; whole NAME: the very same file again.
broken() {
	mv "agents/$1/MEMORY.md" "$T/kept"
	ln -s ../../max/MEMORY.md "agents/$1/MEMORY.md"
	wait_for "$1 is broken" is "$1" broken
}
whole() { rm "agents/$1/MEMORY.md"; mv "$T/kept" "agents/$1/MEMORY.md"; }

# ---- the daemon dies before its turn ----
paused kira once
full once
status 0 agentctl resume kira
equal 'it waits for its turn' '1 run:parked ' "$(rows) $(slots kira)"
dies
wait_for 'it goes on without another word' slots_are kira 'run:parked again:done '
wait_for 'no row is left' no_rows

status 4 agentctl run zoe --message 'say circles once'
full twice
status 0 agentctl resume zoe
dies
wait_for 'so does what went in circles' slots_are zoe 'run:parked again:done '
wait_for 'no row is left' no_rows

# ---- its files are broken meanwhile ----
paused kira twice
broken kira
status 0 agentctl resume kira
equal 'it cannot go on yet' '1 run:parked again:done run:parked ' "$(rows) $(slots kira)"
whole kira
wait_for 'it goes on when they are mended' slots_are kira 'run:parked again:done run:parked again:done '
wait_for 'no row is left' no_rows

status 4 agentctl run zoe --message 'say circles twice'
broken zoe
status 0 agentctl resume zoe
stop_agentd
start_agentd
equal 'it waits over a restart' '1 run:parked again:done run:parked ' "$(rows) $(slots zoe)"
whole zoe
wait_for 'and goes on then' slots_are zoe 'run:parked again:done run:parked again:done '
wait_for 'no row is left' no_rows

# ---- its time comes while they are broken ----
limits_read 'that little may be spent' 'per_agent_hourly_usd: 0.01, per_agent_daily_usd: 50, per_session_usd: 5'
status 4 agentctl run kira --message 'Is it noon?'
before=$(slots kira)
broken kira
limits_read 'that more may be' "$enough"
equal 'it is kept' "1 $before" "$(rows) $(slots kira)"
whole kira
wait_for 'and goes on with the same files' slots_are kira "${before}again:done "
wait_for 'no row is left' no_rows
equal 'nothing was refused' 0 "$(db "SELECT count(*) FROM slot WHERE outcome = 'refused'")"
stop_agentd
repositories_are_well

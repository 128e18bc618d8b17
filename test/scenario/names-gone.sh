# What state.db knows of sections, agents and providers that are gone leaves when nothing has had their name for all of `retention`;
# what is back in time, and what belongs to an agent whose files are broken, stays.
. "$SOURCE/test/scenario/lib.sh"

command -v sqlite3 >/dev/null || skip 'sqlite3 is not installed'
# settings PROVIDER
settings() {
	cat >agentd.yaml <<EOS
timezone: UTC
retention: 2 h
providers:
  $1: {kind: openai, base_url: "http://127.0.0.1:9/v1"}
models:
  main: {provider: $1, name: scripted-1, free: true}
routes:
  default: [main]
EOS
}
at '2026-11-21 06:00Z'
make_workspace
settings first
for name in ida max bo; do
	agentctl new $name >/dev/null
	printf '## Tidy (Daily 23:00)\n- [ ] Tidy\n\n## Read (Weekly Sunday 23:00)\n- [ ] Read\n\n## Look (Monthly 1st, 23:00)\n- [ ] Look\n' >agents/$name/HEARTBEAT.md
done
# What a server that failed, and one that taught something, leave behind.
key() { echo "provider $1 #0011223344556677"; }
start_agentd
is() { [ "$(db "$1")" = "$2" ]; }
wait_for 'all sections are known' is 'SELECT count(*) FROM section' 9
wait_for 'and all repositories' is 'SELECT count(DISTINCT repository) FROM file' 4
agentctl pause max >/dev/null
agentctl pause ida >/dev/null
stop_agentd
db "INSERT INTO breaker VALUES('$(key lost)', 3, 1, 1, 'rate', 'x'); INSERT INTO learned VALUES('model lost #00', 1, 0, 0)"

# ---- they go ----
at '2026-11-21 06:30Z'
cp -r agents/max agents/bo "$T"
rm -r agents/max
head -c 3000000 /dev/zero | tr '\0' x >agents/bo/SOUL.md
printf '## Tidy (Daily 23:00)\n- [ ] Tidy\n' >agents/ida/HEARTBEAT.md
start_agentd
sections() { db "SELECT group_concat(key, ' ') FROM (SELECT key FROM section WHERE agent = '$1' ORDER BY key)"; }
unnamed() { db "SELECT count(*) FROM counter WHERE name LIKE 'unnamed %'"; }
marks() { [ "$(unnamed)" = "$1" ]; }
# Two of ida's sections, of max three, its pause and its repository, the breaker, the model.
wait_for 'that they are gone is noted' marks 9
equal 'they are all there' '9 2 4 1 1' "$(db 'SELECT (SELECT count(*) FROM section), (SELECT count(*) FROM agent),
	(SELECT count(DISTINCT repository) FROM file), (SELECT count(*) FROM breaker), (SELECT count(*) FROM learned)' | tr '|' ' ')"
stop_agentd

# ---- one is back in time ----
at '2026-11-21 08:00Z'
printf '## Tidy (Daily 23:00)\n- [ ] Tidy\n\n## Read (Weekly Sunday 23:00)\n- [ ] Read\n' >agents/ida/HEARTBEAT.md
start_agentd
wait_for 'it counts no longer as gone' marks 8
stop_agentd

# ---- in time ----
at '2026-11-21 08:45Z'
start_agentd
wait_for 'what was gone for long has left' marks 0
equal 'nothing is left of max' '0 0 0' "$(db "SELECT (SELECT count(*) FROM section WHERE agent = 'max'),
	(SELECT count(*) FROM agent WHERE agent = 'max'), (SELECT count(*) FROM file WHERE repository = 'agents/max')" | tr '|' ' ')"
equal 'nor of what agentd.yaml does not name' '0 0' "$(db 'SELECT (SELECT count(*) FROM breaker), (SELECT count(*) FROM learned)' | tr '|' ' ')"
equal 'ida keeps the sections that it has' 'Read Tidy' "$(sections ida)"
equal 'and its pause' paused "$(agentctl status ida --json | jq -r '.agents[0].state')"
ok 'and what is known of its files' is "SELECT count(DISTINCT repository) FROM file WHERE repository IN ('agents/ida', '.')" 2
equal 'of one that is broken nobody knows what it has' 'Look Read Tidy' "$(sections bo)"
stop_agentd

# A command of a monitor ends within its time also where agentd is killed meanwhile.
. "$SOURCE/test/scenario/lib.sh"

make_workspace
agentctl new kira >/dev/null
cat >agentd.yaml <<EOF
timezone: UTC
monitors:
  hung: {command: "sleep 4712.$$; true", timeout: 2 s, max_failures: 1000}
EOF
sleeps() { pgrep -f "sleep 4712[.]$$" >/dev/null; }
sleeps_not() { ! sleeps; }
start_agentd
wait_for 'it looks' sleeps
crash
wait_for 'the look ends all the same' sleeps_not

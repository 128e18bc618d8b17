# The units, as they are installed, read by systemd's own checks; no systemd has to run.
. "$SOURCE/test/scenario/lib.sh"

command -v systemd-analyze >/dev/null || skip 'no systemd-analyze'
command -v cmake >/dev/null || skip 'no cmake'
XDG_RUNTIME_DIR=$T/run
export XDG_RUNTIME_DIR
mkdir -m 700 "$XDG_RUNTIME_DIR"

ok 'they are installed' cmake --install "$BUILD" --prefix "$T/prefix" --component systemd
mkdir "$T/prefix/bin"
ln -s "$BUILD/bin/agentd" "$T/prefix/bin/agentd"
system=$T/prefix/lib/systemd/system/agentd@.service
user=$T/prefix/lib/systemd/user/agentd@.service
has 'with the path of the program' "ExecStart=$T/prefix/bin/agentd -w /var/lib/agentd/%i" "$system"
has 'in both' "ExecStart=$T/prefix/bin/agentd -w %h/%I" "$user"

# verify prints what it finds, and only some of it is in its exit status.
status 0 systemd-analyze verify --man=no --recursive-errors=no "$system"
equal 'nothing is found' '' "$(cat "$T/out")"
if systemd-analyze --user verify --man=no --recursive-errors=no "$user" >"$T/out" 2>&1; then
	equal 'nothing in that of a user either' '' "$(cat "$T/out")"
else
	grep -q 'Failed to initialize manager' "$T/out" || { cat "$T/out"; fail 'the unit of a user'; }
	ok 'that of a user, as one of the system' systemd-analyze verify --man=no --recursive-errors=no "$user"
fi
# 30 is 3.0 of 10.
ok 'the system keeps little open to it' systemd-analyze security --offline=true --threshold=30 "$system"

# What a daemon of sessions depends on, and nobody would miss before it is too late.
for unit in "$system" "$user"; do
	for line in Type=notify WatchdogSec=2min Restart=on-failure KillMode=mixed TimeoutStopSec=15 \
		OOMPolicy=continue 'RestrictNamespaces=user mnt ipc pid net' NoNewPrivileges=yes; do
		has "$line" "$line" "$unit"
	done
done
has 'the user that it runs as' 'u agentd' "$T/prefix/lib/sysusers.d/agentd.conf"
# systemd takes openat2 away with it, by which agentd opens every file: systemd/README.md.
for unit in "$system" "$user"; do
	has_not 'openat2 is left' RestrictSUIDSGID= "$unit"
done
grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || exit 0 # failpoints are in test builds only
mkdir "$W" # 38 is ENOSYS
: >"$W/agentd.yaml"
status 1 timeout 20 env AGENTD_FAILPOINTS=file.open=error:38 agentd -w "$W"
has 'agentd without it says what is wrong' 'openat2 is missing' "$T/out"

# What the workspace is on: where a promise would be broken agentd does not serve and says what to do; what is only to be known is
# logged. doctor says the same. Each part that needs a file system this machine cannot mount is skipped.
if [ "${UNSHARED-}" != $$ ]; then # exec keeps the number
	unshare -m true 2>/dev/null || { echo 'SKIP: mounting needs root'; exit 77; }
	UNSHARED=$$
	export UNSHARED
	exec unshare -m sh "$0"
fi
. "$SOURCE/test/scenario/lib.sh"

trap 'status=$?; set +e; cd /; umount -l "$W/agents" "$W" 2>/dev/null; (exit $status); finish' EXIT
warned() { jq -es --arg text "$1" 'any(.[]; .event == "filesystem" and .level == "warning" and (.message | contains($text)))' .agentd/log/events.jsonl; }
# refused WHY: agentd does not serve, doctor tells why.
refused() {
	status 1 agentd -w "$W"
	has 'agentd says why' "$1" "$T/out"
	has 'and what to do' 'to a local disk' "$T/out"
	equal 'the state is not begun' no "$([ -e .agentd/state.db ] && echo yes || echo no)"
}
# kept WHY: agentd serves, and what an agent is told is kept.
kept() {
	start_agentd
	[ -z "$1" ] || ok "it is logged" warned "$1"
	status 0 agentctl doctor
	[ -z "$1" ] || has 'doctor says so' "$1" "$T/out"
	stop_agentd
	equal 'nothing of the looks stays behind' '' "$(ls -A .agentd | grep -e '^filesystem' -e '^doctor' || true)"
}
anew() { cd "$T"; umount -l "$W" 2>/dev/null || true; rm -rf "$W"; mkdir "$W"; }

make_workspace
start_agentd
stop_agentd
if [ "$(stat -f -c %T "$W")" = ext2/ext3 ]; then
	equal 'on a disk nothing is said' 0 "$(events filesystem)"
fi

# ---- in memory; what is above something else ----
anew
mount -t tmpfs -o mode=0755 tmpfs "$W"
make_workspace
kept 'is kept in memory'
anew
mkdir -p "$T/over/layers"
if mount -t tmpfs tmpfs "$T/over/layers" && mkdir "$T/over/layers/lower" "$T/over/layers/upper" "$T/over/layers/work" &&
	mount -t overlay -o "lowerdir=$T/over/layers/lower,upperdir=$T/over/layers/upper,workdir=$T/over/layers/work" overlay "$W" 2>/dev/null; then
	make_workspace
	kept 'may be gone with it'
else
	echo 'SKIP: no overlay'
fi
anew
umount -l "$T/over/layers" 2>/dev/null || true

# ---- names in one case ----
truncate -s 16M "$T/image"
if mkfs.ext4 -q -O casefold "$T/image" 2>/dev/null && mount -o loop "$T/image" "$W" 2>/dev/null && rmdir "$W/lost+found" && mkdir "$W/.agentd" &&
	chmod 700 "$W/.agentd" && chattr +F "$W/.agentd" 2>/dev/null; then
	make_workspace
	kept 'SOUL.md and soul.md'
else
	echo 'SKIP: no case folding'
fi
anew

# ---- no rights, no sockets ----
truncate -s 64M "$T/vfat"
if mkfs.vfat "$T/vfat" >/dev/null 2>&1 && mount -o loop "$T/vfat" "$W" 2>/dev/null; then
	make_workspace
	status 1 agentd -w "$W"
	has 'vfat is refused' 'local disk' "$T/out"
else
	echo 'SKIP: no vfat'
fi
anew

# ---- no exchange of names ----
make_workspace
grep -qa AGENTD_CLOCK_OFFSET "$BUILD/bin/agentd" || skip 'failpoints are in builds with -DAGENTD_FAILPOINTS=ON only'
mkdir -m 700 .agentd
AGENTD_FAILPOINTS=filesystem.exchange=error:22 # EINVAL, as nfs says
export AGENTD_FAILPOINTS
refused 'cannot exchange two names'
status 1 agentctl doctor
has 'doctor says so, too' 'cannot exchange two names' "$T/out"
unset AGENTD_FAILPOINTS
kept ''

#!/usr/bin/env bash
# Does a plan come out the same on Slurm, with a task given again, the node killed and a disk that is full? Starts a Slurm of one node on
# this machine, from Debian's packages, for the time of the check:
#
#   scripts/slurm/check.sh        as root; apt-get installs slurm-wlm and munge
#
# The parts' merge is held against one local call, byte for byte; the last line says that all went as it should.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/packages.sh
need_commands slurmctld:slurm-wlm munged:munge
program=$(realpath "${BATLINET:-target/release/batlinet}")
work=$(mktemp -d)
state=$work/slurm
mkdir -p "$state/ctld" "$state/d" "$work/run"
stop() {
  umount "$work/run/big-parts/4-of-4" 2> /dev/null || true
  [ ! -f "$state/slurmd.pid" ] || kill "$(cat "$state/slurmd.pid")" 2> /dev/null || true
  [ ! -f "$state/slurmctld.pid" ] || kill "$(cat "$state/slurmctld.pid")" 2> /dev/null || true
  sleep 1
  [ -n "${KEEP:-}" ] || rm -rf "$work"
}
trap stop EXIT

# --- a cluster of one ----------------------------------------------------------------------------------------------
[ -f /etc/munge/munge.key ] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1 count=1024 status=none
chown munge:munge /etc/munge/munge.key && chmod 400 /etc/munge/munge.key
mkdir -p /run/munge && chown munge:munge /run/munge
munge -n > /dev/null 2>&1 || su -s /bin/sh munge -c /usr/sbin/munged
host=$(hostname -s) cores=$(nproc)
cat > "$state/slurm.conf" <<CONF
ClusterName=check
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPidFile=$state/slurmctld.pid
SlurmdPidFile=$state/slurmd.pid
SlurmctldPort=26817
SlurmdPort=26818
StateSaveLocation=$state/ctld
SlurmdSpoolDir=$state/d
SlurmctldLogFile=$state/slurmctld.log
SlurmdLogFile=$state/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=bf_interval=1,sched_interval=1
JobRequeue=1
MpiDefault=none
ReturnToService=2
SlurmdTimeout=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
export SLURM_CONF=$state/slurm.conf
slurmctld -c && slurmd -c
for _ in $(seq 60); do sinfo -h -o %T 2> /dev/null | grep -q idle && break; sleep 1; done
sinfo

# --- a plan in parts: a task given again, the node killed, a full disk ----------------------------------------------
wrong() { echo "WRONG: $*" >&2; exit 1; }
submit() { BATLINET=$program "$OLDPWD/scripts/slurm/submit.sh" big.sh --cpus-per-task=1 --mem=0; }
# waits until a task runs, and says which
running() {
  for _ in $(seq 240); do
    task=$(squeue -h -t R -n batlinet -o %i | head -1)
    [ -z "$task" ] || { echo "$task"; return; }
    sleep 0.2
  done
}
ended() { while squeue -h | grep -q .; do sleep 1; done; }

cp -r experiments "$work/run/"
cd "$work/run"
lists=(experiments/smoke/models.yaml experiments/smoke/branches.yaml)
"$program" run "${lists[@]}" --device cpu --out one > one.log
"$program" plan "${lists[@]}" --device cpu --shards 4 --format slurm --out big > big.sh
# as much as a quota lets the last part write: its first runs
mkdir -p big-parts/4-of-4
mount -t tmpfs -o size=64k full big-parts/4-of-4
submit
task=$(running)
echo "given again: ${task:?no task was seen to run}"
scontrol requeue "$task"
sleep 1
echo "the node is killed while these run: $(squeue -h -t R -n batlinet -o %i | tr '\n' ' ')"
kill -KILL "$(cat "$state/slurmd.pid")"
pkill -KILL slurmstepd || true
pkill -KILL -f "$program run" || true
for _ in $(seq 60); do sinfo -h -o %T | grep -q down && break; sleep 1; done
sinfo -h -o "node: %T"
rm -f "$state/slurmd.pid"
slurmd -c
ended
tail -n 3 big-parts/logs/4.log
tail -n 3 big-parts/logs/merge.log
grep -qi "no space left" big-parts/logs/4.log || wrong "a full disk was not said"
[ ! -e big ] || wrong "a plan with a part that failed was merged"

# --- submitted again, with room -------------------------------------------------------------------------------------
cp -a big-parts/4-of-4 kept
umount big-parts/4-of-4
cp -a kept/. big-parts/4-of-4/
done=$(ls -d big-parts/[1-3]-of-4/runs/*/record.json | wc -l)
before=$(stat -c %Y.%i big-parts/[1-3]-of-4/runs/*/record.json)
submit
ended
tail -n 2 big-parts/logs/merge.log
[ "$before" = "$(stat -c %Y.%i big-parts/[1-3]-of-4/runs/*/record.json)" ] || wrong "what was done is done again"
for file in scores.csv plan.csv predictions.parquet; do
  cmp "one/$file" "big/$file"
done
echo "one task given again, the node killed, a full disk, submitted twice: $done runs of the first time stayed; same bytes as one call"

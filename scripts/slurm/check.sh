#!/usr/bin/env bash
# Does a plan come out the same on Slurm, with a task killed and given again? Starts a Slurm of one node on this machine, from Debian's
# packages, for the time of the check:
#
#   scripts/slurm/check.sh        as root; apt-get installs slurm-wlm and munge
#
# The parts' merge is held against one local call, byte for byte.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/packages.sh
need_commands slurmctld:slurm-wlm munged:munge
program=$(realpath "${BATLINET:-target/release/batlinet}")
work=$(mktemp -d)
state=$work/slurm
mkdir -p "$state/ctld" "$state/d" "$work/run"
stop() {
  [ ! -f "$state/slurmd.pid" ] || kill "$(cat "$state/slurmd.pid")" 2> /dev/null || true
  [ ! -f "$state/slurmctld.pid" ] || kill "$(cat "$state/slurmctld.pid")" 2> /dev/null || true
  [ -z "${KEEP:-}" ] && rm -rf "$work"
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
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
CONF
export SLURM_CONF=$state/slurm.conf
slurmctld -c && slurmd -c
for _ in $(seq 60); do sinfo -h -o %T 2> /dev/null | grep -q idle && break; sleep 1; done
sinfo

# --- a plan in parts, one of them killed ---------------------------------------------------------------------------
cp -r experiments "$work/run/"
cd "$work/run"
lists=(experiments/smoke/models.yaml experiments/smoke/branches.yaml)
"$program" run "${lists[@]}" --device cpu --out one > /dev/null
"$program" plan "${lists[@]}" --device cpu --shards 4 --format slurm --out big > big.sh
BATLINET=$program "$OLDPWD/scripts/slurm/submit.sh" big.sh --cpus-per-task=1 --mem=0
for _ in $(seq 120); do squeue -h -t R -n batlinet | grep -q . && break; sleep 0.5; done
task=$(squeue -h -t R -n batlinet -o %i | head -1)
echo "killing and giving again: ${task:-nothing runs any more}"
[ -z "$task" ] || scontrol requeue "$task" || true
while squeue -h | grep -q .; do sleep 1; done
tail -n 2 big-parts/logs/merge.log
for file in scores.csv plan.csv predictions.parquet; do
  cmp "one/$file" "big/$file" && echo "same bytes: $file"
done

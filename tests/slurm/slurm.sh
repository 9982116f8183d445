#!/usr/bin/env bash
# A SLURM of one node on loopback, without systemd, for tests: two fake GPUs, no accounting.
#   slurm.sh start|stop|status     (root; Debian's slurm-wlm and munge)
# It writes /etc/slurm/{slurm,gres}.conf: jobs drop SLURM_CONF, so no other path works.
# A configuration that it has not written itself is left alone.
set -euo pipefail

STATE=${SLURM_TEST_STATE:-/var/lib/weightscape-slurm}
CPUS=${SLURM_TEST_CPUS:-4}
GPUS=2
CONF=/etc/slurm/slurm.conf
GRES=/etc/slurm/gres.conf
MARK="# Written by tests/slurm/slurm.sh of weightscape"

alive() { [[ -s $STATE/run/$1.pid ]] && kill -0 "$(<"$STATE/run/$1.pid")" 2>/dev/null; }

until_true() { # seconds, command
  local tries=$(($1 * 10))
  shift
  while ! "$@" >/dev/null 2>&1; do
    ((tries-- > 0)) || { echo "slurm.sh: gave up waiting for: $*" >&2; return 1; }
    sleep 0.1
  done
}

ready() { sinfo --noheader --format=%T | grep -qE '^(idle|mixed|allocated)$'; }

refuse_foreign() {
  local file
  for file in "$CONF" "$GRES"; do
    if [[ -e $file ]] && [[ $(head -n 1 "$file") != "$MARK" ]]; then
      echo "slurm.sh: $file is not mine; a SLURM of this machine is left alone" >&2
      exit 3
    fi
  done
}

configure() {
  local gpu
  mkdir -p /etc/slurm "$STATE"/{run,log,state,spool}
  chmod 755 "$STATE" "$STATE"/{run,log,spool}
  chmod 700 "$STATE/state"
  [[ -s $STATE/munge.key ]] || (umask 077 && head -c 1024 /dev/urandom >"$STATE/munge.key")
  echo "$MARK" >"$GRES"
  for ((gpu = 0; gpu < GPUS; gpu++)); do
    # slurmd insists on a device: one with the numbers of /dev/null.
    [[ -c $STATE/gpu$gpu ]] || mknod "$STATE/gpu$gpu" c 1 3
    echo "NodeName=localhost Name=gpu Type=fake File=$STATE/gpu$gpu" >>"$GRES"
  done
  cat >"$CONF" <<CONF
$MARK
ClusterName=weightscape
SlurmctldHost=localhost(127.0.0.1)
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$STATE/run/munge.socket
CredType=cred/munge
StateSaveLocation=$STATE/state
SlurmdSpoolDir=$STATE/spool
SlurmctldPidFile=$STATE/run/slurmctld.pid
SlurmdPidFile=$STATE/run/slurmd.pid
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/slurmd.log
# Without cgroups: memory is scheduled, not enforced.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
MailProg=/bin/true
ReturnToService=2
KillWait=2
# The tests ask for ended jobs after minutes.
MinJobAge=3600
OverTimeLimit=0
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1,batch_sched_delay=0,sched_min_interval=0
# The node may claim more than the machine has, so that several jobs run at a time.
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
DefMemPerCPU=100
GresTypes=gpu
NodeName=localhost NodeAddr=127.0.0.1 CPUs=$CPUS RealMemory=64000 Gres=gpu:fake:$GPUS State=UNKNOWN
PartitionName=main Nodes=localhost Default=YES MaxTime=INFINITE DefaultTime=60 State=UP
CONF
}

start() {
  refuse_foreign
  configure
  alive munged || munged --force --socket="$STATE/run/munge.socket" \
    --key-file="$STATE/munge.key" --pid-file="$STATE/run/munged.pid" \
    --log-file="$STATE/log/munged.log" --seed-file="$STATE/state/munge.seed"
  until_true 5 munge --no-input --socket="$STATE/run/munge.socket"
  alive slurmctld || slurmctld -f "$CONF"
  until_true 20 scontrol ping
  alive slurmd || slurmd -f "$CONF" -N localhost
  until_true 20 ready
}

end() { # daemon
  local pid
  alive "$1" || return 0
  pid=$(<"$STATE/run/$1.pid")
  kill "$pid"
  until_true 10 bash -c "! kill -0 $pid" || kill -9 "$pid"
  rm -f "$STATE/run/$1.pid"
}

stop() {
  refuse_foreign
  if alive slurmctld; then
    scancel --user="$(id -un)" || true
    until_true 10 bash -c '[[ -z $(squeue --noheader) ]]' || true
  fi
  end slurmd
  end slurmctld
  end munged
  rm -f "$CONF" "$GRES"
}

status() {
  local daemon
  for daemon in munged slurmctld slurmd; do
    if alive "$daemon"; then echo "$daemon: process $(<"$STATE/run/$daemon.pid")"; else echo "$daemon: not running"; fi
  done
  ! alive slurmctld || sinfo --format='%P %T %c CPUs %m MB %G'
}

case ${1:-} in
  start | stop | status) "$1" ;;
  *)
    echo "usage: $0 start|stop|status" >&2
    exit 2
    ;;
esac

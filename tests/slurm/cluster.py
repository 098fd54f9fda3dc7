"""A Slurm of one's own: munged, slurmctld and slurmd on loopback, all their files in one folder, gone with the object."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

# Ports that no Slurm of the machine's own has. A requeued job waits `cred_expire` seconds before it starts again; the
# node takes four tasks, whatever its processors.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=cred_expire=5
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmdParameters=config_overrides
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobRequeue=1
KillWait=5
MaxArraySize=1001
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""

MUNGE_FOLDER = pathlib.Path("/run/munge")


def is_installed() -> bool:
    return all(shutil.which(name) for name in ("slurmctld", "slurmd", "sbatch", "munged"))


def munge_answers() -> bool:
    return subprocess.run(["munge", "-n"], capture_output=True).returncode == 0


def wait_until(condition, seconds: float, what: str):
    """The condition's first value that is true."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"waited {seconds} s for {what}")
        time.sleep(0.1)
    return value


class Cluster:
    """Starts with the object; `stop` ends its daemons. Its commands find it by SLURM_CONF in the environment."""

    def __init__(self, folder: pathlib.Path):
        self.folder = folder
        self.daemons: list[subprocess.Popen] = []
        self.is_up = False
        self.host = socket.gethostname().split(".")[0]
        for part in ("state", "spool"):
            (folder / part).mkdir(parents=True)
        configuration = folder / "slurm.conf"
        configuration.write_text(CONFIGURATION.format(host=self.host, folder=folder))
        self.environment = {**os.environ, "SLURM_CONF": str(configuration)}
        try:
            self._start_munge()
            for daemon in ("slurmctld", "slurmd"):
                with (folder / f"{daemon}.out").open("w") as output:
                    self.daemons.append(subprocess.Popen([daemon, "-D", "-f", configuration], env=self.environment,
                                                         stdout=output, stderr=output))
            wait_until(lambda: "idle" in self.output("sinfo", "-h", "-o", "%T"), 60, "an idle node")
            self.is_up = True
        except BaseException:
            self.stop()
            raise

    def _start_munge(self):
        if munge_answers():
            return
        MUNGE_FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.chown(MUNGE_FOLDER, "munge", "munge")
        self.daemons.append(subprocess.Popen(["munged", "--foreground"], user="munge", group="munge",
                                             extra_groups=[], stderr=subprocess.DEVNULL))
        wait_until(munge_answers, 20, "munged")

    def stop(self):
        if self.is_up:
            self._end_jobs()
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()

    def _end_jobs(self):
        """What a test that failed has left would outlive the daemons."""
        self.is_up = False
        self.run("scancel", "--user=root", timeout=30)
        try:
            wait_until(lambda: not self.output("squeue", "-h").strip(), 20, "the end of all jobs")
        except TimeoutError:
            self.run("scancel", "--user=root", "--full", "--signal=KILL", timeout=30)

    def run(self, *command, **more) -> subprocess.CompletedProcess:
        return subprocess.run(list(map(str, command)), env=self.environment, capture_output=True, text=True, **more)

    def output(self, *command) -> str:
        return self.run(*command).stdout

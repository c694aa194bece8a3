"""The adapters over grade-one, each by the contract of its platform; and the pages' commands."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXERCISES = "lab1-boot/exercises"
ADAPTERS = [*(ROOT / "tools/adapters").iterdir(), *(ROOT / "tools/edition").glob("*ml.jinja")]


def pack(file, **texts):
    """A hand-in of exercises, by the names of their files without ending."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for name, text in texts.items():
            source = next((ROOT / "solutions" / EXERCISES).glob(name + ".*"))
            data = text or source.read_bytes()
            info = tarfile.TarInfo(f"{EXERCISES}/{source.name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def skeleton(name):
    return next((ROOT / "labs" / EXERCISES).glob(name + ".*")).read_bytes()


@pytest.mark.parametrize("file", ADAPTERS, ids=lambda file: file.name)
def test_an_adapter_is_small(file):
    assert len(file.read_text().splitlines()) <= 42


def blocks(page):
    return re.findall(r"^```sh\n(.*?)^```", (ROOT / f"handouts/{page}.md").read_text(), re.M | re.S)


@pytest.mark.slow
def test_publish_it_mend_it(tmp_path):
    """All that stands in the page's boxes, typed in the course's tree, one after the other."""
    found = blocks("publish")
    assert len(found) == 4 and len(found[0].strip().splitlines()) == 10
    shutil.copytree(ROOT, tmp_path / "course", ignore=shutil.ignore_patterns(".git", "grades"))
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", tmp_path / "forge"], check=True)
    mine = tmp_path / "ada" / EXERCISES.replace("lab1", "labs/lab1") / "gdt_load.S"
    given = "labs/lab1-boot/main.c"
    between = [lambda: None,
               lambda: (mine.write_text("my work\n"), append(tmp_path / "course" / given)),
               lambda: None, lambda: None]
    environment = {**os.environ, "URL": str(tmp_path / "forge"), "GIT_AUTHOR_NAME": "x",
                   "GIT_AUTHOR_EMAIL": "x@x.org", "GIT_COMMITTER_NAME": "x",
                   "GIT_COMMITTER_EMAIL": "x@x.org"}
    for number, (text, before) in enumerate(zip(found, between)):
        before()
        last = number == len(found) - 1
        run = subprocess.run(["sh", "-c" if last else "-ec", text], cwd=tmp_path / "course",
                             env=environment, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        assert last or run.returncode == 0, run.stdout
    assert mine.read_text() == "my work\n"
    assert "/* mended */" in (tmp_path / "ada" / given).read_text()
    assert (tmp_path / "ada/labs/lab2-process/exercises").is_dir()
    assert "Exercise 2.1: " in run.stdout                   # the late joiner's


def append(file):
    file.write_text(file.read_text() + "/* mended */\n")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["user", ""])
def test_gradescopes_contract(tmp_path, kind):
    """results.json is always there; the course is closed to whom a submission runs as."""
    if os.geteuid() != 0:
        pytest.skip("a container of Gradescope's has root")
    assert subprocess.run(["make", "autograder", "LAB=1"], cwd=ROOT).returncode == 0
    box = tmp_path / "autograder"
    (box / "submission").mkdir(parents=True)
    subprocess.run(["unzip", "-q", ROOT / "build/autograder-lab1.zip", "-d", box / "source"],
                   check=True)
    assert {file.name for file in (box / "source").iterdir()} == {
        "setup.sh", "run_autograder", "course"}
    if kind:
        tmp_path.chmod(0o755)
        for folder in tmp_path.parents:
            if folder.stat().st_uid == os.geteuid() and folder != Path("/tmp"):
                folder.chmod(folder.stat().st_mode | 0o011)
    environment = {**os.environ, "AUTOGRADER": str(box), "RINGSTEP_SANDBOX": kind}
    subprocess.run(["sh", box / "source/setup.sh"], check=True, env=environment,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert not (box / "source/course").stat().st_mode & 0o077

    def results(**more):
        subprocess.run([box / "source/run_autograder"], env={**environment, **more},
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return json.loads((box / "results/results.json").read_text())

    assert "has no exercise file" in results()["output"]
    pack(tmp_path / "a.tgz", tss_load=b"", gdt_load=skeleton("gdt_load"))
    with tarfile.open(tmp_path / "a.tgz") as packed:
        packed.extractall(box / "submission")
    data = results()
    assert (data["score"], data["visibility"]) == (18, "visible") and data["execution_time"] >= 0
    assert [(test["number"], test["status"], test["score"], test["max_score"])
            for test in data["tests"]][1:3] == [("1.2", "failed", 0, 16), ("1.3", "passed", 18, 18)]
    assert all({"name", "output", "visibility", "tags", "output_format"} <= set(test)
               for test in data["tests"])
    assert ("user without rights" in data["output"]) == bool(kind)
    assert "not\n your fault" not in json.dumps(data)
    assert "broke off" in results(SECONDS_MOST="0.01")["output"]


HANDINS = int(os.environ.get("HANDINS", "40"))       # of the class under Slurm


def class_of(folder, count):
    """Most are as they were handed out, so that it takes no hour; some are refused."""
    for number in range(count):
        file = folder / f"in/student {number}.tgz"
        if number % 8 == 0:
            pack(file, tss_load=b"")
        elif number % 8 == 1:
            file.write_bytes(b"rubbish")
        else:
            pack(file, tss_load=skeleton("tss_load"))


def gathered(folder):
    subprocess.run(["make", "gather", f"DIR={folder}/in", "LAB=1", f"REPORT={folder}/out"],
                   cwd=ROOT, stdout=subprocess.DEVNULL)
    with open(folder / "out/scores.csv") as file:
        return list(csv.DictReader(file))


def check(rows, count):
    assert len({row["submission"] for row in rows}) == len(rows) == count
    assert [sum(row["score"] == score for row in rows) for score in ("18", "0", "")] == [
        count // 8, count // 8 * 6, count // 8]
    assert {row["verdict"] for row in rows} == {"graded", "refused"}


@pytest.mark.slow
def test_gnu_parallel_shares_a_class_out(tmp_path):
    if not shutil.which("parallel"):
        pytest.skip("there is no GNU parallel here: CLASS=1 ./setup")
    class_of(tmp_path, 8)
    line = blocks("platforms")[-1].replace("--sshlogin node1,node2 ", "-j2 ")
    line = line.replace("handins", f"{tmp_path}/in").replace("grades/lab1", f"{tmp_path}/out")
    subprocess.run(["sh", "-c", line.replace("LAB=1", f"LAB=1 REPORT={tmp_path}/out")], cwd=ROOT)
    check(gathered(tmp_path), 8)


SLURM = """ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool-%n
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/slurmd-%n.pid
SlurmctldPort=16817
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldTimeout=10
SlurmdTimeout=10
MaxArraySize=2000
NodeName=n1 NodeHostname=localhost Port=16818 CPUs=2 RealMemory=1500
NodeName=n2 NodeHostname=localhost Port=16819 CPUs=2 RealMemory=1500
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
"""


@pytest.fixture
def slurm(tmp_path):
    """A cluster of two nodes on this machine."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("munged", "slurmctld", "slurmd"))):
        pytest.skip("there is no Slurm here, or we are not root: CLASS=1 ./setup")
    (tmp_path / "state").mkdir()
    key = tmp_path / "munge.key"
    key.write_bytes(os.urandom(1024))
    key.chmod(0o600)
    (tmp_path / "slurm.conf").write_text(SLURM.format(folder=tmp_path))
    environment = {**os.environ, "SLURM_CONF": str(tmp_path / "slurm.conf")}
    daemons = {}

    def start(name, *words):
        with open(tmp_path / f"{name}.log", "ab") as log:
            daemons[name] = subprocess.Popen(words, env=environment, stdout=log, stderr=log)

    start("munge", "munged", "-F", "-f", f"--key-file={key}", f"--socket={tmp_path}/munge.socket",
          f"--pid-file={tmp_path}/munge.pid", f"--log-file={tmp_path}/munge.log",
          f"--seed-file={tmp_path}/munge.seed")
    time.sleep(2)
    start("ctld", "slurmctld", "-D")
    for node in ("n1", "n2"):
        (tmp_path / f"spool-{node}").mkdir()
        start(node, "slurmd", "-D", "-N", node)
    yield environment, start, daemons
    for daemon in reversed(list(daemons.values())):
        daemon.kill()
        daemon.wait()


@pytest.mark.slow
def test_slurm_grades_each_once_though_a_node_is_lost(tmp_path, slurm):
    environment, start, daemons = slurm
    class_of(tmp_path, HANDINS)

    def slurm_says(*words):
        return subprocess.run(words, cwd=ROOT, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout

    def wait_for(done, seconds):
        deadline = time.monotonic() + seconds
        while not done() and time.monotonic() < deadline:
            time.sleep(1)
        assert done(), slurm_says("squeue") + slurm_says("sinfo")

    wait_for(lambda: "idle" in slurm_says("sinfo", "-h", "-o", "%T"), 60)
    line = next(line for line in blocks("platforms")[1].splitlines() if line.startswith("sbatch"))
    line = line.replace(" handins", f" {tmp_path}/in").replace("grades/lab1", f"{tmp_path}/out")
    assert "Submitted" in slurm_says("sh", "-c", line)
    wait_for(lambda: len(list(tmp_path.glob("out/*/grade.json"))) > HANDINS // 3, 600)
    daemons["n2"].kill()
    daemons["n2"].wait()
    time.sleep(3)
    start("n2", "slurmd", "-D", "-N", "n2")
    wait_for(lambda: not slurm_says("squeue", "-h").strip(), 900)
    rows = gathered(tmp_path)
    if "grader-error" in {row["verdict"] for row in rows}:      # what was lost with the node
        slurm_says("sh", "-c", line)
        wait_for(lambda: not slurm_says("squeue", "-h").strip(), 900)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.glob("out/*/grade.json")}
    check(gathered(tmp_path), HANDINS)
    slurm_says("sh", "-c", line)
    wait_for(lambda: not slurm_says("squeue", "-h").strip(), 900)
    assert before == {file: file.stat().st_mtime_ns for file in tmp_path.glob("out/*/grade.json")}

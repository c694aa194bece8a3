"""What editors are told: VS Code's launch file, and clangd's view of the layers."""
import json
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ringstep.course.labs import labs

ROOT = Path(__file__).parent.parent


LABS = labs(ROOT)


def read(name):
    return json.loads((ROOT / name).read_text())


def filled_in(text, file):
    """What VS Code puts in for its variables while that file is open."""
    return text.replace("${workspaceFolder}", str(ROOT)).replace("${fileDirname}", str(file.parent))


def test_no_editor_knows_a_list_of_labs():
    for name in (".vscode/tasks.json", ".vscode/launch.json", ".clangd",
                 ".devcontainer/devcontainer.json"):
        assert not re.search(r"lab\d", (ROOT / name).read_text()), name


@pytest.mark.slow
@pytest.mark.parametrize("lab", LABS, ids=[lab.name for lab in LABS])
def test_launch_stops_in_kmain(lab):
    """Do what VS Code does: the task, then GDB with the setup commands."""
    launch, = read(".vscode/launch.json")["configurations"]
    task = next(t for t in read(".vscode/tasks.json")["tasks"]
                if t["label"] == launch["preLaunchTask"])
    ready = re.compile(task["problemMatcher"]["background"]["endsPattern"])
    opened = next((ROOT / "labs" / lab.name).glob("kernel/*.c"))
    machine = subprocess.Popen(filled_in(task["command"], opened), shell=True, cwd=ROOT,
                               stdout=subprocess.PIPE, text=True)
    server = launch["miDebuggerServerAddress"]
    try:
        assert any(ready.search(line) for line in machine.stdout)
        while subprocess.run(["pgrep", "-f", "--", f"-gdb tcp:{server}"],
                             stdout=subprocess.DEVNULL).returncode:
            time.sleep(0.05)
        commands = [c["text"] for c in launch["setupCommands"]] + [f"target remote {server}"]
        lines = [f"-file-exec-and-symbols {filled_in(launch['program'], opened)}"]
        lines += [f"-interpreter-exec console {json.dumps(c)}" for c in commands]
        gdb = subprocess.Popen(["gdb", "-q", "-nx", "--interpreter=mi"], cwd=ROOT, text=True,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        gdb.stdin.write("\n".join(lines + ["-exec-continue"]) + "\n")
        gdb.stdin.flush()
        stopped = next(line for line in gdb.stdout
                       if line.startswith("*stopped") and "breakpoint-hit" in line)
        gdb.communicate("-interpreter-exec console kill\n-gdb-exit\n")
        assert 'func="kmain"' in stopped and f"{lab.name}/main.c" in stopped
    finally:
        machine.communicate()


def message(**content):
    body = json.dumps({"jsonrpc": "2.0", **content}).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


class Clangd:
    def __init__(self):
        self.process = subprocess.Popen(["clangd", "--background-index", "--log=error"],
                                        cwd=ROOT, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.indexed = False
        signal.alarm(90)        # a server that says nothing must not hang the tests
        self.ask("initialize", processId=None, rootUri=f"file://{ROOT}",
                 capabilities={"window": {"workDoneProgress": True}})
        self.say("initialized")

    def say(self, method, **params):
        self.process.stdin.write(message(method=method, params=params))
        self.process.stdin.flush()

    def next(self):
        length = int(re.search(rb"Content-Length: (\d+)", self.process.stdout.readline())[1])
        self.process.stdout.readline()
        return json.loads(self.process.stdout.read(length))

    def read_note(self):
        note = self.next()
        if note.get("method") == "window/workDoneProgress/create":  # it waits for an answer
            self.process.stdin.write(message(id=note["id"], result=None))
            self.process.stdin.flush()
        elif note.get("method") == "$/progress" and note["params"]["value"]["kind"] == "end":
            self.indexed = True
        return note

    def ask(self, method, **params):
        self.process.stdin.write(message(method=method, id=1, params=params))
        self.process.stdin.flush()
        while True:
            answer = self.read_note()
            if answer.get("id") == 1 and "method" not in answer:
                return answer.get("result")

    def open(self, path):
        uri = f"file://{ROOT / path}"
        self.say("textDocument/didOpen", textDocument={
            "uri": uri, "languageId": "c", "version": 1, "text": (ROOT / path).read_text()})
        while True:
            note = self.read_note()
            if note.get("method") == "textDocument/publishDiagnostics" \
                    and note["params"]["uri"] == uri:
                return uri, [d["message"] for d in note["params"]["diagnostics"]
                             if d["severity"] == 1]

    def definition(self, path, name):
        uri = f"file://{ROOT / path}"
        lines = (ROOT / path).read_text().split("\n")
        line = next(i for i, text in enumerate(lines) if re.search(rf"\b{name}\(", text))
        where = {"line": line, "character": lines[line].index(name + "(")}
        found = self.ask("textDocument/definition", textDocument={"uri": uri}, position=where)
        return [x["uri"].replace(f"file://{ROOT}/", "") for x in found]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("clangd"), reason="clangd is not installed")
def test_clangd_knows_the_layers_and_no_solution():
    subprocess.run(["make", "-s", "compile_commands.json"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)

    def shards():
        return list(ROOT.glob(".cache/clangd/index/page_table_walk.c.*"))

    for shard in shards():
        shard.unlink()
    clangd = Clangd()
    try:
        for path in ("labs/lab1-boot/kernel/gdt.c", "labs/lab2-process/exercises/page_map.c",
                     "labs/lab3-ring3/user/ring3_test.c", "grading/lab1/vectors.c",
                     "solutions/lab3-ring3/exercises/sys_write.c"):
            assert clangd.open(path)[1] == [], path
        clangd.open("labs/lab2-process/kernel/page_table.c")
        page_table = "labs/lab2-process/kernel/page_table.c"
        assert clangd.definition(page_table, "page_table_walk")[0].startswith("labs/")
        while not clangd.indexed:
            clangd.read_note()
        assert clangd.definition(page_table, "page_table_walk") == \
            ["labs/lab2-process/exercises/page_table_walk.c"]
        end = time.time() + 20      # one shard of the index for each file of that name
        while not shards() and time.time() < end:
            clangd.ask("workspace/symbol", query="page_table_walk")
        time.sleep(1)
        assert len(shards()) == 1
    finally:
        signal.alarm(0)
        clangd.process.kill()
        clangd.process.wait()

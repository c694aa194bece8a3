"""A program that nobody here wrote for this kernel: the same file on Linux and on Ringstep."""
import shlex
import shutil
import subprocess
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent
FILES = ROOT / "labs/lab5-shell/files"
PROGRAMS = ROOT / "build/linux"
MUSL = ["musl-gcc", "-static", "-no-pie", "-O1", "-s", "-w"]

# A source package of Debian 12, its version, its original archive's SHA-256; what is compiled
# there, and how; a line to type.
TOOLS = [
    ("sysvbanner", "1:1.0-18", "ff4660244884b8a7993d32063801de58569bbd5e87d33efc69f1cbe9e22294db",
     ["sysvbanner.c"], [], "banner Ring 3"),
    ("par", "1.53.0-2", "c809c620eb82b589553ac54b9898c8da55196d262339d13c046f2be44ac47804",
     ["buffer.c", "charset.c", "errmsg.c", "par.c", "reformat.c"], [], "cat poem | par 20"),
    ("unifdef", "2.10-1.1", "1375528c8983de06bbf074b6cfa60fcf0257ea8efcbaec0953b744d2e3dcc5dd",
     ["unifdef.c"], ["-I."], "cat poem | unifdef -DRING=3"),
    ("ascii", "3.18-5", "728422d5f4da61a37a17b4364d06708e543297de0a5f70305243236d80df072d",
     ["ascii.c"], ["-DREVISION=3.18"], "ascii A z"),
    ("ent", "1.2debian-3", "2df63722b30d309f373416bfce69adaadb5f7a82294fb0d661c5f258dcc7d049",
     ["ent.c", "iso8859.c", "randtest.c", "chisq.c"], ["-lm"], "cat poem | ent"),
]


def run(*argv, **how) -> subprocess.CompletedProcess:
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=300, **how)


@pytest.fixture(scope="module", autouse=True)
def compiler():
    if not shutil.which("musl-gcc"):
        pytest.skip("not tried: musl-gcc is not installed (./setup)")
    PROGRAMS.mkdir(parents=True, exist_ok=True)


def printed_by_ringstep(program: str, line: str) -> bytes:
    """What the shell prints after a line is typed, at a console like a user's."""
    shell = pexpect.spawn("make", ["-s", "linux-program", "LAB=5", "SOLVED=all",
                                   f"FILE=build/linux/{program}"], cwd=str(ROOT), timeout=300)
    shell.expect_exact("\n$ ")                      # what is typed before is lost
    shell.send(f"{line}\r")
    shell.expect_exact(f"{line}\r\r\n")
    shell.expect_exact("$ ")
    printed = shell.before
    shell.send("exit\r")
    shell.expect_exact("no process is left")
    shell.expect(pexpect.EOF)
    return printed.replace(b"\r", b"")


def printed_by_linux(line: str) -> bytes:
    quoted = " | ".join(shlex.join(command.split()) for command in line.split("|"))
    return run("sh", "-c", quoted, cwd=FILES, env={"PATH": f"{PROGRAMS}:/bin:/usr/bin"}).stdout


@pytest.mark.slow
def test_both_print_the_same():
    run(*MUSL, "-o", str(PROGRAMS / "anyprog"), "tests/linux_program.c", cwd=ROOT)
    assert printed_by_ringstep("anyprog", "anyprog a bc") == printed_by_linux("anyprog a bc")


@pytest.mark.slow
def test_what_is_not_here_is_said():
    source = "#include <sys/random.h>\nint main(void) { char c; return getrandom(&c, 1, 0) < 0; }"
    run(*MUSL, "-o", str(PROGRAMS / "asks"), "-x", "c", "-", input=source.encode())
    said = printed_by_ringstep("asks", "asks")
    assert b"getrandom() is not here: system call 318 = -ENOSYS" in said


def apt_in(folder: Path) -> dict:
    return {"APT_CONFIG": str(folder / "apt.conf"), "PATH": "/bin:/usr/bin"}


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> Path:
    """A folder with a configuration of apt's of its own: of Debian's source packages alone."""
    here = tmp_path_factory.mktemp("apt")
    keys = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    if not shutil.which("apt-get") or not keys.exists():
        pytest.skip("not tried: this is not Debian")
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (here / folder).mkdir(parents=True)
    mirrors = run("apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
                  "Codename: bookworm", "Component: main").stdout.decode().splitlines()
    if not mirrors:
        pytest.skip("not tried: this is not Debian 12")
    (here / "sources.list").write_text(f"deb-src [signed-by={keys}] {mirrors[0]} main\n")
    (here / "apt.conf").write_text(
        f'Dir::Etc::SourceList "{here}/sources.list";\nDir::Etc::SourceParts "-";\n'
        f'Dir::State "{here}/state";\nDir::Cache "{here}/cache";\n'
        'Acquire::Retries "2";\nAcquire::http::Timeout "20";\nAPT::Update::Error-Mode "any";\n')
    try:
        run("apt-get", "update", env=apt_in(here))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"not tried: Debian's archive cannot be reached: {error.stdout[-200:]!r}")
    return here


@pytest.mark.slow
@pytest.mark.many
@pytest.mark.parametrize("package, version, digest, files, flags, line", TOOLS,
                         ids=[line for *_, line in TOOLS])
def test_tools_of_debian(package, version, digest, files, flags, line, sources):
    program = line.split("| ")[-1].split()[0]
    try:
        run("apt-get", "source", "--download-only", "--tar-only", f"{package}={version}",
            cwd=sources, env=apt_in(sources))
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        pytest.skip(f"not tried: {package}={version} cannot be had: {error.stdout[-200:]!r}")
    archive = next(sources.glob(f"{package}_*.orig.tar.*"))
    assert run("sha256sum", str(archive)).stdout.split()[0].decode() == digest
    tree = sources / package
    tree.mkdir(exist_ok=True)
    run("tar", "-xf", str(archive), "-C", str(tree), "--strip-components=1")
    if package == "ascii":
        run("make", "splashscreen.h", "nametable.h", cwd=tree)
    found = [str(file) for pattern in files for file in sorted(tree.glob(pattern))]
    run(*MUSL, "-o", str(PROGRAMS / program), *found, *flags, cwd=tree)
    assert printed_by_ringstep(program, line) == printed_by_linux(line)

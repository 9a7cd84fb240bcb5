import subprocess
import sys
import zipfile

from packaging.tags import cpython_tags, sys_tags
from packaging.utils import parse_wheel_filename

from tools.assemble import RUNTIME, UPSTREAM_LOCK
from tools.index_wheel import main, platform_tag, retag


def test_the_bytecode_wheel_is_for_its_pyodide_alone(tmp_path, capsys):
    main(tmp_path)
    first, second = sorted(tmp_path.glob("*.whl"))
    assert capsys.readouterr().out.split() == [str(second), str(first)]
    (bytecode,), (source, *_) = (sorted(parse_wheel_filename(path.name)[3], key=str) for path in (first, second))
    platform = platform_tag(UPSTREAM_LOCK)
    pyodide = list(cpython_tags((3, 14), ["cp314"], [platform]))
    assert bytecode in pyodide
    assert str(source) == "py3-none-any"
    assert bytecode not in set(sys_tags())
    with zipfile.ZipFile(first) as wheel:
        assert wheel.testzip() is None
        assert [name for name in wheel.namelist() if name.endswith(".pyc")]
        assert f"Tag: {bytecode}\n" in wheel.read(f"{'-'.join(first.stem.split('-')[:2])}.dist-info/WHEEL").decode()


def test_the_same_wheel_gives_the_same_bytes_and_a_record_that_pip_accepts(tmp_path):
    bytecode = next(RUNTIME.glob("staysail-*-cp314-none-any.whl"))
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one, other = (retag(bytecode, platform_tag(UPSTREAM_LOCK), tmp_path / name) for name in ("a", "b"))
    assert one.read_bytes() == other.read_bytes()
    command = [sys.executable, "-m", "pip", "install", "--no-deps", "--no-compile", "--target", str(tmp_path / "there")]
    platform = ["--platform", platform_tag(UPSTREAM_LOCK), "--python-version", "3.14", "--implementation", "cp", "--abi", "none"]
    done = subprocess.run([*command, *platform, "--only-binary=:all:", str(one)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there" / "staysail" / "__init__.pyc").is_file()

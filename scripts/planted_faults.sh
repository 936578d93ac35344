#!/usr/bin/env bash
# Does the gate still catch what it is for? Plants one fault after another in a copy of the last commit and demands that `make smoke`
# fails with 4 on each, and that it passes without one:
#
#   scripts/planted_faults.sh
#
# For people and for a nightly run, not for every commit: each fault builds the program again. FOLDER=DIR keeps the copy, and what
# was built, for the next time.
set -uo pipefail
cd "$(dirname "$0")/.."
folder=${FOLDER:-$(mktemp -d)}
[ -e "$folder/.git" ] || git worktree add --force --detach "$folder" HEAD > /dev/null || exit 2
[ -n "${FOLDER:-}" ] || trap 'git worktree remove --force "$folder"' EXIT
git -C "$folder" checkout --quiet --detach --force "$(git rev-parse HEAD)" || exit 2
[ -d .libtorch ] && ln -sfn "$PWD/.libtorch" "$folder/.libtorch"
faults=0
log=$(mktemp)

# what the gate says of the copy as it is now, and its exit code
judged() {
  make -C "$folder" smoke > "$log" 2>&1 && return 0
  sed -nE 's/.*smoke\] Error ([0-9]+).*/\1/p' "$log" | tail -1 | { read -r code; return "${code:-1}"; }
}

# plant NAME FILE SED: the fault, and what must come of it
plant() {
  sed -i -E "$3" "$folder/$2"
  if git -C "$folder" diff --quiet; then
    echo "FAULT  $1: nothing to plant it in; $2 has changed, so mend this script"
    faults=1
    return
  fi
  judged
  local code=$?
  git -C "$folder" checkout --quiet -- "$2"
  if [ "$code" = 4 ]; then
    echo "ok     $1: caught; $(grep -oE '[0-9]+ of [0-9]+ models are not what they were' "$log" | head -1)"
  else
    echo "FAULT  $1: not caught (ended with $code); see the log:"
    tail -5 "$log"
    faults=1
  fi
}

if judged; then
  echo "ok     nothing planted: lands"
else
  echo "FAULT  nothing planted, and it does not land:"
  tail -5 "$log"
  exit 1
fi
plant "one model predicts 1 % more" baselines/src/gp.rs \
  's/Ok\(\(kernel\.dot\(&self\.weights\) \+ self\.level\)\.to_vec\(\)\)/Ok((kernel.dot(\&self.weights) + self.level).mapv(|label| label * 1.01).to_vec())/'
plant "random streams begin elsewhere" harness/numerics/src/random.rs \
  's/"batlinet random stream v1"/"batlinet random stream v2"/'
plant "two training cells exchange their lives" harness/experiments/src/train.rs \
  's/&labels\.forward\(&samples\.train\.lives\)/\&labels.forward(\&{ let mut lives = samples.train.lives.clone(); lives.swap(0, 1); lives })/'
exit "$faults"

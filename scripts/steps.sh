# Runs long commands in parallel: their output goes to files, and one terminal line shows their progress. Sourced.
#
#   steps_folder=FOLDER          directory for the NAME.log of each
#   begin_step NAME COMMAND...   in the background, in a process group of its own
#   end_step NAME TITLE          waits for it, showing TITLE and the output of `progress_of_NAME LOG`; if the step failed,
#                                exits with the end of its log
#   end_all_steps                terminates all running steps; for the trap on EXIT
#
# shellcheck shell=bash

declare -A step_groups=() step_begun=()
steps_folder=

begin_step() { # NAME COMMAND...
  local name=$1
  shift
  set -m # creates a process group, which Ctrl-C does not reach; end_all_steps does
  (
    set +m
    trap - EXIT INT TERM HUP
    "$@"
  ) </dev/null >"$steps_folder/$name.log" 2>&1 &
  set +m
  step_groups[$name]=$!
  step_begun[$name]=$SECONDS
}

end_step() { # NAME TITLE
  local name=$1 title=$2 log=$steps_folder/$1.log code=0
  [ -t 1 ] || printf '%s ...' "$title"
  while kill -0 "${step_groups[$name]}" 2>/dev/null; do
    [ ! -t 1 ] || printf '\r\e[K%s: %s' "$title" "$("progress_of_$name" "$log" | tr -d '\r\n' | cut -c1-60)"
    sleep 0.2
  done
  wait "${step_groups[$name]}" || code=$?
  unset "step_groups[$name]"
  [ ! -t 1 ] || printf '\r\e[K%s:' "$title"
  if [ "$code" -eq 0 ]; then
    printf ' done in %d s\n' $((SECONDS - step_begun[$name]))
  else
    printf ' failed\n\n'
    tail -n 20 "$log" >&2
    die "the end of ${log#"$root/"} is above; see there for all of it."
  fi
}

end_all_steps() {
  local name
  [ ${#step_groups[@]} -eq 0 ] || printf '\nStopping %s ...\n' "${!step_groups[*]}" || true
  for name in "${!step_groups[@]}"; do
    kill -TERM -- "-${step_groups[$name]}" 2>/dev/null || true
  done
  wait
}

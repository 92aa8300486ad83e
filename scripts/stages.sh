# Runs stages, and lanes of stages in parallel. Sourced; needs `die`.
#
#   stages_folder=FOLDER     directory for LANE.log of each lane, and the times of the stages
#   begin_stages             call once, first; all lanes end with the script
#   stage TITLE COMMAND...   in a subshell that exits on any failure; a failed stage ends the script and all lanes
#   lane NAME FUNCTION       runs a function that calls `stage` in the background
#   after TITLE              in a lane: waits until that stage of another lane has passed
#   join_lanes               waits for all lanes
#   print_stage_times        a table of the stages so far, by start time
#
# shellcheck shell=bash

stages_folder=
stages_patience=10 # seconds to end after each signal
declare -A lane_groups=() # process groups of the running lanes
main_group=               # that of the main lane's running stage, once there are lanes
lane_name=                # set in a lane

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); } # SECONDS

begin_stages() {
  mkdir -p "$stages_folder"
  rm -f "$stages_folder"/{times,passed,failed,*.log}
  touch "$stages_folder/times" "$stages_folder/passed"
  exec 5>&1 # lanes report passed stages here
  trap 'trap - EXIT INT TERM HUP; end_lanes' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
  trap 'exit 129' HUP
}

stage() { # TITLE COMMAND...
  local title=$1 begun=$SECONDS code=0
  shift
  printf '\n======== %s (at %s)\n' "$title" "$(clock "$begun")"
  set +e
  if [ -n "$lane_name" ] || [ ${#lane_groups[@]} -eq 0 ]; then
    (set -e; "$@") 5>&- # in the foreground, where sudo can ask for a password
    code=$?
  else
    set -m # creates a process group
    (set +m; trap - EXIT INT TERM HUP; set -e; "$@") </dev/null 5>&- &
    set +m
    main_group=$!
    await "$main_group"
    code=$?
    main_group=
  fi
  set -e
  [ "$code" -eq 0 ] || stage_failed "FAILED in stage '$title' (exit code $code, after $((SECONDS - begun)) s); later stages were not run."
  printf '%d\t%d\t%s\t%s\n' "$begun" $((SECONDS - begun)) "${lane_name:--}" "$title" >>"$stages_folder/times"
  printf '%s\n' "$title" >>"$stages_folder/passed"
  printf -- '-------- %s: passed in %d s\n' "$title" $((SECONDS - begun))
  [ -z "$lane_name" ] || printf -- '-------- [%s] %s: passed in %d s\n' "$lane_name" "$title" $((SECONDS - begun)) >&5
}

stage_failed() { # MESSAGE
  if [ -z "$lane_name" ]; then
    print_stage_times
    die "$1"
  fi
  # Only the first failure of all lanes is reported: the others may be consequences.
  (set -o noclobber; printf '%s\n%s\n' "$lane_name" "$1" >"$stages_folder/failed") 2>/dev/null || true
  exit 1
}

# In the main lane: waits for a process, and ends the script as soon as a stage of another lane has failed. A signal would not
# do: one that arrives just before `wait` is only handled when that returns.
await() { # PROCESS
  while kill -0 "$1" 2>/dev/null && [ ! -s "$stages_folder/failed" ]; do sleep 0.2; done
  [ ! -s "$stages_folder/failed" ] || lane_failed
  wait "$1"
}

lane_failed() {
  local name message
  { read -r name; read -r message; } <"$stages_folder/failed"
  printf '\n======== the end of the output of lane %s\n' "$name"
  tail -n 100 "$stages_folder/$name.log"
  print_stage_times
  die "$message All output of this lane is in ${stages_folder#"$PWD/"}/$name.log."
}

lane() { # NAME FUNCTION
  set -m # creates a process group, which Ctrl-C does not reach; end_lanes does
  (
    set +m
    trap - EXIT INT TERM HUP
    lane_name=$1
    "$2"
  ) </dev/null >"$stages_folder/$1.log" 2>&1 &
  set +m
  lane_groups[$1]=$!
}

after() { # TITLE
  local begun=$SECONDS
  until grep -Fqx -- "$1" "$stages_folder/passed"; do sleep 1; done
  [ "$SECONDS" -eq "$begun" ] ||
    printf '%d\t%d\t%s\t%s\n' "$begun" $((SECONDS - begun)) "$lane_name" "(waited for '$1')" >>"$stages_folder/times"
}

# A lane that ends without a failed stage, but not with 0, ended in the code between its stages.
join_lanes() {
  local name code
  for name in "${!lane_groups[@]}"; do
    code=0
    await "${lane_groups[$name]}" || code=$?
    [ "$code" -eq 0 ] || die "lane $name exited with code $code; see ${stages_folder#"$PWD/"}/$name.log."
    unset "lane_groups[$name]"
  done
}

# Terminates the running stages and lanes: by SIGINT, on which pytest cleans up, and what ignores that by SIGTERM and SIGKILL.
end_lanes() {
  local signal tries group groups=("${lane_groups[@]}")
  [ -z "$main_group" ] || groups+=("$main_group")
  [ ${#groups[@]} -gt 0 ] || return 0
  printf '\nTerminating the running stages ...\n' || true
  for signal in INT TERM KILL; do
    for group in "${groups[@]}"; do kill "-$signal" -- "-$group" 2>/dev/null || true; done
    for ((tries = 0; tries < 5 * stages_patience; tries++)); do
      exist "${groups[@]}" || break 2
      sleep 0.2
    done
  done
  wait
}

exist() { # PROCESS-GROUP...: whether any of them does
  local group
  for group in "$@"; do
    if kill -0 -- "-$group" 2>/dev/null; then return 0; fi
  done
  return 1
}

print_stage_times() {
  [ -s "$stages_folder/times" ] || return 0
  printf '\nStages:\n   start    time  lane      stage\n'
  sort -n "$stages_folder/times" | while IFS=$'\t' read -r begun took lane title; do
    printf '%8s %5d s  %-8s  %s\n' "$(clock "$begun")" "$took" "${lane#-}" "$title"
  done
}

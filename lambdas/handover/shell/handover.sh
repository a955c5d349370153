#!/usr/bin/env bash
# Hands the restored database over to Terraform. Run it in the folder of the root module, after `terraform init`.
#
#   handover.sh rehearse   on a copy of the state: what becomes of it, and the plan that follows. Changes nothing.
#   handover.sh hand-over  the same, and then the state itself, in one write; keeps the plan that follows from it
#   handover.sh apply      exactly the plan that hand-over kept
#
# A plan that would destroy or replace a database is refused: exit code 3, and the state stays as it is. Run again at any
# time, it begins where the state is. Needs terraform 1.3 or newer and python3 3.9 or newer. Speaks to AWS as terraform
# does, and only reads there, `apply` excepted.
set -Eeuo pipefail
umask 077 # a state and a plan hold secrets

readonly REFUSED=3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly wanted="$here/handover.json"
data="${TF_DATA_DIR:-.terraform}"
case "$data" in /*) ;; *) data="$PWD/$data" ;; esac
readonly data
mirror=""

say() { printf '%s\n' "$*" >&2; }
stop() {
  say "handover: $1"
  exit "${2:-2}"
}
digest() { python3 -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

tidy_up() { [ -z "$mirror" ] || rm -rf -- "$mirror"; }

check_tools() {
  command -v terraform >/dev/null || stop "terraform is not on the PATH"
  command -v python3 >/dev/null || stop "python3 is not on the PATH"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' || stop "python3 is older than 3.9"
  local version major minor
  version=$(terraform version | sed -n '1s/^[^v]*v\([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
  major=${version%%.*} minor=${version#*.}
  [ -n "$version" ] || stop "terraform does not tell its version"
  [ "$major" -gt 1 ] || { [ "$major" -eq 1 ] && [ "$minor" -ge 3 ]; } || stop "terraform $version is older than 1.3"
}

check_folder() {
  [ -d "$data" ] || stop "terraform is not initialised here: run terraform init in the folder of the root module"
  local present
  present=$(terraform workspace show)
  [ "$present" = "$workspace" ] || stop "this is the workspace $present; the settings say $workspace"
  [ -f "$var_file" ] || stop "there is no $var_file here; the settings say that it holds the variables"
}

# The state as it is, kept for good under a name of its own: what a hand-over is taken back with.
back_up() {
  mkdir -p -- "$kept"
  printf '*\n' >"$kept/.gitignore"
  before="$PWD/$kept/before-$(date -u +%Y%m%dT%H%M%SZ).tfstate"
  terraform state pull >"$before"
  [ -s "$before" ] || stop "there is no state yet"
  say "The state as it is: $before"
}

# A folder beside this one, so that `../modules` is the same from there, of links to all that is in this one but for the
# working data and any state. Its backend is a file of its own: from there the real state cannot even be named.
prepare_copy() {
  local parent entry
  parent=$(dirname "$PWD")
  mirror=$(mktemp -d "$parent/.coder-day2-rehearsal.XXXXXX") || stop "$parent, where the copy would lie, is not writable"
  for entry in "$PWD"/* "$PWD"/.[!.]*; do
    case "${entry##*/}" in
      .terraform | .coder-day2 | terraform.tfstate*) ;;
      *) [ ! -e "$entry" ] || ln -s -- "$entry" "$mirror/" ;;
    esac
  done
  mkdir -- "$mirror/.terraform"
  [ ! -d "$data/modules" ] || cp -R -- "$data/modules" "$mirror/.terraform/modules"
  cp -- "$here/zzz_handover_override.tf" "$mirror/"
  copied="$mirror/terraform.tfstate"
  if [ "$workspace" != default ]; then
    copied="$mirror/terraform.tfstate.d/$workspace/terraform.tfstate"
    mkdir -p -- "$(dirname "$copied")"
  fi
  on_copy init -input=false -lockfile=readonly -plugin-dir="$data/providers" >/dev/null
  cp -- "$before" "$copied" # after init, which moves a state that it finds
}

on_copy() { TF_DATA_DIR=.terraform TF_WORKSPACE="$workspace" terraform -chdir="$mirror" "$@"; }

# Takes addresses out of the copy and puts others in. Sets `changed` where there was something to do.
rework_copy() {
  local operations action address id
  operations=$(python3 "$here/state_operations.py" list "$wanted" "$copied") ||
    stop "the state is not what this handover was written for; nothing was changed" "$REFUSED"
  changed=""
  while IFS=$'\t' read -r action address id; do
    case "$action" in
      rm) on_copy state rm -- "$address" ;;
      import) on_copy import -input=false "${variables[@]}" -- "$address" "$id" ;;
      *) continue ;;
    esac </dev/null >&2
    changed=yes
  done <<<"$operations"
  if [ -z "$changed" ]; then
    on_copy apply -refresh-only -auto-approve -input=false "${variables[@]}" >&2
  fi
  python3 "$here/state_operations.py" check "$wanted" "$copied" ||
    stop "this is not the restored database; nothing was changed" "$REFUSED"
}

# Plans with the given terraform into $2, shows the plan, and refuses it where it would cost a database.
plan_guarded() {
  local with=$1 out=$2
  # Joined by hand: `set -e` does not reach into a function whose failure is looked at.
  rm -f -- "$out"
  "$with" plan -input=false "${variables[@]}" -out="$out" &&
    "$with" show -json "$out" | python3 "$here/plan_guard.py" "$wanted" "$out.changes.json"
}

rehearse() {
  check_folder
  back_up
  trap tidy_up EXIT
  prepare_copy
  rework_copy
  plan_guarded on_copy "$mirror/rehearsed.tfplan" ||
    stop "the plan that would follow is refused; the state was not touched" "$REFUSED"
}

hand_over() {
  rehearse
  terraform state pull >"$mirror/now.tfstate"
  cmp -s -- "$before" "$mirror/now.tfstate" || stop "the state was changed by somebody else meanwhile: run this again"
  if [ -n "$changed" ]; then
    terraform state push "$copied"
    say "The state holds the restored database now. To take that back: terraform state push -force $before"
  else
    terraform apply -refresh-only -auto-approve -input=false "${variables[@]}" >&2
  fi
  plan_guarded terraform "$plan" || {
    rm -f -- "$plan"
    stop "the plan is refused, and was not kept; see the lines above" "$REFUSED"
  }
  digest "$plan" >"$plan.sha256"
  say "The plan is kept as $plan. To apply exactly this one: $0 apply"
}

apply() {
  check_folder
  [ -f "$plan" ] || stop "there is no plan: run $0 hand-over first"
  [ "$(digest "$plan")" = "$(cat -- "$plan.sha256")" ] || stop "$plan is not the plan that was kept" "$REFUSED"
  terraform show -json "$plan" | python3 "$here/plan_guard.py" "$wanted" || stop "the plan is refused" "$REFUSED"
  terraform apply -input=false "$plan"
}

main() {
  check_tools
  local told restore
  told=$(python3 "$here/state_operations.py" tell "$wanted")
  { read -r restore && read -r workspace && read -r var_file; } <<<"$told"
  kept=".coder-day2/$restore"
  plan="$kept/handover.tfplan"
  variables=(-var-file="$var_file")
  case "${1:-rehearse}" in
    rehearse)
      # The change of variables is on trial too. A hand-over wants it where everybody's plans have it.
      [ ! -f "$here/changes.tfvars" ] || variables+=(-var-file="$here/changes.tfvars")
      rehearse
      say "Rehearsed: nothing was changed. Merge changes.tfvars into $var_file where there is one, then: $0 hand-over"
      ;;
    hand-over) hand_over ;;
    apply) apply ;;
    *) stop "usage: $0 [rehearse | hand-over | apply]" ;;
  esac
}

main "$@"

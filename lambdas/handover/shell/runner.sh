#!/usr/bin/env bash
# What the two CodeBuild jobs of a handover run, in the checked-out repository of the platform's Terraform.
#
#   runner.sh plan    hands the state over and keeps the plan that follows, for a person to approve
#   runner.sh apply   applies exactly that plan
#
# From the project: TERRAFORM_VERSION, TERRAFORM_SHA256, TERRAFORM_FOLDER, TERRAFORM_ROLE, KEPT_BUCKET. Terraform works as
# TERRAFORM_ROLE; everything else as the job's own role, which can do little.
set -Eeuo pipefail
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
tools=$(mktemp -d)
readonly tools

install_terraform() {
  local archive="$tools/terraform.zip"
  curl --fail --silent --show-error --location --proto '=https' --retry 3 --output "$archive" \
    "https://releases.hashicorp.com/terraform/${TERRAFORM_VERSION}/terraform_${TERRAFORM_VERSION}_linux_amd64.zip"
  printf '%s  %s\n' "$TERRAFORM_SHA256" "$archive" | sha256sum --check --quiet -
  python3 -m zipfile -e "$archive" "$tools"
  chmod +x "$tools/terraform"
  export PATH="$tools:$PATH"
}

as_terraform() { AWS_CONFIG_FILE="$tools/config" "$@"; }

take_role() {
  printf '[default]\nrole_arn = %s\nrole_session_name = coder-day2\ncredential_source = EcsContainer\n' \
    "$TERRAFORM_ROLE" >"$tools/config"
}

# The state as it was must not end with the container, least of all when something after it fails.
keep() {
  [ ! -d .coder-day2 ] || aws s3 cp --recursive --only-show-errors .coder-day2 "s3://$KEPT_BUCKET/kept/$CODEBUILD_BUILD_NUMBER"
}

install_terraform
take_role
cd "$CODEBUILD_SRC_DIR/$TERRAFORM_FOLDER"
as_terraform terraform init -input=false -lockfile=readonly
case "${1:-}" in
  plan)
    trap keep EXIT
    as_terraform bash "$here/handover.sh" hand-over
    mkdir -p -- "$CODEBUILD_SRC_DIR/planned"
    cp -R -- .coder-day2/. "$CODEBUILD_SRC_DIR/planned/"
    ;;
  apply)
    mkdir -p -- .coder-day2
    # CodeBuild names the variable after the artifact.
    cp -R -- "${CODEBUILD_SRC_DIR_Planned:?}/." .coder-day2/
    as_terraform bash "$here/handover.sh" apply
    ;;
  *)
    echo "usage: $0 plan | apply" >&2
    exit 2
    ;;
esac

# Lies in the folder in which handover.sh rehearses: whatever backend the configuration has, the state is a file here.
terraform {
  backend "local" {}
}

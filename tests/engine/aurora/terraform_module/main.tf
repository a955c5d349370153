# The platform's root module, as far as the database goes, with an engine in AWS's place.
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "5.100.0"
    }
  }
}

variable "aurora_cluster_identifier" {
  type = string
}

variable "endpoint" {
  type = string
}

provider "aws" {
  region                      = "eu-central-1"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {
    rds = var.endpoint
    sts = var.endpoint
  }
}

module "aurora" {
  source     = "./aurora"
  identifier = var.aurora_cluster_identifier
}

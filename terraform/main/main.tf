# The platform of docs/infrastructure: one account, one region, Terraform only. The state lives in what
# ../bootstrap makes. use_lockfile and dynamodb_table are set together from the first day: switching later
# would break the digest.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.66"
    }
  }

  backend "s3" {
    bucket         = "faiston-terraform-state"
    key            = "faiston-one/terraform.tfstate"
    region         = "us-east-2"
    dynamodb_table = "faiston-terraform-locks"
    use_lockfile   = true
    encrypt        = true
  }
}

provider "aws" {
  region              = var.aws_region
  allowed_account_ids = [var.account_id]

  default_tags {
    tags = {
      Project     = var.project_name
      Environment = var.environment
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_availability_zones" "available" {
  state = "available"
}

# Every default is the value of the infrastructure document.

variable "account_id" {
  description = "AWS account; the provider refuses any other."
  type        = string
  default     = "377311924364"

  validation {
    condition     = can(regex("^[0-9]{12}$", var.account_id))
    error_message = "An account id has twelve digits."
  }
}

variable "aws_region" {
  description = "Region of everything."
  type        = string
  default     = "us-east-2"
}

variable "project_name" {
  description = "First part of every name."
  type        = string
  default     = "faiston-one"
}

variable "environment" {
  description = "Last part of every name."
  type        = string
  default     = "prod"

  validation {
    condition     = can(regex("^[a-z][a-z0-9]{1,9}$", var.environment))
    error_message = "Small letters and digits, two to ten."
  }
}

variable "cognito_user_pool_id" {
  description = "The user pool, which exists; groups, scopes and app clients below it are ours."
  type        = string
  default     = "us-east-2_lkBXr4kjy"
}

variable "cognito_client_id" {
  description = "App client of the earlier web app, which goes on working."
  type        = string
  default     = "7ovjm09dr94e52mpejvbu9v1cg"
}

variable "public_url" {
  description = "Address of the web app, without a path; empty: the distribution's own name."
  type        = string
  default     = ""
}

variable "sga_vpc_cidr" {
  description = "Address range of the VPC."
  type        = string
  default     = "10.0.0.0/16"
}

variable "sga_aurora_engine_version" {
  description = "Aurora PostgreSQL, 15.x."
  type        = string
  default     = "15.15"

  validation {
    condition     = startswith(var.sga_aurora_engine_version, "15.")
    error_message = "The schema is tested on PostgreSQL 15."
  }
}

variable "sga_aurora_min_capacity" {
  description = "Least ACU. 0 pauses when idle, which needs PostgreSQL 15.7 or newer and no proxy with open connections (ADR: scale to zero)."
  type        = number
  default     = 0.5

  validation {
    condition     = var.sga_aurora_min_capacity == 0 || var.sga_aurora_min_capacity >= 0.5
    error_message = "0, or 0.5 and more."
  }
}

variable "sga_aurora_max_capacity" {
  description = "Most ACU."
  type        = number
  default     = 8

  validation {
    condition     = var.sga_aurora_max_capacity >= 1 && var.sga_aurora_max_capacity <= 256
    error_message = "1 to 256."
  }
}

variable "sga_aurora_instances" {
  description = "Instances in different zones; one is not multi-AZ."
  type        = number
  default     = 2

  validation {
    condition     = var.sga_aurora_instances >= 2 && var.sga_aurora_instances <= 15
    error_message = "At least two: the second is what a failover goes to."
  }
}

variable "sga_rds_proxy_idle_timeout" {
  description = "Seconds after which the proxy closes an idle client."
  type        = number
  default     = 1800
}

variable "backup_retention_days" {
  description = "Days to which the cluster can be restored to a point in time."
  type        = number
  default     = 35
}

variable "academy_dev_ports" {
  description = "Ports of developers' machines that browsers may call the Academy buckets from."
  type        = list(number)
  default     = [3000, 3001, 8080, 8081]
}

variable "academy_custom_domains" {
  description = "Further origins of the Academy buckets."
  type        = list(string)
  default     = ["https://faiston.com", "https://www.faiston.com"]
}

# The master password: made ephemerally, written to Secrets Manager and to the cluster by write-only
# arguments, and so never in a plan or a state. A higher version writes a new one to both (runbook: rotate).

variable "sga_master_password_version" {
  description = "Raise it to rotate the master password."
  type        = number
  default     = 1
}

ephemeral "aws_secretsmanager_random_password" "master" {
  password_length            = 40
  exclude_punctuation        = true
  require_each_included_type = true
}

resource "aws_secretsmanager_secret" "rds_master" {
  name                    = "/${var.project_name}/sga/rds/master"
  description             = "Aurora master user; programs sign in by IAM and never read it"
  kms_key_id              = aws_kms_key.rds.arn
  recovery_window_in_days = 30
  tags                    = local.tags.database
}

resource "aws_secretsmanager_secret_version" "rds_master" {
  secret_id = aws_secretsmanager_secret.rds_master.id
  secret_string_wo = jsonencode({
    username = "nexo_master"
    password = ephemeral.aws_secretsmanager_random_password.master.random_password
  })
  secret_string_wo_version = var.sga_master_password_version
}

# What the cluster gets is read back from the secret, so that both always hold the same.
ephemeral "aws_secretsmanager_secret_version" "rds_master" {
  secret_id  = aws_secretsmanager_secret_version.rds_master.secret_id
  version_id = aws_secretsmanager_secret_version.rds_master.version_id
}

data "aws_iam_policy_document" "rds_master_secret" {
  statement {
    sid       = "OnlyThisAccount"
    effect    = "Deny"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [aws_secretsmanager_secret.rds_master.arn]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    condition {
      test     = "StringNotEquals"
      variable = "aws:PrincipalAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_secretsmanager_secret_policy" "rds_master" {
  secret_arn          = aws_secretsmanager_secret.rds_master.arn
  policy              = data.aws_iam_policy_document.rds_master_secret.json
  block_public_policy = true
}

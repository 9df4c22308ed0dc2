# Two keys of ours: one for the database (document §7), one for tables, logs and topics. Both rotate yearly.

data "aws_iam_policy_document" "key" {
  statement {
    sid       = "Account"
    actions   = ["kms:*"] # a key policy that names nobody else leaves the account's own IAM in charge of this one key
    resources = ["*"]     # of a key policy: the key itself
    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${var.account_id}:root"]
    }
  }
}

data "aws_iam_policy_document" "platform_key" {
  source_policy_documents = [data.aws_iam_policy_document.key.json]

  statement {
    sid       = "Logs"
    actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey", "kms:DescribeKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["logs.${var.aws_region}.amazonaws.com"]
    }
    condition {
      test     = "ArnLike"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = ["arn:${local.partition}:logs:${var.aws_region}:${var.account_id}:log-group:*"]
    }
  }

  statement {
    sid       = "Alarms"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = ["*"]
    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com", "budgets.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_kms_key" "rds" {
  description             = "Aurora ${local.name.postgres}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = local.tags.database
}

resource "aws_kms_alias" "rds" {
  name          = "alias/${local.name.rds}"
  target_key_id = aws_kms_key.rds.key_id
}

resource "aws_kms_key" "platform" {
  description             = "Tables, logs, queues and topics of ${var.project_name} ${var.environment}"
  enable_key_rotation     = true
  deletion_window_in_days = 30
  policy                  = data.aws_iam_policy_document.platform_key.json
  tags                    = local.tags.operations
}

resource "aws_kms_alias" "platform" {
  name          = "alias/${var.project_name}-platform-${var.environment}"
  target_key_id = aws_kms_key.platform.key_id
}

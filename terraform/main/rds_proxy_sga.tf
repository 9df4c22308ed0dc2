# RDS Proxy: clients sign in by IAM, and so does the proxy at the cluster. No database user has a password
# besides the master. Limits and plan modes are set on the roles (ALTER ROLE): a SET would pin a session.

resource "aws_db_proxy" "sga" {
  name                   = local.name.proxy
  engine_family          = "POSTGRESQL"
  role_arn               = aws_iam_role.rds_proxy.arn
  vpc_subnet_ids         = aws_subnet.database[*].id
  vpc_security_group_ids = [aws_security_group.aurora.id]
  default_auth_scheme    = "IAM_AUTH"
  require_tls            = true
  idle_client_timeout    = var.sga_rds_proxy_idle_timeout
  debug_logging          = false # it would write statements with their values
  tags                   = merge(local.tags.database, { Name = local.name.proxy })
}

resource "aws_db_proxy_default_target_group" "sga" {
  db_proxy_name = aws_db_proxy.sga.name

  connection_pool_config {
    max_connections_percent      = 90 # the rest is for the migrator and for people
    max_idle_connections_percent = 50
    connection_borrow_timeout    = 10 # a caller gives up after about as long, and is told to come back
  }
}

resource "aws_db_proxy_target" "sga" {
  db_proxy_name         = aws_db_proxy.sga.name
  target_group_name     = aws_db_proxy_default_target_group.sga.name
  db_cluster_identifier = aws_rds_cluster.sga.cluster_identifier
}

data "aws_iam_policy_document" "rds_proxy_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["rds.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "rds_proxy" {
  name               = local.name.rds_proxy_role
  assume_role_policy = data.aws_iam_policy_document.rds_proxy_trust.json
  tags               = local.tags.database
}

data "aws_iam_policy_document" "rds_proxy" {
  statement {
    sid     = "SignInAsOurRoles"
    actions = ["rds-db:connect"]
    resources = [
      for user in local.database_users :
      "arn:${local.partition}:rds-db:${var.aws_region}:${var.account_id}:dbuser:${aws_rds_cluster.sga.cluster_resource_id}/${user}"
    ]
  }
}

resource "aws_iam_role_policy" "rds_proxy" {
  name   = "connect"
  role   = aws_iam_role.rds_proxy.id
  policy = data.aws_iam_policy_document.rds_proxy.json
}

locals {
  # Made by the migrations, least privilege each.
  database_users = ["nexo_writer", "nexo_reader", "nexo_search"]
}

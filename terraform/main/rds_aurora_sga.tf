# Aurora PostgreSQL Serverless v2, the primary datastore (document §4).

resource "aws_rds_cluster_parameter_group" "sga" {
  name        = "${local.name.postgres}-15"
  family      = "aurora-postgresql15"
  description = "TLS only, slow statements logged, WAL for restores"
  tags        = local.tags.database

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }
  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }
  parameter {
    name  = "log_lock_waits"
    value = "1"
  }
  parameter {
    name         = "shared_preload_libraries"
    value        = "pg_stat_statements"
    apply_method = "pending-reboot"
  }
}

resource "aws_rds_cluster" "sga" {
  cluster_identifier = local.name.postgres
  engine             = "aurora-postgresql"
  engine_mode        = "provisioned" # what Serverless v2 is called
  engine_version     = var.sga_aurora_engine_version
  database_name      = "sga_inventory"
  port               = 5432

  master_username            = "nexo_master"
  master_password_wo         = jsondecode(ephemeral.aws_secretsmanager_secret_version.rds_master.secret_string).password
  master_password_wo_version = var.sga_master_password_version

  db_subnet_group_name                = aws_db_subnet_group.sga.name
  vpc_security_group_ids              = [aws_security_group.aurora.id]
  db_cluster_parameter_group_name     = aws_rds_cluster_parameter_group.sga.name
  iam_database_authentication_enabled = true

  storage_encrypted               = true
  kms_key_id                      = aws_kms_key.rds.arn
  backup_retention_period         = var.backup_retention_days # point-in-time recovery reaches this far back
  preferred_backup_window         = "03:00-04:00"
  preferred_maintenance_window    = "sun:04:30-sun:05:30"
  copy_tags_to_snapshot           = true
  deletion_protection             = local.production
  skip_final_snapshot             = !local.production
  final_snapshot_identifier       = local.production ? "${local.name.postgres}-final" : null
  enabled_cloudwatch_logs_exports = ["postgresql"]
  apply_immediately               = false

  serverlessv2_scaling_configuration {
    min_capacity             = var.sga_aurora_min_capacity
    max_capacity             = var.sga_aurora_max_capacity
    seconds_until_auto_pause = var.sga_aurora_min_capacity == 0 ? 1800 : null
  }

  tags = merge(local.tags.database, { Name = local.name.postgres })

  depends_on = [aws_cloudwatch_log_group.aurora]
}

resource "aws_rds_cluster_instance" "sga" {
  count                = var.sga_aurora_instances
  identifier           = "${local.name.postgres}-${count.index + 1}"
  cluster_identifier   = aws_rds_cluster.sga.id
  engine               = aws_rds_cluster.sga.engine
  engine_version       = aws_rds_cluster.sga.engine_version
  instance_class       = "db.serverless"
  promotion_tier       = count.index == 0 ? 0 : 1 # both scale with the writer, so that a failover finds a warm one
  availability_zone    = local.zones[count.index % 3]
  db_subnet_group_name = aws_db_subnet_group.sga.name
  publicly_accessible  = false

  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.rds.arn
  performance_insights_retention_period = 7
  monitoring_interval                   = 60
  monitoring_role_arn                   = aws_iam_role.rds_monitoring.arn
  auto_minor_version_upgrade            = true
  copy_tags_to_snapshot                 = true

  tags = merge(local.tags.database, { Name = "${local.name.postgres}-${count.index + 1}" })
}

resource "aws_cloudwatch_log_group" "aurora" {
  name              = "/aws/rds/cluster/${local.name.postgres}/postgresql"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.platform.arn
  tags              = local.tags.database
}

data "aws_iam_policy_document" "rds_monitoring_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["monitoring.rds.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "rds_monitoring" {
  name               = local.name.rds_monitoring
  assume_role_policy = data.aws_iam_policy_document.rds_monitoring_trust.json
  tags               = local.tags.database
}

resource "aws_iam_role_policy_attachment" "rds_monitoring" {
  role       = aws_iam_role.rds_monitoring.name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

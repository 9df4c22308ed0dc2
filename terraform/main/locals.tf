# Names are {project}-{module}-{resource}-{env}. Runtimes and memories cannot have hyphens (AgentCore), and
# what the document names by a path (secrets, parameters, log groups) keeps it.

locals {
  name = {
    for key, resource in {
      frontend         = "frontend"
      documents        = "sga-documents"
      equipment_docs   = "sga-equipment-docs"
      academy_audio    = "academy-audio"
      academy_slides   = "academy-slides"
      academy_videos   = "academy-videos"
      academy_training = "academy-trainings"
      inventory        = "sga-inventory"
      hil_tasks        = "sga-hil-tasks"
      audit_log        = "sga-audit-log"
      sessions         = "sga-sessions"
      vpc              = "sga-vpc"
      aurora           = "sga-aurora"
      lambda           = "sga-lambda"
      endpoints        = "sga-endpoints"
      postgres         = "sga-postgres"
      proxy            = "sga-proxy"
      rds              = "sga-rds"
      rds_monitoring   = "sga-rds-monitoring-role"
      rds_proxy_role   = "sga-rds-proxy-role"
      flow_log         = "sga-vpc-flow-log"
      gateway          = "sga-gateway"
      gateway_role     = "sga-gateway-role"
      tools            = "sga-postgres-tools"
      tools_role       = "sga-postgres-tools-role"
      migrator         = "sga-schema-migrator"
      migrator_role    = "sga-schema-migrator-role"
    } : key => "${var.project_name}-${resource}-${var.environment}"
  }

  production = var.environment == "prod"
  partition  = data.aws_partition.current.partition
  zones      = slice(data.aws_availability_zones.available.names, 0, 3)

  # Module and Feature of each resource; Project and Environment are default tags.
  tags = {
    for feature, module in {
      frontend   = "portal"
      network    = "sga"
      database   = "sga"
      events     = "sga"
      tasks      = "sga"
      audit      = "sga"
      sessions   = "sga"
      documents  = "sga"
      equipment  = "sga"
      tools      = "sga"
      gateway    = "sga"
      agents     = "sga"
      trainings  = "academy"
      lessons    = "academy"
      operations = "platform"
      delivery   = "platform"
    } : feature => { Module = module, Feature = feature }
  }

  # Who may read the Academy's files from a browser, and upload documents.
  distribution_origin = "https://${aws_cloudfront_distribution.frontend.domain_name}"
  public_url          = var.public_url == "" ? local.distribution_origin : var.public_url
  app_origins         = distinct([local.distribution_origin, local.public_url])
  academy_cors_origins = distinct(concat(
    local.app_origins,
    var.academy_custom_domains,
    flatten([for port in var.academy_dev_ports : ["http://localhost:${port}", "http://127.0.0.1:${port}"]]),
  ))

  issuer = "https://cognito-idp.${var.aws_region}.amazonaws.com/${var.cognito_user_pool_id}"

  # Answers of the distribution for paths of the app that are no files.
  spa_error_responses = [403, 404]
}

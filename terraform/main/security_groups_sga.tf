# Three groups (document §7). The proxy and the cluster share sga-aurora, so 5432 comes from itself too; the
# interface endpoints have a group of their own. No rule names an address range.

resource "aws_security_group" "aurora" {
  name        = local.name.aurora
  description = "Aurora and its proxy"
  vpc_id      = aws_vpc.sga.id
  tags        = merge(local.tags.network, { Name = local.name.aurora })
}

resource "aws_security_group" "lambda" {
  name        = local.name.lambda
  description = "Functions in the VPC"
  vpc_id      = aws_vpc.sga.id
  tags        = merge(local.tags.network, { Name = local.name.lambda })
}

resource "aws_security_group" "endpoints" {
  name        = local.name.endpoints
  description = "Interface endpoints"
  vpc_id      = aws_vpc.sga.id
  tags        = merge(local.tags.network, { Name = local.name.endpoints })
}

resource "aws_vpc_security_group_ingress_rule" "aurora_from_lambda" {
  security_group_id            = aws_security_group.aurora.id
  description                  = "PostgreSQL from the functions"
  referenced_security_group_id = aws_security_group.lambda.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_ingress_rule" "aurora_from_proxy" {
  security_group_id            = aws_security_group.aurora.id
  description                  = "PostgreSQL from the proxy, which shares this group"
  referenced_security_group_id = aws_security_group.aurora.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_egress_rule" "aurora_to_cluster" {
  security_group_id            = aws_security_group.aurora.id
  description                  = "The proxy to the cluster"
  referenced_security_group_id = aws_security_group.aurora.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_egress_rule" "aurora_to_endpoints" {
  security_group_id            = aws_security_group.aurora.id
  description                  = "The proxy to Secrets Manager"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_egress_rule" "lambda_to_aurora" {
  security_group_id            = aws_security_group.lambda.id
  description                  = "PostgreSQL"
  referenced_security_group_id = aws_security_group.aurora.id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_egress_rule" "lambda_to_endpoints" {
  security_group_id            = aws_security_group.lambda.id
  description                  = "HTTPS to the interface endpoints"
  referenced_security_group_id = aws_security_group.endpoints.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_egress_rule" "lambda_to_gateway_endpoints" {
  for_each          = aws_vpc_endpoint.gateway
  security_group_id = aws_security_group.lambda.id
  description       = "HTTPS to ${each.key}"
  prefix_list_id    = each.value.prefix_list_id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
  tags              = local.tags.network
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_lambda" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the functions"
  referenced_security_group_id = aws_security_group.lambda.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags.network
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_from_proxy" {
  security_group_id            = aws_security_group.endpoints.id
  description                  = "HTTPS from the proxy"
  referenced_security_group_id = aws_security_group.aurora.id
  ip_protocol                  = "tcp"
  from_port                    = 443
  to_port                      = 443
  tags                         = local.tags.network
}

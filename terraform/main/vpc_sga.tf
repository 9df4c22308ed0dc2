# The VPC of the database: three subnets for it and three for the functions, no way to the internet. What
# the functions need of AWS is reached through endpoints.

resource "aws_vpc" "sga" {
  cidr_block           = var.sga_vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true
  tags                 = merge(local.tags.network, { Name = local.name.vpc })
}

# The group that AWS makes with a VPC allows everything among its members: emptied, so that nobody uses it.
resource "aws_default_security_group" "sga" {
  vpc_id = aws_vpc.sga.id
  tags   = merge(local.tags.network, { Name = "${local.name.vpc}-default-unused" })
}

resource "aws_subnet" "database" {
  count             = 3
  vpc_id            = aws_vpc.sga.id
  cidr_block        = cidrsubnet(var.sga_vpc_cidr, 8, 10 + count.index)
  availability_zone = local.zones[count.index]
  tags              = merge(local.tags.network, { Name = "${var.project_name}-sga-db-${count.index + 1}-${var.environment}" })
}

resource "aws_subnet" "lambda" {
  count             = 3
  vpc_id            = aws_vpc.sga.id
  cidr_block        = cidrsubnet(var.sga_vpc_cidr, 8, 20 + count.index)
  availability_zone = local.zones[count.index]
  tags              = merge(local.tags.network, { Name = "${var.project_name}-sga-lambda-${count.index + 1}-${var.environment}" })
}

resource "aws_db_subnet_group" "sga" {
  name       = "${var.project_name}-sga-db-subnets-${var.environment}"
  subnet_ids = aws_subnet.database[*].id
  tags       = local.tags.network
}

resource "aws_route_table" "database" {
  vpc_id = aws_vpc.sga.id
  tags   = merge(local.tags.network, { Name = "${var.project_name}-sga-db-routes-${var.environment}" })
}

resource "aws_route_table" "lambda" {
  vpc_id = aws_vpc.sga.id
  tags   = merge(local.tags.network, { Name = "${var.project_name}-sga-lambda-routes-${var.environment}" })
}

resource "aws_route_table_association" "database" {
  count          = 3
  subnet_id      = aws_subnet.database[count.index].id
  route_table_id = aws_route_table.database.id
}

resource "aws_route_table_association" "lambda" {
  count          = 3
  subnet_id      = aws_subnet.lambda[count.index].id
  route_table_id = aws_route_table.lambda.id
}

# Interface endpoints of the document, §6.
resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["secretsmanager", "rds", "ssm"])
  vpc_id              = aws_vpc.sga.id
  service_name        = "com.amazonaws.${var.aws_region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = aws_subnet.lambda[*].id
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  tags                = merge(local.tags.network, { Name = "${var.project_name}-sga-${each.key}-endpoint-${var.environment}" })
}

# The functions deliver to DynamoDB and S3, and there is no NAT: gateway endpoints, which cost nothing.
resource "aws_vpc_endpoint" "gateway" {
  for_each          = toset(["dynamodb", "s3"])
  vpc_id            = aws_vpc.sga.id
  service_name      = "com.amazonaws.${var.aws_region}.${each.key}"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [aws_route_table.lambda.id]
  tags              = merge(local.tags.network, { Name = "${var.project_name}-sga-${each.key}-endpoint-${var.environment}" })
}

resource "aws_flow_log" "sga" {
  vpc_id          = aws_vpc.sga.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flow_log.arn
  iam_role_arn    = aws_iam_role.flow_log.arn
  tags            = merge(local.tags.network, { Name = local.name.flow_log })
}

resource "aws_cloudwatch_log_group" "flow_log" {
  name              = "/aws/vpc/${local.name.vpc}"
  retention_in_days = 30
  kms_key_id        = aws_kms_key.platform.arn
  tags              = local.tags.network
}

data "aws_iam_policy_document" "flow_log_trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [var.account_id]
    }
  }
}

resource "aws_iam_role" "flow_log" {
  name               = "${var.project_name}-sga-flow-log-role-${var.environment}"
  assume_role_policy = data.aws_iam_policy_document.flow_log_trust.json
  tags               = local.tags.network
}

data "aws_iam_policy_document" "flow_log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    resources = ["${aws_cloudwatch_log_group.flow_log.arn}:*"]
  }
}

resource "aws_iam_role_policy" "flow_log" {
  name   = "write"
  role   = aws_iam_role.flow_log.id
  policy = data.aws_iam_policy_document.flow_log.json
}

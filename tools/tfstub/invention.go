package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Facts of the account of the infrastructure document, §2.
const (
	account   = "377311924364"
	partition = "aws"
)

// invention makes what AWS would have answered, the same each time: ids and names follow from the kind and
// the given name, ARNs have the real shape.
type invention struct {
	region string
	kind   string
	fields map[string]tftypes.Value
}

// fill replaces an unknown value; tftypes.Transform calls it for each.
func (m invention) fill(path *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
	if v.IsKnown() {
		return v, nil
	}
	name := lastName(path)
	switch typ := v.Type(); {
	case typ.Is(tftypes.String):
		return tftypes.NewValue(tftypes.String, m.text(name)), nil
	case typ.Is(tftypes.Bool):
		return tftypes.NewValue(tftypes.Bool, false), nil
	case typ.Is(tftypes.Number):
		return tftypes.NewValue(tftypes.Number, 0), nil
	case typ.Is(tftypes.List{}), typ.Is(tftypes.Set{}):
		return tftypes.NewValue(typ, []tftypes.Value{}), nil
	case typ.Is(tftypes.Map{}):
		return tftypes.NewValue(typ, map[string]tftypes.Value{}), nil
	}
	return v, fmt.Errorf("%s: no stand-in for %s", path, v.Type())
}

func lastName(path *tftypes.AttributePath) string {
	steps := path.Steps()
	for i := len(steps) - 1; i >= 0; i-- {
		if n, ok := steps[i].(tftypes.AttributeName); ok {
			return string(n)
		}
	}
	return ""
}

// given is the name under which the configuration knows the resource.
func (m invention) given() string {
	for _, name := range []string{"name", "bucket", "identifier", "cluster_identifier", "function_name", "agent_runtime_name", "table_name",
		"alias", "domain", "client_name", "description", "service_name", "cidr_block"} {
		if s := textOf(m.fields[name], ""); s != "" {
			return s
		}
	}
	return ""
}

// token is eight hexadecimal digits that belong to the resource.
func (m invention) token() string {
	var all strings.Builder
	for _, name := range sortedKeys(m.fields) {
		if v := m.fields[name]; v.IsFullyKnown() {
			fmt.Fprintf(&all, "%s=%v;", name, v)
		}
	}
	sum := sha256.Sum256([]byte(m.kind + all.String()))
	return hex.EncodeToString(sum[:])[:8]
}

func (m invention) text(name string) string {
	switch {
	case name == "region":
		return m.region
	case name == "account_id", name == "owner_id", name == "registry_id":
		return account
	case strings.HasSuffix(name, "invoke_arn"):
		return fmt.Sprintf("arn:%s:apigateway:%s:lambda:path/2015-03-31/functions/%s/invocations", partition, m.region, m.arn())
	case name == "arn", strings.HasSuffix(name, "_arn"):
		return m.arn()
	case name == "id":
		return m.id()
	case strings.HasSuffix(name, "endpoint"), strings.HasSuffix(name, "_url"), name == "url":
		return fmt.Sprintf("%s.%s.%s.amazonaws.com", or(m.given(), m.token()), m.service(), m.region)
	case strings.HasSuffix(name, "domain_name"):
		return fmt.Sprintf("%s.%s.amazonaws.com", or(m.given(), m.token()), m.service())
	case name == "version":
		return "1"
	}
	return strings.ReplaceAll(name, "_", "-") + "-" + m.token()
}

// id has the prefixes by which people know ids of EC2; elsewhere the name is the id.
func (m invention) id() string {
	prefixes := map[string]string{"aws_vpc": "vpc", "aws_subnet": "subnet", "aws_route_table": "rtb", "aws_security_group": "sg",
		"aws_vpc_security_group_ingress_rule": "sgr", "aws_vpc_security_group_egress_rule": "sgr", "aws_vpc_endpoint": "vpce",
		"aws_flow_log": "fl", "aws_route_table_association": "rtbassoc"}
	if prefix := prefixes[m.kind]; prefix != "" {
		return prefix + "-" + m.token() + "0000000"[:9-2]
	}
	return or(m.given(), m.token())
}

// service is the middle of the kind: what an ARN calls it.
func (m invention) service() string {
	name := strings.TrimPrefix(m.kind, "aws_")
	special := map[string]string{"db_": "rds", "rds_": "rds", "vpc": "ec2", "subnet": "ec2", "security_group": "ec2", "cloudwatch_log": "logs",
		"cloudwatch_event": "events", "cloudwatch_": "cloudwatch", "bedrockagentcore": "bedrock-agentcore", "bedrockagent": "bedrock",
		"cognito": "cognito-idp", "s3": "s3", "dynamodb": "dynamodb", "lambda": "lambda", "iam": "iam", "kms": "kms", "ssm": "ssm",
		"secretsmanager": "secretsmanager", "sqs": "sqs", "sns": "sns", "ecr": "ecr", "cloudfront": "cloudfront", "scheduler": "scheduler",
		"budgets": "budgets", "backup": "backup"}
	best := ""
	for prefix := range special {
		if strings.HasPrefix(name, prefix) && len(prefix) > len(best) {
			best = prefix
		}
	}
	if best == "" {
		return strings.SplitN(name, "_", 2)[0]
	}
	return special[best]
}

func (m invention) arn() string {
	name := or(m.given(), m.token())
	region, owner := m.region, account
	resource := strings.ReplaceAll(strings.TrimPrefix(m.kind, "aws_"), "_", "-") + "/" + name
	switch {
	case m.kind == "aws_s3_bucket":
		return fmt.Sprintf("arn:%s:s3:::%s", partition, name)
	case strings.HasPrefix(m.kind, "aws_iam_"):
		region = ""
		resource = strings.TrimSuffix(strings.TrimPrefix(m.kind, "aws_iam_"), "_policy") + "/" + name
		if m.kind == "aws_iam_policy" {
			resource = "policy/" + name
		}
		if m.kind == "aws_iam_openid_connect_provider" {
			resource = "oidc-provider/" + strings.TrimPrefix(textOf(m.fields["url"], name), "https://")
		}
	case m.kind == "aws_dynamodb_table":
		resource = "table/" + name
	case m.kind == "aws_lambda_function":
		resource = "function:" + name
	case m.kind == "aws_rds_cluster":
		resource = "cluster:" + name
	case m.kind == "aws_db_proxy":
		resource = "db-proxy:prx-" + m.token()
	case m.kind == "aws_kms_key":
		resource = "key/" + m.token()
	case m.kind == "aws_secretsmanager_secret":
		resource = "secret:" + strings.TrimPrefix(name, "/") + "-" + m.token()[:6]
	case m.kind == "aws_ssm_parameter":
		resource = "parameter/" + strings.TrimPrefix(name, "/")
	case m.kind == "aws_sqs_queue", m.kind == "aws_sns_topic":
		resource = name
	case m.kind == "aws_cloudwatch_log_group":
		resource = "log-group:" + name
	case m.kind == "aws_cloudwatch_event_rule":
		resource = "rule/" + name
	case m.kind == "aws_ecr_repository":
		resource = "repository/" + name
	case strings.HasPrefix(m.kind, "aws_cloudfront_"):
		region = ""
	case m.kind == "aws_bedrockagentcore_agent_runtime":
		resource = "runtime/" + name + "-" + m.token()
	}
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", partition, m.service(), region, owner, resource)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

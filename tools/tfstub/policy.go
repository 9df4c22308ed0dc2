package main

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// policyDocument renders aws_iam_policy_document as the real provider does, so that policies can be asserted
// word by word: sorted lists, single values without brackets, Sid only where given. Merging by
// source_policy_documents keeps the later of two statements with one Sid.
func policyDocument(fields map[string]tftypes.Value) (string, error) {
	var statements []map[string]any
	for _, source := range listOf(fields["source_policy_documents"]) {
		var doc struct{ Statement []map[string]any }
		if err := json.Unmarshal([]byte(textOf(source, "{}")), &doc); err != nil {
			return "", fmt.Errorf("source_policy_documents: %w", err)
		}
		for _, s := range doc.Statement {
			statements = merged(statements, s)
		}
	}
	for _, v := range listOf(fields["statement"]) {
		statements = merged(statements, statement(mapOf(v)))
	}
	doc := struct {
		Version   string           `json:"Version"`
		ID        string           `json:"Id,omitempty"`
		Statement []map[string]any `json:"Statement"`
	}{textOf(fields["version"], "2012-10-17"), textOf(fields["policy_id"], ""), statements}
	out, err := json.Marshal(doc)
	return string(out), err
}

func merged(list []map[string]any, s map[string]any) []map[string]any {
	if sid, _ := s["Sid"].(string); sid != "" {
		if i := slices.IndexFunc(list, func(o map[string]any) bool { return o["Sid"] == sid }); i >= 0 {
			list[i] = s
			return list
		}
	}
	return append(list, s)
}

func statement(f map[string]tftypes.Value) map[string]any {
	out := map[string]any{"Effect": textOf(f["effect"], "Allow")}
	if sid := textOf(f["sid"], ""); sid != "" {
		out["Sid"] = sid
	}
	for from, to := range map[string]string{"actions": "Action", "not_actions": "NotAction", "resources": "Resource", "not_resources": "NotResource"} {
		if list := texts(f[from]); len(list) > 0 {
			out[to] = single(list)
		}
	}
	for from, to := range map[string]string{"principals": "Principal", "not_principals": "NotPrincipal"} {
		if p := principals(listOf(f[from])); p != nil {
			out[to] = p
		}
	}
	conditions := map[string]map[string]any{}
	for _, v := range listOf(f["condition"]) {
		c := mapOf(v)
		test := textOf(c["test"], "")
		if conditions[test] == nil {
			conditions[test] = map[string]any{}
		}
		var values []string
		for _, e := range listOf(c["values"]) {
			values = append(values, textOf(e, ""))
		}
		conditions[test][textOf(c["variable"], "")] = single(values)
	}
	if len(conditions) > 0 {
		out["Condition"] = conditions
	}
	return out
}

func principals(list []tftypes.Value) any {
	out := map[string]any{}
	for _, v := range list {
		p := mapOf(v)
		kind, names := textOf(p["type"], ""), texts(p["identifiers"])
		if kind == "*" {
			return "*"
		}
		out[kind] = single(names)
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func single(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// texts is a set of strings, sorted.
func texts(v tftypes.Value) []string {
	var out []string
	for _, e := range listOf(v) {
		out = append(out, textOf(e, ""))
	}
	slices.Sort(out)
	return out
}

func listOf(v tftypes.Value) []tftypes.Value {
	var out []tftypes.Value
	if v.IsKnown() && !v.IsNull() && v.As(&out) == nil {
		return out
	}
	return nil
}

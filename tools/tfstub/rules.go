package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// rules is what the schema does not say: words, patterns and counts that the real provider refuses.
type rules struct {
	Sensitive []string          `json:"sensitive"`
	Values    map[string][]rule `json:"values"`
}

type rule struct {
	Path  string   `json:"path"` // attribute names with dots; lists are entered
	Match string   `json:"match"`
	Enum  []string `json:"enum"`
	Max   int      `json:"max"`
}

// check holds a configuration to the rules of its kind. Unknown values pass.
func (r rules) check(kind string, config tftypes.Value) []*tfprotov5.Diagnostic {
	var out []*tfprotov5.Diagnostic
	for _, one := range r.Values[kind] {
		steps := strings.Split(one.Path, ".")
		visit(config, steps, func(v tftypes.Value) {
			if problem := one.problem(v); problem != "" {
				path := tftypes.NewAttributePath().WithAttributeName(steps[0])
				out = append(out, failure(kind+"."+one.Path, problem, path))
			}
		})
	}
	return out
}

func (r rule) problem(v tftypes.Value) string {
	if !v.IsFullyKnown() || v.IsNull() {
		return ""
	}
	if r.Max > 0 {
		var list []tftypes.Value
		if v.As(&list) == nil && len(list) > r.Max {
			return fmt.Sprintf("at most %d, not %d", r.Max, len(list))
		}
		return ""
	}
	var s string
	if v.As(&s) != nil {
		return ""
	}
	switch {
	case r.Match != "" && !regexp.MustCompile(r.Match).MatchString(s):
		return fmt.Sprintf("%q does not match %s", s, r.Match)
	case r.Enum != nil && !slices.Contains(r.Enum, s):
		return fmt.Sprintf("%q is none of %s", s, strings.Join(r.Enum, ", "))
	}
	return ""
}

// visit calls f with every value at the end of a path, whatever lists and sets lie between.
func visit(v tftypes.Value, steps []string, f func(tftypes.Value)) {
	if !v.IsKnown() || v.IsNull() {
		return
	}
	if len(steps) == 0 {
		f(v)
		return
	}
	var list []tftypes.Value
	if (v.Type().Is(tftypes.List{}) || v.Type().Is(tftypes.Set{})) && v.As(&list) == nil {
		for _, e := range list {
			visit(e, steps, f)
		}
		return
	}
	var fields map[string]tftypes.Value
	if v.As(&fields) == nil {
		visit(fields[steps[0]], steps[1:], f)
	}
}

func failure(summary, detail string, path *tftypes.AttributePath) *tfprotov5.Diagnostic {
	return &tfprotov5.Diagnostic{Severity: tfprotov5.DiagnosticSeverityError, Summary: summary, Detail: detail, Attribute: path}
}

func failed(err error) []*tfprotov5.Diagnostic {
	if err == nil {
		return nil
	}
	return []*tfprotov5.Diagnostic{failure("stand-in provider", err.Error(), nil)}
}

package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (p *provider) ValidateResourceTypeConfig(_ context.Context, r *tfprotov5.ValidateResourceTypeConfigRequest) (*tfprotov5.ValidateResourceTypeConfigResponse, error) {
	k, err := p.resource(r.TypeName)
	if err != nil {
		return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: failed(err)}, nil
	}
	config, err := r.Config.Unmarshal(k.typ)
	if err != nil {
		return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: failed(err)}, nil
	}
	return &tfprotov5.ValidateResourceTypeConfigResponse{Diagnostics: p.catalog.rules.check(r.TypeName, config)}, nil
}

func (p *provider) UpgradeResourceState(_ context.Context, r *tfprotov5.UpgradeResourceStateRequest) (*tfprotov5.UpgradeResourceStateResponse, error) {
	k, err := p.resource(r.TypeName)
	if err != nil {
		return &tfprotov5.UpgradeResourceStateResponse{Diagnostics: failed(err)}, nil
	}
	v, err := r.RawState.Unmarshal(k.typ)
	if err != nil {
		return &tfprotov5.UpgradeResourceStateResponse{Diagnostics: failed(err)}, nil
	}
	out, err := dynamic(k.typ, v)
	return &tfprotov5.UpgradeResourceStateResponse{UpgradedState: out, Diagnostics: failed(err)}, nil
}

func (p *provider) ReadResource(_ context.Context, r *tfprotov5.ReadResourceRequest) (*tfprotov5.ReadResourceResponse, error) {
	return &tfprotov5.ReadResourceResponse{NewState: r.CurrentState, Private: r.Private}, nil
}

// PlanResourceChange marks what AWS would decide as unknown on creation, keeps it afterwards, and
// replaces a resource whose name changes.
func (p *provider) PlanResourceChange(_ context.Context, r *tfprotov5.PlanResourceChangeRequest) (*tfprotov5.PlanResourceChangeResponse, error) {
	out := &tfprotov5.PlanResourceChangeResponse{PlannedPrivate: r.PriorPrivate}
	k, err := p.resource(r.TypeName)
	if err != nil {
		out.Diagnostics = failed(err)
		return out, nil
	}
	proposed, err := r.ProposedNewState.Unmarshal(k.typ)
	if err != nil {
		out.Diagnostics = failed(err)
		return out, nil
	}
	if proposed.IsNull() { // destroy
		out.PlannedState = r.ProposedNewState
		return out, nil
	}
	prior, err := r.PriorState.Unmarshal(k.typ)
	if err != nil {
		out.Diagnostics = failed(err)
		return out, nil
	}
	planned := p.planTags(k, p.plan(k.block, proposed, prior.IsNull()))
	if !prior.IsNull() {
		out.RequiresReplace = replaced(prior, planned)
	}
	out.PlannedState, err = dynamic(k.typ, planned)
	out.Diagnostics = failed(err)
	return out, nil
}

// replaced lists the names that cannot change in place: not all that the real provider replaces, but what
// all resources here are known by.
func replaced(prior, planned tftypes.Value) []*tftypes.AttributePath {
	var out []*tftypes.AttributePath
	was, is := mapOf(prior), mapOf(planned)
	for _, name := range []string{"name", "bucket", "cluster_identifier", "identifier", "function_name", "agent_runtime_name", "authorizer_type"} {
		old, ok := was[name]
		if ok && !old.IsNull() && is[name].IsKnown() && !old.Equal(is[name]) {
			out = append(out, tftypes.NewAttributePath().WithAttributeName(name))
		}
	}
	return out
}

// plan walks a block: write-only values are dropped, computed ones that nobody set become unknown.
func (p *provider) plan(b *block, v tftypes.Value, fresh bool) tftypes.Value {
	if v.IsNull() || !v.IsKnown() {
		return v
	}
	fields := mapOf(v)
	out := make(map[string]tftypes.Value, len(fields))
	for name, field := range fields {
		a := b.Attributes[name]
		switch {
		case a == nil:
			out[name] = p.planBlocks(b.Blocks[name], field, fresh)
		case a.WriteOnly:
			out[name] = tftypes.NewValue(a.typ, nil)
		case a.Computed && field.IsNull() && fresh:
			out[name] = tftypes.NewValue(a.typ, tftypes.UnknownValue)
		default:
			out[name] = field
		}
	}
	return tftypes.NewValue(v.Type(), out)
}

func (p *provider) planBlocks(n *nested, v tftypes.Value, fresh bool) tftypes.Value {
	if v.IsNull() || !v.IsKnown() {
		return v
	}
	if n.Mode == "single" {
		return p.plan(n.Block, v, fresh)
	}
	var list []tftypes.Value
	if v.As(&list) != nil {
		return v
	}
	out := make([]tftypes.Value, len(list))
	for i, e := range list {
		out[i] = p.plan(n.Block, e, fresh)
	}
	return tftypes.NewValue(v.Type(), out)
}

// planTags makes tags_all of the default tags and the resource's own, as the real provider does.
func (p *provider) planTags(k *kind, v tftypes.Value) tftypes.Value {
	fields := mapOf(v)
	if k.block.Attributes["tags_all"] == nil || k.block.Attributes["tags"] == nil {
		return v
	}
	if !fields["tags"].IsFullyKnown() {
		fields["tags_all"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, tftypes.UnknownValue)
		return tftypes.NewValue(v.Type(), fields)
	}
	all := map[string]tftypes.Value{}
	p.mu.Lock()
	for name, tag := range p.tags {
		all[name] = tftypes.NewValue(tftypes.String, tag)
	}
	p.mu.Unlock()
	for name, tag := range mapOf(fields["tags"]) {
		all[name] = tag
	}
	fields["tags_all"] = tftypes.NewValue(tftypes.Map{ElementType: tftypes.String}, all)
	return tftypes.NewValue(v.Type(), fields)
}

// ApplyResourceChange gives every unknown value its stand-in.
func (p *provider) ApplyResourceChange(_ context.Context, r *tfprotov5.ApplyResourceChangeRequest) (*tfprotov5.ApplyResourceChangeResponse, error) {
	k, err := p.resource(r.TypeName)
	if err != nil {
		return &tfprotov5.ApplyResourceChangeResponse{Diagnostics: failed(err)}, nil
	}
	planned, err := r.PlannedState.Unmarshal(k.typ)
	if err != nil || planned.IsNull() {
		return &tfprotov5.ApplyResourceChangeResponse{NewState: r.PlannedState, Diagnostics: failed(err)}, nil
	}
	p.mu.Lock()
	made := invention{region: p.region, kind: r.TypeName, fields: mapOf(planned)}
	p.mu.Unlock()
	state, err := tftypes.Transform(planned, made.fill)
	if err != nil {
		return &tfprotov5.ApplyResourceChangeResponse{Diagnostics: failed(err)}, nil
	}
	out, err := dynamic(k.typ, state)
	return &tfprotov5.ApplyResourceChangeResponse{NewState: out, Diagnostics: failed(err)}, nil
}

func (p *provider) ImportResourceState(_ context.Context, r *tfprotov5.ImportResourceStateRequest) (*tfprotov5.ImportResourceStateResponse, error) {
	return &tfprotov5.ImportResourceStateResponse{Diagnostics: []*tfprotov5.Diagnostic{
		failure(r.TypeName, "the stand-in has nothing to import", nil)}}, nil
}

func (p *provider) MoveResourceState(_ context.Context, r *tfprotov5.MoveResourceStateRequest) (*tfprotov5.MoveResourceStateResponse, error) {
	return &tfprotov5.MoveResourceStateResponse{Diagnostics: []*tfprotov5.Diagnostic{
		failure(r.TargetTypeName, "the stand-in moves nothing between types", nil)}}, nil
}

func (p *provider) UpgradeResourceIdentity(context.Context, *tfprotov5.UpgradeResourceIdentityRequest) (*tfprotov5.UpgradeResourceIdentityResponse, error) {
	return &tfprotov5.UpgradeResourceIdentityResponse{}, nil
}

func (p *provider) GenerateResourceConfig(context.Context, *tfprotov5.GenerateResourceConfigRequest) (*tfprotov5.GenerateResourceConfigResponse, error) {
	return &tfprotov5.GenerateResourceConfigResponse{Diagnostics: []*tfprotov5.Diagnostic{failure("stand-in provider", "it generates no configuration", nil)}}, nil
}

func dynamic(typ tftypes.Type, v tftypes.Value) (*tfprotov5.DynamicValue, error) {
	out, err := tfprotov5.NewDynamicValue(typ, v)
	return &out, err
}

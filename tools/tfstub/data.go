package main

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func (p *provider) ValidateDataSourceConfig(_ context.Context, r *tfprotov5.ValidateDataSourceConfigRequest) (*tfprotov5.ValidateDataSourceConfigResponse, error) {
	_, err := find(p.catalog.data, r.TypeName)
	return &tfprotov5.ValidateDataSourceConfigResponse{Diagnostics: failed(err)}, nil
}

// ReadDataSource answers what a data source would have found.
func (p *provider) ReadDataSource(_ context.Context, r *tfprotov5.ReadDataSourceRequest) (*tfprotov5.ReadDataSourceResponse, error) {
	k, err := find(p.catalog.data, r.TypeName)
	if err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed(err)}, nil
	}
	config, err := r.Config.Unmarshal(k.typ)
	if err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed(err)}, nil
	}
	fields := mapOf(p.plan(k.block, config, true))
	p.mu.Lock()
	made := invention{region: p.region, kind: r.TypeName, fields: fields}
	p.mu.Unlock()
	if err := known(r.TypeName, made, fields); err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed(err)}, nil
	}
	state, err := tftypes.Transform(tftypes.NewValue(k.typ, fields), made.fill)
	if err != nil {
		return &tfprotov5.ReadDataSourceResponse{Diagnostics: failed(err)}, nil
	}
	out, err := dynamic(k.typ, state)
	return &tfprotov5.ReadDataSourceResponse{State: out, Diagnostics: failed(err)}, nil
}

// known fills in what is known of a data source, before the rest is invented.
func known(name string, made invention, fields map[string]tftypes.Value) error {
	set := func(attribute, value string) {
		if _, ok := fields[attribute]; ok {
			fields[attribute] = tftypes.NewValue(tftypes.String, value)
		}
	}
	switch name {
	case "aws_caller_identity":
		set("account_id", account)
		set("id", account)
		set("arn", fmt.Sprintf("arn:%s:iam::%s:user/stand-in", partition, account))
	case "aws_region":
		for _, attribute := range []string{"name", "id", "region"} {
			set(attribute, made.region)
		}
	case "aws_partition":
		set("partition", partition)
		set("id", partition)
		set("dns_suffix", "amazonaws.com")
	case "aws_availability_zones":
		zones := make([]tftypes.Value, 3)
		for i := range zones {
			zones[i] = tftypes.NewValue(tftypes.String, made.region+string(rune('a'+i)))
		}
		fields["names"] = tftypes.NewValue(fields["names"].Type(), zones)
	case "aws_prefix_list", "aws_ec2_managed_prefix_list":
		set("id", "pl-"+made.token())
	case "aws_iam_policy_document":
		document, err := policyDocument(fields)
		if err != nil {
			return err
		}
		set("json", document)
		set("minified_json", document)
		set("id", made.token())
	}
	return nil
}

func (p *provider) ValidateEphemeralResourceConfig(_ context.Context, r *tfprotov5.ValidateEphemeralResourceConfigRequest) (*tfprotov5.ValidateEphemeralResourceConfigResponse, error) {
	_, err := find(p.catalog.ephemeral, r.TypeName)
	return &tfprotov5.ValidateEphemeralResourceConfigResponse{Diagnostics: failed(err)}, nil
}

// OpenEphemeralResource invents a secret that says what it is, so that a test finds it wherever it leaks.
func (p *provider) OpenEphemeralResource(_ context.Context, r *tfprotov5.OpenEphemeralResourceRequest) (*tfprotov5.OpenEphemeralResourceResponse, error) {
	k, err := find(p.catalog.ephemeral, r.TypeName)
	if err != nil {
		return &tfprotov5.OpenEphemeralResourceResponse{Diagnostics: failed(err)}, nil
	}
	config, err := r.Config.Unmarshal(k.typ)
	if err != nil {
		return &tfprotov5.OpenEphemeralResourceResponse{Diagnostics: failed(err)}, nil
	}
	fields := mapOf(p.plan(k.block, config, true))
	for secret, value := range map[string]string{"random_password": canary, "value": canary,
		"secret_string": `{"username":"stand-in","password":"` + canary + `"}`} {
		if v, ok := fields[secret]; ok && (v.IsNull() || !v.IsKnown()) {
			fields[secret] = tftypes.NewValue(tftypes.String, value)
		}
	}
	made := invention{region: defaultRegion, kind: r.TypeName, fields: fields}
	result, err := tftypes.Transform(tftypes.NewValue(k.typ, fields), made.fill)
	if err != nil {
		return &tfprotov5.OpenEphemeralResourceResponse{Diagnostics: failed(err)}, nil
	}
	out, err := dynamic(k.typ, result)
	return &tfprotov5.OpenEphemeralResourceResponse{Result: out, Diagnostics: failed(err)}, nil
}

// canary is the invented secret; no plan and no state may hold it.
const canary = "stand-in-secret-that-must-not-be-stored"

func (p *provider) RenewEphemeralResource(context.Context, *tfprotov5.RenewEphemeralResourceRequest) (*tfprotov5.RenewEphemeralResourceResponse, error) {
	return &tfprotov5.RenewEphemeralResourceResponse{}, nil
}

func (p *provider) CloseEphemeralResource(context.Context, *tfprotov5.CloseEphemeralResourceRequest) (*tfprotov5.CloseEphemeralResourceResponse, error) {
	return &tfprotov5.CloseEphemeralResourceResponse{}, nil
}

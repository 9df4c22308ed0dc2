package main

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov5"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// provider answers Terraform.
type provider struct {
	catalog *catalog
	mu      sync.Mutex
	region  string
	tags    map[string]string // default_tags of the configuration
}

var _ tfprotov5.ProviderServer = (*provider)(nil)

// defaultRegion is the infrastructure document's, §2.
const defaultRegion = "us-east-2"

func (p *provider) GetMetadata(context.Context, *tfprotov5.GetMetadataRequest) (*tfprotov5.GetMetadataResponse, error) {
	out := &tfprotov5.GetMetadataResponse{ServerCapabilities: capabilities()}
	for _, name := range sortedKeys(p.catalog.resources) {
		out.Resources = append(out.Resources, tfprotov5.ResourceMetadata{TypeName: name})
	}
	for _, name := range sortedKeys(p.catalog.data) {
		out.DataSources = append(out.DataSources, tfprotov5.DataSourceMetadata{TypeName: name})
	}
	for _, name := range sortedKeys(p.catalog.ephemeral) {
		out.EphemeralResources = append(out.EphemeralResources, tfprotov5.EphemeralResourceMetadata{TypeName: name})
	}
	return out, nil
}

func capabilities() *tfprotov5.ServerCapabilities {
	return &tfprotov5.ServerCapabilities{GetProviderSchemaOptional: true, PlanDestroy: false}
}

func (p *provider) GetProviderSchema(context.Context, *tfprotov5.GetProviderSchemaRequest) (*tfprotov5.GetProviderSchemaResponse, error) {
	protos := func(kinds map[string]*kind) map[string]*tfprotov5.Schema {
		out := make(map[string]*tfprotov5.Schema, len(kinds))
		for name, k := range kinds {
			out[name] = k.proto
		}
		return out
	}
	return &tfprotov5.GetProviderSchemaResponse{ServerCapabilities: capabilities(), Provider: p.catalog.provider.proto,
		ResourceSchemas: protos(p.catalog.resources), DataSourceSchemas: protos(p.catalog.data),
		EphemeralResourceSchemas: protos(p.catalog.ephemeral)}, nil
}

func (p *provider) GetResourceIdentitySchemas(context.Context, *tfprotov5.GetResourceIdentitySchemasRequest) (*tfprotov5.GetResourceIdentitySchemasResponse, error) {
	return &tfprotov5.GetResourceIdentitySchemasResponse{}, nil
}

func (p *provider) PrepareProviderConfig(_ context.Context, r *tfprotov5.PrepareProviderConfigRequest) (*tfprotov5.PrepareProviderConfigResponse, error) {
	return &tfprotov5.PrepareProviderConfigResponse{PreparedConfig: r.Config}, nil
}

// ConfigureProvider keeps the region and the default tags.
func (p *provider) ConfigureProvider(_ context.Context, r *tfprotov5.ConfigureProviderRequest) (*tfprotov5.ConfigureProviderResponse, error) {
	config, err := r.Config.Unmarshal(p.catalog.provider.typ)
	if err != nil {
		return &tfprotov5.ConfigureProviderResponse{Diagnostics: failed(err)}, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.region, p.tags = defaultRegion, map[string]string{}
	visit(config, []string{"region"}, func(v tftypes.Value) { p.region = textOf(v, defaultRegion) })
	visit(config, []string{"default_tags", "tags"}, func(v tftypes.Value) {
		for k, tag := range mapOf(v) {
			p.tags[k] = textOf(tag, "")
		}
	})
	return &tfprotov5.ConfigureProviderResponse{}, nil
}

func (p *provider) StopProvider(context.Context, *tfprotov5.StopProviderRequest) (*tfprotov5.StopProviderResponse, error) {
	return &tfprotov5.StopProviderResponse{}, nil
}

func (p *provider) CallFunction(context.Context, *tfprotov5.CallFunctionRequest) (*tfprotov5.CallFunctionResponse, error) {
	return &tfprotov5.CallFunctionResponse{Error: &tfprotov5.FunctionError{Text: "the stand-in has no functions"}}, nil
}

func (p *provider) GetFunctions(context.Context, *tfprotov5.GetFunctionsRequest) (*tfprotov5.GetFunctionsResponse, error) {
	return &tfprotov5.GetFunctionsResponse{}, nil
}

func (p *provider) resource(name string) (*kind, error) { return find(p.catalog.resources, name) }

func find(kinds map[string]*kind, name string) (*kind, error) {
	if k := kinds[name]; k != nil {
		return k, nil
	}
	return nil, fmt.Errorf("%s is not in the schema that the project carries; add it by schema/extract.mjs", name)
}

func textOf(v tftypes.Value, fallback string) string {
	var s string
	if v.IsKnown() && !v.IsNull() && v.As(&s) == nil {
		return s
	}
	return fallback
}

// mapOf opens a known map or object; anything else is empty.
func mapOf(v tftypes.Value) map[string]tftypes.Value {
	var m map[string]tftypes.Value
	if v.IsKnown() && !v.IsNull() && v.As(&m) == nil {
		return m
	}
	return nil
}

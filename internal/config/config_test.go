package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/google/go-cmp/cmp"
)

// vars reads "NAME=value" lines.
func vars(lines ...string) config.Lookup {
	m := map[string]string{}
	for _, l := range lines {
		name, value, _ := strings.Cut(l, "=")
		m[name] = value
	}
	return func(name string) (string, bool) {
		v, ok := m[name]
		return v, ok
	}
}

func cloud(more ...string) config.Lookup {
	return vars(append([]string{"NEXO_MODE=aws", "NEXO_ADDR=0.0.0.0:8080", "NEXO_DATABASE_URL=postgres://nexo_writer@proxy/sga_inventory",
		"NEXO_PUBLIC_URL=https://nexo.example", "NEXO_OIDC_ISSUER=https://cognito.example/pool", "NEXO_OIDC_CLIENT_IDS=a, b"}, more...)...)
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	got, err := config.Load(vars())
	if err != nil {
		t.Fatal(err)
	}
	dir, err := filepath.Abs(config.DefaultDataDir)
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{Mode: config.Local, Addr: "127.0.0.1:8080", DataDir: dir, Objects: config.Objects{Store: "files"}, Items: config.Items{Store: "postgres", Region: "us-east-2"}, SetGC: true, SetMemoryLimit: true, Connection: config.Connection{Migrate: true}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.Private() {
		t.Error("without a URL the database is our own")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		look config.Lookup
		want func(*config.Config) bool
	}{
		{"spaces around a value are no part of it", vars("NEXO_ADDR= localhost:0 "), func(c *config.Config) bool { return c.Addr == "localhost:0" }},
		{"an empty variable is as if unset", vars("NEXO_ADDR=", "NEXO_MODE= "), func(c *config.Config) bool { return c.Addr == config.DefaultAddr && c.Mode == config.Local }},
		{"IPv6 loopback", vars("NEXO_ADDR=[::1]:8080"), func(c *config.Config) bool { return c.Addr == "[::1]:8080" }},
		{"the whole of 127/8 is this machine", vars("NEXO_ADDR=127.9.9.9:1"), func(c *config.Config) bool { return true }},
		{"an own database", vars("NEXO_DATABASE_URL=postgresql://u@h/d"), func(c *config.Config) bool { return !c.Private() }},
		{"Go's own variables win", vars("GOGC=100", "GOMEMLIMIT=1GiB"), func(c *config.Config) bool { return !c.SetGC && !c.SetMemoryLimit }},
		{"demo and log", vars("NEXO_DEMO=0", "NEXO_LOG=json"), func(c *config.Config) bool { return c.Demo == config.DemoOff && c.Log == config.LogJSON }},
		{"lists take commas and spaces", cloud("NEXO_HOSTS=a:1,b:2"), func(c *config.Config) bool {
			return cmp.Equal(c.Hosts, []string{"a:1", "b:2"}) && cmp.Equal(c.Cloud.ClientIDs, []string{"a", "b"})
		}},
		{"a public URL of this machine", vars("NEXO_PUBLIC_URL=http://localhost:8080"), func(c *config.Config) bool { return c.PublicURL == "http://localhost:8080" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(tt.look)
			if err != nil {
				t.Fatal(err)
			}
			if !tt.want(got) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		look  config.Lookup
		field string
	}{
		{"unknown mode", vars("NEXO_MODE=cloud"), "NEXO_MODE"},
		{"case matters", vars("NEXO_MODE=AWS"), "NEXO_MODE"},
		{"demo", vars("NEXO_DEMO=yes"), "NEXO_DEMO"},
		{"log", vars("NEXO_LOG=xml"), "NEXO_LOG"},
		{"no port", vars("NEXO_ADDR=127.0.0.1"), "NEXO_ADDR"},
		{"port out of range", vars("NEXO_ADDR=127.0.0.1:65536"), "NEXO_ADDR"},
		{"port by name", vars("NEXO_ADDR=127.0.0.1:http"), "NEXO_ADDR"},
		{"all addresses in local mode", vars("NEXO_ADDR=0.0.0.0:8080"), "NEXO_ADDR"},
		{"no host is all addresses", vars("NEXO_ADDR=:8080"), "NEXO_ADDR"},
		{"all IPv6 addresses", vars("NEXO_ADDR=[::]:8080"), "NEXO_ADDR"},
		{"another machine", vars("NEXO_ADDR=192.168.0.9:8080"), "NEXO_ADDR"},
		{"a name that may be anywhere", vars("NEXO_ADDR=nexo.local:8080"), "NEXO_ADDR"},
		{"a name that begins like localhost", vars("NEXO_ADDR=localhost.example:8080"), "NEXO_ADDR"},
		{"public URL elsewhere in local mode", vars("NEXO_PUBLIC_URL=https://nexo.example"), "NEXO_PUBLIC_URL"},
		{"public URL with a path", vars("NEXO_PUBLIC_URL=http://localhost:8080/app"), "NEXO_PUBLIC_URL"},
		{"database of another kind", vars("NEXO_DATABASE_URL=mysql://u:secret@h/d"), "NEXO_DATABASE_URL"},
		{"aws without a database", vars("NEXO_MODE=aws"), "NEXO_DATABASE_URL"},
		{"aws without clients", cloud("NEXO_OIDC_CLIENT_IDS="), "NEXO_OIDC_CLIENT_IDS"},
		{"aws with an issuer in clear text", cloud("NEXO_OIDC_ISSUER=http://cognito.example"), "NEXO_OIDC_ISSUER"},
		{"aws with a demo", cloud("NEXO_DEMO=1"), "NEXO_DEMO"},
		{"aws without a public URL", cloud("NEXO_PUBLIC_URL="), "NEXO_PUBLIC_URL"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(tt.look)
			var f *fault.Error
			if !errors.As(err, &f) {
				t.Fatalf("got %v", err)
			}
			if f.Code != fault.InvalidArgument || f.Field != tt.field || !strings.HasPrefix(f.Message, tt.field+" ") {
				t.Errorf("got %v", f)
			}
			if strings.Contains(f.Message+f.MessageEN, "secret") {
				t.Errorf("the message shows a password: %v", f)
			}
		})
	}
}

func TestCloudListensEverywhere(t *testing.T) {
	t.Parallel()
	c, err := config.Load(cloud())
	if err != nil {
		t.Fatal(err)
	}
	if c.Mode != config.AWS || c.Addr != "0.0.0.0:8080" {
		t.Errorf("got %+v", c)
	}
}

func TestLoopback(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST": true, "127.0.0.1": true, "::1": true, "127.1.2.3": true,
		"": false, "0.0.0.0": false, "::": false, "10.0.0.1": false, "example.com": false, "::1%lo": false, "127.0.0.1.example": false} {
		if got := config.Loopback(host); got != want {
			t.Errorf("Loopback(%q) = %v", host, got)
		}
	}
}

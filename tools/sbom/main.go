// Sbom writes what a program is made of, as CycloneDX 1.6 in JSON (ECMA-424), read from the program itself: the modules
// with their versions and checksums that the Go linker recorded in it.
//
//	go run ./tools/sbom dist/nexo > dist/nexo.cdx.json
//
// The same program gives the same document: its time and its number come from the commit and from the bytes.
package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "sbom PROGRAM > FILE.cdx.json")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func run(program string, to io.Writer) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	return json.MarshalWrite(to, describe(info, sha256.Sum256(raw)), jsontext.WithIndent("  "), json.Deterministic(true))
}

// bom is the part of CycloneDX 1.6 that we fill.
type bom struct {
	Schema       string       `json:"$schema"`
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Timestamp string     `json:"timestamp,omitempty"`
	Component component  `json:"component"`
	Tools     toolChoice `json:"tools"`
}

type toolChoice struct {
	Components []component `json:"components"`
}

type component struct {
	Type       string     `json:"type"`
	Ref        string     `json:"bom-ref,omitempty"`
	Name       string     `json:"name"`
	Version    string     `json:"version,omitempty"`
	PURL       string     `json:"purl,omitempty"`
	Hashes     []hash     `json:"hashes,omitempty"`
	Properties []property `json:"properties,omitempty"`
}

type hash struct {
	Algorithm string `json:"alg"`
	Content   string `json:"content"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn,omitempty"`
}

// describe makes the document of a program whose bytes have the given sum.
func describe(info *debug.BuildInfo, sum [sha256.Size]byte) *bom {
	set := map[string]string{}
	for _, s := range info.Settings {
		set[s.Key] = s.Value
	}
	main := component{Type: "application", Name: info.Main.Path, Version: info.Main.Version, PURL: purl(info.Main.Path, info.Main.Version),
		Hashes: []hash{{"SHA-256", hex.EncodeToString(sum[:])}}}
	main.Ref = main.PURL
	for _, key := range []string{"vcs.revision", "vcs.modified", "GOOS", "GOARCH", "CGO_ENABLED", "-trimpath"} {
		if v, ok := set[key]; ok {
			main.Properties = append(main.Properties, property{"go:" + key, v})
		}
	}
	out := &bom{Schema: "http://cyclonedx.org/schema/bom-1.6.schema.json", Format: "CycloneDX", Spec: "1.6", Version: 1,
		Serial:   "urn:uuid:" + uuid.NewHash(sha256.New(), uuid.NameSpaceURL, sum[:], 8).String(),
		Metadata: metadata{Timestamp: set["vcs.time"], Component: main, Tools: toolChoice{[]component{{Type: "application", Name: "nexo/tools/sbom"}}}}}
	version := strings.TrimPrefix(info.GoVersion, "go")
	out.add(component{Type: "library", Name: "std", Version: version, PURL: purl("std", version)})
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		out.add(component{Type: "library", Name: m.Path, Version: m.Version, PURL: purl(m.Path, m.Version), Properties: []property{{"go:sum", m.Sum}}})
	}
	all := dependency{Ref: main.Ref}
	for _, c := range out.Components {
		all.DependsOn = append(all.DependsOn, c.Ref)
	}
	out.Dependencies = []dependency{all}
	return out
}

func (b *bom) add(c component) {
	c.Ref = c.PURL
	b.Components = append(b.Components, c)
}

// purl names a module as package-url does for Go.
func purl(path, version string) string {
	if version == "" || version == "(devel)" {
		return "pkg:golang/" + path
	}
	return "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")
}

package config

import (
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/faiston/nexo/internal/fault"
)

// wrong says what is wrong with a variable, and never repeats its value: it may hold a password.
func wrong(name, pt, en string) *fault.Error {
	return fault.InvalidArgument.With("%[1]s %[2]s.", "%[1]s %[3]s.", name, pt, en).On(name)
}

func (c *Config) check() error {
	switch {
	case c.Mode != Local && c.Mode != AWS:
		return wrong("NEXO_MODE", "deve ser local ou aws", "must be local or aws")
	case !slices.Contains([]Demo{DemoAuto, DemoOn, DemoOff}, c.Demo):
		return wrong("NEXO_DEMO", "deve ser 0 ou 1", "must be 0 or 1")
	case !slices.Contains([]LogFormat{LogAuto, LogText, LogJSON}, c.Log):
		return wrong("NEXO_LOG", "deve ser text ou json", "must be text or json")
	}
	host, err := c.checkAddr()
	if err != nil {
		return err
	}
	if err := c.Objects.check(c.Mode); err != nil {
		return err
	}
	for _, db := range [][2]string{{"NEXO_DATABASE_URL", c.DatabaseURL}, {"NEXO_DATABASE_READER_URL", c.Cloud.ReaderURL}, {"NEXO_DATABASE_OWNER_URL", c.Cloud.OwnerURL}} {
		if err := checkDatabase(db[0], db[1]); err != nil {
			return err
		}
	}
	if err := c.checkConnections(); err != nil {
		return err
	}
	if err := c.checkItems(); err != nil {
		return err
	}
	if c.Mode == AWS {
		return c.checkCloud()
	}
	return c.checkLocal(host)
}

// checkAddr wants host:port; port 0 takes a free one.
func (c *Config) checkAddr() (host string, err error) {
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "", wrong("NEXO_ADDR", "deve ser endereço:porta, como "+DefaultAddr, "must be address:port, such as "+DefaultAddr).Because(err)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", wrong("NEXO_ADDR", "deve ter uma porta de 0 a 65535", "must have a port from 0 to 65535").Because(err)
	}
	return host, nil
}

// checkLocal keeps local mode on this machine: its issuer trusts whoever can reach it.
func (c *Config) checkLocal(host string) error {
	if !Loopback(host) {
		return wrong("NEXO_ADDR", "sai desta máquina: no modo local só se atende em 127.0.0.1, ::1 ou localhost",
			"leaves this machine: local mode listens on 127.0.0.1, ::1 or localhost only")
	}
	if c.PublicURL == "" {
		return nil
	}
	u, err := publicURL(c.PublicURL)
	if err != nil {
		return err
	}
	if !Loopback(u.Hostname()) {
		return wrong("NEXO_PUBLIC_URL", "sai desta máquina: no modo local deve ser um nome desta máquina", "leaves this machine: in local mode it must name this machine")
	}
	return nil
}

func (c *Config) checkCloud() error {
	for _, need := range [][2]string{
		{"NEXO_DATABASE_URL", c.DatabaseURL}, {"NEXO_PUBLIC_URL", c.PublicURL}, {"NEXO_OIDC_ISSUER", c.Cloud.Issuer},
		{"NEXO_OIDC_CLIENT_IDS", strings.Join(c.Cloud.ClientIDs, ",")},
	} {
		if need[1] == "" {
			return wrong(need[0], "falta: o modo aws precisa dela", "is missing: aws mode needs it")
		}
	}
	if c.Demo == DemoOn {
		return wrong("NEXO_DEMO", "não pode ser 1 no modo aws", "cannot be 1 in aws mode")
	}
	if u, err := url.Parse(c.Cloud.Issuer); err != nil || u.Scheme != "https" || u.Host == "" {
		return wrong("NEXO_OIDC_ISSUER", "deve ser um endereço https", "must be an https address")
	}
	_, err := publicURL(c.PublicURL)
	return err
}

func publicURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.Scheme+"://"+u.Host != s {
		return nil, wrong("NEXO_PUBLIC_URL", "deve ser https://nome[:porta], sem caminho", "must be https://name[:port], without a path")
	}
	return u, nil
}

func checkDatabase(name, s string) error {
	if s == "" {
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return wrong(name, "deve ser postgres://usuário@servidor/banco", "must be postgres://user@server/database")
	}
	return nil
}

// Loopback reports whether a host can only mean this machine.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback() && a.Zone() == ""
}

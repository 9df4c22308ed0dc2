package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/limit"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	c, err := config.Load(vars("NEXO_LIMIT_USER=50/s", "NEXO_LIMIT_AGENT=600/m", "NEXO_LIMIT_TOOL=off"))
	if err != nil {
		t.Fatal(err)
	}
	want := limit.Defaults()
	want[limit.User], want[limit.Agent], want[limit.Tool] = limit.Rate{Calls: 50, Per: time.Second}, limit.Rate{Calls: 600, Per: time.Minute}, limit.Rate{}
	if diff := cmp.Diff(want, c.Network.Limits()); diff != "" {
		t.Error(diff)
	}
	if c, err = config.Load(vars()); err != nil || c.Network.Limits() != limit.Defaults() || c.Network.TrustedProxies() != nil {
		t.Errorf("what nobody set is as it was: %+v %v", c.Network, err)
	}
	for name, value := range map[string]string{"NEXO_LIMIT_USER": "fast", "NEXO_LIMIT_AGENT": "10/h", "NEXO_LIMIT_TOOL": "0/s", "NEXO_LIMIT_PROJECT": "-1/s",
		"NEXO_LIMIT_ADDRESS": "10", "NEXO_LIMIT_SIGN_IN": "1e3/s", "NEXO_TRUSTED_PROXIES": "everybody", "NEXO_OUTBOUND_ALLOW": "receiver"} {
		_, err := config.Load(vars(name + "=" + value))
		if fault.CodeOf(err) != fault.InvalidArgument || fault.Of(err).Field != name {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}

func TestProxiesAndReceivers(t *testing.T) {
	t.Parallel()
	c, err := config.Load(vars("NEXO_TRUSTED_PROXIES=10.0.0.0/8, fd00::/8 192.0.2.1", "NEXO_OUTBOUND_ALLOW=erp.plant:8443,[fd00::7]:9000"))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(c.Network.TrustedProxies()); n != 3 {
		t.Errorf("%d networks", n)
	}
	if diff := cmp.Diff([]string{"erp.plant:8443", "[fd00::7]:9000"}, c.Network.Allow); diff != "" {
		t.Error(diff)
	}
	for _, bad := range []string{"erp.plant", ":80", "erp.plant:0", "erp.plant:http", "erp.plant:70000"} {
		if _, err := config.Load(vars("NEXO_OUTBOUND_ALLOW=" + bad)); err == nil {
			t.Errorf("%s is no receiver", bad)
		}
	}
}

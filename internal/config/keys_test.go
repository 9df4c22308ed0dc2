package config_test

import (
	"strings"
	"testing"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
)

func TestMasterKey(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("QUJD", 10) + "QUI="
	if c, err := config.Load(vars("NEXO_MASTER_KEY=" + good)); err != nil || c.MasterKey != good {
		t.Errorf("got %v", err)
	}
	for _, bad := range []string{"secret", "QUJD", good + good, strings.Repeat("!", 44)} {
		_, err := config.Load(vars("NEXO_MASTER_KEY=" + bad))
		if f := fault.Of(err); err == nil || f.Field != "NEXO_MASTER_KEY" || strings.Contains(err.Error(), bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

package cli

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/jackc/pgx/v5"

	"github.com/faiston/nexo/internal/app"
	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/stock"
)

// served runs the whole program for a moment: at its end everything is sealed and signed.
func served(t *testing.T, env map[string]string) {
	t.Helper()
	env["NEXO_ADDR"], env["NEXO_DEMO"] = "127.0.0.1:0", "0"
	c, err := config.Load(lookup(env))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := app.Serve(ctx, app.Options{Config: c}, func(app.Started) { cancel() }); err != nil {
		t.Fatal(err)
	}
}

// owner changes the database as nobody may.
func owner(t *testing.T, env map[string]string, statements ...string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), env["NEXO_DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.WithoutCancel(t.Context())) //nolint:errcheck // the test is over
	for _, s := range append([]string{`SET session_replication_role = replica`}, statements...) {
		if _, err := conn.Exec(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// An old copy comes back: verify names it, shows what is missing, and goes on once a person has accepted it.
func TestARestoreIsAccepted(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	served(t, env)
	got := run(t, env, "", "verify")
	for _, want := range []string{"blocos selados · sealed blocks", "pontos de controle · checkpoints", "último ponto de controle", "last signed outside the database", "Tudo confere"} {
		if got.code != 0 || !strings.Contains(got.out, want) {
			t.Fatalf("%q: exit %d\n%s%s", want, got.code, got.out, got.err)
		}
	}
	callFor(t, env, 0, "sga_get_balance", "--args", `{"part_number":"ABC-1"}`)
	served(t, env)
	const last = `WHERE chain = 'audit' AND number = (SELECT max(number) FROM sga.seal_blocks WHERE chain = 'audit')`
	owner(t, env, `DELETE FROM sga.audit_log WHERE audit_id >= (SELECT first_id FROM sga.seal_blocks `+last+`)`, `DELETE FROM sga.seal_checkpoints `+last,
		`DELETE FROM sga.seal_blocks `+last)
	if got = run(t, env, "", "verify"); got.code != 1 || !strings.Contains(got.err, "an old copy was restored") {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got = run(t, env, "", "verify", "--accept-restore"); got.code != 1 || !strings.Contains(got.out, "falta até · missing up to") || !strings.Contains(got.err, "Nothing was signed") {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got = run(t, env, "", "verify", "--accept-restore", "--yes"); got.code != 2 {
		t.Errorf("without a reason: exit %d\n%s", got.code, got.err)
	}
	var answer verification
	got = run(t, env, "", "verify", "--json")
	if err := json.Unmarshal([]byte(got.out), &answer); err != nil || len(answer.Setbacks) != 1 || answer.Setbacks[0].Chain != "audit" || answer.CheckpointAge == nil || answer.Blocks == 0 {
		t.Errorf("%v %s", err, got.out)
	}
	if got = run(t, env, "", "verify", "--accept-restore", "--yes", "--reason", "disco"); got.code != 0 || !strings.Contains(got.out, "accepted: seals/restores/") {
		t.Fatalf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	if got = run(t, env, "", "verify"); got.code != 0 {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
	owner(t, env, `UPDATE sga.audit_log SET result = 'x' WHERE audit_id = 1`)
	if got = run(t, env, "", "verify", "--accept-restore", "--yes", "--reason", "disco"); got.code != 1 || !strings.Contains(got.err, "row of the audit 1") {
		t.Errorf("a second tampering: exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestAuditDrop(t *testing.T) {
	t.Parallel()
	env := stocked(t)
	served(t, env)
	owner(t, env, `SELECT setval('sga.audit_log_ids', 4000000)`)
	callFor(t, env, 0, "sga_get_balance", "--args", `{"part_number":"ABC-1"}`)
	served(t, env)
	// One that waits for its turn of delivery would stay; here nobody has to.
	owner(t, env, `DELETE FROM sga.relay_cursors`)
	before := stock.DateOf(time.Now()).AddDays(2).String()
	for _, step := range []struct {
		args string
		code int
		want string
	}{
		{"--before 2001-01-01", 1, "Nothing to drop: the oldest partition of the audit, audit_log_0, has rows that were sealed on"},
		{"--before yesterday", 2, "Invalid date"},
		{"--before " + before + " --yes", 2, "Say why"},
		{"--before " + before, 0, "Nothing was done: repeat with --yes"},
		{"--before " + before + " --json", 0, `{"dropped":false,"partitions":[{"partition":"audit_log_0"`},
		{"--before " + before + " --yes --reason policy", 0, "the signed anchors stay"},
		{"--before " + before + " --yes --reason policy", 1, "audit_log_4000000, is not full"},
	} {
		got := run(t, env, "", append([]string{"audit", "drop"}, strings.Fields(step.args)...)...)
		if got.code != step.code || !strings.Contains(got.out+got.err, step.want) {
			t.Errorf("%s: exit %d\n%s%s", step.args, got.code, got.out, got.err)
		}
	}
	if got := run(t, env, "", "verify"); got.code != 0 {
		t.Errorf("exit %d\n%s%s", got.code, got.out, got.err)
	}
}

func TestDoctorSaysThatNothingIsSigned(t *testing.T) {
	t.Parallel()
	s := &session{Config: &config.Config{Mode: config.AWS}}
	if c := s.checkSeal(); c.OK || !strings.Contains(c.MessageEN, "Without NEXO_SEAL_KEY") {
		t.Errorf("%+v", c)
	}
	s.Config.SealKey = "k"
	if c := s.checkSeal(); !c.OK {
		t.Errorf("%+v", c)
	}
	if k := (&session{Process: Process{Env: lookup(map[string]string{"USER": "ana"})}}).keeper("r"); k.By != "ana" || k.Reason != "r" {
		t.Errorf("%+v", k)
	}
}

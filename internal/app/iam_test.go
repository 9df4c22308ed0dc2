package app

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/dbtest"
	"github.com/faiston/nexo/internal/postgres"
	"github.com/faiston/nexo/internal/simtest/netproxy"
)

func TestTokens(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	keys := aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "secret", SessionToken: "session"}
	provider := func(c aws.Credentials, err error) aws.CredentialsProviderFunc {
		return func(context.Context) (aws.Credentials, error) { return c, err }
	}
	make := rdsTokens("us-east-2", provider(keys, nil), func() time.Time { return now })
	token, until, err := make(t.Context(), "proxy.example", 5432, "nexo_writer")
	if err != nil || until != now.Add(15*time.Minute) {
		t.Fatalf("until %v, %v", until, err)
	}
	u, err := url.Parse("https://" + token)
	if err != nil || u.Host != "proxy.example:5432" || u.Query().Get("DBUser") != "nexo_writer" || u.Query().Get("X-Amz-Expires") != "900" ||
		!strings.Contains(u.Query().Get("X-Amz-Credential"), "/us-east-2/rds-db/") {
		t.Errorf("%s, %v", token, err)
	}
	keys.CanExpire, keys.Expires = true, now.Add(5*time.Minute)
	if _, until, err = rdsTokens("r", provider(keys, nil), func() time.Time { return now })(t.Context(), "h", 1, "u"); err != nil || until != keys.Expires {
		t.Errorf("a token does not outlive the credentials that signed it: %v, %v", until, err)
	}
	if _, _, err = rdsTokens("r", provider(aws.Credentials{}, errors.New("no role")), time.Now)(t.Context(), "h", 1, "u"); err == nil {
		t.Error("a token without credentials")
	}
}

func TestReaderOf(t *testing.T) {
	t.Parallel()
	for writer, want := range map[string]string{
		"postgres://nexo_writer@h:5432/d?sslmode=verify-full": "postgres://nexo_reader@h:5432/d?sslmode=verify-full",
		"postgres://nexo_writer:pass@h/d":                     "postgres://nexo_writer:pass@h/d",
		"postgres://somebody@h/d":                             "postgres://somebody@h/d",
		"postgres://h/d":                                      "postgres://h/d",
	} {
		if got := readerOf(writer); got != want {
			t.Errorf("%s: %s", writer, got)
		}
	}
}

// TestSignInAsOnAWS goes all the way: the environment's credentials sign the tokens by which the three roles come in, each
// for itself, through a proxy that checks whom a token names.
func TestSignInAsOnAWS(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	db := dbtest.New(t, dbtest.Template{Name: "sga", Hash: postgres.MigrationHash(), Build: func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	}})
	p := netproxy.Start(t, db.DSN(), &netproxy.Gate{Admit: func(user, password string) bool {
		u, err := url.Parse("https://" + password)
		return err == nil && u.Query().Get("DBUser") == user && u.Query().Get("Action") == "connect" && u.Query().Get("X-Amz-Signature") != ""
	}})
	writer := p.URL(t, "nexo_writer", db.Name, "")
	o := &Options{Config: &config.Config{Mode: config.AWS, DatabaseURL: writer,
		Connection: config.Connection{IAM: true, Region: "us-east-2", CAFile: p.CAFile(), Proxied: true}}}
	o.fill()
	connect, err := connection(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	open, err := postgres.Open(t.Context(), postgres.Config{WriterURL: writer, ReaderURL: readerOf(writer), Connect: connect})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	if err := open.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}

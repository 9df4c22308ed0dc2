package config

import (
	"net/url"
)

// Connection says how the program signs in to a database that was given by its address.
type Connection struct {
	// IAM makes the password of each new connection a token of AWS, good for 15 minutes (NEXO_DATABASE_IAM=1).
	IAM bool
	// Region of the database (NEXO_DATABASE_REGION, else AWS_REGION); of IAM only.
	Region string
	// CAFile holds the trusted authorities in PEM (NEXO_DATABASE_CA_FILE); "": the system's.
	CAFile string
	// Proxied is for a pooler such as RDS Proxy between (NEXO_DATABASE_PROXY; IAM implies it unless it is 0).
	Proxied bool
	// Migrate brings the schema up to date at the start (NEXO_DATABASE_MIGRATE=0 leaves it to `nexo migrate`). Never
	// in aws mode.
	Migrate bool
}

// loadConnection reads the variables of Connection.
func loadConnection(get func(name, fallback string) string, mode Mode) (Connection, error) {
	c := Connection{Region: get("NEXO_DATABASE_REGION", get("AWS_REGION", "")), CAFile: get("NEXO_DATABASE_CA_FILE", "")}
	var err error
	if c.IAM, err = flag(get, "NEXO_DATABASE_IAM", "0"); err != nil {
		return c, err
	}
	proxied := "0"
	if c.IAM {
		proxied = "1"
	}
	if c.Proxied, err = flag(get, "NEXO_DATABASE_PROXY", proxied); err != nil {
		return c, err
	}
	if c.Migrate, err = flag(get, "NEXO_DATABASE_MIGRATE", "1"); err != nil {
		return c, err
	}
	c.Migrate = c.Migrate && mode != AWS
	if c.IAM && c.Region == "" {
		return c, wrong("NEXO_DATABASE_REGION", "falta: a assinatura do token precisa da região", "is missing: the token is signed for a region")
	}
	return c, nil
}

// flag reads 0 or 1.
func flag(get func(name, fallback string) string, name, fallback string) (bool, error) {
	switch get(name, fallback) {
	case "0":
		return false, nil
	case "1":
		return true, nil
	}
	return false, wrong(name, "deve ser 0 ou 1", "must be 0 or 1")
}

// checkVerified refuses an address in aws mode, or one that takes tokens, whose server would not be checked: whoever
// stands between would be handed the password.
func checkVerified(name, address string) error {
	if address == "" {
		return nil
	}
	u, err := url.Parse(address)
	if err != nil {
		return checkDatabase(name, address)
	}
	if mode := u.Query().Get("sslmode"); mode != "" && mode != "verify-full" {
		return wrong(name, "precisa de sslmode=verify-full (ou de nenhum sslmode, que vale o mesmo)",
			"needs sslmode=verify-full (or no sslmode, which means the same)")
	}
	if u.User != nil {
		return nil
	}
	return wrong(name, "deve nomear o usuário: postgres://usuário@servidor/banco", "must name the user: postgres://user@server/database")
}

// VerifyTLS reports whether connections to the database must check its certificate and name.
func (c *Config) VerifyTLS() bool { return c.Mode == AWS || c.Connection.IAM }

// checkConnections holds the addresses to what the mode demands.
func (c *Config) checkConnections() error {
	if !c.VerifyTLS() {
		return nil
	}
	for _, db := range [][2]string{{"NEXO_DATABASE_URL", c.DatabaseURL}, {"NEXO_DATABASE_READER_URL", c.Cloud.ReaderURL}, {"NEXO_DATABASE_OWNER_URL", c.Cloud.OwnerURL}} {
		if err := checkVerified(db[0], db[1]); err != nil {
			return err
		}
	}
	if c.Connection.IAM && c.Private() {
		return wrong("NEXO_DATABASE_IAM", "precisa de NEXO_DATABASE_URL", "needs NEXO_DATABASE_URL")
	}
	return nil
}

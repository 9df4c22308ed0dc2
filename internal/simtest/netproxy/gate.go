package netproxy

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
)

// Host is the name in the gate's certificate.
const Host = "localhost"

// Gate makes a proxy behave as RDS Proxy does toward its clients: TLS only, with a certificate of an
// authority of its own, and a password in clear text inside it, which Admit judges. The server behind
// it trusts whom the gate lets in.
type Gate struct {
	Admit func(user, password string) bool

	certificate tls.Certificate
	caFile      string
}

// open makes the authority and the certificate, good for the length of a test.
func (g *Gate) open(t testing.TB) {
	t.Helper()
	caKey, ca := newAuthority(t)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: Host}, DNSNames: []string{Host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	leaf, err := x509.CreateCertificate(rand.Reader, template, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	g.certificate = tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key}
	g.caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(g.caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newAuthority(t testing.TB) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "netproxy"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return key, ca
}

// CAFile is the certificate of the gate's authority, in PEM.
func (p *Proxy) CAFile() string { return p.gate.caFile }

// URL is the address of a database by way of the gate, as an administrator would write it: no password, and
// sslmode only where it is given.
func (p *Proxy) URL(t testing.TB, user, database, sslmode string) string {
	t.Helper()
	u := url.URL{Scheme: "postgres", User: url.User(user), Host: net.JoinHostPort(Host, strconv.Itoa(p.port(t))), Path: "/" + database}
	if sslmode != "" {
		u.RawQuery = "sslmode=" + sslmode
	}
	return u.String()
}

var errTurnedAway = errors.New("turned away")

// admit does the beginning of the protocol with a client: TLS, the name, the password. What it gives is the
// open connection and the first message for the server.
func (g *Gate) admit(raw net.Conn) (net.Conn, []byte, error) {
	first, err := pgproto3.NewBackend(raw, raw).ReceiveStartupMessage()
	if err != nil {
		return nil, nil, err
	}
	if cancel, ok := first.(*pgproto3.CancelRequest); ok {
		out, err := cancel.Encode(nil)
		return raw, out, err
	}
	if _, ok := first.(*pgproto3.SSLRequest); !ok {
		return nil, nil, refuse(raw, "28000", "this server takes TLS only")
	}
	if _, err := raw.Write([]byte{'S'}); err != nil {
		return nil, nil, err
	}
	conn := tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{g.certificate}, MinVersion: tls.VersionTLS12})
	return g.greet(conn)
}

// greet reads the name and the password inside TLS.
func (g *Gate) greet(conn *tls.Conn) (net.Conn, []byte, error) {
	back := pgproto3.NewBackend(conn, conn)
	message, err := back.ReceiveStartupMessage()
	if err != nil {
		return nil, nil, err
	}
	start, ok := message.(*pgproto3.StartupMessage)
	if !ok {
		if cancel, ok := message.(*pgproto3.CancelRequest); ok {
			out, err := cancel.Encode(nil)
			return conn, out, err
		}
		return nil, nil, errTurnedAway
	}
	first, err := start.Encode(nil)
	if err != nil {
		return nil, nil, err
	}
	back.Send(&pgproto3.AuthenticationCleartextPassword{})
	if err := back.Flush(); err != nil {
		return nil, nil, err
	}
	if err := back.SetAuthType(pgproto3.AuthTypeCleartextPassword); err != nil {
		return nil, nil, err
	}
	answer, err := back.Receive()
	if err != nil {
		return nil, nil, err
	}
	password, ok := answer.(*pgproto3.PasswordMessage)
	if !ok || !g.Admit(start.Parameters["user"], password.Password) {
		return nil, nil, refuse(conn, "28P01", "PAM authentication failed for user") // as RDS says it
	}
	return conn, first, nil
}

func refuse(conn net.Conn, code, text string) error {
	out, err := (&pgproto3.ErrorResponse{Severity: "FATAL", SeverityUnlocalized: "FATAL", Code: code, Message: text}).Encode(nil)
	if err == nil {
		_, err = conn.Write(out)
	}
	return errors.Join(errTurnedAway, err)
}

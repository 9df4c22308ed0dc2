package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"time"
)

// Limits of one exchange. Receivers are other people's programs: whatever they do, it ends.
const (
	// dialTime is enough for a lost packet on the way round the world.
	dialTime = 4 * time.Second
	// handshakeTime lets a small machine under load make its signature.
	handshakeTime = 5 * time.Second
	// headerTime is what a receiver gets to do its work before it answers.
	headerTime = 10 * time.Second
	// DefaultTime bounds an exchange as a whole, to the last byte of the answer.
	DefaultTime = 15 * time.Second
	// DefaultBody in bytes: answers to webhooks are not read for their content, a key set has 2 KiB.
	DefaultBody = 64 << 10
	// maxHeader in bytes: browsers' own servers send less than 8 KiB.
	maxHeader = 16 << 10
	// idleTime keeps a connection between events that follow each other.
	idleTime = 30 * time.Second
	// maxIdle connections are kept, and one host's share of them. Those in use are as many as callers run.
	maxIdle, maxIdleHost = 64, 4
)

var (
	// ErrForbidden is an address that is not public and not on the allow-list.
	ErrForbidden = errors.New("outbound: the address is not public")
	// ErrTooLong is an answer of more bytes than are read.
	ErrTooLong = errors.New("outbound: the answer is too long")
)

// Options of a client. The zero value reaches the public internet by https.
type Options struct {
	// Allow are host:port pairs, as an address names them, that may be reached though they are internal,
	// and by plain http: receivers on the premises, and tests.
	Allow []string
	// Time bounds an exchange; 0: DefaultTime.
	Time time.Duration
	// Body bounds the bytes of an answer that are read; 0: DefaultBody.
	Body int64
	// Resolver of names; nil: the system's.
	Resolver *net.Resolver
	// Roots that certificates are checked against; nil: the system's.
	Roots *x509.CertPool
}

// Client sends requests out. It is safe for concurrent use.
type Client struct {
	http  *http.Client
	body  int64
	rules rules
}

// New makes a client.
func New(o Options) *Client {
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	if o.Body <= 0 {
		o.Body = DefaultBody
	}
	c := &Client{body: o.Body, rules: rules{allowed: map[string]bool{}}}
	for _, pair := range o.Allow {
		c.rules.allowed[strings.ToLower(pair)] = true
	}
	guarded := &net.Dialer{Timeout: dialTime, Resolver: o.Resolver, Control: onlyPublic}
	free := &net.Dialer{Timeout: dialTime, Resolver: o.Resolver}
	c.http = &http.Client{
		Timeout:       o.Time,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: nil, // a proxy of the environment would make the connection where nobody looks at the address
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				if c.rules.allowed[strings.ToLower(address)] {
					return free.DialContext(ctx, network, address)
				}
				return guarded.DialContext(ctx, network, address)
			},
			TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.Roots},
			TLSHandshakeTimeout: handshakeTime, ResponseHeaderTimeout: headerTime, MaxResponseHeaderBytes: maxHeader,
			DisableCompression: true, // what is small on the wire stays small
			MaxIdleConns:       maxIdle, MaxIdleConnsPerHost: maxIdleHost, IdleConnTimeout: idleTime,
		},
	}
	return c
}

// onlyPublic is called with the address that will be connected to, after names have been resolved.
func onlyPublic(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !Public(to.Addr()) {
		return ErrForbidden
	}
	return nil
}

// Do sends a request whose address passes Check, and gives the answer, whatever its status: redirects
// are not followed. Reading more of the body than is allowed fails with ErrTooLong. An address that may not
// be reached is fault.InvalidArgument, whether its text or its name said so.
func (c *Client) Do(r *http.Request) (*http.Response, error) {
	if err := c.rules.check(r.URL); err != nil {
		return nil, err
	}
	answer, err := c.http.Do(r)
	if errors.Is(err, ErrForbidden) {
		return nil, refuse("O endereço não é público.", "The address is not public.")
	}
	if err != nil {
		return nil, err
	}
	answer.Body = &bounded{answer.Body, c.body}
	return answer, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// bounded fails rather than ends where a body is too long, so that nobody takes a part for the whole.
type bounded struct {
	io.ReadCloser
	left int64
}

// Read gives at most what is left, and looks one byte further.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, ErrTooLong
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return n - 1, ErrTooLong
	}
	return n, err
}

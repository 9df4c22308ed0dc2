// Package netproxy is a network between a program and its database that breaks on purpose: it passes
// PostgreSQL's protocol along, and can lose the answer to a message, drop every connection, refuse new
// ones, and lead to another server, as an endpoint of RDS does in a failover. With a Gate it asks for TLS and
// a password that changes, as RDS Proxy does.
package netproxy

import (
	"bytes"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy listens on a socket of its own and passes what it hears to a server.
type Proxy struct {
	listener net.Listener
	gate     *Gate
	target   atomic.Pointer[target]
	conns    sync.Map // net.Conn → struct{}
	wait     sync.WaitGroup

	word  atomic.Pointer[string]
	cuts  atomic.Int64
	heard sync.Map // of a Gate: what clients sent after they were let in, by connection
}

// target is where the proxy leads; none refuses every connection.
type target struct{ network, server string }

// Start opens a proxy before the server of dsn; it ends with the test. At most one gate may be given.
func Start(t testing.TB, dsn string, gate ...*Gate) *Proxy {
	t.Helper()
	p := &Proxy{}
	for _, g := range gate {
		g.open(t)
		p.gate = g
	}
	p.Lead(t, dsn)
	var err error
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.wait.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// Lead makes new connections go to the server of dsn; those that are open stay where they are, as they
// do when the name of an endpoint changes. With "" new connections are refused.
func (p *Proxy) Lead(t testing.TB, dsn string) {
	t.Helper()
	if dsn == "" {
		p.target.Store(nil)
		return
	}
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	to := &target{}
	to.network, to.server = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	p.target.Store(to)
}

// DSN is the connection string of the same database and user by way of the proxy.
func (p *Proxy) DSN(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	out := "host=127.0.0.1 port=" + strconv.Itoa(p.port(t)) + " user=" + cfg.User + " dbname=" + cfg.Database + " sslmode=disable"
	if cfg.Password != "" {
		out += " password=" + cfg.Password
	}
	return out
}

func (p *Proxy) port(t testing.TB) int {
	t.Helper()
	addr, ok := p.listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP address")
	}
	return addr.Port
}

// CutAfter breaks the next connection on which the client sends word: the server receives the message
// in full, and nothing that it answers arrives. It happens once.
func (p *Proxy) CutAfter(word string) { p.word.Store(&word) }

// Cuts is how many connections were broken so far.
func (p *Proxy) Cuts() int { return int(p.cuts.Load()) }

// Drop closes every connection at once, as a broken cable or a failover does.
func (p *Proxy) Drop() {
	p.conns.Range(func(c, _ any) bool {
		if conn, ok := c.(net.Conn); ok {
			_ = conn.Close()
		}
		return true
	})
}

func (p *Proxy) close() {
	_ = p.listener.Close()
	p.Drop()
	p.wait.Wait()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.conns.Store(client, struct{}{})
		p.wait.Go(func() { p.serve(client) })
	}
}

// serve leads one client to the server and stays until both have gone.
func (p *Proxy) serve(raw net.Conn) {
	defer p.conns.Delete(raw)
	defer raw.Close() //nolint:errcheck // it may be closed already
	client, first := raw, []byte(nil)
	if p.gate != nil {
		var err error
		if client, first, err = p.gate.admit(raw); err != nil {
			return
		}
	}
	to := p.target.Load()
	if to == nil {
		return
	}
	server, err := net.Dial(to.network, to.server)
	if err != nil {
		return
	}
	p.conns.Store(server, struct{}{})
	if _, err := server.Write(first); err != nil {
		_ = server.Close()
	}
	var mute atomic.Bool
	p.wait.Go(func() { p.pass(client, server, &mute, false) })
	p.pass(server, client, &mute, true)
}

// Heard is everything that clients have sent by way of a gate, without names and passwords.
func (p *Proxy) Heard() []byte {
	var all []byte
	p.heard.Range(func(_, sent any) bool {
		if b, ok := sent.(*record); ok {
			all = append(all, b.bytes()...)
		}
		return true
	})
	return all
}

// record is what one client sent.
type record struct {
	mu  sync.Mutex
	all []byte
}

func (r *record) add(data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, data...)
}

func (r *record) bytes() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.all)
}

// pass copies from one side to the other. What the client sends is looked at for the word, also across
// reads; what the server sends goes on unless the connection is mute.
func (p *Proxy) pass(to, from net.Conn, mute *atomic.Bool, asks bool) {
	defer p.conns.Delete(from)
	defer func() { _ = to.Close(); _ = from.Close() }()
	const most = 64 << 10 // as much as a socket usually hands over at once
	buffer := make([]byte, most)
	var tail []byte
	var sent *record
	if asks && p.gate != nil {
		sent = &record{}
		p.heard.Store(from, sent)
	}
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			data := buffer[:n]
			if sent != nil {
				sent.add(data)
			}
			if asks {
				tail = p.watch(append(tail, data...), mute)
			}
			if !asks && p.hold(mute, to) {
				return
			}
			if _, err := to.Write(data); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// watch makes the connection mute when the word went by, and returns what may be the start of it.
func (p *Proxy) watch(seen []byte, mute *atomic.Bool) []byte {
	word := p.word.Load()
	if word == nil {
		return nil
	}
	if bytes.Contains(seen, []byte(*word)) && p.word.CompareAndSwap(word, nil) {
		mute.Store(true)
		return nil
	}
	return bytes.Clone(seen[max(0, len(seen)-len(*word)+1):])
}

// hold reports whether the answer is lost; the client is then hung up on, once the server has answered
// and so has done what it was asked.
func (p *Proxy) hold(mute *atomic.Bool, client net.Conn) bool {
	if !mute.Load() {
		return false
	}
	p.cuts.Add(1)
	_ = client.Close()
	return true
}

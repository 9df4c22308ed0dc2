// Package netproxy is a network between a program and its database that breaks on purpose: it passes
// PostgreSQL's protocol along, and can lose the answer to a message or drop every connection.
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
	network  string
	server   string
	conns    sync.Map // net.Conn → struct{}
	wait     sync.WaitGroup

	word atomic.Pointer[string]
	cuts atomic.Int64
}

// Start opens a proxy before the server of dsn; it ends with the test.
func Start(t testing.TB, dsn string) *Proxy {
	t.Helper()
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{}
	p.network, p.server = pgconn.NetworkAddress(cfg.Host, cfg.Port)
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	p.wait.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

// DSN is the connection string of the same database and user by way of the proxy.
func (p *Proxy) DSN(t testing.TB, dsn string) string {
	t.Helper()
	cfg, err := pgconn.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	addr, ok := p.listener.Addr().(*net.TCPAddr)
	if !ok {
		t.Fatal("no TCP address")
	}
	out := "host=127.0.0.1 port=" + strconv.Itoa(addr.Port) + " user=" + cfg.User + " dbname=" + cfg.Database + " sslmode=disable"
	if cfg.Password != "" {
		out += " password=" + cfg.Password
	}
	return out
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
		server, err := net.Dial(p.network, p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.conns.Store(client, struct{}{})
		p.conns.Store(server, struct{}{})
		var mute atomic.Bool
		p.wait.Go(func() { p.pass(server, client, &mute, true) })
		p.wait.Go(func() { p.pass(client, server, &mute, false) })
	}
}

// pass copies from one side to the other. What the client sends is looked at for the word, also across
// reads; what the server sends goes on unless the connection is mute.
func (p *Proxy) pass(to, from net.Conn, mute *atomic.Bool, asks bool) {
	defer p.conns.Delete(from)
	defer func() { _ = to.Close(); _ = from.Close() }()
	const most = 64 << 10 // as much as a socket usually hands over at once
	buffer := make([]byte, most)
	var tail []byte
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			data := buffer[:n]
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

package gateway

import (
	"bufio"
	"context"
	"errors"
	"io"
	"sync"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	"github.com/modelcontextprotocol/go-sdk/mcp"

	"github.com/faiston/nexo/internal/identity"
)

// Stdio serves the tools over in and out, one JSON-RPC message a line (MCP, transports: stdio), with the
// rights of actor. Of the options, those about HTTP and tokens are not used. It returns nil when in ends,
// and otherwise why it stopped.
func Stdio(ctx context.Context, o Options, actor *identity.Actor, in io.Reader, out io.Writer) error {
	if actor == nil {
		return errors.New("gateway: stdio acts as somebody")
	}
	g, err := newGateway(o)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, callerKey{}, actor))
	defer cancel()
	err = g.serverFor(actor).Run(ctx, &lines{in: in, out: out})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// lines is a transport that reads as strictly as the HTTP door does, and a connection of its own.
type lines struct {
	in  io.Reader
	out io.Writer

	messages chan jsonrpc.Message
	ended    error // why reading stopped; to be read when messages is closed
	closed   chan struct{}
	close    sync.Once
	write    sync.Mutex
}

// Connect implements mcp.Transport.
func (l *lines) Connect(context.Context) (mcp.Connection, error) {
	l.messages, l.closed = make(chan jsonrpc.Message), make(chan struct{})
	go l.readAll()
	return l, nil
}

// readAll runs until the input ends: a blocked read of standard input cannot be interrupted.
func (l *lines) readAll() {
	defer close(l.messages)
	scanner := bufio.NewScanner(l.in)
	scanner.Buffer(make([]byte, 0, firstRead), MaxBody)
	rd := newReader()
	for scanner.Scan() {
		line := append([]byte(nil), scanner.Bytes()...)
		message, p, id := parseLine(rd, line)
		if p != nil {
			l.writeLine(p.append(nil, id))
			continue
		}
		if message == nil {
			continue
		}
		select {
		case l.messages <- message:
		case <-l.closed:
			return
		}
	}
	if l.ended = scanner.Err(); l.ended == nil {
		l.ended = io.EOF
	}
}

// parseLine gives the message of a line, nothing for an empty line and for notices that we do not know,
// or what is wrong with it.
func parseLine(rd *reader, line []byte) (jsonrpc.Message, *problem, []byte) {
	if len(line) == 0 {
		return nil, nil, nil
	}
	env, p := rd.envelope(line)
	if p == nil && env.method == "tools/call" {
		_, p = rd.call(env.params)
	}
	if p == nil {
		p = (&request{env: env}).checkKind()
	}
	if p != nil {
		return nil, p, env.id
	}
	if env.method != "" && kindOf(env.method) == unknownMethod {
		return nil, nil, nil
	}
	message, err := jsonrpc.DecodeMessage(line)
	if err != nil {
		return nil, malformed(), env.id
	}
	return message, nil, nil
}

// Read implements mcp.Connection.
func (l *lines) Read(ctx context.Context) (jsonrpc.Message, error) {
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.closed:
		return nil, io.EOF
	case message, more := <-l.messages:
		if !more {
			return nil, l.ended
		}
		return message, nil
	}
}

// Write implements mcp.Connection.
func (l *lines) Write(_ context.Context, message jsonrpc.Message) error {
	b, err := jsonrpc.EncodeMessage(message)
	if err != nil {
		return err
	}
	return l.writeLine(b)
}

func (l *lines) writeLine(b []byte) error {
	l.write.Lock()
	defer l.write.Unlock()
	_, err := l.out.Write(append(b, '\n'))
	return err
}

// Close implements mcp.Connection.
func (l *lines) Close() error {
	l.close.Do(func() { close(l.closed) })
	return nil
}

// SessionID implements mcp.Connection: stdio has none.
func (l *lines) SessionID() string { return "" }

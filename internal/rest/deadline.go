package rest

import (
	"io"
	"net/http"
	"time"
)

const (
	// bodyTime is what four megabytes take on a poor phone network.
	bodyTime = 30 * time.Second
	// uploadTime is what the largest list takes at 400 kB/s.
	uploadTime = 10 * time.Minute
	// writeTime is how long a client may leave one piece of an answer unread before it is cut off.
	writeTime = 20 * time.Second
)

// timedBody reads a request's body within a time, and lifts the limit at its end: net/http watches the
// connection from then on to learn that the client has gone, and must not take the deadline for that.
type timedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read reads on; the end of the body ends the limit.
func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		_ = b.control.SetReadDeadline(time.Time{}) // recorders of tests have no deadlines
	}
	return n, err
}

// timed gives every request that has a body a time to send it.
func timed(w http.ResponseWriter, r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody {
		return
	}
	c := http.NewResponseController(w)
	if c.SetReadDeadline(wireTime().Add(bodyTime)) == nil {
		r.Body = &timedBody{r.Body, c}
	}
}

// answer is a ResponseWriter that knows what was sent and cuts off a client that does not read.
type answer struct {
	http.ResponseWriter
	control *http.ResponseController
	status  int
	size    int64
	set     time.Time
}

// WriteHeader notes the status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write gives this piece of the answer its own time.
func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	a.extend()
	n, err := a.ResponseWriter.Write(p)
	a.size += int64(n)
	return n, err
}

// Flush sends what is buffered; libraries ask for it by type.
func (a *answer) Flush() {
	a.extend()
	_ = a.control.Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// extend moves the deadline, but not for every small piece: that would be a system call's price each.
func (a *answer) extend() {
	const often = time.Second
	if now := wireTime(); now.Sub(a.set) > often {
		a.set = now
		_ = a.control.SetWriteDeadline(now.Add(writeTime))
	}
}

// cut breaks the connection off, so that nobody takes half an answer for a whole one.
func cut(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(wireTime().Add(-time.Hour))
}

// wireTime is the time that deadlines of connections are told in: the kernel keeps them by the real
// monotonic clock, whatever clock the program was given.
func wireTime() time.Time { return time.Now() }

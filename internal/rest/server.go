package rest

import (
	"log/slog"
	"net/http"
	"time"
)

// Limits of a connection (S-15). A whole request and a whole answer have no limit here, because streams
// last for hours: their bodies are bounded piece by piece, in deadline.go.
const (
	// headerTime is what a client on the slowest of phone networks needs for two kilobytes.
	headerTime = 10 * time.Second
	// idleTime keeps a connection between two clicks of a person, and no longer.
	idleTime = 75 * time.Second
	// maxHeaders in bytes: a token of 16 KiB, cookies, and room.
	maxHeaders = 32 << 10
)

// Server gives an http.Server with the limits that the handler counts on.
func Server(address string, h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Addr: address, Handler: h, ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: maxHeaders,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug), // clients that hang up are no news
	}
}

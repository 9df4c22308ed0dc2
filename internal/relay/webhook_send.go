package relay

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/webhook"
)

const (
	// webhookAgent says who calls, and nothing else of us.
	webhookAgent = "NEXO-Webhooks/1"
	// webhookAnswer in bytes is how long an answer may be for its connection to be used again.
	webhookAnswer = 4 << 10
)

// send makes one attempt and notes in it what came of it. Every failure may be tried again.
func (h *Webhooks) send(ctx context.Context, t *target, a *webhook.Attempt, body []byte) error {
	a.At = h.o.Now()
	defer func() { a.Took = h.o.Now().Sub(a.At) }()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, t.URL, bytes.NewReader(body))
	if err != nil {
		a.Error = "refused_address"
		return fault.Unavailable.With("O endereço do webhook é inválido.", "The webhook's address is invalid.").Because(err)
	}
	signature, err := webhook.Sign(t.secrets, a.MessageID, a.At, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", webhookAgent)
	r.Header.Set(webhook.HeaderID, a.MessageID)
	r.Header.Set(webhook.HeaderTimestamp, strconv.FormatInt(a.At.Unix(), 10))
	r.Header.Set(webhook.HeaderSignature, signature)
	answer, err := h.o.Sender.Do(r)
	if err != nil {
		a.Error = wordOf(err)
		return fault.Unavailable.With("O receptor do webhook não respondeu (%s).", "The webhook's receiver did not answer (%s).", a.Error).Because(err)
	}
	// What the answer says does not matter. A short one is read so that the connection can be used again.
	if n := answer.ContentLength; n >= 0 && n <= webhookAnswer {
		_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, webhookAnswer))
	}
	_ = answer.Body.Close()
	if a.Status = answer.StatusCode; a.Status < 200 || a.Status > 299 {
		a.Error = "answer"
		return fault.Unavailable.With("O receptor do webhook respondeu %d.", "The webhook's receiver answered %d.", a.Status)
	}
	return nil
}

// wordOf says in a word why there was no answer; what exactly went on is the receiver's business and ours.
func wordOf(err error) string {
	var network net.Error
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	switch {
	case fault.CodeOf(err) == fault.InvalidArgument:
		return "refused_address"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return "timeout"
	case errors.As(err, &certificate), errors.As(err, &authority):
		return "tls"
	}
	return "connection"
}

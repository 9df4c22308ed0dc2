package blobtest

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// send does what a client does with an upload URL.
func send(t *testing.T, u *document.Upload, body []byte, change func(*http.Request)) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), u.Method, u.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range u.Header {
		if name != "Content-Length" && name != "Host" { // those the client knows by itself
			r.Header[name] = values
		}
	}
	if change != nil {
		change(r)
	}
	return do(t, r)
}

func do(t *testing.T, r *http.Request) *http.Response {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	return answer
}

func (s *Store) grant(t *testing.T, key string, body []byte) *document.Upload {
	t.Helper()
	u, err := s.SignPut(t.Context(), document.Grant{Bucket: document.Documents, Key: s.Prefix + key, Type: "application/pdf", Size: int64(len(body)), SHA256: Sum(body), For: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func signedPut(t *testing.T, s *Store) {
	body := []byte("%PDF-1.7 signed")
	u := s.grant(t, "signed/put", body)
	if left := time.Until(u.Until); left <= 0 || left > time.Minute+time.Second {
		t.Errorf("it is good for %v", left)
	}
	if answer := send(t, u, body, nil); answer.StatusCode != http.StatusOK {
		raw, _ := io.ReadAll(answer.Body)
		t.Fatalf("%s: %s", answer.Status, raw)
	}
	o, err := s.Head(t.Context(), document.Documents, s.Prefix+"signed/put")
	if err != nil {
		t.Fatal(err)
	}
	if o.Type != "application/pdf" || o.Size != int64(len(body)) || o.SHA256 != Sum(body) {
		t.Errorf("got %+v", o)
	}
}

func signedPutRefuses(t *testing.T, s *Store) {
	body := []byte("%PDF-1.7 signed")
	for name, tt := range map[string]struct {
		body   []byte
		change func(*http.Request)
	}{
		"longer":         {append(bytes.Clone(body), 'x'), nil},
		"shorter":        {body[1:], nil},
		"other content":  {bytes.ToUpper(body), nil},
		"other type":     {body, func(r *http.Request) { r.Header.Set("Content-Type", "text/html") }},
		"no type":        {body, func(r *http.Request) { r.Header.Del("Content-Type") }},
		"other key":      {body, func(r *http.Request) { r.URL.Path += "x" }},
		"other query":    {body, func(r *http.Request) { r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "xpires=", "xpires=9", 1) }},
		"no query":       {body, func(r *http.Request) { r.URL.RawQuery = "" }},
		"unknown length": {body, func(r *http.Request) { r.ContentLength = -1 }},
		"other method":   {body, func(r *http.Request) { r.Method = http.MethodPost }},
	} {
		key := "refused/" + strings.ReplaceAll(name, " ", "-")
		if answer := send(t, s.grant(t, key, body), tt.body, tt.change); answer.StatusCode < 400 || answer.StatusCode > 499 {
			t.Errorf("%s: %s", name, answer.Status)
		}
		_, err := s.Head(t.Context(), document.Documents, s.Prefix+key)
		wantCode(t, err, fault.NotFound)
	}
}

func (s *Store) fetch(t *testing.T, url string, header http.Header) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name := range header {
		r.Header.Set(name, header.Get(name))
	}
	return do(t, r)
}

func signedGet(t *testing.T, s *Store) {
	s.Put(t, "signed/get", "0123456789")
	url, err := s.SignGet(t.Context(), document.Documents, s.Prefix+"signed/get", "../Nota \"1\"\r\nX: y.pdf", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	answer := s.fetch(t, url, nil)
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || string(raw) != "0123456789" {
		t.Fatalf("%s: %q, %v", answer.Status, raw, err)
	}
	disposition := answer.Header.Get("Content-Disposition")
	if !strings.HasPrefix(disposition, "attachment; filename=") || strings.Contains(disposition, "..") || strings.Contains(disposition, "/") {
		t.Errorf("it is shown as %q", disposition)
	}
	if len(answer.Cookies()) > 0 || answer.Header.Get("X") != "" {
		t.Errorf("headers: %v", answer.Header)
	}
	part := s.fetch(t, url, http.Header{"Range": {"bytes=2-4"}})
	if raw, _ := io.ReadAll(part.Body); part.StatusCode != http.StatusPartialContent || string(raw) != "234" {
		t.Errorf("a part: %s, %q", part.Status, raw)
	}
}

func signedGetRefuses(t *testing.T, s *Store) {
	s.Put(t, "signed/a", "mine")
	s.Put(t, "signed/b", "not mine")
	url, err := s.SignGet(t.Context(), document.Documents, s.Prefix+"signed/a", "a.txt", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	before, _, _ := strings.Cut(url, "?")
	for name, changed := range map[string]string{
		"other key": strings.Replace(url, "signed/a", "signed/b", 1), "longer life": strings.Replace(url, "xpires=", "xpires=9", 1),
		"no signature": before, "other name": strings.Replace(url, "a.txt", "a.html", 1),
	} {
		if answer := s.fetch(t, changed, nil); answer.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %s", name, answer.Status)
		}
	}
	if put := send(t, &document.Upload{Method: http.MethodPut, URL: url}, []byte("mine"), nil); put.StatusCode != http.StatusForbidden {
		t.Errorf("written through a URL for reading: %s", put.Status)
	}
}

func lifetimes(t *testing.T, s *Store) {
	for _, life := range []time.Duration{0, -time.Second, time.Hour} {
		_, err := s.SignGet(t.Context(), document.Documents, s.Prefix+"x", "x", life)
		wantCode(t, err, fault.InvalidArgument)
		_, err = s.SignPut(t.Context(), document.Grant{Bucket: document.Documents, Key: s.Prefix + "x", Type: "text/plain", Size: 1, SHA256: Sum(nil), For: life})
		wantCode(t, err, fault.InvalidArgument)
	}
}

package app

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/blobtest"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/ops"
)

// announceUpload makes an upload of a text and gives what was answered.
func (w *world) announceUpload(text string) map[string]any {
	w.t.Helper()
	sum := sha256.Sum256([]byte(text))
	return w.call("sga_create_upload", fmt.Sprintf(`{"document_kind":"DOCUMENT","file_name":"recibo.txt","content_type":"text/plain","size":%d,"sha256":%q}`,
		len(text), hex.EncodeToString(sum[:])))
}

// deliver sends it as its client would.
func (w *world) deliver(up map[string]any, text string) int {
	w.t.Helper()
	r, err := http.NewRequestWithContext(w.t.Context(), up["method"].(string), up["url"].(string), strings.NewReader(text))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, h := range up["headers"].([]any) {
		h := h.(map[string]any)
		r.Header.Set(h["name"].(string), h["value"].(string))
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

func (w *world) contentOf(id string) string {
	w.t.Helper()
	c, err := w.Ops.OpenDocument(w.t.Context(), ops.Invocation{Actor: w.act("admin", "admin"), Door: "test"}, uuid.MustParse(id))
	if err != nil {
		w.t.Fatal(err)
	}
	defer c.Body.Close() //nolint:errcheck // only read
	raw, err := io.ReadAll(c.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// The whole way of a document: over our own signed URLs, and over those of an S3-compatible server.
func TestDocumentsFromEndToEnd(t *testing.T) {
	for _, store := range []string{"files", "s3"} {
		t.Run(store, func(t *testing.T) {
			if store == "s3" {
				t.Setenv("AWS_ACCESS_KEY_ID", blobtest.GatewayUser)
				t.Setenv("AWS_SECRET_ACCESS_KEY", blobtest.GatewaySecret)
				open(t, "NEXO_OBJECTS", "s3", "NEXO_S3_ENDPOINT", blobtest.Gateway(t), "NEXO_BUCKET_SGA_DOCUMENTS", "papers-of-ours").endToEnd()
				return
			}
			var handler http.Handler
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
			t.Cleanup(server.Close)
			w := open(t, "NEXO_PUBLIC_URL", server.URL)
			handler = w.store.files.Handler(w.o.Log)
			w.endToEnd()
		})
	}
}

func (w *world) endToEnd() {
	w.t.Helper()
	const text = "recebi três volumes"
	if err := w.health(w.t.Context())["objects"]; err != nil {
		w.t.Fatal(err)
	}
	up := w.announceUpload(text)
	if status := w.deliver(up, strings.ToUpper(text)); status < 400 {
		w.t.Errorf("other content was taken: %d", status)
	}
	if status := w.deliver(up, text); status != http.StatusOK {
		w.t.Fatalf("the upload was answered %d", status)
	}
	done := w.call("sga_complete_upload", fmt.Sprintf(`{"upload_id":%q}`, up["upload_id"]))
	if got := w.contentOf(done["document_id"].(string)); got != text {
		w.t.Errorf("read %q", got)
	}
	r, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, done["download_url"].(string), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	raw, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK || string(raw) != text || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), "attachment") {
		w.t.Errorf("%s: %q %v", answer.Status, raw, answer.Header)
	}
}

// An upload that nobody completes ends after a day, with what came of it.
func TestUploadsAreGivenUp(t *testing.T) {
	t.Parallel()
	w := open(t)
	up := w.announceUpload("x")
	kept := w.announceUpload("y")
	d, err := w.DB.StaleUploads(t.Context(), time.Now().Add(time.Minute), 10)
	if err != nil || len(d) != 2 {
		t.Fatalf("%d uploads, %v", len(d), err)
	}
	one[any](w, `WITH x AS (UPDATE sga.documents SET created_at = created_at - interval '25 hours' WHERE document_id = $1 RETURNING 1) SELECT count(*) FROM x`, up["document_id"])
	d[0].Type = d[0].DeclaredType
	b, key, _ := d[0].Place()
	for _, k := range []string{key, document.UploadKey(d[0].Handle)} { // a crash has left both
		if _, err := w.Objects.Put(t.Context(), document.Put{Bucket: b, Key: k, Type: "text/plain", Size: 1, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{1, 0} {
		if n, err := w.sweepObjects(t.Context()); err != nil || n != want {
			t.Fatalf("sweep %d: %d, %v", i, n, err)
		}
	}
	for _, k := range []string{key, document.UploadKey(d[0].Handle)} {
		if _, err := w.Objects.Head(t.Context(), b, k); fault.CodeOf(err) != fault.NotFound {
			t.Errorf("%s stays: %v", k, err)
		}
	}
	if got := w.call("sga_get_document", fmt.Sprintf(`{"document_id":%q}`, up["document_id"])); got["status"] != "REFUSED" {
		t.Errorf("got %v", got)
	}
	if got := w.call("sga_get_document", fmt.Sprintf(`{"document_id":%q}`, kept["document_id"])); got["status"] != "UPLOADING" {
		t.Errorf("got %v", got)
	}
}

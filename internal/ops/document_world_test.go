package ops_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"image"
	"image/png"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/faiston/nexo/internal/blob"
	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
	"github.com/faiston/nexo/internal/ops"
)

// openFiles is a real store of objects in a folder of the test.
func openFiles(t testing.TB) *blob.Files {
	t.Helper()
	files, err := blob.OpenFiles(blob.FilesOptions{Dir: t.TempDir(), Key: bytes.Repeat([]byte{1}, 32), Now: time.Now, Random: zero{},
		BaseURL: func() string { return "http://127.0.0.1:1" }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = files.Close() })
	return files
}

// zero is randomness for names that only must differ.
type zero struct{}

func (zero) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(rand.Uint32())
	}
	return len(p), nil
}

// keyring seals by the keys of persons until they are destroyed.
type keyring struct {
	mu   sync.Mutex
	gone map[uuid.UUID]bool
}

func (k *keyring) Seal(_ context.Context, person uuid.UUID, plain []byte) ([]byte, error) {
	return mask(person, plain), nil
}

func (k *keyring) Open(_ context.Context, person uuid.UUID, sealed []byte) ([]byte, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone[person] {
		return nil, fault.NotFound.With("Apagado.", "Erased.")
	}
	return mask(person, sealed), nil
}

func (k *keyring) destroy(person uuid.UUID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.gone[person] = true
}

func mask(person uuid.UUID, b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= person[i%16] | 1
	}
	return out
}

// photo is a small PNG, every time another one.
func photo() []byte {
	img := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range img.Pix {
		img.Pix[i] = byte(rand.Uint32())
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img)
	return b.Bytes()
}

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// uploadArgs announce a photo of a movement at a place.
func (w *world) uploadArgs(at place, body []byte) object {
	w.t.Helper()
	return object{"document_kind": "PHOTO", "file_name": "foto.png", "content_type": "image/png", "size": len(body), "sha256": sumOf(body),
		"target_type": "MOVEMENT", "target_id": w.put("ISR4331", "1", at)["movement_id"]}
}

// upload announces a photo and sends it, as the holder of the URL would.
func (w *world) upload(a *identity.Actor, at place, body []byte) object {
	w.t.Helper()
	out := w.must(a, "sga_create_upload", w.uploadArgs(at, body))
	w.send(out, body)
	return out
}

func (w *world) send(upload object, body []byte) {
	w.t.Helper()
	_, err := w.files.Put(w.t.Context(), document.Put{Bucket: document.Documents, Key: document.UploadKey(text(upload["upload_id"])), Type: "image/png",
		Size: int64(len(body)), Body: bytes.NewReader(body)})
	if err != nil {
		w.t.Fatal(err)
	}
}

// document is an available photo of a movement at a place.
func (w *world) document(a *identity.Actor, at place) string {
	w.t.Helper()
	return text(w.must(a, "sga_complete_upload", object{"upload_id": w.upload(a, at, photo())["upload_id"]})["document_id"])
}

// loose is an available document that is attached to nothing yet, brought with the call.
func (w *world) loose(a *identity.Actor, kind, name, media string, body []byte) string {
	w.t.Helper()
	out := w.bring(ops.FileCall{Actor: a, Kind: kind, Name: name, ContentType: media, Body: bytes.NewReader(body)})
	return text(out["document_id"])
}

// evidence is a document of somebody's that proves something.
func (w *world) evidence(a *identity.Actor) string {
	w.t.Helper()
	return w.loose(a, "DOCUMENT", "recibo.txt", "text/plain", []byte("recibo "+newID().String()))
}

func (w *world) bring(in ops.FileCall) object {
	w.t.Helper()
	in.Door = "test"
	raw, err := w.reg.ReceiveDocument(w.t.Context(), in)
	if err != nil {
		w.t.Fatal(err)
	}
	return parse(w.t, raw).(object)
}

// documentRows is the part of the policy about documents.
func documentRows() map[string]rule {
	return map[string]rule{
		"sga_list_documents": {may: everybody, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"target_type": "MOVEMENT", "target_id": w.put("ISR4331", "1", at)["movement_id"]}
		}},
		"sga_get_document": {may: everybody, sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return object{"document_id": w.document(w.boss, at)}
		}},
		"sga_create_upload": {may: "ALOTF", sight: "pl", args: func(w *world, _ *identity.Actor, at place) object {
			return w.uploadArgs(at, photo())
		}},
		// Whoever made an upload may complete it, whatever has become of his sight since.
		"sga_complete_upload": {may: "ALOTF", args: func(w *world, a *identity.Actor, _ place) object {
			body := photo()
			if letter(a.Roles[0]) == "V" {
				a = w.boss
			}
			return object{"upload_id": w.upload(a, here(), body)["upload_id"]}
		}},
		"sga_attach_evidence": {may: "ALOTF", sight: "pl", args: func(w *world, a *identity.Actor, at place) object {
			if letter(a.Roles[0]) == "V" {
				a = w.boss
			}
			own := w.loose(a, "DOCUMENT", "recibo.txt", "text/plain", []byte("recibo "+newID().String()))
			return object{"document_ids": []any{own}, "target_type": "MOVEMENT", "target_id": w.put("ISR4331", "1", at)["movement_id"]}
		}},
	}
}

// open reads the content of a document as an actor.
func (w *world) open(a *identity.Actor, id string) (*document.Content, error) {
	w.t.Helper()
	return w.reg.OpenDocument(w.t.Context(), ops.Invocation{Actor: a, Door: "test"}, uuid.MustParse(id))
}

func number64(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64()
	return i
}

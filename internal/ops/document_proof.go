package ops

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

// maxProven in bytes is the largest content that is hashed whole before anything of it is given out: photos, invoices and papers.
// Larger ones would let their reader wait; they are hashed while they are sent, and broken off before their end when the hash is wrong.
const maxProven = 32 << 20

// tampered is what is said of a content that is not what was inspected. Who asked gets an id, the log the cause.
func tampered(doc *document.Document) error {
	return fault.Internal.With("Erro interno.", "Internal error.").
		Because(fmt.Errorf("TAMPERING: the content of document %s is not what was inspected (sha256 %s, %d bytes)", doc.ID, doc.SHA256, doc.Size))
}

// proven opens the content of a document and holds it to the hash that its inspection found.
func (d *Deps) proven(ctx context.Context, doc *document.Document) (io.ReadSeekCloser, error) {
	if doc.Size > maxProven {
		return &objectReader{ctx: ctx, objects: d.Objects, doc: doc, sum: runningSum{hash: sha256.New()}}, nil
	}
	body, _, err := d.Objects.Get(ctx, doc.Bucket, doc.Key, 0, 0)
	if err != nil {
		return nil, err
	}
	defer body.Close() //nolint:errcheck // only read
	unread := func(err error) error {
		return fault.Unavailable.With("O documento não pôde ser lido. Tente de novo.", "The document could not be read. Try again.").Because(err)
	}
	file, err := os.CreateTemp("", "nexo-content-*") // what is sent is what was hashed, whatever the store does meanwhile
	if err != nil {
		return nil, unread(err)
	}
	_ = os.Remove(file.Name())
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(file, sum), io.LimitReader(body, doc.Size+1))
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		err = unread(err)
	case n != doc.Size || hex.EncodeToString(sum.Sum(nil)) != doc.SHA256:
		err = tampered(doc)
	default:
		return file, nil
	}
	_ = file.Close()
	return nil, err
}

// provenBytes is the same of a content in memory.
func provenBytes(doc *document.Document, plain []byte) error {
	if sum := sha256.Sum256(plain); hex.EncodeToString(sum[:]) != doc.SHA256 {
		return tampered(doc)
	}
	return nil
}

// runningSum hashes what is read from the beginning on without a gap.
type runningSum struct {
	hash hash.Hash
	upTo int64
}

// add takes what was read at a place; whoever begins again is hashed again.
func (s *runningSum) add(at int64, p []byte) {
	if at == 0 {
		s.hash.Reset()
		s.upTo = 0
	}
	if at == s.upTo {
		_, _ = s.hash.Write(p) // never fails
		s.upTo += int64(len(p))
	}
}

// wrong reports that all of a document was read and that it is another one. Who reads parts only cannot be told.
func (s *runningSum) wrong(doc *document.Document) bool {
	return s.upTo == doc.Size && hex.EncodeToString(s.hash.Sum(nil)) != doc.SHA256
}

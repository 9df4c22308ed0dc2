package postgres

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/seal"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Proof is what signs the past, and where signed statements lie: outside the database, so that who can change one
// cannot change the other.
type Proof struct {
	Objects document.Objects
	Key     seal.Key
	Now     func() time.Time
}

// UseProof tells the database with what Verify compares it.
func (db *DB) UseProof(p Proof) { db.proof.Store(&p) }

// Where statements lie in the bucket of documents. Numbers have all their digits, so that keys sort as numbers do.
const (
	proofBucket      = document.Documents
	prefixKeys       = "seals/keys/"
	prefixAnchors    = "seals/anchors/"
	prefixRestores   = "seals/restores/"
	prefixErasures   = "erasures/"
	signedType       = "application/json"
	maxSigned        = 256 << 10 // bytes; the longest is a key's record with a few hundred keys before it
	objectsAtOnce    = 1000
	timestampOfNames = "20060102T150405.000000000Z"
)

func checkpointPrefix(c seal.Chain) string { return "seals/" + string(c) + "/" }

func checkpointKey(c seal.Chain, number int64) string {
	return fmt.Sprintf("%s%020d.json", checkpointPrefix(c), number)
}

// signedObject is a statement as it lies in the store, for people to read, too.
type signedObject struct {
	Kind      string         `json:"kind"`
	Key       string         `json:"key"`
	Signature []byte         `json:"signature"`
	Payload   jsontext.Value `json:"payload"` // signed byte for byte
}

// put signs a statement and stores it, unless the name is taken (already_exists).
func (p *Proof) put(ctx context.Context, key, kind string, payload any) error {
	raw, err := json.Marshal(payload, json.Deterministic(true))
	if err != nil {
		return err
	}
	s := p.Key.Sign(kind, raw)
	object, err := json.Marshal(signedObject{s.Kind, s.Key, s.Signature, s.Payload})
	if err != nil {
		return err
	}
	_, err = p.Objects.Put(ctx, document.Put{Bucket: proofBucket, Key: key, Type: signedType, Size: int64(len(object)),
		Body: bytes.NewReader(object), IfAbsent: true})
	return err
}

var errNoStatement = errors.New("postgres: the object is no signed statement")

// get reads a statement as it is, whoever signed it.
func (p *Proof) get(ctx context.Context, key string) (seal.Signed, error) {
	body, _, err := p.Objects.Get(ctx, proofBucket, key, 0, 0)
	if err != nil {
		return seal.Signed{}, err
	}
	defer body.Close() //nolint:errcheck // read only
	raw, err := io.ReadAll(io.LimitReader(body, maxSigned+1))
	if err != nil {
		return seal.Signed{}, fault.Unavailable.With("Um ponto de controle não pôde ser lido.", "A checkpoint could not be read.").Because(err)
	}
	var o signedObject
	if len(raw) > maxSigned || json.Unmarshal(raw, &o, json.RejectUnknownMembers(true)) != nil {
		return seal.Signed{}, errNoStatement
	}
	return seal.Signed{Kind: o.Kind, Key: o.Key, Signature: o.Signature, Payload: o.Payload}, nil
}

// open reads a statement of a kind into payload. It fails with seal.ErrUnknownKey, seal.ErrSignature or
// errNoStatement where the object is not what it should be.
func (p *Proof) open(ctx context.Context, ring seal.Ring, key, kind string, payload any) error {
	s, err := p.get(ctx, key)
	if err != nil {
		return err
	}
	raw, err := ring.Open(kind, s)
	if err != nil {
		return err
	}
	if json.Unmarshal(raw, payload, json.RejectUnknownMembers(true)) != nil {
		return errNoStatement
	}
	return nil
}

// isForged tells a statement that is wrong from a store that cannot be read.
func isForged(err error) bool {
	return errors.Is(err, seal.ErrUnknownKey) || errors.Is(err, seal.ErrSignature) || errors.Is(err, errNoStatement)
}

// list calls each with every key below a prefix, in order.
func (p *Proof) list(ctx context.Context, prefix string, each func(key string) error) error {
	for cursor := ""; ; {
		page, next, err := p.Objects.List(ctx, proofBucket, prefix, cursor, objectsAtOnce)
		if err != nil {
			return err
		}
		for _, o := range page {
			if err := each(o.Key); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		cursor = next
	}
}

// publish makes the key known, once. A key that is new vouches for those that are there already: from then on what
// they signed counts because the new one says so, and not because it lies in the store.
func (p *Proof) publish(ctx context.Context) error {
	name := prefixKeys + p.Key.ID() + ".json"
	if _, err := p.Objects.Head(ctx, proofBucket, name); fault.CodeOf(err) != fault.NotFound {
		return err
	}
	record := seal.KeyRecord{Public: p.Key.Public(), At: p.Now().UTC()}
	if err := p.list(ctx, prefixKeys, func(key string) error {
		s, err := p.get(ctx, key)
		if err != nil {
			return err
		}
		var before seal.KeyRecord
		if err := json.Unmarshal(s.Payload, &before); err != nil || seal.KeyID(before.Public) != strings.TrimSuffix(strings.TrimPrefix(key, prefixKeys), ".json") {
			return nil // not one of ours
		}
		record.Before = append(record.Before, before.Public)
		return nil
	}); err != nil {
		return err
	}
	err := p.put(ctx, name, seal.KindKey, record)
	if fault.CodeOf(err) == fault.AlreadyExists { // another process, the same key
		return nil
	}
	return err
}

// ring is the keys whose word counts: the present one, and those that it vouches for.
func (p *Proof) ring(ctx context.Context) (seal.Ring, error) {
	ring := seal.Ring{p.Key.ID(): p.Key.Public()}
	var record seal.KeyRecord
	err := p.open(ctx, ring, prefixKeys+p.Key.ID()+".json", seal.KindKey, &record)
	if fault.CodeOf(err) == fault.NotFound || isForged(err) { // older keys are unknown then, and what they signed is named
		return ring, nil
	}
	if err != nil {
		return nil, err
	}
	for _, public := range record.Before {
		ring[seal.KeyID(public)] = public
	}
	return ring, nil
}

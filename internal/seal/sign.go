package seal

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"time"

	"github.com/google/uuid"
)

// Key signs what lies outside the database. Its private half is never in the database and never in the object store.
type Key struct{ private ed25519.PrivateKey }

// SeedSize in bytes is what a key is made from.
const SeedSize = ed25519.SeedSize

// NewKey makes the key of a seed.
func NewKey(seed [SeedSize]byte) Key { return Key{ed25519.NewKeyFromSeed(seed[:])} }

// RandomSeed draws a seed.
func RandomSeed(random io.Reader) (seed [SeedSize]byte, err error) {
	_, err = io.ReadFull(random, seed[:])
	return seed, err
}

// Public is the half that everybody may have.
func (k Key) Public() ed25519.PublicKey { return k.private.Public().(ed25519.PublicKey) }

// ID names the key in what it signed.
func (k Key) ID() string { return KeyID(k.Public()) }

// KeyID names a public key: the first eight bytes of its SHA-256, in hex.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// Kinds of signed statements. The kind is signed, too, so that none can pass for another.
const (
	KindCheckpoint = "checkpoint"
	KindAnchor     = "anchor"
	KindErasure    = "erasure"
	KindKey        = "key"
	KindRestore    = "restore"
)

// Signed is a statement as an object keeps it: its payload, byte for byte, and the signature.
type Signed struct {
	Kind      string
	Key       string
	Signature []byte
	Payload   []byte
}

func message(kind string, payload []byte) []byte {
	return append([]byte("nexo "+kind+"\n"), payload...)
}

// Sign signs a payload.
func (k Key) Sign(kind string, payload []byte) Signed {
	return Signed{kind, k.ID(), ed25519.Sign(k.private, message(kind, payload)), payload}
}

// What can be wrong with a signed statement.
var (
	ErrUnknownKey = errors.New("seal: signed with a key that is not ours")
	ErrSignature  = errors.New("seal: the signature does not fit")
)

// Ring is the keys whose word counts, by id.
type Ring map[string]ed25519.PublicKey

// Open gives the payload of a statement of the kind, if a key of the ring signed it.
func (r Ring) Open(kind string, s Signed) ([]byte, error) {
	public, ok := r[s.Key]
	if !ok {
		return nil, ErrUnknownKey
	}
	if s.Kind != kind || !ed25519.Verify(public, message(kind, s.Payload), s.Signature) {
		return nil, ErrSignature
	}
	return s.Payload, nil
}

// Checkpoint says that a chain had a block at a time. Its copy outside shows when the database was set back.
type Checkpoint struct {
	Chain    Chain     `json:"chain"`
	Number   int64     `json:"number"`
	Last     int64     `json:"last"`
	Hash     string    `json:"hash"` // hex
	SealedAt time.Time `json:"sealed_at"`
	SignedAt time.Time `json:"signed_at"`
}

// Anchor stands for rows of the audit that were dropped by policy: blocks First to Last are kept, their rows are not.
type Anchor struct {
	Chain     Chain     `json:"chain"`
	Partition string    `json:"partition"`
	First     int64     `json:"first_block"`
	Last      int64     `json:"last_block"`
	FirstHash string    `json:"first_hash"`
	LastHash  string    `json:"last_hash"`
	FirstID   int64     `json:"first_id"`
	LastID    int64     `json:"last_id"`
	Rows      int64     `json:"rows"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Reason    string    `json:"reason"`
	By        string    `json:"by"` // who ran the command
	At        time.Time `json:"at"`
}

// Saw widens the time of an anchor to that of a row which it stands for.
func (a *Anchor) Saw(at time.Time) {
	if a.From.IsZero() || at.Before(a.From) {
		a.From = at.UTC()
	}
	if at.After(a.To) {
		a.To = at.UTC()
	}
}

// Erasure says that a person asked to be forgotten. It is applied again whenever a database is opened, so that
// restoring an old copy brings nobody back.
type Erasure struct {
	Person uuid.UUID `json:"person_id"`
	By     uuid.UUID `json:"by"` // the person who carried it out
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// KeyRecord makes a public key known. The owner of the key that signs it vouches for the keys before.
type KeyRecord struct {
	Public []byte    `json:"public_key"`
	At     time.Time `json:"at"`
	Before [][]byte  `json:"keys_before"`
}

// Restore says that the chains were set back on purpose, by restoring a copy: blocks above these numbers that
// checkpoints before At know of are no loss.
type Restore struct {
	Numbers map[Chain]int64 `json:"numbers"`
	Reason  string          `json:"reason"`
	By      string          `json:"by"`
	At      time.Time       `json:"at"`
}

package postgres

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

const (
	sqlPersonKey = `SELECT wrapped_key FROM sga.person_keys WHERE person_id = $1`

	// Nobody who was erased gets a key again: the row of the person is held, so that an erasure comes before or after.
	sqlInsertPersonKey = `INSERT INTO sga.person_keys (person_id, wrapped_key, master_key_id)
		SELECT p.person_id, $2, $3 FROM sga.people p WHERE p.person_id = $1 AND p.erased_at IS NULL FOR SHARE
		ON CONFLICT DO NOTHING`
)

const (
	// personKeySize in bytes: AES-256.
	personKeySize = 32
	// personKeyLabel is what the key that wraps is made for.
	personKeyLabel = "nexo/person-keys/v1"
)

// personVault wraps the keys of persons with a key made of the installation's master key, which no database has.
type personVault struct {
	id     string // of the wrapping key: the first eight bytes of its SHA-256, in hex
	wrap   cipher.AEAD
	random io.Reader
}

// UsePersonKeys gives the database the installation's master key, of at least 32 bytes. From then on names are written
// encrypted and documents about persons can be kept.
func (db *DB) UsePersonKeys(master []byte, random io.Reader) error {
	if len(master) < personKeySize {
		return errors.New("postgres: the master key is too short")
	}
	key, err := hkdf.Key(sha256.New, master, nil, personKeyLabel, personKeySize)
	if err != nil {
		return err
	}
	wrap, err := aeadOf(key)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(key)
	db.vault.Store(&personVault{id: hex.EncodeToString(sum[:8]), wrap: wrap, random: random})
	db.people.forget()
	return nil
}

func aeadOf(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// unwrap gives the key of a person. It fails where the row is another person's, or of another master key.
func (v *personVault) unwrap(person uuid.UUID, wrapped []byte) (cipher.AEAD, error) {
	key, err := v.wrap.Open(nil, nil, wrapped, person[:])
	if err != nil {
		return nil, fault.Unavailable.With("A chave desta pessoa é de outra instalação: confira NEXO_MASTER_KEY.",
			"The key of this person is another installation's: check NEXO_MASTER_KEY.").Because(err).Final()
	}
	return aeadOf(key)
}

// personRows is a pool or a transaction.
type personRows interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}

// personKey reads the key of a person. Who has none was erased, or never had anything to encrypt: not_found.
func (v *personVault) personKey(ctx context.Context, q personRows, person uuid.UUID) (cipher.AEAD, error) {
	var wrapped []byte
	err := q.QueryRow(ctx, sqlPersonKey, person).Scan(&wrapped)
	if isNoRows(err) {
		return nil, fault.NotFound.With("Os dados desta pessoa foram apagados.", "The data of this person was erased.")
	}
	if err != nil {
		return nil, err
	}
	return v.unwrap(person, wrapped)
}

// ensureKey gives the key of a person and makes it where it is missing; never for somebody unknown or erased (not_found).
func (v *personVault) ensureKey(ctx context.Context, q personRows, person uuid.UUID) (cipher.AEAD, error) {
	key, err := v.personKey(ctx, q, person)
	if fault.CodeOf(err) != fault.NotFound {
		return key, err
	}
	raw := make([]byte, personKeySize)
	if _, err := io.ReadFull(v.random, raw); err != nil {
		return nil, err
	}
	if _, err := q.Exec(ctx, sqlInsertPersonKey, person, v.wrap.Seal(nil, nil, raw, person[:]), v.id); err != nil {
		return nil, err
	}
	return v.personKey(ctx, q, person) // of two at once the first one's counts
}

// PersonSealer encrypts with the keys of persons, AES-256-GCM with the person's id as additional data. Keys are read
// anew each time, so that an erasure acts at once in every process.
type PersonSealer struct{ db *DB }

var _ document.PersonSealer = PersonSealer{}

// PersonSealer gives the sealer, or nil while there is no master key.
func (db *DB) PersonSealer() document.PersonSealer {
	if db.vault.Load() == nil {
		return nil
	}
	return PersonSealer{db}
}

// Seal implements document.PersonSealer. Somebody who is not known, or was erased, is not_found.
func (s PersonSealer) Seal(ctx context.Context, person uuid.UUID, plain []byte) ([]byte, error) {
	key, err := s.db.vault.Load().ensureKey(ctx, s.db.writer, person)
	if err != nil {
		return nil, translate(fmt.Errorf("seal: %w", err))
	}
	return key.Seal(nil, nil, plain, person[:]), nil
}

// Open implements document.PersonSealer.
func (s PersonSealer) Open(ctx context.Context, person uuid.UUID, sealed []byte) ([]byte, error) {
	key, err := s.db.vault.Load().personKey(ctx, s.db.writer, person)
	if err != nil {
		return nil, translate(fmt.Errorf("open: %w", err))
	}
	plain, err := key.Open(nil, nil, sealed, person[:])
	if err != nil {
		return nil, fault.Unavailable.With("O documento está danificado.", "The document is damaged.").Because(err).Final()
	}
	return plain, nil
}

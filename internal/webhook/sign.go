package webhook

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Headers of a message (Standard Webhooks 1.0).
const (
	HeaderID        = "Webhook-Id"
	HeaderTimestamp = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

const (
	// secretSize in bytes; Standard Webhooks asks for 24 to 64.
	secretSize = 32
	// SecretPrefix marks a secret, so that scanners of source code find one that was left there.
	SecretPrefix = "whsec_"
)

// NewSecret makes a secret as receivers get it.
func NewSecret(random io.Reader) (string, error) {
	raw := make([]byte, secretSize)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", err
	}
	return SecretPrefix + base64.StdEncoding.EncodeToString(raw), nil
}

var errSecret = errors.New("webhook: not a secret of ours")

// Sign makes the signature header: one signature for each secret, of the id, the time of sending in
// seconds and the body.
func Sign(secrets []string, id string, at time.Time, body []byte) (string, error) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	var out []string
	for _, s := range secrets {
		text, ours := strings.CutPrefix(s, SecretPrefix)
		key, err := base64.StdEncoding.DecodeString(text)
		if !ours || err != nil || len(key) == 0 {
			return "", errSecret
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "."))
		mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " "), nil
}

// Vault seals secrets with a key made of the installation's master key, so that a copy of the database
// alone signs nothing.
type Vault struct{ aead cipher.AEAD }

// NewVault takes the master key, of at least 32 bytes.
func NewVault(master []byte) (*Vault, error) {
	if len(master) < 32 {
		return nil, errors.New("webhook: the master key is too short")
	}
	key, err := hkdf.Key(sha256.New, master, nil, "nexo/webhook-secrets/v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Vault{aead}, err
}

// Seal encrypts a secret for one webhook; no other one can open it.
func (v *Vault) Seal(id uuid.UUID, secret string) []byte {
	return v.aead.Seal(nil, nil, []byte(secret), id[:])
}

// Open decrypts it. It fails where the key is another one, or the bytes are another webhook's.
func (v *Vault) Open(id uuid.UUID, sealed []byte) (string, error) {
	raw, err := v.aead.Open(nil, nil, sealed, id[:])
	if err != nil {
		return "", errSecret
	}
	return string(raw), nil
}

// Secrets are those that sign at a moment: the present one, and the old one while both are in use.
func (v *Vault) Secrets(w *Webhook, now time.Time) ([]string, error) {
	present, err := v.Open(w.ID, w.Secret)
	if err != nil {
		return nil, err
	}
	out := []string{present}
	if len(w.OldSecret) > 0 && now.Before(w.OldUntil) {
		old, err := v.Open(w.ID, w.OldSecret)
		if err != nil {
			return nil, err
		}
		out = append(out, old)
	}
	return out, nil
}

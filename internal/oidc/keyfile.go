package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const (
	// keyFileName lies in the data directory with mode 0600.
	keyFileName = "issuer-keys.json"
	keyBits     = 2048 // what Cognito uses
	// maxKeyFile in bytes: a pair of keys takes 4 KiB.
	maxKeyFile = 1 << 20
)

// Uses of a key. Cognito signs the two sorts of token with different keys.
const (
	useAccess = "access"
	useID     = "id"
)

// storedKey is one key in the file. A retired key keeps only its public half, until retireAt + the
// longest life of a token.
type storedKey struct {
	KeyID     string    `json:"kid"`
	Use       string    `json:"use"`
	Private   string    `json:"private_key,omitempty"` // PKCS #8, PEM
	Public    string    `json:"public_key"`            // PKIX, PEM
	CreatedAt time.Time `json:"created_at"`
	DropAt    time.Time `json:"drop_at,omitzero"` // zero while the key signs
}

type keyFile struct {
	Version       int         `json:"version"`
	ServiceSecret string      `json:"service_secret"`
	Keys          []storedKey `json:"keys"`
}

func newKeyFile(now time.Time) (keyFile, error) {
	f := keyFile{Version: 1, ServiceSecret: rand.Text()} // 130 bits
	for _, use := range []string{useAccess, useID} {
		k, err := newStoredKey(use, now)
		if err != nil {
			return keyFile{}, err
		}
		f.Keys = append(f.Keys, k)
	}
	return f, nil
}

// newStoredKey makes a key. Its randomness is crypto/rand and cannot be injected: since Go 1.26 rsa
// ignores another source, and a key from a simulated one would be worthless.
func newStoredKey(use string, now time.Time) (storedKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return storedKey{}, fmt.Errorf("making a key: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return storedKey{}, fmt.Errorf("encoding a key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return storedKey{}, fmt.Errorf("encoding a key: %w", err)
	}
	sum := sha256.Sum256(public)
	return storedKey{
		KeyID: base64.RawURLEncoding.EncodeToString(sum[:]), Use: use, CreatedAt: now,
		Private: string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
		Public:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
	}, nil
}

func (k storedKey) read() (ringKey, error) {
	rk := ringKey{kid: k.KeyID, use: k.Use, dropAt: k.DropAt}
	block, _ := pem.Decode([]byte(k.Public))
	if block == nil || !validKeyID(k.KeyID) {
		return ringKey{}, errors.New("a key in the key file is damaged")
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	var ok bool
	if rk.public, ok = public.(*rsa.PublicKey); err != nil || !ok {
		return ringKey{}, errors.New("a public key in the key file is damaged")
	}
	if k.Private == "" || !k.DropAt.IsZero() {
		return rk, nil
	}
	if block, _ = pem.Decode([]byte(k.Private)); block == nil {
		return ringKey{}, errors.New("a private key in the key file is damaged")
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if rk.private, ok = private.(*rsa.PrivateKey); err != nil || !ok || !rk.private.PublicKey.Equal(rk.public) {
		return ringKey{}, errors.New("a private key in the key file is damaged")
	}
	return rk, nil
}

func readKeyFile(path string) (keyFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return keyFile{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return keyFile{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return keyFile{}, fmt.Errorf("others can read %s: run chmod 600 on it, or remove it to get new keys", keyFileName)
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return keyFile{}, err
	}
	var file keyFile
	if err := json.Unmarshal(raw, &file, json.RejectUnknownMembers(true)); err != nil || file.Version != 1 {
		return keyFile{}, fmt.Errorf("%s is damaged: remove it to get new keys", keyFileName)
	}
	return file, nil
}

// writeKeyFile writes a new file beside path and puts it there in one step: os.Rename replaces, os.Link
// fails when there is one already.
func writeKeyFile(path string, file keyFile, place func(from, to string) error) error {
	raw, err := json.Marshal(file, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encoding keys: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), keyFileName+".*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name()) // gone already after a rename
	_, err = tmp.Write(append(raw, '\n'))
	if err == nil {
		err = tmp.Sync()
	}
	if err2 := tmp.Close(); err == nil {
		err = err2
	}
	if err != nil {
		return err
	}
	if err := place(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

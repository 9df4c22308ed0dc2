package oidc

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// ringKey is a storedKey that was read.
type ringKey struct {
	kid     string
	use     string
	private *rsa.PrivateKey // nil when retired
	public  *rsa.PublicKey
	dropAt  time.Time
}

// keyring holds the issuer's keys and the secret of the service client. The process that serves owns
// the file; others (nexo token) read it.
type keyring struct {
	path string
	now  func() time.Time

	mu   sync.RWMutex
	file keyFile
	keys []ringKey
	gen  uint64
}

var _ Keys = (*keyring)(nil)

// openKeyring reads the key file of dir, or makes one. Of two processes that make one at the same time
// one wins and the other reads what the winner wrote.
func openKeyring(dir string, now func() time.Time) (ring *keyring, created bool, err error) {
	r := &keyring{path: filepath.Join(dir, keyFileName), now: now}
	file, err := readKeyFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		if file, err = newKeyFile(now()); err == nil {
			err = writeKeyFile(r.path, file, os.Link)
			created = err == nil
		}
		if errors.Is(err, fs.ErrExist) {
			file, err = readKeyFile(r.path)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("issuer keys: %w", err)
	}
	if err := r.take(file); err != nil {
		return nil, false, fmt.Errorf("issuer keys: %w", err)
	}
	return r, created, nil
}

// take replaces what the ring holds.
func (r *keyring) take(file keyFile) error {
	keys := make([]ringKey, 0, len(file.Keys))
	signs := map[string]bool{}
	for _, k := range file.Keys {
		rk, err := k.read()
		if err != nil {
			return err
		}
		signs[k.Use] = signs[k.Use] || rk.private != nil
		keys = append(keys, rk)
	}
	if !signs[useAccess] || !signs[useID] || file.ServiceSecret == "" {
		return errors.New("the key file lacks a signing key or the service secret")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.file, r.keys = file, keys
	r.gen++
	return nil
}

// rotate makes two new signing keys. The old public ones stay published for overlap, the longest life
// of a token, so that no token that is out there dies of it.
func (r *keyring) rotate(overlap time.Duration) error {
	r.mu.RLock()
	next := keyFile{Version: r.file.Version, ServiceSecret: r.file.ServiceSecret}
	old := r.file.Keys
	r.mu.RUnlock()
	now := r.now()
	for _, use := range []string{useAccess, useID} {
		k, err := newStoredKey(use, now)
		if err != nil {
			return err
		}
		next.Keys = append(next.Keys, k)
	}
	for _, k := range old {
		if k.DropAt.IsZero() {
			k.Private, k.DropAt = "", now.Add(overlap)
		}
		if now.Before(k.DropAt) {
			next.Keys = append(next.Keys, k)
		}
	}
	if err := writeKeyFile(r.path, next, os.Rename); err != nil {
		return err
	}
	return r.take(next)
}

// signer is the key that signs tokens of that use.
func (r *keyring) signer(use string) (kid string, key *rsa.PrivateKey, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.use == use && k.private != nil {
			return k.kid, k.private, nil
		}
	}
	return "", nil, ErrNoKeys
}

// Generation changes with every rotation and whenever a retired key is dropped.
func (r *keyring) Generation() (uint64, bool) {
	now := r.now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	gen := r.gen << 8
	for _, k := range r.keys {
		if k.published(now) {
			gen++
		}
	}
	return gen, true
}

// Key gives public keys for access tokens only: an id token fails here already.
func (r *keyring) Key(_ context.Context, kid string) (*rsa.PublicKey, error) {
	now := r.now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, k := range r.keys {
		if k.kid == kid && k.use == useAccess && k.published(now) {
			return k.public, nil
		}
	}
	return nil, errors.New("key id is unknown")
}

// published lists the public keys of both uses, as the JWK set shows them.
func (r *keyring) published() jwkSet {
	now := r.now()
	r.mu.RLock()
	defer r.mu.RUnlock()
	set := jwkSet{Keys: []jwk{}}
	for _, k := range r.keys {
		if k.published(now) {
			set.Keys = append(set.Keys, encodeKey(k.kid, k.public))
		}
	}
	return set
}

func (r *keyring) serviceSecret() string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.file.ServiceSecret
}

func (k ringKey) published(now time.Time) bool { return k.dropAt.IsZero() || now.Before(k.dropAt) }

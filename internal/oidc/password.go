package oidc

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/faiston/nexo/internal/fault"
)

// Argon2id costs. OWASP's password storage page gives m = 9 MiB, t = 4, p = 1 as equal in strength to
// its 19 MiB setting; the smaller memory keeps the program small while people sign in.
const (
	hashMemory  = 9 * 1024 // KiB
	hashTime    = 4
	hashThreads = 1
	hashSalt    = 16 // bytes
	hashLength  = 32 // bytes
	// maxHashMemory and maxHashTime bound the costs that a stored hash may ask for.
	maxHashMemory = 64 * 1024
	maxHashTime   = 16
)

const (
	// maxPassword in bytes: longer ones only cost time.
	maxPassword = 256
	// minPassword in characters (NIST SP 800-63B, section 5.1.1.2).
	minPassword = 8
	// hashAtOnce bounds the memory of sign-ins: this many times hashMemory.
	hashAtOnce = 2
)

// HashPassword makes the text to store for a password, in the PHC string format with argon2id.
// random is crypto/rand.Reader except in tests. It fails with fault.InvalidArgument on a password under
// 8 characters or over 256 bytes.
func HashPassword(password string, random io.Reader) (string, error) {
	if len([]rune(password)) < minPassword || len(password) > maxPassword {
		return "", fault.InvalidArgument.With(
			"A senha deve ter de %d a %d caracteres.", "The password must have %d to %d characters.", minPassword, maxPassword).On("password")
	}
	salt := make([]byte, hashSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return encodeHash(password, salt), nil
}

func encodeHash(password string, salt []byte) string {
	sum := argon2.IDKey([]byte(password), salt, hashTime, hashMemory, hashThreads, hashLength)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, hashMemory, hashTime, hashThreads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

// passwordHash is a stored hash taken apart.
type passwordHash struct {
	memory, time uint32
	threads      uint8
	salt, sum    []byte
}

func parseHash(s string) (passwordHash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return passwordHash{}, errors.New("password hash is not argon2id")
	}
	var h passwordHash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.memory, &h.time, &h.threads); err != nil {
		return passwordHash{}, errors.New("password hash has no costs")
	}
	var err, err2 error
	h.salt, err = base64.RawStdEncoding.DecodeString(parts[4])
	h.sum, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	switch {
	case err != nil || err2 != nil || len(h.salt) < 8 || len(h.sum) < 16 || len(h.sum) > 64:
		return passwordHash{}, errors.New("password hash has a wrong salt or sum")
	case h.memory < 8 || h.memory > maxHashMemory || h.time < 1 || h.time > maxHashTime || h.threads < 1 || h.threads > 4:
		return passwordHash{}, errors.New("password hash has costs out of range")
	}
	return h, nil
}

// passwords checks passwords, a bounded number at once.
type passwords struct {
	slots chan struct{}
	dummy string // hash of nothing, checked when there is no user, so that both cases take the same time
}

func newPasswords(random io.Reader) (*passwords, error) {
	dummy, err := HashPassword(rand.Text(), random)
	if err != nil {
		return nil, err
	}
	return &passwords{slots: make(chan struct{}, hashAtOnce), dummy: dummy}, nil
}

// match reports whether password is the one behind stored, in the same time whatever the answer is and
// whether or not there is a stored hash. It fails only when ctx ends while it waits for a slot.
func (p *passwords) match(ctx context.Context, password, stored string) (bool, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	h, err := parseHash(stored)
	known := err == nil
	if !known {
		if h, err = parseHash(p.dummy); err != nil {
			return false, err
		}
	}
	sum := argon2.IDKey([]byte(password), h.salt, h.time, h.memory, h.threads, uint32(len(h.sum)))
	return subtle.ConstantTimeCompare(sum, h.sum) == 1 && known, nil
}

// passwordGroups and passwordGroupLen make 60 bits: with the rate limit of the sign-in page far more
// than can be guessed, and short enough to type from a terminal.
const (
	passwordGroups   = 4
	passwordGroupLen = 3
	// readable is Crockford's base 32: no I, L, O, U, and 32 divides 256, so no letter is favoured.
	readable = "0123456789abcdefghjkmnpqrstvwxyz"
)

// ReadablePassword makes a random password to print for a person, such as "7hk-m2q-x9t-c4w" (60 bits).
func ReadablePassword(random io.Reader) (string, error) {
	raw := make([]byte, passwordGroups*passwordGroupLen)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	var b strings.Builder
	for i, c := range raw {
		if i > 0 && i%passwordGroupLen == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(readable[c%32])
	}
	return b.String(), nil
}

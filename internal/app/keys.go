package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/faiston/nexo/internal/config"
	"github.com/faiston/nexo/internal/fault"
)

// masterKeySize in bytes.
const masterKeySize = 32

// masterKey is the installation's key, of which keys for single purposes are made (HKDF, a label each): it
// is NEXO_MASTER_KEY, or in local mode a file of the data directory that the first start makes. Without
// either it is nil: what needs it says so. It is never in the database, which it protects.
func masterKey(c *config.Config, random io.Reader) ([]byte, error) {
	return installationKey(c, c.MasterKey, "master.key", random)
}

// installationKey is a key of 32 bytes: given in base64, or in local mode a file that the first start makes.
func installationKey(c *config.Config, given, name string, random io.Reader) ([]byte, error) {
	if given != "" {
		return base64.StdEncoding.DecodeString(given) // checked by config
	}
	if c.Mode == config.AWS {
		return nil, nil
	}
	path := filepath.Join(c.DataDir, "keys", name)
	for range 2 {
		key, err := readKey(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
		if err := writeKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) { // another process was first
			return nil, err
		}
	}
	return readKey(path)
}

func readKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, keyFault(path, "é legível por outros: tire as permissões", "can be read by others: take their permissions away")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(key) != masterKeySize {
		return nil, keyFault(path, "está danificado", "is damaged")
	}
	return key, nil
}

func keyFault(path, pt, en string) error {
	return fault.Unavailable.With("O arquivo keys/%[1]s do diretório de dados %[2]s.", "The file keys/%[1]s of the data directory %[3]s.",
		filepath.Base(path), pt, en).Final()
}

// writeKey makes a new key. It appears whole or not at all, and never over another one.
func writeKey(path string, random io.Reader) error {
	key := make([]byte, masterKeySize)
	if _, err := io.ReadFull(random, key); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
		return err
	}
	defer os.Remove(tmp) //nolint:errcheck // it has another name by then
	return os.Link(tmp, path)
}

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
	if c.MasterKey != "" {
		return base64.StdEncoding.DecodeString(c.MasterKey) // checked by config
	}
	if c.Mode == config.AWS {
		return nil, nil
	}
	path := filepath.Join(c.DataDir, "keys", "master.key")
	for range 2 {
		key, err := readMasterKey(path)
		if !errors.Is(err, fs.ErrNotExist) {
			return key, err
		}
		if err := writeMasterKey(path, random); err != nil && !errors.Is(err, fs.ErrExist) { // another process was first
			return nil, err
		}
	}
	return readMasterKey(path)
}

func readMasterKey(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, masterKeyFault("é legível por outros: tire as permissões", "can be read by others: take their permissions away")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := base64.StdEncoding.DecodeString(string(text))
	if err != nil || len(key) != masterKeySize {
		return nil, masterKeyFault("está danificado", "is damaged")
	}
	return key, nil
}

func masterKeyFault(pt, en string) error {
	return fault.Unavailable.With("O arquivo keys/master.key do diretório de dados %[1]s.", "The file keys/master.key of the data directory %[2]s.", pt, en).Final()
}

// writeMasterKey makes a new key. It appears whole or not at all, and never over another one.
func writeMasterKey(path string, random io.Reader) error {
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

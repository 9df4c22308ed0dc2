package config

import "encoding/base64"

// keySize in bytes of the installation's keys.
const keySize = 32

// loadKey reads a key; name is that of its variable.
func loadKey(get func(name, fallback string) string, name string) (string, error) {
	text := get(name, "")
	if text == "" {
		return "", nil
	}
	if key, err := base64.StdEncoding.DecodeString(text); err != nil || len(key) != keySize {
		return "", wrong(name, "deve ser 32 bytes em base64", "must be 32 bytes in base64") // never with the cause, which quotes it
	}
	return text, nil
}

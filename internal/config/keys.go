package config

import "encoding/base64"

// masterKeySize in bytes.
const masterKeySize = 32

func loadMasterKey(get func(name, fallback string) string) (string, error) {
	text := get("NEXO_MASTER_KEY", "")
	if text == "" {
		return "", nil
	}
	if key, err := base64.StdEncoding.DecodeString(text); err != nil || len(key) != masterKeySize {
		return "", wrong("NEXO_MASTER_KEY", "deve ser 32 bytes em base64", "must be 32 bytes in base64") // never with the cause, which quotes it
	}
	return text, nil
}

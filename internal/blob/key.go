package blob

import (
	"slices"
	"strings"

	"github.com/faiston/nexo/internal/document"
	"github.com/faiston/nexo/internal/fault"
)

const (
	// maxKey in bytes is S3's own limit of a key.
	maxKey = 1024
	// maxSegment in bytes leaves room for what the file store appends, within the 255 that file systems take.
	maxSegment = 200
)

// CheckKey refuses keys that could mean something else to a file system, a URL or a shell (S-11). Keys
// are made by the program, so that whatever is refused here is a fault of the program and not of a user.
func CheckKey(key string) error {
	if key == "" || len(key) > maxKey {
		return badKey()
	}
	for segment := range strings.SplitSeq(key, "/") {
		if !safeSegment(segment) {
			return badKey()
		}
	}
	return nil
}

// checkPrefix is CheckKey for what keys begin with: the last segment may be cut anywhere, or empty.
func checkPrefix(prefix string) error {
	if len(prefix) > maxKey {
		return badKey()
	}
	folder, last := splitKey(prefix)
	if prefix != "" && prefix[0] == '/' || folder != "" && CheckKey(folder) != nil || strings.Trim(last, letters) != "" || strings.HasPrefix(last, "..") {
		return badKey()
	}
	return nil
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.=+@"

// safeSegment takes plain names: no dots alone or at an end, nothing that Windows keeps for devices.
func safeSegment(s string) bool {
	if s == "" || len(s) > maxSegment || strings.Trim(s, letters) != "" || s[0] == '.' || s[len(s)-1] == '.' {
		return false
	}
	return !document.Reserved(s)
}

func badKey() error {
	return fault.InvalidArgument.With("A chave do objeto não é válida.", "The key of the object is not valid.").On("key")
}

// checkBucket refuses what is none of the seven.
func checkBucket(b document.Bucket) error {
	if !slices.Contains(document.Buckets(), b) {
		return fault.InvalidArgument.With("O bucket não existe.", "The bucket does not exist.").On("bucket")
	}
	return nil
}

func checkName(b document.Bucket, key string) error {
	if err := checkBucket(b); err != nil {
		return err
	}
	return CheckKey(key)
}

// splitKey cuts a key into its folder, without the slash at its end, and its last segment.
func splitKey(key string) (folder, last string) {
	i := strings.LastIndexByte(key, '/')
	if i < 0 {
		return "", key
	}
	return key[:i], key[i+1:]
}

// maxObject in bytes is what S3 takes in one PUT.
const maxObject = 5 << 30

func checkPut(p *document.Put) error {
	if err := checkName(p.Bucket, p.Key); err != nil {
		return err
	}
	if p.Size < 0 || p.Size > maxObject {
		return wrongSize()
	}
	if p.Type == "" || strings.ContainsAny(p.Type, "\r\n") || len(p.Tags) > maxTags {
		return fault.InvalidArgument.With("O objeto precisa de um tipo e de no máximo %d etiquetas.", "The object needs a type and at most %d tags.", maxTags).On("type")
	}
	return nil
}

// maxTags of an object is S3's own limit.
const maxTags = 10

func wrongSize() *fault.Error {
	return fault.InvalidArgument.With("O conteúdo não tem o tamanho anunciado.", "The content is not as long as announced.").On("size")
}

func wrongSum() *fault.Error {
	return fault.InvalidArgument.With("O conteúdo não confere com o SHA-256 anunciado.", "The content does not match its SHA-256.").On("sha256")
}

func taken() *fault.Error {
	return fault.AlreadyExists.With("Já existe um objeto com esta chave.", "There is an object with this key already.").On("key")
}

func missing() *fault.Error {
	return fault.NotFound.With("Objeto não encontrado.", "Object not found.").On("key")
}

func down(cause error) *fault.Error {
	return fault.Unavailable.With("O depósito de objetos não respondeu. Tente de novo.", "The object store did not answer. Try again.").Because(cause)
}

// checkRange wants an offset within the object; 0 is always within.
func checkRange(offset, length int64) error {
	if offset < 0 || length < 0 {
		return outOfRange()
	}
	return nil
}

func outOfRange() error {
	return fault.InvalidArgument.With("O intervalo está fora do objeto.", "The range is outside the object.").On("offset")
}

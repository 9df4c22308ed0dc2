package seal

import (
	"bytes"
	"errors"
	"testing"
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	ours, theirs := NewKey([SeedSize]byte{1}), NewKey([SeedSize]byte{2})
	ring := Ring{ours.ID(): ours.Public()}
	s := ours.Sign(KindCheckpoint, []byte(`{"number":7}`))
	if got, err := ring.Open(KindCheckpoint, s); err != nil || string(got) != `{"number":7}` {
		t.Fatalf("%s, %v", got, err)
	}
	forged := theirs.Sign(KindCheckpoint, []byte(`{"number":8}`))
	if _, err := ring.Open(KindCheckpoint, forged); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("another's key: %v", err)
	}
	forged.Key = ours.ID()
	for name, s := range map[string]Signed{
		"another's signature": forged,
		"edited":              {s.Kind, s.Key, s.Signature, []byte(`{"number":9}`)},
		"another kind":        {KindAnchor, s.Key, s.Signature, s.Payload},
		"no signature":        {s.Kind, s.Key, nil, s.Payload},
		"a cut signature":     {s.Kind, s.Key, s.Signature[:63], s.Payload},
	} {
		if _, err := ring.Open(KindCheckpoint, s); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(ours.ID()) != 16 || ours.ID() == theirs.ID() || KeyID(ours.Public()) != ours.ID() {
		t.Errorf("ids %s and %s", ours.ID(), theirs.ID())
	}
}

func TestSeed(t *testing.T) {
	t.Parallel()
	seed, err := RandomSeed(bytes.NewReader(bytes.Repeat([]byte{7}, SeedSize)))
	if err != nil || seed[SeedSize-1] != 7 {
		t.Errorf("%v, %v", seed, err)
	}
	if _, err := RandomSeed(bytes.NewReader(nil)); err == nil {
		t.Error("no randomness is no key")
	}
}

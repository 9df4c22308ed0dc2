package identity

import (
	"time"

	"github.com/google/uuid"
)

// Erased is what was done to forget a person. The log keeps the person's id, which then names nobody.
type Erased struct {
	PersonID  uuid.UUID
	At        time.Time // of the signed record
	Already   bool      // nothing was left to do
	Key       bool      // the key was there and is destroyed: name and documents cannot be opened by anybody
	Logins    int       // signed in before, and can no more
	Tasks     int       // lost the user name that they had kept
	Documents int       // about the person, sealed with the destroyed key
	Subjects  []string  // of the logins, for what else remembers them
}

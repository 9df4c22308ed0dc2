package approval

import (
	"slices"
	"time"
)

// MaxEscalations bounds how often a task is raised by itself or by people: two steps lead from any usual priority to
// the highest, and a third tells whoever looks that even that did not help. More would only be noise.
const MaxEscalations = 3

// MaxComments is how many comments of a task are kept and shown: beyond it people should talk to each other.
const MaxComments = 200

// DueIn is how long a task of a priority may wait before it is raised, in hours of the wall and not of work:
// urgent work stops somebody now (half a shift); high means by tomorrow; the others leave room for a weekend.
// All are shorter than Lifetime, so that a task is raised before it expires to "no".
func DueIn(p Priority) time.Duration {
	switch p {
	case Urgent:
		return 4 * time.Hour
	case High:
		return 24 * time.Hour
	case Low:
		return 4 * 24 * time.Hour
	}
	return 2 * 24 * time.Hour
}

// Raised is the priority one step up; the highest stays.
func Raised(p Priority) Priority {
	list := Priorities()
	i := slices.Index(list, p)
	return list[min(i+1, len(list)-1)]
}

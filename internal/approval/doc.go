// Package approval decides which writes a person must see first, and keeps what waits.
//
// A Policy is an ordered table; the first rule that matches says whether a write executes, executes
// and is marked or queued for review, or waits. What waits is a Task: the exact steps, their effect
// on stock before and after, the rule that held it, and a fingerprint. Approving executes exactly
// what was shown, once, or is refused with a fresh preview because the world has changed.
package approval

package rest

import (
	"errors"
	"net/http"

	"github.com/faiston/nexo/internal/fault"
	"github.com/faiston/nexo/internal/identity"
)

// doorName is what the audit calls this door.
const doorName = "rest"

// caller is who sent a request.
type caller struct {
	claims identity.Claims
	actor  *identity.Actor
}

// identify finds out who sent r: by its access token, or by the session of a browser on a page of ours.
func (d *door) identify(r *http.Request) (*caller, error) {
	claims, err := d.claimsOf(r)
	if err != nil {
		return nil, err
	}
	actor, err := d.Actor(r.Context(), claims)
	if err != nil {
		return nil, err
	}
	recordOf(r).subject = actor.Subject
	return &caller{claims, actor}, nil
}

func (d *door) claimsOf(r *http.Request) (identity.Claims, error) {
	token, err := d.Bearer(r)
	if err == nil {
		return d.Verifier.Verify(r.Context(), token)
	}
	if len(r.Header["Authorization"]) > 0 || !d.ownPage(r) {
		return identity.Claims{}, err // a bad token is never healed by a cookie
	}
	if claims, ok := d.Session(r); ok {
		return claims, nil
	}
	return identity.Claims{}, err
}

// ownPage reports whether the browser that sent r says that a page of ours asked for it, or its user by
// hand. Cookies go along with requests that other sites cause, and count only then (S-26).
func (d *door) ownPage(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return false
	}
	return d.origin.Check(r) == nil
}

// handler answers a request of a known caller, or says what is wrong with it.
type handler func(w http.ResponseWriter, r *http.Request, c *caller) error

// signed lets known callers through to h.
func (d *door) signed(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := d.identify(r)
		if err == nil {
			err = h(w, r, c)
		}
		if err != nil {
			d.fail(w, r, err)
		}
	})
}

// isRole lets h through to callers with a role; programs of the machine's own care are guarded by it.
func (d *door) isRole(role identity.Role, h http.Handler) http.Handler {
	return d.signed(func(w http.ResponseWriter, r *http.Request, c *caller) error {
		if !c.actor.Is(role) {
			return fault.PermissionDenied.With("Seu papel não permite isto.", "Your role does not allow this.").
				Detail("required_roles", []string{string(role)})
		}
		h.ServeHTTP(w, r)
		return nil
	})
}

// errForeign is a page of another site that asks in a user's name.
var errForeign = errors.New("rest: cross-origin request refused")

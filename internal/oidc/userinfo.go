package oidc

import (
	"errors"
	"net/http"

	"github.com/faiston/nexo/internal/fault"
)

// userInfo says who an access token belongs to (OpenID Connect Core, section 5.3), with Cognito's names.
func (i *Issuer) userInfo(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST, OPTIONS")
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	token, err := Bearer(r)
	if err != nil {
		i.refuseInfo(w, http.StatusUnauthorized, err)
		return
	}
	claims, err := i.verifier.Verify(r.Context(), token)
	if err != nil {
		i.refuseInfo(w, http.StatusUnauthorized, err)
		return
	}
	if !claims.HasScope(scopeOpenID) || claims.Username == "" {
		i.refuseInfo(w, http.StatusForbidden, fault.PermissionDenied.With("Falta o escopo openid.", "The scope openid is missing."))
		return
	}
	user, err := i.dir.User(r.Context(), claims.Username)
	if err != nil || user.Disabled || user.Subject != claims.Subject {
		i.refuseInfo(w, http.StatusUnauthorized, refuse(errors.New("the person is gone or disabled")))
		return
	}
	answerJSON(w, http.StatusOK, struct {
		Subject   string   `json:"sub"`
		Username  string   `json:"username"`
		Preferred string   `json:"preferred_username"`
		Name      string   `json:"name,omitempty"`
		Groups    []string `json:"cognito:groups,omitempty"`
	}{user.Subject, user.Username, user.Username, user.Name, user.Groups})
}

func (i *Issuer) refuseInfo(w http.ResponseWriter, status int, err error) {
	w.Header().Set("WWW-Authenticate", ChallengeFor(err, "", scopeOpenID))
	answerJSON(w, status, fault.Of(err).Wire())
}

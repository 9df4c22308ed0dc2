package oidc

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/faiston/nexo/internal/identity"
)

// serverDocument is the metadata of RFC 8414 section 2 and OpenID Connect Discovery section 3 in one.
type serverDocument struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserInfoEndpoint      string   `json:"userinfo_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	KeySet                string   `json:"jwks_uri"`
	Scopes                []string `json:"scopes_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	IDTokenAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	TokenAuth             []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuth        []string `json:"revocation_endpoint_auth_methods_supported"`
	ChallengeMethods      []string `json:"code_challenge_methods_supported"`
	Claims                []string `json:"claims_supported"`
	Locales               []string `json:"ui_locales_supported"`
	IssInResponse         bool     `json:"authorization_response_iss_parameter_supported"`
	ClientIDDocument      bool     `json:"client_id_metadata_document_supported"`
	RequestParameter      bool     `json:"request_parameter_supported"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
}

// metadata has no registration_endpoint: Cognito has none.
func (i *Issuer) metadata() http.Handler {
	auth := []string{"none", "client_secret_basic", "client_secret_post"}
	body, err := json.Marshal(serverDocument{
		Issuer:                i.url,
		AuthorizationEndpoint: i.url + "/oauth2/authorize",
		TokenEndpoint:         i.url + "/oauth2/token",
		UserInfoEndpoint:      i.url + "/oauth2/userInfo",
		RevocationEndpoint:    i.url + "/oauth2/revoke",
		EndSessionEndpoint:    i.url + "/logout",
		KeySet:                i.url + "/.well-known/jwks.json",
		Scopes:                []string{scopeOpenID, identity.ScopeTools, identity.ScopeApprove},
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{"query"},
		GrantTypes:            []string{grantCode, grantRefresh, grantClient},
		SubjectTypes:          []string{"public"},
		IDTokenAlgorithms:     []string{"RS256"},
		TokenAuth:             auth,
		RevocationAuth:        auth,
		ChallengeMethods:      []string{"S256"},
		Claims:                []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "name", "cognito:username", "cognito:groups"},
		Locales:               []string{"pt-BR", "en"},
		IssInResponse:         true,
	})
	return document(body, err)
}

// keySet publishes the keys of both uses. Caches may keep it for as long as the verifier does.
func (i *Issuer) keySet(w http.ResponseWriter, r *http.Request) {
	body, err := json.Marshal(i.ring.published())
	document(body, err).ServeHTTP(w, r)
}
